"""Ask the untouched model, the tuned one and the untouched one with examples in its prompt the same questions."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sensorium.ask import ask
from sensorium.core.errors import InputError, LimitError
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Model, Options
from sensorium.core.reply import Reply
from sensorium.evaluation.metrics import fitting_metric, metric
from sensorium.tasks.prompt import to_conversation
from sensorium.tasks.task import Example
from sensorium.tune.dataset.data import Doing, silently
from sensorium.tune.gain.asked import Asked
from sensorium.tune.gain.found import TUNED, UNTOUCHED, Gain, Side, Skill, side_of
from sensorium.tune.gain.judge import judged
from sensorium.tune.recipe import Recipe

Placed = Callable[[Model, Example, int], Conversation]
"""(model, question, k) -> the question with k examples before it."""


@dataclass(frozen=True)
class Models:
    """What is asked; each is loaded when its turn comes and let go after it, so that two need not fit at once.

    Args:
        untouched: Loads the base.
        tuned: Loads the base with the adapter.
        judge: Loads what judges the answers; None for no judge.
    """

    untouched: Callable[[], Model]
    tuned: Callable[[], Model]
    judge: Callable[[], Model] | None = None


def measure(
    asked: Asked,
    models: Models,
    shots: Sequence[int] = (),
    placed: Placed = lambda model, example, count: to_conversation(example),
    metrics: Sequence[str] = (),
    doing: Doing = silently,
) -> Gain:
    """Ask all of them, greedily and one question at a time, and score what they say.

    Args:
        asked: What is asked.
        models: Whom.
        shots: How many examples go into the prompt of the untouched model; several are tried one after another.
        placed: Puts them there; needed where `shots` is not empty.
        metrics: Of `core.score.METRICS`; the first decides. Empty for the recipe's, or what fits.
        doing: Does one after another; what it leaves out, such as a question whose picture is broken, counts for none.

    Raises:
        InputError: when there is no such metric, or no question could be asked.
        SensoriumError: what a model raises.
    """
    metrics = tuple(dict.fromkeys(metrics)) or (asked.recipe.metric or fitting_metric(asked.examples),)
    for name in metrics:
        metric(name)
    options = Options(max_tokens=asked.recipe.answer_tokens, timeout_seconds=3600)

    base = models.untouched()
    before = _replies(base, asked.examples, options, doing, "Asking the untouched model")
    shown, left_out = _shown(base, asked.examples, shots, placed, options, doing)
    old = _replies(base, asked.retained, options, doing, "Asking other skills of the untouched model")
    del base
    _let_go()

    tuned = models.tuned()
    after = _replies(tuned, asked.examples, options, doing, "Asking the tuned model")
    kept = _replies(tuned, asked.retained, options, doing, "Asking other skills of the tuned model")
    del tuned
    _let_go()

    skill = _skill(asked.name, asked.examples, {UNTOUCHED: before, TUNED: after} | shown, metrics)
    retained = None
    if asked.retained:
        fitting = (fitting_metric(asked.retained),)
        retained = _skill(asked.retain, asked.retained, {UNTOUCHED: old, TUNED: kept}, fitting)
    verdicts = None
    if models.judge is not None:
        said = skill.side(TUNED).texts, skill.side(UNTOUCHED).texts
        verdicts = judged(models.judge(), skill.examples, *said, doing=doing)
    return Gain(
        str(asked.adapter), asked.recipe.base, skill, retained, verdicts, bool(asked.recipe.replay),
        (*asked.notes, *left_out), _settings(asked.recipe, metrics),
    )  # fmt: skip


def _settings(recipe: Recipe, metrics: Sequence[str]) -> dict[str, str]:
    return {
        "Learnt": f"{recipe.task}, split {recipe.train}"
        + (f"; with old examples of {recipe.replay}" * bool(recipe.replay)),
        "How": f"{'LoRA' if recipe.bits == 16 else 'QLoRA'} of rank {recipe.rank}, seed {recipe.seed}",
        "Scored by": ", ".join(metrics),
        "Longest answer": f"{recipe.answer_tokens} tokens",
    }


def _shown(
    model: Model, examples: Sequence[Example], shots: Sequence[int], placed: Placed, options: Options, doing: Doing
) -> tuple[dict[str, dict[int, Reply]], list[str]]:
    """Ask with examples in the prompt; so many that the model can't take them are told of and left out."""
    found, left_out = {}, []
    for count in shots:
        name = f"{count} example{'s' * (count != 1)}"
        try:
            put = partial(_put, placed, model, count)
            found[name] = _replies(model, examples, options, doing, f"Asking with {name}", put)
        except LimitError as error:
            left_out.append(f"It was not asked with {name}: {error.message}")
    return found, left_out


def _put(placed: Placed, model: Model, count: int, example: Example) -> Conversation:
    return placed(model, example, count)


def _replies(
    model: Model,
    examples: Sequence[Example],
    options: Options,
    doing: Doing,
    what: str,
    put: Callable[[Example], Conversation] = to_conversation,
) -> dict[int, Reply]:
    def one(number: int) -> Reply:
        return ask(model, put(examples[number]), options)

    return dict(doing(range(len(examples)), one, what))


def _skill(
    name: str, examples: Sequence[Example], ways: dict[str, dict[int, Reply]], metrics: tuple[str, ...]
) -> Skill:
    """Keep the questions that all answered."""
    numbers = [number for number in range(len(examples)) if all(number in each for each in ways.values())]
    if not numbers:
        raise InputError(f"No question of {name} could be asked.", "Look: sensorium data check TASK")
    kept = [examples[number] for number in numbers]
    sides: list[Side] = [side_of(way, kept, [found[n] for n in numbers], metrics) for way, found in ways.items()]
    return Skill(name, tuple(kept), metrics, tuple(sides))


def _let_go() -> None:
    """Return a model's memory back before the next one is loaded."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
