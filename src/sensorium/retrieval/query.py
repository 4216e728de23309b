"""What is looked for: words, a picture, or a weighted sum of both, as one unit vector."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Image, Part, Text
from sensorium.core.protocols import Embedder, QueryEmbedder
from sensorium.retrieval.learned_map import LearnedMap

MAX_TERMS = 16
_QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“”", "«": "»"}
"""Opening quotes, and what closes each."""
_OPENING = "".join(_QUOTES)
_WEIGHT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*\*\s*")
_OPERATOR = re.compile(rf"\s+([+\-−])(?=\s|$|[{_OPENING}])")  # "t-shirt" and "a -b" are words
_AFTER_QUOTE = re.compile(rf"\s*(?:$|([+\-−])(?=\s|$|[{_OPENING}\w.]))")
_FIRST_SIGN = re.compile(rf"\s*([+\-−])(?=\s|[{_OPENING}])\s*")
_SAME = 1e-6
"""A sum shorter than this, of unit vectors, has no direction but rounding's."""


@dataclass(frozen=True)
class QueryTerm:
    """A part of a query; a negative weight means: not like this."""

    part: Text | Image
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.weight) or self.weight == 0:
            raise InputError(
                f"A term's weight is a number other than 0, not {quoted(self.weight)}.", "Leave the term out, or try 1."
            )


@dataclass(frozen=True)
class Query:
    """A weighted sum of words and pictures.

    Example:
        >>> query = Query.of("a red dress", Text("with a hat"))
        >>> query.text
        'a red dress with a hat'
    """

    terms: tuple[QueryTerm, ...]

    def __post_init__(self) -> None:
        if not any(term.weight > 0 for term in self.terms):
            raise InputError(
                f"{quoted(str(self))} says only what isn't wanted." if self.terms else "The query is empty.",
                'Say what to look for: "red shoes"',
            )
        if len(self.terms) > MAX_TERMS:
            raise _too_many(len(self.terms))

    @classmethod
    def of(cls, *parts: Text | Image | str) -> Query:
        """Return the sum of parts, each with weight 1; a str is a Text."""
        return cls(tuple(QueryTerm(Text(part) if isinstance(part, str) else part) for part in parts))

    @property
    def text(self) -> str:
        """The words that are looked for, without those of negative weight: what full-text search is asked."""
        return " ".join(term.part.text for term in self.terms if isinstance(term.part, Text) and term.weight > 0)

    @property
    def images(self) -> tuple[Image, ...]:
        """The pictures of positive weight."""
        return tuple(term.part for term in self.terms if isinstance(term.part, Image) and term.weight > 0)

    def __str__(self) -> str:
        """Return it as `parse` reads it: photo.jpg + "in red" - "with a logo"; words alone as they are."""
        if len(self.terms) == 1 and isinstance(self.terms[0].part, Text) and self.terms[0].weight == 1:
            return self.terms[0].part.text
        shown = ""
        for term in self.terms:
            part = f'"{term.part.text}"' if isinstance(term.part, Text) else term.part.blob.shown
            scale = "" if abs(term.weight) == 1 else f"{abs(term.weight):g} * "
            shown += f"{' - ' if term.weight < 0 else ' + ' if shown else ''}{scale}{part}"
        return shown.strip()


class _RawTerm(NamedTuple):
    """A term as it is written: its weight, the words between quotes or bare, and which."""

    weight: float
    content: str
    is_quoted: bool


def parse(text: str, open_image: Callable[[str], Image | None] | None = None) -> Query:
    """Return the query that a text spells: `photo.jpg + "in red" - 0.5 * "with a logo"`.

    A sum needs quotes or a picture; `shirt - slim fit` and `t-shirt` are words to look for. An operator stands between
    blanks or before a quote, a weight before `*`. A quote that isn't closed ends with the text: search boxes ask while
    one types.

    Args:
        text: What was typed.
        open_image: Returns the picture that a bare term names, or None if it names none. Without it all are words.

    Raises:
        InputError: if nothing is asked for, or the sum has more than `MAX_TERMS` terms.
    """
    whole = text.strip()
    if not whole:
        raise InputError("The query is empty.", 'Say what to look for: "red shoes"')
    raw = list(_raw_terms(whole))
    if open_image and len(raw) > 1:  # a file's name may hold " + "
        with suppress(InputError):
            picture = open_image(whole)
            if picture is not None:
                return Query.of(picture)
    terms, is_sum = [], not raw
    for term in raw:
        picture = None if term.is_quoted or open_image is None else open_image(term.content)
        is_sum |= term.is_quoted or picture is not None
        terms.append(QueryTerm(picture or Text(term.content), term.weight))
        if is_sum and len(terms) > MAX_TERMS:
            raise _too_many(len(raw))
    return Query(tuple(terms)) if is_sum else Query.of(whole)


def _too_many(count: int) -> InputError:
    return InputError(f"A query is a sum of at most {MAX_TERMS} terms, not {count}.", "Leave some out.")


