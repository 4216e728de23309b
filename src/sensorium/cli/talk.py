"""`sensorium ask` and `describe`: a conversation to the model."""

from __future__ import annotations

import click

from sensorium.cli import options
from sensorium.cli.main import epilog


@click.command(
    epilog=epilog(
        'sensorium ask photo.jpg "What is this?"',
        'sensorium ask before.jpg after.jpg "Which one is sharper?"',
        'cat receipt.png | sensorium ask - "What is the total?" --json',
    )
)
@click.argument("given", metavar="[FILE|TEXT]...", nargs=-1, required=True)
@options.model
@options.quiet
@options.as_json
def ask(given: tuple[str, ...], model_name: str | None, quiet: bool, as_json: bool) -> None:
    """Ask about pictures.

    An argument that is an existing file is a part of the question by its content, any other is text; the order is
    kept, and - reads standard input. The answer goes to standard output; how sure it is and what it rests on go to
    standard error.
    """
    from sensorium.cli import answer, parts, show

    chat = parts.conversation(given)
    notes = answer.check(chat)
    for _, reply in answer.each([chat], model_name, "Looking", quiet or as_json):
        show.reply(reply, chat, as_json, quiet)
    if not quiet and not as_json:
        for note in notes:
            show.aside(note)


@click.command(
    epilog=epilog(
        "sensorium describe photo.jpg",
        "sensorium describe *.jpg --quiet",
        "sensorium describe photo.jpg --json",
    )
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@options.model
@options.quiet
@options.as_json
def describe(files: tuple[str, ...], model_name: str | None, quiet: bool, as_json: bool) -> None:
    """Tell what is in pictures.

    With several files each answer begins with the file's name.
    """
    from sensorium.cli import answer, parts, show
    from sensorium.core.errors import quoted

    chats = [answer.describing(parts.picture(file)) for file in files]
    for chat in chats:
        answer.check(chat)
    found = answer.each(chats, model_name, "Looking", quiet or as_json)
    for file, (chat, reply) in zip(files, found, strict=True):
        if len(files) > 1 and not as_json:
            show.result(f"{quoted(file)}:")
        show.reply(reply, chat, as_json, quiet)
