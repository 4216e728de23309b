"""A message as its clauses: sentences, and the halves of "…, and what colour is it"."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_CLAUSES = 8
"""At most so many clauses of one message are read: the first and the last ones of a longer one."""
MAX_CHARACTERS = 600
"""At most so many characters of a clause, and of a whole message, are read."""

_SENTENCE = re.compile(r"(?<=[.?!;。？！।])\s+|\n+|(?<=[a-z])[?!](?=[A-Za-z])")
_ASKS = (
    r"(?:what|whats|what's|wat|wats|which|wich|who|whos|who's|whose|where|when|wen|why|how|is|are|was|were|does|dose|do|did"
    r"|can|could|would|will|should|has|have|any|tell|read|reed|scan|count|describe|list|give|say|add|name|check|decode|find"
    r"|look|explain|translate|write|flag|let|please|also|then|by when|and)\b"
)
_JOINT = re.compile(
    rf"(?:[,;]\s*|\s+)(?:and\s+also|and\s+then|and|also|plus|then|&)\s+(?={_ASKS})|[,;]?\s+(?=also\b)", re.IGNORECASE
)
_COMMA = re.compile(r"\s*[,;:]\s+(?:(?:and|but|so|because)\s+)?|\s+(?:so|but)\s+", re.IGNORECASE)
_NOUN_JOINT = re.compile(
    r"(?:,\s+and|\s+and|,)\s+(?:also\s+)?(?=(?:the|its|their|a|my)\s+\w+|(?:\w+\s+)?(?:number|date|time|price|name|total)\b)",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"\b(?:between|difference|compare[ds]?|both|either|more|fewer|less|sum of|ratio|add|combined|from|black|average)\b",
    re.IGNORECASE,
)
_STARTS = re.compile(
    rf"^(?:(?:and|also|so|hey|hi|ok|okay|um|uh|please|kindly|sir|madam|well|sorry|then|plus|oh|plz|pls)[ ,]+)*{_ASKS}",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"^(?:and |so |but |because )*(?:i|i'm|i've|i'd|im|we|we've|it|it's|its|he|she|they|there|there's"
    r"|this|my|you|you're|if)\b"
    r"|^(?:thank|hello|hi|sorry|excuse)",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"^(?:and |also |so |if so )*(?:please )?(?:(?:can|could) you )?(?:(?:tell|see|say)(?: me| us)? )?"
    r"(?:what|where|how (?:much|big|many|high|old)|which|is|are|do|does)\W*\w*\s?(?:is|are|there|do|does"
    r"|to)?\s?(?:you )?(?:see|say)?\s?"
    r"(?:in |on |for )?(?:it|there|them|that|one|its value)(?: (?:there|in it|is|are|do|say|called|for|mean))*\W*$",
    re.IGNORECASE,
)


def sentences(text: str) -> tuple[str, ...]:
    """Split a text at its sentence ends; at most `MAX_CLAUSES`, each at most `MAX_CHARACTERS` characters."""
    return _few(_SENTENCE.split(text))


def clauses(sentence: str) -> tuple[str, ...]:
    """Split one sentence where another question may begin; "between A and B" stays whole.

    They are candidates: `parse` decides whether two of them are two questions.
    """
    split = [[part] if _PAIR.search(part) else _NOUN_JOINT.split(part) for part in _JOINT.split(sentence) if part]
    return _few(part for parts in split for part in parts)


def asks(clause: str) -> bool:
    """Whether a clause has the form of a question, an order or a bare name of a thing, not of a statement."""
    if _TELLS.search(clause):
        return False
    return bool(_STARTS.search(clause)) or clause.endswith("?") or len(clause.split()) <= 5


def refers_back(clause: str) -> bool:
    """Whether a clause only asks on about "it": "and what is in it", "if so what is it"."""
    return bool(_BACK.search(clause))


def pieces(sentence: str) -> tuple[str, ...]:
    """Split one sentence at its commas and "so": where a story may turn into the question."""
    return _few(_COMMA.split(sentence))


def _few(split: Iterable[str]) -> tuple[str, ...]:
    texts = [part.strip(" ,;")[:MAX_CHARACTERS] for part in split]
    texts = [text for text in texts if re.search(r"\w", text)]
    return tuple(texts if len(texts) <= MAX_CLAUSES else texts[: MAX_CLAUSES // 2] + texts[-MAX_CLAUSES // 2 :])
