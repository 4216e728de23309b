"""`sensorium models`: the models and what each needs."""

from __future__ import annotations

import click

from sensorium.cli import options
from sensorium.cli.options import epilog


@click.command(epilog=epilog("sensorium models", "sensorium models --quiet", "sensorium models --json"))
@options.quiet
@options.as_json
def models(quiet: bool, as_json: bool) -> None:
    """List the models and what each needs.

    One line per model: its name, whether it is ready, what it is good for. With --quiet only the names of ready ones.
    """
    from dataclasses import asdict

    from sensorium import registry
    from sensorium.cli import output

    chosen = registry.chosen()
    for model in registry.known_models():
        if as_json:
            output.as_json(asdict(model) | {"chosen": model.name == chosen})
        elif not quiet:
            state = "ready" if model.ready else "not installed"
            name = f"{model.name} (chosen)" if model.name == chosen else model.name
            output.result(f"{name}: {state}. It {model.summary.rstrip('.')}. {model.hint}".rstrip())
        elif model.ready:
            output.result(model.name)
