"""`sensorium tune`: fine-tune a checkpoint from a recipe."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from sensorium.cli import options
from sensorium.cli import output as show
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.tune import TrainingProgress, TrainingResult

_LINE_SECONDS = 30.0
"""Seconds between two lines of progress in a redirected stream."""


@click.command(
    epilog=epilog(
        "sensorium tune recipe.toml --forecast",
        "sensorium tune recipe.toml",
        "sensorium tune recipe.toml --quiet --json",
    )
)
@click.argument("recipe", metavar="RECIPE.toml")
@click.option("--forecast", "only_forecast", is_flag=True, help="Print what the training will take, and train nothing.")
@options.follow_links
@options.quiet
@options.as_json
def tune(recipe: str, only_forecast: bool, quiet: bool, as_json: bool) -> None:
    """Fine-tune a checkpoint from a recipe, with LoRA or QLoRA.

    The recipe names the base, the task and the folder for the adapter: base = "./folder", task = "mine.jsonl",
    output_dir = "adapter". A forecast comes before any weight is loaded; what can't fit is refused. After a break the
    same command resumes from the last checkpoint.
    """
    from sensorium.tune import forecast, load_recipe, train
    from sensorium.tune.training.distributed import current_process, per_process, report_once

    distributed = current_process()
    main = distributed.is_main_process
    with report_once(distributed):
        settings = load_recipe(recipe)
        found = forecast(per_process(settings, distributed)) if main and (only_forecast or not quiet) else None
    if only_forecast:
        if found is not None and as_json:
            show.as_json(found.to_json())
        elif found is not None:
            show.result("\n".join(found.lines()))
        return
    show.asides(found.lines() if found is not None else ())
    with TrainingStatus(quiet or as_json or not main) as status:
        result = train(settings, status)
    if main:
        print_result(result, settings.base, quiet, as_json)


def print_result(result: TrainingResult, base: str, quiet: bool, as_json: bool) -> None:
    """Print the name by which the tuned model is loaded, and its scores."""
    from sensorium.tune.export.adapter import ignored_by_vllm

    name = f"transformers:{base}+{result.adapter}"
    before, after, step = result.score_before, result.score_after, result.best_step
    if as_json:
        values = {"before": before, "after": after, "steps": result.steps, "best_step": step}
        values |= {"loss_before": result.loss_before, "loss_after": result.loss_after}
        return show.as_json({"model": name, "adapter": str(result.adapter)} | values)
    show.result(name)
    if quiet:
        return None
    if before is not None and after is not None:
        show.aside(f"Held-out score: {before:.3f} before, {after:.3f} after step {step}.")
        better = after > before
        if result.loss_before is not None and result.loss_after is not None:
            show.aside(f"Held-out loss: {result.loss_before:.3f} before, {result.loss_after:.3f} after.")
            better = result.loss_after < result.loss_before if result.by_loss or after == before == 0 else better
        if not better:
            show.aside("It scores no higher than the base.")
    show.aside(ignored_by_vllm(result.adapter) or f"As one checkpoint: sensorium merge {result.adapter} --out merged")
    return None


class TrainingStatus:
    """Shows the progress of a training: one live line on a terminal, else a line now and then."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._live: Any = None
        self._last_line = 0.0

    def __enter__(self) -> TrainingStatus:
        if not self._quiet and sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console

            self._live = Console(stderr=True).status("Loading …")
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, progress: TrainingProgress) -> None:
        """Show a step."""
        if self._live is not None:
            from rich.text import Text

            self._live.update(Text(progress_text(progress)))
        elif not self._quiet and time.monotonic() - self._last_line > _LINE_SECONDS:
            self._last_line = time.monotonic()
            show.aside(progress_text(progress))


def progress_text(progress: TrainingProgress) -> str:
    """Return the progress in words."""
    if progress.total_pictures:
        return f"Encoding pictures: {progress.pictures:,} of {progress.total_pictures:,}"
    words = [f"Step {progress.step} of {progress.max_steps}"]
    if progress.loss is not None:
        words.append(f"loss {progress.loss:.3f}")
    if progress.score is not None:
        best = "" if progress.best_score is None else f", best {progress.best_score:.3f}"
        words.append(f"held-out score {progress.score:.3f}{best}")
    if progress.seconds_left is not None:
        minutes, seconds = divmod(max(0, round(progress.seconds_left)), 60)
        words.append(f"about {f'{minutes} min' if minutes else f'{seconds} s'} left")
    return ", ".join(words)
