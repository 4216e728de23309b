"""The trainer's callback: evaluations on held-out examples, the best adapter, complete checkpoints, early stopping."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sensorium.evaluation.statistics import Interval
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.distributed import SINGLE_PROCESS, Distributed
from sensorium.tune.training.metrics_log import MetricsLog, TrainingProgress

BEST, COMPLETE = "best", "complete"
"""The best adapter's folder; the file that marks a checkpoint as written to its end: kill -9 may come at any moment."""
_LOGGED = ("loss", "grad_norm", "learning_rate", "mean_token_accuracy")


def make_callback(
    recipe: Recipe,
    out: Path,
    log: MetricsLog,
    evaluate: Callable[[], tuple[Interval, float]] | None,
    on_progress: Callable[[TrainingProgress], None],
    distributed: Distributed = SINGLE_PROCESS,
) -> Any:
    """Return the trainer's callback.

    Args:
        recipe: The recipe.
        out: The adapter's folder.
        log: Decides about early stopping and the best adapter, after a break too.
        evaluate: Returns the present model's score and loss; None without held-out examples.
        on_progress: Called after each step, in the main process.
        distributed: The processes; each calls `evaluate` and gets the same score.
    """
    from transformers import TrainerCallback

    class TrainingCallback(TrainerCallback):  # type: ignore[misc]  # the library is not typed
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.start, self.first_step = time.monotonic(), state.global_step
            if evaluate is not None and not any("heldout_score" in line for line in log.lines):
                log.add(_score_line(0, *evaluate()))
            self.steps_start = time.monotonic()

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:
            if "loss" in logs:
                values = {key: logs[key] for key in _LOGGED if key in logs}
                log.add({"step": state.global_step, "epoch": round(state.epoch or 0, 4), **values})

        def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
            step, max_steps = state.global_step, state.max_steps
            if step % recipe.eval_steps == 0 or step >= max_steps:
                control.should_save = control.should_log = True  # a loss across a break would be of fewer steps
                if evaluate is not None:
                    log.add(_score_line(step, *evaluate()))
                    if log.best is not None and log.best[0] == step and distributed.is_main_process:
                        _save_best(model, out / BEST)
                    stalled = distributed.broadcast(log.stalled(recipe.early_stopping_patience))
                    control.should_training_stop = control.should_training_stop or stalled
            if distributed.is_main_process:
                now = time.monotonic()
                left = (now - self.steps_start) / max(1, step - self.first_step) * (max_steps - step)
                best = log.best[1] if log.best else None
                scores = log.last("loss"), log.last("heldout_score"), best
                on_progress(TrainingProgress(step, max_steps, *scores, now - self.start, left))

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            distributed.wait_for_everyone()  # each writes its random state
            if distributed.is_main_process:
                (Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE).touch()
                (Path(args.output_dir) / "README.md").unlink(missing_ok=True)

    return TrainingCallback()


def _score_line(step: int, score: Interval, loss: float) -> dict[str, Any]:
    values = {"heldout_score": score.mean, "heldout_low": score.low, "heldout_high": score.high, "heldout_n": score.n}
    return {"step": step, **values, "heldout_loss": loss}


def restore_best(folder: Path) -> None:
    """Put the old best adapter back if a break came after it was moved away and before the new one took its place."""
    old = folder.with_name(folder.name + ".old")
    if old.exists() and not folder.exists():
        os.replace(old, folder)


def _save_best(model: Any, folder: Path) -> None:
    """Save an adapter so that a break leaves the old or the new one, never half of one."""
    new, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    for place in (new, old):
        shutil.rmtree(place, ignore_errors=True)
    model.save_pretrained(str(new))
    (new / "README.md").unlink(missing_ok=True)
    if folder.exists():
        os.replace(folder, old)
    os.replace(new, folder)
    shutil.rmtree(old, ignore_errors=True)
