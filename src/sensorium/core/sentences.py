"""Sentences: where a text may be cut, in every script, and the text without its markup."""

from __future__ import annotations

import html
import re

from sensorium.core.errors import InputError

# full stop of Latin, Devanagari (danda), Arabic, Chinese, Ethiopic …; a stop between digits or after one letter is none
_END = re.compile(r"(?<![\s.]\w)(?<!^\w)[.!?…]+[\"'”’)\]]*(?=\s)|[।॥۔؟。！？።]+[\"'”’)\]]*|\n+")
_SHORT = re.compile(r"(?:^|\s)(?:Mr|Mrs|Ms|Dr|Prof|vs|e\.g|i\.e|approx|incl|Rs|Exp|Tel|Vol|Fig)\.$", re.I)
_WRAPPED = re.compile(r"(?<=[^\s.!?…।॥۔؟。！？:;])[ \t]*\n(?=[a-zà-öø-ÿ])")  # a line that goes on in small letters
_WEAK = (re.compile(r"[;:,،、，]\s*"), re.compile(r"\s+"))

_TAG = re.compile(r"</?(?:b|i|u|em|strong|p|br|ul|ol|li|code|sup|sub|span|div|h[1-6])(?:\s[^<>]*)?/?>", re.I)
_MARKUP = (
    (re.compile(r"^[ \t]*(?:```\w*|~~~\w*|(?:[-*_][ \t]*){3,}|\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+[-: \t]*)$\n?", re.M), ""),
    (re.compile(r"^[ \t]*(?:#{1,6}|>|[*+-])[ \t]+", re.M), ""),
    (re.compile(r"!?\[([^\]\n]+)\]\([^)\s]+\)"), r"\1"),
    (re.compile(r"\*\*|(?<!\w)__(?=\w[^_\n]*__(?!\w))|(?<=\w)__(?!\w)"), ""),
    (re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])"), r"\1"),
    (re.compile(r"`([^`\n]*)`"), r"\1"),
    (re.compile(r"^[ \t]*\|[ \t]*(.*?)[ \t]*\|[ \t]*$", re.M), r"\1"),
)


def without_markup(text: str) -> str:
    """Return a text as it is to be spoken: without Markdown's marks, HTML's tags and entities.

    Example:
        >>> without_markup("**Total:** 3 &times; 4 = `12`<br>")
        'Total: 3 × 4 = 12'
    """
    text = _TAG.sub(" ", text) if "<" in text else text
    for pattern, plain in _MARKUP:
        text = pattern.sub(plain, text)
    return html.unescape(text).strip()


def sentences(text: str) -> list[str]:
    """Return a text's sentences and lines; joined by spaces they say the same.

    A line that continues in lower case belongs to the one before, as in a printed paragraph.

    Example:
        >>> sentences("It costs 3.50. Is that Mr. Smith? यह बिल्ली है। हाँ।")
        ['It costs 3.50.', 'Is that Mr. Smith?', 'यह बिल्ली है।', 'हाँ।']
    """
    text = _WRAPPED.sub(" ", text)
    pieces, start = [], 0
    for end in _END.finditer(text):
        piece = text[start : end.end()].strip()
        if not piece or _SHORT.search(piece):
            continue
        pieces.append(piece)
        start = end.end()
    rest = text[start:].strip()
    return [*pieces, rest] if rest else pieces


def pieces(text: str, max_characters: int) -> list[str]:
    """Return pieces of at most `max_characters`, cut between sentences, else at commas, else between words.

    Raises:
        InputError: if `max_characters` is under 1.
    """
    if max_characters < 1:
        raise InputError(f"max_characters is 1 or more, not {max_characters}.", "Try `max_characters=1000`.")
    cut: list[str] = []
    for sentence in sentences(text):
        for piece in _fitting(sentence, max_characters):
            if cut and len(cut[-1]) + 1 + len(piece) <= max_characters:
                cut[-1] = f"{cut[-1]} {piece}"
            else:
                cut.append(piece)
    return cut


def _fitting(sentence: str, max_characters: int) -> list[str]:
    cut = []
    while len(sentence) > max_characters:
        end = _cut_at(sentence, max_characters)
        cut.append(sentence[:end].strip())
        sentence = sentence[end:].strip()
    return [piece for piece in (*cut, sentence) if piece]


def _cut_at(sentence: str, limit: int) -> int:
    for weak in _WEAK:
        ends = [m.end() for m in weak.finditer(sentence, 0, limit + 1) if len(sentence[: m.end()].rstrip()) <= limit]
        if ends and ends[-1] > 1:
            return ends[-1]
    return limit
