"""Picture needles in a long conversation: a chat model is shown many pictures and asked which one is the needle.

Sources: Wang et al. 2024, "Multimodal Needle in a Haystack" (arXiv 2406.11230), whose sub-image questions these are
with whole pictures, and MM-NIAH (2406.07230). As there, some haystacks hold no needle: then "none" is right.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation, Image, Text
from sensorium.core.protocols import Embedder, Model, Options, Progress, no_progress
from sensorium.core.reply import Reply
from sensorium.evaluation import Condition, Interval, Run, RunStore, model_condition, run, settings_of
from sensorium.evaluation.statistics import wilson_interval
from sensorium.retrieval.query import Query, vector
from sensorium.tasks.task import Example, Task
from sensorium.video.haystack.needles import Needle

NONE = "none"
METRIC = "choice"


@dataclass(frozen=True)
class PictureCase:
    """Where an example's needle lies.

    Args:
        count: Pictures in the conversation.
        depth: 0 for the first to 1 for the last; None without a needle.
        needle: Its name.
    """

    count: int
    depth: float | None
    needle: str


def picture_task(
    needles: Sequence[Needle], distractors: Sequence[Image], counts: Sequence[int], depths: Sequence[float],
    by: str = "picture", absent: bool = True, seed: int = 0,
) -> tuple[Task, tuple[PictureCase, ...]]:  # fmt: skip
    """Return the questions, and where each one's needle lies.

    Args:
        needles: One haystack for each, count and depth.
        distractors: At least as many as the largest count; none of them shows a needle.
        counts: How many pictures a conversation holds.
        depths: 0 to 1.
        by: "picture": the needle is shown with the question; "text": it is named.
        absent: Whether each needle is also asked for where it is not.
        seed: Random seed of the distractors.

    Raises:
        InputError: if there are too few distractors, or a needle has no text to be asked by.
    """
    if max(counts, default=0) > len(distractors) or min(counts, default=0) < 1:
        raise InputError(
            f"Haystacks of {list(counts)} pictures can't be made of {len(distractors)}.",
            "Name more pictures, or fewer.",
        )
    if by == "text" and any(not needle.text for needle in needles):
        raise InputError("A needle has no text to be asked by.", "Give each a text, or ask by picture.")
    examples, cases = [], []
    places: list[float | None] = [*depths, *([None] if absent else [])]
    for count in counts:
        for depth in places:
            for needle in needles:
                chance = random.Random(f"{seed} {count} {depth} {needle.name}")
                hay = chance.sample(list(distractors), count)
                place = None if depth is None else round(depth * (count - 1))
                if place is not None:
                    hay[place] = needle.image
                examples.append(_example(needle, hay, place, by))
                cases.append(PictureCase(count, depth, needle.name))
    return Task("picture haystack", tuple(examples)), tuple(cases)


def _example(needle: Needle, hay: Sequence[Image], place: int | None, by: str) -> Example:
    parts: list[Text | Image] = [Text(f"Here are {len(hay)} pictures.")]
    for number, image in enumerate(hay, 1):
        parts += [Text(f"Picture {number}:"), image]
    if by == "picture":
        parts += [Text("And this is the one to look for:"), needle.image]
        asked = "Which of the numbered pictures is the same as the last one?"
    else:
        asked = f"Which of the numbered pictures shows {needle.text}?"
    how = f'Answer with its number, or "{NONE}" if it is not among them. Answer with the number alone.'
    numbers = [str(number) for number in range(1, len(hay) + 1)]
    named = f"The answers are {', '.join(numbers)}, {NONE}."
    answer = NONE if place is None else numbers[place]
    return Example(Conversation.of(*parts, Text(f"{asked} {how} {named}")), (answer,), choices=(*numbers, NONE))


def embedder_condition(embedder: Embedder, by: str = "picture") -> Condition:
    """Return a condition that answers by the nearest picture: what a chat model has to beat; it never says none."""

    def answer(example: Example) -> Reply:
        images = [part for part in example.conversation.parts if isinstance(part, Image)]
        hay = images[:-1] if by == "picture" else images
        if by == "picture":
            row = vector(Query.of(images[-1]), embedder)
        else:
            shows = example.conversation.messages[-1].text.partition(" shows ")[2].partition("?")[0]
            row = vector(Query.of(shows), embedder)
        similar = embedder.embed(hay) @ row
        return Reply(str(int(similar.argmax()) + 1), model=embedder.name)

    return Condition(embedder.name, answer, {"embedder": embedder.name, "version": embedder.version, "by": by})


def measure(
    model: Model | None, task: Task, embedder: Embedder | None = None, by: str = "picture",
    options: Options | None = None, folder: Path | None = None, progress: Progress = no_progress,
) -> Run:  # fmt: skip
    """Return the answers of a model, an embedder or both, by the evaluation's runner.

    Args:
        model: Takes pictures; or None.
        task: See `picture_task`.
        embedder: See `embedder_condition`.
        by: "picture" or "text".
        options: How to answer.
        folder: Where answers are stored as they come.
        progress: Shows how far it is.

    Raises:
        SensoriumError: what stops a run; see `evaluation.run`.
    """
    conditions = []
    if embedder is not None:
        conditions.append(embedder_condition(embedder, by))
    if model is not None:
        made = model
        conditions.append(model_condition(model.name, lambda: made, {"model": model.name, "by": by}, options=options))
    if not conditions:
        raise InputError("Nothing to measure: neither a model nor an embedder.", "Name one with `model`.")
    if folder is None:
        return run(task, conditions, (METRIC,), None, progress, "Asking")
    with RunStore(folder, settings_of(task, conditions)) as store:
        return run(task, conditions, (METRIC,), store, progress, "Asking")


def cells(answers: Run, cases: Sequence[PictureCase], condition: str) -> Mapping[tuple[int, float | None], Interval]:
    """Return how many were right for each count and depth, with 95 % intervals; depth None is without a needle."""
    scores: dict[tuple[int, float | None], list[float]] = {}
    for place, record in answers.records[condition].items():
        case = cases[place]
        scores.setdefault((case.count, case.depth), []).append(answers.score(record, METRIC))
    return {cell: wilson_interval(round(sum(values)), len(values)) for cell, values in scores.items()}
