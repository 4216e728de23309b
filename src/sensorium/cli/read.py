"""`sensorium read`: the text in pictures, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from sensorium.cli import options
from sensorium.cli import output as show
from sensorium.cli.options import epilog
from sensorium.core.errors import quoted

if TYPE_CHECKING:
    from sensorium.eyes.ocr import TextLine


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

    Lines that could not be read reliably are left out, and counted on standard error; --json gives them too, with
    their scores and boxes.
    """
    from sensorium.cli import inputs
    from sensorium.cli import progress as work
    from sensorium.eyes.ocr import read as read_text

    def read_file(file: str) -> tuple[list[str], tuple[TextLine, ...]]:
        image = inputs.image_of(file)
        return inputs.image_notes([image]), read_text(image)

    for file, (notes, lines) in work.track(files, read_file, "Reading", quiet or as_json):
        if as_json:
            show.as_json(lines_as_json(file, lines))
            continue
        show.heading(file, files)
        print_lines(file, lines, quiet)
        if not quiet:
            show.asides(notes)


def print_lines(file: str, lines: Sequence[TextLine], quiet: bool) -> None:
    """Print what was read reliably; on standard error how much was not."""
    from sensorium.eyes.ocr import SURE, spoken_text

    text = spoken_text(lines)
    if text:
        show.result(text)
    if quiet:
        return
    doubtful = sum(line.score < SURE for line in lines)
    if doubtful:
        count = f"{doubtful} {'line' if doubtful == 1 else 'lines'}"
        show.aside(f"{count} could not be read reliably; --json gives {'it' if doubtful == 1 else 'them'}.")
    elif not text:
        show.aside(f"No text can be read in {quoted(file)}.")


def lines_as_json(file: str, lines: Sequence[TextLine]) -> dict[str, Any]:
    """Return the file and all of its lines, the doubtful ones too."""
    from sensorium.eyes.ocr import spoken_text

    return {
        "file": show.plain(file),
        "text": spoken_text(lines),
        "lines": [
            {"text": ln.text, "score": round(ln.score, 4), "script": ln.script, "box": [round(s, 1) for s in ln.box]}
            for ln in lines
        ],
    }
