"""`sensorium`: the group of commands, and the one place that prints errors."""

from __future__ import annotations

import difflib
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from sensorium.cli import options
from sensorium.cli.quiet_stderr import silenced
from sensorium.core.errors import InputError, SensoriumError

COMMANDS: dict[str, tuple[str, str]] = {
    "ask": ("sensorium.cli.ask:ask", "Ask about pictures."),
    "chat": (
        "sensorium.cli.chat:chat",
        "Ask question after question about pictures.",
    ),
    "describe": ("sensorium.cli.describe:describe", "Describe what is in pictures."),
    "detect": ("sensorium.cli.detect:detect", "Find things and people with their places."),
    "read": ("sensorium.cli.read:read", "Print the text in pictures."),
    "chart": ("sensorium.cli.chart:chart", "Turn pictures of bar charts into tables."),
    "search": ("sensorium.cli.search:search", "Find pictures in an index by words, by a picture, or by both."),
    "find": ("sensorium.cli.find:find", "Find the moments of films where something is seen."),
    "watch": ("sensorium.cli.watch:watch", "Answer a question about films, with the moments that prove it."),
    "haystack": ("sensorium.cli.haystack:haystack", "Measure how well needles are found in a haystack."),
    "fewshot": ("sensorium.cli.fewshot:fewshot", "Measure how much few-shot examples help."),
    "compare": ("sensorium.cli.compare:compare", "Compare models and techniques on your own questions."),
    "data": ("sensorium.cli.data:data", "Check, split, mix and preview data sets for training."),
    "tune": ("sensorium.cli.tune:tune", "Fine-tune a checkpoint from a recipe, with LoRA or QLoRA."),
    "evaluate": ("sensorium.cli.evaluate:evaluate", "Compare the base, the fine-tuned and the few-shot model."),
    "merge": ("sensorium.cli.merge:merge", "Make one checkpoint of an adapter and its base."),
    "export": ("sensorium.cli.export:export", "Write an adapter as a folder to share, with a model card."),
    "talk": ("sensorium.cli.talk:talk", "Ask about pictures by voice, and hear the answer."),
    "transcribe": ("sensorium.cli.transcribe:transcribe", "Transcribe speech in audio and video files."),
    "say": ("sensorium.cli.say:say", "Speak a text; - or a pipe is standard input."),
    "serve": ("sensorium.cli.serve:serve", "Serve an app to a browser."),
    "index": ("sensorium.cli.index:index", "Make an index of pictures, or bring it up to date."),
    "lesson": ("sensorium.cli.lesson:lesson", "List, open, run and check the lessons of the course."),
    "new": ("sensorium.cli.new:new", "Make a small runnable project for a use case of your own."),
    "models": ("sensorium.cli.models:models", "List the models and what each needs."),
    "use": ("sensorium.cli.use:use", "Choose the model that answers."),
    "doctor": ("sensorium.cli.doctor:doctor", "Check what is installed and what is missing."),
}
"""Name -> ("module:function", short help): the help page is printed without importing a command."""

EXAMPLES = (
    'sensorium ask photo.jpg "What is this?"',
    "sensorium read letter.jpg",
    "sensorium doctor",
)
RENAMED = {"gained": "evaluate"}
USER_ERROR, OTHER, INTERRUPTED = 2, 1, 130


class CommandGroup(click.Group):
    """Imports a command when it is called; prints every error as one line and a hint."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), function)
        options.complete(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise _no_command(args)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a library's error names parameters, which become the command's options here."""
        try:
            return super().invoke(ctx)
        except SensoriumError as error:
            command = self.get_command(ctx, ctx.invoked_subcommand or "")
            if command is not None:
                error.message = options.with_flags(error.message, command)
                error.hint = options.with_flags(error.hint, command)
            raise

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run, print an error as one line and a hint, and exit: 2 for the user's mistakes, 1 for others."""
        run = super().main
        with silenced():
            code = _exit_code(lambda: run(args, "sensorium", complete_var, standalone_mode=False, **extra))
        sys.exit(code)


def _no_command(args: list[str]) -> InputError:
    from sensorium.core.errors import quoted

    if os.path.exists(args[0]):
        return InputError(f"{quoted(args[0])} is a file, not a command.", f"Type: sensorium ask {shlex.join(args)}")
    close = [RENAMED[args[0]]] if args[0] in RENAMED else difflib.get_close_matches(args[0], COMMANDS, n=1)
    return InputError(
        f"Unknown command {quoted(args[0])}.", f"Type: sensorium {close[0]}" if close else "Type: sensorium --help"
    )


def _exit_code(run: Callable[[], object]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal without a character must not end the answer
    try:
        try:
            code = run()
            if sys.stdout is not None:
                sys.stdout.flush()
            return code if isinstance(code, int) else 0
        except Exception:
            if os.environ.get("SENSORIUM_TRACEBACK") == "1":
                import traceback

                traceback.print_exc()
            raise
    except SensoriumError as error:
        return _print_error(error.message, error.hint, USER_ERROR if isinstance(error, InputError) else OTHER)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx is not None else "sensorium"
        return _print_error(error.format_message(), f"Type: {where} --help", USER_ERROR)
    except click.ClickException as error:
        return _print_error(error.format_message(), "Type: sensorium --help", USER_ERROR)
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return OTHER
    except ImportError as error:
        return _print_import_error(error)
    except MemoryError:
        return _print_error("Not enough memory.", "Try a smaller picture, or fewer.", OTHER)
    except OSError as error:
        return _print_error(f"System error: {error}.", "Check the disk, the folder and its permissions.", OTHER)
    except Exception as error:  # a bug: still one line, and how to see more
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return _print_error(f"Internal error: {what}.", "Set SENSORIUM_TRACEBACK=1 to see where.", OTHER)


def _print_import_error(error: ImportError) -> int:
    from sensorium.cli.missing import install_error

    ours = install_error(error)
    if ours is None:
        what = f"Internal error: {type(error).__name__}: {error}."
        return _print_error(what, "Set SENSORIUM_TRACEBACK=1 to see where.", OTHER)
    return _print_error(ours.message, ours.hint, OTHER)


def _print_error(message: str, hint: str, code: int) -> int:
    from sensorium.cli import output

    try:
        output.error(message, hint)
    except BrokenPipeError:
        _discard_output()
    return code


def _discard_output() -> None:
    """Redirect output to nowhere, since Python flushes it once more at exit."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(devnull, stream.fileno())
        except (AttributeError, OSError, ValueError):
            pass  # closed, or not a real file: nothing to flush


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from sensorium import __version__

        click.echo(f"sensorium {__version__}")
        ctx.exit()


@click.command(
    cls=CommandGroup,
    epilog=options.epilog(*EXAMPLES),
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print the version."
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Ask pictures, read them, turn charts into tables.

    Without a key, a network or a GPU it answers what it can see, says how sure it is, and declines if it can't tell.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


if __name__ == "__main__":
    main()