def _raw_terms(text: str) -> Iterator[_RawTerm]:
    """Yield the terms of a sum; a text without operators is one."""
    sign, start = 1.0, 0
    first = _FIRST_SIGN.match(text)
    if first:
        sign, start = _sign(first[1]), first.end()
    while start < len(text):
        weight = _WEIGHT.match(text, start)
        begin = weight.end() if weight else start
        scale = float(weight[1]) if weight else 1.0
        content, is_quoted, operator, start = _content(text, begin)
        if content and scale:
            yield _RawTerm(sign * scale, content, is_quoted)
        sign = _sign(operator)


def _content(text: str, begin: int) -> tuple[str, bool, str, int]:
    """Return a term's content from `begin`, whether it stood in quotes, the next operator or "", and where it ends."""
    closing = _QUOTES.get(text[begin : begin + 1], "")
    if closing:
        end = min((at for mark in closing if (at := text.find(mark, begin + 1)) >= 0), default=-1)
        if end < 0:
            return text[begin + 1 :].strip(), True, "", len(text)
        after = _AFTER_QUOTE.match(text, end + 1)
        if after:
            return text[begin + 1 : end].strip(), True, after[1] or "", _skip_blanks(text, after.end())
    operator = _OPERATOR.search(text, begin)
    if operator is None:
        return text[begin:].strip(), False, "", len(text)
    return text[begin : operator.start()].strip(), False, operator[1], _skip_blanks(text, operator.end())


def _skip_blanks(text: str, start: int) -> int:
    return len(text) - len(text[start:].lstrip())


def _sign(operator: str) -> float:
    return -1.0 if operator in ("-", "−") else 1.0


def query_rows(parts: Sequence[Part], embedder: Embedder) -> NDArray[np.float32]:
    """Return the rows of parts that pictures are looked for with, (n, dims): see `QueryEmbedder`."""
    return embedder.embed_queries(parts) if isinstance(embedder, QueryEmbedder) else embedder.embed(parts)


def vector(
    query: Query, embedder: Embedder, sample: NDArray[np.float32] | None = None, learned: LearnedMap | None = None
) -> NDArray[np.float32]:
    """Return the query as one unit row of the embedder's space, (dims,) float32.

    Words and pictures lie apart in every such space, and the scores of one vary less over a collection than those of
    the other. With `sample`, each term is therefore divided by the standard deviation of its scores there, so that
    terms of equal weight move the order equally; ranking by the row is ranking by the weighted sum of z-scores.

    Args:
        query: What to look for.
        embedder: Gives the vectors.
        sample: Rows of the collection, (n, dims), some hundreds or thousands; None for the plain sum.
        learned: What the collection taught about words; needs `sample`. See `LearnedMap.query`: candidates are found by
            this row, and put in order by `scores`.

    Raises:
        InputError: if the terms cancel out.
        SensoriumError: what the embedder raises.
    """
    rows = query_rows([term.part for term in query.terms], embedder)
    if learned is not None and sample is not None:
        rows = np.stack(
            [
                learned.query(row, sample) if isinstance(term.part, Text) else row
                for term, row in zip(query.terms, rows, strict=True)
            ]
        )
    rows = np.asarray(rows, dtype=np.float64)
    weights = np.array([term.weight for term in query.terms])
    if sample is not None and len(query.terms) > 1 and len(sample) > 1:
        spread = (np.asarray(sample, dtype=np.float64) @ rows.T).std(axis=0)
        weights = weights / np.maximum(spread, _SAME)
    weights = weights / np.abs(weights).max()
    total = weights @ rows
    length = float(np.linalg.norm(total))
    if length < _SAME:
        raise InputError(f"The terms of {quoted(str(query))} cancel out.", "Change a weight, or leave one out.")
    unit: NDArray[np.float32] = (total / length).astype(np.float32)
    return unit


def scores(
    query: Query,
    embedder: Embedder,
    rows: NDArray[np.float32],
    sample: NDArray[np.float32] | None = None,
    learned: LearnedMap | None = None,
) -> NDArray[np.float32]:
    """Return how well each row fits the query, (n,): the weighted sum of its terms' z-scores.

    Args:
        query: What to look for.
        embedder: Gives the vectors.
        rows: Rows of candidates, (n, dims).
        sample: Rows of the collection that means and deviations are taken over; None for `rows` themselves.
        learned: What the collection taught about words, or None.

    Raises:
        SensoriumError: what the embedder raises.
    """
    total = np.zeros(len(rows), dtype=np.float32)
    if not len(rows):
        return total
    known = rows if sample is None else sample
    for term, row in zip(query.terms, query_rows([term.part for term in query.terms], embedder), strict=True):
        if learned is not None and isinstance(term.part, Text):
            found, spread = learned.scores(row, rows, known), learned.scores(row, known)
        else:
            found, spread = rows @ row, known @ row
        total += term.weight * (found - spread.mean()) / max(float(spread.std()), _SAME)
    return total
