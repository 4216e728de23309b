"""What is to be done for a question about films, and what it will cost, before anything is sent."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from sensorium.ask.budget import (
    Prices,
    RequestCost,
    picture_tokens,
    request_cost,
    text_tokens,
)
from sensorium.core.messages import Conversation, Image, Text
from sensorium.core.protocols import Limits, Model
from sensorium.media.image import size
from sensorium.media.video import Frame
from sensorium.video.actions.asking import clip_parts
from sensorium.video.watch import prompts
from sensorium.video.watch.evidence import Route
from sensorium.video.watch.material import (
    GROUP_BYTES,
    MAX_CONDENSED_BYTES,
    MAX_NOTE_BYTES,
    Material,
    condense_key,
    describe_key,
    describe_options,
    note_groups,
    with_description,
)
from sensorium.video.watch.prompts import ClipNotes
from sensorium.video.watch.segments import Segment

EXPECTED_DESCRIPTION, EXPECTED_CONDENSED, EXPECTED_ANSWER, EXPECTED_CHECK = 175, 290, 150, 2
"""Tokens of an answer of each step: about 85 % of the words that are asked for, with their times."""
EXPECTED_BYTES = 560
"""Of such a description."""
CLAIM = "A woman in a red coat opens the door of a car and gets in."
LABEL_TOKENS, MESSAGE_TOKENS = 8, 4
"""Of the words that say a frame's time, and around a message."""
EXPECTED_EVIDENCE = 3
"""Pieces of evidence that are checked."""


def describe_cost(material: Material, part: Segment, notes: ClipNotes, frames: int | None = None) -> RequestCost:
    """Return what describing a clip of so many frames costs, before anything is decoded."""
    settings, model = material.settings, material.describer
    info = material.films[part.film].info
    scale = min(1.0, settings.max_side / max(info.width, info.height))
    width, height = max(1, round(info.width * scale)), max(1, round(info.height * scale))
    count = settings.clip_frames if frames is None else frames
    sizes = shown_sizes(width, height, count, model.limits)
    each = [picture_tokens(model.name, model.limits, *shape, settings.detail) for shape in sizes]
    words = prompts.describe_words(notes)
    told = len(sizes) == count
    tokens = sum(expected for expected, _ in each) + LABEL_TOKENS * count + text_tokens(words) + MESSAGE_TOKENS
    unknown = any(most is None for _, most in each)
    known = sum(most or 0 for _, most in each) + 40 * count + 200 * (not told) + len(words.encode()) + 64
    bound = None if unknown else known
    return RequestCost(tokens, EXPECTED_DESCRIPTION, bound, describe_options(settings).max_tokens)


@cache
def shown_sizes(width: int, height: int, frames: int, limits: Limits) -> tuple[tuple[int, int], ...]:
    """Return the sizes of the pictures that show so many frames of a size: themselves, or collages of them."""
    most = prompts.most_images(limits)
    if most is None or frames <= most:
        return ((width, height),) * frames
    blank = np.zeros((height, width, 3), np.uint8)
    parts = clip_parts([Frame(float(at), blank) for at in range(frames)], limits)
    return tuple(size(part) for part in parts if isinstance(part, Image))


def final_costs(material: Material, count: int) -> list[RequestCost]:
    """Return what condensing and answering cost at most after `count` clips were described."""
    settings, question = material.settings, material.question
    known = sum(len(prompts.notes_text(notes).encode()) for _, notes in material.clips)
    groups = max(1, math.ceil((known + count * MAX_NOTE_BYTES) / GROUP_BYTES))
    condensing = settings.options(prompts.CONDENSED_WORDS)
    answering = settings.options(200, prompts.answer_schema(question, len(material.films)))
    asking = request_cost(material.answerer, prompts.condense(question, ()), condensing, EXPECTED_CONDENSED)
    final = request_cost(
        material.answerer, prompts.answer(question, (), len(material.films) > 1), answering, EXPECTED_ANSWER
    )
    a_group = math.ceil((known + count * MAX_NOTE_BYTES) / groups)
    notes = groups * MAX_CONDENSED_BYTES
    return [
        *[replace(asking, most_input=_plus(asking.most_input, a_group))] * groups,
        replace(final, most_input=_plus(final.most_input, 2 * notes)),  # an answer that doesn't fit is sent back once
    ]


def _plus(tokens: int | None, more: int) -> int | None:
    return None if tokens is None else tokens + more


@dataclass(frozen=True)
class PlannedStep:
    """One kind of question that is going to be asked.

    Args:
        name: "describe", "condense", "answer", "check", or "hear".
        model: Whom it is asked of.
        questions: How many, those whose answers are stored aside.
        stored: How many answers are stored: they cost nothing.
        input_tokens, output_tokens: As expected, of all questions together.
        usd: As expected; None if the price is unknown.
        most_usd: What it can cost at most; None if that is unknown.
        most_tokens: Tokens in and out that it can cost at most; None if that is unknown.
    """

    name: str
    model: str
    questions: int
    stored: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    most_usd: float | None
    most_tokens: int | None


