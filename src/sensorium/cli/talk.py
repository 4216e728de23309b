"""`sensorium ask` and `describe`: a conversation to the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.core.messages import Conversation
    from sensorium.core.reply import Reply


@click.command(
    epilog=epilog(
        'sensorium ask photo.jpg "What is this?"',
        'sensorium ask before.jpg after.jpg "Which one is sharper?"',
        'cat receipt.png | sensorium ask - "What is the total?" --json',
        'sensorium ask photo.jpg "What is this?" --model openai:gpt-4o-mini --max-tokens 100',
        'sensorium ask receipt.png "Fill this in." --model ollama:llava --schema receipt.json',
        'sensorium ask tin.jpg "Which tea is this?" --examples mine.jsonl',
    )
)
@click.argument("given", metavar="[FILE|TEXT]...", nargs=-1, required=True)
@options.model
@options.max_tokens
@options.temperature
@options.seed
@options.timeout
@options.schema
@click.option("--examples", "examples_file", metavar="FILE", help="A task, as for fewshot: examples go before it.")
@click.option("--shots", "count", type=click.IntRange(1), help="How many; by default 4, and offline all.")
@options.pick
@options.placing
@options.embedder
@options.quiet
@options.as_json
def ask(
    given: tuple[str, ...],
    model_name: str | None,
    max_tokens: int,
    temperature: float,
    seed: int | None,
    timeout_seconds: float,
    schema_file: str | None,
    examples_file: str | None,
    count: int | None,
    pick: str,
    placing: str | None,
    embedder_name: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Ask about pictures.

    An argument that is an existing file is a part of the question by its content, any other is text; the order is
    kept, and - reads standard input. The answer goes to standard output; how sure it is and what it rests on go to
    standard error. With --schema the answer is JSON; one that does not fit is sent back once.
    With --examples the model sees examples with their answers first.
    """
    from sensorium.cli import answer
    from sensorium.cli import inputs as parts
    from sensorium.cli import output as show
    from sensorium.cli import progress as work
    from sensorium.core.protocols import Options

    schema = None if schema_file is None else parts.schema(schema_file)
    how = Options(timeout_seconds, max_tokens=max_tokens, temperature=temperature, seed=seed, schema=schema)
    chat = parts.conversation(given)
    notes = answer.notes(answer.pictures(chat))
    asking = answer.asking(model_name, how)
    if examples_file is not None:
        from sensorium.cli import fewshot

        put = fewshot.examples_before(examples_file, count, pick, placing, embedder_name, quiet)
        asking = answer.asking(fewshot.model_for_examples(model_name, 1, quiet), how, put)
    for _, reply in work.each([chat], asking, "Looking", quiet or as_json):
        show.reply(reply, chat, as_json, quiet)
    if not quiet and not as_json:
        show.asides(notes)


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

    With several files each answer begins with the file's name; a file that can't be opened is said, and the others
    follow.
    """
    from sensorium.cli import answer
    from sensorium.cli import inputs as parts
    from sensorium.cli import output as show
    from sensorium.cli import progress as work
    from sensorium.core.messages import Conversation

    one = answer.asking(model_name)

    def look(file: str) -> tuple[Conversation, list[str], Reply]:
        chat = Conversation.of(parts.image_of(file), answer.DESCRIBE)
        notes = answer.notes(answer.pictures(chat))
        return chat, notes, one(chat)

    for file, (chat, notes, reply) in work.each(files, look, "Looking", quiet or as_json):
        if as_json:
            show.as_json({"file": show.plain(file)} | reply.to_json())
            continue
        show.heading(file, files)
        show.reply(reply, chat, as_json, quiet)
        if not quiet:
            show.asides(notes)
