"""`sensorium describe`: what is in pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.core.messages import Conversation
    from sensorium.core.reply import Reply

DESCRIBE = "Describe this picture."


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
    """Describe what is in pictures.

    With several files each answer begins with the file's name; a file that can't be opened is reported, and the
    others follow.
    """
    from sensorium.cli import inputs
    from sensorium.cli import output as show
    from sensorium.cli import progress as work
    from sensorium.core.messages import Conversation

    asking = inputs.asker(model_name)

    def ask(file: str) -> tuple[Conversation, list[str], Reply]:
        chat = Conversation.of(inputs.image_of(file), DESCRIBE)
        notes = inputs.image_notes(inputs.images_of(chat))
        return chat, notes, asking(chat)

    for file, (chat, notes, reply) in work.track(files, ask, "Looking", quiet or as_json):
        if as_json:
            show.as_json({"file": show.plain(file)} | reply.to_json())
            continue
        show.heading(file, files)
        show.reply(reply, chat, as_json, quiet)
        if not quiet:
            show.asides(notes)
