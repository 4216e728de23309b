"""What no translation may change: numbers with their units, prices, dates, times, codes, addresses, names, quotations.

They are taken out before a translation, as [[1]], [[2]] …, and put back after it; then it is counted whether each came
back once. A translator that loses them is asked again with the plain text, and its numbers are compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)"
)
_NUMBER = r"\d+(?:[.,٫٬'’\u00a0\u202f]\d+)*"
_UNIT = (
    r"(?:%|°\s?[CF]?|‰|[€$£¥₹₽₩]|(?:EUR|USD|GBP|INR|CHF|JPY|CNY|Rs\.?|kWh|kW|kcal|kJ|kHz|MHz|GHz|Hz|kPa|hPa|mAh|"
    r"km/h|mph|[kmcdµ]?[gl]|[kmcdµn]?m[²³]?|m[lL]|[kKMGT]B|[kKmM]?[VWA]|lbs?|oz|ft|in|IU|ppm|dB|x)(?![A-Za-z]))"
)
_THINGS = re.compile(
    "|".join(
        f"(?:{one})"
        for one in (
            r"(?:https?://|www\.)[^\s<>\"”]+[^\s<>\"”.,;:!?)]",
            r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
            r"“[^”\n]{1,60}”|„[^“”\n]{1,60}[“”]|«[^»\n]{1,60}»|\"[^\"\n]{1,60}\"",
            rf"\d{{1,2}}(?:st|nd|rd|th)?\.?\s{_MONTH}\.?(?:,?\s\d{{2,4}})?\b",
            rf"\b{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?\b",
            rf"\b{_MONTH}\.?\s\d{{4}}\b",
            r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}",
            r"\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?",
            r"\+?\d[\d\s()/-]{5,}\d",  # a telephone number
            rf"[€$£¥₹₽₩]\s?{_NUMBER}|\bRs\.?\s?{_NUMBER}",
            r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\b(?<!\dst)(?<!\dnd)(?<!\drd)(?<!\dth)",
            rf"[-+−±]?(?<!\d)(?!\d+(?:st|nd|rd|th)\b){_NUMBER}(?:\s?[x×]\s?{_NUMBER})*(?:\s?{_UNIT})?",
        )
    ),
)
_NAME = re.compile(r"(?<![\w\]])[A-Z][\w’'&.-]*\w(?:\s[A-Z][\w’'&.-]*\w)*")
_CAPITALS_ARE_NAMES = ("en", "fr", "es", "it", "pt", "nl", "ca", "ro", "id", "sw")  # not in German: every noun has one
_NO_NAMES = re.compile(rf"(?:I|I['’]\w+|{_MONTH}|Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun|\w+day|English|Hindi|Indian|OK)$")
_SMALL = frozenset(
    "A All Also An And Are As At Before Both But By Do Does Each For From Have Here How If In Into Is It Its My "
    "Next No Not Of On One Or Our Please Press Read See So Take That The Their Then There These They This Those To "
    "Two Under Use We What When Where Which Who With Yes You Your".split()
)
_PLACE = re.compile(r"\[\s*\[\s*(\d{1,3})\s*\]\s*\]")
_DIGITS = re.compile(_NUMBER)


@dataclass(frozen=True)
class Hidden:
    """A text whose unchangeable things are replaced: `text` with [[1]] …, and the `kept` things in order."""

    text: str
    kept: tuple[str, ...]


def hide(text: str, language: str = "en") -> Hidden:
    """Replace what no translation may change.

    Example:
        >>> hide("Take 5 mg before 12 March 2026.")
        Hidden(text='Take [[1]] before [[2]].', kept=('5 mg', '12 March 2026'))
    """
    kept: list[str] = []

    def place(found: str) -> str:
        kept.append(found)
        return f"[[{len(kept)}]]"

    hidden = _THINGS.sub(lambda m: place(m.group()), text)
    if language in _CAPITALS_ARE_NAMES:
        hidden = _NAME.sub(lambda m: _named(hidden, m, place), hidden)
    return _in_order(hidden, kept)


def _named(text: str, found: re.Match[str], place: Callable[[str], str]) -> str:
    """Replace a name; a sentence's first word, and what is no name although it has a capital, stay."""
    words = found.group().split(" ")
    before = text[: found.start()].rstrip(" \t(“\"'‘")
    begins = not before or before[-1] in ".!?:।\n"
    stays = []
    while words and (_NO_NAMES.match(words[0]) or words[0] in _SMALL):
        stays.append(words.pop(0))
    if begins and not stays and len(words) == 1 and not re.search(r"[A-Z]", words[0][1:]):
        return found.group()
    return " ".join([*stays, place(" ".join(words))] if words else stays)


def _in_order(hidden: str, kept: list[str]) -> Hidden:
    """Number the marks as they stand, and make one of neighbours: fewer marks are lost less."""
    things: list[str] = []

    def again(run: re.Match[str]) -> str:
        things.append(_PLACE.sub(lambda m: kept[int(m.group(1)) - 1], run.group()))
        return f"[[{len(things)}]]"

    text = re.sub(r"\[\[\d+\]\](?: \[\[\d+\]\])*", again, hidden)
    return Hidden(text, tuple(things))


def restore(translated: str, kept: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Put the things back; give the text and those that did not come back exactly once."""
    seen = [0] * len(kept)

    def back(found: re.Match[str]) -> str:
        number = int(found.group(1))
        if not 1 <= number <= len(kept):
            return ""
        seen[number - 1] += 1
        return kept[number - 1] if seen[number - 1] == 1 else ""

    text = _PLACE.sub(back, translated)
    return re.sub(r"[ \t]{2,}", " ", text).strip(), tuple(
        one for one, times in zip(kept, seen, strict=True) if times != 1
    )


def lost(kept: tuple[str, ...], translated: str) -> tuple[str, ...]:
    """Return those things whose numbers, or for things without numbers whose letters, a plain translation lacks."""
    left = numbers(translated)
    missing = []
    for one in kept:
        wanted = numbers(one)
        if not wanted and one.strip('“”"„«»').casefold() not in translated.casefold():
            missing.append(one)
        for number in wanted:
            if number in left:
                left.remove(number)
            elif one not in missing:
                missing.append(one)
    return tuple(missing)


def added(original: str, translated: str) -> tuple[str, ...]:
    """Return the numbers that a translation has and its original has not."""
    left = numbers(original)
    found = []
    for number in numbers(translated):
        if number in left:
            left.remove(number)
        else:
            found.append(number)
    return tuple(found)


def numbers(text: str) -> list[str]:
    """Return numbers of a text in order: digits of any script as 0 to 9, whatever separates their groups as a dot."""
    return [re.sub(r"\D", ".", one) for one in _DIGITS.findall(latin_digits(text))]


def latin_digits(text: str) -> str:
    """Write the digits of any script as 0 to 9."""
    return "".join(str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in text)
