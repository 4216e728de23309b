"""`sensorium merge`: make one checkpoint of an adapter and its base."""

from __future__ import annotations

import click

from sensorium.cli import options
from sensorium.cli import output as show
from sensorium.cli.options import epilog


@click.command(
    epilog=epilog(
        "sensorium merge adapter --out merged",
        "sensorium merge adapter --base ./base --out merged --dtype bfloat16",
        "sensorium merge adapter --out merged --quiet --json",
    )
)
@click.argument("adapter")
@options.new_folder
@options.adapter_base
@options.merged_dtype
@options.quiet
@options.as_json
def merge(adapter: str, out: str, base: str, dtype: str | None, quiet: bool, as_json: bool) -> None:
    """Make one checkpoint of an adapter and its base.

    It needs no PEFT, and servers that can't load adapters can serve it.
    """
    from sensorium.tune.export.adapter import merge as merge_adapter

    folder = merge_adapter(adapter, out, base.removeprefix("transformers:"), dtype or "")
    if as_json:
        return show.as_json({"model": f"transformers:{folder}", "folder": str(folder)})
    show.result(f"transformers:{folder}")
    if not quiet:
        show.aside(f'Try: sensorium ask photo.jpg "What is this?" --model transformers:{folder}')
    return None
