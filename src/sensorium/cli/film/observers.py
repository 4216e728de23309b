"""What sees scenes, texts and motion in a film for `sensorium watch`: one pass over its frames, kept in the cache."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensorium.core.blob import Blob
    from sensorium.core.languages import Span
    from sensorium.video.answers.looking.seen import SeenFilm
    from sensorium.video.watch.watch import Observer

VERSION = 1
"""Changes with what is seen: what was kept before is not used."""


def observers(read: bool, keep: bool, quiet: bool) -> tuple[Observer, Observer | None, Observer | None]:
    """Return what finds scenes, reads texts and sees motion.

    Args:
        read: Whether texts and motion are looked for, which takes longer than the scenes alone.
        keep: Whether what was seen is kept, in the user's cache.
        quiet: Whether no progress is shown.
    """
    from sensorium.core.languages import Span
    from sensorium.video.watch.watch import Observer, by_scenes

    if not read:
        return by_scenes(), None, None
    seen = cache(_looking(keep, quiet))

    def scenes(film: Blob) -> list[Span]:
        return [Span(scene.transition, scene.start, scene.end) for scene in seen(film).scenes]

    def texts(film: Blob) -> list[Span]:
        return [Span(text.text, text.start, text.end) for text in seen(film).texts]

    def moving(film: Blob) -> list[Span]:
        return [
            Span(motion_words(each.mover, each.direction), each.start, each.end) for each in seen(film).movements or ()
        ]

    names = [f"{what} {VERSION}" for what in ("scenes of one pass", "texts", "motion")]
    return Observer(names[0], scenes), Observer(names[1], texts), Observer(names[2], moving)


def motion_words(mover: str, direction: str) -> str:
    """Return in words what moves, and where to."""
    who = "the camera" if mover == "camera" else "something"
    ways = {"nearer": "comes nearer", "away": "moves away", "": "moves"}
    return f"{who} {ways.get(direction, f'moves {direction}')}"


def _looking(keep: bool, quiet: bool) -> Callable[[Blob], SeenFilm]:
    def look(film: Blob) -> SeenFilm:
        from sensorium.cli.find import index_folder
        from sensorium.cli.progress import TerminalProgress
        from sensorium.eyes.ocr import read_pixels
        from sensorium.video.actions.motion import motion
        from sensorium.video.answers import Senses, timeline_of

        senses = Senses(reader=read_pixels, teller=lambda clip: motion(clip).movements, by=f"texts, motion {VERSION}")
        with index_folder(None, not keep) as folder:
            return timeline_of(film, senses, folder, TerminalProgress(quiet)).seen

    return look
