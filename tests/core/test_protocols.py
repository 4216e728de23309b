"""Deltas fold into the whole answer."""

from __future__ import annotations

from sensorium.core.protocols import Delta, Progress, fold, no_progress
from sensorium.core.reply import Evidence, Usage


def test_texts_and_evidence_are_joined_and_the_last_known_value_counts() -> None:
    one, other = Evidence("read", "A"), Evidence("read", "B")
    deltas = [
        Delta("It ", 0.5, evidence=(one,), suggestion="Type: a"),
        Delta("is.", abstained=False, evidence=(other,)),
        Delta(confidence=0.9, usage=Usage(1, 2), cut=True, suggestion="Type: b"),
        Delta(),
    ]
    assert fold(iter(deltas)) == Delta("It is.", 0.9, False, (one, other), Usage(1, 2), True, "Type: b")


def test_nothing_folds_into_nothing() -> None:
    assert fold([]) == Delta()


def test_no_progress_yields_items_with_results_lazily() -> None:
    worked: list[int] = []
    progress: Progress = no_progress
    steps = progress([1, 2], lambda n: worked.append(n) or n * 10, "Counting")
    assert next(steps) == (1, 10) and worked == [1]
    assert list(steps) == [(2, 20)]
