"""One named value of a document: the total, the expiry date, what stands beside a label."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sensorium.core.reply import Box
from sensorium.eyes.documents import labels
from sensorium.eyes.documents.layout import (
    ALONE,
    BESIDE,
    FieldMatch,
    TextRow,
    ValueFinder,
    agree,
    alone_below,
    text_after,
    values_of,
)
from sensorium.eyes.documents.values import amounts, dates, emails, fold_aligned, fold_text, phones, times, websites
from sensorium.eyes.ocr.lines import TextLine, rows

_MIN_SCORE = 0.5  # lines read worse than this are ignored


@dataclass(frozen=True)
class Field:
    """A named value.

    Args:
        name: The field asked for.
        value: As printed in the image.
        lines: The lines it rests on, label and value.
        confidence: Probability that the value is right, 0 to 1.
        cut: The sides of the image at which its lines run out: the value, or its label, may not be whole.
    """

    name: str
    value: str
    lines: tuple[TextLine, ...]
    confidence: float
    cut: tuple[str, ...] = ()


def find_field(lines: Sequence[TextLine], name: str) -> Field | None:
    """Return one field by name from lines of text; None if it is not surely there.

    Known names: total, subtotal, tax, change, date, time, expiry date, phone, email, website, address, invoice number,
    "price of …" and what people call them; any other name is looked up as a label in the text, whose value stands
    beside it, after its colon or below it.
    """
    label = _strip(name)
    if not label:
        return None
    page = [TextRow(row) for row in rows([part for line in lines if line.score >= _MIN_SCORE for part in _apart(line)])]
    item = re.fullmatch(r"(?:price|cost)s?(?: of| for)?(?: (.+))?|(.+?)(?:'s)? (?:price|cost)", label)
    known = next((field for field, pattern in labels.FIELD_NAMES.items() if re.fullmatch(pattern, label)), None)
    if known is not None:
        match = _KNOWN[known](page)
        if match is None and known in ("address", "date", "time"):
            match = _labelled(page, label)
    elif item is not None:
        match = _price(page, _strip(item[1] or item[2] or ""))
    else:
        match = _labelled(page, label)
    if match is None or not match.value.strip():
        return None
    score = min((line.score for line in match.lines), default=0.0)
    value = match.value.strip()
    return Field(name, value, match.lines, round(match.confidence * score, 4), _cut(match.lines, value))


def _apart(line: TextLine) -> tuple[TextLine, ...]:
    """Return an expiry date and a batch number that are stamped on one line as two lines side by side."""
    folded = fold_aligned(line.text)
    starts = sorted(
        next((match.start() for match in re.finditer(label, folded) if values(line.text[match.end() :])), -1)
        for label, values in ((_EXPIRY_LABEL, _begins_with_date), (_BATCH_LABEL, _codes))
    )
    if line.turned_degrees or starts[0] < 0 or not line.text[: starts[1]].strip():
        return (line,)
    left, top, right, bottom = line.box
    middle = left + (right - left) * starts[1] / len(line.text)
    return (
        replace(line, text=line.text[: starts[1]].rstrip(), box=Box(left, top, middle, bottom), corners=(),
                cut=tuple(side for side in line.cut if side != "right")),
        replace(line, text=line.text[starts[1] :], box=Box(middle, top, right, bottom), corners=(),
                cut=tuple(side for side in line.cut if side != "left")),
    )  # fmt: skip


_EXPIRY_LABEL = rf"(?<![a-z0-9])(?:{labels.EXPIRY})(?![a-z])"
_BATCH_LABEL = rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, labels.synonyms('batch')))}){labels.NO}?(?![a-z])"


def _begins_with_date(text: str) -> list[str]:
    """Return the date that a text begins with."""
    return [date for date in dates(text, months=True) if not any(map(str.isalnum, text[: text.find(date)]))]


def _cut(lines: Sequence[TextLine], value: str) -> tuple[str, ...]:
    """Return the sides at which the label or the value runs out; a line may run out after a value that is whole."""
    sides: dict[str, None] = {}
    for line in lines:
        _, held, after = line.text.rpartition(value)
        whole = held and line.turned_degrees == 0 and re.match(r"[^\w\s]*\s+\S", after)
        sides |= dict.fromkeys(side for side in line.cut if not (whole and side == "right"))
    return tuple(sides)


def _strip(name: str) -> str:
    """Return a name folded, without final punctuation and a first article."""
    bare = re.sub(r"[?!.,:;\"]+$", "", " ".join(fold_text(name).split()))
    return re.sub(r"^(?:the|its|my|this|a|an)\s+", "", bare).strip()


# ---- amounts ----------------------------------------------------------------------------------------------


def _total(page: list[TextRow]) -> FieldMatch | None:
    subtotal = _amount_of(page, labels.SUBTOTAL)
    for pattern in labels.TOTALS:
        match = _amount_of(page, pattern, _is_other_total)
        if match is None:
            continue
        if subtotal is not None and match.amount is not None and subtotal.amount is not None:
            tax = _amount_of(page, labels.TAX, _is_tax_number)
            if tax is not None and tax.amount is not None and subtotal.amount + tax.amount == match.amount:
                return FieldMatch(match.value, match.lines, max(match.confidence, 0.99), match.amount)
            if match.amount < subtotal.amount:  # possible with a discount, but as likely misread
                return FieldMatch(match.value, match.lines, min(match.confidence, 0.7), match.amount)
        return match
    return None


def _is_other_total(rest: str) -> bool:
    """Whether what follows a total's label shows that the row is about something else."""
    return bool(
        re.match(
            r"\s*[:(]?\s*(?:items?|articles?|artikel|articulos?|qty|quantity|saving|saved|discount|points?|ht\b"
            r"|net\b|excl|tax\b|vat\b"
            r"|gst\b|tva\b|iva\b|before|units?|pcs|pieces|number|no\b|tendered|paid|received|per\b)",
            rest,
        )
    )


