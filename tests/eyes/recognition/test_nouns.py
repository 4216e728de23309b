"""Everyday nouns of other languages in English, and what is left alone."""

from __future__ import annotations

import gzip

import pytest

from sensorium.eyes.recognition.nouns import load_lexicon, noun_bytes, translate_nouns


@pytest.mark.parametrize(
    ("text", "language", "nouns"),
    [
        ("un vestido azul", "es", ("dress", "blue")),
        ("Kleid", "de", ("dress",)),
        ("Schuhe", "de", ("shoe",)),
        ("robe rouge", "fr", ("dress", "red")),
        ("टोपी", "hi", ("hat",)),
        ("தொப்பி", "ta", ("hat",)),
        ("حذاء أحمر", "ar", ("shoe", "red")),
        ("a blue dress", "en", ()),
        ("boots", "en", ()),
        ("red shoes with a logo", "en", ()),
        ("men's trousers", "en", ()),
        ("parka", "en", ()),
        ("Nike Air Max 90", "en", ()),
        ("", "en", ()),
        ("42", "en", ()),
        ("ᚠᚢᚦ", "", ()),
    ],
)
def test_nouns_of_a_text(text: str, language: str, nouns: tuple[str, ...]) -> None:
    assert translate_nouns(text) == (language, nouns)


@pytest.mark.parametrize("text", ["犬と猫", "小狗"])
def test_scripts_without_spaces(text: str) -> None:
    assert "dog" in translate_nouns(text).nouns


def test_composed_and_decomposed_letters_are_the_same() -> None:
    import unicodedata

    for word in ("pantalón", "Mütze", "टी-शर्ट"):
        assert translate_nouns(unicodedata.normalize("NFD", word)) == translate_nouns(word)


def test_the_file_holds_26_languages_and_english_for_every_noun() -> None:
    lines = gzip.decompress(noun_bytes()).decode("utf-8").split("\n")
    assert all(line.count("\t") == 2 for line in lines)
    lexicon = load_lexicon()
    assert len(lexicon.words) == 27 and "en" not in lexicon.english
    assert all(len(table) > 2000 for table in lexicon.english.values())


def test_a_long_text_takes_little_time() -> None:
    import time

    start = time.process_time()
    translate_nouns("ein Kleid für eine Sommerparty " * 500)
    assert time.process_time() - start < 5
