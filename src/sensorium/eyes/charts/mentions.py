"""Mentions: the labels of a table that a question names, spelt loosely."""

from __future__ import annotations

import re
import unicodedata

from sensorium.eyes.charts.table import Table

_ALIASES = {
    "january": "jan", "february": "feb", "march": "mar", "april": "apr", "june": "jun", "july": "jul", "august": "aug",
    "september": "sep", "sept": "sep", "october": "oct", "november": "nov", "december": "dec", "monday": "mon",
    "tuesday": "tue", "tues": "tue", "wednesday": "wed", "thursday": "thu", "thurs": "thu", "friday": "fri",
    "saturday": "sat", "sunday": "sun", "first": "1", "second": "2", "third": "3", "fourth": "4",
}  # fmt: skip
_COMMON_WORDS = frozenset("a i may an the is in on at of to and or by it be as no us".split())
_PREPOSITIONS = frozenset("in for of than and or between is was from to".split())


def find_label(table: Table, phrase: str) -> str | None:
    """Return the label that a phrase names: exact, then case-folded, then plural, abbreviation and small typos.

    None if no label fits, or two labels fit equally well.
    """
    if phrase in table.categories:
        return phrase if table.categories.count(phrase) == 1 else None
    target = _normalize(phrase)
    if not target:
        return None
    for form in (str, _stem):
        hits = [label for label in table.categories if form(_normalize(label)) == form(target)]
        if hits:
            return hits[0] if len(set(hits)) == 1 else None
    near = sorted((_edit_distance(_stem(target), _stem(_normalize(label))), label) for label in table.categories)
    best, label = near[0]
    allowed = 0 if len(target) < 5 or any(char.isdigit() for char in target) else 1 if len(target) < 8 else 2
    if best > allowed or (len(near) > 1 and near[1][0] == best):
        return None
    return label


def labels_in(table: Table, question: str) -> tuple[str, ...]:
    """Return the labels that a question names, in the order in which it names them.

    Longer labels are matched first, so that "Table tennis" is not taken for "Tennis"; a short label that is also a
    common word ("A", "May") must be written as on the chart.
    """
    words = [(m.group(), m.start()) for m in re.finditer(r"[\w$€£%+.,&'/-]*[\w%+]", _fold(question))]
    originals = [question[start : start + len(word)] for word, start in words]
    taken = [False] * len(words)
    starts: dict[str, int] = {}
    max_words = max((len(_normalize(label).split()) for label in table.categories), default=1)
    for size in range(min(max_words + 1, len(words)), 0, -1):
        for start in range(len(words) - size + 1):
            if any(taken[start : start + size]):
                continue
            previous = originals[start - 1].casefold() if start else ""
            label = _match(table, originals[start : start + size], previous)
            if label is not None:
                taken[start : start + size] = [True] * size
                starts.setdefault(label, start)
    return tuple(sorted(starts, key=starts.__getitem__))


def _match(table: Table, words: list[str], previous: str) -> str | None:
    phrase = " ".join(words)
    if len(words) == 1:
        exact = phrase in table.categories
        if phrase.casefold() in _COMMON_WORDS:
            if exact and (previous or phrase not in ("A", "I")):
                return phrase
            follows = previous in _PREPOSITIONS and phrase.casefold() not in ("a", "i")
            return find_label(table, phrase) if follows else None
        if len(phrase) <= 2 and not exact:
            folded = [label for label in table.categories if label.casefold() == phrase.casefold()]
            return folded[0] if len(folded) == 1 and len(phrase) > 1 else None
    label = find_label(table, phrase)
    # a misspelt match must have as many words as the label, or "the sales of" would take words that are not its own
    same_length = label is not None and len(_normalize(label).split()) == len(_normalize(phrase).split())
    return label if same_length else None


def _fold(text: str) -> str:
    return "".join(char if len(char.casefold()) != 1 else char.casefold() for char in text)


def _normalize(text: str) -> str:
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(char for char in text if not unicodedata.combining(char))
    text = re.sub(r"[‐-―−]", "-", text)
    text = re.sub(r"'s\b|[\"'?!;:()]", "", text)
    return " ".join(text.replace(",", "").strip(" .-").split())


def _stem(text: str) -> str:
    return " ".join(_singular(word) for word in text.split())


def _singular(word: str) -> str:
    word = _ALIASES.get(word, word)
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "oes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _edit_distance(a: str, b: str) -> int:
    """Return the number of characters to add, drop, change or swap (Damerau 1964, restricted)."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[-1] = min(row[-1], rows[-2][j - 2] + 1)
        rows.append(row)
    return rows[-1][-1]
