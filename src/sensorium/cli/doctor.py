"""`sensorium doctor`: what is installed, what is missing and what to type, and whether it really works."""

from __future__ import annotations

import click

from sensorium.cli import options
from sensorium.cli.options import epilog


@click.command(epilog=epilog("sensorium doctor", "sensorium doctor --quiet", "sensorium doctor --json"))
@click.pass_context
@options.quiet
@options.as_json
def doctor(ctx: click.Context, quiet: bool, as_json: bool) -> None:
    """Check what is installed and what is missing.

    Says for each thing whether it is ready or what to type, then asks the offline model about a small picture.
    Exits with 0 if the offline model works, else with 1. With --quiet only what needs doing is printed.
    """
    from dataclasses import asdict

    from sensorium.cli import checks
    from sensorium.cli import output as show

    found = checks.everything()
    works = found[-1].ready is True
    if as_json:
        show.as_json({"works": works, "checks": [asdict(check) for check in found]})
    else:
        for check in found:
            if not quiet or check.ready is False:
                show.result(str(check))
    ctx.exit(0 if works else 1)
