"""`sensorium say`: a text as speech."""

from __future__ import annotations

import click

from sensorium.cli import options
from sensorium.cli.options import epilog


@click.command(
    epilog=epilog(
        'sensorium say "It is a cat."',
        'sensorium say "இது ஒரு பூனை" --language ta --out answer.wav',
        "cat letter.txt | sensorium say - --voice espeak:120 --out letter.wav",
    )
)
@click.argument("text")
@options.language
@click.option("--out", "-o", metavar="FILE", help="Where the WAV goes, - for standard output; else it is played.")
@options.voice
@options.quiet
@options.as_json
def say(text: str, language: str, out: str | None, speakers: tuple[str, ...], quiet: bool, as_json: bool) -> None:
    """Speak a text; - reads it from standard input.

    Without --out it is played by aplay, paplay, afplay or ffplay, whichever is installed.
    """
    from sensorium.cli import output as show
    from sensorium.cli.player import find_players, play
    from sensorium.cli.voice_team import load_speakers, write_wav
    from sensorium.core.languages import language as code_of
    from sensorium.media.audio import seconds
    from sensorium.voice import speak

    players = find_players() if out is None else []
    speech = speak(load_speakers(speakers), text_of(text), code_of(language))
    if out is None:
        file = f", played by {play(speech.audio, players)}"
    else:
        write_wav(out, speech.audio)
        file = "" if out == "-" else f"; the sound is in {show.plain(out)}"
    length = seconds(speech.audio)
    if as_json and out != "-":
        show.as_json({"file": out, "by": speech.by, "seconds": round(length, 2), "failed": list(speech.failed)})
    elif not quiet:
        show.asides(f"Tried before: {failure}" for failure in speech.failed)
        show.aside(f"{speech.by} says it in {length:.1f} s{file}.")


def text_of(argument: str) -> str:
    """Return the text to speak; "-" reads standard input.

    Raises:
        InputError: when standard input isn't text.
    """
    from sensorium.cli.inputs import part_of
    from sensorium.core.errors import InputError
    from sensorium.core.messages import Text

    if argument != "-":
        return argument
    part = part_of(argument)
    if not isinstance(part, Text):
        raise InputError("Standard input isn't text.", 'Type: echo "Hello" | sensorium say - --out hello.wav')
    return part.text
