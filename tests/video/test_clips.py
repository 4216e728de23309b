"""video/clips: the frames of a clip are those of the film, by their numbers."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from films import film, number_of, numbered

from sensorium import Blob
from sensorium.core.errors import InputError, MediaError
from sensorium.media.decoding import Scaler
from sensorium.video.clips import cut


def shown(path: Path) -> list[tuple[float, int]]:
    """Return time and number of every frame that a player shows."""
    scaled = Scaler(320)
    with av.open(str(path)) as container:
        return [(float(frame.time), number_of(scaled(frame))) for frame in container.decode(video=0)]


@pytest.mark.parametrize("bf", ["0", "2"])
def test_from_a_keyframe_it_is_copied(tmp_path: Path, bf: str) -> None:
    data, _ = numbered(count=150, options={"preset": "veryfast", "g": "30", "bf": bf, "sc_threshold": "0"})
    clip = cut(Blob(data), 1.0, 2.5, tmp_path / "a.mp4")
    assert clip.copied and clip.start == pytest.approx(1.0)
    found = shown(clip.path)
    assert [number for _, number in found][:45] == list(range(30, 75))
    assert 45 <= len(found) <= 45 + 4 and clip.end == pytest.approx(1.0 + len(found) / 30, abs=0.01)
    assert found[0][0] == pytest.approx(0.0, abs=1e-3)


def test_between_keyframes_it_is_encoded_to_the_frame(tmp_path: Path) -> None:
    data, own = numbered(Fraction(24_000, 1001), 120, options={"preset": "veryfast", "g": "60"})
    clip = cut(Blob(data), own[31], own[55], tmp_path / "a.mp4")
    assert not clip.copied
    found = shown(clip.path)
    assert [number for _, number in found] == list(range(31, 55))
    assert [at for at, _ in found] == pytest.approx([own[n] - own[31] for n in range(31, 55)], abs=0.002)


def test_variable_rate_keeps_its_times(tmp_path: Path) -> None:
    data, own = numbered(count=60, variable=True, options={"preset": "veryfast", "g": "60"})
    found = shown(cut(Blob(data), own[20] + 0.001, own[30], tmp_path / "a.mkv").path)
    assert [number for _, number in found] == list(range(20, 30))
    gaps = np.diff([at for at, _ in found])[1:]
    assert gaps == pytest.approx(np.diff(own[20:30])[1:], abs=0.002)


def test_sound_goes_along(tmp_path: Path) -> None:
    clip = cut(Blob(film(40, 10, sound=True, gop=100)), 0.35, 1.0, tmp_path / "a.mp4")
    with av.open(str(clip.path)) as container:
        assert len(container.streams.audio) == 1
        heard = sum(frame.samples for frame in container.decode(audio=0)) / 44_100
    assert heard == pytest.approx(0.65, abs=0.08)


def test_what_cannot_be_cut_is_told(tmp_path: Path) -> None:
    blob = Blob(film())
    with pytest.raises(InputError, match="no length"):
        cut(blob, 2.0, 1.0, tmp_path / "a.mp4")
    with pytest.raises(InputError, match=r"'\.gif'"):
        cut(blob, 0.0, 1.0, tmp_path / "a.gif")
    with pytest.raises(InputError, match="can't be written"):
        cut(blob, 0.0, 1.0, tmp_path / "no" / "a.mp4")
    with pytest.raises(MediaError, match="isn't a video"):
        cut(Blob(io.BytesIO(b"x" * 500).getvalue()), 0.0, 1.0, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []
