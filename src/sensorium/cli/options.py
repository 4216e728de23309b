"""The options that commands share, and how a library's hint becomes one of them."""

from __future__ import annotations

import ast
import math
import re
import shlex
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


class Number(click.FloatRange):
    """A number within a range; "nan", which is in none, is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or fail."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


_VALUE = r"""'[^']*'|"[^"]*"|\([^)]*\)|\[[^]]*\]|\{[^}]*\}|[^\s,;`]+?"""
_PARAMETER = re.compile(rf"`(\w+)(?:=({_VALUE}))?`|(?<![\w.=-])(\w+)=({_VALUE})(?=[.,;:)]*(?:\s|$))")


def epilog(*lines: str) -> str:
    """Return the examples at the end of a help page."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


model = click.option(
    "--model", "-m", "model_name", metavar="NAME", help="The model that answers; see: sensorium models."
)
quiet = click.option("--quiet", "-q", is_flag=True, help="Print only the result.")
max_tokens = click.option(
    "--max-tokens", type=click.IntRange(1), default=512, show_default=True, help="Most tokens of the answer."
)
temperature = click.option(
    "--temperature",
    type=Number(0, 2),
    default=0.0,
    show_default=True,
    help="0 always takes the likeliest words; higher is more varied.",
)
seed = click.option("--seed", type=int, help="Random seed; the same one repeats a varied answer, if the model can.")
timeout = click.option(
    "--timeout",
    "timeout_seconds",
    type=Number(0, min_open=True),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest wait for an answer.",
)
schema = click.option("--schema", "schema_file", metavar="FILE", help="A JSON Schema; the answer is JSON that fits it.")
tiles = click.option(
    "--tiles", is_flag=True, help="Send pictures that a service would shrink as an overview and tiles, e.g. small text."
)
thoughts = click.option(
    "--thoughts", "with_thoughts", is_flag=True, help="Print what the model thought, if it says so."
)
new_folder = click.option("--out", required=True, metavar="FOLDER", help="New folder to write.")
adapter_base = click.option(
    "--base", default="", metavar="NAME", help="Base checkpoint (default: the one that the adapter names)."
)
merged_dtype = click.option(
    "--dtype",
    type=click.Choice(("bfloat16", "float16", "float32")),
    help="Type of the merged weights (default: the base's own).",
)
as_csv = click.option("--csv", "as_csv", is_flag=True, help="Print CSV: a header, and one row a picture.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

# the values of fewshot, repeated here so that --help imports nothing heavy
pick = click.option(
    "--pick",
    type=click.Choice(("random", "balanced", "nearest", "contrastive")),
    default="nearest",
    show_default=True,
    help="How the examples are selected.",
)
placing = click.option(
    "--place",
    "placing",
    type=click.Choice(("interleave", "collage", "text")),
    help="Prompt layout of the examples (default: chosen per model).",
)
embedder = click.option(
    "--embedder",
    "embedder_name",
    metavar="NAME",
    default="offline",
    show_default=True,
    help="Embeds questions and examples for the selection.",
)
voice = click.option(
    "--voice", "speakers", metavar="NAME", multiple=True,
    help="What speaks; repeat it for fallbacks (default: what is installed).",
)  # fmt: skip
language = click.option(
    "--language", "-l", metavar="CODE", default="en", show_default=True, envvar="SENSORIUM_LANGUAGE", show_envvar=True,
    help="The person's language: en, hi, ta, …",
)  # fmt: skip

TRANSCRIBER, NO_TRANSCRIBER = "whisper", "none"
"""What transcribes unless --hear says so, and the value of --hear for nothing."""
start = click.option("--start", type=Number(0), metavar="SECONDS", help="Where the part of the film begins.")
end = click.option("--end", type=Number(0), metavar="SECONDS", help="Where the part of the film ends.")
pieces = click.option(
    "--pieces", type=click.Choice(("whole", "tiles", "fine")), default="tiles", show_default=True,
    help="Pieces of each frame: itself, about 10 tiles too, or 50 for very small things.",
)  # fmt: skip
film_embedder = click.option(
    "--embedder", "embedder_name", metavar="NAME", default="offline", show_default=True, help="What compares."
)

ignore = click.option(
    "--ignore", multiple=True, metavar="COLUMN", help="A column to leave out; '*' for all that aren't understood."
)


def few_shot_task(shots: str) -> Callable[[F], F]:
    """Return what gives a command a task, examples before its questions, and a metric: TASK, --shots, --pick …

    Args:
        shots: The numbers of examples by default.
    """
    from sensorium.evaluation.metrics import METRICS

    metrics = click.Choice(list(METRICS))
    shared = (
        click.argument("task"),
        click.option(
            "--shots", default=shots, show_default=True, help="How many examples; several numbers with commas."
        ),
        pick,
        placing,
        embedder,
        click.option("--metric", type=metrics, help="How answers are scored (default: chosen per task)."),
        click.option("--media", metavar="FOLDER", help="The folder that file names are relative to."),
        click.option(
            "--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Which column stands for which."
        ),
        ignore,
        click.option("--question", default="", help="The question of rows without one."),
        click.option("--closed", is_flag=True, help="Tell the model all answers of the task as choices."),
        click.option("--train", default="train", show_default=True, help="The split that examples are picked from."),
        click.option("--test", default="test", show_default=True, help="The split that is asked."),
        click.option("--seed", type=int, default=0, show_default=True, help="Random seed."),
        max_tokens,
        temperature,
    )

    def decorate(command: F) -> F:
        for option in reversed(shared):
            command = option(command)
        return command

    return decorate


def complete(command: click.Command) -> None:
    """Let a shell complete what a command takes: files where help says FILE or FOLDER, and models' names."""
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        complete(each)
    for parameter in command.params:
        if re.search("FILE|FOLDER|PICTURE|TASK|RECIPE", parameter.metavar or ""):
            parameter._custom_shell_complete = _files
        elif parameter.name in ("model_name", "models"):
            parameter._custom_shell_complete = _models


