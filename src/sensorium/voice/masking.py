"""What no translation may change: numbers with their units, prices, dates, times, codes, addresses, names, quotations.

They are masked before a translation, as [[1]], [[2]] …, and restored after it; each must come back exactly once. A
translator that loses them is asked again with the plain text, and its numbers are compared.
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
_FIXED = re.compile(
    "|".join(
        f"(?:{pattern})"
        for pattern in (
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
_CAPITALS_ARE_NAMES = ("en", "fr", "es", "it", "pt", "nl", "ca", "ro", "id", "sw")  # not German: every noun has one
_NOT_NAMES = re.compile(rf"(?:I|I['’]\w+|{_MONTH}|Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun|\w+day|English|Hindi|Indian|OK)$")
_FUNCTION_WORDS = frozenset(
    "A All Also An And Are As At Before Both But By Do Does Each For From Have Here How If In Into Is It Its My "
    "Next No Not Of On One Or Our Please Press Read See So Take That The Their Then There These They This Those To "
    "Two Under Use We What When Where Which Who With Yes You Your".split()
)
_MASK = re.compile(r"\[\s*\[\s*(\d{1,3})\s*\]\s*\]")
_DIGITS = re.compile(_NUMBER)


@dataclass(frozen=True)
class MaskedText:
    """A text with [[1]], [[2]] … in place of its `originals`, in order."""

    text: str
    originals: tuple[str, ...]


def mask(text: str, language: str = "en") -> MaskedText:
    """Mask what no translation may change.

    Example:
        >>> mask("Take 5 mg before 12 March 2026.")
        MaskedText(text='Take [[1]] before [[2]].', originals=('5 mg', '12 March 2026'))
    """
    originals: list[str] = []

    def replace(original: str) -> str:
        originals.append(original)
        return f"[[{len(originals)}]]"

    masked = _FIXED.sub(lambda match: replace(match.group()), text)
    if language in _CAPITALS_ARE_NAMES:
        masked = _NAME.sub(lambda match: _mask_name(masked, match, replace), masked)
    return _renumber(masked, originals)


def _mask_name(text: str, match: re.Match[str], replace: Callable[[str], str]) -> str:
    """Mask a name, but not a sentence's first word, nor other capitalised words."""
    words = match.group().split(" ")
    before = text[: match.start()].rstrip(" \t(“\"'‘")
    starts_sentence = not before or before[-1] in ".!?:।\n"
    unmasked = []
    while words and (_NOT_NAMES.match(words[0]) or words[0] in _FUNCTION_WORDS):
        unmasked.append(words.pop(0))
    if starts_sentence and not unmasked and len(words) == 1 and not re.search(r"[A-Z]", words[0][1:]):
        return match.group()
    return " ".join([*unmasked, replace(" ".join(words))] if words else unmasked)


def _renumber(masked: str, originals: list[str]) -> MaskedText:
    """Number the masks in their order, and join neighbours: fewer masks are lost less."""
    ordered: list[str] = []

    def renumber(run: re.Match[str]) -> str:
        ordered.append(_MASK.sub(lambda match: originals[int(match.group(1)) - 1], run.group()))
        return f"[[{len(ordered)}]]"

    text = re.sub(r"\[\[\d+\]\](?: \[\[\d+\]\])*", renumber, masked)
    return MaskedText(text, tuple(ordered))


def restore(translated: str, originals: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the text with the originals restored, and those that did not come back exactly once."""
    counts = [0] * len(originals)

    def original(match: re.Match[str]) -> str:
        number = int(match.group(1))
        if not 1 <= number <= len(originals):
            return ""
        counts[number - 1] += 1
        return originals[number - 1] if counts[number - 1] == 1 else ""

    text = _MASK.sub(original, translated)
    missing = tuple(item for item, count in zip(originals, counts, strict=True) if count != 1)
    return re.sub(r"[ \t]{2,}", " ", text).strip(), missing


def lost(originals: tuple[str, ...], translated: str) -> tuple[str, ...]:
    """Return the originals whose numbers, or else whose characters, a plain translation lacks."""
    left = numbers(translated)
    missing = []
    for original in originals:
        own = numbers(original)
        if not own and original.strip('“”"„«»').casefold() not in translated.casefold():
            missing.append(original)
        for number in own:
            if number in left:
                left.remove(number)
            elif original not in missing:
                missing.append(original)
    return tuple(missing)


def added(original: str, translated: str) -> tuple[str, ...]:
    """Return the numbers in a translation that its original does not have."""
    left = numbers(original)
    extra = []
    for number in numbers(translated):
        if number in left:
            left.remove(number)
        else:
            extra.append(number)
    return tuple(extra)


def numbers(text: str) -> list[str]:
    """Return a text's numbers in order: digits of any script as 0 to 9, any separators as dots."""
    return [re.sub(r"\D", ".", number) for number in _DIGITS.findall(latin_digits(text))]


def latin_digits(text: str) -> str:
    """Return the text with the digits of any script as 0 to 9."""
    return "".join(str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in text)
