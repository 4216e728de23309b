"""Scores a model in training on held-out examples: its answers by a metric, and the loss of the right ones."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.checkpoint.device import to_device
from sensorium.checkpoint.generate import generate_batch
from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import encode_prompts
from sensorium.core.protocols import Options
from sensorium.evaluation.metrics import fitting_metric, metric
from sensorium.evaluation.statistics import Interval, bootstrap_interval
from sensorium.tasks.task import Example
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.collate import Encode, TrainRow, batch
from sensorium.tune.training.distributed import SINGLE_PROCESS, Distributed

_BATCH_SIZE = 8
FREE_TEXT = frozenset({"chrf", "rouge", "f1"})
"""Metrics of wording: there the held-out loss chooses the adapter, which is less noisy than a score of few texts."""
_LONG_ANSWER = 30  # characters; the median of VQA v2's, GQA's, TextVQA's and ChartQA's answers has under 10
_REPEATED = 0.5  # of the examples; fewer distinct answers than this are classes, however long


def training_metric(recipe: Recipe, examples: Sequence[Example]) -> str:
    """Return the recipe's metric, or what fits the answers: "chrf" for free text, else as `fitting_metric`.

    Free text are answers of over 30 characters in the median, of which most occur once.
    """
    if recipe.metric or not examples:
        return recipe.metric
    metric_name = fitting_metric(examples)
    lengths = sorted(len(example.answer) for example in examples)
    distinct = len({example.answer for example in examples})
    is_free = lengths[len(lengths) // 2] > _LONG_ANSWER and distinct > _REPEATED * len(examples)
    return "chrf" if metric_name == "exact" and is_free else metric_name


def heldout_loss(
    loaded: Checkpoint,
    rows: Sequence[TrainRow],
    batch_size: int,
    encode: Encode = encode_prompts,
    distributed: Distributed = SINGLE_PROCESS,
) -> float:
    """Return the mean loss of the right answers' tokens, in nats; arguments as `heldout_score`.

    Args:
        batch_size: Rows of one forward pass.
    """
    import torch

    model, training = loaded.model, loaded.model.training
    batches: list[list[TrainRow]] = []
    for kind in dict.fromkeys(row.kind for row in rows):
        alike = [row for row in rows if row.kind == kind]
        batches += [alike[start : start + batch_size] for start in range(0, len(alike), batch_size)]
    sums = []
    model.eval()
    try:
        for part in batches[distributed.process_index :: distributed.num_processes]:
            inputs = to_device(model, batch(loaded, part, encode))
            with torch.no_grad():
                loss = float(model(**inputs).loss)
            tokens = sum(len(row.answer) for row in part)
            sums.append((loss * tokens, tokens))
    finally:
        model.train(training)
    gathered = [pair for pairs in distributed.gather(sums) for pair in pairs]
    return sum(loss for loss, _ in gathered) / sum(tokens for _, tokens in gathered)


def heldout_score(
    loaded: Checkpoint,
    examples: Sequence[Example],
    rows: Sequence[TrainRow],
    metric_name: str,
    max_new_tokens: int,
    encode: Encode = encode_prompts,
    distributed: Distributed = SINGLE_PROCESS,
) -> Interval:
    """Return the mean score of the model's greedy answers with its interval.

    Args:
        loaded: The model in training; its training mode stays as it is.
        examples: Held-out examples.
        rows: The same, rendered.
        metric_name: One of `evaluation.metrics.METRICS`.
        max_new_tokens: Maximum tokens of an answer.
        encode: Encodes the rows' prompts.
        distributed: The processes that share the work; each gets the whole score.
    """
    model, score = loaded.model, metric(metric_name)
    training = model.training
    model.eval()
    try:
        texts = generate_answers(loaded, rows, max_new_tokens, encode, distributed)
    finally:
        model.train(training)
    return bootstrap_interval([score(text, example) for text, example in zip(texts, examples, strict=True)])


def generate_answers(
    loaded: Checkpoint,
    rows: Sequence[TrainRow],
    max_new_tokens: int,
    encode: Encode = encode_prompts,
    distributed: Distributed = SINGLE_PROCESS,
) -> list[str]:
    """Return the model's answers in the order of the rows; rows of one kind are batched."""
    import torch

    batches: list[list[int]] = []
    options = Options(max_tokens=max_new_tokens, timeout_seconds=3600)
    for kind in dict.fromkeys(row.kind for row in rows):
        numbers = [number for number, row in enumerate(rows) if row.kind == kind]
        batches += [numbers[start : start + _BATCH_SIZE] for start in range(0, len(numbers), _BATCH_SIZE)]
    texts: dict[int, str] = {}
    # the batches of one process: other padding would move the last digits
    for numbers in batches[distributed.process_index :: distributed.num_processes]:
        inputs = to_device(loaded.model, encode(loaded, [rows[number].prompt for number in numbers]))
        with torch.no_grad():
            deltas = generate_batch(loaded, inputs, options)
        texts |= {number: delta.text for number, delta in zip(numbers, deltas, strict=True)}
    gathered = {number: text for part in distributed.gather(texts) for number, text in part.items()}
    return [gathered[number] for number in range(len(rows))]
