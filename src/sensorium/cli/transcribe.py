"""`sensorium transcribe`: the words in audio and video files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.core.languages import Transcript


@click.command(
    epilog=epilog(
        "sensorium transcribe question.wav",
        "sensorium transcribe lecture.mp3 --language hi --hear whisper:small",
        "sensorium transcribe *.m4a --json",
        "sensorium transcribe call.ogg --language ta --hear sarvam:saaras:v3/codemix",
    )
)
@click.argument("files", metavar="[FILE|FOLDER]...", nargs=-1)
@click.option(
    "--language", "-l", metavar="CODE", envvar="SENSORIUM_LANGUAGE", show_envvar=True,
    help="The language spoken (default: guessed, on short audio often wrongly).",
)  # fmt: skip
@click.option("--hear", metavar="NAME", default=options.TRANSCRIBER, show_default=True, help="What transcribes.")
@options.quiet
@options.as_json
def transcribe(files: tuple[str, ...], language: str | None, hear: str, quiet: bool, as_json: bool) -> None:
    """Transcribe speech in audio and video files.

    A folder is the audio and video files in it; a pipe is read. The words go to standard output; --json adds the times
    of each piece.
    """
    import os
    from functools import cache

    from sensorium.cli import output as show
    from sensorium.cli import progress
    from sensorium.cli.inputs import image_of
    from sensorium.cli.pictures import files_in
    from sensorium.cli.stdin import piped_argument
    from sensorium.core.messages import Audio
    from sensorium.registry import load

    files = files or piped_argument()
    media = ("audio/", "video/")
    files = tuple(
        name for file in files for name in (files_in(file, media, "audio or video") if os.path.isdir(file) else [file])
    )
    transcriber = cache(lambda: load(hear, "transcriber"))

    def work(file: str) -> Transcript:
        return transcriber().transcribe(Audio(image_of(file).blob), language)

    for file, transcript in progress.track(files, work, "Listening", quiet or as_json):
        if as_json:
            show.as_json({"file": show.plain(file)} | transcript.to_json())
            continue
        show.heading(file, files)
        print_transcript(file, transcript, quiet)


def print_transcript(file: str, transcript: Transcript, quiet: bool) -> None:
    """Print the words; on standard error their language and the confidence."""
    from sensorium.cli import output as show
    from sensorium.core.errors import quoted
    from sensorium.core.languages import language_name
    from sensorium.voice import LOW_CONFIDENCE

    if transcript.text:
        show.result(transcript.text)
    if quiet:
        return
    if not transcript.text:
        show.aside(f"Nobody speaks in {quoted(file)}.")
        return
    if transcript.language_confidence is not None:
        name = language_name(transcript.language)
        show.aside(f"The language was taken for {name} ({transcript.language_confidence:.2f}).")
    if transcript.confidence is not None and transcript.confidence < LOW_CONFIDENCE:
        show.aside(f"It was hard to hear ({transcript.confidence:.2f}).")
    show.aside(f"Heard by {transcript.by}, {transcript.seconds:.1f} s of sound.")
