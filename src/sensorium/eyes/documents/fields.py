"""One named piece of the text: the total, the expiry date, the value beside a label."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sensorium.eyes.documents import labels
from sensorium.eyes.documents.layout import (
    ALONE,
    BESIDE,
    FieldMatch,
    TextRow,
    ValueFinder,
    after,
    agree,
    alone_below,
    values_of,
)
from sensorium.eyes.documents.values import amounts, dates, emails, fold_text, phones, times, websites
from sensorium.eyes.ocr.lines import TextLine, rows

_LEAST_SCORE = 0.5  # lines read worse than this are not looked at


@dataclass(frozen=True)
class Field:
    """A named piece of the text.

    Args:
        name: What was asked for.
        value: As it stands in the picture.
        lines: The lines it rests on, label and value.
        confidence: Probability that the value is right, 0 to 1.
    """

    name: str
    value: str
    lines: tuple[TextLine, ...]
    confidence: float


def find_field(lines: Sequence[TextLine], name: str) -> Field | None:
    """Find one field by name in lines that were read; None where it does not stand there for sure.

    Known names: total, subtotal, tax, change, date, time, expiry date, phone, email, website, address, invoice number,
    "price of …" and what people call them; any other name is looked for as a label in the text, whose value stands
    beside it, after its colon or below it.
    """
    asked = _bare(name)
    if not asked:
        return None
    page = [TextRow(row) for row in rows([line for line in lines if line.score >= _LEAST_SCORE])]
    item = re.fullmatch(r"(?:price|cost)s?(?: of| for)?(?: (.+))?|(.+?)(?:'s)? (?:price|cost)", asked)
    meant = next((field for field, pattern in labels.FIELD_NAMES.items() if re.fullmatch(pattern, asked)), None)
    hit: FieldMatch | None
    if meant is None and item is not None:
        hit = _price(page, _bare(item[1] or item[2] or ""))
    elif meant is None:
        hit = _labelled(page, asked)
    else:
        hit = _KNOWN[meant](page)
        if hit is None and meant in ("address", "date", "time"):
            hit = _labelled(page, asked)
    if hit is None or not hit.value.strip():
        return None
    score = min((line.score for line in hit.lines), default=0.0)
    return Field(name, hit.value.strip(), hit.lines, round(hit.how * score, 4))


def _bare(name: str) -> str:
    asked = re.sub(r"[?!.,:;\"]+$", "", " ".join(fold_text(name).split()))
    return re.sub(r"^(?:the|its|my|this|a|an)\s+", "", asked).strip()


# ---- amounts ----------------------------------------------------------------------------------------------


def _total(page: list[TextRow]) -> FieldMatch | None:
    subtotal = _amount_of(page, labels.SUBTOTAL)
    for pattern in labels.TOTALS:
        hit = _amount_of(page, pattern, _not_the_total)
        if hit is None:
            continue
        if subtotal is not None and hit.amount is not None and subtotal.amount is not None:
            tax = _amount_of(page, labels.TAX, _tax_number)
            if tax is not None and tax.amount is not None and subtotal.amount + tax.amount == hit.amount:
                return FieldMatch(hit.value, hit.lines, max(hit.how, 0.99), hit.amount)
            if hit.amount < subtotal.amount:  # possible with a discount, but as likely misread
                return FieldMatch(hit.value, hit.lines, min(hit.how, 0.7), hit.amount)
        return hit
    return None


def _not_the_total(rest: str) -> bool:
    """Whether a row that begins with a total's label is about something else, by what follows the label."""
    return bool(
        re.match(
            r"\s*[:(]?\s*(?:items?|articles?|artikel|articulos?|qty|quantity|saving|saved|discount|points?|ht\b"
            r"|net\b|excl|tax\b|vat\b"
            r"|gst\b|tva\b|iva\b|before|units?|pcs|pieces|number|no\b|tendered|paid|received|per\b)",
            rest,
        )
    )


def _tax_number(rest: str) -> bool:
    return bool(re.match(rf"\s*(?:-?\s*id|reg|{labels.NO})", rest)) and not re.search(r"[.,]\d\d(?!\d)", rest)


def _amount_of(page: list[TextRow], pattern: str, unlike: Callable[[str], bool] | None = None) -> FieldMatch | None:
    hits = []
    for i, row in enumerate(page):
        rest = after(row, pattern)
        if rest is None or (unlike is not None and unlike(fold_text(rest))):
            continue
        if re.match(
            r"\s*[a-z]{3,}", re.sub(r"eur\w*|usd|gbp|chf|inr|incl\w*|inkl\w*|vat|mwst|ttc", "", fold_text(rest))
        ):
            continue  # the label goes on with other words: "Total gym shorts 12.00" is an item
        found = amounts(rest)
        if found:
            hits.append(FieldMatch(found[-1][0], row.lines, BESIDE if len(found) == 1 else 0.9, found[-1][1]))
        elif not any(c.isdigit() for c in rest) and (below := alone_below(page, i)) is not None:
            hits.append(below)
    return agree(hits)


