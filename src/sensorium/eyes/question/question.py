"""Question: one thing that a person asks about images, every word of it read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from sensorium.eyes.question.place_terms import Place

KINDS = (
    "read", "field", "name", "presence", "colour", "count", "quality", "barcode", "chart", "describe",
    "decline", "none",
)  # fmt: skip
"""Kinds of questions; "none" is a clause that asks nothing (a greeting, a story) and never leaves `parse`."""
OPERATIONS = (
    "value", "max", "min", "sum", "mean", "difference", "ratio", "trend", "comparison", "count", "table",
)  # fmt: skip
"""Operations over a chart."""
Extreme = Literal["max", "min"]
Topic = Literal["text", "words", "code", "chart", "people"]
Reason = Literal["people", "safety", "position", "language", "opinion", "event", "creation"]


class Aspect(NamedTuple):
    """A fault of an image that is asked about; with `absent` the question is whether the image is free of it."""

    fault: str
    absent: bool


class Bound(NamedTuple):
    """What values are compared with: the number `value`, or without one the mean of all."""

    above: bool
    value: float | None


class Ranking(NamedTuple):
    """What several images are ranked by: with `descending` the one with the most of a fault comes first."""

    fault: str
    descending: bool


@dataclass(frozen=True)
class Question:
    """One thing that is asked. The fields below `item` say what the words name, whatever the kind.

    Args:
        kind: One of `KINDS` but "none"; "decline" where the offline model cannot do it or did not understand.
        text: The clause that asks it.
        message: The whole message that the clause is from.
        probability: How likely the kind is the right one, 0 to 1, calibrated by cross-validation.
        understood: False where the kind is "decline" only because no kind was likely enough.
        operation: One of `OPERATIONS`, where the kind is "chart".
        operation_probability: How likely the operation is the right one, 0 to 1; 1 without one.
        field: The field of a document, where the kind is "field": "total", "expiry date".
        subject: The thing, in the singular, without its colour where the kind is "presence": "dog", "background".
        topic: What class of subject is asked for or counted, where it is not an ordinary thing.
        item: The article whose price is asked for.
        colour: The one basic colour that the question gives to the subject.
        aspects: Faults that are asked about.
        alternative: True where one of two is to be chosen: "sharp or blurred".
        polarity: What a yes would mean: "good", "bad"; None where the form isn't that of a yes-no question.
        ordinals: Places of bars, from 0; -1 is the last.
        extremes: "max" and "min" in the order of their words.
        comparison: "less" or "more", where a word of comparison stands in the clause.
        which: True where the clause asks which, who, what or where.
        bound: What values are compared with.
        axis: The axis of a chart that is named.
        title: True where the title of a chart may be meant.
        divides: True for "how many times A is B", where B is divided by A.
        text_units: True where lines, words or letters are named.
        reason: Why it would be declined; None without words for it.
        sensitive: True about safety, medicine or food, where another model is not suggested.
        which_image: True where the message asks which of several images.
        compares_images: True where the message sets images against each other.
        ranking: What the message ranks several images by.
        place: What is asked about a place, where the kind is "presence".
    """

    kind: str
    text: str
    message: str = ""
    probability: float = 1.0
    understood: bool = True
    operation: str | None = None
    operation_probability: float = 1.0
    field: str | None = None
    subject: str | None = None
    topic: Topic | None = None
    item: str | None = None
    colour: str | None = None
    aspects: tuple[Aspect, ...] = ()
    alternative: bool = False
    polarity: Literal["good", "bad"] | None = None
    ordinals: tuple[int, ...] = ()
    extremes: tuple[Extreme, ...] = ()
    comparison: Literal["less", "more"] | None = None
    which: bool = False
    bound: Bound | None = None
    axis: Literal["x", "y"] | None = None
    title: bool = False
    divides: bool = False
    text_units: bool = False
    reason: Reason | None = None
    sensitive: bool = False
    which_image: bool = False
    compares_images: bool = False
    ranking: Ranking | None = None
    place: Place | None = None
