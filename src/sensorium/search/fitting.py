"""What an index learns from its own rows, once: the map from pictures to its titles, and "no good match"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from sensorium.core.errors import SensoriumError
from sensorium.core.messages import Text
from sensorium.core.protocols import Embedder
from sensorium.retrieval.hubness import QueryBank, Rows, translated_banks
from sensorium.retrieval.learned_map import LearnedMap, load_map
from sensorium.search.indexing.learning import LEARNED_MAP, learn
from sensorium.search.no_match import SETTING, NoMatch, fit
from sensorium.search.table import Index

MAX_SAMPLE = 8192
"""So many pictures are looked at, or a sample of about so many."""
MAX_TITLES = 256
"""So many titles and categories are embedded: a few seconds offline."""
_MAX_TITLE = 200  # characters: longer ones are descriptions
_REFIT = 0.2
"""An index that has grown or shrunk by more than this share is fitted again."""


def fitted_no_match(index: Index, embedder: Embedder) -> NoMatch | None:
    """Return the index's test, fitted now and kept with the index if it has none or has changed much; None if empty."""
    known = stored_no_match(index)
    return fit_no_match(index, embedder) if known is None or _is_stale(known, index) else known


def stored_no_match(index: Index) -> NoMatch | None:
    """Return the test that an index keeps; None if it keeps none, or another Sensorium's."""
    data = index.info.extra.get(SETTING)
    try:
        return None if data is None else NoMatch.from_bytes(data)
    except (ValueError, KeyError, OSError, EOFError):
        return None


def fit_no_match(index: Index, embedder: Embedder) -> NoMatch | None:
    """Fit the test on an index, and keep it there if it can be written to; None if the index is empty."""
    count = index.count()
    pictures = sample_rows(index, MAX_SAMPLE)
    if not len(pictures):
        return None
    titles = titles_of(index)
    rows = embedder.embed([Text(title) for title in titles]) if titles else np.zeros((0, index.dims), np.float32)
    fitted = fit(QueryBank.of(embedder), pictures, rows, count, translated_banks(embedder))
    _keep(index, {SETTING: fitted.to_bytes()})
    return fitted


def fitted_map(index: Index, embedder: Embedder) -> LearnedMap | None:
    """Return what the index's titles taught, as the last indexing has kept it; fitted now if none has tried.

    None if it wouldn't find more than the embedder alone, or too few pictures have titles.
    """
    data = index.info.extra.get(LEARNED_MAP)
    try:
        return learn(index, embedder, 0) if data is None else load_map(data) if data else None
    except SensoriumError:
        return None  # another Sensorium's, or an index that is only read


def _is_stale(fitted: NoMatch, index: Index) -> bool:
    """Whether the index has grown or shrunk much since both were fitted."""
    return abs(index.count() - fitted.fitted.count) > _REFIT * fitted.fitted.count


def _keep(index: Index, values: dict[str, bytes]) -> None:
    try:
        index.save(values)
    except SensoriumError:
        pass  # an index that is only read is fitted again next time


def _sampled(index: Index, most: int) -> str | None:
    """Return a filter that keeps all rows, or about `most` of them, chosen by their digests."""
    digits, count = 0, index.count()
    while count > most * 16**digits:
        digits += 1
    return f"digest LIKE '{'5' * digits}%'" if digits else None


def _vectors(table: Any, dims: int) -> Rows:
    flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    rows: Rows = np.asarray(flat, dtype=np.float32).reshape(-1, dims)
    return rows


def sample_rows(index: Index, most: int) -> Rows:
    """Return the vectors of all pictures, or of about `most` of them, chosen by their digests: (n, dims)."""
    where = _sampled(index, most)
    table = index.rows(["vector"], where)
    if where and not len(table):
        table = index.rows(["vector"])
    rows = _vectors(table, index.dims)
    return rows[np.random.default_rng(0).permutation(len(rows))[:most]]


def titles_of(index: Index, most: int = MAX_TITLES) -> list[str]:
    """Return titles and categories, each once: of every text column as many, the frequent ones first."""
    names = text_columns(index)
    if not names:
        return []
    table = index.rows(names, _sampled(index, MAX_SAMPLE))
    columns = [_frequent(_texts(table[name].to_pylist())) for name in names]
    chosen: list[str] = []
    for place in range(max((len(column) for column in columns), default=0)):
        chosen += [column[place] for column in columns if place < len(column)]
    return list(dict.fromkeys(chosen))[:most]


def text_columns(index: Index) -> list[str]:
    """Return the names of the catalogue's columns that hold text."""
    return [name for name, kind in index.columns.items() if kind in ("string", "list<string>")]


def _texts(cells: Iterable[str | Sequence[str] | None]) -> list[str]:
    found = []
    for cell in cells:
        found += [cell] if isinstance(cell, str) else list(cell or [])
    return [text for text in (" ".join(each.split()) for each in found) if _is_title(text)]


def _is_title(text: str) -> bool:
    """Whether a text is words: not an address, a file, a code or a number."""
    letters = sum(character.isalpha() for character in text)
    return 2 < len(text) <= _MAX_TITLE and letters >= 0.6 * len(text.replace(" ", "")) and "://" not in text


def _frequent(texts: Sequence[str]) -> list[str]:
    return [text for text, _ in Counter(texts).most_common()]
