"""The shop: an index that may change while it is served, its searcher, and its filters."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from sensorium.apps.store.facets import Chosen, Facet, condition, facets
from sensorium.apps.store.products import Product, product_of
from sensorium.core.errors import InputError, SensoriumError, quoted
from sensorium.core.messages import Image
from sensorium.core.protocols import Embedder
from sensorium.retrieval.query import Query, QueryTerm, parse
from sensorium.search import Searcher, SearchOptions, SearchResult
from sensorium.search.columns import literal
from sensorium.search.indexing.catalogues import image_at
from sensorium.search.table import Index

_REFRESH_SECONDS = 30.0
_FIRST_SHOWN = 24
MAX_WORDS = 500
"""The longest query, in characters."""


@dataclass(frozen=True)
class Stock:
    """What the shop has: a searcher of the index as it is, and what the page shows before anything is searched."""

    searcher: Searcher
    count: int
    facets: tuple[Facet, ...]
    first: tuple[Product, ...]
    made: float


@dataclass
class Shop:
    """An index that is served; safe to use from several threads.

    Args:
        where: The index's folder or address.
        embedder: The one that made its vectors.
        title: What the shop is called.
    """

    where: str
    embedder: Embedder
    title: str
    _stock: Stock | None = field(default=None, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def stock(self) -> Stock:
        """Return what there is, looked at anew twice a minute.

        Raises:
            InputError: if the index has gone, or another embedder's vectors.
        """
        with self._lock:
            if self._stock is None or time.monotonic() - self._stock.made > _REFRESH_SECONDS:
                self._stock = self._look(self._stock)
            return self._stock

    def _look(self, last: Stock | None) -> Stock:
        searcher = None if last is None else last.searcher
        if searcher is None or not searcher.index.is_current():
            searcher = Searcher(Index.open(self.where), self.embedder)
        index = searcher.index
        count = index.count()
        if last is not None and searcher is last.searcher and count == last.count:
            return Stock(searcher, count, last.facets, last.first, time.monotonic())
        if last is not None and searcher is last.searcher:
            searcher = Searcher(index, self.embedder)  # what was fitted on the old rows is fitted again
        return Stock(searcher, count, tuple(facets(index)), _first(index), time.monotonic())

    def warm(self) -> None:
        """Load the embedder and fit what tells a good match, so that the first shopper doesn't wait for it."""
        with suppress(SensoriumError):
            self.stock().searcher.search("something", SearchOptions(k=1))

    def search(self, request: ShopQuery) -> SearchResult:
        """Return what the shop has for a query.

        Raises:
            InputError: if nothing is looked for, or a filter names no column or can't be read.
        """
        stock = self.stock()
        where = condition(stock.searcher.index.columns, request.filters, request.where)
        options = SearchOptions(k=request.k, where=where)
        if request.like and not request.words.strip() and request.image is None:
            return stock.searcher.like(request.like, options)
        return stock.searcher.search(self._query(request, stock), options)

    def _query(self, request: ShopQuery, stock: Stock) -> Query:
        if len(request.words) > MAX_WORDS:
            raise InputError(f"A query has at most {MAX_WORDS} characters, not {len(request.words)}.", "Shorten it.")
        terms: list[QueryTerm] = []
        if request.image is not None:
            terms.append(QueryTerm(request.image))
        if request.like:
            terms.append(QueryTerm(self.picture_of(request.like, stock)))
        if request.words.strip():
            terms += parse(request.words).terms
        if not terms:
            raise InputError("Nothing to search for.", "Type some words, or choose a photo.")
        return Query(tuple(terms))

    def picture_of(self, id: str, stock: Stock) -> Image:
        """Return a product's picture.

        Raises:
            InputError: if the index has no such product.
        """
        rows = stock.searcher.index.rows(["path"], f"id = {literal(id)}")
        if not len(rows):
            raise InputError(f"The shop has no product {quoted(id)}.", "It may have been sold.")
        return Image(image_at(rows["path"][0].as_py()))


@dataclass(frozen=True)
class ShopQuery:
    """What a shopper looks for: words, a photo, a product whose like is wanted, or several of them.

    Args:
        words: The words; a sum as `retrieval.query.parse` reads it, without files.
        image: A photo, or None.
        like: A product's id, or "".
        filters: Column -> what is chosen of it.
        where: A further filter as in SQL, or "".
        k: The most products.
    """

    words: str = ""
    image: Image | None = None
    like: str = ""
    filters: Mapping[str, Chosen] = field(default_factory=dict)
    where: str = ""
    k: int = 24


def _first(index: Index) -> tuple[Product, ...]:
    """Return some products, spread over the index: what the page shows before anything is searched."""
    ids = sorted(index.rows(["id"])["id"].to_pylist())
    step = max(1, len(ids) // _FIRST_SHOWN)
    wanted = ids[::step][:_FIRST_SHOWN]
    if not wanted:
        return ()
    names = list(index.columns)
    rows = index.rows(["id", "path", *names], f"id IN ({', '.join(literal(each) for each in wanted)})").to_pylist()
    by_id = {row["id"]: row for row in rows}
    shown = [by_id[each] for each in wanted if each in by_id]
    return tuple(product_of(row["id"], row["path"], {name: row[name] for name in names}) for row in shown)
