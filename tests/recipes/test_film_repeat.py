"""A long film out of a short one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from films import number_of, numbered

from sensorium import Video
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
