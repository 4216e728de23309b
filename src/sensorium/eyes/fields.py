"""One named piece of the text: the total, the expiry date, the value beside a label."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sensorium.eyes import labels
from sensorium.eyes.line import Line, rows
from sensorium.eyes.values import amounts, dates, emails, phones, plain, times, websites

_LEAST_SCORE = 0.5  # lines read worse than this are not looked at
_BESIDE, _BELOW, _ALONE, _OPEN = 0.98, 0.9, 0.85, 0.5
# how the value was found: beside its label, under it, the only one of its kind, one of several


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
    lines: tuple[Line, ...]
    confidence: float


@dataclass(frozen=True)
class _Row:
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


@dataclass(frozen=True)
class _Hit:
    value: str
    lines: tuple[Line, ...]
    how: float
    amount: Decimal | None = None


Values = Callable[[str], list[str]]


def find(lines: Sequence[Line], name: str) -> Field | None:
    """Find one field by name in lines that were read; None where it does not stand there for sure.

    Known names: total, subtotal, tax, change, date, time, expiry date, phone, email, website, address, invoice number,
    "price of …" and what people call them; any other name is looked for as a label in the text, whose value stands
    beside it, after its colon or below it.
    """
    asked = _bare(name)
    if not asked:
        return None
    page = [_Row(row) for row in rows([line for line in lines if line.score >= _LEAST_SCORE])]
    item = re.fullmatch(r"(?:price|cost)s?(?: of| for)?(?: (.+))?|(.+?)(?:'s)? (?:price|cost)", asked)
    meant = next((field for field, pattern in labels.ASKED.items() if re.fullmatch(pattern, asked)), None)
    hit: _Hit | None
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
    asked = re.sub(r"[?!.,:;\"]+$", "", " ".join(plain(name).split()))
    return re.sub(r"^(?:the|its|my|this|a|an)\s+", "", asked).strip()


# ---- amounts ----------------------------------------------------------------------------------------------


def _total(page: list[_Row]) -> _Hit | None:
    subtotal = _amount_of(page, labels.SUBTOTAL)
    for pattern in labels.TOTALS:
        hit = _amount_of(page, pattern, _not_the_total)
        if hit is None:
            continue
        if subtotal is not None and hit.amount is not None and subtotal.amount is not None:
            tax = _amount_of(page, labels.TAX, _tax_number)
            if tax is not None and tax.amount is not None and subtotal.amount + tax.amount == hit.amount:
                return _Hit(hit.value, hit.lines, max(hit.how, 0.99), hit.amount)
            if hit.amount < subtotal.amount:  # possible with a discount, but as likely misread
                return _Hit(hit.value, hit.lines, min(hit.how, 0.7), hit.amount)
        return hit
    return None


def _not_the_total(rest: str) -> bool:
    """Tell whether a row that begins with a total's label is about something else, by what follows the label."""
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


def _amount_of(page: list[_Row], pattern: str, unlike: Callable[[str], bool] | None = None) -> _Hit | None:
    hits = []
    for i, row in enumerate(page):
        after = _after(row, pattern)
        if after is None or (unlike is not None and unlike(plain(after))):
            continue
        if re.match(r"\s*[a-z]{3,}", re.sub(r"eur\w*|usd|gbp|chf|inr|incl\w*|inkl\w*|vat|mwst|ttc", "", plain(after))):
            continue  # the label goes on with other words: "Total gym shorts 12.00" is an item
        found = amounts(after)
        if found:
            hits.append(_Hit(found[-1][0], row.lines, _BESIDE if len(found) == 1 else 0.9, found[-1][1]))
        elif not any(c.isdigit() for c in after) and (below := _alone_below(page, i)) is not None:
            hits.append(below)
    return _agree(hits)


def _alone_below(page: list[_Row], i: int) -> _Hit | None:
    if i + 1 >= len(page):
        return None
    row = page[i + 1]
    found = amounts(row.text)
    if len(found) != 1 or sum(c.isalpha() for c in row.text.replace(found[0][0], "")):
        return None
    return _Hit(found[0][0], (*page[i].lines, *row.lines), _BELOW, found[0][1])


