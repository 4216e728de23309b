"""Confirm: any chat model looks at each candidate and says whether it shows what is looked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.ask import ask
from sensorium.core.blob import Blob
from sensorium.core.catalog import usd
from sensorium.core.messages import Conversation, Image, Text
from sensorium.core.protocols import Model, Options, Progress, no_progress
from sensorium.core.reply import Usage
from sensorium.media.image import encode
from sensorium.retrieval.query import Query
from sensorium.video.moments.find import FilmFindings, Moment, best_frame, box_in, with_answers

_SIDE = 768
_IMAGE_TOKENS, _TEXT_TOKENS, _ANSWER_TOKENS = 1100, 60, 16
"""Of one question where the model does not say more: three tiles of 512 pixels at OpenAI, 258 at Gemini."""
_YES = re.compile(r"\W*(yes|true|ja|sí|oui|हाँ)\b", re.I)


@dataclass(frozen=True)
class Budget:
    """What confirming will take.

    Args:
        questions: How many questions are asked.
        tokens: About how many tokens go in.
        usd: About what they cost; None if the price is unknown, 0 for a model on this machine is not known either.
    """

    questions: int
    tokens: int
    usd: float | None

    def __str__(self) -> str:
        money = "price unknown" if self.usd is None else f"about {self.usd:.4f} US dollars"
        return f"{self.questions} questions, about {self.tokens:,} tokens, {money}"


def budget(model: Model, query: Query, films: Sequence[FilmFindings]) -> Budget:
    """Return what asking a model about every moment and candidate will take, before anything is sent."""
    questions = sum(len(findings.moments) + len(findings.candidates) for findings in films)
    pictures = 2 + len(query.images)
    tokens = questions * (pictures * max(model.limits.image_tokens, _IMAGE_TOKENS) + _TEXT_TOKENS)
    cost = usd(model.name, Usage(input_tokens=tokens, output_tokens=questions * _ANSWER_TOKENS))
    return Budget(questions, tokens, cost)


def confirm(
    model: Model,
    query: Query,
    films: Sequence[tuple[Blob, FilmFindings]],
    options: Options | None = None,
    progress: Progress = no_progress,
) -> list[FilmFindings]:
    """Return the findings with what the model confirmed as moments, also among the candidates under the threshold.

    Args:
        model: Takes pictures.
        query: What is looked for.
        films: Each film with its findings.
        options: How to answer.
        progress: Shows how far it is.

    Raises:
        MediaError: if a film can't be decoded any more.
        SensoriumError: what the model raises.
    """
    settings = options or Options(max_tokens=_ANSWER_TOKENS)
    jobs = [(place, moment) for place, (_, found) in enumerate(films) for moment in (*found.moments, *found.candidates)]
    answers: list[dict[float, bool]] = [{} for _ in films]

    def look(job: tuple[int, Moment]) -> bool:
        place, moment = job
        return is_yes(ask(model, question(query, films[place][0], moment, model), settings).text)

    for (place, moment), answer in progress(jobs, look, "Confirming"):
        answers[place][moment.best] = answer
    return [with_answers(found, answers[place]) for place, (_, found) in enumerate(films)]


def question(query: Query, film: Blob, moment: Moment, model: Model) -> Conversation:
    """Return what a model is asked about a moment: its best frame, and the piece of it that was found."""
    frame = best_frame(film, moment, _SIDE)
    box = box_in(moment, frame)
    pictures = [encode(frame.pixels, "jpeg")]
    if box is not None and (model.limits.max_images or 9) > 1 + len(query.images):
        left, top, right, bottom = (round(edge) for edge in box)
        pictures.append(encode(np.ascontiguousarray(frame.pixels[top:bottom, left:right]), "jpeg"))
    shown = [Image(picture.blob, frame.at) for picture in pictures]
    parts: list[Text | Image] = []
    if query.images:
        parts += [Text("This is what is looked for:"), *query.images]
        what = f"it, {query.text}" if query.text else "the same thing"
    else:
        what = str(query)
    parts += [Text("This is a frame of a film, whole" + (" and a part of it:" if len(shown) > 1 else ":")), *shown]
    return Conversation.of(*parts, Text(f"Does the frame show {what}? Answer yes or no."))


def is_yes(text: str) -> bool:
    """Whether an answer begins with yes."""
    return _YES.match(text.strip()) is not None
