"""Speech in a film, with times: the sound in windows, cut where nobody speaks, so that memory stays flat."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sensorium.core.blob import Blob
from sensorium.core.errors import InstallError
from sensorium.core.languages import Span, Transcript
from sensorium.core.protocols import Transcriber
from sensorium.media.audio import RATE, Samples, cuts, is_silent, wav
from sensorium.media.decoding import opened, start_time
from sensorium.video.answers.looking.store import RunNotes

WINDOW_SECONDS = 60.0
"""The longest piece of sound that is transcribed at once."""
_LONGEST_GAP = 0.2  # seconds: a longer one between two frames of sound is filled with silence
_SURE_OF_LANGUAGE = 0.5
_PAUSE = 1.2  # seconds without a word that end a sentence


@dataclass(frozen=True)
class HeardFilm:
    """What is said in a film.

    Args:
        spans: Sentences or parts of them, with their times in the film.
        words: Single words; estimated within their span if the transcriber doesn't tell their times.
        language: Code of the speech's language, "" if nobody speaks.
        confidence: The mean probability of the words, 0 to 1; None if the transcriber gives none.
        exact: Whether the transcriber told the words' times.
        failure: Why the sound was not heard, "" if it was.
    """

    spans: tuple[Span, ...] = ()
    words: tuple[Span, ...] = ()
    language: str = ""
    confidence: float | None = None
    exact: bool = False
    failure: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> HeardFilm:
        """Return what `to_json` gave.

        Raises:
            TypeError, KeyError, ValueError: if it is something else.
        """
        spans, words = (tuple(Span(**span) for span in values[name]) for name in ("spans", "words"))
        return cls(**values | {"spans": spans, "words": words})


class Listener:
    """Hears a film window by window.

    Args:
        film: The film.
        seconds: Its length.
        transcriber: Turns a window into words.
        language: Of the speech; None to take the one that the first window with speech is found to be in.
        notes: Keeps what was heard.
    """

    def __init__(
        self, film: Blob, seconds: float, transcriber: Transcriber, language: str | None, notes: RunNotes
    ) -> None:
        self._transcriber, self._language, self._notes = transcriber, language, notes
        self.windows = range(max(1, math.ceil(seconds / WINDOW_SECONDS)))
        self._pieces = sound_windows(film)
        self._spans: list[Span] = []
        self._words: list[Span] = []
        self._confidences: list[tuple[float, int]] = []
        self._exact = True
        self._heard_language = ""
        self._failure = ""

    def hear(self, window: int) -> None:
        """Transcribe the sound until the end of a window; of the last one, all that is left."""
        end = math.inf if window + 1 == len(self.windows) else WINDOW_SECONDS * (window + 1)
        while not self._failure:
            piece = next(self._pieces, None)
            if piece is None:
                return
            start, sound = piece
            try:
                self._add(start, self._transcript(start, sound))
            except InstallError as error:
                self._failure = f"{error.message} {error.hint}"
            if start + sound.size / RATE >= end:
                return

    def heard(self) -> HeardFilm:
        """Return what was heard."""
        weight = sum(words for _, words in self._confidences)
        mean = sum(value * words for value, words in self._confidences) / weight if weight else None
        return HeardFilm(
            tuple(self._spans), tuple(self._words), self._heard_language,
            None if mean is None else round(mean, 3), self._exact and bool(self._words), self._failure,
        )  # fmt: skip

    def _transcript(self, start: float, sound: Samples) -> dict[str, Any]:
        """Return spans, words, language and confidence of a window."""
        known: dict[str, Any] | None = self._notes.get("sound", start)
        if known is not None:
            return known
        if is_silent(sound):
            heard = Transcript("", self._language or "")
        else:
            heard = self._transcriber.transcribe(wav(sound), self._language)
        known = {
            "spans": [[span.text, span.start, span.end] for span in heard.spans],
            "words": [[span.text, span.start, span.end] for span in heard.words],
            "text": heard.text, "seconds": sound.size / RATE, "language": heard.language,
            "confidence": heard.confidence, "language_confidence": heard.language_confidence,
        }  # fmt: skip
        self._notes.put("sound", start, known)
        return known

    def _add(self, start: float, heard: dict[str, Any]) -> None:
        if not heard["text"]:
            return
        if self._language is None and (heard["language_confidence"] or 1.0) >= _SURE_OF_LANGUAGE:
            self._language = heard["language"]
        self._heard_language = self._heard_language or heard["language"]
        spans = [Span(text, a, b) for text, a, b in heard["spans"]] or [Span(heard["text"], 0.0, heard["seconds"])]
        words = [Span(text.strip(), a, b) for text, a, b in heard["words"]]
        if not words:
            self._exact = False
            words = [word for span in spans for word in estimated_words(span)]
        else:
            spans = sentences_of(words)
        self._spans += [_later(span, start) for span in spans]
        self._words += [_later(word, start) for word in words]
        if heard["confidence"] is not None:
            self._confidences.append((heard["confidence"], len(words)))


def sentences_of(words: list[Span]) -> list[Span]:
    """Return words as sentences: cut after a full stop, and where nobody speaks for a while.

    What a transcriber calls one span may lie on both sides of a minute without speech.
    """
    out: list[list[Span]] = []
    for word in words:
        last = out[-1][-1] if out else None
        if last is None or last.text.endswith((".", "?", "!", "…", "。", "।")) or word.start - last.end > _PAUSE:
            out.append([word])
        else:
            out[-1].append(word)
    return [Span(" ".join(word.text for word in part), part[0].start, part[-1].end) for part in out]


def estimated_words(span: Span) -> list[Span]:
    """Return the words of a span, each with the share of its time that its letters have."""
    words = span.text.split()
    ends = np.cumsum([0, *(len(word) + 1 for word in words)]) / max(1, sum(len(word) + 1 for word in words))
    times = span.start + ends * (span.end - span.start)
    return [
        Span(word, round(float(a), 3), round(float(b), 3))
        for word, a, b in zip(words, times[:-1], times[1:], strict=True)
    ]


def sound_windows(film: Blob, window: float = WINDOW_SECONDS) -> Iterator[tuple[float, Samples]]:
    """Yield (start, samples) of a film's sound in pieces of at most `window` seconds, cut where it is quietest.

    `start` is in seconds of the film: of its first frame, not of the file. A film without sound yields nothing.

    Raises:
        MediaError: if it isn't a video, or is broken.
        InstallError: if PyAV is not installed.
    """
    buffer: list[Samples] = []
    size, start = 0, 0.0
    most = round(window * RATE)
    for at, piece in _sound(film):
        if not size:
            start = at
        gap = round((at - start) * RATE) - size
        if gap > _LONGEST_GAP * RATE:
            buffer.append(np.zeros(min(gap, 10 * most), dtype=np.float32))
            size += buffer[-1].size
        buffer.append(piece)
        size += piece.size
        while size > most:
            whole = np.concatenate(buffer)
            end = cuts(whole, window)[0][1]
            yield start, whole[:end]
            buffer, size, start = [whole[end:]], whole.size - end, start + end / RATE
    if size:
        yield start, np.concatenate(buffer)


def _sound(film: Blob) -> Iterator[tuple[float, Samples]]:
    """Yield (seconds of the film, samples) as they are decoded: one channel; what is broken is left out."""
    import av

    with opened(film) as container:
        if not container.streams.audio:
            return
        stream = container.streams.audio[0]
        zero = start_time(container.streams.video[0]) if container.streams.video else 0.0
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                continue
            for frame in frames:
                at = float(frame.pts * frame.time_base) - zero if frame.pts is not None else None
                for out in resampler.resample(frame):
                    samples = np.clip(out.to_ndarray().reshape(-1).astype(np.float32), -1.0, 1.0)
                    own = float(out.pts * out.time_base) - zero if out.pts is not None else at
                    if samples.size and own is not None and own + samples.size / RATE > 0:
                        skipped = max(0, round(-own * RATE))
                        yield max(0.0, own), samples[skipped:]


def _later(span: Span, seconds: float) -> Span:
    return Span(span.text, round(span.start + seconds, 3), round(span.end + seconds, 3))
