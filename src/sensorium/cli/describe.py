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
        "sensorium describe holiday/ --csv > holiday.csv",
        "sensorium describe photo.jpg --json",
    )
)
@click.argument("files", metavar="[FILE|FOLDER]...", nargs=-1)
@options.model
@options.tiles
@options.as_csv
@options.quiet
@options.as_json
def describe(
    files: tuple[str, ...], model_name: str | None, tiles: bool, as_csv: bool, quiet: bool, as_json: bool
) -> None:
    """Describe what is in pictures.

    A folder is its pictures, a PDF or TIFF its pages; a web address is fetched, and a pipe is read. With several
    pictures each answer begins with its name; one that can't be opened is reported, and the others follow.
    """
    from sensorium.cli import inputs
    from sensorium.cli import output as show
    from sensorium.cli import progress as work
    from sensorium.cli.pictures import PictureInput, pictures_of
    from sensorium.core.messages import Conversation

    options.check_form(as_csv, as_json)
    asking = inputs.asker(model_name, tiles=tiles, quiet=quiet or as_json)
    pictures = pictures_of(files)

    def ask(picture: PictureInput) -> tuple[Conversation, list[str], Reply]:
        chat = Conversation.of(picture.open(), DESCRIBE)
        notes = inputs.image_notes(inputs.images_of(chat))
        return chat, notes, asking(chat)

    if as_csv:
        show.as_csv(("file", "page", "text", "confidence", "abstained", "model"))
    for picture, (chat, notes, reply) in work.track(
        pictures, ask, "Looking", quiet or (as_json and len(pictures) == 1)
    ):
        if as_csv:
            row = reply.text, reply.confidence, str(reply.abstained).lower(), reply.model
            show.as_csv((show.plain(picture.file), picture.page, *row))
            continue
        if as_json:
            show.as_json(picture.to_json() | reply.to_json())
            continue
        show.heading(picture.name, pictures)
        show.reply(reply, chat, as_json, quiet)
        if not quiet:
            show.asides(notes)