def _files(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def _models(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the models that begin so, also without their scheme: bash takes what follows a colon for a new word."""
    from sensorium.registry import known_models

    names = [name for model in known_models() for name in (model.name, model.name.partition(":")[2])]
    return [CompletionItem(name) for name in names if name and name.startswith(incomplete)]


def _follow(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        from sensorium.core.files import following_links

        ctx.with_resource(following_links())


follow_links = click.option(
    "--follow-links", is_flag=True, expose_value=False, callback=_follow,
    help="Allow links to files outside of a data set's folder.",
)  # fmt: skip


def check_form(as_csv: bool, as_json: bool) -> None:
    """Raise a usage error if two forms are wanted."""
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other.")


def with_flags(text: str, command: click.Command) -> str:
    """Return a library's message or hint with its parameters written as the command's options.

    Example:
        >>> command = click.Command("ask", params=[click.Option(["--timeout", "timeout_seconds"])])
        >>> with_flags("Allow more: `timeout_seconds=300`", command)
        'Allow more: --timeout 300'
    """
    flags = _flags(command)

    def written(match: re.Match[str]) -> str:
        name, value = match.group(1) or match.group(3), match.group(2) or match.group(4)
        if name not in flags:
            return match.group().strip("`")
        return _written(flags[name], value)

    before, typed, after = text.partition("Type: ")  # what follows is typed as it stands
    return _PARAMETER.sub(written, before) + typed + after


def _flags(command: click.Command) -> dict[str, click.Option]:
    """Return the options of a command and of its subcommands by the names that a library may use for them."""
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    flags = {name: option for each in inner for name, option in _flags(each).items()}
    for option in command.params:
        if isinstance(option, click.Option) and option.name:
            names = (option.name, _flag(option).lstrip("-").replace("-", "_"), re.sub("_(name|file)$", "", option.name))
            flags |= dict.fromkeys(names, option)
    return flags


def _flag(option: click.Option) -> str:
    return max(option.opts, key=len)


def _written(option: click.Option, value: str | None) -> str:
    flag = _flag(option)
    if value is None:
        return flag
    try:
        parsed = ast.literal_eval(value)
    except (SyntaxError, ValueError):
        parsed = value  # a placeholder, such as NAME
    if parsed is True and option.is_flag:
        return flag
    if isinstance(parsed, dict):
        parsed = [f"{key}={member}" for key, member in parsed.items()]
    values = [str(member) for member in parsed] if isinstance(parsed, list | tuple) else [str(parsed)]
    parts = values if option.multiple else [",".join(values)]
    return " ".join(f"{flag} {shlex.quote(part)}" for part in parts)