def _agree(hits: list[_Hit]) -> _Hit | None:
    if not hits:
        return None
    values = {hit.amount if hit.amount is not None else plain(hit.value) for hit in hits}
    best = max(hits, key=lambda hit: hit.how)
    return best if len(values) == 1 else _Hit(hits[-1].value, hits[-1].lines, _OPEN, hits[-1].amount)


def _price(page: list[_Row], item: str) -> _Hit | None:
    if not item:
        only = [_Hit(value, row.lines, _ALONE, number) for row in page for value, number in amounts(row.text)]
        return only[0] if len({hit.amount for hit in only}) == 1 else None
    wanted = _words(item)
    ranked: list[tuple[float, _Hit]] = []
    for i, row in enumerate(page):
        found = amounts(row.text)
        have = _words(re.sub(r"[\d.,]+", " ", plain(row.text)))
        if not wanted or not have:
            continue
        fit = min(max(_alike(word, other) for other in have) for word in wanted) * (1 + len(wanted) / len(have)) / 2
        if fit <= 0:
            continue
        if found:
            ranked.append((fit, _Hit(found[-1][0], row.lines, _BESIDE, found[-1][1])))
        elif (below := _alone_below(page, i)) is not None:
            ranked.append((fit, below))
    if not ranked:
        return None
    best = max(fit for fit, _ in ranked)
    return _agree([hit for fit, hit in ranked if fit == best])


# ---- dates, times, numbers to call ------------------------------------------------------------------------


def _expiry(page: list[_Row]) -> _Hit | None:
    return _agree(_values_of(page, labels.EXPIRY, lambda text: dates(text, months=True)))


def _date(page: list[_Row]) -> _Hit | None:
    other = re.compile(rf"(?<![a-z])(?:{labels.EXPIRY}|{labels.MADE})(?![a-z])")
    hits = _values_of(page, labels.DATE, dates)
    if hits:
        return _agree(hits)
    free = [
        _Hit(value, row.lines, 0.95)
        for i, row in enumerate(page)
        for value in dates(row.text)
        if not other.search(plain(row.text)) and not (i and other.search(plain(page[i - 1].text)))
    ]
    return _agree(free)


def _time(page: list[_Row]) -> _Hit | None:
    hits = _values_of(page, labels.TIME, times)
    if not hits:
        hits = [_Hit(value, row.lines, 0.95) for row in page if dates(row.text) for value in times(row.text)]
    if not hits:
        hits = [_Hit(value, row.lines, _ALONE) for row in page for value in times(row.text)]
    return _agree(hits)


def _phone(page: list[_Row]) -> _Hit | None:
    hits = _values_of(page, labels.PHONE, lambda text: phones(text, labelled=True))
    if not hits:
        numbered = re.compile(rf"{labels.INVOICE}|fax|iban|vat|card|konto|account")
        hits = [
            _Hit(value, row.lines, _ALONE)
            for row in page
            if not numbered.search(plain(row.text))
            for value in phones(row.text)
        ]
    return _agree(hits) if len(hits) < 2 else _first(hits)


def _first(hits: list[_Hit]) -> _Hit:
    """Of several numbers to call, any is right: the first, a little less surely."""
    return _Hit(hits[0].value, hits[0].lines, min(hits[0].how, 0.85))


def _every(values: Values) -> Callable[[list[_Row]], _Hit | None]:
    def look(page: list[_Row]) -> _Hit | None:
        lines = [line for row in page for line in row.lines]
        return _agree([_Hit(value, (line,), 0.95) for line in lines for value in values(line.text)])

    return look


def _invoice(page: list[_Row]) -> _Hit | None:
    return _agree(_values_of(page, labels.INVOICE, _codes))


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


def _address(page: list[_Row]) -> _Hit | None:
    hits = [
        _Hit(row.text, row.lines, 0.9)
        for row in page
        if _STREET.search(plain(row.text)) and any(c.isdigit() for c in row.text) and not amounts(row.text)
    ]
    return hits[0] if len(hits) == 1 else None


