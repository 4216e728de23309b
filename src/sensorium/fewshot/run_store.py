"""What was answered in a measurement, kept in a folder as it comes, so that it can go on after a break."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.core.errors import InputError, quoted
from sensorium.core.protocols import Embedder, Options
from sensorium.core.reply import Usage
from sensorium.tasks.prompt import digest
from sensorium.tasks.task import Example

if TYPE_CHECKING:
    from sensorium.fewshot.run import Plan

_SETTINGS, _RECORDS = "settings.json", "records.jsonl"


@dataclass(frozen=True)
class Step:
    """One question under one condition: "examples", or a control."""

    shots: int
    condition: str
    index: int


@dataclass(frozen=True)
class Record:
    """What came of a step.

    Args:
        step: It.
        answer: The model's text; of the control "vote" the vote.
        score: How right it is, 0 to 1.
        picked: The places in the pool of the examples that went before it.
        abstained: True where the model said that it can't tell.
        confidence: What the model gave it as the probability that it is right, or None.
        usage: Tokens, seconds and money; empty for "vote".
    """

    step: Step
    answer: str
    score: float
    picked: tuple[int, ...] = ()
    abstained: bool = False
    confidence: float | None = None
    usage: Usage = field(default_factory=Usage)


class Kept:
    """A folder that keeps the answers of one measurement, so that it can go on after a break.

    Raises:
        InputError: when the folder holds the answers of another measurement.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self._records = folder / _RECORDS
        path = folder / _SETTINGS
        settings = json.loads(json.dumps(settings))
        if path.exists():
            try:
                same = json.loads(path.read_text(encoding="utf-8")) == settings
            except ValueError:
                same = False
            if not same:
                raise InputError(
                    f"The folder {quoted(str(folder))} holds another measurement.", "Choose another folder with --out."
                )
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def records(self) -> Iterator[Record]:
        """Return the kept answers; a last line that a break cut off is asked again."""
        if not self._records.exists():
            return
        whole = []
        for line in self._records.read_text(encoding="utf-8").split("\n"):
            try:
                row = json.loads(line)
            except ValueError:
                continue
            step, usage = Step(**row.pop("step")), Usage(**row.pop("usage"))
            whole.append((line, Record(step=step, usage=usage, picked=tuple(row.pop("picked")), **row)))
        self._records.write_text("".join(f"{line}\n" for line, _ in whole), encoding="utf-8")
        yield from (record for _, record in whole)

    def add(self, record: Record) -> None:
        """Keep one answer."""
        with self._records.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")


def settings(
    model: str,
    pool: Sequence[Example],
    questions: Sequence[Example],
    plan: Plan,
    embedder: Embedder | None,
    options: Options | None,
) -> dict[str, Any]:
    """Return what a measurement depends on, as plain JSON values: two that differ in it are not the same."""
    return {
        "model": model,
        "plan": asdict(plan),
        "embedder": embedder.name if embedder else None,
        "options": repr(options or Options()),
        "pool": digest(pool),
        "questions": digest(questions),
    }
