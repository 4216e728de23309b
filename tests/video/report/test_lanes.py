"""video/report/lanes: no mark lies over another one."""

from __future__ import annotations

import random

import pytest

from sensorium.video.report.frames import PlacedEvidence
from sensorium.video.report.lanes import lanes
from sensorium.video.watch.evidence import Source, TimedEvidence


def of(number: int, start: float, end: float, source: Source = "seen") -> tuple[int, PlacedEvidence]:
    return number, PlacedEvidence(0, TimedEvidence(start, end, "", source))


def test_what_overlaps_gets_a_lane_of_its_own() -> None:
    rows = lanes([of(1, 0, 5), of(2, 2, 3), of(3, 5, 10), of(4, 0, 1, "read")], 10, 0.01)
    assert [(row.source, [mark.number for mark in row.marks]) for row in rows] == [
        ("seen", [1, 3]), ("seen", [2]), ("read", [4]),
    ]  # fmt: skip
    assert (rows[0].marks[1].start, rows[0].marks[1].end) == (0.5, 1.0)


def test_the_shortest_is_still_seen_also_at_the_end() -> None:
    (row,) = lanes([of(1, 10, 10)], 10, 0.05)
    assert (row.marks[0].start, row.marks[0].end) == pytest.approx((0.95, 1.0))


def test_any_evidence_is_on_one_lane_once() -> None:
    chance = random.Random(0)
    evidence = []
    for number in range(200):
        start = chance.uniform(0, 99)
        evidence.append(of(number, start, chance.uniform(start, 100), chance.choice(("seen", "heard"))))
    rows = lanes(evidence, 100, 0.01)
    assert sorted(mark.number for row in rows for mark in row.marks) == list(range(200))
    for row in rows:
        assert all(0 <= mark.start < mark.end <= 1 + 1e-9 for mark in row.marks)
        assert all(one.end <= other.start + 1e-9 for one, other in zip(row.marks, row.marks[1:], strict=False))
