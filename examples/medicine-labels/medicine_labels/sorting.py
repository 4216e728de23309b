"""What each printed line is: the name, the strength, the expiry date, how to take it, a warning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.eyes.documents.values import dates

from medicine_labels.reading import Line, Print
from medicine_labels.schema import Label, Value

MASS = r"(?:mg|g|micrograms?|mcg|[µμ]g|iu|units?|mmol|%)"
STRENGTH = re.compile(
    rf"(?<![\w.,/])\d+(?:[.,]\d+)?\s?{MASS}(?![a-z])"
    rf"(?:\s?[/+]\s?(?:\d+(?:[.,]\d+)?\s?)?(?:{MASS}|ml|l|dose|tablet|capsule|spray)(?![a-z]))*",
    re.IGNORECASE,
)
ODD_STRENGTH = re.compile(rf"[^\s\w]?[\dOolISB.,]*[\dOolISB]\s?{MASS}(?![a-z])", re.IGNORECASE)
STRAY_POINT = re.compile(r"(?<!\w)[.,]\s?\d|\d[.,]\s+\d|\d\s+[.,]\s?\d")
FORMS = re.compile(
    r"\b(?:film[- ]coated|oral|hard|soft|prolonged[- ]release|tablets?|capsules?|caplets?|suspension|solution|syrup"
    r"|cream|ointment|gel|drops|spray|inhaler|injection|sachets?)\b",
    re.IGNORECASE,
)
UNITS_OF_PACK = re.compile(
    r"^\W*(?:contents?:?\s*)?\d+\s?(?:x\s?\d+\s?)?(?:ml|g|[a-z -]*(?:tablet|capsule|caplet|sachet|dose)s?)\b", re.I
)
EXPIRY = re.compile(
    r"\b(?:exp(?:iry|ires|\.)?(?:\s*date)?|use\s*(?:by|before)|best\s*before(?:\s*end)?)\b[\s.:]*", re.I
)
SPACED_MONTH = re.compile(r"^(0[1-9]|1[0-2]) (20\d\d)$")
BATCH = re.compile(r"^\W*(?:lot|batch|bn|b\.?\s?no|pl|mfg|mfd|ndc)\b", re.I)
WARNING = re.compile(
    r"^\W*(?:warnings?\b|caution\b|do not\b|don.?t\b|never\b|avoid\b|keep\b|may cause\b|contains\b|not (?:for|to)\b"
    r"|for external\b|stop\b|no more than\b|if (?:you|affected|symptoms)\b|ask your\b|see (?:a|your)\b|consult\b"
    r"|read the\b|causes\b|harmful\b|poison\b|danger\b)",
    re.I,
)
TAKE = re.compile(
    r"^\W*(?:take|swallow|use\b(?!\s*(?:by|before))|apply|inhale|chew|suck|dissolve|put|insert|spray|shake|give|drink"
    r"|place|adults?|children|(?:one|two|three|half|\d+(?:\.\d+)?) (?:(?:or|to) \w+ )?(?:\d+ ?ml )?"
    r"(?:tablet|capsule|caplet|spoonful|puff|drop|sachet|dose)s?\b.*(?:day|daily|hour|night|morning|meal|needed|taken))",
    re.I,
)  # fmt: skip
HALF_STATEMENT = re.compile(r"[.!?]\s+(?=[A-Z])")
SAME_HEIGHT = 0.78
"""Lines of one sentence differ less in height than this share."""
RIVAL = 0.93
"""Two names of nearly the same height: which is the name can't be told."""


@dataclass(frozen=True)
class Statement:
    """A sentence, or what stands alone, over one line or several; `doubt` as of its lines."""

    text: str
    height: float
    doubt: str = ""
    kind: str = "also"


def sort_print(found: Print) -> Label:
    """Return what a label says."""
    if not found.usable:
        why = Value("can't tell", "", "the picture is not good enough")
        return Label(why, why, why, why, why, (), found.notes)
    told = statements(found.lines)
    title = title_of(told)
    return Label(
        name_of(title, told),
        strength_of(title, told),
        expiry_of(told),
        joined("take", told),
        joined("warning", told),
        tuple(each.text for each in told if each.kind == "also" and each is not title and not each.doubt),
        found.notes if any(line.doubt for line in found.lines) else (),  # else the picture was good enough
    )


def statements(lines: Sequence[Line]) -> list[Statement]:
    """Return the sentences of a label; a line goes on with the one above if nothing new begins in it."""
    groups: list[list[Line]] = []
    for line in lines:
        above = next((group for group in reversed(groups) if goes_on(group, line)), None)
        if above is None:
            groups.append([line])
        else:
            above.append(line)
    return [each for group in groups for each in _split(group)]


def goes_on(group: Sequence[Line], line: Line) -> bool:
    """Whether a line goes on with the sentence of the lines above it."""
    last = group[-1]
    high, low = max(last.height, line.height), min(last.height, line.height)
    if low < SAME_HEIGHT * high or not 0 < line.box.top - last.box.top < 2.2 * high:
        return False
    if abs(line.box.left - last.box.left) > 2 * high or begins(line.text):
        return False
    return line.text[:1].islower() or (kind_of(group[0].text) in ("take", "warning") and not ends(last.text))


def begins(text: str) -> bool:
    """Whether a statement of its own begins with these words."""
    return kind_of(text) != "also" or bool(UNITS_OF_PACK.match(text))


def ends(text: str) -> bool:
    """Whether a sentence is complete."""
    return text.rstrip().endswith((".", "!", "?"))


