"""`sensorium chat`: a conversation about pictures, question after question."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.core.messages import Conversation, Part
    from sensorium.core.reply import Reply

COMMANDS = "/image FILE adds a picture to the next question, /new starts again, /quit ends (or Ctrl+D)."


@click.command(
    epilog=epilog(
        "sensorium chat photo.jpg",
        'sensorium chat letter.pdf "Who wrote it?" --model gpt-4o-mini',
        "sensorium chat receipt.png --quiet < questions.txt",
    )
)
@click.argument("arguments", metavar="[FILE|TEXT]...", nargs=-1)
@options.model
@options.max_tokens
@options.temperature
@options.seed
@options.timeout
@options.tiles
@options.thoughts
@options.quiet
@options.as_json
def chat(
    arguments: tuple[str, ...],
    model_name: str | None,
    max_tokens: int,
    temperature: float,
    seed: int | None,
    timeout_seconds: float,
    tiles: bool,
    with_thoughts: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Ask question after question about pictures.

    The model knows what came before. Every line of standard input is a question, typed or piped. Files among the
    arguments belong to the first one; words among them are the first one. /image FILE adds a picture to the next
    question, /new starts again, /quit ends. A question that fails is reported, and left out of the conversation.
    """
    from sensorium.cli import inputs
    from sensorium.cli import output as show
    from sensorium.core.protocols import Options

    settings = Options(timeout_seconds, max_tokens=max_tokens, temperature=temperature, seed=seed)
    asking = inputs.asker(model_name, settings, tiles=tiles, quiet=quiet or as_json)
    talk = ChatSession(asking, quiet, as_json, with_thoughts)
    if "-" in arguments:
        raise click.UsageError("Standard input holds the questions: name a file instead of -.")
    talk.add(arguments)
    if sys.stdin is not None and sys.stdin.isatty() and not quiet:
        show.aside(COMMANDS)
    talk.begin()
    for line in lines():
        if talk.take(line):
            break
    if talk.failed and not (sys.stdin is not None and sys.stdin.isatty()):
        raise click.exceptions.Exit(2)


class ChatSession:
    """The conversation so far, and what was added to the next question.

    Args:
        asking: Returns the reply to a conversation.
        quiet: Whether only answers are printed.
        as_json: Whether each reply is printed as one line of JSON.
        with_thoughts: Whether what the model thought is printed, too.
    """

    def __init__(
        self, asking: Callable[[Conversation], Reply], quiet: bool, as_json: bool, with_thoughts: bool = False
    ) -> None:
        from sensorium.core.messages import Conversation

        self.conversation: Conversation = Conversation()
        self.failed = False
        self._asking, self._quiet, self._as_json = asking, quiet, as_json
        self._with_thoughts = with_thoughts
        self._next: list[Part] = []

    def add(self, arguments: Sequence[str]) -> None:
        """Add files and words to the next question; raises as `inputs.parts_of`."""
        from sensorium.cli import inputs
        from sensorium.core.messages import Image

        parts = [part for argument in arguments for part in inputs.parts_of(argument)]
        inputs.image_notes([part for part in parts if isinstance(part, Image)])  # a broken one is reported now
        self._next += parts

    def begin(self) -> None:
        """Ask the first question if its words came with the arguments; raises what the asking raises."""
        from sensorium.core.messages import Text

        if any(isinstance(part, Text) for part in self._next):
            self.ask()

    def take(self, line: str) -> bool:
        """Do what a line says: a command, or a question; return whether it was /quit."""
        from sensorium.cli import output as show
        from sensorium.core.errors import SensoriumError
        from sensorium.core.messages import Conversation, Text

        words = line.strip()
        try:
            if words in ("/quit", "/exit", "/q"):
                return True
            if words == "/new":
                self.conversation, self._next = Conversation(), []
            elif words.startswith("/"):
                self._command(words)
            elif words:
                self._refuse_file(words)
                self._next.append(Text(words))
                self.ask()
        except SensoriumError as error:
            self.failed = True
            show.error(error.message, error.hint)
        return False

    def ask(self) -> None:
        """Ask the next question and print the answer; without one, both are left out of the conversation.

        The pictures stay for the question after it.
        """
        from sensorium.cli import output as show
        from sensorium.cli import progress as work
        from sensorium.core.messages import Text

        asked = self.conversation.then("user", *self._next)
        self._next = [part for part in self._next if not isinstance(part, Text)]
        for _, reply in work.track([asked], self._asking, "Looking", self._quiet or self._as_json):
            self.conversation, self._next = asked.then("assistant", reply.text), []
            if self._with_thoughts and reply.thoughts and not self._as_json:
                show.aside(reply.thoughts)
            show.reply(reply, asked, self._as_json, self._quiet)

    def _command(self, words: str) -> None:
        from sensorium.cli import output as show
        from sensorium.core.errors import InputError, quoted

        name, _, rest = words.partition(" ")
        if name != "/image":
            raise InputError(f"Unknown command {quoted(name[:80])}.", COMMANDS)
        try:
            files = [rest.strip()] if os.path.lexists(rest.strip()) else shlex.split(rest)
        except ValueError:
            files = [rest.strip()]
        missing = next((file for file in files if not _is_file(file)), None if files else "")
        if missing is not None:
            raise InputError(f"No file {quoted(missing[:80])}.", "Type: /image photo.jpg")
        before = len(self._next)
        self.add(files)
        if not self._quiet:
            show.aside(f"Added to the next question: {len(self._next) - before}.")

    def _refuse_file(self, words: str) -> None:
        from sensorium.core.errors import InputError, quoted

        if os.path.isfile(words):
            raise InputError(f"{quoted(words[:80])} is a file, not a question.", f"Type: /image {shlex.quote(words)}")


def lines() -> Iterator[str]:
    """Yield the lines of standard input, after a prompt on a terminal."""
    from sensorium.core.errors import InputError

    typed = sys.stdin is not None and sys.stdin.isatty()
    if typed:
        import contextlib

        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  # gives input() a history and editing
    while sys.stdin is not None:
        try:
            line = f"{input('> ')}\n" if typed and sys.stdout.isatty() else sys.stdin.readline()
        except EOFError:
            return
        except UnicodeDecodeError:
            raise InputError("Standard input isn't UTF-8 text.", "Add pictures with /image FILE.") from None
        if not line:
            return
        yield line


def _is_file(argument: str) -> bool:
    from sensorium.cli.pictures import is_address

    return argument != "-" and (os.path.lexists(argument) or is_address(argument))
