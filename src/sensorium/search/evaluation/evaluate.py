"""Measures a search on judged queries: each retriever alone and both fused, with paired intervals, by language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sensorium.core.messages import Conversation, Message, Text
from sensorium.core.protocols import Progress, no_progress
from sensorium.core.reply import Reply
from sensorium.evaluation.comparison import Comparison, signed
from sensorium.evaluation.conditions import Condition
from sensorium.evaluation.ranking import RANKING_METRICS
from sensorium.evaluation.runner import run
from sensorium.search.engine import Searcher
from sensorium.search.evaluation.judgements import JudgedQuery, resolved
from sensorium.search.results import RETRIEVERS, Retriever, SearchOptions
from sensorium.tasks.task import Example, Task

DEPTH = 50
"""So many hits are looked at, the deepest that a metric needs."""
METRIC_NAMES = tuple(RANKING_METRICS)
_BY: dict[str, tuple[Retriever, ...]] = {"pictures": ("pictures",), "text": ("text",), "both": RETRIEVERS}
_OWN_TITLE = "title"


@dataclass(frozen=True)
class SearchEvaluation:
    """What was measured.

    Args:
        embedder: The index's.
        comparisons: Name -> the comparison of the ways to search on those queries.
        turned_away: Name -> how many of those queries had no good match.
        notes: What a reader must know of the figures.
    """

    embedder: str
    comparisons: dict[str, Comparison]
    turned_away: dict[str, int]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        figures = {
            name: compared.figures() | {"no_match": self.turned_away[name]}
            for name, compared in self.comparisons.items()
        }
        return {"embedder": self.embedder, "queries": figures, "notes": list(self.notes)}

    def lines(self) -> list[str]:
        """Return the figures as sentences."""
        out = [f"Embedder {self.embedder}; scores from 0 to 1, with 95 % intervals."]
        for name, compared in self.comparisons.items():
            n = len(compared.examples)
            out.append(f"{name}, {n} queries; no good match for {self.turned_away[name]} of them:")
            out += [f"  by {result.name}: {_scores(compared, result.name)}" for result in compared.results]
            others = [result.name for result in compared.results[:-1]]
            if "both" in (result.name for result in compared.results) and len(compared.results) > 1:
                best = max(others, key=lambda each: compared.result(each).score(METRIC_NAMES[0]).mean)
                gain = compared.difference("both", best, METRIC_NAMES[0])
                out.append(f"  both over {best} alone, {METRIC_NAMES[0]}: {signed(gain)}")
        return [*out, *self.notes]


def evaluate(searcher: Searcher, judged: Sequence[JudgedQuery], progress: Progress = no_progress) -> SearchEvaluation:
    """Measure a search by its pictures, by its text, and by both fused; filters are applied, near duplicates kept.

    Titles as queries are searched by pictures only: in the text each would find itself.

    Raises:
        InputError: if a right id isn't in the index.
    """
    judged = resolved(judged, searcher.index)
    comparisons, turned_away = {}, {}
    for name, group in _groups(judged).items():
        by = _ways(group, searcher)
        task = Task(name, tuple(_example(each) for each in group))
        known = {id(example): each for example, each in zip(task.examples, group, strict=True)}
        conditions = [Condition(way, partial(_answer, searcher, known, _BY[way])) for way in by]
        measured = run(task, conditions, METRIC_NAMES, progress=progress, label=f"Searching by {', '.join(by)}")
        comparisons[name] = Comparison.of(measured, METRIC_NAMES)
        turned_away[name] = comparisons[name].result(by[-1]).abstained
    notes = []
    if any(each.kind == _OWN_TITLE for each in judged):
        notes.append("A title's own picture is the only right one, though others may fit as well: a lower bound.")
    return SearchEvaluation(searcher.index.info.embedder, comparisons, turned_away, tuple(notes))


def _groups(judged: Sequence[JudgedQuery]) -> dict[str, list[JudgedQuery]]:
    """Return the queries by kind and language."""
    names = {"judged": "Judged queries", "title": "Titles", "category": "Categories"}
    groups: dict[str, list[JudgedQuery]] = {}
    for each in judged:
        language = f", {each.language}" if each.language else ""
        groups.setdefault(f"{names[each.kind]}{language}", []).append(each)
    return groups


def _ways(group: Sequence[JudgedQuery], searcher: Searcher) -> list[str]:
    has_text = any(kind in ("string", "list<string>") for kind in searcher.index.columns.values())
    if group[0].kind == _OWN_TITLE or not has_text or not any(each.query.text for each in group):
        return ["pictures"]
    return list(_BY)


def _example(judged: JudgedQuery) -> Example:
    parts = [term.part for term in judged.query.terms] or [Text(str(judged.query))]
    answers = tuple(key for key, grade in judged.grades.items() for _ in range(grade))
    return Example(Conversation((Message("user", parts),)), answers, id=judged.id)


def _answer(
    searcher: Searcher, known: dict[int, JudgedQuery], retrievers: tuple[Retriever, ...], example: Example
) -> Reply:
    """Return the ranked ids, one a line."""
    judged = known[id(example)]
    options = SearchOptions(DEPTH, judged.where or None, fold=False, retrievers=retrievers)
    result = searcher.search(judged.query, options)
    hits = result.hits or result.nearest
    return Reply("\n".join(hit.id for hit in hits), abstained=result.no_match)


def _scores(compared: Comparison, name: str) -> str:
    return "; ".join(f"{metric} {compared.result(name).score(metric)}" for metric in compared.metrics)
