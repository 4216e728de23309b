"""The app: each check is asked of its region of the picture; what is out of bounds or unsure calls a person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sensorium import Box, Image, Model, Options, Reply, ask, load
from sensorium.eyes.photo import assess_quality
from sensorium.media.image import encode, pixels, resize

from inspection_camera.checks import Check

MODEL = "offline"
"""Counts and reads on this machine; English only."""
SECONDS = 30
"""The longest wait for one check."""
OPTIONS = Options(timeout_seconds=SECONDS)
SECOND_SHARE = 0.8
"""How large a region is when it is looked at again: what comes out differently then is unsure."""
ALIKE = 1.25
"""How much larger than usual, or smaller, one of several parts of a kind may be."""

State = Literal["ok", "out of bounds", "unsure"]


@dataclass(frozen=True)
class Finding:
    """What came of a check.

    Args:
        name: Of the check.
        state: "ok", "out of bounds", "unsure".
        value: As counted or read; "" if it can't be told at all.
        confidence: Probability that the value is right, as the model says; the lower one of two looks.
        why: What a person should look at; "" if nothing.
    """

    name: str
    state: State
    value: str
    confidence: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class Inspection:
    """What came of a picture's checks."""

    findings: tuple[Finding, ...]

    @property
    def flagged(self) -> bool:
        """Whether a person should look."""
        return any(each.state != "ok" for each in self.findings)


def load_model() -> Model:
    """Return the model that counts and reads."""
    return load(MODEL)


def inspect(model: Model, picture: Image, checks: Sequence[Check]) -> Inspection:
    """Return what each check finds."""
    faults = [fault.kind for fault in assess_quality(picture).faults if fault.kind in ("blurred", "dark")]
    return Inspection(tuple(look(model, picture, check, faults) for check in checks))


def look(model: Model, picture: Image, check: Check, faults: Sequence[str] = ()) -> Finding:
    """Return what one check finds in its region, which is looked at twice, the second time smaller."""
    region = cropped(picture, check)
    small = encode(resize(pixels(region), round(max(pixels(region).shape[:2]) * SECOND_SHARE)))
    replies = [ask(model, each, check.question, options=OPTIONS) for each in (region, small)]
    values = [value_of(reply, check) for reply in replies]
    sure = min((reply.confidence or 0.0 for reply in replies), default=0.0)
    why = doubt(replies[0], values, sure, check, faults)
    if why:
        return Finding(check.name, "unsure", values[0], sure, why)
    if check.least is not None and float(values[0]) < check.least:
        return Finding(check.name, "out of bounds", values[0], sure, f"under {check.least:g}")
    if check.most is not None and float(values[0]) > check.most:
        return Finding(check.name, "out of bounds", values[0], sure, f"over {check.most:g}")
    return Finding(check.name, "ok", values[0], sure)


def cropped(picture: Image, check: Check) -> Image:
    """Return the region of a check."""
    rgb = pixels(picture)
    height, width = rgb.shape[:2]
    left, top, right, bottom = check.region
    return encode(rgb[round(top * height) : round(bottom * height), round(left * width) : round(right * width)])


def value_of(reply: Reply, check: Check) -> str:
    """Return the one value in an answer that looks as the check's pattern says; "" if none does, or several do."""
    found = list(re.finditer(rf"(?<![\w.,-])(?:{check.pattern})(?![\w-]|[.,]\d)", reply.text))
    if reply.abstained or len(found) != 1:
        return ""
    value: str = found[0][1] if found[0].re.groups else found[0][0]
    return value


def are_alike(boxes: Sequence[Box]) -> bool:
    """Whether things are of about one size: two that touch are counted as one that is too large."""
    sides = sorted(max(box.width, box.height) for box in boxes)
    usual = sides[len(sides) // 2] if sides else 0.0
    return all(usual / ALIKE <= side <= usual * ALIKE for side in sides)


def doubt(reply: Reply, values: Sequence[str], sure: float, check: Check, faults: Sequence[str]) -> str:
    """Return why a person should look; "" if the value is sure."""
    if reply.abstained:
        return "can't tell"
    if not values[0]:
        return f"unexpected: {reply.text[:60]}"
    if len(set(values)) > 1:
        return "it comes out differently each time"
    if check.alike and not are_alike([box for each in reply.evidence if (box := each.box) is not None]):
        return "they differ in size: some may touch, or be hidden in part"
    if faults:
        return f"the picture is {faults[0]}"
    return "not sure enough" if sure < check.sure else ""
