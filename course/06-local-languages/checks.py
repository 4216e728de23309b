"""The checks of "Local languages"."""

from __future__ import annotations

from collections.abc import Callable

RIGHT = ["sarvam", "sarvam", "offline", "sarvam", "espeak"]
CASES = (
    ("500 mg", "५०० मि.ग्रा.", True, "Digits of other scripts count, too: int() reads them."),
    ("2 tablets of 500 mg", "500 mg की 2 गोलियाँ", True, "Word order changes from language to language."),
    ("2 in the morning, 2 at night", "सुबह 2", False, "One of two equal numbers is gone."),
    ("2 tablets", "गोलियाँ", False, "The number is gone."),
    ("tablets", "3 गोलियाँ", False, "A number came in that nobody said."),
)


def engines(engines: list[str]) -> str | None:
    """Each step takes the first engine that knows the language; the last one has to be another than Sarvam."""
    given = [str(name).lower() for name in engines]
    if len(given) != len(RIGHT):
        return f"There are five steps: hear, translate, answer, translate back, speak. You name {len(given)}."
    for step, name, right in zip(
        ("hears", "translates", "answers", "translates back", "speaks"), given, RIGHT, strict=True
    ):
        if name != right:
            return f"Who {step}? {name} isn't the one that does it well."
    return None


def numbers(same_numbers: Callable[[str, str], bool]) -> str | None:
    """A translator may move a number and write it in its own digits; it may not lose or add one."""
    if not callable(same_numbers):
        return "`same_numbers` is a function: def same_numbers(original, translated): …"
    for original, translated, right, hint in CASES:
        told = same_numbers(original, translated)
        if told is not right:
            return f"For {original!r} and {translated!r} it returns {told!r}. {hint}"
    return None
