"""RunStore: the answers of one run in a folder, each on disk before the next question is asked.

`records.jsonl` is only ever appended to and synced; of a killed run at most its last line is torn, and cut off.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from sensorium.core.errors import InputError, LimitError, quoted
from sensorium.core.files import LineLog, replace_file
from sensorium.core.reply import Usage

SETTINGS, RECORDS = "settings.json", "records.jsonl"
_MIN_FREE_BYTES = 1_000_000  # a few hundred answers


class AnswerStore(Protocol):
    """What keeps answers: (condition, example) -> the record, and a way to add one that is on disk when it returns."""

    @property
    def records(self) -> Mapping[tuple[str, int], Record]: ...
    def add(self, record: Record) -> None: ...


@dataclass(frozen=True)
class Record:
    """One answer.

    Args:
        condition: The name of the condition that gave it.
        example: The position of the example in its task.
        text: The answer; "" where it failed.
        abstained: Whether the model said that it can't tell.
        confidence: The model's probability that it is right, or None.
        usage: Tokens, seconds and money.
        failure: Why the answer is missing: "timeout", "rate limit", "refused", "service error", "limit", "broken file",
            "empty", "bad JSON", "cut off"; "" for an answer.
        detail: The message of the failure.
        demonstrations: The positions in their pool of the examples shown before the question.
        cut: Whether the answer ended at the most tokens allowed.
        asked: When, in UTC: "2026-11-29T23:59:58.120Z"; "" if it isn't known.
        measured: What else was measured, name -> number: "joules", "peak_memory_bytes", "concurrency".
    """

    condition: str
    example: int
    text: str
    abstained: bool = False
    confidence: float | None = None
    usage: Usage = field(default_factory=Usage)
    failure: str = ""
    detail: str = ""
    demonstrations: tuple[int, ...] = ()
    cut: bool = False
    asked: str = ""
    measured: Mapping[str, float] = field(default_factory=dict)


class RunStore:
    """A folder that holds the answers of one run; use it in a `with` block.

    Args:
        folder: Created where it is missing.
        settings: Plain JSON values that identify the run; stored answers are used only if these are equal.

    Raises:
        InputError: when the folder holds another run (the message says what differs), another process writes to it,
            or a stored answer can't be read.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self._folder = folder
        self.records: dict[tuple[str, int], Record] = {}
        own = json.loads(json.dumps(settings))
        self._log = LineLog(folder / RECORDS, self._take, "an answer", lambda empty: self._check(own, empty))

    def __enter__(self) -> RunStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the folder's file, which lets other processes write to it."""
        self._log.close()

    def add(self, record: Record) -> None:
        """Append one answer; it is on disk when this returns.

        Raises:
            InputError: if it can't be written; the answers before it stay whole.
            LimitError: once it is stored, if the disk has no room for many more: the next answer would be lost.
        """
        self._log.append(asdict(record))
        self.records[record.condition, record.example] = record
        if shutil.disk_usage(self._folder).free < _MIN_FREE_BYTES:
            raise LimitError(
                f"The disk of {quoted(str(self._folder))} is nearly full; every answer so far is stored.",
                "Make room, and type the same command again: it continues.",
            )

    def _take(self, row: Any) -> None:
        record = _record(row)
        self.records[record.condition, record.example] = record

    def _check(self, settings: dict[str, Any], empty: bool) -> None:
        path = self._folder / SETTINGS
        name = quoted(str(self._folder))
        if path.exists():
            try:
                stored = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                stored = None
            if stored != settings:
                raise InputError(
                    f"The folder {name} holds another run: {_difference(stored, settings)}.",
                    "Choose another `folder`.",
                )
        elif not empty:
            raise InputError(f"The folder {name} holds answers without {SETTINGS}.", "Choose another folder.")
        else:
            replace_file(path, json.dumps(settings, indent=1, ensure_ascii=False) + "\n")


def _record(row: dict[str, Any]) -> Record:
    usage, demonstrations = Usage(**row.pop("usage")), tuple(row.pop("demonstrations"))
    return Record(usage=usage, demonstrations=demonstrations, **row)


def _difference(stored: Any, settings: Any) -> str:
    """Return in words what differs: each setting once, with both values."""
    differences: dict[str, str] = {}

    def compare(old: Any, new: Any, name: str) -> None:
        if isinstance(old, dict) and isinstance(new, dict):
            for key in dict.fromkeys([*old, *new]):
                compare(old.get(key), new.get(key), key)
        elif old != new:
            short = [text if len(text) <= 80 else f"{text[:79]}…" for text in map(json.dumps, (old, new))]
            differences.setdefault(name, f"its {name} is {short[0]}, not {short[1]}")

    compare(stored, settings, "settings")
    return "; ".join(list(differences.values())[:3])
