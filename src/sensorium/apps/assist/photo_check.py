"""Whether a picture is usable, and how to retake it: reported before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from sensorium.apps.assist.warnings import warnings_in_text
from sensorium.core.errors import InstallError
from sensorium.core.messages import Image
from sensorium.eyes.answers import ImageView
from sensorium.eyes.photo.quality import Fault
from sensorium.media.image import LONG, decode, size
from sensorium.media.tiles import MAX_TILES, is_shrunk, tile_grid

_MAX_FAULTS = 2


class PhotoReport(BaseModel):
    """What is reported of a picture at once.

    Args:
        usable: False if an answer should not be trusted; None if it could not be measured.
        message: One to four sentences.
        faults: Kinds of what is wrong, the surest first.
        warnings: Hazards that can be read in it.
        lines: How many lines of text were read with certainty.
        tiles: In how many parts a long picture can be sent to a model that would get it shrunk; 0 if none would.
        width, height: In pixels, upright.
        language: The language of the message.
    """

    usable: bool | None
    message: str
    faults: list[str] = []
    warnings: list[str] = []
    lines: int = 0
    tiles: int = 0
    width: int
    height: int
    language: str = "en"


def check_photo(image: Image, max_sides: Iterable[int | None] = ()) -> PhotoReport:
    """Return a picture's quality and its words of warning.

    Args:
        image: The picture.
        max_sides: The longest side, in pixels, that each model is sent.

    Raises:
        MediaError: if it can't be opened.
    """
    decoded = decode(image)
    width, height = decoded.original
    notes = [f"It {note}." for note in decoded.surprises]
    tiles = max((count_tiles(image, side) for side in max_sides), default=0)
    if tiles:
        notes.append(f"It is long, and the model gets it shrunk. For small text, tick Send it in {tiles} parts.")
    view = ImageView(image)
    try:
        sure_lines = view.sure_lines  # read first: tilt is judged by the lines, and a page may be white
        quality = view.quality
    except InstallError:
        message = "The picture is here. This server can't measure whether it is good."
        return PhotoReport(usable=None, message=" ".join((message, *notes)), tiles=tiles, width=width, height=height)
    warnings = warnings_in_text([(line.text, line.box) for line in sure_lines], decoded.original)
    count = len(sure_lines)
    text = [f"It has {count} line{'s' * (count != 1)} of text."] if count else []
    return PhotoReport(
        usable=quality.usable,
        message=" ".join((*warnings, *_judgement(quality.faults, quality.usable), *text, *notes)),
        faults=[fault.kind for fault in quality.faults],
        warnings=warnings,
        lines=count,
        tiles=tiles,
        width=width,
        height=height,
    )


def count_tiles(image: Image, max_side: int | None) -> int:
    """Return in how many tiles a long image can be sent to a model that would get it shrunk; 0 if it isn't one."""
    width, height = size(image)
    if max_side is None or max(width, height) < LONG * min(width, height) or not is_shrunk(image, max_side):
        return 0
    boxes, _ = tile_grid(width, height, max_side)
    return len(boxes) if len(boxes) <= MAX_TILES else 0


def _judgement(faults: tuple[Fault, ...], usable: bool) -> list[str]:
    if not faults:
        return ["The picture is good: sharp and light enough."]
    start = "The picture can be used, but it is" if usable else "The picture is not good enough: it is"
    names = [_name(fault) for fault in faults[:_MAX_FAULTS]]
    advice = list(dict.fromkeys(fault.advice for fault in faults[:_MAX_FAULTS]))
    return [f"{start} {' and '.join(names)}.", *advice]


def _name(fault: Fault) -> str:
    place = f" at the {fault.where}" if fault.where else ""
    return f"{'too ' if fault.kind in ('dark', 'bright') else ''}{fault.kind}{place}"
