"""What is checked, as checks.toml says it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sensorium.core.errors import InputError, quoted

CHECKS = Path(__file__).parents[1] / "checks.toml"


@dataclass(frozen=True)
class Check:
    """One thing that is looked at on each picture.

    Args:
        name: What it is called in the log.
        question: What the model is asked.
        region: Left, top, right, bottom, as shares of the picture.
        pattern: What the value looks like in the answer; its first group, or all of it, is the value.
        least, most: Bounds of a number; None for no bound.
        alike: Whether what is counted is all of one size; else what touches is counted as one.
        sure: An answer with less confidence calls a person.
    """

    name: str
    question: str
    region: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    pattern: str = ".+"
    least: float | None = None
    most: float | None = None
    sure: float = 0.85
    alike: bool = False


def load_checks(path: Path = CHECKS) -> tuple[Check, ...]:
    """Return the checks of a file.

    Raises:
        InputError: if a check can't be used; the message quotes it.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("check", [])
    except (OSError, ValueError) as error:
        raise InputError(f"{quoted(str(path))} can't be read: {error}.", "It needs [[check]] tables.") from None
    if not rows:
        raise InputError(f"{quoted(str(path))} has no [[check]].", "Write one for each thing that is looked at.")
    return tuple(_check(row) for row in rows)


def _check(row: dict[str, Any]) -> Check:
    known = {each.name for each in fields(Check)}
    name = str(row.get("name", ""))
    if unknown := sorted(set(row) - known):
        raise InputError(f"Check {quoted(name)} has {quoted(unknown[0])}.", f"It takes {', '.join(sorted(known))}.")
    if not name or not row.get("question"):
        raise InputError(f"Check {quoted(name)} needs a name and a question.", 'Write question = "…".')
    check = Check(**(row | {"region": tuple(row.get("region", Check.region))}))
    left, top, right, bottom = check.region if len(check.region) == 4 else (1.0, 1.0, 0.0, 0.0)
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise InputError(f"Check {quoted(name)} has the region {quoted(str(row['region']))}.", "Shares from 0 to 1.")
    try:
        re.compile(check.pattern)
    except re.error as error:
        raise InputError(
            f"Check {quoted(name)} has the pattern {quoted(check.pattern)}: {error}.", "Mend it."
        ) from None
    return check
