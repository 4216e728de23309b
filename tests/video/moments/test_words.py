"""video/words: what frames score by words, and what unrelated queries say about a score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from planted_films import CountingColours, planted_film

from sensorium import Blob, Text
from sensorium.core.protocols import ClassEmbedder
from sensorium.retrieval.hubness import QueryBank, corrected
from sensorium.retrieval.query import Query, QueryTerm
from sensorium.video import find, index_film
from sensorium.video.moments.film_index import FilmInfo
from sensorium.video.moments.find import moments_of
from sensorium.video.moments.scoring import FrameScores
from sensorium.video.moments.words import (
    FALSE_ALARMS_PER_HOUR,
    LEAST,
    MOST_TAKEN,
    BankScores,
    bank_scores,
    film_bank,
    stand_out,
    standing_out,
    word_bank,
    word_scores,
    word_threshold,
    words_row,
)

INFO = FilmInfo("a", "", 100.0, 0, 0, "", "", 0, 1.0, None, None, 0, "tiles")


class ClassColours(CountingColours):
    """Colours with a classifier of one class, redness, in deviations; texts without "red" name nothing."""

    class_version = "1"
    asked = 0

    def class_rows(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += len(texts)
        rows = np.zeros((len(texts), self.dims), dtype=np.float32)
        for number, text in enumerate(texts):
            if "red" in text.split():
                rows[number, :3] = (16.0, -8.0, -8.0)
            else:
                seed = np.frombuffer(text.encode().ljust(8)[:8], dtype=np.uint64)
                rows[number] = np.random.default_rng(seed).normal(0, 0.5, self.dims)
        return rows


def bank(count: int = 200, dims: int = 16) -> QueryBank:
    rows = np.random.default_rng(1).normal(size=(count, dims)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return QueryBank(rows, tuple(f"topic {n % 10}" for n in range(count)))


def scored(known: QueryBank, frames: np.ndarray) -> BankScores:
    return BankScores(known, np.zeros(0), np.zeros(0), frames.astype(np.float16))


def test_words_must_score_over_what_unrelated_queries_reach_a_few_times_an_hour() -> None:
    chance, known = np.random.default_rng(2), bank()
    frames = chance.normal(0, 1, (200, 3600))
    threshold = word_threshold(scored(known, frames), known.rows[0], 1.0)
    over = frames > threshold.score
    alarms = (over[:, 1:] & ~over[:, :-1]).sum() / 200
    assert alarms == pytest.approx(FALSE_ALARMS_PER_HOUR, rel=0.15)
    assert threshold.false_alarms_per_hour == pytest.approx(FALSE_ALARMS_PER_HOUR, rel=0.05)
    longer = word_threshold(scored(known, np.tile(frames, (1, 3))), known.rows[0], 3.0)
    assert longer.score == pytest.approx(threshold.score, abs=0.01)  # the same film for longer: as many an hour


def test_where_unrelated_queries_reach_nothing_the_least_score_holds() -> None:
    known = bank()
    threshold = word_threshold(scored(known, np.zeros((200, 50))), known.rows[0], 50 / 3600)
    assert threshold.score == pytest.approx(LEAST, abs=0.01) and threshold.false_alarms_per_hour == 0
    assert word_threshold(scored(known, np.zeros((200, 0))), known.rows[0], 0.0).score >= LEAST


def test_queries_about_the_same_do_not_count_against_it() -> None:
    chance, known = np.random.default_rng(2), bank()
    noise = chance.normal(0, 1, (200, 500))
    before = word_threshold(scored(known, noise), known.rows[0], 0.14).score
    near = np.argsort(-(known.rows @ known.rows[0]))[:12]
    noise[near, 7:400:4] = 12.0  # what the film shows, asked in other words
    assert word_threshold(scored(known, noise), known.rows[0], 0.14).score == pytest.approx(before, abs=0.1)
    assert word_threshold(scored(known, noise), -known.rows[0], 0.14).score > 4  # they are unrelated to the opposite


def test_what_a_film_always_scores_is_taken_off_up_to_a_limit() -> None:
    chance = np.random.default_rng(0)
    street = 2.0 + chance.normal(0, 0.05, 200)
    street[100:103] += 3.0
    out = stand_out(street, 1.0)
    assert np.abs(np.delete(out, range(99, 104))).max() < 0.3
    assert out[101] == pytest.approx(3.0, abs=0.15) and out[[100, 102]] == pytest.approx(2.25, abs=0.2)
    long = np.zeros(200)
    long[50:150] = 5.5  # seen for 100 s: the film around it is itself
    assert stand_out(long, 1.0)[100] == pytest.approx(5.5 - MOST_TAKEN)
    assert np.array_equal(stand_out(np.stack([street, long]), 1.0), [out, stand_out(long, 1.0)])


def test_frames_that_lie_far_apart_are_not_evened_out() -> None:
    scores = np.zeros(30)
    scores[10] = 4.0
    assert stand_out(scores, 1.0)[10] == 2.0 and stand_out(scores, 5.0)[10] == stand_out(scores, None)[10] == 4.0
    assert stand_out(scores, 1.0, even=False)[10] == 4.0
    assert stand_out(np.zeros(0), 1.0).shape == (0,) and stand_out(np.array([2.0]), 1.0) == [0.0]


def test_a_moment_begins_and_ends_where_the_clear_scores_do() -> None:
    raw = np.zeros(100)
    raw[40:43], raw[70], raw[80:90] = (4.0, 5.0, 4.5), 6.0, 5.0
    raw[84] = 1.0  # a gap of one frame
    frames = standing_out(FrameScores(np.arange(100.0), raw, np.zeros((100, 4), dtype=np.float32)), 1.0)
    found = [moment for moment in moments_of("a", frames, 0.8, INFO) if moment.is_over]
    assert [(m.start, m.end) for m in found] == [(39.5, 42.5), (69.5, 70.5), (79.5, 89.5)]
    assert [m.best for m in found][:2] == [41.0, 70.0]


def test_what_is_seen_for_long_is_one_moment() -> None:
    chance = np.random.default_rng(3)
    raw = np.clip(chance.normal(0.5, 0.3, 300), 0, 1.5)
    raw[60:240] = 5.0 + chance.normal(0, 0.25, 180)
    raw[20:23] = 5.0
    frames = standing_out(FrameScores(np.arange(300.0), raw, np.zeros((300, 4), dtype=np.float32)), 1.0)
    found = [moment for moment in moments_of("a", frames, 2.0, INFO) if moment.is_over]
    assert [(m.start, m.end) for m in found] == [(19.5, 22.5), (59.5, 239.5)]


def test_a_classifier_finds_what_words_name(tmp_path: Path) -> None:
    embedder = ClassColours()
    assert isinstance(embedder, ClassEmbedder) and not isinstance(CountingColours(), ClassEmbedder)
    path = planted_film(tmp_path / "a.mp4", 40.0, ((20.0, 23.0),))
    index, _ = index_film(Blob(path), embedder, tmp_path / "i")
    found = find(Query.of("a red thing"), "a.mp4", index, embedder)
    (moment,) = found.moments
    assert (moment.start, moment.end) == pytest.approx((19.5, 22.5), abs=0.01)
    assert found.threshold.false_alarms_per_hour is not None
    assert moment.share == pytest.approx((0.64, 0.4, 1.0, 1.0))
    assert not find(Query.of("a green thing"), "a.mp4", index, embedder).moments
    asked = embedder.asked
    find(Query.of("a red thing"), "a.mp4", index, embedder)
    assert embedder.asked == asked + 1  # the bank is kept


def test_a_sum_of_words_is_the_mean_of_their_rows() -> None:
    embedder = ClassColours()
    rows = embedder.class_rows(["a red thing", "a cup"])
    query = Query((QueryTerm(Text("a red thing")), QueryTerm(Text("a cup"))))
    assert np.allclose(words_row(query, embedder), rows.mean(axis=0))
    without = Query((QueryTerm(Text("a red thing")), QueryTerm(Text("a cup"), -0.5)))
    assert np.allclose(words_row(without, embedder), rows[0] - 0.5 * rows[1])


def test_stored_scores_are_the_computed_ones(tmp_path: Path) -> None:
    embedder = CountingColours()
    index, _ = index_film(Blob(planted_film(tmp_path / "a.mp4", 5.0)), embedder, tmp_path / "i")
    small = bank(40, 3)
    first, second = bank_scores(index, small, embedder), bank_scores(index, small, embedder)
    vectors = np.concatenate([part.vectors for part in index.parts()]).astype(np.float32)
    best = corrected(small.rows, vectors, small.rows).reshape(40, 5, -1).max(axis=2)
    right = stand_out(best, 1.0)
    for scores in (first, second):
        assert np.allclose(scores.frames, right, atol=0.02)
    found = word_scores(index, small.rows[3], second)
    assert np.allclose(found.scores, right[3], atol=0.02) and found.edges is not None
    assert np.allclose(found.edges, stand_out(best[3], 1.0, even=False), atol=0.02)
    assert len(list(index.folder.glob("words-*.safetensors"))) == 1


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
    classes = ClassColours()
    assert film_bank(classes, tmp_path).rows.shape == word_bank(classes).rows.shape == (288, classes.dims)
    assert len(list(tmp_path.glob("bank-*.safetensors"))) == 2


def test_the_offline_embedder_finds_a_cat_by_its_name(tmp_path: Path) -> None:
    """scikit-image's Chelsea in a corner of a film of other photos, by words of two languages."""
    import PIL.Image

    data = pytest.importorskip("skimage.data")
    from sensorium import load
    from sensorium.media.image import encode
    from sensorium.video.haystack.compose import Planting, compose

    cat = encode(np.asarray(PIL.Image.fromarray(data.chelsea()).crop((60, 0, 400, 300))))
    source = planted_film(tmp_path / "plain.mp4", 6.0, ())
    film = compose(
        [Blob(source)], 30.0, [Planting(cat, 15.0, 18.0, 0.5, 1.0, (1.0, 0.0))], tmp_path / "a.mp4", (320, 180), 10
    )
    embedder = load("offline", role="embedder")
    assert isinstance(embedder, ClassEmbedder)
    index, _ = index_film(Blob(film), embedder, tmp_path / "i")
    for words in ("a cat", "eine Katze"):
        (moment,) = find(Query.of(words), "a.mp4", index, embedder).moments
        assert (moment.start, moment.end) == pytest.approx((15.0, 18.0), abs=0.51) and 15.0 <= moment.best < 18.0
    assert not find(Query.of("a fire engine"), "a.mp4", index, embedder).moments
