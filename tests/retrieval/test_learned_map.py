"""Learned maps: a drawn collection whose pictures' and titles' rows are related, or are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import InputError
from sensorium.core.messages import Image, Text
from sensorium.retrieval import LearnedMap, Query, fit, load_map, scores, vector
from sensorium.retrieval.learned_map import MAX_FITTED

WORDS, LOOKS = 12, 20
DIMS = LOOKS + WORDS
NAMES = [f"thing {number}" for number in range(6)]


class Drawn:
    """A collection: a thing's look is a direction of its own, its name another: no plain score relates them."""

    def __init__(self, count: int, seed: int = 0, noise: float = 0.5, related: bool = True) -> None:
        rng = np.random.default_rng(seed)
        world = np.random.default_rng(99)
        looks, names = world.normal(size=(len(NAMES), LOOKS)), world.normal(size=(len(NAMES), WORDS))
        self.things = rng.integers(len(NAMES), size=count)
        self.pictures = np.zeros((count, DIMS), dtype=np.float32)
        self.pictures[:, :LOOKS] = looks[self.things] + noise * rng.normal(size=(count, LOOKS))
        self.pictures[:, LOOKS:] = 0.3 * rng.normal(size=(count, WORDS))  # the plain score: noise
        self.pictures /= np.linalg.norm(self.pictures, axis=1, keepdims=True)
        self.text_rows = np.zeros((len(NAMES), DIMS), dtype=np.float32)
        self.text_rows[:, LOOKS:] = names / np.linalg.norm(names, axis=1, keepdims=True)
        shown = self.things if related else rng.permutation(self.things)
        self.titles = [NAMES[thing] for thing in shown]
        self.title_rows = self.text_rows[shown]

    def precision(self, score_rows: np.ndarray) -> float:
        """Mean precision of the ten best for each name."""
        best = np.argsort(-score_rows, axis=1)[:, :10]
        return float(np.mean([self.things[best[thing]] == thing for thing in range(len(NAMES))]))


def learned(count: int = 120, **options: float) -> LearnedMap:
    drawn = Drawn(count, **options)  # type: ignore[arg-type]
    found = fit(drawn.pictures, drawn.title_rows, drawn.titles)
    assert found is not None
    return found


def test_titles_teach_which_look_has_which_name() -> None:
    found, unseen = learned(), Drawn(200, seed=1)
    plain = unseen.precision(unseen.text_rows @ unseen.pictures.T)
    joined = unseen.precision(np.stack([found.scores(row, unseen.pictures) for row in unseen.text_rows]))
    by_vector = np.stack([found.query(row, unseen.pictures) for row in unseen.text_rows]) @ unseen.pictures.T
    assert plain < 0.35 and joined > 0.9 and unseen.precision(by_vector) > 0.85
    assert found.gain.wins and found.gain.joined > found.gain.plain + 0.2 and found.share >= 0.5


def test_a_query_row_is_a_unit_row_of_the_space() -> None:
    found, unseen = learned(), Drawn(50, seed=1)
    row = found.query(unseen.text_rows[0], unseen.pictures)
    assert row.shape == (DIMS,) and row.dtype == np.float32 and abs(float(np.linalg.norm(row)) - 1) < 1e-5


def test_titles_that_say_nothing_of_the_look_teach_nothing() -> None:
    """Shuffled titles are accepted about as often as one standard error allows, and gain next to nothing then."""
    gained = []
    for seed in range(20):
        drawn = Drawn(60, seed=seed, related=False)
        found = fit(drawn.pictures, drawn.title_rows, drawn.titles, seed)
        gained += [] if found is None else [found.gain.joined - found.gain.plain]
    assert len(gained) <= 8 and all(gain < 0.15 for gain in gained)


def test_where_the_plain_score_is_right_it_keeps_its_share() -> None:
    drawn = Drawn(60, noise=3.0)
    drawn.pictures[:, LOOKS:] = drawn.title_rows[:, LOOKS:] + 0.05 * drawn.pictures[:, LOOKS:]
    drawn.pictures /= np.linalg.norm(drawn.pictures, axis=1, keepdims=True)
    found = fit(drawn.pictures, drawn.title_rows, drawn.titles)
    assert found is None or found.share < 1
    assert found is None or drawn.precision(np.stack([found.scores(r, drawn.pictures) for r in drawn.text_rows])) > 0.9


@pytest.mark.parametrize("count", [0, 1, 9])
def test_too_few_titled_pictures_teach_nothing(count: int) -> None:
    drawn = Drawn(count)
    assert fit(drawn.pictures, drawn.title_rows, drawn.titles) is None


def test_one_title_for_all_teaches_nothing() -> None:
    drawn = Drawn(40)
    assert fit(drawn.pictures, np.repeat(drawn.title_rows[:1], 40, axis=0), ["all the same"] * 40) is None


def test_pictures_all_alike_teach_nothing_and_do_no_harm() -> None:
    drawn = Drawn(40)
    alike = np.repeat(drawn.pictures[:1], 40, axis=0)
    found = fit(alike, drawn.title_rows, drawn.titles)
    assert found is None or np.isfinite(found.scores(drawn.text_rows[0], alike)).all()


def test_a_large_collection_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.retrieval.learned_map.MAX_FITTED", 100)
    assert MAX_FITTED == 20_000
    found, unseen = learned(5_000), Drawn(200, seed=1)
    assert found.gain.titled == 100
    assert unseen.precision(np.stack([found.scores(row, unseen.pictures) for row in unseen.text_rows])) > 0.85


