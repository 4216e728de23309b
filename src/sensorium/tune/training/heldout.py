"""Scores a model in training on held-out examples."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.checkpoint.device import to_device
from sensorium.checkpoint.generate import generate_batch
from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import encode_prompts
from sensorium.core.protocols import Options
from sensorium.evaluation.metrics import metric
from sensorium.evaluation.statistics import Interval, bootstrap_interval
from sensorium.tasks.task import Example
from sensorium.tune.training.collate import Encode, TrainRow
from sensorium.tune.training.distributed import SINGLE_PROCESS, Distributed

_BATCH_SIZE = 8


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
