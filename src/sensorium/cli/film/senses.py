"""What looks at a film and listens to it offline: the eyes, the offline embedder, and Whisper if it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sensorium.core.messages import Video
    from sensorium.core.protocols import Embedder
    from sensorium.media.image import Pixels
    from sensorium.media.video import Frame
    from sensorium.video.actions.motion import Movement
    from sensorium.video.answers import KnownThing, Senses
    from sensorium.video.watch.evidence import WatchReply
    from sensorium.video.watch.prompts import WatchQuestion


def offline_watcher(
    hear: str, language: str | None, keep: bool, quiet: bool, read: bool = True
) -> Callable[[Sequence[Video], WatchQuestion], WatchReply]:
    """Return what answers questions about films without a model.

    Args:
        hear: The transcriber's name, "" for none.
        language: Of the speech; None if it is to be detected.
        keep: Whether the films' timelines are kept, in the user's cache.
        quiet: Whether no progress is shown.
        read: Whether texts on the screen and motion are looked for.
    """

    def watch(films: Sequence[Video], question: WatchQuestion) -> WatchReply:
        from sensorium.cli.find import index_folder
        from sensorium.cli.progress import TerminalProgress
        from sensorium.core.errors import InputError
        from sensorium.registry import load
        from sensorium.video.answers import watch_offline

        if question.pictures:
            raise InputError(
                "Offline, a question about a film has words only.",
                "To find what a picture shows: sensorium find --like photo.jpg film.mp4",
            )
        senses = offline_senses(load("offline", role="embedder"), hear, language, read)
        with index_folder(None, not keep) as folder:
            return watch_offline(
                films, question.text, senses, folder, vocabulary, question.choices, TerminalProgress(quiet)
            )

    return watch


def offline_senses(
    embedder: Embedder, transcriber: str = "whisper", language: str | None = None, read: bool = True
) -> Senses:
    """Return the senses of a film's timeline; a transcriber that isn't installed is left out and noted.

    Args:
        embedder: The one that is also asked.
        transcriber: Its name, "" for none.
        language: Of the speech; None if it is to be detected.
        read: Whether texts on the screen and motion are looked for.
    """
    from sensorium.core.errors import InstallError
    from sensorium.eyes.ocr import read_pixels
    from sensorium.registry import load
    from sensorium.video.answers import Senses

    missing: tuple[str, ...] = () if transcriber else ("The sound was not heard: it was left out.",)
    ears = None
    if transcriber:
        try:
            ears = load(transcriber, role="transcriber")
        except InstallError as error:
            missing = (f"The sound was not heard: {error.message} {error.hint}",)
    reader, teller = (read_pixels, _movements) if read else (None, None)
    return Senses(embedder, reader, _names, teller, ears, language, f"{embedder.name} {embedder.version}", missing)


def vocabulary(word: str) -> KnownThing | None:
    """Return which of the recogniser's names are a thing."""
    from sensorium.eyes.recognition.vocabulary import load_vocabulary, lookup
    from sensorium.video.answers import KnownThing

    known = lookup(word)
    if known is None:
        return None
    names = load_vocabulary().names
    return KnownThing(frozenset(names[number] for number in known[1]))


def _movements(clip: Sequence[Frame]) -> Sequence[Movement]:
    from sensorium.video.actions.motion import motion

    return motion(clip).movements


def _names(pixels: Pixels) -> list[tuple[str, float]]:
    from sensorium.eyes.recognition import recognise
    from sensorium.media.image import bitmap

    return [(found.name, found.probability) for found in recognise(bitmap(pixels), top=12)]
