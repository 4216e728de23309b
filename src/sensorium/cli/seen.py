"""What was read in a picture, printed: lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sensorium.cli import output as show
from sensorium.core.errors import quoted

if TYPE_CHECKING:
    from sensorium.eyes.ocr import TextLine


def print_lines(file: str, lines: Sequence[TextLine], quiet: bool) -> None:
    """Print what was read surely; on standard error how much was not."""
    from sensorium.eyes.ocr import SURE, spoken_text

    said = spoken_text(lines)
    if said:
        show.result(said)
    if quiet:
        return
    doubtful = sum(line.score < SURE for line in lines)
    if doubtful:
        show.aside(f"{doubtful} {'line' if doubtful == 1 else 'lines'} could not be read surely; --json gives them.")
    elif not said:
        show.aside(f"There is no text in {quoted(file)} that can be read.")


def lines_as_json(file: str, lines: Sequence[TextLine]) -> dict[str, Any]:
    """Return the file and each of its lines, the doubtful ones too."""
    from sensorium.eyes.ocr import spoken_text

    return {
        "file": show.plain(file),
        "text": spoken_text(lines),
        "lines": [
            {"text": ln.text, "score": round(ln.score, 4), "script": ln.script, "box": [round(s, 1) for s in ln.box]}
            for ln in lines
        ],
    }
