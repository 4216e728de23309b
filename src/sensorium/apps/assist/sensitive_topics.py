"""Medicine, money and traffic: such answers always say how they were read, and what to check before relying on them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal

from sensorium.core.reply import Evidence

Topic = Literal["medicine", "money", "traffic"]
AS_BEFORE = "Warning as before."
_MAX_QUOTED = 4

# What a question asks for, in any of these words.
_ASKED: dict[Topic, re.Pattern[str]] = {
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
        r"bus(?:es)?|trams?|trains?|platform|taxi|lorry|truck|cars? coming|kerb|curb|"
        r"(?:bus|cycle|bike|left|right|fast|slow|which|this|my) lanes?|junction|roundabout|"
        r"one way|no entry|exit only)\b",
        re.I,
    ),
}
# What an answer is about. Labels and receipts hold words of every kind ("Total fat", "syrup", "14 Mill Lane"), so money
# takes an amount, a dose isn't a mineral's, and of traffic only the answer's own words count, not what it reads out.
_ANSWERED: dict[Topic, re.Pattern[str]] = {
    "medicine": re.compile(
        r"\b(?:medicines?|medications?|medicaments?|tablets?|pills?|capsules?|dosage|prescription|ointment|"
        r"eye ?drops?|inhaler|insulin|syringe|vaccine|antibiotics?|painkillers?|"
        r"ibuprofen|paracetamol|acetaminophen|aspirin|metformin|warfarin|amoxicillin)\b"
        r"|(?<!sodium )(?<!salt )(?<!calcium )(?<!magnesium )(?<!potassium )(?<!iron )(?<!cholesterol )(?<![\d.,])"
        r"\b\d+ ?(?:mg|mcg|µg|iu)\b|दवा|दवाई|गोली|மருந்து|ওষুধ|మందు",
        re.I,
    ),
    "money": re.compile(
        r"[$€£₹¥]\s?\d|\d\s?[$€£₹¥]|\b\d+(?:[.,]\d+)? ?(?:dollars?|euros?|pounds? sterling|rupees?|cents?|pence|usd|eur"
        r"|gbp|inr)\b|\b(?:total|subtotal|price|amount|balance|due|pay|costs?)\b[^\n\w]*(?:is |of )?\d+[.,]\d\d\b"
        r"|\b(?:bank ?notes?|coins?|iban)\b|रुपये|पैसे",
        re.I,
    ),
    "traffic": re.compile(
        r"\b(?:traffic|cross(?:ing)? the (?:road|street)|pedestrian\w*|zebra crossing|crosswalk|"
        r"(?:red|green|amber) light|road ?signs?|stop sign|walk sign|bus(?:es)?|trams?|trains?|taxi|lorry|truck|"
        r"cars? coming|kerb|curb|junction|roundabout)\b",
        re.I,
    ),
}
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')
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
    """Return the sensitive topics of a question and its answer; what else the picture says doesn't count."""
    own = _QUOTED.sub(" ", answer)
    for item in evidence:
        if item.kind == "read" and item.text:
            own = own.replace(item.text, " ")
    said = {"medicine": answer, "money": answer, "traffic": own}
    return tuple(topic for topic in _ADVICE if _ASKED[topic].search(question) or _ANSWERED[topic].search(said[topic]))


def reading_note(
    question: str,
    answer: str,
    evidence: Sequence[Evidence],
    model: str,
    abstained: bool,
    warned: Collection[str] = (),
) -> str:
    """Return how an answer about medicine, money or traffic was read and what to check; "" for other answers.

    Args:
        question, answer: In words.
        evidence: What the answer is based on.
        model: The name of the model that answered.
        abstained: Whether the model could not tell.
        warned: Topics whose advice the person has heard: "Warning as before." stands for it.
    """
    topics = find_topics(question, answer, evidence)
    if not topics:
        return ""
    advice = [_ADVICE[topic] for topic in topics if topic not in warned]
    if len(advice) < len(topics):
        advice.append(AS_BEFORE)
    first = (
        "Nothing was read that you could rely on." if abstained else f"How this was read: {_source(evidence, model)}"
    )
    return " ".join((first, *advice))


def _source(evidence: Sequence[Evidence], model: str) -> str:
    read = [item for item in evidence if item.kind == "read"]
    if read:
        words = ", ".join(f'"{item.text}"' for item in read[:_MAX_QUOTED])
        more = len(read) - _MAX_QUOTED
        rest = f", and {more} more line{'s' * (more != 1)}" if more > 0 else ""
        return f"letter by letter from the picture, {words}{rest}."
    if evidence:
        first = evidence[0]
        return f"{_METHODS.get(first.kind, 'by ' + first.kind)}, {first.text}; no letters were read."
    return f"by the model {model}, from the picture as a whole; it does not say which letters it read."
