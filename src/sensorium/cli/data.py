"""`sensorium data`: data sets for training: check, split, mix, preview, card."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

_media = click.option("--media", metavar="FOLDER", help="The folder that files are named from.")
_column = click.option(
    "--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Which column stands for which."
)
_question = click.option("--question", default="", help="The question of rows that have none.")
_seed = click.option("--seed", type=int, default=0, show_default=True, help="Of everything that is drawn by chance.")
_out = click.option("--out", metavar="FOLDER", required=True, help="The new folder that it is saved in.")


def _source(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command the options that say how the rows of a data set are read."""
    for option in (_question, _column, _media):
        command = option(command)
    return command


@click.group(
    epilog=epilog(
        "sensorium data check mine.jsonl",
        "sensorium data check products.parquet --column answer=label --question \"Which product is this?\" --json",
        "sensorium data COMMAND --help",
    )
)  # fmt: skip
def data() -> None:
    """Check, divide, mix and show data sets for training."""


@data.command(
    epilog=epilog(
        "sensorium data check mine.jsonl",
        "sensorium data check mine.csv --column image=file --column answer=label --question \"Which tool?\"",
        "sensorium data check mine.jsonl --model transformers:./checkpoint --json",
    )
)  # fmt: skip
@click.argument("task")
@_source
@click.option("--model", "-m", "model_name", metavar="NAME", help="The model whose limits rows are held against.")
@_seed
@options.quiet
@options.as_json
def check(
    task: str, media: str | None, columns: tuple[str, ...], question: str, model_name: str | None, seed: int,
    quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Tell what of a data set would spoil a training.

    TASK is a .jsonl, .csv or .parquet file, a saved folder, one with a folder of pictures a class, or datasets:NAME.
    Looks for broken and repeated pictures, pictures in training and test at once, one-sided and conflicting answers,
    questions that need no picture, personal data, empty columns, and rows that a model does not take. Exits with 1
    where something must be mended.
    """
    from sensorium.cli import inputs, sets
    from sensorium.cli import output as show
    from sensorium.cli import progress as work
    from sensorium.registry import load
    from sensorium.tune.dataset.check import check as checked

    rows = sets.rows(task, inputs.row_format(media, columns, question))
    found = checked(rows, load(model_name) if model_name else None, seed, partial(work.track, quiet=quiet))
    if as_json:
        show.as_json(found.to_json())
    else:
        for line in found.lines():
            show.result(line)
    if found.to_mend:
        raise click.exceptions.Exit(1)


@data.command(
    epilog=epilog(
        "sensorium data split mine.jsonl --out mine-split",
        "sensorium data split mine.csv --column answer=label --shares train=0.8,dev=0.1,test=0.1 --out divided",
        "sensorium data split mine.jsonl --out shared --without-metadata --json",
    )
)
@click.argument("task")
@_source
@click.option("--shares", default="train=0.8,test=0.2", show_default=True, help="Of each split, with commas.")
@_seed
@click.option("--without-metadata", "bare", is_flag=True, help="Save pictures without their personal metadata.")
@_out
@options.quiet
@options.as_json
def split(
    task: str, media: str | None, columns: tuple[str, ...], question: str, shares: str, seed: int, bare: bool,
    out: str, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Divide a data set: copies of a picture stay together, answers alike.

    Saves a folder with rows.jsonl and media/, which every command reads. Pictures of the same bytes, or the same to
    the eye, and all rows that ask about them go into one split, so that a score measures no memory.
    """
    from sensorium.cli import inputs, sets
    from sensorium.cli import progress as work
    from sensorium.tune.dataset.split import divided
    from sensorium.tune.dataset.strip_metadata import without_metadata

    whole = sets.opened(task, inputs.row_format(media, columns, question))
    made = divided(whole, sets.weights(shares), seed, partial(work.track, quiet=quiet))
    sets.saved(without_metadata(made) if bare else made, out, quiet, as_json)


@data.command(
    epilog=epilog(
        "sensorium data mix new.jsonl old.jsonl --out mixed",
        "sensorium data mix new.jsonl=1 old.jsonl=3 --most 2000 --seed 3 --out mixed",
        "sensorium data mix colours.csv shapes.parquet --out both --json",
    )
)
@click.argument("tasks", nargs=-1, required=True, metavar="TASK[=WEIGHT]…")
@_source
@click.option("--most", type=click.IntRange(1), help="How many rows; by default as many as the weights allow.")
@_seed
@_out
@options.quiet
@options.as_json
def mix(
    tasks: tuple[str, ...], media: str | None, columns: tuple[str, ...], question: str, most: int | None, seed: int,
    out: str, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Mix data sets in proportions, so that old skills stay while new ones come.

    Each TASK is a data set as for check, with its weight after an equals sign, or 1. No row comes twice.
    """
    from sensorium.cli import inputs, sets
    from sensorium.tasks.task import mix as mixed

    reading = inputs.row_format(media, columns, question)
    parts = [(sets.opened(name, reading), weight) for name, weight in map(sets.weighted, tasks)]
    sets.saved(mixed(parts, most, seed), out, quiet, as_json)


@data.command(
    epilog=epilog(
        "sensorium data preview mine.jsonl --out mine.html",
        "sensorium data preview mine.jsonl --most 50 --seed 3 --out mine.html",
        "sensorium data preview mine.jsonl --model transformers:./checkpoint --out mine.html --json",
    )
)
@click.argument("task")
@_source
@click.option("--model", "-m", "model_name", metavar="NAME", help="A local checkpoint, to show its own prompt.")
@click.option("--most", type=click.IntRange(1), default=20, show_default=True, help="How many rows, by chance.")
@_seed
@click.option("--out", metavar="FILE", default="preview.html", show_default=True, help="The page.")
@options.quiet
@options.as_json
def preview(
    task: str, media: str | None, columns: tuple[str, ...], question: str, model_name: str | None, most: int, seed: int,
    out: str, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make a page of rows as a model is taught them.

    Each row has a heading, its picture, what the model is given, and what it learns to say: coloured, and said in
    words. With a local checkpoint the prompt has its template, and the answer its tokens.
    """
    from sensorium.cli import inputs, sets
    from sensorium.tune.dataset.preview import page

    rows = sets.rows(task, inputs.row_format(media, columns, question))
    drawn = sets.drawn(rows, most, seed)
    sets.written(page(rows.name, drawn, len(rows.rows), sets.rendering(model_name)), out, as_json)


@data.command(
    epilog=epilog(
        "sensorium data card mine.jsonl --licence cc-by-4.0 --source \"photos that we took\"",
        "sensorium data card mine-split --licence cc0-1.0 --out mine-split/README.md",
        "sensorium data card mine.jsonl --out README.md --json",
    )
)  # fmt: skip
@click.argument("task")
@_source
@click.option("--licence", default="", help="Its identifier, e.g. cc-by-4.0.")
@click.option("--source", default="", help="Where the rows come from.")
@_seed
@click.option("--out", metavar="FILE", default="-", help="Where it goes; by default it is printed.")
@options.quiet
@options.as_json
def card(
    task: str, media: str | None, columns: tuple[str, ...], question: str, licence: str, source: str, seed: int,
    out: str, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write a data set's card: licence, counts, figures, faults.

    It is Markdown with the header that the Hugging Face hub reads.
    """
    from sensorium.cli import inputs, sets
    from sensorium.cli import progress as work
    from sensorium.tune.dataset.card import card as made
    from sensorium.tune.dataset.check import check as checked

    rows = sets.rows(task, inputs.row_format(media, columns, question))
    sets.written(made(checked(rows, None, seed, partial(work.track, quiet=quiet)), licence, source), out, as_json)
