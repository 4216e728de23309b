"""video/pieces: where the tiles lie, and when a tile counts as unchanged."""

from __future__ import annotations

import numpy as np
import pytest

from sensorium.media.image import pixels
from sensorium.video.moments.pieces import GRIDS, cell_means, cut, images, tile_shares, unchanged


@pytest.mark.parametrize(("grid", "count"), [("whole", 1), ("tiles", 11), ("fine", 48)])
def test_the_tiles_cover_the_frame_and_overlap(grid: str, count: int) -> None:
    shares = tile_shares(grid, (640, 360))
    assert len(shares) == count and shares[0] == (0, 0, 1, 1) and set(GRIDS) >= {grid}
    covered = np.zeros((100, 100), dtype=int)
    for left, top, right, bottom in shares[1:]:
        assert 0 <= left < right <= 1 + 1e-9 and 0 <= top < bottom <= 1 + 1e-9
        assert (right - left) * 640 == pytest.approx((bottom - top) * 360)  # square
        covered[round(top * 100) : round(bottom * 100), round(left * 100) : round(right * 100)] += 1
    assert count == 1 or covered.min() >= 1


def test_a_tall_frame_has_the_tiles_of_a_wide_one_turned() -> None:
    wide, tall = tile_shares("tiles", (640, 360)), tile_shares("tiles", (360, 640))
    turned = sorted((t, left, b, right) for left, t, right, b in wide)
    assert np.allclose(turned, sorted(tall))
    assert len(tile_shares("tiles", (300, 300))) == 1 + 2 * 3


def test_a_small_thing_lies_whole_in_a_tile() -> None:
    chance = np.random.default_rng(0)
    tiles = tile_shares("tiles", (640, 360))[1:]
    for _ in range(200):
        left, top = chance.uniform(0, 1 - 70 / 640), chance.uniform(0, 1 - 70 / 360)
        box = (left, top, left + 70 / 640, top + 70 / 360)
        assert any(t[0] <= box[0] and t[1] <= box[1] and t[2] >= box[2] and t[3] >= box[3] for t in tiles)


def test_a_piece_is_what_is_there() -> None:
    frame = np.zeros((80, 120, 3), dtype=np.uint8)
    frame[40:, 60:] = (10, 200, 30)
    assert (cut(frame, (0.5, 0.5, 1.0, 1.0)) == (10, 200, 30)).all()
    (image,) = images(frame, [(0.5, 0.5, 1.0, 1.0)], 2.5)
    assert image.at == 2.5 and (pixels(image) == (10, 200, 30)).all()
    assert min(cut(frame, (0.99, 0.0, 0.995, 0.01)).shape[:2]) >= 12  # widened as far as the frame goes


def test_noise_is_no_change_and_a_small_thing_is() -> None:
    chance = np.random.default_rng(1)
    frame = chance.integers(60, 200, (96, 160, 3)).astype(np.uint8)
    noisy = np.clip(frame.astype(int) + chance.normal(0, 6, frame.shape), 0, 255).astype(np.uint8)
    small = noisy.copy()
    small[70:80, 130:140] = 255
    before = cell_means(frame)
    tiles = tile_shares("tiles", (160, 96))
    assert all(unchanged(cell_means(noisy), before, tile) for tile in tiles)
    changed = [not unchanged(cell_means(small), before, tile) for tile in tiles]
    assert changed[0] and changed[-1] and not changed[1]
    assert not unchanged(before, before[:3], tiles[0])
