"""Whether base and adapter, merged, and merged, saved and loaded again answer alike."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sensorium.checkpoint.checkpoint_name import CheckpointName
from sensorium.checkpoint.device import to_device
from sensorium.checkpoint.load import Checkpoint, load, quiet
from sensorium.tasks.task import Example
from sensorium.tune.inputs import auto_of
from sensorium.tune.training.collate import IGNORED, batch, row_of
from sensorium.tune.training.heldout import generate_answers


@dataclass(frozen=True)
class Trip:
    """What a round trip showed.

    Args:
        n: Examples asked.
        same: To how many all three gave the same words, greedily.
        merged: The largest difference of a logit between base with adapter and merged, over the right answers' tokens.
        reloaded: The same between base with adapter and what was saved and loaded again.
    """

    n: int
    same: int
    merged: float
    reloaded: float

    @property
    def whole(self) -> bool:
        """Whether every answer was the same."""
        return self.same == self.n

    def line(self) -> str:
        """Put it in a sentence."""
        return (
            f"Base with adapter, merged, and merged and loaded again gave the same answer to {self.same} of {self.n} "
            f"examples; logits differ by at most {self.merged:.2g} merged and {self.reloaded:.2g} loaded again."
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def round_trip(
    name: CheckpointName, examples: Sequence[Example], answer_tokens: int = 32, saved: Path | None = None
) -> Trip:
    """Ask the same of all three, one after another.

    Args:
        name: Base and adapter; its weights are taken whole, also where the adapter learnt beside 4-bit ones.
        examples: What is asked.
        answer_tokens: The most of an answer.
        saved: A merged checkpoint of them that is there already; None to save one beside the adapter for the moment.

    Raises:
        InputError: when one of them can't be loaded.
    """
    name = replace(name, bits=None)
    auto = auto_of(name)
    beside = load(name, auto, merge=False)
    first = _said(beside, examples, answer_tokens)
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' notes to each other
        added = replace(beside, model=beside.model.merge_and_unload().eval())
    second = _said(added, examples, answer_tokens)
    if saved is not None:
        del beside, added
        third = _said(_loaded(name, saved, auto), examples, answer_tokens)
    else:
        with TemporaryDirectory(dir=Path(name.adapter).resolve().parent) as folder:
            save(added, Path(folder))
            del beside, added
            third = _said(_loaded(name, Path(folder), auto), examples, answer_tokens)
    same = sum(a == b == c for a, b, c in zip(first[0], second[0], third[0], strict=True))
    return Trip(len(examples), same, _apart(first[1], second[1]), _apart(first[1], third[1]))


def save(loaded: Checkpoint, folder: Path) -> None:
    """Save a model with its processor."""
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded.model.save_pretrained(str(folder))
        loaded.processor.save_pretrained(str(folder))


def _loaded(name: CheckpointName, folder: Path, auto: str) -> Checkpoint:
    return load(replace(name, base=str(folder), adapter=""), auto)


def _said(loaded: Checkpoint, examples: Sequence[Example], answer_tokens: int) -> tuple[list[str], list[Any]]:
    """Return the answers, and for each example the logits of its right answer's tokens."""
    import torch

    rows = [row_of(loaded, example) for example in examples]
    logits = []
    for row in rows:
        made = batch(loaded, [row])
        learnt = made.pop("labels")[0] != IGNORED
        with torch.no_grad():
            out = loaded.model(**to_device(loaded.model, made)).logits[0]
        at = learnt.nonzero()[:, 0].to(out.device) - 1  # what stands before a token gives it
        logits.append(out[at].float().cpu())
    return generate_answers(loaded, rows, answer_tokens), logits


def _apart(one: Sequence[Any], other: Sequence[Any]) -> float:
    return max(float((a - b).abs().max()) for a, b in zip(one, other, strict=True))
