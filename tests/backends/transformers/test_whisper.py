"""Whisper in transformers: the registry's base weights, renamed to a Hugging Face checkpoint, really hear."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from whisper_checkpoint import write

from sensorium import Audio, load
from sensorium.backends.piper import Piper
from sensorium.core.errors import InputError, LimitError, MediaError
from sensorium.media.audio import RATE, join, wav


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("whisper") / "base")


def said(text: str) -> Audio:
    return Piper(variation=0.0).speak(text, "en")


def words(text: str) -> str:
    return " ".join(re.findall(r"[\w']+", text.lower()))


@pytest.mark.slow
def test_it_hears_and_cuts_what_is_long_at_silences(folder: Path) -> None:
    who = load(f"transformers-whisper:{folder}?device=cpu&dtype=float32", "transcriber")
    question = said("Is there a cat in the picture?")
    heard = who.transcribe(question, "en")
    assert words(heard.text) == "is there a cat in the picture"
    assert heard.confidence is not None and 0.4 < heard.confidence <= 1 and heard.by == who.name
    long = who.transcribe(join([question, wav(np.zeros(30 * RATE, np.float32)), question]), None)
    assert len(long.spans) == 2 and all(span.end - span.start <= 30 for span in long.spans)
    assert words(long.text).count("cat in the picture") == 2 and long.language == "en"
    with pytest.raises(LimitError, match="does not transcribe Santali"):
        who.transcribe(question, "sat")
    with pytest.raises(MediaError):
        who.transcribe(Audio(b"nonsense"), "en")
    assert who.transcribe(wav(np.zeros(RATE)), "en").text == ""


def test_what_is_no_whisper_is_told(folder: Path, tmp_path: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": "bert", "architectures": ["BertModel"]}))
    with pytest.raises(InputError, match="of the type 'bert', not whisper"):
        load(f"transformers-whisper:{tmp_path}", "transcriber").transcribe(wav(np.full(RATE, 0.1)), "en")
    with pytest.raises(InputError, match="name of a model is missing"):
        load("transformers-whisper", "transcriber")
