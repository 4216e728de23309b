"""`sensorium evaluate`: the base, the fine-tuned and the few-shot model on examples that the training never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog
from sensorium.evaluation.metrics import METRICS

if TYPE_CHECKING:
    from sensorium.core.messages import Conversation
    from sensorium.core.protocols import Model
    from sensorium.tasks.task import Example
    from sensorium.tune.evaluate.evaluate import FewShot, Models
    from sensorium.tune.evaluate.result import AdapterEvaluation
    from sensorium.tune.evaluate.unseen import Unseen


@click.command(
    epilog=epilog(
        "sensorium evaluate adapter",
        "sensorium evaluate adapter --shots 2,4,8 --pick balanced --retain old.jsonl --out report.html",
        "sensorium evaluate adapter --metric rouge --metric chrf --judge openai:gpt-6-luna --quiet --json",
    )
)
@click.argument("adapter")
@click.option("--split", default="", help="The split that is asked (default: test, or what is left of it).")
@click.option("--task", default="", help="Examples to ask instead of the recipe's.")
@click.option("--retain", default="", metavar="TASK", help="Other skills (default: the recipe's replay); or none.")
@click.option("--most", "max_examples", type=click.IntRange(1), default=200, show_default=True,
              help="The most questions, drawn by chance.")  # fmt: skip
@click.option("--shots", default="4", show_default=True, help="Examples in the prompt, with commas; or none.")
@options.pick
@options.placing
@options.embedder
@click.option("--metric", "metrics", type=click.Choice(list(METRICS)), multiple=True,
              help="How answers are scored (default: chosen per task); the first decides.")  # fmt: skip
@click.option("--judge", default="", metavar="NAME", help="A model that says which answer is better.")
@click.option("--base", default="", metavar="NAME", help="The base checkpoint (default: the recipe's).")
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
@click.option("--samples", type=click.IntRange(0), default=24, show_default=True, help="How many the page shows.")
@click.option("--out", default="", metavar="FILE", help="Write a page, e.g. report.html.")
@options.follow_links
@options.quiet
@options.as_json
def evaluate(
    adapter: str, split: str, task: str, retain: str, max_examples: int, shots: str, pick: str, placing: str | None,
    embedder_name: str, metrics: tuple[str, ...], judge: str, base: str, seed: int, samples: int, out: str,
    quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Compare the base, the fine-tuned and the few-shot model.

    All are asked the same questions, which the training never saw; the first two are asked about other skills, too.
    Scores and differences have intervals, and what follows from them is said. Answers are stored in the adapter's
    folder as they come: the same command continues after a break. The figures go into the adapter's sensorium.json,
    where sensorium export finds them.
    """
    from sensorium.cli.fewshot import shot_counts
    from sensorium.cli.progress import TerminalProgress
    from sensorium.tune.evaluate.evaluate import evaluate as evaluate_adapter
    from sensorium.tune.evaluate.unseen import ExampleChoice, unseen

    require_page(out, adapter, task, retain)
    asked = unseen(adapter, ExampleChoice(split, task, retain, max_examples, seed))
    counts = () if shots == "none" else shot_counts(shots)
    prompted = few_shot(asked, counts, pick, placing, embedder_name, seed)
    progress = TerminalProgress(quiet or as_json)
    evaluation = evaluate_adapter(asked, models(asked, base, judge), prompted, metrics, progress)
    if counts:
        picked = {"Examples in the prompt": f"picked: {pick}, seed {seed}"}
        evaluation = replace(evaluation, settings={**evaluation.settings, **picked})
    print_evaluation(evaluation, out, samples, quiet, as_json)


def require_page(out: str, adapter: str, *tasks: str) -> None:
    """Raise InputError, before anything is asked, if the page can't be written, or would replace an adapter's file."""
    from pathlib import Path

    from sensorium.core.files import require_output

    if out:
        folder = Path(adapter)
        own = [file for file in folder.iterdir() if file.suffix != ".html"] if folder.is_dir() else []
        require_output(out, [*own, *filter(None, tasks)])


def models(asked: Unseen, base: str, judge: str) -> Models:
    """Return the models that are asked, each to be loaded when its turn comes."""
    from sensorium.checkpoint.checkpoint_name import format_name
    from sensorium.registry import load
    from sensorium.tune.evaluate.evaluate import Models
    from sensorium.tune.inputs import name_of

    name = name_of(asked.recipe)
    name = replace(name, base=base.removeprefix("transformers:") or name.base)
    names = [f"transformers:{format_name(each)}" for each in (name, replace(name, adapter=str(asked.adapter)))]
    return Models(names[0], partial(load, names[0]), partial(load, names[1]), partial(load, judge) if judge else None)


def few_shot(
    asked: Unseen, counts: Sequence[int], selection: str, layout: str | None, embedder_name: str, seed: int
) -> FewShot:
    """Return what puts training examples before a question, laid out as fits the model."""
    from sensorium.cli.fewshot import load_embedder
    from sensorium.fewshot import default_layout, picker, place
    from sensorium.tasks.prompt import digest
    from sensorium.tune.evaluate.evaluate import FewShot

    if not counts:
        return FewShot()
    pick = picker(selection, asked.pool, load_embedder(selection, embedder_name), seed)

    def conversation(model: Model, example: Example, k: int) -> Conversation:
        return place(pick(example.conversation, k), example, layout or default_layout(model.limits)[0])

    key = {"pick": selection, "place": layout or "", "seed": seed, "pool": digest(asked.pool)}
    return FewShot(counts, conversation, key | {"embedder": embedder_name})


def print_evaluation(evaluation: AdapterEvaluation, out: str, samples: int, quiet: bool, as_json: bool) -> None:
    """Print an evaluation, save its figures beside the adapter, write its page, and exit with 2 for broken files."""
    from sensorium.cli import output as show
    from sensorium.cli.fewshot import end_with_broken_files
    from sensorium.core.files import replace_file
    from sensorium.evaluation.report import page
    from sensorium.tune.evaluate.advice import advise
    from sensorium.tune.evaluate.evaluate import report_of, save_figures

    saved, report = save_figures(evaluation), report_of(evaluation)
    if out:
        replace_file(out, page(report, samples))
    if as_json:
        show.as_json(evaluation.to_json() | {"advice": advise(evaluation), "page": out or None})
    else:
        for line in report.lines():
            show.result(line)
    if not quiet and not as_json:
        show.aside(
            f"The figures are in {saved}." + (f" The page: {out}" if out else " --out report.html shows samples.")
        )
    end_with_broken_files(evaluation.broken_files)