def _price(page: list[TextRow], item: str) -> FieldMatch | None:
    if not item:
        only = [FieldMatch(value, row.lines, ALONE, number) for row in page for value, number in amounts(row.text)]
        return only[0] if len({hit.amount for hit in only}) == 1 else None
    wanted = _words(item)
    ranked: list[tuple[float, FieldMatch]] = []
    for i, row in enumerate(page):
        found = amounts(row.text)
        have = _words(re.sub(r"[\d.,]+", " ", fold_text(row.text)))
        if not wanted or not have:
            continue
        fit = min(max(_alike(word, other) for other in have) for word in wanted) * (1 + len(wanted) / len(have)) / 2
        if fit <= 0:
            continue
        if found:
            ranked.append((fit, FieldMatch(found[-1][0], row.lines, BESIDE, found[-1][1])))
        elif (below := alone_below(page, i)) is not None:
            ranked.append((fit, below))
    if not ranked:
        return None
    best = max(fit for fit, _ in ranked)
    return agree([hit for fit, hit in ranked if fit == best])


# ---- dates, times, numbers to call ------------------------------------------------------------------------


def _expiry(page: list[TextRow]) -> FieldMatch | None:
    return agree(values_of(page, labels.EXPIRY, lambda text: dates(text, months=True)))


def _date(page: list[TextRow]) -> FieldMatch | None:
    other = re.compile(rf"(?<![a-z])(?:{labels.EXPIRY}|{labels.MADE})(?![a-z])")
    hits = values_of(page, labels.DATE, dates)
    if hits:
        return agree(hits)
    free = [
        FieldMatch(value, row.lines, 0.95)
        for i, row in enumerate(page)
        for value in dates(row.text)
        if not other.search(fold_text(row.text)) and not (i and other.search(fold_text(page[i - 1].text)))
    ]
    return agree(free)


def _time(page: list[TextRow]) -> FieldMatch | None:
    hits = values_of(page, labels.TIME, times)
    if not hits:
        hits = [FieldMatch(value, row.lines, 0.95) for row in page if dates(row.text) for value in times(row.text)]
    if not hits:
        hits = [FieldMatch(value, row.lines, ALONE) for row in page for value in times(row.text)]
    return agree(hits)


def _phone(page: list[TextRow]) -> FieldMatch | None:
    hits = values_of(page, labels.PHONE, lambda text: phones(text, labelled=True))
    if not hits:
        numbered = re.compile(rf"{labels.INVOICE}|fax|iban|vat|card|konto|account")
        hits = [
            FieldMatch(value, row.lines, ALONE)
            for row in page
            if not numbered.search(fold_text(row.text))
            for value in phones(row.text)
        ]
    return agree(hits) if len(hits) < 2 else _first(hits)


def _first(hits: list[FieldMatch]) -> FieldMatch:
    """Of several numbers to call, any is right: the first, a little less surely."""
    return FieldMatch(hits[0].value, hits[0].lines, min(hits[0].how, 0.85))


def _every(values: ValueFinder) -> Callable[[list[TextRow]], FieldMatch | None]:
    def look(page: list[TextRow]) -> FieldMatch | None:
        lines = [line for row in page for line in row.lines]
        return agree([FieldMatch(value, (line,), 0.95) for line in lines for value in values(line.text)])

    return look


def _invoice(page: list[TextRow]) -> FieldMatch | None:
    return agree(values_of(page, labels.INVOICE, _codes))


def _codes(text: str) -> list[str]:
    """Find the number or code that a row begins with: at least three signs, one of them a digit, no date, no price."""
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
    hits = [
        FieldMatch(row.text, row.lines, 0.9)
        for row in page
        if _STREET.search(fold_text(row.text)) and any(c.isdigit() for c in row.text) and not amounts(row.text)
    ]
    return hits[0] if len(hits) == 1 else None


# ---- labels -----------------------------------------------------------------------------------------------


def _labelled(page: list[TextRow], asked: str) -> FieldMatch | None:
    for label in labels.synonyms(asked):
        pattern = rf"{re.escape(label)}(?:s|{labels.NO})?"
        hits = values_of(page, pattern, _whole, own_column=True)
        if hits:
            return agree(hits)
    return None


def _whole(text: str) -> list[str]:
    value = re.sub(r"^[\s:.=#–-]+", "", text).strip()
    return [value] if any(c.isalnum() for c in value) and not value.endswith(":") else []


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]+", fold_text(text)) if len(word) > 1 and word not in _SMALL_WORDS]


_SMALL_WORDS = {
    "the",
    "of",
    "for",
    "and",
    "de",
    "la",
    "le",
    "les",
    "du",
    "des",
    "el",
    "der",
    "die",
    "das",
    "eur",
    "con",
    "al",
    "aux",
}


def _alike(word: str, other: str) -> float:
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
    "tax": lambda page: _amount_of(page, labels.TAX + r"\s*(?:\(?\d+(?:[.,]\d+)?\s*%\)?)?", _tax_number),
    "change": lambda page: _amount_of(page, labels.CHANGE),
    "expiry date": _expiry,
    "date": _date,
    "time": _time,
    "phone": _phone,
    "email": _every(emails),
    "website": _every(websites),
    "address": _address,
    "invoice number": _invoice,
}
