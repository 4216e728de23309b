"""Codes and scripts of languages, and what was heard as JSON."""

from __future__ import annotations

import json

import pytest

from sensorium.core.errors import InputError
from sensorium.core.languages import (
    NAMES,
    Span,
    Transcript,
    handles,
    language,
    language_name,
    script_share,
    split_by_script,
)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("hi", "hi"), ("hi-IN", "hi"), ("HI", "hi"), ("hin", "hi"), ("Hindi", "hi"), (" hindi ", "hi"),
        ("od-IN", "or"), ("or", "or"), ("zh-Hans-CN", "zh"), ("cmn", "zh"), ("en_US", "en"), ("nb", "no"),
        ("Haitian Creole", "ht"), ("mni", "mni"),
    ],
)  # fmt: skip
def test_a_language_is_known_by_code_tag_or_name(given: str, code: str) -> None:
    assert language(given) == code


@pytest.mark.parametrize("given", ["", "  ", "h", "12", "hi IN", "Klingonese!", "日本語"])
def test_what_is_no_language_is_quoted(given: str) -> None:
    with pytest.raises(InputError, match="isn't a language code"):
        language(given)


def test_names_and_codes_go_both_ways() -> None:
    assert all(language(name) == code for code, name in NAMES.items())
    assert language_name("hi") == "Hindi" and language_name("xyz") == "xyz"


def test_none_stated_means_all() -> None:
    assert handles((), "hi") and handles(("en", "hi"), "hi") and not handles(("en",), "hi")


def test_a_transcript_is_json() -> None:
    heard = Transcript("Hello.", "en", 1.5, (Span("Hello.", 0.1, 1.0),), 0.9, None, "whisper")
    assert json.loads(json.dumps(heard.to_json())) == {
        "text": "Hello.", "language": "en", "seconds": 1.5, "spans": [{"text": "Hello.", "start": 0.1, "end": 1.0}],
        "confidence": 0.9, "language_confidence": None, "by": "whisper",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("", "en", []),
        ("12:45", "en", [("12:45", "en")]),
        ("Plain words.", "en", [("Plain words.", "en")]),
        ("It says शौचालय on it.", "en", [("It says ", "en"), ("शौचालय ", "hi"), ("on it.", "en")]),
        ("यह Dolo 650 है", "hi", [("यह Dolo 650 है", "hi")]),
        ("हे आहे", "mr", [("हे आहे", "mr")]),
        ("یہ ہے", "ur", [("یہ ہے", "ur")]),
        ("یہ ہے", "en", [("یہ ہے", "ar")]),
        ("日本の東京", "ja", [("日本の東京", "ja")]),
        ("«Привет», sagte er", "de", [("«", "de"), ("Привет», ", "ru"), ("sagte er", "de")]),
        ("ᱱᱚᱣᱟ and தமிழ்", "en", [("ᱱᱚᱣᱟ ", "sat"), ("and ", "en"), ("தமிழ்", "ta")]),
    ],
)
def test_by_script(text: str, language: str, found: list[tuple[str, str]]) -> None:
    assert split_by_script(text, language) == found
    assert "".join(piece for piece, _ in found) == text


@pytest.mark.parametrize(
    ("text", "language", "share"),
    [
        ("नमस्ते", "hi", 1.0), ("Namaste dunia", "hi", 0.0), ("نمستے", "hi", 0.0), ("نمستے", "ur", 1.0),
        ("Hello", "en", 1.0), ("नमस्ते", "en", 0.0), ("東京です", "ja", 1.0), ("Zdravo", "sr", 1.0),
        ("Здраво", "sr", 1.0),
        ("1, 2, 3", "hi", 1.0), ("", "hi", 1.0), ("अआइई abcd", "hi", 0.5),
    ],
)  # fmt: skip
def test_written_so(text: str, language: str, share: float) -> None:
    assert script_share(text, language) == pytest.approx(share)
