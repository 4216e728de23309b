"""The timeline of a film: what is seen, read and heard in it, and when; the next question decodes nothing.

Made in one pass over the frames and one over the sound. Whatever looks or listens is an argument. A folder for each
film holds `seen-….json` and `heard-….json`; the vectors of its frames are the index of `moments`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sensorium.core.blob import Blob
from sensorium.core.languages import Span
from sensorium.core.messages import Video
from sensorium.core.protocols import Embedder, Progress, Transcriber, no_progress
from sensorium.media.video import Frame, probe
from sensorium.video.answers.looking.hearing import HeardFilm, Listener
from sensorium.video.answers.looking.moving import MotionTeller
from sensorium.video.answers.looking.one_pass import FilmPass, Namer
from sensorium.video.answers.looking.screens import Reader
from sensorium.video.answers.looking.seen import SeenFilm
from sensorium.video.answers.looking.store import RunNotes, keep, key, notes_path, read_kept
from sensorium.video.moments.film_index import FilmIndex, film_digest, index_film
from sensorium.video.sampling import Sampling

EVERY_SECONDS = 1.0
"""Between two frames in which things are looked for."""


@dataclass(frozen=True)
class Senses:
    """What looks at a film and listens to it; None leaves a sense out, and the timeline's notes say so.

    Args:
        embedder: Finds what is seen.
        reader: Returns the lines of text in pixels.
        namer: Returns names for what pixels show.
        teller: Returns what moves in the frames of a clip.
        transcriber: Hears what is said.
        language: Of the speech; None if it is to be detected.
        by: Names and versions of reader, namer and teller: others make another timeline.
        missing: Notes on senses that could not be had, such as those whose packages aren't installed.
    """

    embedder: Embedder | None = None
    reader: Reader | None = None
    namer: Namer | None = None
    teller: MotionTeller | None = None
    transcriber: Transcriber | None = None
    language: str | None = None
    by: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """What is in a film, and when; all times are seconds of the film.

    Args:
        film: Its name.
        seconds: Its length, or where a clip of it ends.
        seen: Scenes, texts and movements.
        heard: Speech.
        index: Vectors of its frames; None without an embedder.
        notes: What was not looked at, not heard, or could not be decoded.
        decoded: Seconds of film that were decoded to make it; 0.0 if all was kept from before.
        was_read, was_heard: Whether its text was read, and its sound heard.
        start: Where a clip of it begins.
        is_part: Whether it is a clip of the film.
    """

    film: str
    seconds: float
    seen: SeenFilm
    heard: HeardFilm = field(default_factory=HeardFilm)
    index: FilmIndex | None = None
    notes: tuple[str, ...] = ()
    decoded: float = 0.0
    was_read: bool = True
    was_heard: bool = True
    start: float = 0.0
    is_part: bool = False

    @property
    def words(self) -> tuple[Span, ...]:
        """The spoken words."""
        return self.heard.words


def timeline_of(
    film: Blob, senses: Senses, where: Path, progress: Progress = no_progress, label: str = "Watching"
) -> Timeline:
    """Return a film's timeline, made unless it is kept from before.

    Args:
        film: A file is read as it is needed.
        senses: What looks and listens.
        where: The folder of the indexes of all films.
        progress: Shows how far it is, by minutes of the film.
        label: What the progress is called.

    Raises:
        MediaError: if the film can't be decoded.
        InputError: if the folder can't be written, or holds something else.
        SensoriumError: what the senses raise.
    """
    length = probe(Video(film)).seconds
    folder = where / f"{film_digest(film)[:20]}-timeline"
    seen, index, decoded = _seen(film, length, senses, where, folder, progress, label)
    heard, listened = _heard(film, length, senses, folder, progress)
    notes = (*senses.missing, *_notes(senses, seen, heard))
    name = film.path.name if film.path else ""
    was_heard = senses.transcriber is not None and seen.has_sound and not heard.failure
    return Timeline(
        name, length, seen, heard, index, notes, max(decoded, listened), senses.reader is not None, was_heard
    )


def _seen(
    film: Blob, length: float, senses: Senses, where: Path, folder: Path, progress: Progress, label: str
) -> tuple[SeenFilm, FilmIndex | None, float]:
    """Return what the frames hold, the index of their vectors, and how many seconds were decoded for it."""
    used = [each is not None for each in (senses.reader, senses.namer, senses.teller)]
    file = folder / f"seen-{key(senses.by, used)}.json"
    seen = read_kept(file, SeenFilm.from_json)
    sampling = Sampling(EVERY_SECONDS)
    index: FilmIndex | None = None
    decoded = 0.0
    if seen is not None:
        if senses.embedder is not None:
            index, decoded = index_film(film, senses.embedder, where, sampling, progress=progress, label=label)
        return seen, index, decoded
    one_pass = FilmPass(film, length, senses.reader, senses.namer, senses.teller, RunNotes(notes_path(file)))
    frames = one_pass.frames(EVERY_SECONDS)
    if senses.embedder is not None:
        index, _ = index_film(film, senses.embedder, where, sampling, progress=progress, label=label, frames=frames)
    _exhaust(frames, length, progress, label)  # without an embedder, or with an index from before, nothing was taken
    seen = one_pass.seen()
    keep(file, seen.to_json())
    return seen, index, length


def _exhaust(frames: Iterator[Frame], length: float, progress: Progress, label: str) -> None:
    """Take all frames, by minutes of the film."""
    upcoming = next(frames, None)

    def minute(number: int) -> None:
        nonlocal upcoming
        while upcoming is not None and (upcoming.at < 60.0 * (number + 1) or number + 1 == count):
            upcoming = next(frames, None)

    count = max(1, round(length / 60))
    if upcoming is not None:
        for _ in progress(range(count), minute, label):
            pass


def _heard(film: Blob, length: float, senses: Senses, folder: Path, progress: Progress) -> tuple[HeardFilm, float]:
    """Return the speech, and how many seconds of sound were decoded for it."""
    if senses.transcriber is None:
        return HeardFilm(), 0.0
    file = folder / f"heard-{key(senses.transcriber.name, senses.language)}.json"
    heard = read_kept(file, HeardFilm.from_json)
    if heard is not None:
        return heard, 0.0
    listener = Listener(film, length, senses.transcriber, senses.language, RunNotes(notes_path(file)))
    for _ in progress(listener.windows, listener.hear, "Listening"):
        pass
    heard = listener.heard()
    if not heard.failure:
        keep(file, heard.to_json())
    return heard, length


def _notes(senses: Senses, seen: SeenFilm, heard: HeardFilm) -> list[str]:
    """Return what was left out."""
    notes = []
    if not seen.has_sound:
        notes.append("The film has no sound.")
    elif heard.failure:
        notes.append(f"The sound was not heard: {heard.failure}")
    elif senses.transcriber is None and not any("sound" in note for note in senses.missing):
        notes.append("The sound was not heard: there was no transcriber.")
    if senses.reader is None:
        notes.append("Text on the screen was not read: it was left out.")
    if senses.embedder is None:
        notes.append("Things in the picture were not looked for: there was no embedder.")
    notes += [
        f"From {fault.start:.1f} s to {fault.end:.1f} s the film is broken ({fault.reason})." for fault in seen.faults
    ]
    return notes