def _is_tax_number(rest: str) -> bool:
    return bool(re.match(rf"\s*(?:-?\s*id|reg|{labels.NO})", rest)) and not re.search(r"[.,]\d\d(?!\d)", rest)


def _amount_of(page: list[TextRow], pattern: str, exclude: Callable[[str], bool] | None = None) -> FieldMatch | None:
    matches = []
    for i, row in enumerate(page):
        rest = text_after(row, pattern)
        if rest is None or (exclude is not None and exclude(fold_text(rest))):
            continue
        if re.match(
            r"\s*[a-z]{3,}", re.sub(r"eur\w*|usd|gbp|chf|inr|incl\w*|inkl\w*|vat|mwst|ttc", "", fold_text(rest))
        ):
            continue  # the label goes on with other words: "Total gym shorts 12.00" is an item
        prices = amounts(rest)
        if prices:
            matches.append(FieldMatch(prices[-1][0], row.lines, BESIDE if len(prices) == 1 else 0.9, prices[-1][1]))
        elif any(line.cut for line in row.lines) and any(c.isdigit() for c in rest):  # "TOTAL 14." at the edge
            matches.append(FieldMatch(rest.strip(" :=#"), row.lines, BESIDE))
        elif not any(c.isdigit() for c in rest) and (below := alone_below(page, i)) is not None:
            matches.append(below)
    return agree(matches)


def _price(page: list[TextRow], item: str) -> FieldMatch | None:
    if not item:
        only = [FieldMatch(value, row.lines, ALONE, number) for row in page for value, number in amounts(row.text)]
        return only[0] if len({match.amount for match in only}) == 1 else None
    words = _words(item)
    ranked: list[tuple[float, FieldMatch]] = []
    for i, row in enumerate(page):
        prices = amounts(row.text)
        others = _words(re.sub(r"[\d.,]+", " ", fold_text(row.text)))
        if not words or not others:
            continue
        best = min(max(_similarity(word, other) for other in others) for word in words)
        fit = best * (1 + len(words) / len(others)) / 2
        if fit <= 0:
            continue
        if prices:
            ranked.append((fit, FieldMatch(prices[-1][0], row.lines, BESIDE, prices[-1][1])))
        elif (below := alone_below(page, i)) is not None:
            ranked.append((fit, below))
    if not ranked:
        return None
    top = max(fit for fit, _ in ranked)
    return agree([match for fit, match in ranked if fit == top])


# ---- dates, times, numbers to call ------------------------------------------------------------------------


def _date(page: list[TextRow]) -> FieldMatch | None:
    other = re.compile(rf"(?<![a-z])(?:{labels.EXPIRY}|{labels.MADE})(?![a-z])")
    matches = values_of(page, labels.DATE, dates)
    if matches:
        return agree(matches)
    free = [
        FieldMatch(value, row.lines, 0.95)
        for i, row in enumerate(page)
        for value in dates(row.text)
        if not other.search(fold_text(row.text)) and not (i and other.search(fold_text(page[i - 1].text)))
    ]
    return agree(free)


def _time(page: list[TextRow]) -> FieldMatch | None:
    matches = values_of(page, labels.TIME, times)
    if not matches:
        matches = [FieldMatch(value, row.lines, 0.95) for row in page if dates(row.text) for value in times(row.text)]
    if not matches:
        matches = [FieldMatch(value, row.lines, ALONE) for row in page for value in times(row.text)]
    return agree(matches)


