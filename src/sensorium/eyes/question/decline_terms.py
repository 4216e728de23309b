"""Words that tell why a question would be declined."""

from __future__ import annotations

import re

from sensorium.eyes.question.question import Reason

_REASONS: tuple[tuple[Reason, re.Pattern[str]], ...] = (
    ("people", re.compile(
        r"\b(?:who|whose|whom|person|people|man|woman|she|he|his|her|face|old is|age|gender|smil\w*|emotion\w*|happy"
        r"|sad|angry|mood|wearing|friend|mother|father|celebrit\w*|actor)\b")),
    ("safety", re.compile(
        r"\b(?:safe|danger\w*|poison\w*|cross\w*|walk|step|drive|edible|eat|drink|mould\w*|allerg\w*|medic\w*|dose|pain"
        r"|burn|hot|risk\w*|spoil\w*|off|rotten|ripe)\b")),
    ("position", re.compile(
        r"\b(?:left of|right of|behind|in front|next to|beside|between|where|how far|distance|nearest|direction"
        r"|which side|above|below|under|position)\b")),
    ("language", re.compile(
        r"\b(?:translat\w*|in (?:french|german|spanish|hindi|tamil|english|italian|chinese|arabic)|meaning|means)\b")),
    ("opinion", re.compile(
        r"\b(?:like|prefer|nice\w*|beautiful|pretty|ugly|suit\w*|match\w*|better|think|opinion|recommend\w*|should|advice"
        r"|buy|worth)\b")),
    ("event", re.compile(r"\b(?:happen\w*|doing|going on|running|playing|next|why|how come|because)\b")),
    ("creation", re.compile(
        r"\b(?:story|poem|joke|write|sing|song|imagine|make up|draw|edit|remove|crop|post|send|call|print|play|save"
        r"|share|delete|open)\b")),
)  # fmt: skip
SENSITIVE = re.compile(
    r"\b(?:un)?safe(?:ly|ty)?\b|\b(?:danger|hazard|harm|poison|toxi|cross|edible|mould|mold|allerg|medic|prescri|spoil|risk"
    r"|tablet|pill|capsule|dos(?:e|age)|ibuprofen|paracetamol|aspirin|insulin|antibiotic|painkiller|ingredient)\w*"
    r"|\b(?:eat|eating|eaten|drink|drinking|rotten|ripe|raw|undercooked|g(?:o|oes|one) off|still good|syrup|inhaler"
    r"|\d+ ?mg)\b"
)
"""About safety, medicine or what one eats, where a wrong answer harms."""


def find_reason(text: str) -> Reason | None:
    """Return the first reason whose words stand in a text in lower case."""
    return next((reason for reason, pattern in _REASONS if pattern.search(text)), None)
