"""video/scoring: what a film's other frames and unrelated queries say about a score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted_films import CountingColours, planted_film

from sensorium import Blob
from sensorium.retrieval.hubness import QueryBank, corrected
from sensorium.video import index_film
from sensorium.video.moments.scoring import (
    ALWAYS,
    DEVIATIONS,
    FALSE_ACCEPTS,
    BankScores,
    FrameScores,
    bank_scores,
    film_bank,
    picture_threshold,
    text_scores,
    text_threshold,
)


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


def bank(count: int = 200, dims: int = 16) -> QueryBank:
    rows = np.random.default_rng(1).normal(size=(count, dims)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return QueryBank(rows, tuple(f"topic {n % 10}" for n in range(count)))


def test_words_must_score_over_all_but_a_twentieth_of_unrelated_queries() -> None:
    chance, known = np.random.default_rng(2), bank()
    scores = BankScores(known, np.zeros(0), np.zeros(0), chance.normal(0, 1, (200, 500)).astype(np.float16))
    threshold = text_threshold(scores, known.rows[0], 0.5)
    peaks = scores.frames.max(axis=1)
    assert np.mean(peaks > threshold.score) == pytest.approx(FALSE_ACCEPTS, abs=0.02)
    assert threshold.false_alarms_per_hour == pytest.approx(FALSE_ACCEPTS / 0.5, rel=0.35)


def test_queries_about_the_same_do_not_count_against_it() -> None:
    chance, known = np.random.default_rng(2), bank()
    noise = chance.normal(0, 1, (200, 500))
    near = np.argsort(-(known.rows @ known.rows[0]))[:12]
    noise[near, 7] = 12.0  # what the film shows, asked in other words
    threshold = text_threshold(BankScores(known, np.zeros(0), np.zeros(0), noise.astype(np.float16)), known.rows[0], 1)
    assert threshold.score < 6


def test_stored_scores_are_the_computed_ones(tmp_path: Path) -> None:
    embedder = CountingColours()
    index, _ = index_film(Blob(planted_film(tmp_path / "a.mp4", 5.0)), embedder, tmp_path / "i")
    small = bank(40, 3)
    first, second = bank_scores(index, small), bank_scores(index, small)
    vectors = np.concatenate([part.vectors for part in index.parts()]).astype(np.float32)
    right = corrected(small.rows, vectors, small.rows).reshape(40, 5, -1).max(axis=2)
    for scores in (first, second):
        assert np.allclose(scores.frames, right, atol=0.02)
    row = small.rows[3]
    assert np.allclose(text_scores(index, row, second).scores, right[3], atol=0.02)
    assert len(list(index.folder.glob("bank-*.safetensors"))) == 1


def test_the_bank_is_embedded_once(tmp_path: Path) -> None:
    class Counting(CountingColours):
        texts = 0

        def embed(self, parts):  # type: ignore[no-untyped-def]
            self.texts += len(parts)
            return super().embed(parts)

    embedder = Counting()
    first, second = film_bank(embedder, tmp_path), film_bank(embedder, tmp_path)
    assert embedder.texts == len(first.topics) == 288
    assert np.array_equal(first.rows, second.rows) and first.topics == second.topics
