"""Codes of languages, and what was heard as JSON."""

from __future__ import annotations

import json

import pytest

from sensorium.core.errors import InputError
from sensorium.core.languages import NAMES, Span, Transcript, handles, language, language_name


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
    with pytest.raises(InputError, match="no language's code"):
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
