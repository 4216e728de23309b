"""A long film out of a short one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from films import number_of, numbered

from sensorium import Audio, Video
from sensorium.media.audio import samples
from sensorium.media.video import frame_at, probe

RECIPES = Path(__file__).parents[2] / "recipes"


def test_frames_come_again_at_their_times(tmp_path: Path) -> None:
    short, long = tmp_path / "short.mp4", tmp_path / "long.mp4"
    short.write_bytes(numbered(count=60)[0])
    program = (
        "import sys; from pathlib import Path; from film_repeat import repeated; repeated(*map(Path, sys.argv[1:3]), 4)"
    )
    subprocess.run([sys.executable, "-c", program, str(short), str(long)], cwd=RECIPES, check=True)
    assert probe(Video(long)).seconds == pytest.approx(8.0, abs=0.05)
    for turn in range(4):
        assert number_of(frame_at(Video(long), 2 * turn + 1.01).pixels) == 30


def test_sound_is_repeated_too(tmp_path: Path) -> None:
    pytest.importorskip("skimage")
    short, long = tmp_path / "short.mp4", tmp_path / "long.mp4"
    program = (
        "import sys; from pathlib import Path; from film import make; from film_repeat import repeated;"
        "short, long = map(Path, sys.argv[1:3]); make(short, 3, 8.0); repeated(short, long, 3)"
    )
    subprocess.run([sys.executable, "-c", program, str(short), str(long)], cwd=RECIPES, check=True)
    assert probe(Video(long)).seconds == pytest.approx(24.0, abs=0.3)
    once, thrice = (samples(Audio(path), 16_000) for path in (short, long))
    assert thrice.size == pytest.approx(3 * once.size, rel=0.02)
