"""`sensorium export`: an adapter as a folder for others, with its card."""

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
@click.option("--out", required=True, metavar="FOLDER", help="Where it goes: a new folder.")
@click.option("--base", default="", metavar="NAME", help="The base's name for others; by default as the recipe says.")
@click.option("--name", default="", metavar="NAME", help="What others load it by, e.g. you/teas.")
@click.option("--licence", default="", metavar="ID", help="Of what is shared, e.g. apache-2.0.")
@click.option("--merged", is_flag=True, help="One checkpoint of base and adapter instead.")
@click.option(
    "--dtype", type=click.Choice(("bfloat16", "float16", "float32")), help="Of merged weights; by default as is loaded."
)
@click.option("--check", is_flag=True, help="See that adapter, merged, and merged and loaded again answer alike.")
@options.quiet
@options.as_json
def export(
    adapter: str, out: str, base: str, name: str, licence: str, merged: bool, dtype: str | None, check: bool,
    quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write an adapter as a folder for others, with a card.

    The card, README.md, has the header that the Hugging Face hub reads, the scores of sensorium evaluate, what it
    learnt from, licences, and how to load it. Names of this machine are left out. With --check it exits with 1 if
    answers differ.
    """
    from sensorium.cli import output as show
    from sensorium.tune.export.export import export as exported

    made = exported(adapter, out, base, licence, name, merged, dtype or "")
    trip = checked(adapter, made.folder, merged, dtype or "") if check else None
    if as_json:
        told = {"folder": str(made.folder), "model": made.model, "notes": list(made.notes)}
        show.as_json(told | {"check": trip and trip.to_json()})
    else:
        show.result(made.model)
    if not quiet and not as_json:
        show.asides([*made.notes, *([trip.line()] if trip else []), f"Type: hf upload {name or 'YOU/NAME'} {out}"])
    if trip is not None and not trip.whole:
        raise click.exceptions.Exit(1)


def checked(adapter: str, folder: Path, merged: bool, dtype: str) -> Trip:
    """Ask the exported weights, merged and loaded again, the training's held-out examples."""
    from sensorium.tune.evaluate.unseen import recipe_of
    from sensorium.tune.export.round_trip import round_trip
    from sensorium.tune.inputs import data_of, name_of

    recipe = recipe_of(adapter)
    data = data_of(recipe)
    name = replace(name_of(recipe), adapter=adapter if merged else str(folder), dtype=dtype or recipe.dtype)
    asked = (data.heldout or data.train)[:_CHECKED]
    return round_trip(name, asked, recipe.max_new_tokens, folder if merged else None)