def kind_of(text: str) -> str:
    """Return "expiry", "batch", "warning", "take" or "also"."""
    if EXPIRY.search(text):
        return "expiry"
    if BATCH.match(text):
        return "batch"
    return "warning" if WARNING.match(text) else "take" if TAKE.match(text) else "also"


def _split(group: Sequence[Line]) -> list[Statement]:
    text = " ".join(line.text for line in group)
    doubt = next((line.doubt for line in group if line.doubt), "")
    height = max(line.height for line in group)
    found: list[Statement] = []
    for part in HALF_STATEMENT.sub(lambda match: match.group()[0] + "\n", text).split("\n"):
        kind = kind_of(part)
        if kind == "also" and found and found[-1].kind in ("take", "warning"):
            kind = found[-1].kind  # "Take one daily. With food."
        found.append(Statement(part, height, doubt, kind))
    return found


def title_of(told: Sequence[Statement]) -> Statement | None:
    """Return the statement in the largest print that may be a name."""
    named = [each for each in told if each.kind == "also" and len(re.findall(r"[^\W\d_]", each.text)) >= 3]
    return max(named, key=lambda each: each.height, default=None)


def name_of(title: Statement | None, told: Sequence[Statement]) -> Value:
    """Return the words of the largest print without the strength and the form."""
    if title is None:
        return unclear(told)
    if title.doubt:
        return Value("can't tell", "", title.doubt)
    name = without_strength(title.text)
    if not name or re.search(r"(?<!\S)[\d.,]+(?!\S)", name):
        return Value("can't tell", "", "it isn't clear which words are the name")
    rivals = [
        each
        for each in told
        if each is not title
        and each.kind == "also"
        and each.height >= RIVAL * title.height
        and without_strength(each.text)
    ]
    if rivals:
        return Value("can't tell", "", "it isn't clear which words are the name")
    return Value("read", name)


def without_strength(text: str) -> str:
    """Return a name alone."""
    return " ".join(FORMS.sub(" ", STRENGTH.sub(" ", text)).split()).strip(" ,.:-–®™")


def strength_of(title: Statement | None, told: Sequence[Statement]) -> Value:
    """Return the one strength that is printed in the title, or else beside it."""
    places = [[title] if title is not None else [], [each for each in told if each.kind == "also"]]
    for place in places:
        seen = [each for each in place if ODD_STRENGTH.search(each.text)]
        if not seen:
            continue
        amounts = {re.sub(r"\s+", " ", match.group()) for each in seen for match in STRENGTH.finditer(each.text)}
        doubt = next((each.doubt for each in seen if each.doubt), "")
        if doubt:
            return Value("can't tell", "", doubt)
        odd = len(amounts) != 1 or any(unlikely(amount) for amount in amounts)
        if odd or not all(whole_amounts(each.text) for each in seen):
            return Value("can't tell", "", "the figures are not clear")
        return Value("read", amounts.pop())
    if title is not None and re.search(r"(?<!\S)[\d.,]+(?!\S)", without_strength(title.text)):
        return Value("can't tell", "", "its unit can't be read")
    return unclear(told)


def whole_amounts(text: str) -> bool:
    """Whether every amount that stands in a text is read as one: "5O mg" and ". 5 mg" are not."""
    return not ODD_STRENGTH.search(STRENGTH.sub(" ", text)) and not STRAY_POINT.search(text)


def unlikely(amount: str) -> bool:
    """Whether a point was likely lost: "05 mg", or "0 mg"."""
    return any(
        (figures.startswith("0") and not re.match(r"0[.,]\d", figures)) or float(figures.replace(",", ".")) == 0
        for figures in re.findall(r"\d+(?:[.,]\d+)?", amount)
    )


def expiry_of(told: Sequence[Statement]) -> Value:
    """Return the date beside the words for expiry."""
    marked = [each for each in told if each.kind == "expiry"]
    if not marked:
        return unclear(told)
    if doubt := next((each.doubt for each in marked if each.doubt), ""):
        return Value("can't tell", "", doubt)
    found = {date for each in marked for date in date_of(each.text)}
    if not found:  # below it, on a line of its own
        found = {
            each.text for each in told if each.kind == "also" and not each.doubt and date_of(each.text) == [each.text]
        }
    if len(found) != 1:
        return Value("can't tell", "", "there are several dates" if found else "no date is clear beside it")
    return Value("read", found.pop())


def date_of(text: str) -> list[str]:
    """Return the dates after the words for expiry, as printed."""
    rest = EXPIRY.split(text)[-1].strip()
    return [rest] if SPACED_MONTH.match(rest) else dates(rest, months=True)


def joined(kind: str, told: Sequence[Statement]) -> Value:
    """Return the sentences of a kind; none if one can't be read: half an instruction is another one."""
    found = [each for each in told if each.kind == kind]
    if not found:
        return unclear(told)
    if doubt := next((each.doubt for each in found if each.doubt), ""):
        return Value("can't tell", "", f"a line can't be read surely: {doubt}")
    ended = [ends(each.text) for each in told if each.kind in ("take", "warning")]
    if any(ended) and not all(ends(each.text) for each in found):
        return Value("can't tell", "", "the end of a sentence is missing")
    return Value("read", " ".join(each.text for each in found))


def unclear(told: Sequence[Statement]) -> Value:
    """Return "not seen", or "can't tell" where some print can't be read: it may stand there."""
    doubt = next((each.doubt for each in told if each.doubt), "")
    return Value("can't tell", "", f"some print can't be read surely: {doubt}") if doubt else Value()
