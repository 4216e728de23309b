"""The demo's film and what is found in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sensorium.core.messages import Video
from sensorium.media.video import probe

RECIPES = Path(__file__).parents[2] / "recipes"


def test_the_cat_is_found_by_words_and_by_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("skimage")
    run = subprocess.run(
        [sys.executable, str(RECIPES / "demo_find.py"), "--to", str(tmp_path)],
        capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("rightly") == 2 and "WRONGLY" not in run.stdout
    assert probe(Video(str(tmp_path / "film.mp4"))).seconds == pytest.approx(18, abs=0.2)
    assert (tmp_path / "found.jpg").read_bytes().startswith(b"\xff\xd8")
