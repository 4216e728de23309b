"""Answers about a film without a language model: its timeline, what a question asks of it, and the answer.

Example:
    >>> timeline = timeline_of(Blob("film.mp4"), Senses(embedder, read_pixels), folder)  # doctest: +SKIP
    >>> answer(timeline, "When is the cat seen?", embedder).answer  # doctest: +SKIP
    'I see the cat from 0:12.0 to 0:20.5.'
"""

from sensorium.video.answers.answer import answer
from sensorium.video.answers.films import watch_offline, within
from sensorium.video.answers.question import CAN, TimelineQuestion, parse_question
from sensorium.video.answers.sightings import KnownThing, Vocabulary
from sensorium.video.answers.timeline import Senses, Timeline, timeline_of

__all__ = [
    "CAN",
    "KnownThing",
    "Senses",
    "Timeline",
    "TimelineQuestion",
    "Vocabulary",
    "answer",
    "parse_question",
    "timeline_of",
    "watch_offline",
    "within",
]
