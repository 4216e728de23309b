"""Medicine, money and traffic: such answers always say how they were read, and what to check before relying on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from sensorium.core.reply import Evidence

Topic = Literal["medicine", "money", "traffic"]
_MAX_QUOTED = 4

_TOPICS: dict[Topic, re.Pattern[str]] = {
    "medicine": re.compile(
        r"\b(?:medicines?|medications?|medicaments?|drugs?|tablets?|pills?|capsules?|doses?|dosage|prescri\w+|"
        r"syrup|ointment|eye ?drops?|inhaler|insulin|syringe|vaccin\w+|antibiotic\w*|painkiller\w*|"
        r"ibuprofen|paracetamol|acetaminophen|aspirin|metformin|warfarin|amoxicillin|"
        r"\d+ ?(?:mg|mcg|µg|iu)|thermometer|blood (?:sugar|pressure|test)|glucose|allerg\w+)\b"
        r"|दवा|दवाई|गोली|மருந்து|ওষুধ|మందు",
        re.I,
    ),
    "money": re.compile(
        r"\b(?:prices?|costs?|how much is (?:it|this|the)|totals?|subtotal|amount|pay(?:able|ment)?|paid|owe|due|"
        r"money|cash|bank ?notes?|coins?|bills?|invoice|receipt|change due|balance|discount|tax|vat|tip|"
        r"dollars?|euros?|pounds? sterling|rupees?|cents?|pence|usd|eur|gbp|inr|account number|iban|pin)\b"
        r"|[$€£₹¥]\s?\d|\d\s?[$€£₹¥]|पैसे|रुपये|दाम|कीमत|விலை",
        re.I,
    ),
    "traffic": re.compile(
        r"\b(?:traffic|cross(?:ing)? (?:the |this )?(?:road|street|here|now)|can i cross|safe to (?:cross|walk|go)|"
        r"pedestrian\w*|zebra|crosswalk|(?:red|green|amber) light|road ?signs?|stop sign|walk sign|"
        r"bus(?:es)?|trams?|trains?|platform|taxi|lorry|truck|cars? coming|kerb|curb|lane|junction|roundabout|"
        r"one way|no entry|exit only)\b",
        re.I,
    ),
}
_ADVICE: dict[Topic, str] = {
    "medicine": "Before you take or give it, check with a pharmacist or someone who can see the pack.",
    "money": "Check the amount once more before you pay or sign.",
    "traffic": "Never step into the road, or onto a train or bus, on this answer alone.",
}
_METHODS = {
    "recognise": "by its look", "colour": "by measuring colours", "count": "by counting separate things",
    "quality": "by measuring the picture", "barcode": "from a code printed on it", "chart": "by measuring a chart",
}  # fmt: skip


def find_topics(question: str, answer: str, evidence: Sequence[Evidence]) -> tuple[Topic, ...]:
    """Return the sensitive topics of a question, its answer and the text that was read."""
    read = " ".join(item.text for item in evidence if item.kind == "read")
    return tuple(topic for topic, words in _TOPICS.items() if words.search(f"{question}\n{answer}\n{read}"))


def reading_note(question: str, answer: str, evidence: Sequence[Evidence], model: str, abstained: bool) -> str:
    """Return how an answer about medicine, money or traffic was read and what to check; "" for other answers.

    Args:
        question, answer: In words.
        evidence: What the answer is based on.
        model: The name of the model that answered.
        abstained: Whether the model could not tell.
    """
    topics = find_topics(question, answer, evidence)
    if not topics:
        return ""
    advice = " ".join(_ADVICE[topic] for topic in topics)
    if abstained:
        return f"Nothing was read that you could rely on. {advice}"
    return f"How this was read: {_source(evidence, model)} {advice}"


def _source(evidence: Sequence[Evidence], model: str) -> str:
    read = [item for item in evidence if item.kind == "read"]
    if read:
        words = ", ".join(f'"{item.text}"{_percent(item)}' for item in read[:_MAX_QUOTED])
        more = len(read) - _MAX_QUOTED
        rest = f", and {more} more line{'s' * (more != 1)}" if more > 0 else ""
        return f"letter by letter from the picture, {words}{rest}."
    if evidence:
        first = evidence[0]
        return f"{_METHODS.get(first.kind, 'by ' + first.kind)}, {first.text}{_percent(first)}; no letters were read."
    return f"by the model {model}, from the picture as a whole; it does not say which letters it read."


def _percent(item: Evidence) -> str:
    return "" if item.score is None else f" ({item.score:.0%} sure)"
