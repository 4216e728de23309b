"""The checks of "Your own use case"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Spoken = Callable[[str | None, str], str]
CASES = (
    ("2027-08", "2026-11", "Good until 2027-08."), ("2026-10", "2026-11", "Expired since 2026-10."),
    ("2026-11", "2026-11", "Good until 2026-11."), ("2025-12", "2026-01", "Expired since 2025-12."),
    (None, "2026-11", "I can't read the date"), ("4C118", "2026-11", "I can't read the date"),
    ("08/27", "2026-11", "I can't read the date"),
)  # fmt: skip


def answers(answers: Mapping[str, Any]) -> str | None:
    """He speaks, and searches his own catalogue, in Hindi, and nothing leaves the shop."""
    if set(answers) != {"takes", "gives", "language", "privacy"}:
        return f"The keys are takes, gives, language and privacy; yours are {', '.join(map(str, answers))[:60]}."
    takes = {answers["takes"]} if isinstance(answers["takes"], str) else set(answers["takes"])
    if answers["privacy"] != "local":
        return "The photos mustn't leave the shop's computer, so nothing may be sent to a hosted model."
    if answers["gives"] != "hits":
        return f"He wants to see pieces on his shelves that fit: hits of a search, not {str(answers['gives'])[:20]}."
    if "speech" not in takes:
        return "He can't type well and asks aloud: speech goes in."
    if "catalogue" not in takes:
        return "What is searched is his own catalogue; it goes in as well."
    if takes != {"speech", "catalogue"}:
        return f"The sentence doesn't say that he has {', '.join(sorted(takes - {'speech', 'catalogue'}))}."
    return None if answers["language"] == "hi" else "He speaks Hindi; its code is hi."


def spoken(spoken: Spoken) -> str | None:
    """Anything that isn't clearly a date is silence with a way out: a wrong date is worse than none."""
    for expiry, today, right in CASES:
        try:
            said = spoken(expiry, today)
        except (TypeError, ValueError, AttributeError) as error:
            return f"With the date {expiry!r} it fails: {str(error)[:60]}. Not every reading is a date."
        if not isinstance(said, str):
            return f"`spoken` returns what is said, a text; yours returned {type(said).__name__}."
        if not said.startswith(right):
            return f"With the date {expiry!r} in {today} it should say {right!r}; it says {said[:60]!r}."
        if right.startswith("I can't") and len(said) < len(right) + 8:
            return "It says that it can't read the date, but not what Yusuf can do now."
    return None


def test(test: Callable[[Spoken], None]) -> str | None:
    """It passes what is right and catches what is wrong: a test that can't fail proves nothing."""
    if _raises(test, _right):
        return "It complains about a `spoken` that is right. What does it say of 2026-10 in 2026-11?"
    if not _raises(test, lambda expiry, today: "Good until 2026-10."):
        return "A `spoken` that calls every box good passes. Assert what it says of a box that has expired."
    if not _raises(
        test, lambda expiry, today: f"Good until {expiry}." if expiry else "I can't read the date. Turn it."
    ):
        return "A `spoken` that ignores today's date passes. Ask it about a date before today."
    return None


def _right(expiry: str | None, today: str) -> str:
    if expiry is None or len(expiry) != 7 or expiry[4] != "-":
        return "I can't read the date. Turn the box."
    return f"Good until {expiry}." if expiry >= today else f"Expired since {expiry}."


def _raises(test: Callable[[Spoken], None], spoken: Spoken) -> bool:
    try:
        test(spoken)
    except AssertionError:
        return True
    return False
