"""Piper: one natural English voice, by its real weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sensorium import load
from sensorium.backends import piper
from sensorium.backends.piper import Piper, packaged_voice
from sensorium.core.errors import InputError, InstallError, LimitError
from sensorium.media.audio import seconds


def test_it_speaks_english() -> None:
    spoken = load("piper", "speaker").speak("It is a cat.", "en-GB")
    assert 0.5 < seconds(spoken) < 2.5
    slow = Piper(length_scale=1.6).speak("It is a cat.", "en")
    assert seconds(slow) > 1.3 * seconds(spoken)


def test_without_variation_the_same_words_always_sound_the_same() -> None:
    usual, steady = Piper(), Piper(variation=0.0)
    assert steady.speak("It is a cat.", "en") == steady.speak("It is a cat.", "en")
    assert usual.speak("It is a cat.", "en") != usual.speak("It is a cat.", "en")


def test_other_languages_are_not_its() -> None:
    with pytest.raises(LimitError, match="does not speak Hindi"):
        Piper().speak("यह", "hi")
    with pytest.raises(InputError, match="text is empty"):
        Piper().speak(" ", "en")


def test_another_voice_is_named_by_its_file(tmp_path: Path) -> None:
    shutil.copy(packaged_voice(), tmp_path / "v.onnx")
    about = json.loads(packaged_voice().with_name("en_US-joe-medium.onnx.json").read_text())
    (tmp_path / "v.onnx.json").write_text(json.dumps(about | {"language": {"code": "en_GB"}}))
    voice = load(f"piper:{tmp_path / 'v.onnx'}", "speaker")
    assert voice.languages == ("en",) and seconds(voice.speak("Hello.", "en")) > 0.2


@pytest.mark.parametrize(
    ("beside", "said"), [(None, "does not exist"), ("{}", "does not say"), ("no json", "does not say")]
)
def test_what_is_no_voice_is_told(beside: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "v.onnx"
    if beside is not None:
        path.write_bytes(b"")
        path.with_name("v.onnx.json").write_text(beside)
    with pytest.raises(InputError, match=said):
        load(f"piper:{path}", "speaker")


def test_changed_weights_are_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "joe_changed"
    shutil.copytree(packaged_voice().parent, package / "data")
    (package / "__init__.py").write_text("")
    with (package / "data" / "en_US-joe-medium.onnx").open("r+b") as file:
        file.seek(1000)
        file.write(b"\0\1\2\3")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(piper, "_PACKAGE", "joe_changed")
    with pytest.raises(InstallError, match="is not the expected file"):
        packaged_voice()
    monkeypatch.setattr(piper, "_PACKAGE", "joe_missing")
    with pytest.raises(InstallError, match="not installed"):
        packaged_voice()
