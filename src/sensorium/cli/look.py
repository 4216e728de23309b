"""`sensorium read`: print the text in pictures."""

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
    from sensorium.eyes.ocr import TextLine
    from sensorium.eyes.ocr import read as eye

    def look(file: str) -> tuple[list[str], tuple[TextLine, ...]]:
        image = parts.image_of(file)
        return answer.notes([image]), eye(image)

    for file, (notes, lines) in work.each(files, look, "Reading", quiet or as_json):
        if as_json:
            show.as_json(seen.lines_as_json(file, lines))
            continue
        show.heading(file, files)
        seen.print_lines(file, lines, quiet)
        if not quiet:
            show.asides(notes)