def _phone(page: list[TextRow]) -> FieldMatch | None:
    matches = values_of(page, labels.PHONE, lambda text: phones(text, labelled=True))
    if not matches:
        numbered = re.compile(rf"{labels.INVOICE}|fax|iban|vat|card|konto|account")
        matches = [
            FieldMatch(value, row.lines, ALONE)
            for row in page
            if not numbered.search(fold_text(row.text))
            for value in phones(row.text)
        ]
    if len(matches) < 2:
        return agree(matches)
    first = matches[0]  # any of several numbers to call is right, a little less surely
    return FieldMatch(first.value, first.lines, min(first.confidence, 0.85))


def _all_lines(values: ValueFinder) -> Callable[[list[TextRow]], FieldMatch | None]:
    def find(page: list[TextRow]) -> FieldMatch | None:
        lines = [line for row in page for line in row.lines]
        return agree([FieldMatch(value, (line,), 0.95) for line in lines for value in values(line.text)])

    return find


def _codes(text: str) -> list[str]:
    """Return the number or code that a text begins with, with a digit in it; a date or a price does not count."""
    match = re.match(r"\s*[#:.№]*\s*([A-Za-z]{0,4}[-/]?\d[\w/-]*)", text)
    if match is None or len(match[1]) < 2 or dates(text[: match.end() + 6]) or amounts(text[: match.end() + 3]):
        return []
    return [match[1]]


_STREET = re.compile(
    r"(?:^|\s)\d+\w?,?\s+(?:[\w.'’-]+\s+){1,4}?(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd"
    r"|parade|way|court|square"
    r"|close|terrace|row|highway|hwy|place|queensway)\b"
    r"|(?:\b(?:rue|avenue|boulevard|place|quai|chemin|allee|calle|avenida|plaza|paseo|ronda|camino|via)\b.*)"
    r"|\b[\w-]*(?:strasse|str\.|weg|allee|platz|gasse|ufer|damm)\s*\d+|\b(?:am|an der|im|zum) \w+ \d+"
)


def _address(page: list[TextRow]) -> FieldMatch | None:
    matches = [
        FieldMatch(row.text, row.lines, 0.9)
        for row in page
        if _STREET.search(fold_text(row.text)) and any(c.isdigit() for c in row.text) and not amounts(row.text)
    ]
    return matches[0] if len(matches) == 1 else None


# ---- labels -----------------------------------------------------------------------------------------------


def _labelled(page: list[TextRow], name: str) -> FieldMatch | None:
    for label in labels.synonyms(name):
        pattern = rf"{re.escape(label)}(?:s|{labels.NO})?"
        if label in _HOURS and sum(bool(times(row.text)) for row in page) >= _SEVERAL_DAYS:
            continue  # a table of days: one of them is no answer
        matches = values_of(page, pattern, _hours if label in _HOURS else _whole, own_column=True)
        if matches:
            return agree(matches)
    return None


_HOURS = frozenset(labels.synonyms("opening hours"))
_SEVERAL_DAYS = 3  # rows with times


def _hours(text: str) -> list[str]:
    """Return what is beside "Opens" if it says when: "Closes", the head of the next column, doesn't."""
    says_when = re.search(r"\d|closed|always|day ?light|ferme|geschlossen|cerrado", fold_text(text))
    return _whole(text) if says_when else []


def _whole(text: str) -> list[str]:
    value = re.sub(r"^[\s:.=#–-]+", "", text).strip()
    return [value] if any(c.isalnum() for c in value) and not value.endswith(":") else []


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]+", fold_text(text)) if len(word) > 1 and word not in _SMALL_WORDS]


_SMALL_WORDS = set("the of for and de la le les du des el der die das eur con al aux".split())


def _similarity(word: str, other: str) -> float:
    """Return 1 for the same word, 0.9 for its plural, 0.6 for a longer or shorter form, 0 for another."""
    if word == other:
        return 1.0
    if word.rstrip("s") == other.rstrip("s"):
        return 0.9
    short, long = sorted((word, other), key=len)
    return 0.6 if len(short) >= 4 and len(short) >= 0.7 * len(long) and long.startswith(short) else 0.0


_KNOWN: dict[str, Callable[[list[TextRow]], FieldMatch | None]] = {
    "total": _total,
    "subtotal": lambda page: _amount_of(page, labels.SUBTOTAL),
    "tax": lambda page: _amount_of(page, labels.TAX + r"\s*(?:\(?\d+(?:[.,]\d+)?\s*%\)?)?", _is_tax_number),
    "change": lambda page: _amount_of(page, labels.CHANGE),
    "expiry date": lambda page: agree(values_of(page, labels.EXPIRY, lambda text: dates(text, months=True))),
    "date": _date,
    "time": _time,
    "phone": _phone,
    "email": _all_lines(emails),
    "website": _all_lines(websites),
    "address": _address,
    "invoice number": lambda page: agree(values_of(page, labels.INVOICE, _codes)),
}
