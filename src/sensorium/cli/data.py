"""`sensorium data`: check, split, mix, preview and describe data sets for training."""

from __future__ import annotations

import functools
import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.tasks.rows import RowFormat
    from sensorium.tasks.task import Task
    from sensorium.tune.dataset.data import DataRow, Dataset
    from sensorium.tune.dataset.preview import RenderedRow

_media = click.option("--media", metavar="FOLDER", help="The folder that file names are relative to.")
_column = click.option(
    "--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Which column stands for which."
)
_question = click.option("--question", default="", help="Question of rows that have none.")
_seed = click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
_out = click.option("--out", metavar="FOLDER", required=True, help="New folder for the result.")


def _row_format(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how the rows are read, which become the command's `row_format`."""

    @functools.wraps(command)
    def with_row_format(
        *args: Any, media: str | None, columns: tuple[str, ...], ignore: tuple[str, ...], question: str, **others: Any
    ) -> Any:
        from sensorium.cli import inputs

        return command(*args, row_format=inputs.row_format(media, columns, question, ignore), **others)

    return _media(_column(options.ignore(_question(options.follow_links(with_row_format)))))


@click.group(
    epilog=epilog(
        "sensorium data check mine.jsonl",
        "sensorium data check products.parquet --column answer=label --question \"Which product is this?\" --json",
        "sensorium data COMMAND --help",
    )
)  # fmt: skip
def data() -> None:
    """Check, split, mix and preview data sets for training."""


@data.command(
    epilog=epilog(
        "sensorium data check mine.jsonl",
        "sensorium data check mine.csv --column image=file --column answer=label --question \"Which tool?\"",
        "sensorium data check mine.jsonl --model transformers:./checkpoint --json",
    )
)  # fmt: skip
@click.argument("task")
@_row_format
@click.option("--model", "-m", "model_name", metavar="NAME", help="Check the rows against the limits of this model.")
@_seed
@options.quiet
@options.as_json
@click.pass_context
def check(
    context: click.Context, task: str, row_format: RowFormat, model_name: str | None, seed: int, quiet: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Find what would spoil a training.

    TASK is a .jsonl, .json, .csv or .parquet file, a saved folder, one with a folder of pictures per class, or
    datasets:NAME. Looks for broken and repeated pictures, pictures in training and test at once, one-sided and
    conflicting answers, questions that need no picture, personal data, empty columns, and rows that exceed a model's
    limits. Exits with 1 if something must be fixed.
    """
    from sensorium.cli import output as show
    from sensorium.cli.progress import track
    from sensorium.registry import load
    from sensorium.tune.dataset.check import check as check_dataset

    dataset, model = _open(task, row_format), load(model_name) if model_name else None
    report = check_dataset(dataset, model, seed, partial(track, quiet=quiet))
    if as_json:
        show.as_json(report.to_json())
    else:
        show.result("\n".join(options.with_flags(line, context.command) for line in report.lines()))
    if report.must_fix:
        raise click.exceptions.Exit(1)


@data.command(
    epilog=epilog(
        "sensorium data split mine.jsonl --out mine-split",
        "sensorium data split mine.csv --column answer=label --shares train=0.8,dev=0.1,test=0.1 --out divided",
        "sensorium data split mine.jsonl --out shared --without-metadata --json",
    )
)
@click.argument("task")
@_row_format
@click.option("--shares", default="train=0.8,test=0.2", show_default=True, help="Share of each split, with commas.")
@_seed
@click.option("--without-metadata", is_flag=True, help="Save pictures without their personal metadata.")
@_out
@options.quiet
@options.as_json
def split(
    task: str, row_format: RowFormat, shares: str, seed: int, without_metadata: bool, out: str, quiet: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Split a data set: copies of a picture stay together, answers are mixed alike.

    Saves a folder with rows.jsonl and media/, which every command reads. Pictures of the same bytes, or the same to
    the eye, and all rows that ask about them go into one split, so that a score measures no memory.
    """
    from sensorium.cli.progress import track
    from sensorium.tune.dataset.split import split_task
    from sensorium.tune.dataset.strip_metadata import without_metadata as stripped

    _require_folder(out, task)
    made = split_task(_load(task, row_format), _shares(shares), seed, partial(track, quiet=quiet))
    _save(stripped(made) if without_metadata else made, out, quiet, as_json)


@data.command(
    epilog=epilog(
        "sensorium data mix new.jsonl old.jsonl --out mixed",
        "sensorium data mix new.jsonl=1 old.jsonl=3 --most 2000 --seed 3 --out mixed",
        "sensorium data mix colours.csv shapes.parquet --out both --json",
    )
)
@click.argument("tasks", nargs=-1, required=True, metavar="TASK[=WEIGHT]…")
@_row_format
@click.option(
    "--most", "max_rows", type=click.IntRange(1), help="Maximum rows (default: as many as the weights allow)."
)
@_seed
@_out
@options.quiet
@options.as_json
def mix(
    tasks: tuple[str, ...], row_format: RowFormat, max_rows: int | None, seed: int, out: str, quiet: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Mix data sets in proportions, so that old skills stay while new ones come.

    Each TASK is a data set as for check, with its weight after an equals sign, or 1. No row comes twice.
    """
    from sensorium.tasks.task import mix as mix_tasks

    named = [_weighted(name) for name in tasks]
    _require_folder(out, *(name for name, _ in named))
    parts = [(_load(name, row_format), weight) for name, weight in named]
    _save(mix_tasks(parts, max_rows, seed), out, quiet, as_json)


@data.command(
    epilog=epilog(
        "sensorium data preview mine.jsonl --out mine.html",
        "sensorium data preview mine.jsonl --most 50 --seed 3 --out mine.html",
        "sensorium data preview mine.jsonl --model transformers:./checkpoint --out mine.html --json",
    )
)
@click.argument("task")
@_row_format
@click.option("--model", "-m", "model_name", metavar="NAME", help="A local checkpoint, to show its own prompt.")
@click.option("--most", "max_rows", type=click.IntRange(1), default=20, show_default=True, help="Maximum rows, random.")
@_seed
@click.option("--out", metavar="FILE", default="preview.html", show_default=True, help="The page.")
@options.quiet
@options.as_json
def preview(
    task: str, row_format: RowFormat, model_name: str | None, max_rows: int, seed: int, out: str, quiet: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Make a page of rows as a model is trained on them.

    Each row has a heading, its picture, what the model is given, and what it learns to say: coloured, and marked in
    words. With a local checkpoint the prompt has its template, and the answer its tokens.
    """
    from sensorium.tune.dataset.preview import page

    dataset = _open(task, row_format)
    _require_file(out, dataset)
    rows, total = list(dataset.rows), len(dataset.rows)
    if max_rows < total:
        rows = [rows[index] for index in sorted(random.Random(seed).sample(range(total), max_rows))]
    _write(page(dataset.name, rows, total, _renderer(model_name)), out, as_json)


@data.command(
    epilog=epilog(
        "sensorium data card mine.jsonl --licence cc-by-4.0 --source \"photos that we took\"",
        "sensorium data card mine-split --licence cc0-1.0 --out mine-split/README.md",
        "sensorium data card mine.jsonl --out README.md --json",
    )
)  # fmt: skip
@click.argument("task")
@_row_format
@click.option("--licence", default="", help="Its identifier, e.g. cc-by-4.0.")
@click.option("--source", default="", help="Where the rows come from.")
@_seed
@click.option("--out", metavar="FILE", default="-", help="The file (default: standard output).")
@options.quiet
@options.as_json
def card(
    task: str, row_format: RowFormat, licence: str, source: str, seed: int, out: str, quiet: bool, as_json: bool
) -> None:
    """Write a data set's card: licence, counts, figures, faults.

    It is Markdown with the header that the Hugging Face hub reads.
    """
    from sensorium.cli.progress import track
    from sensorium.tune.dataset.card import card as make_card
    from sensorium.tune.dataset.check import check as check_dataset

    dataset = _open(task, row_format)
    _require_file(out, dataset)
    report = check_dataset(dataset, None, seed, partial(track, quiet=quiet))
    _write(make_card(report, licence, source), out, as_json)


def _open(source: str, row_format: RowFormat) -> Dataset:
    """Open a data set with the rows that can't be used."""
    from sensorium.tasks.readers import load_table
    from sensorium.tune.dataset.data import read_dataset

    return read_dataset(load_table(source, row_format))


def _load(source: str, row_format: RowFormat) -> Task:
    """Load a data set whose rows can all be used; the error of one that can't says how to see all."""
    from sensorium.core.errors import InputError
    from sensorium.tasks.readers import load_task
    from sensorium.tune.dataset.data import command_line

    try:
        return load_task(source, row_format)
    except InputError as error:
        raise type(error)(error.message, f"{error.hint} See all: {command_line('check', source, row_format)}") from None


def _shares(text: str) -> dict[str, float]:
    """Parse "train=0.8,test=0.2"."""
    from sensorium.core.errors import InputError, quoted

    try:
        pairs = [pair.rsplit("=", 1) for pair in text.split(",")]
        return {name.strip(): float(share) for name, share in pairs}
    except ValueError:
        raise InputError(
            f"--shares takes names with numbers, not {quoted(text)}.", "Try --shares train=0.8,test=0.2"
        ) from None


def _weighted(text: str) -> tuple[str, float]:
    """Parse "old.jsonl=3": a name and its weight, 1 by default."""
    name, _, weight = text.rpartition("=")
    try:
        return (name, float(weight)) if name else (text, 1.0)
    except ValueError:
        return text, 1.0  # the equals sign belongs to the name


def _require_folder(out: str, *sources: str) -> None:
    """Raise InputError, before anything is read, if a data set can't be saved there, or lies in one of its sources."""
    from sensorium.core.files import require_output
    from sensorium.tasks.jsonl import require_unsaved

    require_output(out, sources, is_folder=True)
    require_unsaved(out)


def _require_file(out: str, dataset: Dataset) -> None:
    """Raise InputError if a text can't be written to a file, or would replace one of the data set."""
    from pathlib import Path

    from sensorium.core.files import require_output
    from sensorium.tasks.jsonl import SUFFIXES

    if out == "-":
        return
    folder = Path(dataset.source)
    files = folder.iterdir() if folder.is_dir() else [folder]
    media = [part.blob.path for row in dataset.rows for part in row.example.conversation.parts if hasattr(part, "blob")]
    rows = [file for file in files if file.suffix.lower() in (*SUFFIXES, ".parquet")]
    require_output(out, [*rows, *(path for path in media if path is not None)])


def _save(task: Task, folder: str, quiet: bool, as_json: bool) -> None:
    """Save a data set as a folder, and print where and how many rows each split has."""
    from sensorium.cli import output as show
    from sensorium.tasks.jsonl import save

    rows = save(task, folder)
    splits = Counter(example.split for example in task.examples)
    if as_json:
        return show.as_json({"rows": str(rows), "splits": dict(splits)})
    show.result(str(rows))
    if not quiet:
        counts = ", ".join(f"{count} {name or 'without a split'}" for name, count in splits.items())
        show.aside(f"{len(task)} rows: {counts}.")
    return None


def _renderer(model_name: str | None) -> Callable[[DataRow], RenderedRow] | None:
    """Return what renders a row with a local checkpoint's own template; None without a name."""
    if model_name is None:
        return None
    from sensorium.core.errors import InputError, quoted
    from sensorium.registry import load
    from sensorium.tune.dataset.preview import RenderedRow
    from sensorium.tune.training.collate import row_of

    loaded = getattr(load(model_name), "checkpoint", None)
    if loaded is None:
        raise InputError(f"{quoted(model_name)} isn't a local checkpoint.", "Try --model transformers:./checkpoint")

    def render(row: DataRow) -> RenderedRow:
        rendered = row_of(loaded, row.example)
        tokenizer = getattr(loaded.processor, "tokenizer", loaded.processor)
        return RenderedRow(rendered.prompt.text, tuple(tokenizer.decode([token]) for token in rendered.answer))

    return render


def _write(text: str, out: str, as_json: bool) -> None:
    """Write a text into a file and print its name; print the text itself if the file is "-"."""
    from sensorium.cli import output as show
    from sensorium.core.files import replace_file

    if out == "-":
        return show.as_json({"text": text}) if as_json else show.result(text.rstrip("\n"))
    replace_file(out, text)
    return show.as_json({"file": out}) if as_json else show.result(out)
