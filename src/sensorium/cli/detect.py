"""`sensorium detect`: things and people in pictures, with their places, without a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sensorium.cli import options
from sensorium.cli import output as show
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensorium.core.messages import Image
    from sensorium.core.protocols import Detection


@click.command(
    epilog=epilog(
        "sensorium detect kitchen.jpg",
        "sensorium detect kitchen.jpg --overlay boxes.png",
        "sensorium detect photos/ --json > things.jsonl",
    )
)
@click.argument("files", metavar="[FILE|FOLDER]...", nargs=-1)
@click.option("--at-least", type=options.Number(0, 1), default=0.5, show_default=True, help="Least probability.")
@click.option("--overlay", type=click.Path(dir_okay=False, path_type=Path), help="Draw the boxes into this PNG.")
@options.quiet
@options.as_json
def detect(files: tuple[str, ...], at_least: float, overlay: Path | None, quiet: bool, as_json: bool) -> None:
    """Find things and people with their places.

    It knows 80 kinds, and gives each thing a probability, a place in words and a box.

    A page, a screen or a chart has none: `sensorium read` and `sensorium chart` are for them. A folder is its pictures;
    a web address is fetched, and a pipe is read. --json gives the boxes in pixels of the upright picture.
    """
    from sensorium.cli import inputs
    from sensorium.cli import progress as work
    from sensorium.cli.pictures import PictureInput, pictures_of
    from sensorium.core.errors import InputError
    from sensorium.core.files import require_output
    from sensorium.eyes.answers import ImageView

    pictures = pictures_of(files)
    if overlay is not None and len(pictures) > 1:
        raise InputError(f"--overlay draws into one picture, and there are {len(pictures)}.", "Give one file.")
    if overlay is not None:
        require_output(overlay, (*files, *(picture.name for picture in pictures)))

    def find(picture: PictureInput) -> tuple[Image, list[str], ImageView, list[Detection]]:
        view = ImageView(picture.open())
        found = [one for one in view.detections if one.probability >= at_least]
        return view.image, inputs.image_notes([view.image]), view, found

    for picture, (image, notes, view, found) in work.track(
        pictures, find, "Looking", quiet or (as_json and len(pictures) == 1)
    ):
        if overlay is not None:
            _draw(image, found, overlay)
        if as_json:
            show.as_json(picture.to_json() | things_as_json(found, view.size))
            continue
        show.heading(picture.name, pictures)
        for line in lines_of(found, view.size):
            show.result(line)
        if not quiet and not found:
            reason = "" if view.pictured else " It looks like a page, a screen or a chart."
            show.aside(f"Nothing found.{reason}")
        if not quiet:
            show.asides(notes)


def lines_of(found: Sequence[Detection], size: tuple[int, int]) -> list[str]:
    """Return a line for each thing: what, how probable, where."""
    from sensorium.core.places import clock_position
    from sensorium.eyes.detection import spoken_class

    return [f"{spoken_class(one.name)}, {one.probability:.0%}, {clock_position(one.box, size)}" for one in found]


def things_as_json(found: Sequence[Detection], size: tuple[int, int]) -> dict[str, Any]:
    """Return the things as plain JSON values."""
    from sensorium.core.places import clock_position

    things = [
        {
            "name": one.name,
            "probability": round(one.probability, 4),
            "place": clock_position(one.box, size),
            "box": [round(edge, 1) for edge in one.box],
        }
        for one in found
    ]
    return {"width": size[0], "height": size[1], "things": things}


def _draw(image: Image, found: Sequence[Detection], path: Path) -> None:
    """Write the image with the boxes and names of what was found."""
    import PIL.Image
    import PIL.ImageDraw
    import PIL.ImageFont

    from sensorium.core.files import replace_file
    from sensorium.eyes.detection import spoken_class
    from sensorium.media.image import encode, pixels

    canvas = PIL.Image.fromarray(pixels(image))
    pen, size = PIL.ImageDraw.Draw(canvas), max(12, max(canvas.size) // 50)
    font = PIL.ImageFont.load_default(size)
    for one in reversed(found):
        pen.rectangle(tuple(one.box), outline=(0, 0, 0), width=max(4, size // 4))
        pen.rectangle(tuple(one.box), outline=(255, 220, 0), width=max(2, size // 8))
        label = f"{spoken_class(one.name)} {one.probability:.0%}"
        at = (one.box.left, max(0.0, one.box.top - size * 1.3))
        pen.rectangle(pen.textbbox(at, label, font), fill=(0, 0, 0))
        pen.text(at, label, (255, 220, 0), font)
    replace_file(path, encode(canvas).blob.data)
