"""The options that commands share."""

from __future__ import annotations

import click


def epilog(*lines: str) -> str:
    """Make the examples at the end of a help page."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


model = click.option(
    "--model", "-m", "model_name", metavar="NAME", help="The model that answers; see: sensorium models."
)
quiet = click.option("--quiet", "-q", is_flag=True, help="Print the result only.")
max_tokens = click.option(
    "--max-tokens", type=click.IntRange(1), default=512, show_default=True, help="The most tokens of the answer."
)
temperature = click.option(
    "--temperature",
    type=click.FloatRange(0, 2),
    default=0.0,
    show_default=True,
    help="0 takes the likeliest words each time; higher is more varied.",
)
seed = click.option("--seed", type=int, help="The same seed gives the same varied answer, where the model can.")
timeout = click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(0, min_open=True),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="The longest wait for an answer.",
)
schema = click.option("--schema", "schema_file", metavar="FILE", help="A JSON Schema; the answer is JSON that fits it.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

# the words of fewshot.PICKS and fewshot.PLACES, written again: to print help nothing heavy is imported
pick = click.option(
    "--pick",
    type=click.Choice(("random", "balanced", "nearest", "contrastive")),
    default="nearest",
    show_default=True,
    help="Which examples go before the question.",
)
placing = click.option(
    "--place",
    "placing",
    type=click.Choice(("interleave", "collage", "text")),
    help="How they stand before it; by default as fits the model.",
)
embedder = click.option(
    "--embedder", "embedder_name", metavar="NAME", default="offline", show_default=True, help="Finds what looks alike."
)
