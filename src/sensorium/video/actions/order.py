"""What happens first in a clip: a question with two letters, asked both ways round, so that a habit isn't an answer.

Small models prefer the first letter, or the event that is named last, whatever they see (Zheng et al. 2023, arXiv
2309.03882). An order counts only if both ways give the same event.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.ask import ask
from sensorium.core.errors import InputError
from sensorium.core.protocols import Model, Options
from sensorium.core.reply import Reply
from sensorium.media.video import Frame
from sensorium.video.actions.asking import clip_conversation

_LETTER = re.compile(r"\W*(?i:(?:the )?(?:answer|event|letter)(?: is)?\W*)?([AB])(?:\W*$|[).:,])", re.S)
"""A letter alone, or marked as one: in "A door opens" it is a word."""
_MAX_TOKENS = 16


@dataclass(frozen=True)
class EventOrder:
    """Which of two events comes first.

    Args:
        first: The event as it was given; "" if the two answers disagree, or one names neither.
        replies: Both answers.
    """

    first: str
    replies: tuple[Reply, Reply]


def order_question(one: str, other: str) -> str:
    """Return the words of the question: two events with letters, and only a letter as the answer."""
    return (
        f"The frames are in order of time; the first is the earliest. Two things happen:\nA: {one}\nB: {other}\n"
        "Which happens first? Answer with one letter, A or B."
    )


def which_first(
    model: Model, clip: Sequence[Frame], one: str, other: str, options: Options | None = None
) -> EventOrder:
    """Return which of two events comes first in a clip, by two answers that must agree.

    Args:
        model: Takes pictures.
        clip: Frames in order, of one film.
        one, other: The events in words, e.g. "the door opens".
        options: How to answer.

    Raises:
        InputError: if the clip has fewer than two frames: it has no order.
        SensoriumError: what the model raises.
    """
    if len(clip) < 2:
        raise InputError("One frame has no order of time.", "Choose a longer part of the film.")
    settings = options or Options(max_tokens=_MAX_TOKENS)
    forth = ask(model, clip_conversation(clip, order_question(one, other), model.limits), settings)
    back = ask(model, clip_conversation(clip, order_question(other, one), model.limits), settings)
    first = {("A", "B"): one, ("B", "A"): other}.get((_letter(forth.text), _letter(back.text)), "")
    return EventOrder(first, (forth, back))


def _letter(text: str) -> str:
    """Return the letter that an answer names; "" if it names none."""
    named = _LETTER.match(text.strip())
    return named[1] if named else ""
