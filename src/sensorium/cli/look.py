"""`sensorium read` and `chart`: one way of looking, without a model."""

from __future__ import annotations

import click

from sensorium.cli import options
from sensorium.cli.main import epilog


@click.command(
    epilog=epilog(
        "sensorium read letter.jpg", "sensorium read page1.png page2.png --quiet", "cat sign.jpg | sensorium read -"
    )
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@options.quiet
@options.as_json
def read(files: tuple[str, ...], quiet: bool, as_json: bool) -> None:
    """Print the text in pictures.

    Lines that could not be read surely are left out, and counted on standard error; --json gives them too, with
    their scores and boxes.
    """
    from sensorium.cli import parts, seen, show, work
    from sensorium.eyes.read import read as look

    images = [parts.picture(file) for file in files]
    found = work.each(images, look, "Reading", quiet or as_json)
    for file, (_, lines) in zip(files, found, strict=True):
        if as_json:
            show.as_json(seen.lines_as_json(file, lines))
        else:
            seen.print_lines(file, lines, len(files) > 1, quiet)


@click.command(
    epilog=epilog(
        "sensorium chart sales.png", "sensorium chart sales.png --csv > sales.csv", "sensorium chart *.png --json"
    )
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: a header and one row a label.")
@options.quiet
@options.as_json
def chart(files: tuple[str, ...], as_csv: bool, quiet: bool, as_json: bool) -> None:
    """Turn pictures of bar charts into tables.

    Where the bars or the axis can't be read surely it says so instead of giving numbers that may be wrong.
    """
    from sensorium.cli import parts, seen, work
    from sensorium.eyes.chart import Refusal
    from sensorium.eyes.chart import chart as look

    if as_csv and as_json:
        raise click.UsageError("--csv and --json can't be had at once.")
    images = [parts.picture(file) for file in files]
    found = work.each(images, look, "Looking", quiet or as_json)
    form: seen.Form = "csv" if as_csv else "json" if as_json else "text"
    first = True
    for file, (_, table) in zip(files, found, strict=True):
        seen.print_chart(file, table, form, first, len(files) > 1, quiet)
        first = first and isinstance(table, Refusal)
