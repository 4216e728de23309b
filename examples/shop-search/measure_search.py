"""Measures how often words and photos find the right product first, and whether what isn't sold is said not to be.

    python measure_search.py --first 1000

Photos 100 to 136 were looked at while the catalogue was drawn; the README's figures are of 1000 on.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections import Counter
from pathlib import Path

from sensorium import Image
from sensorium.search import Searcher

from draw_catalogue import COLOURS, KINDS, photo
from shop_search.app import build, load_embedder, search

ROUNDS = 5
NOT_SOLD = (
    "lawn mower", "wedding dress", "horse", "car tyres", "fishing rod", "piano", "garden hose", "winter boots",
    "electric guitar", "passport photo", "cat food", "wall paint", "bicycle", "microscope", "sleeping bag",
    "necklace", "laptop computer", "curtains", "plane ticket", "chainsaw",
)  # fmt: skip
OUTCOMES = ("the product first", "its kind first", "another kind first", "no good match")


def outcome(searcher: Searcher, kind: str, right: str, words: str = "", picture: Image | None = None) -> str:
    """Return how a search came out, of OUTCOMES."""
    found = search(searcher, words, picture)
    if found.no_match:
        return OUTCOMES[3]
    first = found.hits[0].id
    return OUTCOMES[0] if first == right else OUTCOMES[1] if first.startswith(kind) else OUTCOMES[2]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=1000)
    seed = parser.parse_args().first
    table = {
        row: Counter[str]()
        for row in ("words: colour and thing", "a photo", "a photo and another colour", "words: not sold")
    }
    with tempfile.TemporaryDirectory() as folder:
        embedder = load_embedder()
        searcher = Searcher(build(embedder, where=Path(folder) / "a.index"), embedder)
        for kind, (words, *_) in KINDS.items():
            names = list(COLOURS)
            for place, (name, colour) in enumerate(COLOURS.items()):
                table["words: colour and thing"][outcome(searcher, kind, f"{kind}-{name}", f"{name} {words}")] += 1
                other = names[place - 1]
                for _ in range(ROUNDS):
                    file = io.BytesIO()
                    photo(kind, colour, seed).save(file, "PNG")
                    seed += 1
                    taken = Image(file.getvalue())
                    table["a photo"][outcome(searcher, kind, f"{kind}-{name}", picture=taken)] += 1
                    row = table["a photo and another colour"]
                    row[outcome(searcher, kind, f"{kind}-{other}", f"in {other}", taken)] += 1
        for words in NOT_SOLD:
            table["words: not sold"][outcome(searcher, "none", "none", words)] += 1
    print(f"| | {' | '.join(OUTCOMES)} |", f"|---|{'---|' * len(OUTCOMES)}", sep="\n")
    for asked, counts in table.items():
        print(f"| {asked} | {' | '.join(str(counts[each]) for each in OUTCOMES)} |")


if __name__ == "__main__":
    main()
