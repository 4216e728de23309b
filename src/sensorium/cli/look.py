"""`sensorium read` and `chart`: one way of looking, without a model."""

from __future__ import annotations

import click

from sensorium.cli import options
from sensorium.cli.options import epilog


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
    from sensorium.cli import answer, seen
    from sensorium.cli import inputs as parts
    from sensorium.cli import output as show
    from sensorium.cli import progress as work
    from sensorium.eyes.ocr.read import Line
    from sensorium.eyes.ocr.read import read as eye

    def look(file: str) -> tuple[list[str], tuple[Line, ...]]:
        image = parts.picture(file)
        return answer.notes([image]), eye(image)

    for file, (notes, lines) in work.each(files, look, "Reading", quiet or as_json):
        if as_json:
            show.as_json(seen.lines_as_json(file, lines))
            continue
        show.heading(file, files)
        seen.print_lines(file, lines, quiet)
        if not quiet:
            show.asides(notes)


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
    from sensorium.cli import answer, seen
    from sensorium.cli import inputs as parts
    from sensorium.cli import output as show
    from sensorium.cli import progress as work
    from sensorium.eyes.charts import LONGEST_SIDE, Refusal, Table
    from sensorium.eyes.charts import chart as eye

    if as_csv and as_json:
        raise click.UsageError("--csv and --json can't be had at once.")

    def look(file: str) -> tuple[list[str], Table | Refusal]:
        image = parts.picture(file)
        return answer.notes([image], LONGEST_SIDE), eye(image)

    form: seen.Form = "csv" if as_csv else "json" if as_json else "text"
    first = True
    for file, (notes, table) in work.each(files, look, "Looking", quiet or as_json):
        seen.print_chart(file, table, form, first, len(files) > 1, quiet)
        first = first and isinstance(table, Refusal)
        if not quiet and not as_json:
            show.asides(notes)
