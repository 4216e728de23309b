"""Lanes: evidence of a film along its length, a lane or more for each source, so that none lies over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from sensorium.video.report.frames import PlacedEvidence
from sensorium.video.watch.evidence import Source


@dataclass(frozen=True)
class EvidenceMark:
    """A piece of evidence on a lane.

    Args:
        number: Of the evidence in its list, from 1.
        start, end: Shares of the film's length, 0 to 1.
    """

    number: int
    start: float
    end: float


@dataclass(frozen=True)
class EvidenceLane:
    """Marks that don't overlap, of one source, in order."""

    source: Source
    marks: tuple[EvidenceMark, ...]


def lanes(evidence: Sequence[tuple[int, PlacedEvidence]], seconds: float, shortest: float) -> list[EvidenceLane]:
    """Return lanes of a film's evidence; as few as there can be of each source.

    Args:
        evidence: With their numbers; all of one film.
        seconds: The film's length.
        shortest: The least share of the length that a mark takes, so that it is seen.
    """
    rows: list[tuple[Source, list[EvidenceMark]]] = []
    for source in get_args(Source):
        own = [(number, each.evidence) for number, each in evidence if each.evidence.source == source]
        first = len(rows)
        for number, item in sorted(own, key=lambda pair: pair[1].start):
            start, end = (min(1.0, at / max(seconds, 1e-6)) for at in (item.start, item.end))
            start = min(start, 1 - shortest)
            mark = EvidenceMark(number, start, max(end, start + shortest))
            free = next((marks for _, marks in rows[first:] if marks[-1].end <= start), None)
            if free is None:
                rows.append((source, [mark]))
            else:
                free.append(mark)
    return [EvidenceLane(source, tuple(marks)) for source, marks in rows]
