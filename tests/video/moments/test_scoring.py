"""video/scoring: what a film's other frames say about a score."""

from __future__ import annotations

import numpy as np
import pytest

from sensorium.video.moments.scoring import ALWAYS, DEVIATIONS, FrameScores, picture_threshold


def frames(scores: np.ndarray) -> FrameScores:
    return FrameScores(np.arange(len(scores), dtype=float), scores, np.zeros((len(scores), 4), dtype=np.float32))


def test_a_picture_must_stand_out_of_the_film() -> None:
    chance = np.random.default_rng(0)
    for spread, over in ((0.015, 0.15), (0.002, 0.08), (0.05, 0.222)):
        scores = np.append(chance.normal(0.2, spread, 300), 0.9)
        assert picture_threshold(frames(scores), "offline").score == pytest.approx(0.2 + over, abs=0.02)
    assert picture_threshold(frames(scores), "other").score == pytest.approx(0.2 + DEVIATIONS * 0.05, abs=0.1)
    scores[:250] = 0.8  # there nearly all the time
    assert picture_threshold(frames(scores), "offline").score == ALWAYS["offline"]
    assert picture_threshold(frames(np.zeros(0)), "offline").score == 0.0
