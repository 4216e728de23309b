"""Everyday nouns of 26 languages in English: what lets an English text encoder take a query in another language."""

from __future__ import annotations

import gzip
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sensorium.eyes.question.sentence_vectors import is_word

_FILE = Path(__file__).parent / "data" / "nouns.tsv.gz"  # made by recipes/nouns.py
_MOST_WORDS = 3
_LEAST_LETTERS, _SHARED_STEM = 4, 0.75  # of an inflected word: Schuhe is Schuh; tuned on words of no benchmark
_WORD = re.compile(r"[^\s\d_.,;:!?()\[\]|/\"“”„«»।]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_MOST_CHARACTERS = 8  # of a word in a script without spaces
_LAST_LATIN, _LATIN_ENDINGS = "\u024f", ("s", "e", "n", "en", "es", "er")  # of plurals: zapatos, Schuhe; not parka
ENGLISH, _MERE_WORD = "en", 0.75
"""A word that names nothing in English, though it is one, says less than a name elsewhere: Hose, robe."""


class Lexicon(NamedTuple):
    """The file's content: words that are parts of the language's names, its nouns with their English, and stems."""

    words: dict[str, frozenset[str]]
    english: dict[str, dict[str, str]]
    stems: dict[str, dict[str, tuple[str, ...]]]


class NounsInEnglish(NamedTuple):
    """The language that a text seems to be in, "" if it can't be told but isn't English, and its nouns in English."""

    language: str
    nouns: tuple[str, ...]


def translate_nouns(text: str) -> NounsInEnglish:
    """Return a text's language and, of another than English, the nouns that are known, in its order.

    Example:
        >>> translate_nouns("un vestido azul").nouns, translate_nouns("a blue dress").language
        (('dress', 'blue'), 'en')
    """
    words = [word for word in _WORD.findall(unicodedata.normalize("NFC", text).lower()) if word.strip("-'’")]
    language = _language_of(words)
    if language in ("", ENGLISH):
        return NounsInEnglish(language, ())
    return NounsInEnglish(language, tuple(dict.fromkeys(_nouns(words, language))))


def _language_of(words: Sequence[str]) -> str:
    """Return the language that has the most of the words among its names of things; English if in doubt."""
    lexicon = load_lexicon()
    pieces = [piece for word in words for piece in ([word] if not _UNSPACED.search(word) else list(word))]
    hits = {
        language: sum(1.0 if piece in known else 0.5 * bool(_inflected(piece, language)) for piece in pieces)
        for language, known in lexicon.words.items()
    }
    for piece in pieces:
        if piece not in lexicon.words[ENGLISH] and is_word(piece):
            hits[ENGLISH] += _MERE_WORD
    best = max(hits, key=lambda language: hits[language])
    if hits[best] and any(map(_UNSPACED.search, words)):  # Chinese and Japanese share characters
        best = max(set(hits) - {ENGLISH}, key=lambda language: (len([*_nouns(words, language)]), hits[language]))
    if hits[ENGLISH] < hits[best]:
        return best
    return "" if not hits[best] and any(piece[0] > _LAST_LATIN for piece in pieces) else ENGLISH


def noun_bytes() -> bytes:
    """Return the bytes of the file of nouns."""
    return _FILE.read_bytes()


@cache
def load_lexicon() -> Lexicon:
    """Return the nouns, read once (0.2 s)."""
    words: defaultdict[str, set[str]] = defaultdict(set)
    english: defaultdict[str, dict[str, str]] = defaultdict(dict)
    stems: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in gzip.decompress(noun_bytes()).decode("utf-8").split("\n"):
        language, noun, translation = line.split("\t")
        unspaced = bool(_UNSPACED.search(noun))
        words[language].update(noun if unspaced else noun.split())
        if translation:
            english[language][noun] = translation
        if translation and " " not in noun and len(noun) >= _LEAST_LETTERS and not unspaced:
            stems[language][noun[:_LEAST_LETTERS]].append(noun)
    return Lexicon(
        {language: frozenset(known) for language, known in words.items()},
        dict(english),
        {language: {stem: tuple(nouns) for stem, nouns in found.items()} for language, found in stems.items()},
    )


def _nouns(words: Sequence[str], language: str) -> Iterator[str]:
    english = load_lexicon().english[language]
    place = 0
    while place < len(words):
        if _UNSPACED.search(words[place]):
            yield from _unspaced_nouns(words[place], english)
            place += 1
            continue
        length = next((n for n in range(_MOST_WORDS, 0, -1) if " ".join(words[place : place + n]) in english), 0)
        if length:
            yield english[" ".join(words[place : place + length])]
        elif noun := _inflected(words[place], language):
            yield english[noun]
        place += max(length, 1)


def _unspaced_nouns(text: str, english: dict[str, str]) -> Iterator[str]:
    start = 0
    while start < len(text):
        length = next((n for n in range(_MOST_CHARACTERS, 0, -1) if text[start : start + n] in english), 0)
        if length:
            yield english[text[start : start + length]]
        start += max(length, 1)


def _inflected(word: str, language: str) -> str:
    """Return the noun of which a word seems to be a form, by their common start; "" if none is near."""
    nouns = load_lexicon().stems.get(language, {}).get(word[:_LEAST_LETTERS], ())
    shared = {noun: _shared_start(noun, word) for noun in nouns}
    near = [noun for noun in nouns if shared[noun] >= _SHARED_STEM * max(len(noun), len(word))]
    if word[0] <= _LAST_LATIN:
        near = [noun for noun in near if word.removeprefix(noun) in _LATIN_ENDINGS]
    return max(near, key=lambda noun: (shared[noun], -len(noun)), default="")


def _shared_start(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
