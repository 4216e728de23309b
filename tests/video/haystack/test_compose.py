"""video/compose: a film of the right length with pictures at their times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted_films import RED, planted_film

from sensorium import Blob
from sensorium.core.errors import InputError, MediaError
from sensorium.core.messages import Video
from sensorium.media.video import every, probe
from sensorium.video.haystack.compose import Planting, compose


def test_films_are_repeated_and_a_picture_comes_and_goes(tmp_path: Path) -> None:
    source = Blob(planted_film(tmp_path / "source.mp4", 2.0, ()))
    made = compose(
        [source, source], 7.0, [Planting(RED, 3.0, 4.5, 0.5, 1.0, (1.0, 1.0))], tmp_path / "a.mp4", (160, 120), 10
    )
    told = probe(Video(made))
    assert (told.seconds, told.width, told.height) == (pytest.approx(7.0, abs=0.11), 160, 120)
    red = [
        frame.at for frame in every(Video(made), 0.1) if int(frame.pixels[80, 120, 0]) - frame.pixels[80, 120, 1] > 90
    ]
    assert (min(red), max(red)) == pytest.approx((3.0, 4.4), abs=0.01)
    first = next(every(Video(made), 1.0)).pixels
    assert first[:10].mean() < 20 < 90 < first[50:70].mean()  # letterboxed


def test_a_half_transparent_picture_lets_the_film_through(tmp_path: Path) -> None:
    source = Blob(planted_film(tmp_path / "source.mp4", 1.0, ()))
    made = compose([source], 1.0, [Planting(RED, 0.0, 1.0, 1.0, 0.5)], tmp_path / "a.mp4", (160, 120), 10)
    middle = np.asarray(next(every(Video(made), 1.0)).pixels[60, 80], dtype=int)
    assert middle == pytest.approx([170, 75, 75], abs=25)


def test_what_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one film"):
        compose([], 5.0, [], tmp_path / "a.mp4")
    (tmp_path / "bad.mp4").write_bytes(b"no film" * 50)
    with pytest.raises(MediaError, match="isn't a video"):
        compose([Blob(tmp_path / "bad.mp4")], 5.0, [], tmp_path / "a.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.mp4"]
