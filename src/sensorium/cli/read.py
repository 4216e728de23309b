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
        "sensorium read letter.jpg",
        "sensorium read contract.pdf scans/ --quiet",
        "sensorium read scans/ --csv > scans.csv",
        "cat sign.jpg | sensorium read",
    )
)
@click.argument("files", metavar="[FILE|FOLDER]...", nargs=-1)
@options.as_csv
@options.quiet
@options.as_json
def read(files: tuple[str, ...], as_csv: bool, quiet: bool, as_json: bool) -> None:
    """Print the text in pictures.

    A folder is its pictures, a PDF or TIFF its pages; a web address is fetched, and a pipe is read. Lines that could
    not be read reliably are left out, and counted on standard error; --json gives them too, with scores and boxes.
    """
    from sensorium.cli import inputs
    from sensorium.cli import progress as work
    from sensorium.cli.pictures import PictureInput, pictures_of
    from sensorium.eyes.ocr import SURE, spoken_text
    from sensorium.eyes.ocr import read as read_text

    options.check_form(as_csv, as_json)
    pictures = pictures_of(files)

    def read_file(picture: PictureInput) -> tuple[list[str], tuple[TextLine, ...]]:
        image = picture.open()
        return inputs.image_notes([image]), read_text(image)

    if as_csv:
        show.as_csv(("file", "page", "text", "doubtful_lines"))
    for picture, (notes, lines) in work.track(
        pictures, read_file, "Reading", quiet or (as_json and len(pictures) == 1)
    ):
        if as_csv:
            doubtful = sum(line.score < SURE for line in lines)
            show.as_csv((show.plain(picture.file), picture.page, spoken_text(lines), doubtful))
            continue
        if as_json:
            show.as_json(lines_as_json(picture.file, lines) | picture.to_json())
            continue
        show.heading(picture.name, pictures)
        print_lines(picture.name, lines, quiet)
        if not quiet:
            show.asides(notes)


def print_lines(file: str, lines: Sequence[TextLine], quiet: bool) -> None:
    """Print what was read reliably; on standard error how much was not."""
    from sensorium.eyes.ocr import SURE, spoken_text
    from sensorium.eyes.ocr.cut import cut_sides
    from sensorium.eyes.photo.quality import describe_text_cut

    text = spoken_text(lines)
    if text:
        show.result(text)
    if quiet:
        return
    if runs_out := describe_text_cut(cut_sides(lines)):
        show.aside(runs_out)
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
            {
                "text": ln.text,
                "score": round(ln.score, 4),
                "script": ln.script,
                "box": [round(s, 1) for s in ln.box],
                "cut": list(ln.cut),
            }
            for ln in lines
        ],
    }