# ---- labels -----------------------------------------------------------------------------------------------


def _labelled(page: list[_Row], asked: str) -> _Hit | None:
    for label in labels.same_labels(asked):
        pattern = rf"{re.escape(label)}(?:s|{labels.NO})?"
        hits = _values_of(page, pattern, _whole, own_column=True)
        if hits:
            return _agree(hits)
    return None


def _whole(text: str) -> list[str]:
    value = re.sub(r"^[\s:.=#–-]+", "", text).strip()
    return [value] if any(c.isalnum() for c in value) and not value.endswith(":") else []


def _values_of(page: list[_Row], pattern: str, values: Values, own_column: bool = False) -> list[_Hit]:
    """Find values beside their label (after it, in the same row) or else in the row under it."""
    hits = []
    for i, row in enumerate(page):
        for column, after in _labels_in(row, pattern):
            beside = values(after)
            below, under = _values_below(page, i, column, values, own_column)
            heads = own_column and len(row.lines) > 1 and len(under) > 0 and len(page[i + 1].lines) > 1
            if beside and not (heads and below and _digits(below[0]) and not _digits(beside[0])):
                hits.append(_Hit(beside[0], row.lines, _BESIDE))
            elif below and (heads or not any(c.isalnum() for c in after)):
                hits.append(_Hit(below[0], (row.lines[column], *under), _BELOW))
    return hits


def _values_below(
    page: list[_Row], i: int, column: int, values: Values, own_column: bool
) -> tuple[list[str], tuple[Line, ...]]:
    if i + 1 >= len(page):
        return [], ()
    row = page[i]
    below = page[i + 1]
    under = _under(below, row.lines[column]) if own_column or len(row.lines) > 1 else below.lines
    return values(" ".join(line.text for line in under)), under


def _digits(value: str) -> bool:
    return any(c.isdigit() for c in value)


def _under(row: _Row, label: Line) -> tuple[Line, ...]:
    """Give the lines of a row that stand under a label and near it."""
    near = [
        line
        for line in row.lines
        if line.box.left < label.box.right + label.height_px
        and line.box.right > label.box.left - label.height_px
        and line.middle[1] - label.middle[1] < 3.5 * max(label.height_px, line.height_px)
    ]
    return tuple(near)


def _after(row: _Row, pattern: str) -> str | None:
    """Give what follows a label that begins the row (after at most a mark), or None where none does."""
    match = re.match(rf"[^a-z0-9]*(?:{pattern})(?![a-z])", _aligned(row.text))
    return row.text[match.end() :] if match else None


def _labels_in(row: _Row, pattern: str) -> Iterable[tuple[int, str]]:
    """Give column and following text of each label: one that begins a line, or stands in it before a value."""
    for column, line in enumerate(row.lines):
        folded = _aligned(line.text)
        for match in re.finditer(rf"(?<![a-z0-9])(?:{pattern})(?![a-z])", folded):
            if (
                match.start() > 0
                and folded[: match.start()].strip(" *#-:.")
                and ":" not in folded[match.end() : match.end() + 3]
            ):
                continue  # in the midst of a sentence: no label
            rest = line.text[match.end() :]
            later = " ".join(other.text for other in row.lines[column + 1 :])
            yield column, rest if any(c.isalnum() for c in rest) else f"{rest} {later}"
            break


def _aligned(text: str) -> str:
    """Fold a text letter by letter, so that places in it stay places in the text."""
    return "".join((plain(letter) or " ")[:1] for letter in text)


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]+", plain(text)) if len(word) > 1 and word not in _SMALL_WORDS]


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
    """Give 1 for the same word, 0.9 for its plural, 0.6 for a longer or shorter form, 0 for another."""
    if word == other:
        return 1.0
    if word.rstrip("s") == other.rstrip("s"):
        return 0.9
    short, long = sorted((word, other), key=len)
    return 0.6 if len(short) >= 4 and len(short) >= 0.7 * len(long) and long.startswith(short) else 0.0


_KNOWN: dict[str, Callable[[list[_Row]], _Hit | None]] = {
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
