"""The checks of "Who is it for?"."""

from __future__ import annotations

from collections.abc import Callable

from sensorium import Reply

CASES = (
    (Reply("Paracetamol 500 mg", 0.99), True),
    (Reply("Paracetamol 500 mg", 0.95), False),
    (Reply("Paracetamol 500 mg", None), False),
    (Reply("I can't tell.", None, abstained=True), False),
    (Reply("I can't tell.", 0.99, abstained=True), False),
)


def threshold(smallest: float) -> str | None:
    """A wrong answer costs (1 − p) × 50, silence costs 1. They are equal at p = 1 − 1/50 = 0.98."""
    if not isinstance(smallest, int | float) or isinstance(smallest, bool):
        return "Give a number."
    if smallest > 1:
        return "A probability lies between 0 and 1, so 98 percent is written 0.98."
    if abs(smallest - 0.02) < 1e-9:
        return "That is how often it may be wrong. How often must it be right?"
    if abs(smallest - 0.98) > 1e-9:
        return f"At {smallest:g} a wrong answer costs (1 − {smallest:g}) × 50 = {(1 - smallest) * 50:.3g}; silence 1."
    return None


def careful(spoken: Callable[[Reply], str]) -> str | None:
    """It speaks plainly when it is sure, and otherwise begins with the doubt: a listener hears the doubt first."""
    for reply, sure in CASES:
        try:
            words = spoken(reply)
        except TypeError as error:
            return f"With a confidence of {reply.confidence} it fails: {error}. Not every model gives a confidence."
        if not isinstance(words, str):
            return f"`spoken` returns what is said, a text; yours returned {type(words).__name__}."
        state = f"confidence {reply.confidence}, abstained {reply.abstained}"
        if sure and words != reply.text:
            return f"With {state} the answer itself should be said, without a doubt."
        if not sure and not words.startswith("I'm not sure"):
            return f'With {state} it should begin with "I\'m not sure"; it says {words!r}.'
    return None


def moments(answerable: set[str]) -> str | None:
    """Words, codes and sharpness are in the picture. What a person may take, and who somebody is, are not."""
    given = set(answerable)
    if given & {"C", "E"}:
        wrong = (
            "C needs to know the person: age, illness, what was taken before." if "C" in given else "E names a person."
        )
        return f"{wrong} A picture doesn't hold that."
    missing = {"A", "B", "D"} - given
    return f"Also in the picture: {', '.join(sorted(missing))}." if missing else None
