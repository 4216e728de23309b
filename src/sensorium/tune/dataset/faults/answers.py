"""Faults of answers: one that nearly always comes, contradictions, repeated rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from sensorium.core.messages import Audio, Video
from sensorium.tune.dataset.blind import beginning
from sensorium.tune.dataset.data import DataRow, media_key
from sensorium.tune.dataset.image_info import ImageInfo
from sensorium.tune.dataset.report import Finding

_MIN_ROWS = 20
_MAX_ABOVE_FAIR = 0.6


def findings(rows: Sequence[DataRow], infos: Mapping[Hashable, ImageInfo]) -> list[Finding]:
    """Return the faults of the answers; `infos` says which pictures have the same bytes."""
    by_question: dict[Hashable, list[DataRow]] = {}
    for row in rows:
        by_question.setdefault(_question_key(row, infos), []).append(row)
    repeated = [group for group in by_question.values() if len(group) > 1]
    return [*_conflicts(repeated), *_duplicate_rows(repeated), *_imbalance(rows)]


def normalise(answer: str) -> str:
    """Return an answer without differences of case, spaces and a final full stop."""
    return " ".join(answer.casefold().split()).rstrip(".")


def _question_key(row: DataRow, infos: Mapping[Hashable, ImageInfo]) -> Hashable:
    """Return what rows with the same question about the same media share."""
    images = tuple(infos[media_key(image)].digest or media_key(image) for image in row.images)
    others = tuple(part for part in row.example.conversation.parts if isinstance(part, Audio | Video))
    return (normalise(row.question), images, others, row.example.choices)


def _conflicts(groups: Sequence[Sequence[DataRow]]) -> list[Finding]:
    numbers: list[int] = []
    shown = ""
    for rows in groups:
        answers = [{normalise(answer) for answer in row.example.answers} for row in rows]
        if any(not one & other for one in answers for other in answers):
            numbers += [row.number for row in rows]
            shown = shown or " and ".join(repr(row.example.answer[:40]) for row in rows[:3])
    if not numbers:
        return []
    message = f"{len(numbers)} rows ask the same of the same picture and have different answers, e.g. {shown}."
    hint = 'Decide for one, or put what several people said into one row: "answers": ["red", "dark red"].'
    return [Finding("conflicting-answers", message, tuple(sorted(numbers)), hint, True)]


def _duplicate_rows(groups: Sequence[Sequence[DataRow]]) -> list[Finding]:
    numbers = []
    for rows in groups:
        answers = [tuple(sorted(map(normalise, row.example.answers))) for row in rows]
        counts = Counter(answers)
        numbers += [row.number for row, answer in zip(rows, answers, strict=True) if counts[answer] > 1]
    if not numbers:
        return []
    message = f"{len(numbers)} rows have the same question, picture and answer as another."
    return [Finding("duplicate-row", message, tuple(sorted(numbers)), "Keep one of each.", False)]


def _imbalance(rows: Sequence[DataRow]) -> list[Finding]:
    """Find an answer that nearly always comes: of all rows, or else of those whose questions begin alike."""
    if finding := _one_sided("of all rows", rows):
        return [finding]
    by_kind: dict[str, list[DataRow]] = {}
    for row in rows:
        by_kind.setdefault(beginning(row.question), []).append(row)
    found = [_one_sided(f'of the questions "{kind} …"', group) for kind, group in by_kind.items() if kind]
    return [finding for finding in found if finding]


def _one_sided(where: str, rows: Sequence[DataRow]) -> Finding | None:
    if len(rows) < _MIN_ROWS:
        return None
    counts = Counter(normalise(row.example.answer) for row in rows)
    answer, count = counts.most_common(1)[0]
    fair, share = 1 / len(counts), count / len(rows)
    if len(counts) > 1 and share <= fair + _MAX_ABOVE_FAIR * (1 - fair):
        return None
    message = f"{answer[:40]!r} is the answer {where} in {count} of {len(rows)} rows ({share:.0%})."
    hint = "Add rows with other answers, or leave some of these out: a model learns to say it without looking."
    numbers = tuple(row.number for row in rows if normalise(row.example.answer) == answer)
    return Finding("answer-imbalance", message, numbers, hint, False)
