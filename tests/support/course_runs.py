"""Lessons run as a learner runs them, with the network closed but for this machine."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import IO

import numpy as np
import PIL.Image
import pytest

from sensorium import Video
from sensorium.media.video import every, probe
from sensorium.video.watch.sound import has_sound

ROOT = Path(__file__).parents[2]
COURSE = ROOT / "course"
NAMES = sorted(file.parent.name for file in COURSE.glob("[0-9][0-9]-*/lesson.py"))
CLOSED = """
import socket

def _closed(function):
    def connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"the network is closed: {address!r}")
        return function(self, address)
    return connect

socket.socket.connect = _closed(socket.socket.connect)
socket.socket.connect_ex = _closed(socket.socket.connect_ex)
"""
KEYS = ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "SARVAM_API_KEY", "HF_TOKEN")


def close_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every Python that is started from now on reach this machine only, and find no key and settings of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(CLOSED)
    known = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(folder), str(ROOT / "src"), known))))
    monkeypatch.setenv("SENSORIUM_CONFIG", str(folder / "config" / "config.toml"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # beside other tests, threads that wait for each other are slower
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for key in (*KEYS, "SENSORIUM_MODEL", "OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.delenv(key, raising=False)


def difference(one: Path | IO[bytes], other: Path | IO[bytes]) -> float:
    """Return how much two pictures differ: the mean over pixels, from 0 to 255; 255 if their sizes differ.

    Of two archives: that of the pictures that differ most; 255 if anything else in them differs. Of two films: that of
    a frame each second; 255 if their lengths differ, or only one has sound.
    """
    if isinstance(one, Path) and one.suffix == ".zip":
        return _archive_difference(one, other)
    if isinstance(one, Path) and isinstance(other, Path) and one.suffix == ".mp4":
        return _film_difference(one, other)
    first, second = (np.asarray(PIL.Image.open(path).convert("RGB"), dtype=np.int16) for path in (one, other))
    return float(np.abs(first - second).mean()) if first.shape == second.shape else 255.0


def _film_difference(one: Path, other: Path) -> float:
    films = [Video(one), Video(other)]
    if probe(films[0]) != probe(films[1]) or has_sound(films[0].blob) != has_sound(films[1].blob):
        return 255.0
    pairs = zip(*(every(film, 1.0) for film in films), strict=True)
    return max(float(np.abs(a.pixels.astype(int) - b.pixels).mean()) for a, b in pairs)


def _archive_difference(one: Path | IO[bytes], other: Path | IO[bytes]) -> float:
    with zipfile.ZipFile(one) as first, zipfile.ZipFile(other) as second:
        if first.namelist() != second.namelist():
            return 255.0
        pictures = [name for name in first.namelist() if name.endswith(".png")]
        if any(first.read(name) != second.read(name) for name in set(first.namelist()) - {*pictures}):
            return 255.0
        return max(difference(first.open(name), second.open(name)) for name in pictures)
