"""What happens between the steps of a training: held-out scores, the best adapter, whole checkpoints, an early end."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sensorium.evaluation.statistics import Interval
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.distributed import ALONE, Team
from sensorium.tune.training.metrics_log import Log, Progress

COMPLETE = "complete"
"""The file that says that a checkpoint was written to its end: kill -9 may come at any moment."""
_LOGGED = {"loss": "loss", "grad_norm": "grad_norm", "learning_rate": "rate", "mean_token_accuracy": "token_accuracy"}


def watcher(
    recipe: Recipe,
    out: Path,
    log: Log,
    judge: Callable[[], Interval] | None,
    tell: Callable[[Progress], None],
    team: Team = ALONE,
) -> Any:
    """Make the trainer's callback.

    Args:
        recipe: When to check, and how long to be patient.
        out: The adapter's folder.
        log: What decides, also after a break.
        judge: Scores the model as it is; None where nothing is held out.
        tell: Called after each step, in the first process.
        team: The processes; each is asked `judge` and comes to the same score.
    """
    from transformers import TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]  # the library is not typed
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.start, self.first, self.since = time.monotonic(), state.global_step, time.monotonic()
            if judge is not None and not any("held_score" in line for line in log.lines):
                log.add(_scored(0, judge()))
                self.since = time.monotonic()

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:
            line = {ours: logs[theirs] for theirs, ours in _LOGGED.items() if theirs in logs}
            if "loss" in line:
                log.add({"step": state.global_step, "epoch": round(state.epoch or 0, 4), **line})

        def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
            step, last = state.global_step, state.global_step >= state.max_steps
            if step % recipe.check_steps == 0 or last:
                control.should_save = control.should_log = True  # a loss across a break would be of fewer steps
                if judge is not None:
                    log.add(_scored(step, judge()))
                    if log.best == log.checks[-1] and team.first:
                        _keep(model, out / "best")
                    control.should_training_stop = control.should_training_stop or team.told(log.stale(recipe.patience))
            if not team.first:
                return
            best, spent = log.best, time.monotonic() - self.since
            tell(Progress(step, state.max_steps, log.last("loss"), log.last("held_score"), best[1] if best else None,
                          time.monotonic() - self.start,
                          spent / max(1, step - self.first) * (state.max_steps - step)))  # fmt: skip

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            team.wait()  # each writes where its chance stands
            if team.first:
                (Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE).touch()
                (Path(args.output_dir) / "README.md").unlink(missing_ok=True)

    return Watch()


def _scored(step: int, found: Interval) -> dict[str, Any]:
    return {
        "step": step, "held_score": found.mean, "held_low": found.low, "held_high": found.high, "held_n": found.n
    }  # fmt: skip


def _keep(model: Any, folder: Path) -> None:
    """Save an adapter so that a break leaves the old or the new one, never half of one."""
    new, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    for each in (new, old):
        shutil.rmtree(each, ignore_errors=True)
    model.save_pretrained(str(new))
    (new / "README.md").unlink(missing_ok=True)
    if folder.exists():
        os.replace(folder, old)
    os.replace(new, folder)
    shutil.rmtree(old, ignore_errors=True)
