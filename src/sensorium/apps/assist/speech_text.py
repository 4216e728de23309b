"""Text for people who listen: the confidence, places, languages, and nothing that assumes sight."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sensorium.core.languages import NOT_LATIN, language_in_script, script_of
from sensorium.core.places import clock_position
from sensorium.core.reply import Evidence

_MAX_PLACES = 6
# What a sighted writer says to sighted readers. Only the phrase is removed; the rest of the sentence stays.
_SIGHTED_PHRASES = re.compile(
    r"\b(?:as|like) (?:you|we|one) (?:can|could|may|might|will)?\s*(?:clearly |easily |plainly )?"
    r"(?:see|notice|tell|observe)"
    r"(?: (?:here|above|below|in (?:the|this) (?:picture|image|photo)))?,?\s*"
    r"|\bas (?:is )?(?:shown|seen|pictured|depicted|visible)"
    r"(?: (?:here|above|below|in (?:the|this) (?:picture|image|photo)))?,?\s*"
    r"|\b(?:you|we) can (?:clearly |easily |plainly )?see (?:that |here )?"
    r"|\bif you look (?:closely|carefully|at (?:it|the (?:picture|image|photo)))?,?\s*"
    r"|\btake a look(?: at (?:it|this))?[:,]?\s*",
    re.I,
)
_QUOTED = re.compile(r'("[^"]*"|“[^”]*”)')


def without_sight(text: str) -> str:
    """Return the text without phrases that ask the reader to look.

    Words in quotation marks stay as they are: they may have been read from the picture.

    Example:
        >>> without_sight("As you can see, the bus is red.")
        'The bus is red.'
    """
    return "\n".join(_line(line) for line in text.split("\n")).strip()


def _line(line: str) -> str:
    cleaned = []
    for number, piece in enumerate(_QUOTED.split(line)):
        if number % 2:  # quoted
            cleaned.append(piece)
            continue
        shorter = _SIGHTED_PHRASES.sub("", piece)
        if shorter != piece and number == 0 and shorter[:1].islower() and not piece.startswith(shorter[:4]):
            shorter = shorter[0].upper() + shorter[1:]
        cleaned.append(shorter)
    return "".join(cleaned)


def confidence_text(confidence: float | None, abstained: bool) -> str:
    """Return in words how sure a model is; the steps are those of the command line."""
    if abstained:
        return "It can't tell."
    if confidence is None:
        return "It does not say how sure it is."
    for minimum, text in ((0.95, "It is almost certain."), (0.8, "It is fairly sure."), (0.6, "It is not very sure.")):
        if confidence >= minimum:
            return text
    return "It is guessing."


def places(evidence: Sequence[Evidence], size: tuple[int, int]) -> list[str]:
    """Return where the first few things are that an answer is based on, without repeats."""
    lines = []
    for item in evidence:
        if item.box is not None and item.text:
            name = f'"{item.text}"' if item.kind == "read" else item.text
            lines.append(f"{name}: {clock_position(item.box, size)}.")
    unique = list(dict.fromkeys(lines))
    more = len(unique) - _MAX_PLACES
    return unique if more <= 0 else [*unique[:_MAX_PLACES], f"And {more} more place{'s' * (more != 1)}."]


def language_spans(text: str, language: str) -> list[tuple[str, str]]:
    """Return a text split where its script changes, with the language in which a voice should speak each piece.

    Args:
        text: Any text.
        language: The code for text in the script of that language.
    """
    spans: list[tuple[str, str]] = []
    for character in text:
        code = _language(character, language)
        if spans and (code is None or code == spans[-1][1]):
            spans[-1] = (spans[-1][0] + character, spans[-1][1])
        elif spans and spans[-1][1] == "":
            spans[-1] = (spans[-1][0] + character, code or "")
        else:
            spans.append((character, code or ""))
    return [(piece, code or language) for piece, code in spans]


def _language(character: str, language: str) -> str | None:
    """Return the language of a character's script; None for digits, marks and spaces, which join what precedes them."""
    if not character.isalpha():
        return None
    script = script_of(character)
    if script is not None:
        return language_in_script(script, language)
    return "en" if language in NOT_LATIN else language
