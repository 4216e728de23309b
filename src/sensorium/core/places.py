"""Where a box lies in a picture, in words: as on a clock's face, and plainly."""

from __future__ import annotations

import math

from sensorium.core.reply import Box

_MIDDLE = 0.3  # of half the shorter side: nearer to the centre than this is "in the middle"
_DIRECTIONS = (
    "at the top", "upper right", "right, a little up", "right", "right, a little down", "lower right", "at the bottom",
    "lower left", "left, a little down", "left", "left, a little up", "upper left",
)  # fmt: skip
"""In plain words for each hour from 12: not everybody thinks in clocks."""


def clock_position(box: Box, size: tuple[int, int]) -> str:
    """Return where a box lies as on a clock's face laid over the picture, 12 at the top: "at 2 o'clock, upper right".

    Args:
        box: In pixels of the upright picture.
        size: Its width and height.
    """
    across = (box.left + box.right) / 2 - size[0] / 2
    down = (box.top + box.bottom) / 2 - size[1] / 2
    if math.hypot(across, down) <= _MIDDLE * min(size) / 2:
        return "in the middle"
    hour = round(math.degrees(math.atan2(across, -down)) / 30) % 12
    return f"at {hour or 12} o'clock, {_DIRECTIONS[hour]}"
