"""What sees scenes, texts and motion for the models: one pass, in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
from watched import still_film

from sensorium import Blob
from sensorium.cli.film.observers import motion_words, observers


@pytest.mark.parametrize(
    ("mover", "direction", "words"),
    [
        ("camera", "left", "the camera moves left"),
        ("object", "nearer", "something comes nearer"),
        ("object", "away", "something moves away"),
        ("object", "", "something moves"),
    ],
)
def test_motion_in_words(mover: str, direction: str, words: str) -> None:
    assert motion_words(mover, direction) == words


def test_one_pass_sees_scenes_texts_and_that_nothing_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    page = PIL.Image.new("RGB", (640, 360), (30, 60, 30))
    PIL.ImageDraw.Draw(page).text((120, 140), "PLATFORM 7", (255, 255, 255), PIL.ImageFont.load_default(64))
    film = Blob(still_film(np.asarray(page), 6))
    cutter, reader, motion = observers(True, True, True)
    assert reader is not None and motion is not None
    assert [(span.text, span.start) for span in cutter.observe(film)] == [("start", 0.0)]
    (text,) = reader.observe(film)
    assert text.text == "PLATFORM 7" and text.start == 0.0 and text.end > 5
    assert list(motion.observe(film)) == []


def test_without_reading_only_scenes_are_seen() -> None:
    cutter, reader, motion = observers(False, False, True)
    assert cutter.name.startswith("scenes") and reader is None and motion is None
