"""Mentions: which labels of a table a question names, spelt loosely."""

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
_ORDINARY = frozenset("a i may an the is in on at of to and or by it be as no us".split())
_BEFORE = frozenset("in for of than and or between is was from to".split())


def find_label(table: Table, phrase: str) -> str | None:
    """Match a phrase to a label: exact, then case-folded, then plural, abbreviation and small typos.

    None where nothing fits, or two labels fit equally well.
    """
    if phrase in table.labels:
        return phrase if table.labels.count(phrase) == 1 else None
    wanted = _plain(phrase)
    if not wanted:
        return None
    for form in (lambda text: text, _stem):
        hits = [label for label in table.labels if form(_plain(label)) == form(wanted)]
        if hits:
            return hits[0] if len(set(hits)) == 1 else None
    near = sorted((_edits(_stem(wanted), _stem(_plain(label))), label) for label in table.labels)
    best, label = near[0]
    allowed = 0 if len(wanted) < 5 or any(char.isdigit() for char in wanted) else 1 if len(wanted) < 8 else 2
    if best > allowed or (len(near) > 1 and near[1][0] == best):
        return None
    return label


def labels_in(table: Table, question: str) -> tuple[str, ...]:
    """Return the labels that a question names, in the order in which it names them.

    Longer labels are found first, so that "Table tennis" is not taken for "Tennis"; a short label that is also an
    ordinary word ("A", "May") must be written as on the chart.
    """
    words = [(m.group(), m.start()) for m in re.finditer(r"[\w$€£%+.,&'/-]*[\w%+]", _fold(question))]
    originals = [question[at : at + len(word)] for word, at in words]
    taken = [False] * len(words)
    found: dict[str, int] = {}
    most = max((len(_plain(label).split()) for label in table.labels), default=1)
    for size in range(min(most + 1, len(words)), 0, -1):
        for start in range(len(words) - size + 1):
            if any(taken[start : start + size]):
                continue
            before = originals[start - 1].casefold() if start else ""
            label = _match(table, originals[start : start + size], before)
            if label is not None:
                taken[start : start + size] = [True] * size
                found.setdefault(label, start)
    return tuple(sorted(found, key=lambda label: found[label]))


def _match(table: Table, words: list[str], before: str) -> str | None:
    phrase = " ".join(words)
    if len(words) == 1:
        exact = [label for label in table.labels if label == phrase]
        if phrase.casefold() in _ORDINARY:
            if exact and (before or phrase not in ("A", "I")):
                return exact[0]
            return find_label(table, phrase) if before in _BEFORE and phrase.casefold() not in ("a", "i") else None
        if len(phrase) <= 2 and not exact:
            folded = [label for label in table.labels if label.casefold() == phrase.casefold()]
            return folded[0] if len(folded) == 1 and len(phrase) > 1 else None
    found = find_label(table, phrase)
    if found is None:
        return None
    # a misspelt match must have as many words as the label, or "the sales of" would take words that are not its own
    return found if len(_plain(found).split()) == len(_plain(phrase).split()) else None


def _fold(text: str) -> str:
    return "".join(char if len(char.casefold()) != 1 else char.casefold() for char in text)


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in bare if not unicodedata.combining(char))
    bare = re.sub(r"[‐-―−]", "-", bare)
    bare = re.sub(r"'s\b|[\"'?!;:()]", "", bare)
    return " ".join(bare.replace(",", "").strip(" .-").split())


def _stem(text: str) -> str:
    return " ".join(_single(word) for word in text.split())


def _single(word: str) -> str:
    word = _ALIASES.get(word, word)
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "oes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _edits(a: str, b: str) -> int:
    """Count the letters to add, drop, change or swap (Damerau 1964, restricted)."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[-1] = min(row[-1], rows[-2][j - 2] + 1)
        rows.append(row)
    return rows[-1][-1]
