"""`sensorium fewshot`: how much few-shot examples help; also, examples before a question of `sensorium ask`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog
from sensorium.core.errors import InputError, quoted

if TYPE_CHECKING:
    from sensorium.core.messages import Conversation
    from sensorium.core.protocols import Embedder, Model
    from sensorium.fewshot import Plan, Report
    from sensorium.tasks.task import Task

BY_EXAMPLES = "offline:prototypes"
_DEFAULT_SHOTS = 4


@click.command(
    epilog=epilog(
        "sensorium fewshot tools.jsonl --model offline:prototypes --shots 0,1,4,8 --pick balanced",
        "sensorium fewshot labels.csv --column image=file --column answer=label --most 50",
        'sensorium fewshot charts.parquet --model openai:gpt-6-luna --metric relaxed --quiet',
        "sensorium fewshot tools.jsonl --pick contrastive --place collage --out results --json",
    )
)  # fmt: skip
@options.model
@options.few_shot_task(shots="0,1,4,8")
@click.option("--controls", default="vote,images,order", show_default=True, help="With commas; also answers; or none.")
@click.option("--most", "max_questions", type=click.IntRange(1), help="The most questions, drawn by chance.")
@click.option("--out", metavar="FOLDER", help="Folder of answers, table and plot (default: fewshot-TASK).")
@options.follow_links
@options.quiet
@options.as_json
def fewshot(
    task: str, model_name: str | None, shots: str, pick: str, placing: str | None, metric: str | None, controls: str,
    embedder_name: str, media: str | None, columns: tuple[str, ...], ignore: tuple[str, ...], question: str,
    closed: bool, train: str, test: str, max_questions: int | None, seed: int, max_tokens: int, temperature: float,
    out: str | None, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Measure how much few-shot examples help.

    TASK is a .jsonl, .csv or .parquet file, a saved folder, one with a folder a class, or datasets:NAME. Beside each
    score stand its controls: the majority vote of the picked examples, the examples without their pictures, and in
    another order. Answers are stored as they come: the same command continues after a break. A question that fails
    counts as wrong, and is listed by the kind of failure.
    """
    from sensorium.cli import inputs
    from sensorium.cli import output as show
    from sensorium.cli.progress import TerminalProgress
    from sensorium.core.protocols import Options
    from sensorium.fewshot import Plan
    from sensorium.fewshot.report import report
    from sensorium.fewshot.run import measure, settled
    from sensorium.registry import load

    names = () if controls == "none" else tuple(controls.split(","))
    plan = Plan(shot_counts(shots), pick, placing or "", metric or "", names, seed)
    whole = inputs.task_of(task, media, columns, question, ignore)
    pool, asked = halves(whole.closed() if closed else whole, train, test, seed, quiet)
    questions = asked.sample(max_questions, seed).examples if max_questions else asked.examples
    model = load(model_for_examples(model_name, max(plan.shots), quiet))
    if not quiet:
        show.asides(announcement(model, plan, len(questions)))
    plan = settled(plan, model.limits, questions)
    folder = Path(out or f"fewshot-{Path(whole.name).name}")
    how = Options(max_tokens=max_tokens, temperature=temperature, seed=seed)
    embedder, progress = load_embedder(pick, embedder_name), TerminalProgress(quiet or as_json)
    answers = measure(model, pool.examples, questions, plan, embedder, how, folder, progress)
    print_report(report(model.name, plan, answers), folder, quiet, as_json)
    end_with_broken_files(answers.broken_files())


def print_report(report: Report, folder: Path, quiet: bool, as_json: bool) -> None:
    """Print a report, and save it and its plot in a folder."""
    from sensorium.cli import output as show
    from sensorium.core.errors import InstallError
    from sensorium.fewshot.plot import draw

    saved = [path.name for path in report.save(folder)]
    try:
        saved.append(draw(report, folder / "scores.png").name)
    except InstallError as error:
        if not quiet:
            show.aside(f"{error.message} {error.hint}")
    if as_json:
        return show.as_json(report.to_json() | {"folder": str(folder)})
    for line in report.lines():
        show.result(line)
    if not quiet:
        show.aside(f"Scores by {report.metric}, with 95 % intervals. In {folder}: {', '.join(saved)}.")
    return None


