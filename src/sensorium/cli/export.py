"""`sensorium export`: write an adapter as a folder to share, with a model card."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from pathlib import Path

    from sensorium.tune.export.round_trip import Trip

_CHECKED = 8


@click.command(
    epilog=epilog(
        "sensorium export adapter --out shared --base HuggingFaceTB/SmolVLM-Instruct --licence apache-2.0",
        "sensorium export adapter --out shared --name you/teas --check",
        "sensorium export adapter --out whole --merged --dtype bfloat16 --quiet --json",
    )
)
@click.argument("adapter")
@options.new_folder
@options.adapter_base
@click.option("--name", default="", metavar="NAME", help="Name on the hub, e.g. you/teas (default: the folder).")
@click.option("--licence", default="", metavar="ID", help="Licence of what is shared, e.g. apache-2.0.")
@click.option("--merged", is_flag=True, help="Write one checkpoint of base and adapter instead of the adapter.")
@options.merged_dtype
@click.option("--check", is_flag=True, help="Check that the exported weights answer as the adapter does.")
@options.quiet
@options.as_json
def export(
    adapter: str, out: str, base: str, name: str, licence: str, merged: bool, dtype: str | None, check: bool,
    quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write an adapter as a folder to share, with a model card.

    The card, README.md, has the header that the Hugging Face hub reads, the scores from sensorium evaluate, the
    training data, the licences, and how to load the model. Paths of this machine are left out; --base names the base
    as others load it. With --check the training's held-out examples are asked again, and it exits with 1 if any
    answer differs.
    """
    from sensorium.cli import output as show
    from sensorium.tune.export.export import export as export_adapter

    made = export_adapter(adapter, out, base, licence, name, merged, dtype or "")
    trip = check_answers(adapter, made.folder, merged, dtype or "") if check else None
    if as_json:
        values = {"folder": str(made.folder), "model": made.model, "notes": list(made.notes)}
        show.as_json(values | {"check": trip and trip.to_json()})
    else:
        show.result(made.model)
    if not quiet and not as_json:
        show.asides([*made.notes, *([trip.line()] if trip else []), f"Type: hf upload {name or 'YOU/NAME'} {out}"])
    if trip is not None and not trip.whole:
        raise click.exceptions.Exit(1)


def check_answers(adapter: str, folder: Path, merged: bool, dtype: str) -> Trip:
    """Ask the training's held-out examples of the adapter, of the merged weights, and of these loaded again."""
    from sensorium.tune.evaluate.unseen import recipe_of
    from sensorium.tune.export.round_trip import round_trip
    from sensorium.tune.inputs import data_of, name_of

    recipe = recipe_of(adapter)
    data = data_of(recipe)
    name = replace(name_of(recipe), adapter=adapter if merged else str(folder), dtype=dtype or recipe.dtype)
    examples = (data.heldout or data.train)[:_CHECKED]
    return round_trip(name, examples, recipe.max_new_tokens, folder if merged else None)