@dataclass(frozen=True)
class WatchPlan:
    """What will be done, and what it will cost, before anything is sent.

    Args:
        route: How the films are watched.
        why: Why so.
        clips: How many clips they are cut into.
        seconds: The length of all films.
        steps: The questions, by step.
        notes: What the plan does not know or will leave out.
    """

    route: Route
    why: str
    clips: int
    seconds: float
    steps: tuple[PlannedStep, ...]
    notes: tuple[str, ...] = ()

    @property
    def usd(self) -> float | None:
        """What all of it is expected to cost; None if the price of a step is unknown."""
        prices = [step.usd for step in self.steps if step.questions]
        return None if None in prices else sum(price or 0.0 for price in prices)

    @property
    def tokens(self) -> int:
        """Tokens in and out that are expected."""
        return sum(step.input_tokens + step.output_tokens for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"steps": [asdict(step) for step in self.steps], "usd": self.usd, "tokens": self.tokens}

    def lines(self) -> list[str]:
        """Return it in words, a line for each step and one for the sum."""
        out = [f"Route: {self.route}. {self.why}", f"{self.seconds:.0f} s of film in {self.clips} clips."]
        for step in self.steps:
            stored = f", {step.stored} stored" if step.stored else ""
            tokens = f"about {step.input_tokens:,} tokens in and {step.output_tokens:,} out"
            what = f"{step.questions} to {step.model}{stored}"
            out.append(f"{step.name}: {what}: {tokens}, {money(step.usd)}{_at_most(step.most_usd)}")
        worst = [step.most_usd for step in self.steps if step.questions]
        at_most = _at_most(None if None in worst else sum(each or 0.0 for each in worst))
        out.append(f"Together about {self.tokens:,} tokens, {money(self.usd)}{at_most}")
        return [*out, *self.notes]


def money(dollars: float | None) -> str:
    """Return an amount in words."""
    return "price unknown" if dollars is None else f"about {dollars:.4f} US dollars"


def _at_most(dollars: float | None) -> str:
    return "." if not dollars else f" (at most {dollars:.4f})."


def planned(name: str, model: Model, costs: Sequence[RequestCost], prices: Prices, stored: int = 0) -> PlannedStep:
    """Return a step of the plan from what its requests cost."""
    dollars = [cost.usd(model.name, prices) for cost in costs]
    worst = [cost.most_usd(model.name, prices) for cost in costs]
    most = [cost.most_tokens for cost in costs]
    return PlannedStep(
        name, model.name, len(costs), stored,
        sum(cost.input_tokens for cost in costs), sum(cost.output_tokens for cost in costs),
        None if None in dollars else sum(each or 0.0 for each in dollars),
        None if None in worst else sum(each or 0.0 for each in worst),
        None if None in most else sum(each or 0 for each in most),
    )  # fmt: skip


def chain_steps(material: Material) -> tuple[PlannedStep, ...]:
    """Return the steps of a chain: what is stored costs nothing, and its words are counted as they are."""
    asker, settings, model = material.asker, material.settings, material.answerer
    options = describe_options(settings)
    fresh, described = [], []
    for part, notes in material.clips:
        answer = asker.stored(describe_key(material, part, notes), material.describer, options)
        described.append(notes if answer is None else with_description(notes, answer)[0])
        if answer is None:
            fresh.append(describe_cost(material, part, notes))
    steps = [planned("describe", material.describer, fresh, asker.prices, len(material.clips) - len(fresh))]
    size = sum(len(prompts.notes_text(notes).encode()) for notes in described)
    notes_tokens = sum(text_tokens(prompts.notes_text(notes)) for notes in described)
    notes_tokens += EXPECTED_DESCRIPTION * len(fresh)
    groups = max(1, math.ceil((size + EXPECTED_BYTES * len(fresh)) / GROUP_BYTES))
    stored = 0 if fresh else _stored_condensed(material, described)
    worst = final_costs(material, len(material.clips))
    asking = _tokens(prompts.condense(material.question, ()))
    condense = [replace(worst[0], input_tokens=notes_tokens // groups + asking)] * max(0, groups - stored)
    schema = prompts.answer_schema(material.question, len(material.films))
    final = _tokens(prompts.answer(material.question, (), len(material.films) > 1)) + text_tokens(json.dumps(schema))
    answer_cost = replace(worst[-1], input_tokens=groups * EXPECTED_CONDENSED + final)
    steps += [planned("condense", model, condense, asker.prices, stored)]
    steps += [planned("answer", model, [answer_cost], asker.prices)]
    return (*steps, *check_steps(material))


def _stored_condensed(material: Material, described: Sequence[ClipNotes]) -> int:
    """Return how many groups of the described clips are condensed already."""
    groups, options = note_groups(described), material.settings.options(prompts.CONDENSED_WORDS)
    keys = [condense_key(prompts.condense(material.question, group)) for group in groups]
    return sum(material.asker.is_stored(key, material.answerer, options) for key in keys)


def check_steps(material: Material) -> tuple[PlannedStep, ...]:
    """Return the second look at the evidence, of as many pieces as are expected; () if it is turned off."""
    settings = material.settings
    if not settings.check or not material.clips:
        return ()
    part, notes = material.clips[0]
    cost = describe_cost(material, part, notes, settings.check_frames)
    words = prompts.check_words(CLAIM, part.start, part.end, "seen", notes)
    asking = text_tokens(words) - text_tokens(prompts.describe_words(notes))
    most = None if cost.most_input is None else cost.most_input + 4 * len(words)
    cost = replace(cost, input_tokens=cost.input_tokens + asking, output_tokens=EXPECTED_CHECK, most_input=most)
    return (planned("check", material.describer, [cost] * EXPECTED_EVIDENCE, material.asker.prices),)


def _tokens(chat: Conversation) -> int:
    return sum(text_tokens(part.text) for part in chat.parts if isinstance(part, Text)) + 4 * len(chat.messages)


def whole_steps(material: Material, chat: Conversation) -> tuple[PlannedStep, ...]:
    """Return the steps of a question that is asked at once, and the second look at its evidence."""
    schema = prompts.answer_schema(material.question, len(material.films))
    options = material.settings.options(200, schema)
    cost = request_cost(material.answerer, chat, options, EXPECTED_ANSWER)
    return (planned("answer", material.answerer, [cost], material.asker.prices), *check_steps(material))
