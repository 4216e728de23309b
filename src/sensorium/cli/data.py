"""`sensorium data`: data sets for training: check, split, mix, preview, card."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click

from sensorium.cli import options
from sensorium.cli.main import epilog

_media = click.option("--media", metavar="FOLDER", help="The folder that files are named from.")
_column = click.option(
    "--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Which column stands for which."
)
_question = click.option("--question", default="", help="The question of rows that have none.")
_seed = click.option("--seed", type=int, default=0, show_default=True, help="Of everything that is drawn by chance.")


def _source(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how the rows of a data set are read."""
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

    TASK is a .jsonl, .csv or .parquet file, a saved folder, or datasets:NAME. Looks for broken and repeated pictures,
    pictures in training and test at once, one-sided and conflicting answers, questions that need no picture, personal
    data, empty columns, and rows that a model does not take. Exits with 1 where something must be mended.
    """
    from sensorium.cli import shots, show, work
    from sensorium.media.tables import load_table
    from sensorium.registry import load
    from sensorium.tune.check import check as checked
    from sensorium.tune.data import read

    rows = read(load_table(task, shots.reading(media, columns, question)))
    found = checked(rows, load(model_name) if model_name else None, seed, partial(work.each, quiet=quiet))
    if as_json:
        show.as_json(found.to_json())
    else:
        for line in found.lines():
            show.result(line)
    if found.to_mend:
        raise click.exceptions.Exit(1)
