"""Where a text changes to letters that its language is not written with."""

from __future__ import annotations

import pytest

from sensorium.core.scripts import by_script, written_so


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
    assert by_script(text, language) == found
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
    assert written_so(text, language) == pytest.approx(share)
