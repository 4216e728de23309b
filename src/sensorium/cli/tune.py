"""`sensorium tune` and `sensorium merge`: teach a checkpoint by a recipe, and make one checkpoint of what came out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.tune.training.lora import Tuned
    from sensorium.tune.training.metrics_log import Progress

_TELL_SECONDS = 30.0
"""So often a line is written where standard error is no terminal."""


@click.command(
    epilog=epilog(
        "sensorium tune recipe.toml --forecast",
        "sensorium tune recipe.toml",
        "sensorium tune recipe.toml --quiet --json",
    )
)
@click.argument("recipe", metavar="RECIPE.toml")
@click.option("--forecast", "only_forecast", is_flag=True, help="Say what it will take, and train nothing.")
@options.quiet
@options.as_json
def tune(recipe: str, only_forecast: bool, quiet: bool, as_json: bool) -> None:
    """Teach a checkpoint by a recipe, with LoRA or QLoRA.

    The recipe names the base, the task and the folder for the adapter: base = "./folder", task = "mine.jsonl", out =
    "adapter". What it will take is said before weights are loaded, and what can't fit is refused. After a break the
    same command goes on from the last checkpoint.
    """
    from sensorium.cli import output as show
    from sensorium.tune.forecast import forecast
    from sensorium.tune.recipe import load_recipe
    from sensorium.tune.training.distributed import one_speaks, team
    from sensorium.tune.training.lora import share, train

    us = team()
    with one_speaks(us):
        plan = load_recipe(recipe)
        found = forecast(share(plan, us)) if us.first and (only_forecast or not quiet) else None
    if found is not None and only_forecast:
        return show.as_json(found.to_json()) if as_json else show.result("\n".join(found.lines()))
    if only_forecast:
        return None
    show.asides(found.lines() if found is not None else ())
    with Telling(quiet or as_json or not us.first) as telling:
        tuned = train(plan, telling)
    if us.first:
        printed(tuned, plan.base, quiet, as_json)
    return None


def printed(tuned: Tuned, base: str, quiet: bool, as_json: bool) -> None:
    """Print what a training gave: the name by which its model is loaded."""
    from sensorium.cli import output as show
    from sensorium.tune.export.adapter import ignored_by_vllm

    name = f"transformers:{base}+{tuned.adapter}"
    if as_json:
        given = {"before": tuned.before, "after": tuned.after, "steps": tuned.steps, "best_step": tuned.best_step}
        return show.as_json({"model": name, "adapter": str(tuned.adapter)} | given)
    show.result(name)
    if quiet:
        return None
    if tuned.before is not None and tuned.after is not None:
        show.aside(f"Held-out score: {tuned.before:.3f} before, {tuned.after:.3f} after step {tuned.best_step}.")
        if tuned.after <= tuned.before:
            show.aside("It is no better than the untouched model.")
    show.aside(ignored_by_vllm(tuned.adapter) or f"As one checkpoint: sensorium merge {tuned.adapter} --out merged")
    return None


class Telling:
    """Tells how far a training is: one line that stays live on a terminal, else a line now and then."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._live: Any = None
        self._update: Callable[[str], None] = lambda text: None
        self._told = 0.0

    def __enter__(self) -> Telling:
        import sys

        if not self._quiet and sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console

            self._live = Console(stderr=True).status("Loading …")
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, progress: Progress) -> None:
        from sensorium.cli import output as show

        if self._live is not None:
            from rich.text import Text

            self._live.update(Text(said(progress)))
        elif not self._quiet and time.monotonic() - self._told > _TELL_SECONDS:
            self._told = time.monotonic()
            show.aside(said(progress))


def said(progress: Progress) -> str:
    """Put the progress in words."""
    if progress.of_pictures:
        return f"Encoding pictures: {progress.pictures:,} of {progress.of_pictures:,}"
    words = [f"Step {progress.step} of {progress.steps}"]
    if progress.loss is not None:
        words.append(f"loss {progress.loss:.3f}")
    if progress.score is not None:
        best = "" if progress.best is None else f", best {progress.best:.3f}"
        words.append(f"held-out score {progress.score:.3f}{best}")
    if progress.seconds_left is not None:
        minutes, seconds = divmod(max(0, round(progress.seconds_left)), 60)
        words.append(f"about {f'{minutes} min' if minutes else f'{seconds} s'} left")
    return ", ".join(words)


@click.command(
    epilog=epilog(
        "sensorium merge adapter --out merged",
        "sensorium merge adapter --base ./base --out merged --dtype bfloat16",
        "sensorium merge adapter --out merged --quiet --json",
    )
)
@click.argument("adapter")
@click.option("--out", required=True, metavar="FOLDER", help="Where the checkpoint goes: a new folder.")
@click.option("--base", default="", metavar="NAME", help="The checkpoint under it; by default as the adapter says.")
@click.option(
    "--dtype", type=click.Choice(("bfloat16", "float16", "float32")), help="Of its weights; by default as is loaded."
)
@options.quiet
@options.as_json
def merge(adapter: str, out: str, base: str, dtype: str | None, quiet: bool, as_json: bool) -> None:
    """Make one checkpoint of an adapter and its base.

    It needs no PEFT and is served by what can't load adapters.
    """
    from sensorium.cli import output as show
    from sensorium.tune.export.adapter import merge as merged

    folder = merged(adapter, out, base.removeprefix("transformers:"), dtype or "")
    if as_json:
        return show.as_json({"model": f"transformers:{folder}", "folder": str(folder)})
    show.result(f"transformers:{folder}")
    if not quiet:
        show.aside(f'Try: sensorium ask photo.jpg "What is this?" --model transformers:{folder}')
    return None
