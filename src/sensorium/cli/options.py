"""The options that commands share."""

from __future__ import annotations

import click

model = click.option(
    "--model", "-m", "model_name", metavar="NAME", help="The model that answers; see: sensorium models."
)
quiet = click.option("--quiet", "-q", is_flag=True, help="Print the result only.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
