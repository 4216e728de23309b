"""`sensorium fewshot`: how well a model answers with examples before the question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog
from sensorium.evaluation.metrics import METRICS

if TYPE_CHECKING:
    from sensorium.fewshot import Record, Report, Step


@click.command(
    epilog=epilog(
        "sensorium fewshot tools.jsonl --model offline:prototypes --shots 0,1,4,8 --pick balanced",
        "sensorium fewshot labels.csv --column image=file --column answer=label --most 50",
        'sensorium fewshot charts.parquet --model openai:gpt-4o-mini --metric relaxed --quiet',
        "sensorium fewshot tools.jsonl --pick contrastive --place collage --out results --json",
    )
)  # fmt: skip
@click.argument("task")
@options.model
@click.option("--shots", "given", default="0,1,4,8", show_default=True, help="How many examples, with commas.")
@options.pick
@options.placing
@click.option("--metric", type=click.Choice(list(METRICS)), help="How answers are scored; by default as fits.")
@click.option("--controls", default="vote,images,order", show_default=True, help="With commas; also answers; or none.")
@options.embedder
@click.option("--media", metavar="FOLDER", help="The folder that files are named from.")
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Which column stands for which.")
@click.option("--question", default="", help="The question of rows that have none.")
@click.option("--closed", is_flag=True, help="Tell the model which answers there are.")
@click.option("--train", default="train", show_default=True, help="The split that is picked from.")
@click.option("--test", default="test", show_default=True, help="The split that is asked.")
@click.option("--most", type=click.IntRange(1), help="The most questions, drawn by chance.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything that is drawn by chance.")
@options.max_tokens
@options.temperature
@click.option("--out", metavar="FOLDER", help="Where answers, table and picture go; by default fewshot-TASK.")
@options.quiet
@options.as_json
def fewshot(
    task: str, model_name: str | None, given: str, pick: str, placing: str | None, metric: str | None, controls: str,
    embedder_name: str, media: str | None, columns: tuple[str, ...], question: str, closed: bool, train: str, test: str,
    most: int | None, seed: int, max_tokens: int, temperature: float, out: str | None, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Measure a model with examples before each question.

    TASK is a .jsonl, .csv or .parquet file, a saved folder, one with a folder a class, or datasets:NAME. Beside each
    score stand its controls: the majority vote of the picked examples, the examples without their pictures, and in
    another order. Answers are kept as they come: the same command goes on after a break.
    """
    from sensorium.cli import output as show
    from sensorium.cli import shots
    from sensorium.core.protocols import Options
    from sensorium.fewshot import Plan, run
    from sensorium.registry import load
    from sensorium.tasks.readers import load_task

    wanted = () if controls == "none" else tuple(controls.split(","))
    plan = Plan(shots.numbers(given), pick, placing or "", metric or "", wanted, seed)
    whole = load_task(task, shots.reading(media, columns, question))
    pool, asked = shots.divided(whole.closed() if closed else whole, train, test, seed, quiet)
    questions = asked.sample(most, seed).examples if most else asked.examples
    model = load(shots.model_name(model_name, max(plan.shots), quiet))
    if not quiet:
        show.asides(shots.told(model, plan, questions))
    folder = Path(out or f"fewshot-{Path(whole.name).name}")
    how = Options(max_tokens=max_tokens, temperature=temperature, seed=seed)
    doing = Doing(quiet or as_json)
    embedder = shots.embedding(pick, embedder_name)
    found = run(model, pool.examples, questions, plan, embedder, how, folder, doing)
    printed(found, folder, quiet, as_json)
    doing.end()


class Doing:
    """Does the steps of a measurement one after another, with the time that is left; what is broken is left out."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._broken: click.exceptions.Exit | None = None

    def __call__(self, steps: Sequence[Step], one: Callable[[Step], Record]) -> Iterator[Record]:
        from sensorium.cli import progress as work

        try:
            for _, record in work.each(steps, one, "Asking", self._quiet):
                yield record
        except click.exceptions.Exit as broken:
            self._broken = broken

    def end(self) -> None:
        """Exit as `work.each` wanted to, now that the table is printed."""
        if self._broken is not None:
            raise self._broken


def printed(found: Report, folder: Path, quiet: bool, as_json: bool) -> None:
    """Print a report, and keep it and its picture in a folder."""
    from sensorium.cli import output as show
    from sensorium.core.errors import InstallError
    from sensorium.fewshot.plot import draw

    saved = [path.name for path in found.save(folder)]
    try:
        saved.append(draw(found, folder / "scores.png").name)
    except InstallError as error:
        if not quiet:
            show.aside(f"{error.message} {error.hint}")
    if as_json:
        return show.as_json(found.to_json() | {"folder": str(folder)})
    for line in found.lines():
        show.result(line)
    if not quiet:
        show.aside(f"Scores by {found.metric}, with 95 % intervals. In {folder}: {', '.join(saved)}.")
    return None
