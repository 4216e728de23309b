"""`sensorium gained`: what a training gained and lost, beside examples in the prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sensorium.cli import options
from sensorium.cli.options import epilog
from sensorium.evaluation.metrics import METRICS

if TYPE_CHECKING:
    from sensorium.core.protocols import Model
    from sensorium.tune.gain.asked import Asked
    from sensorium.tune.gain.found import Gain
    from sensorium.tune.gain.measure import Models, Placed


@click.command(
    epilog=epilog(
        "sensorium gained adapter",
        "sensorium gained adapter --shots 2,4,8 --pick balanced --retain old.jsonl --out gained.html",
        "sensorium gained adapter --metric rouge --metric chrf --judge openai:gpt-5-mini --quiet --json",
    )
)
@click.argument("adapter")
@click.option("--split", default="", help="The split that is asked; by default test, or what is left of it.")
@click.option("--task", default="", help="Examples to ask instead of the recipe's.")
@click.option("--retain", default="", metavar="TASK", help="Other skills; by default the recipe's replay; or none.")
@click.option("--most", type=click.IntRange(1), default=200, show_default=True, help="The most questions, by chance.")
@click.option("--shots", "given", default="4", show_default=True, help="Examples in the prompt, with commas; or none.")
@options.pick
@options.placing
@options.embedder
@click.option("--metric", "metrics", type=click.Choice(list(METRICS)), multiple=True, help="By default as fits.")
@click.option("--judge", default="", metavar="NAME", help="A model that says which answer is better.")
@click.option("--base", default="", metavar="NAME", help="The checkpoint under it; by default as the recipe says.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything that is drawn by chance.")
@click.option("--samples", type=click.IntRange(0), default=24, show_default=True, help="How many the page shows.")
@click.option("--out", default="", metavar="FILE", help="A page of it all, e.g. gained.html.")
@options.quiet
@options.as_json
def gained(
    adapter: str, split: str, task: str, retain: str, most: int, given: str, pick: str, placing: str | None,
    embedder_name: str, metrics: tuple[str, ...], judge: str, base: str, seed: int, samples: int, out: str,
    quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Tell what a training gained and what it lost.

    Asks the untouched model, the tuned one, and the untouched one with examples in its prompt the same questions, which
    the training never saw, and other skills of the first two. Scores have intervals, and what follows from them is
    said. The figures are kept in the adapter's sensorium.json, where sensorium export finds them.
    """
    from sensorium.cli import shots
    from sensorium.tune.gain.asked import Wish, asked_of
    from sensorium.tune.gain.measure import measure

    asked = asked_of(adapter, Wish(split, task, retain, most, seed))
    counts = () if given == "none" else shots.numbers(given)
    placed = placing_of(asked, counts, pick, placing, embedder_name, seed)
    asking = Asking(quiet or as_json)
    found = measure(asked, models(asked, base, judge), counts, placed, metrics, asking)
    if counts:
        found = replace(found, settings={**found.settings, "Examples in the prompt": f"picked: {pick}, seed {seed}"})
    printed(found, out, samples, quiet, as_json)
    asking.end()


def models(asked: Asked, base: str, judge: str) -> Models:
    """Name the models that are asked, each to be loaded when its turn comes."""
    from sensorium.checkpoint.checkpoint_name import format_name
    from sensorium.registry import load
    from sensorium.tune.gain.measure import Models
    from sensorium.tune.inputs import name_of

    name = name_of(asked.recipe)
    name = replace(name, base=base.removeprefix("transformers:") or name.base)
    untouched, tuned = (
        f"transformers:{format_name(each)}" for each in (name, replace(name, adapter=str(asked.adapter)))
    )
    return Models(partial(load, untouched), partial(load, tuned), partial(load, judge) if judge else None)


def placing_of(
    asked: Asked, counts: Sequence[int], pick: str, placing: str | None, embedder_name: str, seed: int
) -> Placed:
    """Return what puts learnt examples before a question, as fits the model."""
    from sensorium.cli import shots
    from sensorium.core.messages import Conversation
    from sensorium.fewshot import default_place, picker, place
    from sensorium.tasks.task import Example

    find = picker(pick, asked.pool, shots.embedding(pick, embedder_name), seed) if counts else None

    def put(model: Model, example: Example, count: int) -> Conversation:
        assert find is not None
        return place(find(example.conversation, count), example, placing or default_place(model.limits)[0])

    return put


class Asking:
    """Does one thing after another, with the time that is left; what is broken is said and left out."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._broken: click.exceptions.Exit | None = None

    def __call__(self, items: Sequence[Any], one: Callable[[Any], Any], what: str) -> Iterator[tuple[Any, Any]]:
        from sensorium.cli import progress as work

        try:
            yield from work.each(items, one, what, self._quiet)
        except click.exceptions.Exit as broken:
            self._broken = broken

    def end(self) -> None:
        """Exit as `work.each` wanted to, now that the result is printed."""
        if self._broken is not None:
            raise self._broken


def printed(found: Gain, out: str, samples: int, quiet: bool, as_json: bool) -> None:
    """Print a gain, keep its figures beside the adapter, and write its page."""
    from sensorium.cli import output as show
    from sensorium.tune.gain.advice import advise
    from sensorium.tune.gain.keep import keep
    from sensorium.tune.gain.page import page
    from sensorium.tune.gain.told import lines

    kept = keep(found)
    if out:
        Path(out).write_text(page(found, samples), encoding="utf-8")
    if as_json:
        return show.as_json(found.to_json() | {"advice": advise(found), "page": out or None})
    for line in lines(found):
        show.result(line)
    if not quiet:
        show.aside(
            f"The figures are kept in {kept}." + (f" The page: {out}" if out else " --out gained.html shows samples.")
        )
    return None
