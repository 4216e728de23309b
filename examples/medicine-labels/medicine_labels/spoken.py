"""What is said aloud: every value as it is printed, and plainly what can't be told."""

from __future__ import annotations

import re

from medicine_labels.schema import VALUES, WORDS, Label, Value

CHECK = "This is what is printed, as far as it could be read. It can be wrong: have a person check it."
NO_ADVICE = "I can only read what is printed; I can't advise. Ask a pharmacist or a doctor."
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
MONTH_YEAR = re.compile(r"(\d{1,2})\s*[-./ ]\s*(20\d\d)|(20\d\d)\s*[-./]\s*(\d{1,2})")


def speech(label: Label) -> str:
    """Return a label as sentences, one a line."""
    lines = [*label.notes, *(sentence(name, getattr(label, name)) for name in VALUES)]
    if any(getattr(label, name).state == "read" for name in VALUES):
        lines.append(CHECK)
    return "\n".join(lines)


def sentence(name: str, value: Value) -> str:
    """Return one value as a sentence."""
    words = WORDS[name].capitalize()
    if value.state == "not seen":
        return f"{words}: not seen in this picture. It may be on another side."
    if value.state == "can't tell":
        return f"{words}: can't tell: {value.why}."
    said = aloud(value.text) if name == "expiry" else value.text
    return f"{words}{'' if name in ('name', 'strength', 'expiry') else ', as printed'}: {said.rstrip('.')}."


def aloud(date: str) -> str:
    """Return a month of a year in words, 08/2027 as August 2027; any other date as it is printed."""
    match = MONTH_YEAR.fullmatch(date)
    if match is None:
        return date
    month, year = (match[1], match[2]) if match[2] else (match[4], match[3])
    return f"{MONTHS[int(month) - 1]} {year}" if 1 <= int(month) <= 12 else date
