"""Values that stand in a text: amounts of money, dates, times, phone numbers, addresses."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal

from sensorium.eyes.documents.labels import MONTHS

_CURRENCY = (
    r"(?:(?:\b(?:A|C|R|US|NZ|HK)\s?)?[£$€¥₹₨₫đ₽₴₪₱₲₸₾₦₺₩฿₡₵₭₮₼₿]"
    r"|(?<![A-Za-z])(?:EUR|USD|GBP|CHF|INR|Rs\.?|zł|PLN|kr\.?|SEK|NOK|DKK)(?![A-Za-z]))"
)
_AMOUNT = re.compile(
    rf"(?<![\w.,:/%-])(?P<sign>-\s?)?(?P<before>{_CURRENCY}\s?)?"
    r"(?P<whole>\d{1,3}(?:[ .,'’]\d{3})+|\d{1,7})(?:\s?(?P<point>[.,])\s?(?P<cents>\d{2}))?"
    rf"(?(before)|(?P<after>\s?{_CURRENCY})?)(?![\w%])(?![.,:/-]\d)(?!\s?%)"
)
_MONTH = rf"(?P<name>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\.?"
_DATES = tuple(
    re.compile(rf"(?<![\d.,/])(?:{pattern})(?![\d])", re.IGNORECASE)
    for pattern in (
        r"(?P<year>20\d\d)\s?[-./]\s?(?P<month>\d{1,2})\s?[-./]\s?(?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})\s?(?P<mark>[-./])\s?(?P<month>\d{1,2})\s?(?P=mark)\s?(?P<year>20\d\d|\d\d)",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]?(?:de\s)?{_MONTH}[\s-]?(?:de\s)?,?\s?(?P<year>20\d\d|\d\d)",
        rf"\b{_MONTH}\s?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s?(?P<year>20\d\d)",
    )
)
_MONTH_DATES = tuple(
    re.compile(rf"(?<![\d.,/-])(?:{pattern})(?![\d])", re.IGNORECASE)
    for pattern in (
        r"(?P<month>\d{1,2})\s?[-./]\s?(?P<year>20\d\d)",
        r"(?P<year>20\d\d)\s?[-./]\s?(?P<month>\d{1,2})(?!\s?[-./])",
        r"(?P<month>0\d|1[0-2])\s?/\s?(?P<year>\d\d)(?!\s?[-./])",
        rf"\b{_MONTH}\s?[-./]?\s?(?P<year>20\d\d|\d\d)",
    )
)
_TIME = re.compile(
    r"(?<![\d.,:/])(?P<hour>[01]?\d|2[0-3])\s?(?P<mark>:|h|[.](?=\d\d\s?(?:uhr|am|pm|a\.m"
    r"|p\.m)))\s?(?P<minute>[0-5]\d)"
    r"(?::[0-5]\d)?(?:\s?(?:am|pm|a\.m\.|p\.m\.|uhr|h)\b)?(?![\d:])|"
    r"(?<![\d.,:/])(?:1[0-2]|[1-9])\s?(?:am|pm)\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.,/])(?:\+\s?|\(\s?)?\d[\d\s()/.–-]{4,20}\d(?!\w|[.,]\d)")
_EMAIL = re.compile(r"[A-Za-z0-9][\w.+-]*\s?@\s?[A-Za-z0-9][\w-]*(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_WEBSITE = re.compile(
    r"(?:https?://|www\.)[^\s,;]+|(?<![\w@.])[A-Za-z0-9][\w-]+(?:\.[\w-]+)*\.(?:com|org|net|de|fr|es|in|io|eu|uk"
    r"|info|shop)"
    r"(?:/[^\s,;]*)?(?![\w@])",
    re.IGNORECASE,
)


def fold_text(text: str) -> str:
    """Return text in lower case, without accents, with ss for ß: for comparing labels, not for speech."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in folded if not _is_accent(c))


def fold_aligned(text: str) -> str:
    """Return text folded character by character, so that places in it stay places in the text."""
    return "".join((fold_text(c) or " ")[:1] for c in text)


def amounts(text: str) -> list[tuple[str, Decimal]]:
    """Return amounts of money, as printed and as numbers. They need cents or a currency; percentages do not count."""
    results = []
    for match in _AMOUNT.finditer(text):
        if match["cents"] is None and not (match["before"] or match["after"]):
            continue
        whole = re.sub(r"\D", "", match["whole"])
        value = Decimal(f"{whole}.{match['cents'] or '00'}")
        results.append((match.group().strip(), -value if match["sign"] else value))
    return results


def dates(text: str, months: bool = False) -> list[str]:
    """Return dates that exist, as printed; with `months` also a month of a year (06/2027), as labels give them."""
    return _valid(text, _DATES) or (_valid(text, _MONTH_DATES) if months else [])


def times(text: str) -> list[str]:
    """Return times of day, as printed."""
    return [match.group().strip() for match in _TIME.finditer(text)]


def phones(text: str, labelled: bool = False) -> list[str]:
    """Return phone numbers, as printed; without a label only long ones that begin as phone numbers do."""
    results = []
    for match in _PHONE.finditer(text):
        number = match.group().strip(" .-–/")
        digits = sum(c.isdigit() for c in number)
        if not 6 <= digits <= 15 or _valid(number, _DATES):
            continue
        plausible = digits >= 9 and number.lstrip("( ")[0] in "+0"
        if labelled or plausible or re.fullmatch(r"\(?\d{3}\)?[ -]\d{3}[ -]\d{4}", number):
            results.append(number)
    return results


def emails(text: str) -> list[str]:
    """Return e-mail addresses."""
    return [re.sub(r"\s", "", match.group()) for match in _EMAIL.finditer(text)]


def websites(text: str) -> list[str]:
    """Return web addresses."""
    return [match.group().rstrip(".") for match in _WEBSITE.finditer(_EMAIL.sub(" ", text))]


def _is_accent(character: str) -> bool:
    return unicodedata.category(character) == "Mn" and unicodedata.name(character, "").startswith("COMBINING")


def _valid(text: str, patterns: tuple[re.Pattern[str], ...]) -> list[str]:
    """Return the dates that exist, in the order of the text; an earlier pattern takes its place from later ones."""
    folded = fold_aligned(text)
    results: dict[int, str] = {}
    taken: list[range] = []
    for pattern in patterns:
        for match in pattern.finditer(folded):
            start, end = match.span()
            if not any(start in span or end - 1 in span for span in taken) and _exists(match.groupdict()):
                taken.append(range(start, end))
                results[start] = text[start:end].strip()
    return [results[start] for start in sorted(results)]


def _exists(parts: dict[str, str | None]) -> bool:
    name = parts.get("name")
    month = MONTHS[name.casefold()] if name else int(parts.get("month") or 0)
    year = int(parts.get("year") or 0)
    year += 2000 if year < 100 else 0
    if parts.get("day") is None:
        return 1 <= month <= 12
    day = int(parts["day"] or 0)
    for m, d in ((month, day), (day, month)):  # 03/14/2026 is a date in one country, 14/03/2026 in the others
        try:
            dt.date(year, m, d)
        except ValueError:
            continue
        return True
    return False
