"""`sensorium use`: the model that answers by default."""

from __future__ import annotations

import click

from sensorium.cli import options
from sensorium.cli.options import epilog


@click.command(epilog=epilog("sensorium use offline", "sensorium use offline --quiet", "sensorium use offline --json"))
@click.argument("name")
@options.quiet
@options.as_json
def use(name: str, quiet: bool, as_json: bool) -> None:
    """Choose the model that answers.

    The choice is saved in the settings file; see sensorium doctor. The option --model and the environment variable
    SENSORIUM_MODEL override it.
    """
    from sensorium import registry
    from sensorium.cli import output
    from sensorium.cli.models import lacking

    path = registry.choose(name)
    name = registry.full_name(name)
    state, hint = lacking(name)
    if as_json:
        output.as_json({"model": name, "config": str(path)})
    elif not quiet:
        output.result(f"From now on {name} answers.")
    if state and not quiet:
        output.aside(f"It {'is not installed yet' if state == 'not installed' else state}. {hint}")
