"""A folder with two pictures and no settings, and a model whose answer is prepared."""

from __future__ import annotations

from pathlib import Path

import pytest
from strange import saved

from sensorium import Box, Delta, Evidence
from sensorium.backends.fake import Fake


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.delenv("SENSORIUM_MODEL", raising=False)
    (tmp_path / "a.jpg").write_bytes(saved("JPEG"))
    (tmp_path / "b.png").write_bytes(saved("PNG"))
    return tmp_path


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Return a Fake in place of the chosen model; it records what it is asked."""
    evidence = (Evidence("read", "TOTAL\n9.90", Box(1, 2, 30, 40), 0.98), Evidence("colour", "red", image=1))
    fake = Fake(Delta("It is 9.90.", confidence=0.86, evidence=evidence), name="prepared")
    monkeypatch.setattr("sensorium.cli.inputs.load", lambda name: fake)
    return fake
