"""`sensorium ask`: a question about pictures to the model."""

from __future__ import annotations

import click

from sensorium.cli import options
from sensorium.cli.options import epilog


@click.command(
    epilog=epilog(
        'sensorium ask photo.jpg "What is this?"',
        'sensorium ask before.jpg after.jpg "Which one is sharper?"',
        'sensorium ask letter.pdf "Who wrote it?"',
        'cat receipt.png | sensorium ask "What is the total?" --json',
        'sensorium ask photo.jpg "What is this?" --model openai:gpt-6-luna --max-tokens 100',
        'sensorium ask receipt.png "Fill this in." --model ollama:llava --schema receipt.json',
        'sensorium ask tin.jpg "Which tea is this?" --examples mine.jsonl',
        'sensorium ask page.png "What is the fine print?" --model gemini:gemini-3.8-flash --tiles',
    )
)
@click.argument("arguments", metavar="[FILE|TEXT]...", nargs=-1)
@options.model
@options.max_tokens
@options.temperature
@options.seed
@options.timeout
@options.schema
@click.option("--examples", "examples_file", metavar="FILE", help="A task whose examples go before the question.")
@click.option("--shots", "count", type=click.IntRange(1), help="Number of examples (default: 4; offline: all).")
@options.pick
@options.placing
@options.embedder
@options.tiles
@options.thoughts
@options.quiet
@options.as_json
def ask(
    arguments: tuple[str, ...],
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
    tiles: bool,
    with_thoughts: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Ask about pictures.

    An argument that is an existing file becomes a part of the question by its content, any other is text; the order
    is kept. A PDF or TIFF is its pages, a folder its pictures, a web address is fetched; - or a pipe is standard input.
    The answer goes to standard output; how sure it is and what it rests on go to
    standard error. With --schema the answer is JSON; one that does not fit is sent back once.
    With --examples the model sees examples with their answers first.
    """
    from sensorium.cli import inputs
    from sensorium.cli import output as show
    from sensorium.cli import progress as work
    from sensorium.core.protocols import Options

    schema = None if schema_file is None else inputs.schema(schema_file)
    settings = Options(timeout_seconds, max_tokens=max_tokens, temperature=temperature, seed=seed, schema=schema)
    chat = inputs.conversation(arguments)
    notes = inputs.image_notes(inputs.images_of(chat))
    if examples_file is None:
        asking = inputs.asker(model_name, settings, tiles=tiles, quiet=quiet or as_json)
    else:
        from sensorium.cli import fewshot

        prepare = fewshot.examples_before(examples_file, count, pick, placing, embedder_name, quiet)
        name = fewshot.model_for_examples(model_name, 1, quiet)
        asking = inputs.asker(name, settings, prepare, tiles, quiet or as_json)
    for _, reply in work.track([chat], asking, "Looking", quiet or as_json):
        if with_thoughts and reply.thoughts and not as_json:
            show.aside(reply.thoughts)
        show.reply(reply, chat, as_json, quiet)
    if not quiet and not as_json:
        show.asides(notes)
