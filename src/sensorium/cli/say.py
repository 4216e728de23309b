"""`sensorium say`: a text as speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.core.messages import Audio

PLAYERS: dict[str, tuple[str, ...]] = {
    "aplay": ("--quiet",),
    "paplay": (),
    "afplay": (),
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error"),
}
"""Player -> its options before the file: ALSA, PulseAudio or PipeWire, macOS, FFmpeg."""
_HINT = "Write it to a file: --out answer.wav"


@click.command(
    epilog=epilog(
        'sensorium say "It is a cat."',
        'sensorium say "இது ஒரு பூனை" --language ta --out answer.wav',
        "cat letter.txt | sensorium say --voice espeak:120 --out letter.wav",
    )
)
@click.argument("text", required=False)
@options.language
@click.option("--out", "-o", metavar="FILE", help="Where the WAV goes, - for standard output; else it is played.")
@options.voice
@options.quiet
@options.as_json
def say(
    text: str | None, language: str, out: str | None, speakers: tuple[str, ...], quiet: bool, as_json: bool
) -> None:
    """Speak a text; - or a pipe is standard input.

    Without --out it is played by aplay, paplay, afplay or ffplay, whichever is installed.
    """
    from sensorium.cli import output as show
    from sensorium.cli.voice_team import load_speakers, require_wav, write_wav
    from sensorium.core.languages import language as code_of
    from sensorium.media.audio import seconds
    from sensorium.voice import speak

    words = text_of(text)
    require_wav(out)
    players = find_players() if out is None else []
    speech = speak(load_speakers(speakers), words, code_of(language))
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


def text_of(argument: str | None) -> str:
    """Return the text to speak; "-", or None with a pipe, is standard input.

    Raises:
        InputError: when standard input isn't text.
    """
    from sensorium.cli.inputs import part_of
    from sensorium.cli.stdin import piped_argument
    from sensorium.core.errors import InputError
    from sensorium.core.messages import Text

    if argument is not None and argument != "-":
        return Text(argument).text
    (argument,) = piped_argument() if argument is None else (argument,)
    part = part_of(argument)
    if not isinstance(part, Text):
        raise InputError("Standard input isn't text.", 'Type: echo "Hello" | sensorium say - --out hello.wav')
    return part.text


def find_players() -> list[str]:
    """Return the players that are installed, the first choice first.

    Raises:
        InstallError: if none is installed.
    """
    import shutil

    from sensorium.core.errors import InstallError

    found = [player for player in PLAYERS if shutil.which(player)]
    if not found:
        raise InstallError(f"No audio player was found ({', '.join(PLAYERS)}).", f"{_HINT}, or install one of them.")
    return found


def play(audio: Audio, players: list[str]) -> str:
    """Play a WAV with the first of the players that can; return that player's name.

    Raises:
        ServiceError: if none can, with the last one's reason.
    """
    reason = ""
    import subprocess
    import tempfile
    from pathlib import Path

    from sensorium.core.errors import ServiceError

    with tempfile.TemporaryDirectory(prefix="sensorium-") as folder:
        file = Path(folder) / "answer.wav"
        file.write_bytes(audio.blob.data)
        for player in players:
            command = [player, *PLAYERS[player], str(file)]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
            if done.returncode == 0:
                return player
            reason = f"{player}: {' '.join((done.stderr or done.stdout).split())[:160] or done.returncode}"
    raise ServiceError(f"The sound can't be played ({reason.rstrip('.')}).", _HINT)
