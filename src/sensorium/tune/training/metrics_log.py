"""A training's log, metrics.jsonl: one JSON object a line. What stops a training and which adapter is best is read
from it, so that a training that goes on after a break decides as one that had none."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

METRICS = "metrics.jsonl"


@dataclass(frozen=True)
class Progress:
    """Where a training is.

    Args:
        step: Steps done.
        steps: Of so many.
        loss: The last one that was logged, or None.
        score: The last held-out score, or None.
        best: The best one, and None before the first.
        seconds: Since this run began.
        seconds_left: About, without what an early stop spares; None before the first step.
        pictures: Encoded so far, before the first step.
        of_pictures: Of so many.
    """

    step: int
    steps: int
    loss: float | None = None
    score: float | None = None
    best: float | None = None
    seconds: float = 0.0
    seconds_left: float | None = None
    pictures: int = 0
    of_pictures: int = 0


class Log:
    """The lines of a training; `cut` forgets what came after a checkpoint.

    Args:
        folder: Where it lies.
        writes: False for one in memory: of several processes one writes.
    """

    def __init__(self, folder: Path, writes: bool = True) -> None:
        self._path = folder / METRICS
        self._writes = writes
        self.lines: list[dict[str, Any]] = []
        if writes and self._path.exists():
            for line in self._path.read_text(encoding="utf-8").split("\n"):
                try:
                    self.lines.append(json.loads(line))
                except ValueError:
                    continue  # a break cut it off

    def add(self, line: dict[str, Any]) -> None:
        """Write a line."""
        self.lines.append(line)
        if not self._writes:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def cut(self, step: int | None) -> None:
        """Forget what is later than a step; None for everything."""
        self.lines = [line for line in self.lines if step is not None and line["step"] <= step]
        if not self._writes:
            return
        short = self._path.with_suffix(".new")
        short.write_text("".join(json.dumps(line) + "\n" for line in self.lines), encoding="utf-8")
        os.replace(short, self._path)

    def last(self, key: str) -> float | None:
        """The last value of a key."""
        return next((line[key] for line in reversed(self.lines) if key in line), None)

    @property
    def checks(self) -> list[tuple[int, float]]:
        """Step and held-out score of each check after the beginning."""
        return [(line["step"], line["held_score"]) for line in self.lines if "held_score" in line and line["step"]]

    @property
    def best(self) -> tuple[int, float] | None:
        """Step and score of the best check, the first of equals."""
        return max(self.checks, key=lambda check: (check[1], -check[0]), default=None)

    def stale(self, patience: int) -> bool:
        """Whether the last `patience` checks were no better than the best before them."""
        best = self.best
        return bool(patience and best) and sum(step > best[0] for step, _ in self.checks) >= patience if best else False
