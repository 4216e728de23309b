"""video/film_index: what is kept of a film, what is not done twice, and what a killed run leaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted_films import CountingColours, planted_film

from sensorium import Blob
from sensorium.core.errors import InputError, MediaError
from sensorium.video import Sampling, index_film
from sensorium.video.moments.film_index import FilmIndex, film_digest
from sensorium.video.moments.pieces import tile_shares


def rows(index: FilmIndex) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    parts = list(index.parts())
    return (
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.vectors for part in parts]),
        np.concatenate([part.shares for part in parts]),
    )


def test_each_frame_has_its_pieces(tmp_path: Path) -> None:
    film = Blob(planted_film(tmp_path / "a.mp4"))
    index, decoded = index_film(film, CountingColours(), tmp_path / "i")
    times, vectors, shares = rows(index)
    assert decoded == pytest.approx(12.0, abs=0.1) and index.info.complete
    assert times == pytest.approx(np.arange(12), abs=0.001)
    tiles = tile_shares("tiles", (200, 120))
    assert vectors.shape == (12 * len(tiles), 3) and np.allclose(
        np.linalg.norm(vectors.astype(float), axis=1), 1, atol=2e-3
    )
    assert [tuple(share) for share in shares[: len(tiles)]] == [tuple(np.float32(t)) for t in tiles]
    red = vectors.reshape(12, -1, 3)[:, -1, 0]
    assert red[4:7].min() > 0.62 > red[[0, 1, 2, 3, 7, 8]].max()


def test_the_second_time_nothing_is_decoded_or_embedded(tmp_path: Path) -> None:
    path = planted_film(tmp_path / "a.mp4")
    index_film(Blob(path), CountingColours(), tmp_path / "i")
    moved = path.rename(tmp_path / "renamed.mp4")
    again = CountingColours()
    index, decoded = index_film(Blob(moved), again, tmp_path / "i")
    assert (decoded, again.pictures) == (0.0, 0) and index.info.complete


def test_another_embedder_sampling_or_film_has_an_index_of_its_own(tmp_path: Path) -> None:
    film = Blob(planted_film(tmp_path / "a.mp4"))
    other = CountingColours()
    other.version = "2"
    made = {
        index_film(film, CountingColours(), tmp_path / "i")[0].folder,
        index_film(film, other, tmp_path / "i")[0].folder,
        index_film(film, CountingColours(), tmp_path / "i", Sampling(2.0))[0].folder,
        index_film(film, CountingColours(), tmp_path / "i", pieces="whole")[0].folder,
        index_film(Blob(planted_film(tmp_path / "b.mp4", 3.0)), CountingColours(), tmp_path / "i")[0].folder,
    }
    assert len(made) == 5


def test_what_does_not_change_is_not_embedded_again(tmp_path: Path) -> None:
    embedder = CountingColours()
    index_film(Blob(planted_film(tmp_path / "a.mp4", shown=())), embedder, tmp_path / "i")
    assert 20 < embedder.pictures < 12 * 9 * 0.9  # of 120: the bar does not cross every tile in a second


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    film = Blob(planted_film(tmp_path / "a.mp4", 150.0, ((100.0, 110.0),)))
    whole, _ = index_film(film, CountingColours(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        index_film(film, CountingColours(fails_after=550), tmp_path / "i")
    later = CountingColours()
    index, decoded = index_film(film, later, tmp_path / "i")
    assert decoded == pytest.approx(90.0, abs=0.2) and later.pictures < 950
    for mine, right in zip(rows(index), rows(whole), strict=True):
        assert np.array_equal(mine, right)


def test_a_detectors_boxes_are_pieces_too(tmp_path: Path) -> None:
    film = Blob(planted_film(tmp_path / "a.mp4"))
    box = (0.75, 0.58, 0.975, 0.96)
    index, _ = index_film(film, CountingColours(), tmp_path / "i", pieces="whole", detector=lambda pixels: [box])
    part = next(index.parts())
    boxes = np.isclose(part.shares, np.float32(box)).all(axis=1)
    assert boxes.sum() == 12
    assert (part.vectors[boxes][4:7, 0] > 0.9).all()


def test_memory_does_not_grow_with_the_film(tmp_path: Path) -> None:
    index, _ = index_film(Blob(planted_film(tmp_path / "a.mp4", 150.0)), CountingColours(), tmp_path / "i")
    assert [len(part.times) for part in index.parts()] == [60, 60, 30]


def test_a_broken_index_says_what_to_do(tmp_path: Path) -> None:
    film = Blob(planted_film(tmp_path / "a.mp4", 3.0))
    index, _ = index_film(film, CountingColours(), tmp_path / "i")
    part = index.folder / "00000.safetensors"
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(InputError, match="can't be read") as caught:
        list(index.parts())
    assert str(index.folder) in caught.value.hint
    (index.folder / "film.json").write_text("{")
    with pytest.raises(InputError, match=r"film\.json"):
        index_film(film, CountingColours(), tmp_path / "i")


def test_what_is_no_film_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no film " * 100)
    with pytest.raises(MediaError, match="isn't a video"):
        index_film(Blob(tmp_path / "a.mp4"), CountingColours(), tmp_path / "i")
    assert not (tmp_path / "i").exists()


def test_a_digest_needs_no_whole_reading(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for path in (first, second):
        path.write_bytes(b"film")
        with path.open("r+b") as file:
            file.truncate(4_000_000_000)
    assert film_digest(Blob(first)) == film_digest(Blob(second))
    with second.open("r+b") as file:
        file.seek(3_999_999_999)
        file.write(b"x")
    assert film_digest(Blob(first)) != film_digest(Blob(second))