def test_more_pictures_than_dims_give_the_same_map_as_the_other_system(monkeypatch: pytest.MonkeyPatch) -> None:
    from sensorium.retrieval.learned_map import _ridge

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 30)), rng.normal(size=(30, 4))
    x, y = x - x.mean(0), y - y.mean(0)
    tall = next(_ridge(np.concatenate([x, 0 * x[:1]]), np.concatenate([y, 0 * y[:1]]), (0.3 * 31 / 30,)))
    expected = np.linalg.solve(x.T @ x + 0.3 * np.trace(x.T @ x) / 30 * np.eye(30), x.T @ y)
    np.testing.assert_allclose(next(_ridge(x, y, (0.3,))), expected, atol=1e-6)
    np.testing.assert_allclose(tall, expected, atol=1e-6)


def test_the_same_seed_gives_the_same_map() -> None:
    np.testing.assert_array_equal(learned().weights, learned().weights)


def test_what_does_not_go_together_is_refused() -> None:
    drawn = Drawn(20)
    with pytest.raises(InputError, match="20 pictures, 20 rows and 19 titles"):
        fit(drawn.pictures, drawn.title_rows, drawn.titles[:-1])


def test_a_saved_map_is_the_same_again(tmp_path: Path) -> None:
    found, unseen = learned(), Drawn(30, seed=1)
    found.save(tmp_path / "map.safetensors")
    for again in (load_map(tmp_path / "map.safetensors"), load_map(found.to_bytes())):
        assert (again.share, again.penalty, again.gain) == (found.share, found.penalty, found.gain)
        row = unseen.text_rows[2]
        np.testing.assert_array_equal(again.scores(row, unseen.pictures), found.scores(row, unseen.pictures))


@pytest.mark.parametrize("content", [b"", b"no map", b"\x02\x00\x00\x00\x00\x00\x00\x00{}"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "map.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"map\.safetensors' can't be read as a learned map") as caught:
        load_map(path)
    assert caught.value.hint
    with pytest.raises(InputError, match="can't be read"):
        load_map(tmp_path / "missing")


class Named:
    """An embedder of the drawn names, and of pictures by number."""

    name, version, dims = "named", "1", DIMS

    def __init__(self, drawn: Drawn) -> None:
        self.drawn = drawn

    def embed(self, parts: object) -> np.ndarray:
        return np.stack(
            [
                self.drawn.text_rows[NAMES.index(part.text)]
                if isinstance(part, Text)
                else self.drawn.pictures[int(part.blob.data)]
                for part in parts  # type: ignore[attr-defined]
            ]
        )


def test_a_query_of_words_uses_the_map_and_one_by_picture_does_not() -> None:
    found, unseen = learned(), Drawn(200, seed=1)
    embedder = Named(unseen)
    by_words = Query.of(NAMES[3])
    ordered = scores(by_words, embedder, unseen.pictures, learned=found)
    assert np.mean(unseen.things[np.argsort(-ordered)[:10]] == 3) > 0.8
    np.testing.assert_allclose(
        vector(by_words, embedder, unseen.pictures, found), found.query(unseen.text_rows[3], unseen.pictures), atol=1e-5
    )
    by_picture = Query.of(Image(b"7"))
    np.testing.assert_allclose(vector(by_picture, embedder, unseen.pictures, found), unseen.pictures[7], atol=1e-5)
    plain = unseen.pictures @ unseen.pictures[7]
    ordered = scores(by_picture, embedder, unseen.pictures, learned=found)
    assert np.array_equal(np.argsort(-ordered), np.argsort(-plain))


def test_a_sum_of_a_picture_and_words_is_moved_by_both() -> None:
    found, unseen = learned(), Drawn(300, seed=1)
    embedder = Named(unseen)
    photo = int(np.flatnonzero(unseen.things == 1)[0])
    both = Query.of(Image(str(photo).encode()), NAMES[4])
    for ordered in (
        scores(both, embedder, unseen.pictures, learned=found),
        unseen.pictures @ vector(both, embedder, unseen.pictures, found),
    ):
        best = unseen.things[np.argsort(-ordered)[:60]]
        assert {1, 4} <= set(best) and np.mean((best == 1) | (best == 4)) > 0.7


def test_scores_of_no_rows() -> None:
    unseen = Drawn(10)
    assert scores(Query.of(NAMES[0]), Named(unseen), unseen.pictures[:0]).shape == (0,)


def test_two_titled_pictures_of_each_thing_teach_already() -> None:
    """Left out for want of certainty until the titles were tested by shuffling them."""
    found = 0
    for seed in range(10):
        drawn = Drawn(400, seed=seed)
        few = np.concatenate([np.flatnonzero(drawn.things == thing)[:2] for thing in range(len(NAMES))])
        learned_few = fit(drawn.pictures[few], drawn.title_rows[few], [drawn.titles[place] for place in few], seed)
        if learned_few is not None:
            ranked = np.stack([learned_few.scores(row, drawn.pictures) for row in drawn.text_rows])
            found += drawn.precision(ranked) > 2 * drawn.precision(drawn.text_rows @ drawn.pictures.T)
    assert found >= 9


def test_a_query_that_says_more_than_a_title_is_asked_as_a_title() -> None:
    found, unseen = learned(), Drawn(50, seed=1)
    longer = 0.6 * unseen.text_rows[2]
    longer[0] = 0.8  # a place that no title uses
    title = found._title(unseen.text_rows[2])
    np.testing.assert_allclose(found._title(longer), title, atol=1e-6)
