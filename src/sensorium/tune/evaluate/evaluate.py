"""Ask the base, the fine-tuned and the few-shot model the same questions, by the evaluation's runner."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sensorium.core.errors import LimitError
from sensorium.core.files import replace_file
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Model, Options, Progress, no_progress
from sensorium.evaluation.comparison import Comparison
from sensorium.evaluation.conditions import Condition, ModelSlot, model_condition
from sensorium.evaluation.judge import judge_answers
from sensorium.evaluation.metrics import fitting_metric
from sensorium.evaluation.report import EvaluationReport
from sensorium.evaluation.run_store import Record, RunStore
from sensorium.evaluation.runner import Run, run, settings_of
from sensorium.tasks.task import Example, Task
from sensorium.tune.evaluate.advice import advise
from sensorium.tune.evaluate.result import BASE, FINE_TUNED, AdapterEvaluation
from sensorium.tune.evaluate.unseen import Unseen, about
from sensorium.tune.export.adapter import WEIGHTS
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.heldout import training_metric
from sensorium.tune.training.lora import ABOUT

KEY, RUNS = "evaluation", "evaluation"
"""The figures' name in the adapter's sensorium.json; the folder of its answers."""
_METHOD = (
    "Each question was asked of all, greedily, one at a time. Intervals are bootstrap percentiles; differences are of "
    "the same questions, clustered by picture, and their p-values adjusted by Holm's method. The training saw none of "
    "the examples, nor their pictures."
)


@dataclass(frozen=True)
class Models:
    """What is asked; each model is loaded when its turn comes and leaves the memory before the next one is.

    Args:
        name: Of the base, for the store of answers.
        base: Loads the base.
        finetuned: Loads the base with the adapter.
        judge: Loads what judges the answers; None for no judge.
    """

    name: str
    base: Callable[[], Model]
    finetuned: Callable[[], Model]
    judge: Callable[[], Model] | None = None


@dataclass(frozen=True)
class FewShot:
    """Demonstrations in the prompt of the base.

    Args:
        shots: How many; several numbers are tried one after another.
        conversation: (model, question, k) -> the question with k demonstrations before it.
        key: What answers depend on: how they are picked and placed.
    """

    shots: Sequence[int] = ()
    conversation: Callable[[Model, Example, int], Conversation] | None = None
    key: Mapping[str, Any] = field(default_factory=dict)


def evaluate(
    unseen: Unseen,
    models: Models,
    fewshot: FewShot | None = None,
    metrics: Sequence[str] = (),
    progress: Progress = no_progress,
) -> AdapterEvaluation:
    """Ask all of them, greedily and one question at a time, and compare what they answer.

    The answers are stored in the adapter's folder as they come: called again with the same, it goes on from there.

    Args:
        unseen: What is asked.
        models: What is asked of.
        fewshot: Demonstrations in the prompt; a number of them that the model can't take is noted and left out.
        metrics: Names in `evaluation.METRICS`; the first decides. Empty for the recipe's, or what fits.
        progress: Does the work, and may show how far it is.

    Raises:
        SensoriumError: what stops a run, see `sensorium.evaluation.run`.
    """
    recipe, task, old = unseen.recipe, unseen.task, unseen.retained
    metrics = tuple(dict.fromkeys(metrics)) or (training_metric(recipe, task.examples),)
    base, prompted, finetuned = _conditions(unseen, models, fewshot or FewShot())
    notes = list(unseen.notes)
    with _store(unseen.adapter, "skill", task, [base, *prompted, finetuned]) as store:
        records = dict(run(task, [base], metrics, store, progress, "Asking the base").records)
        few: dict[str, Mapping[int, Record]] = {}
        for condition in prompted:
            try:
                few |= run(task, [condition], metrics, store, progress, f"Asking {condition.name}").records
            except LimitError as error:
                notes.append(f"{condition.name} was left out: {error.message}")
        with _store(unseen.adapter, "retained", old, [base, finetuned]) if old else nullcontext() as old_store:
            old_metrics = (fitting_metric(old.examples),) if old else ()
            if old:
                run(old, [base], old_metrics, old_store, progress, "Asking other skills of the base")
            records |= run(task, [finetuned], metrics, store, progress, "Asking the fine-tuned model").records
            label = "Asking other skills of the fine-tuned model"
            both = run(old, [base, finetuned], old_metrics, old_store, progress, label) if old else None
    answers = Run(task, records | few)
    skill = Comparison.of(answers, metrics)
    verdicts = None
    if models.judge is not None:
        judge, new, old_texts = models.judge(), skill.result(FINE_TUNED).texts, skill.result(BASE).texts
        folder = unseen.adapter / RUNS / f"judge-{_digest([judge.name, new, old_texts])}"
        verdicts = judge_answers(judge, skill.examples, new, old_texts, folder, progress)
    retained = Comparison.of(both, old_metrics) if both else None
    return AdapterEvaluation(
        str(unseen.adapter), recipe.base, skill, retained, verdicts, bool(recipe.replay), tuple(notes),
        _settings(recipe, metrics), answers.broken_files() + (both.broken_files() if both else ()),
    )  # fmt: skip


def report_of(evaluation: AdapterEvaluation) -> EvaluationReport:
    """Return the report for a terminal or a page."""
    settings = {"Adapter": evaluation.adapter, "Base": evaluation.base, "Asked": evaluation.skill.name}
    return EvaluationReport(
        f"Evaluation of {evaluation.adapter}",
        evaluation.skill,
        {"Other skills": evaluation.retained} if evaluation.retained else {},
        tuple(advise(evaluation)),
        evaluation.verdicts,
        evaluation.notes,
        settings | dict(evaluation.settings),
        _METHOD,
    )


def save_figures(evaluation: AdapterEvaluation) -> Path:
    """Write the figures into the adapter's sensorium.json, instead of earlier ones, and return its path."""
    file, verdicts = Path(evaluation.adapter) / ABOUT, evaluation.verdicts
    figures: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "skill": evaluation.skill.figures(),
        "retained": evaluation.retained and evaluation.retained.figures(),
        "judge": verdicts and {key: verdicts.to_json()[key] for key in ("judge", "counts", "score", "bias")},
        "advice": advise(evaluation),
        "notes": list(evaluation.notes),
    }
    whole = about(evaluation.adapter) | {KEY: figures}
    replace_file(file, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    return file


def _conditions(unseen: Unseen, models: Models, fewshot: FewShot) -> tuple[Condition, list[Condition], Condition]:
    """Return the base, the few-shot conditions, and the fine-tuned one; they share one slot in the memory."""
    slot = ModelSlot()
    base, finetuned = slot.lazy(models.base), slot.lazy(models.finetuned)
    options = Options(max_tokens=unseen.recipe.max_new_tokens, timeout_seconds=3600)
    key = {"model": models.name, "base": _checkpoint_digest(models.name)}

    def prompted(shots: int) -> Condition:
        def conversation(example: Example) -> Conversation:
            assert fewshot.conversation is not None
            return fewshot.conversation(base(), example, shots)

        return model_condition(f"{shots}-shot", base, key | {"shots": shots} | dict(fewshot.key), conversation, options)

    adapter = hashlib.sha256((unseen.adapter / WEIGHTS).read_bytes()).hexdigest()[:16]
    return (
        model_condition(BASE, base, key, options=options),
        [prompted(shots) for shots in fewshot.shots],
        model_condition(FINE_TUNED, finetuned, key | {"adapter": adapter}, options=options),
    )


def _store(adapter: Path, name: str, task: Task, conditions: Sequence[Condition]) -> RunStore:
    """Open the store of a run with these settings: other settings have another folder."""
    settings = settings_of(task, conditions)
    return RunStore(adapter / RUNS / f"{name}-{_digest(settings)}", settings)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def _checkpoint_digest(name: str) -> str:
    """Return a digest of a local checkpoint's files, by name, size and time; "" for one of the hub."""
    folder = Path(name.partition("?")[0].removeprefix("transformers:"))
    files = sorted(path for path in folder.glob("*") if path.is_file()) if folder.is_dir() else []
    return _digest([[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files]) if files else ""


def _settings(recipe: Recipe, metrics: Sequence[str]) -> dict[str, str]:
    return {
        "Trained on": f"{recipe.task}, split {recipe.train_split}"
        + (f"; with old examples of {recipe.replay}" * bool(recipe.replay)),
        "Training": f"{'LoRA' if recipe.bits == 16 else 'QLoRA'} of rank {recipe.lora_r}, seed {recipe.seed}",
        "Scored by": ", ".join(metrics),
        "Longest answer": f"{recipe.max_new_tokens} tokens",
    }
