"""A training's log, metrics.jsonl: one JSON object a line. Early stopping and the choice of the best adapter read it,
so that a resumed training decides as an uninterrupted one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.core.files import append_line, replace_file

METRICS = "metrics.jsonl"


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training is.

    Args:
        step: Steps done.
        max_steps: Steps in all.
        loss: Last logged loss, or None.
        score: Last held-out score, or None.
        best_score: Best held-out score, or None.
        seconds: Since this run began.
        seconds_left: About, without early stopping; None before the first step.
        pictures: Pictures encoded so far, before the first step.
        total_pictures: Pictures in all.
    """

    step: int
    max_steps: int
    loss: float | None = None
    score: float | None = None
    best_score: float | None = None
    seconds: float = 0.0
    seconds_left: float | None = None
    pictures: int = 0
    total_pictures: int = 0


class MetricsLog:
    """The lines of a training's log.

    Args:
        folder: Where it lies.
        writes: False to keep it in memory: of several processes one writes.
        by_loss: Whether the held-out loss decides, instead of the score.
    """

    def __init__(self, folder: Path, writes: bool = True, by_loss: bool = False) -> None:
        self.by_loss = by_loss
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
        if self._writes:
            with self._path.open("ab", buffering=0) as file:
                append_line(file, json.dumps(line).encode() + b"\n", self._path)

    def truncate(self, step: int | None) -> None:
        """Remove the lines after a step; all of them with None."""
        self.lines = [line for line in self.lines if step is not None and line["step"] <= step]
        if self._writes:
            replace_file(self._path, "".join(json.dumps(line) + "\n" for line in self.lines))

    def last(self, key: str) -> float | None:
        """Return the last value of a key."""
        return next((line[key] for line in reversed(self.lines) if key in line), None)

    @property
    def scores(self) -> list[tuple[int, float]]:
        """Step and held-out score of each evaluation after the start."""
        lines = [line for line in self.lines if "heldout_score" in line and line["step"]]
        return [(line["step"], line["heldout_score"]) for line in lines]

    @property
    def losses(self) -> list[tuple[int, float]]:
        """Step and held-out loss of each evaluation after the start."""
        lines = [line for line in self.lines if "heldout_loss" in line and line["step"]]
        return [(line["step"], line["heldout_loss"]) for line in lines]

    @property
    def best(self) -> tuple[int, float] | None:
        """Step and score of the best evaluation, the latest of equals.

        The score decides; the loss does if it should (`by_loss`), and while every score is 0.
        """
        if self._loss_decides:
            step = min(self.losses, key=lambda loss: (loss[1], -loss[0]))[0]
            return step, dict(self.scores)[step]
        return max(self.scores, key=lambda score: (score[1], score[0]), default=None)

    def stalled(self, patience: int) -> bool:
        """Whether the last `patience` evaluations were no better than the best one before them.

        Scores that are all 0 say nothing: then a training isn't stopped.
        """
        scores = self.scores
        if patience <= 0 or not scores:
            return False
        if self.by_loss and self.losses:
            values = [-loss for _, loss in self.losses]
        else:
            values = [score for _, score in scores]
            if not any(values):
                return False
        return len(values) - 1 - values.index(max(values)) >= patience

    @property
    def _loss_decides(self) -> bool:
        return bool(self.losses) and (self.by_loss or not any(score for _, score in self.scores))
