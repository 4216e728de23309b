"""How well a model in training answers examples that it does not learn."""

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
from sensorium.tune.training.collate import Encode, Row
from sensorium.tune.training.distributed import ALONE, Team

_AT_ONCE = 8


def score(
    loaded: Checkpoint,
    examples: Sequence[Example],
    rows: Sequence[Row],
    metric_name: str,
    most_tokens: int,
    encode: Encode = encode_prompts,
    team: Team = ALONE,
) -> Interval:
    """Ask the model each example, greedily, and score what it says; gives the mean with its interval.

    Args:
        loaded: With the model in training; it is put back into training where it was.
        examples: What is asked.
        rows: The same, rendered.
        metric_name: One of `core.score.METRICS`.
        most_tokens: Of an answer.
        encode: Encodes the rows' prompts.
        team: The processes that share the work; each gets the whole score.
    """
    model, judge = loaded.model, metric(metric_name)
    training = model.training
    model.eval()
    try:
        said = replies(loaded, rows, most_tokens, encode, team)
    finally:
        model.train(training)
    return bootstrap_interval([judge(text, example) for text, example in zip(said, examples, strict=True)])


def replies(
    loaded: Checkpoint, rows: Sequence[Row], most_tokens: int, encode: Encode = encode_prompts, team: Team = ALONE
) -> list[str]:
    """Return the model's answers, in the rows' order; several at a time where they are of one kind."""
    import torch

    batches: list[list[int]] = []
    options = Options(max_tokens=most_tokens, timeout_seconds=3600)
    for kind in dict.fromkeys(row.kind for row in rows):
        numbers = [number for number, row in enumerate(rows) if row.kind == kind]
        batches += [numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE)]
    mine: dict[int, str] = {}
    for several in batches[team.rank :: team.size]:  # the batches of one process: padding moves the last digits
        inputs = to_device(loaded.model, encode(loaded, [rows[number].prompt for number in several]))
        with torch.no_grad():
            deltas = generate_batch(loaded, inputs, options)
        mine |= {number: delta.text for number, delta in zip(several, deltas, strict=True)}
    found = {number: text for share in team.gathered(mine) for number, text in share.items()}
    return [found[number] for number in range(len(rows))]
