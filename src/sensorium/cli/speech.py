"""`sensorium talk`, `transcribe` and `say`: by ear and by voice."""

from __future__ import annotations

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

hear = click.option(
    "--hear", metavar="NAME", multiple=True, default=("whisper",), show_default=True,
    help="What hears; given again, what stands in for it; none: the model listens itself.",
)  # fmt: skip
voice = click.option(
    "--voice", metavar="NAME", multiple=True, help="What speaks; given again, what stands in. By default what is there."
)
language = click.option(
    "--language", "-l", metavar="CODE", default="en", show_default=True, envvar="SENSORIUM_LANGUAGE", show_envvar=True,
    help="The person's language: en, hi, ta, …",
)  # fmt: skip


@click.command(
    epilog=epilog(
        "sensorium talk photo.jpg question.wav --speak answer.wav",
        'sensorium talk photo.jpg "What is this?" --speak answer.wav',
        "sensorium talk photo.jpg q.wav -l hi --hear sarvam --translate sarvam --voice sarvam --speak a.wav",
        "sensorium talk photo.jpg question.wav --language ta --translate sarvam --explain",
    )
)
@click.argument("given", metavar="[PICTURE]... QUESTION", nargs=-1, required=True)
@language
@click.option("--speak", "out", metavar="FILE", help="Where the spoken answer goes, a WAV.")
@click.option(
    "--model", "-m", "models", metavar="NAME", multiple=True,
    help="The model that answers; given again, what stands in for it.",
)  # fmt: skip
@hear
@click.option(
    "--translate", metavar="NAME", multiple=True, help="What translates: sarvam, or any model; words go to it."
)
@voice
@options.timeout
@click.option("--explain", is_flag=True, help="Say who would do which step, and do nothing.")
@options.quiet
@options.as_json
def talk(
    given: tuple[str, ...],
    language: str,
    out: str | None,
    models: tuple[str, ...],
    hear: tuple[str, ...],
    translate: tuple[str, ...],
    voice: tuple[str, ...],
    timeout_seconds: float,
    explain: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Ask about pictures by voice, and hear the answer.

    The question is a recording, or words. It is translated for a model that does not know the person's language, and
    the answer back; the answer goes to standard output, and spoken to --speak. Who did which step, how long it took
    and what it cost goes to standard error. Nothing leaves this machine unless a service is named.
    """
    from sensorium.cli import answer, crew
    from sensorium.cli import output as show
    from sensorium.cli import progress as work
    from sensorium.core.languages import language as code_of
    from sensorium.core.protocols import Options
    from sensorium.voice import plan, talk

    code = code_of(language)
    images, question = crew.sorted_out(given)
    who = crew.gathered(models, hear, translate, voice, out is not None)
    if explain:
        return crew.show_plan(plan(who, code, not isinstance(question, str), out is not None), as_json)
    notes = answer.notes(images)
    how = Options(timeout_seconds)
    doing = lambda asked: talk(who, asked, images, code, options=how, speak=out is not None)  # noqa: E731
    for _, found in work.each([question], doing, "Listening", quiet or as_json):
        if out is not None and found.speech is not None:
            crew.write(out, found.speech)
        crew.show_talk(found, out, as_json, quiet)
    if not quiet and not as_json:
        show.asides(notes)
    return None


@click.command(
    epilog=epilog(
        "sensorium transcribe question.wav",
        "sensorium transcribe lecture.mp3 --language hi --hear whisper:small",
        "sensorium transcribe *.m4a --json",
        "sensorium transcribe call.ogg --language ta --hear sarvam:saaras:v3/codemix",
    )
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--language", "-l", metavar="CODE", envvar="SENSORIUM_LANGUAGE", show_envvar=True,
    help="The language spoken; it is guessed where none is given, on short sounds often wrongly.",
)  # fmt: skip
@click.option("--hear", metavar="NAME", default="whisper", show_default=True, help="What hears.")
@options.quiet
@options.as_json
def transcribe(files: tuple[str, ...], language: str | None, hear: str, quiet: bool, as_json: bool) -> None:
    """Write down what is said in sounds and films.

    The words go to standard output; --json gives also when each was said.
    """
    from functools import cache

    from sensorium.cli import crew
    from sensorium.cli import inputs as parts
    from sensorium.cli import output as show
    from sensorium.cli import progress as work
    from sensorium.core.messages import Audio
    from sensorium.registry import load

    who = cache(lambda: load(hear, "transcriber"))
    listen = lambda file: who().transcribe(Audio(parts.image_of(file).blob), language)  # noqa: E731
    for file, found in work.each(files, listen, "Listening", quiet or as_json):
        if as_json:
            show.as_json({"file": show.plain(file)} | found.to_json())
            continue
        show.heading(file, files)
        crew.show_heard(file, found, quiet)


@click.command(
    epilog=epilog(
        'sensorium say "It is a cat." --out answer.wav',
        'sensorium say "இது ஒரு பூனை" --language ta --out answer.wav',
        "cat letter.txt | sensorium say - --voice espeak:120 --out letter.wav",
    )
)
@click.argument("text")
@language
@click.option("--out", "-o", metavar="FILE", required=True, help="Where the WAV goes; - is standard output.")
@voice
@options.quiet
@options.as_json
def say(text: str, language: str, out: str, voice: tuple[str, ...], quiet: bool, as_json: bool) -> None:
    """Say a text in a language; - reads it from standard input."""
    from sensorium.cli import crew
    from sensorium.cli import output as show
    from sensorium.core.languages import language as code_of
    from sensorium.media.audio import seconds
    from sensorium.voice import spoken

    found = spoken(crew.voices(voice), crew.words(text), code_of(language))
    crew.write(out, found.audio)
    length = seconds(found.audio)
    if as_json and out != "-":
        show.as_json({"file": out, "by": found.by, "seconds": round(length, 2), "failed": list(found.failed)})
    elif not quiet:
        show.asides(f"It was tried before: {one}" for one in found.failed)
        show.aside(
            f"{found.by} says it in {length:.1f} s{'' if out == '-' else f'; the sound is in {show.plain(out)}'}."
        )
