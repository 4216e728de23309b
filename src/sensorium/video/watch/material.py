"""What the steps of one question use: films, clips, models and settings, and what their answers depend on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sensorium.core.catalog import Detail
from sensorium.core.languages import Span
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Model, Options
from sensorium.video.watch import prompts
from sensorium.video.watch.asker import Asker
from sensorium.video.watch.prompts import ClipNotes, WatchQuestion
from sensorium.video.watch.segments import Segment, ShownFrames, SourceFilm
from sensorium.video.watch.sound import HeardSpeech
from sensorium.video.watch.validate import ShownFilm, description_lines

CLIP_FRAMES = 8
"""Frames of each clip, unless it is said."""
MAX_NOTE_BYTES, MAX_CONDENSED_BYTES = 2400, 4000
"""Of a description, and of a group's condensed notes, that go on: no text has more tokens than bytes."""
GROUP_BYTES = 12_000
"""Of the notes that are condensed in one request; the last clip of a group may go beyond."""
StepDone = Callable[[str, int, int], None]
"""Is told a step's name, how many of its questions are answered, and of how many."""


@dataclass(frozen=True)
class WatchSettings:
    """How closely a film is looked at.

    Args:
        frames: Frames of each clip, or of each film that is shown at once; None for `CLIP_FRAMES` of a clip, and of a
            film as many as the model takes at once.
        segment_seconds: The longest clip.
        max_side: Longest side of the frames, in pixels.
        check: Whether each piece of evidence is looked at a second time.
        check_frames: Frames of that second look.
        detail: How closely a service looks at pictures.
        thinking_tokens: What a model may think in, beside the words of its answer.
        timeout_seconds: The longest wait for one answer.
        fps: Frames of each second, of a film that goes in whole; None leaves it to the model.
    """

    frames: int | None = None
    segment_seconds: float = 20.0
    max_side: int = 768
    check: bool = True
    check_frames: int = 4
    detail: Detail = "auto"
    thinking_tokens: int = 1024
    timeout_seconds: float = 180.0
    fps: float | None = None

    @property
    def clip_frames(self) -> int:
        """Frames of each clip."""
        return CLIP_FRAMES if self.frames is None else self.frames

    def options(self, words: int, schema: Mapping[str, Any] | None = None) -> Options:
        """Return how a step of so many words is asked."""
        return Options(
            self.timeout_seconds, max_tokens=3 * words + self.thinking_tokens, schema=schema, detail=self.detail
        )


@dataclass
class Material:
    """Everything that the steps of one question use.

    Args:
        question: What is asked.
        films: The films, in order.
        clips: Their clips in order, each with what is known of it.
        heard: What is said in each film.
        answerer: The model that condenses and answers.
        describer: The model that describes and checks.
        asker: Asks and keeps.
        settings: How closely to look.
        notes: What the person is told: what was not looked at, what failed.
        step_done: Is told how far it is.
        frames: What is shown of each film, on the route "direct".
    """

    question: WatchQuestion
    films: tuple[SourceFilm, ...]
    clips: list[tuple[Segment, ClipNotes]]
    heard: tuple[HeardSpeech, ...]
    answerer: Model
    describer: Model
    asker: Asker
    settings: WatchSettings = field(default_factory=WatchSettings)
    notes: list[str] = field(default_factory=list)
    step_done: StepDone = lambda step, done, of: None
    frames: tuple[ShownFrames, ...] = ()

    def shown(self, parts: Sequence[Segment], hears: bool = False) -> tuple[ShownFilm, ...]:
        """Return what a model was shown, of each film."""
        out = []
        for number, (film, heard) in enumerate(zip(self.films, self.heard, strict=True)):
            told = [notes for part, notes in self.clips if part.film == number]
            read = tuple(span for notes in told for span in notes.read)
            moves = tuple(span for notes in told for span in notes.moves)
            own = tuple(part for part in parts if part.film == number)
            out.append(ShownFilm(film, own, heard.spans, hears, read, moves))
        return tuple(out)

    def speech(self) -> dict[str, tuple[Span, ...]]:
        """Return what is said in each film between its first and last second that count, as `WatchReply.speech`."""
        several = len(self.films) > 1
        spoken = {
            film.name if several else "": heard.between(film.start, film.end)
            for film, heard in zip(self.films, self.heard, strict=True)
        }
        return {name: spans for name, spans in spoken.items() if spans}

    def spans(self, part: Segment) -> tuple[Span, ...]:
        """Return what is said in a clip."""
        return self.heard[part.film].between(part.start, part.end)


def describe_key(material: Material, part: Segment, notes: ClipNotes) -> dict[str, Any]:
    """Return what a description depends on beside the model: known before anything is decoded."""
    limits, settings = material.describer.limits, material.settings
    return {
        "step": "describe", "version": prompts.VERSION, "film": material.films[part.film].digest,
        "start": part.start, "end": part.end, "frames": settings.clip_frames, "side": settings.max_side,
        "images": [limits.max_images, limits.advised_images], "words": prompts.describe_words(notes),
    }  # fmt: skip


def condense_key(chat: Conversation) -> dict[str, Any]:
    """Return what condensed notes depend on beside the model."""
    return {"step": "condense", "version": prompts.VERSION, "chat": chat_key(chat)}


def with_description(notes: ClipNotes, answer: str) -> tuple[ClipNotes, int]:
    """Return a clip with its description, and how many times in it were not the clip's and were replaced."""
    text, replaced = description_lines(cut_bytes(answer, MAX_NOTE_BYTES), notes.start, notes.end)
    return replace(notes, description=text), replaced


def describe_options(settings: WatchSettings) -> Options:
    """Return how a clip is described."""
    return settings.options(prompts.DESCRIPTION_WORDS)


def cut_bytes(text: str, most: int) -> str:
    """Return the beginning of a text, of at most so many bytes in UTF-8."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def note_groups(notes: Sequence[ClipNotes]) -> list[tuple[ClipNotes, ...]]:
    """Return the clips in groups whose notes fit into one request."""
    sizes = [len(prompts.notes_text(each).encode()) for each in notes]
    ends = list(itertools.accumulate(sizes))
    groups: dict[int, list[ClipNotes]] = {}
    for each, end in zip(notes, ends, strict=True):
        groups.setdefault(max(0, end - 1) // GROUP_BYTES, []).append(each)
    return [tuple(group) for group in groups.values()]


def chat_key(chat: Conversation) -> list[Any]:
    """Return what identifies a conversation: its words, and the digests of its media."""
    return [
        [message.role, [part.text if hasattr(part, "text") else part.blob.digest for part in message.parts]]
        for message in chat.messages
    ]
