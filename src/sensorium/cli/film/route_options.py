"""Which options of `sensorium watch` count on which route: those that were typed in vain are said."""

from __future__ import annotations

import click
from click.core import ParameterSource

_WITH_A_MODEL = ("direct", "native", "chain")
_ROUTES = {
    "frames": ("direct", "chain"),
    "segment_seconds": ("chain",),
    "fps": ("native",),
} | dict.fromkeys(
    ("describer_name", "detail", "no_check", "examples_file", "budget", "token_budget", "price", "workers", "once"),
    _WITH_A_MODEL,
)  # fmt: skip


def without_effect(context: click.Context, route: str) -> tuple[str, ...]:
    """Return a note on the options that were typed but do not count on a route; () if all do."""
    vain = [
        max(option.opts, key=len)
        for option in context.command.params
        if option.name in _ROUTES
        and route not in _ROUTES[option.name]
        and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    ]
    return (f'Without effect on the route "{route}": {", ".join(vain)}.',) if vain else ()
