"""Why a question is declined, in one sentence."""

from __future__ import annotations

import re

_REASONS = (
    (r"\b(?:who|whose|whom|person|people|man|woman|she|he|his|her|face|old is|age|gender|smil\w*|emotion\w*|happy|sad"
     r"|angry|mood|wearing|friend|mother|father|celebrit\w*|actor)\b",
     "I can't recognise people, or tell what they feel or do."),
    (r"\b(?:safe|danger\w*|poison\w*|cross\w*|walk|step|drive|edible|eat|drink|mould\w*|allerg\w*|medic\w*|dose|pain"
     r"|burn|hot|risk\w*|spoil\w*|off|rotten|ripe)\b",
     "Whether something is safe is nothing I can see; ask a person you trust."),
    (r"\b(?:left of|right of|behind|in front|next to|beside|between|where|how far|distance|nearest|direction|which side"
     r"|above|below|under|position)\b", "I can't tell where things are in relation to each other."),
    (r"\b(?:translat\w*|in (?:french|german|spanish|hindi|tamil|english|italian|chinese|arabic)|meaning|means)\b",
     "I read text as it stands, but can't translate or explain it."),
    (r"\b(?:like|prefer|nice\w*|beautiful|pretty|ugly|suit\w*|match\w*|better|think|opinion|recommend\w*|should|advice|buy"
     r"|worth)\b", "That is a matter of taste or advice, and I have neither."),
    (r"\b(?:happen\w*|doing|going on|running|playing|next|why|how come|because)\b",
     "I can't tell what is happening or why: I only name, read, count and measure."),
    (r"\b(?:story|poem|joke|write|sing|song|imagine|make up|draw|edit|remove|crop|post|send|call|print|play|save|share"
     r"|delete|open)\b", "I only look at pictures: I can't make, change or send anything."),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern), reason) for pattern, reason in _REASONS)
_ELSE = "That is nothing I can tell by reading, naming, counting or measuring."
_UNCLEAR = (
    "I did not understand what to look for. Ask what it says, what it is, what colour it is, or how many there are."
)


def why(question: str, understood: bool) -> str:
    """Return the reason that a person can do something with."""
    said = question.casefold().replace("’", "'")
    found = next((reason for pattern, reason in _COMPILED if pattern.search(said)), None)
    if found:
        return found
    return _ELSE if understood else _UNCLEAR
