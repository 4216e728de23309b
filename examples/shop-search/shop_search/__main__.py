"""The command: serves the page, or searches once.

python -m shop_search                                  the page, for this machine
python -m shop_search --words "red mug"                one product a line: id, title, price
python -m shop_search --photo photos/mug-blue.png --words "in red"
"""

from __future__ import annotations

import argparse
import sys

from sensorium import Image, SensoriumError
from sensorium.apps.http.server import leave, run
from sensorium.search import Searcher

from shop_search.app import build, load_embedder, search
from shop_search.server import create_app


def main() -> None:
    """Search, or serve the page until Ctrl+C; print its address once it listens."""
    parser = argparse.ArgumentParser(prog="shop_search")
    parser.add_argument("--words", default="", help="what is looked for")
    parser.add_argument("--photo", help="a picture of what is looked for")
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    options = parser.parse_args()
    try:
        if options.words or options.photo:
            sys.stdout.write(found(options.words, options.photo))
        else:
            run(create_app(), "127.0.0.1", options.port, None, None, lambda address: print(address, flush=True))
    except KeyboardInterrupt:
        leave()
    except SensoriumError as error:
        raise SystemExit(f"{error.message} {error.hint}") from None


def found(words: str, photo: str | None) -> str:
    """Return the hits of a search, one a line."""
    embedder = load_embedder()
    result = search(Searcher(build(embedder), embedder), words, Image(photo) if photo else None)
    if result.no_match:
        return "No good match.\n"
    rows = [(hit.id, str(hit.columns["title"]), f"{hit.columns['price']:.2f}") for hit in result.hits]
    return "".join("\t".join(row) + "\n" for row in rows)


if __name__ == "__main__":
    main()