def end_with_broken_files(messages: Sequence[str]) -> None:
    """Print what was wrong with broken files, and exit with 2 if there were any."""
    from sensorium.cli import output as show

    for message in messages:
        show.error(message, "")
    if messages:
        raise click.exceptions.Exit(2)


def shot_counts(text: str) -> tuple[int, ...]:
    """Return the numbers of "0,1,4,8"."""
    try:
        counts = tuple(int(number) for number in text.split(","))
    except ValueError:
        counts = (-1,)
    if min(counts) < 0:
        raise InputError(f"--shots takes comma-separated integers, not {quoted(text)}.", "Try --shots 0,1,4,8")
    return counts


def model_for_examples(name: str | None, shots: int, quiet: bool) -> str:
    """Return the model's name; "offline", which ignores examples, gives way to the one that answers by them."""
    from sensorium.cli import output as show
    from sensorium.registry import chosen

    name = name or chosen()
    if name != "offline" or shots == 0:
        return name
    if not quiet:
        show.aside(f"The offline model does not learn from examples; {BY_EXAMPLES} answers by them.")
    return BY_EXAMPLES


def halves(task: Task, train: str, test: str, seed: int, quiet: bool) -> tuple[Task, Task]:
    """Return the examples to pick from and those to ask; a task without splits is halved."""
    from sensorium.cli import output as show
    from sensorium.tasks.task import TEST, TRAIN

    if task.splits == ("",):
        if not quiet:
            show.aside(f"The task has no splits: half of it is picked from, half is asked (seed {seed}).")
        task = task.divided({TRAIN: 0.5, TEST: 0.5}, seed)
        train, test = TRAIN, TEST
    return task.split(train), task.split(test)


def load_embedder(selection: str, name: str) -> Embedder | None:
    """Load the embedder if the way to pick examples needs one."""
    from sensorium.fewshot.selection import NEED_EMBEDDER
    from sensorium.registry import load

    return load(name, role="embedder") if selection in NEED_EMBEDDER else None


def examples_before(
    file: str, shots: int | None, selection: str, layout: str | None, embedder_name: str, quiet: bool
) -> Callable[[Model, Conversation], Conversation]:
    """Return a function that puts examples of a file before a question, laid out as fits the model.

    If `shots` is None, four: larger models are measured with that, and each picture costs. The offline one gets all:
    it knows nothing else.
    """
    from sensorium.cli import output as show
    from sensorium.fewshot import default_layout, picker, place
    from sensorium.tasks.readers import load_task
    from sensorium.tasks.task import TEST

    task = load_task(file)
    pool = tuple(example for example in task.examples if example.split != TEST) or task.examples
    pick = picker(selection, pool, load_embedder(selection, embedder_name))

    def put(model: Model, chat: Conversation) -> Conversation:
        default, reason = default_layout(model.limits)
        if reason and layout is None and not quiet:
            show.aside(f"{model.name}: {_with_flags(reason)}")
        k = shots if shots is not None or model.name.startswith("offline:") else _DEFAULT_SHOTS
        return place(pick(chat, k), chat, layout or default)

    return put


def announcement(model: Model, plan: Plan, questions: int) -> list[str]:
    """Return in sentences what will be asked."""
    from sensorium.fewshot import default_layout

    layout, reason = default_layout(model.limits)
    lines = [f"{model.name}: {_with_flags(reason)}"] if reason and not plan.place else []
    asked = sum(questions for k in plan.shots for control in plan.conditions(k) if control != "vote")
    return [*lines, f"{asked} questions to ask: {questions} under each condition, {plan.place or layout}."]


def _with_flags(text: str) -> str:
    return options.with_flags(text, click.get_current_context().command)
