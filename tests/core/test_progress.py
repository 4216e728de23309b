"""The plainest progress: items in order, each worked on when it is asked for."""

from __future__ import annotations

from sensorium.core.progress import Progress, no_progress


def test_no_progress_yields_items_with_results_lazily() -> None:
    worked: list[int] = []
    progress: Progress = no_progress
    steps = progress([1, 2], lambda n: worked.append(n) or n * 10, "Counting")
    assert next(steps) == (1, 10) and worked == [1]
    assert list(steps) == [(2, 20)]
