"""Make eyes/recognition/data/nouns.tsv.gz: everyday nouns of many languages with their English, from Unicode's CLDR.

CLDR names every emoji in a hundred languages, and lists keywords for it. Two words of two languages mean the same if
they stand at the same emoji: each word goes with the English one whose emoji overlap most (Jaccard), if that reaches
`LEAST`.
Run after `npm pack cldr-annotations-modern@45.0.0 && tar xzf cldr-annotations-modern-45.0.0.tgz`:
`python recipes/nouns.py package/annotations`.
"""

from __future__ import annotations

import gzip
import json
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

OUT = Path(__file__).parents[1] / "src/sensorium/eyes/recognition/data/nouns.tsv.gz"
LANGUAGES = "ar bn de es fa fr gu hi id it ja kn ko ml mr nl pa pl pt ru ta te tr ur vi zh".split()
LEAST = 0.3
MOST_EMOJI, MOST_WORDS = 20, 3  # a word at more emoji means a group of things; more words are a sentence

Names = dict[str, tuple[set[str], str]]
"""Emoji -> its keywords with its name, and the name."""


def load(folder: Path, language: str) -> Names:
    rows = json.loads((folder / language / "annotations.json").read_text(encoding="utf-8"))
    names: Names = {}
    for emoji, row in rows["annotations"]["annotations"].items():
        if len(emoji) > 2 or "\U0001f1e6" <= emoji[0] <= "\U0001f1ff":  # joined sequences and flags' letters
            continue
        name = plain((row.get("tts") or [""])[0])
        names[emoji] = ({plain(word) for word in row.get("default", [])} | {name}, name)
    return names


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().replace("’", "'").replace("\t", " ").split())


def by_word(names: Names) -> dict[str, set[str]]:
    places: defaultdict[str, set[str]] = defaultdict(set)
    for emoji, (words, _) in names.items():
        for word in words:
            places[word].add(emoji)
    return places


def translations(names: Names, english: Names) -> dict[str, str]:
    places = by_word(english)
    found = {}
    for word, all_emoji in by_word(names).items():
        emoji = all_emoji & english.keys()
        if (
            not emoji
            or len(emoji) > MOST_EMOJI
            or len(word.split()) > MOST_WORDS
            or (len(word) < 2 and word < "\u3040")
        ):
            continue
        shared = Counter(other for one in emoji for other in english[one][0])

        def score(other: str, emoji: set[str] = emoji, word: str = word, shared: Counter[str] = shared) -> float:
            jaccard = shared[other] / len(emoji | places[other])
            named = sum(english[one][1] == other and names[one][1] == word for one in emoji)
            return jaccard + 0.01 * named + 0.001 * any(english[one][1] == other for one in emoji)

        best = max(sorted(shared), key=score)
        if score(best) >= LEAST:
            found[word] = best
    return found


def main(folder: Path) -> None:
    english = load(folder, "en")
    lines = [f"en\t{word}\t" for word in sorted({word for words, _ in english.values() for word in words})]
    for language in LANGUAGES:
        table = translations(load(folder, language), english)
        lines += [f"{language}\t{word}\t{table[word]}" for word in sorted(table)]
    OUT.write_bytes(gzip.compress("\n".join(lines).encode("utf-8"), 9, mtime=0))
    print(f"{OUT.name}: {len(lines)} lines, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
