"""`sensorium models`: the models and what each needs."""

from __future__ import annotations

import os
import re

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
        state, hint = ("not installed", model.hint) if not model.ready else lacking(model.name)
        if as_json:
            output.as_json(asdict(model) | {"ready": not state, "hint": hint, "chosen": model.name == chosen})
        elif not quiet:
            name = f"{model.name} (chosen)" if model.name == chosen else model.name
            output.result(f"{name}: {state or 'ready'}. It {model.summary.rstrip('.')}. {hint}".rstrip())
        elif not state:
            output.result(model.name)


def lacking(name: str) -> tuple[str, str]:
    """Return what a model lacks, "not installed" or "needs OPENAI_API_KEY", and what to type; "" twice if it is ready.

    Nothing is loaded and no service is asked.
    """
    from sensorium import registry
    from sensorium.core.errors import AccessError
    from sensorium.hosted.keys import find_key

    scheme = registry.scheme_of(name)
    if scheme is None:
        return "", ""
    if scheme.missing:
        return "not installed", scheme.hint
    elsewhere = re.search("@https?://", name) or (scheme.server_variable and os.environ.get(scheme.server_variable))
    if not scheme.keys or elsewhere:
        return "", ""
    try:
        found = find_key(scheme.keys)
    except AccessError as error:
        return f"needs a valid {scheme.keys[0]}", error.hint
    return ("", "") if found else (f"needs {scheme.keys[0]}", f"Type: export {scheme.keys[0]}=YOUR_KEY")
