"""Is a picture usable, and how to retake it: said before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sensorium.apps.assist import hazards
from sensorium.core.errors import InstallError
from sensorium.core.messages import Image
from sensorium.eyes.answers import Look
from sensorium.eyes.photo.quality import Fault
from sensorium.media.image import decode

_MOST_FAULTS = 2


@dataclass(frozen=True)
class Checked:
    """What is said about a picture at once.

    Args:
        usable: False where an answer should not be trusted; None where it could not be measured.
        said: One to four sentences.
        faults: Kinds of what is wrong, the surest first.
        warnings: Hazards that can be read in it.
        lines: How many lines of text were read for sure.
        width, height: In pixels, upright.
    """

    usable: bool | None
    said: str
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    lines: int = 0
    width: int = 0
    height: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "usable": self.usable,
            "said": self.said,
            "faults": list(self.faults),
            "warnings": list(self.warnings),
            "lines": self.lines,
            "width": self.width,
            "height": self.height,
        }


def checked(image: Image) -> Checked:
    """Look at a picture's quality and its words of warning.

    Raises:
        MediaError: when it can't be opened.
    """
    decoded = decode(image)
    width, height = decoded.original
    notes = tuple(f"It {note}." for note in decoded.surprises)
    look = Look(image)
    try:
        sure_lines = look.sure_lines  # read first: tilt is judged by the lines, and a page may be white
        found = look.quality
    except InstallError:
        said = "The picture is here. Whether it is good can't be measured on this server."
        return Checked(None, " ".join((said, *notes)), width=width, height=height)
    warnings = hazards.in_text([(line.text, line.box) for line in sure_lines], decoded.original)
    said = " ".join((*warnings, *_told(found.faults, found.usable), *_lines(len(sure_lines)), *notes))
    kinds = tuple(fault.kind for fault in found.faults)
    return Checked(found.usable, said, kinds, tuple(warnings), len(sure_lines), width, height)


def _told(faults: tuple[Fault, ...], usable: bool) -> list[str]:
    if not faults:
        return ["The picture is good: sharp and light enough."]
    begin = "The picture can be used, but it is" if usable else "The picture is not good enough: it is"
    named = [_name(fault) for fault in faults[:_MOST_FAULTS]]
    advice = list(dict.fromkeys(fault.advice for fault in faults[:_MOST_FAULTS]))
    return [f"{begin} {' and '.join(named)}.", *advice]


def _name(fault: Fault) -> str:
    where = f" at the {fault.where}" if fault.where else ""
    return f"{'too ' if fault.kind in ('dark', 'bright') else ''}{fault.kind}{where}"


def _lines(count: int) -> list[str]:
    return [] if count == 0 else [f"It has {count} line{'s' * (count != 1)} of text."]
