"""What is said in a film, with times of the film: heard once, piece by piece, and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.core.blob import Blob
from sensorium.core.errors import MediaError, SensoriumError
from sensorium.core.languages import Span
from sensorium.core.messages import Audio
from sensorium.core.protocols import Transcriber
from sensorium.media.audio import RATE, cuts, is_silent, samples, wav
from sensorium.media.decoding import opened, start_time, video_stream

PIECE_SECONDS = 28.0
"""Speech is transcribed in pieces of at most this length, cut where it is quiet: services take 30 s."""
Keep = Callable[[dict[str, Any], Callable[[], dict[str, Any]]], dict[str, Any]]
"""Returns what is stored under a key, or stores what the function returns."""


@dataclass(frozen=True)
class HeardSpeech:
    """What was heard in a film.

    Args:
        spans: Words with their times, in seconds of the film.
        note: Why its sound, or a part of it, was not heard; "" if all was.
        by: The transcriber's name, "" without one.
    """

    spans: tuple[Span, ...] = ()
    note: str = ""
    by: str = ""

    def between(self, start: float, end: float) -> tuple[Span, ...]:
        """Return what is said between two times."""
        return tuple(span for span in self.spans if span.end > start and span.start < end)


def has_sound(film: Blob) -> bool:
    """Whether a film has a sound track."""
    with opened(film) as container:
        return bool(container.streams.audio)


def sound_offset(film: Blob) -> float:
    """Return at how many seconds of the film its sound begins; 0.0 for most."""
    with opened(film) as container:
        if not container.streams.audio:
            return 0.0
        first = next((packet for packet in container.demux(container.streams.audio[0]) if packet.pts is not None), None)
        begins = 0.0 if first is None else float(first.pts * first.time_base)
        return begins - start_time(video_stream(container, film))


def hear(film: Blob, digest: str, transcriber: Transcriber | None, language: str | None, keep: Keep) -> HeardSpeech:
    """Return what is said in a film; what can't be heard is noted, never dropped in silence.

    Args:
        film: The film.
        digest: What tells it from others.
        transcriber: Turns speech into text, or None.
        language: The code of the language, or None to have it guessed.
        keep: Stores each piece, so that it is transcribed once.
    """
    if not has_sound(film):
        return HeardSpeech()
    if transcriber is None:
        return HeardSpeech(note="Its sound was not heard: no transcriber was given.")
    key = {"step": "hear", "film": digest, "by": transcriber.name, "language": language, "piece": PIECE_SECONDS}
    failures: list[str] = []

    def whole() -> dict[str, Any]:
        return {"spans": _spans(film, transcriber, language, key, keep, failures)}

    try:
        stored = keep(key, whole)
    except _Unheard as error:
        stored = error.stored
    except MediaError as error:
        return HeardSpeech(note=f"Its sound was not heard: {error.message}", by=transcriber.name)
    spans = tuple(Span(text, start, end) for text, start, end in stored["spans"])
    return HeardSpeech(spans, " ".join(failures), transcriber.name)


class _Unheard(Exception):
    """Some pieces were not heard: the rest is used, but not kept as the whole."""

    def __init__(self, stored: dict[str, Any]) -> None:
        super().__init__()
        self.stored = stored


def _spans(
    film: Blob, transcriber: Transcriber, language: str | None, key: dict[str, Any], keep: Keep, failures: list[str]
) -> list[list[Any]]:
    sound, offset = samples(Audio(film)), sound_offset(film)
    found: list[list[Any]] = []
    for first, last in cuts(sound, PIECE_SECONDS):
        piece = sound[first:last]
        start = first / RATE + offset
        if is_silent(piece):
            continue

        def transcribed(piece: Any = piece, start: float = start, end: float = last / RATE + offset) -> dict[str, Any]:
            heard = transcriber.transcribe(wav(piece), language)
            spans: Sequence[Span] = heard.spans or ((Span(heard.text, 0.0, end - start),) if heard.text.strip() else ())
            said = [span for span in spans if span.text.strip()]
            return {"spans": [[s.text.strip(), round(start + s.start, 3), round(start + s.end, 3)] for s in said]}

        try:
            found += keep(key | {"from": first, "to": last}, transcribed)["spans"]
        except SensoriumError as error:
            failures.append(f"What is said from {start:.1f} s to {last / RATE + offset:.1f} s failed: {error.message}")
    found = [[text, max(0.0, start), max(0.0, end)] for text, start, end in found]
    if failures:
        raise _Unheard({"spans": found})
    return found
