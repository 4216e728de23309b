"""Faults of answers: one that nearly always comes, several for the same question, rows that come twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from sensorium.core.messages import Audio, Video
from sensorium.tune.dataset.blind import beginning
from sensorium.tune.dataset.data import Row, place
from sensorium.tune.dataset.image_info import Seen
from sensorium.tune.dataset.report import Finding

_LEAST_ROWS = 20
_MOST_ABOVE_FAIR = 0.6


def findings(rows: Sequence[Row], seen: Mapping[Hashable, Seen]) -> list[Finding]:
    """Return what is wrong with the answers of rows; `seen` tells which pictures are the same bytes."""
    asked: dict[Hashable, list[Row]] = {}
    for row in rows:
        asked.setdefault(_asked(row, seen), []).append(row)
    several = [each for each in asked.values() if len(each) > 1]
    return [*_conflicts(several), *_repeated(several), *_imbalance(rows)]


def plain(answer: str) -> str:
    """Bring answers that differ in case, space and a final point to one."""
    return " ".join(answer.casefold().split()).rstrip(".")


def _asked(row: Row, seen: Mapping[Hashable, Seen]) -> Hashable:
    """Return what is alike for rows that ask the same of the same; rows without a picture ask by their words alone."""
    pictures = tuple(seen[place(image)].digest or place(image) for image in row.images)
    others = tuple(part for part in row.example.conversation.parts if isinstance(part, Audio | Video))
    return (plain(row.question), pictures, others, row.example.choices)


def _conflicts(several: Sequence[Sequence[Row]]) -> list[Finding]:
    numbers: list[int] = []
    shown = ""
    for rows in several:
        given = [{plain(answer) for answer in row.example.answers} for row in rows]
        if any(not one & other for one in given for other in given):
            numbers += [row.number for row in rows]
            shown = shown or " and ".join(repr(row.example.answer[:40]) for row in rows[:3])
    if not numbers:
        return []
    what = f"{len(numbers)} rows ask the same of the same picture and answer otherwise, e.g. {shown}."
    hint = 'Decide for one, or put what several people said into one row: "answers": ["red", "dark red"].'
    return [Finding("conflicting-answers", what, tuple(sorted(numbers)), hint, True)]


def _repeated(several: Sequence[Sequence[Row]]) -> list[Finding]:
    numbers = []
    for rows in several:
        counts = Counter(tuple(sorted(map(plain, row.example.answers))) for row in rows)
        numbers += [row.number for row in rows if counts[tuple(sorted(map(plain, row.example.answers)))] > 1]
    if not numbers:
        return []
    what = f"{len(numbers)} rows are the same question, picture and answer as another."
    return [Finding("duplicate-row", what, tuple(sorted(numbers)), "Keep one of each.", False)]


def _imbalance(rows: Sequence[Row]) -> list[Finding]:
    """Find an answer that nearly always comes: of all rows, or else of those whose questions begin alike."""
    found = _one_sided("of all rows", rows)
    if found:
        return [found]
    by_kind: dict[str, list[Row]] = {}
    for row in rows:
        by_kind.setdefault(beginning(row.question), []).append(row)
    kinds = [_one_sided(f'of the questions "{kind} …"', each) for kind, each in by_kind.items() if kind]
    return [each for each in kinds if each]


def _one_sided(where: str, rows: Sequence[Row]) -> Finding | None:
    if len(rows) < _LEAST_ROWS:
        return None
    counts = Counter(plain(row.example.answer) for row in rows)
    answer, most = counts.most_common(1)[0]
    fair = 1 / len(counts)
    if len(counts) > 1 and most / len(rows) <= fair + _MOST_ABOVE_FAIR * (1 - fair):
        return None
    what = f"{answer[:40]!r} is the answer {where} in {most} of {len(rows)} rows ({most / len(rows):.0%})."
    hint = "Add rows with other answers, or leave some of these out: a model learns to say it without looking."
    numbers = tuple(row.number for row in rows if plain(row.example.answer) == answer)
    return Finding("answer-imbalance", what, numbers, hint, False)
