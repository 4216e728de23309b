"""video/report/frames: each piece of evidence has the frame of its middle, of its own film."""

from __future__ import annotations

from pathlib import Path

import pytest
from films import film, number_of

from sensorium import Blob
from sensorium.core.errors import InputError
from sensorium.video.report.frames import frames_of, named_films, placed
from sensorium.video.watch.evidence import TimedEvidence


def of(start: float, end: float, name: str = "") -> TimedEvidence:
    return TimedEvidence(start, end, "words", "seen", name)


def test_the_frame_in_the_middle_is_shown(folder: Path) -> None:
    films = named_films([Blob(folder / "harbour.mp4")])
    evidence = placed([of(9.0, 10.0), of(2.0, 4.0), of(5.55, 5.55)], films)
    assert [each.evidence.start for each in evidence] == [2.0, 5.55, 9.0]
    assert [number_of(frame) for frame in frames_of(evidence, films, 320) if frame is not None] == [30, 55, 95]


def test_films_are_told_apart_by_name(folder: Path) -> None:
    films = named_films([Blob(folder / "harbour.mp4"), Blob(folder / "market.mp4")])
    assert [(each.name, each.seconds, each.size) for each in films] == [
        ("harbour.mp4", 12.0, (320, 96)), ("market.mp4", 6.0, (320, 96)),
    ]  # fmt: skip
    evidence = placed([of(5, 5, "market.mp4"), of(4, 4, "harbour.mp4"), of(5, 5, "harbour.mp4")], films)
    assert [each.film for each in evidence] == [0, 0, 1]
    assert [number_of(frame) for frame in frames_of(evidence, films, 320) if frame is not None] == [40, 50, 50]


def test_evidence_of_another_film_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=r"'bakery\.mp4'.*isn't one of the films\. Give it too.*harbour\.mp4"):
        placed([of(1, 2, "bakery.mp4")], named_films([Blob(folder / "harbour.mp4")]))
    with pytest.raises(InputError, match="No film"):
        named_films([])


def test_times_after_the_end_are_the_last_frame(folder: Path) -> None:
    films = named_films([Blob(folder / "market.mp4")])
    evidence = placed([of(5.9, 99.0), of(50.0, 99.0)], films)
    assert [(each.evidence.start, each.evidence.end) for each in evidence] == [(5.9, 6.0), (6.0, 6.0)]
    assert [number_of(frame) for frame in frames_of(evidence, films, 320) if frame is not None] == [59, 59]


def test_a_broken_part_has_no_frame_and_the_others_have() -> None:
    data = bytearray(film(40, gop=10))
    films = named_films([Blob(bytes(data))])
    start = data.index(b"mdat") + 4
    data[start : start + (len(data) - start) // 3] = b"\0" * ((len(data) - start) // 3)
    broken = (type(films[0])(films[0].name, Blob(bytes(data)), films[0].seconds, films[0].size),)
    evidence = placed([of(0.0, 0.1), of(3.8, 3.9)], films)
    assert [frame is None for frame in frames_of(evidence, films, 64)] == [False, False]
    assert [frame is None for frame in frames_of(evidence, broken, 64)] == [True, False]
    assert films[0].name == "film 1"
