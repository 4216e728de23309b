"""`sensorium models` and `use`: which model answers."""

from __future__ import annotations

import click

from sensorium.cli import options
from sensorium.cli.options import epilog


@click.command(epilog=epilog("sensorium models", "sensorium models --quiet", "sensorium models --json"))
@options.quiet
@options.as_json
def models(quiet: bool, as_json: bool) -> None:
    """List the models and what each needs.

    One line a model: its name, whether it is ready, what it is good for. With --quiet the names of the ready ones.
    """
    from dataclasses import asdict

    from sensorium import registry
    from sensorium.cli import output as show

    chosen = registry.chosen()
    for known in registry.names():
        if as_json:
            show.as_json(asdict(known) | {"chosen": known.name == chosen})
        elif not quiet:
            state = "ready" if known.ready else "not installed"
            name = f"{known.name} (chosen)" if known.name == chosen else known.name
            show.result(f"{name}: {state}. It {known.summary.rstrip('.')}. {known.hint}".rstrip())
        elif known.ready:
            show.result(known.name)


@click.command(epilog=epilog("sensorium use offline", "sensorium use offline --quiet", "sensorium use offline --json"))
@click.argument("name")
@options.quiet
@options.as_json
def use(name: str, quiet: bool, as_json: bool) -> None:
    """Choose the model that answers.

    The choice is kept in the settings file, which sensorium doctor names. The environment variable SENSORIUM_MODEL
    and the option --model go before it.
    """
    from sensorium import registry
    from sensorium.cli import output as show

    path = registry.choose(name)
    if as_json:
        show.as_json({"model": name, "config": str(path)})
    elif not quiet:
        show.result(f"From now on {name} answers.")
        for known in registry.names():
            if known.name == name and not known.ready:
                show.aside(f"It is not installed yet. {known.hint}")
