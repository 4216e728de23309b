"""Answers from text: all of it, one field of it, the code that is printed."""

from __future__ import annotations

import re

from sensorium.eyes.answers.answer import LEAST, Said, cannot_tell
from sensorium.eyes.answers.image_view import Look
from sensorium.eyes.documents.fields import find_field
from sensorium.eyes.ocr import tesseract as script
from sensorium.eyes.ocr.lines import TextLine, spoken_text

_ITEM = re.compile(
    r"(?:how much (?:is|are|was|were|does|do|did|for)|(?:price|cost|rate) (?:of|for)|what (?:does|do|did)(?= .* cost))"
    r"\s+(?!(?:i|we|you|they|it|he|she)\b)"
    r"(?:the |a |an |one |this |these |my )*(.+?)(?: costs?| come to| on (?:the|this) .+| in (?:the|this) .+)?[?.!\s]*$"
)
_VAGUE = re.compile(r"(?:it|this|that|they|these|those|thing|item|all|everything|ticket)s?")
_NO_TEXT = 0.9  # that there is none where none was found, in a picture good enough to see
_MOST_SAID = 3  # lines of evidence where no field was found


def read(look: Look) -> Said:
    """Say all the text."""
    said = spoken_text(look.sure_lines)
    evidence = look.read_evidence(look.lines)
    if said:
        letters = [sum(c.isalnum() for c in line.text) for line in look.sure_lines]
        unread = sum(sum(c.isalnum() for c in line.text) for line in look.doubtful_lines)
        mean = sum(line.score * n for line, n in zip(look.sure_lines, letters, strict=True)) / sum(letters)
        more = _unread(look.doubtful_lines)
        return Said(f"{said}{more}", mean * sum(letters) / (sum(letters) + unread), evidence)
    if look.doubtful_lines:
        return cannot_tell(
            f"There may be text, but I can't read it for sure. {_advice(look)}".strip(), evidence, limit=True
        )
    if not look.quality.usable:
        return cannot_tell(f"I see no text, but the picture is too poor to be sure. {_advice(look)}")
    return Said("I see no text in the picture.", _NO_TEXT, (look.evidence("read", "no line of text", _NO_TEXT),))


def field(look: Look, name: str | None, clause: str = "") -> Said:
    """Say one named piece of the text."""
    item = _ITEM.search(clause.casefold())
    if item and not _VAGUE.fullmatch(item[1]):
        priced = find_field(look.lines, f"price of {item[1]}")
        if priced is not None and priced.confidence >= LEAST:
            sentence = f"{_named(item[1])}: {priced.value}"
            return Said(sentence, priced.confidence, look.read_evidence(priced.lines))
        if name == "price":
            name = f"price of {item[1]}"
    if name is None:
        return read(look)
    found = find_field(look.lines, name)
    if found is not None and found.confidence >= LEAST:
        sentence = f"{_named(name)}: {found.value}"
        return Said(sentence, found.confidence, look.read_evidence(found.lines))
    if not look.lines:
        return cannot_tell(f"I see no text, so I can't tell the {name}. {_advice(look)}".strip())
    if found is not None:
        return cannot_tell(
            f"I am not sure of the {name}; it may be {found.value}. {_advice(look)}".strip(),
            look.read_evidence(found.lines),
            limit=True,
        )
    if not look.sure_lines:
        return cannot_tell(
            f"There may be text, but I can't read it for sure. {_advice(look)}".strip(),
            look.read_evidence(look.lines),
            limit=True,
        )
    return cannot_tell(
        f"I can read the text, but find no {name} in it. Ask what it says to hear all of it.",
        look.read_evidence(look.sure_lines[:_MOST_SAID]),
        limit=True,
    )


def barcode(look: Look) -> Said:
    """Say what the barcodes and QR codes hold."""
    codes = [code for code in look.codes if code.valid]
    if not codes:
        why = "I see a code, but can't read it for sure." if look.codes else "I see no barcode or QR code."
        return cannot_tell(f"{why} Turn the thing slowly in front of the camera, and keep it a hand's width away.")
    evidence = tuple(look.evidence("barcode", f"{code.format}: {code.text}", 0.99, code.box) for code in codes)
    if len(codes) == 1:
        return Said(f"The {_format(codes[0].format)} says {codes[0].text}", 0.99, evidence)
    listed = "; ".join(f"{_format(code.format)}: {code.text}" for code in codes)
    return Said(f"There are {len(codes)} codes. {listed}", 0.97, evidence)


def text_presence(look: Look) -> Said:
    """Whether there is text at all."""
    if look.sure_lines:
        first = look.sure_lines[0].text
        evidence = look.read_evidence(look.sure_lines[:1])
        return Said(f'Yes, there is text; it begins with "{first}".', 0.97, evidence, literal=True)
    if look.doubtful_lines:
        return cannot_tell(f"There may be text, but I can't read it. {_advice(look)}", limit=True)
    if not look.quality.usable:
        return cannot_tell(f"I see no text, but the picture is too poor to be sure. {_advice(look)}")
    nothing = (look.evidence("read", "no line of text", _NO_TEXT),)
    return Said("No, I see no text.", _NO_TEXT, nothing, literal=True)


def _named(name: str) -> str:
    return name[:1].upper() + name[1:]


def _format(name: str) -> str:
    return "QR code" if name.casefold().startswith("qr") else f"{name} barcode"


def _unread(lines: tuple[TextLine, ...]) -> str:
    if not lines:
        return ""
    return f"\nThere {'is 1 more line' if len(lines) == 1 else f'are {len(lines)} more lines'} that I can't read."


def _advice(look: Look) -> str:
    """Say what would help: a better picture, or the data of a script that is not installed."""
    faults = look.quality.faults
    if faults:
        return faults[0].advice
    lacking = script.missing_languages()
    if lacking and len(look.doubtful_lines) > 1:
        names = " or ".join(lacking)
        return f"If it is {names}, sensorium doctor says how to install its data."
    return ""
