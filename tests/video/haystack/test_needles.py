"""video/haystack: needles are planted where they are said to be, and films of every length are scored alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from coloured import picture
from planted_films import RED, CountingColours, planted_film

from sensorium import Blob
from sensorium.core.errors import InputError
from sensorium.retrieval.hubness import QueryBank
from sensorium.video.haystack.needles import Backdrop, HaystackPlan, Needle, plant, run, summary

PLAN = HaystackPlan((20.0, 60.0), (0.0, 0.5, 1.0), (0.5,), (1.0,))


@pytest.fixture
def backdrop(tmp_path: Path) -> Backdrop:
    films = [Blob(planted_film(tmp_path / "a.mp4", 6.0, ())), Blob(planted_film(tmp_path / "b.mp4", 5.0, ()))]
    return Backdrop.of(films, CountingColours(), PLAN)


@pytest.mark.parametrize(("size", "at"), [(0.5, (0.0, 0.0)), (0.25, (1.0, 1.0)), (1.0, (0.5, 0.5))])
def test_a_needle_lies_where_it_is_said_to(size: float, at: tuple[float, float]) -> None:
    frame = np.full((100, 160, 3), 90, dtype=np.uint8)
    needle = np.full((40, 20, 3), (250, 0, 0), dtype=np.uint8)
    laid, box = plant(frame, needle, size, 1.0, at)
    red = laid[..., 0] > 200
    rows, columns = np.nonzero(red)
    assert (columns.min() / 160, rows.min() / 100) == pytest.approx(box[:2])
    assert ((columns.max() + 1) / 160, (rows.max() + 1) / 100) == pytest.approx(box[2:])
    assert box[3] - box[1] == pytest.approx(size) and red.sum() == pytest.approx(size * 100 * size * 50, rel=0.05)
    assert (frame == 90).all()


def test_opacity_mixes_and_a_wide_needle_fits() -> None:
    frame, needle = np.zeros((100, 160, 3), dtype=np.uint8), np.full((10, 200, 3), 200, dtype=np.uint8)
    laid, box = plant(frame, needle, 1.0, 0.5)
    assert laid.max() == 100 and box[0] == 0 and box[2] == 1 and box[3] - box[1] < 0.1


def test_every_length_and_depth_has_a_trial(backdrop: Backdrop) -> None:
    trials = run([Needle("red", RED)], backdrop, PLAN)
    assert [(t.length, t.depth) for t in trials] == [(length, d) for d in PLAN.depths for length in PLAN.lengths]
    for trial in trials:
        assert 0 <= trial.start < trial.end <= trial.length and trial.by == "picture"
        assert trial.start == pytest.approx(trial.depth * (trial.length - 3), abs=1.01)
        assert trial.found and trial.is_best and trial.false_alarms == 0
        assert trial.start_error is not None and trial.start_error <= 0.51
        assert trial.end_error is not None and trial.end_error <= 0.51


def test_a_needle_that_looks_like_the_film_is_not_found(backdrop: Backdrop) -> None:
    grey = Needle("grey", type(RED)(np.full((64, 64, 3), 121, dtype=np.uint8)))
    assert not any(trial.found for trial in run([grey], backdrop, PLAN))
    faint = run([Needle("red", RED)], backdrop, HaystackPlan((20.0,), (0.5,), (0.05,), (0.05,)))
    assert not faint[0].found


def test_only_what_the_needle_touches_is_embedded_again(backdrop: Backdrop) -> None:
    embedder = backdrop.embedder
    assert isinstance(embedder, CountingColours)
    before = embedder.pictures
    rows = backdrop.planted(0, np.full((20, 20, 3), (255, 0, 0), dtype=np.uint8), 0.2, 1.0, (0.0, 0.0))
    assert embedder.pictures - before == 2  # the whole frame and one tile
    changed = np.any(rows != backdrop.vectors[0], axis=1)
    assert changed.tolist() == [True, True, *[False] * 9]


def test_by_text_too_if_there_is_one(backdrop: Backdrop) -> None:
    rows = np.abs(np.random.default_rng(0).normal(size=(60, 3))).astype(np.float32)
    bank = QueryBank(rows / np.linalg.norm(rows, axis=1, keepdims=True), tuple(f"t{n % 6}" for n in range(60)))
    trials = run([Needle("red", RED, "red"), Needle("blue", picture("blue"))], backdrop, PLAN, bank)
    assert sum(t.by == "text" for t in trials) == 6 and sum(t.by == "picture" for t in trials) == 12
    lines = summary(trials, backdrop)
    assert lines[0].startswith("By picture: found 12 of 12, 0.00 false alarms an hour; starts and ends within 0.")
    assert lines[-1] == "The films hold 0.2 minutes of different frames, shown over and over in longer ones."


@pytest.mark.parametrize(
    ("field", "value"),
    [("lengths", (0.0,)), ("depths", (1.5,)), ("sizes", ()), ("opacities", (0.0,)), ("seconds", 90.0)],
)
def test_a_plan_that_makes_no_sense_is_refused(field: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        HaystackPlan(**{field: value})  # type: ignore[arg-type]
    assert caught.value.hint
