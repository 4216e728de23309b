"""Names: the title of a chart and what its axes are called."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.core.reply import Box
from sensorium.eyes.charts.axis import Axis, number, offset
from sensorium.eyes.charts.bars.shapes import Bars
from sensorium.eyes.charts.text.labels import Labels
from sensorium.eyes.charts.text.words import Word, inside, read_again
from sensorium.media.image import Pixels


def names(picture: Pixels, found: Sequence[Word], bars: Bars, axis: Axis, labels: Labels) -> tuple[str, str, str]:
    """Find the title, the category axis' name and the value axis' name, "" for what is not there."""
    outer = bars.ground.outer
    colour = (int(outer[0]), int(outer[1]), int(outer[2]))
    if bars.horizontal:
        top = min(box.left for box in bars.boxes)
        floor = max(word.box.bottom for word in found if number(word.text) is not None) if found else 0.0
    else:
        top = min([bars.top, *(tick.at for tick in axis.held)])
        floor = labels.box.bottom
    words_ = [word for word in found if number(word.text) is None and offset(word.text) is None]
    title = [word for word in words_ if abs(word.turn) < 10 and word.box.bottom < top + 0.3 * word.height
             and word.box.width > word.box.height]  # fmt: skip
    below = [
        word
        for word in words_
        if abs(word.turn) < 10 and word.middle[1] > floor and word.box.bottom > bars_bottom(bars)
    ]
    below = [
        word
        for word in below
        if not (labels.box.left < word.middle[0] < labels.box.right and word.middle[1] < labels.box.bottom)
    ]
    left = min((word.box.left for word in found), default=0.0)
    tall = [
        word
        for word in found
        if word.turn > 60 and len(word.text) > 1 and word.box.left < left + 1.5 * word.height
        and (bars.horizontal or not inside(word, labels.box))
    ]  # fmt: skip
    upright_name = ""
    if tall:
        sides = [w.box for w in tall]
        box = Box(
            min(side.left for side in sides) - 2, min(side.top for side in sides) - 6,
            max(side.right for side in sides) + 2, max(side.bottom for side in sides) + 6,
        )  # fmt: skip
        text, score = read_again(picture, box, tall[0].height, colour, turn=90)
        upright_name = text if score > 0.8 else ""
    level_name = " ".join(word.text for word in sorted(below, key=lambda w: w.box.left)) if len(below) <= 3 else ""
    said = " ".join(word.text for word in _together(sorted(title, key=lambda w: w.middle[1])))
    return (said, upright_name, level_name) if bars.horizontal else (said, level_name, upright_name)


def _together(lines: list[Word]) -> list[Word]:
    """Keep the first line and those that follow closely: what comes after a gap is a legend."""
    out = lines[:1]
    for line in lines[1:]:
        if line.box.top - out[-1].box.bottom > 0.6 * line.height:
            break
        out.append(line)
    return out


def bars_bottom(bars: Bars) -> float:
    """Return y below which no bar reaches, in the picture's own frame."""
    return max(box.right for box in bars.boxes) if bars.horizontal else bars.bottom
