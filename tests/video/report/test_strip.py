"""video/report/strip: the frames, their order and the bar, told by the pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from films import number_of

from sensorium import Blob, Image
from sensorium.core.errors import InputError
from sensorium.media.image import pixels
from sensorium.video.report.strip import COLOURS, evidence_strip
from sensorium.video.watch.evidence import Source, TimedEvidence, WatchReply

CELL = 360


def reply(*evidence: TimedEvidence, answer: str = "At 3 s.") -> WatchReply:
    return WatchReply(answer, 0.8, False, evidence, "offline", "")


def of(start: float, end: float, source: Source = "seen", name: str = "") -> TimedEvidence:
    return TimedEvidence(start, end, "a red car", source, name)


def cell(strip: np.ndarray, place: int, top: int) -> np.ndarray:
    left = 10 + place * (CELL + 10)
    return strip[top : top + 108, left : left + CELL]


def marks(strip: np.ndarray, source: Source) -> list[tuple[int, int]]:
    """Return first and last columns of the marks of a source on the bar, the lowest 120 rows."""
    near = np.abs(strip[-120:].astype(int) - COLOURS[source]).max(axis=2) < 40
    columns = np.flatnonzero(near.sum(axis=0) > 6)
    gaps = np.flatnonzero(np.diff(columns) > 12)
    return [(int(run[0]), int(run[-1])) for run in np.split(columns, gaps + 1)]


def test_each_cell_shows_the_frame_of_its_evidence_in_order(folder: Path) -> None:
    answer = reply(of(8, 9, "read"), of(2, 4), of(5, 5, "heard"))
    strip = pixels(evidence_strip(answer, "Where?", [Blob(folder / "harbour.mp4")]), 4000)
    assert strip.shape[1] == 3 * CELL + 4 * 10
    top = 12 + 27 + 23 + 8  # under the question and the answer
    assert [number_of(cell(strip, place, top)) for place in range(3)] == [30, 50, 85]


def test_the_bar_shows_where_it_lies(folder: Path) -> None:
    strip = pixels(evidence_strip(reply(of(3, 6), of(9, 12, "read")), "Where?", [Blob(folder / "harbour.mp4")]), 4000)
    left, room = 94, strip.shape[1] - 104
    ((start, end),) = marks(strip, "seen")
    assert (start, end) == pytest.approx((left + room * 0.25, left + room * 0.5), abs=6)
    ((start, end),) = marks(strip, "read")
    assert (start, end) == pytest.approx((left + room * 0.75, left + room), abs=6)


def test_each_film_has_a_bar_of_its_own(folder: Path) -> None:
    films = [Blob(folder / "harbour.mp4"), Blob(folder / "market.mp4")]
    one = pixels(evidence_strip(reply(of(3, 6)), "Where?", films[:1]), 4000)
    both = pixels(evidence_strip(reply(of(3, 6, "seen", "harbour.mp4")), "Where?", films), 4000)
    assert both.shape[0] > one.shape[0] + 60
    market = reply(of(3, 6, "seen", "market.mp4"))
    ((start, end),) = marks(pixels(evidence_strip(market, "Where?", films), 4000), "seen")
    assert (start, end) == pytest.approx((94 + 646 / 2, 740), abs=6)


def test_words_of_any_script_and_length_fit(folder: Path) -> None:
    film = [Blob(folder / "harbour.mp4")]
    long = TimedEvidence(1, 2, "чай मीठा — café 茶 " * 40, "read")
    strip = evidence_strip(reply(long, answer="very " * 300), "why " * 300, film)
    assert pixels(strip, 4000).shape[1] == 2 * CELL + 30


def test_chapters_stand_in_for_evidence_and_nothing_is_an_error(folder: Path) -> None:
    film = [Blob(folder / "harbour.mp4")]
    told = WatchReply("Two parts.", None, False, (), "offline", "", chapters=(of(0, 6), of(6, 12)))
    strip: Image = evidence_strip(told, "Summarise", film)
    assert strip.blob.data[:2] == b"\xff\xd8"
    with pytest.raises(InputError, match="no evidence that a strip could show"):
        evidence_strip(reply(), "Where?", film)


def test_more_than_it_holds_is_told_to_be_left_out(folder: Path) -> None:
    film = [Blob(folder / "harbour.mp4")]
    most = pixels(evidence_strip(reply(*[of(n / 10, n / 10) for n in range(48)]), "Where?", film), 8000)
    more = pixels(evidence_strip(reply(*[of(n / 10, n / 10) for n in range(60)]), "Where?", film), 8000)
    assert more.shape == (most.shape[0] + 18, most.shape[1], 3)
