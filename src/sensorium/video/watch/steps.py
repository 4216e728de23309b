"""StepStore: every answer of a chain, kept by what it is the answer to, on disk before the next one is used."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

from sensorium.core.files import LineLog

STEPS = "steps.jsonl"


def step_key(parts: Mapping[str, Any]) -> str:
    """Return the key of a step: SHA-256 of the plain JSON values that its answer depends on."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


class StepStore:
    """A folder of answers, appended to and synced one by one; use it in a `with` block.

    Before a request is sent a line says so: after a crash it is known which requests were on their way, and may have
    been charged without an answer (see `was_sent`).

    Args:
        folder: Created if it is missing; None keeps the answers in memory only.

    Raises:
        InputError: if another process writes to the folder, or a stored line can't be read.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._answers: dict[str, dict[str, Any]] = {}
        self._sent: set[str] = set()
        self._failed: dict[str, int] = {}
        self._lock = Lock()
        self.nonce = secrets.token_hex(8)
        self._log = None if folder is None else LineLog(folder / STEPS, self._take, "a step")
        if self._log is not None and not self._log.lines:
            self._append({"nonce": self.nonce})

    def __enter__(self) -> StepStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, which lets other processes write to the folder."""
        if self._log is not None:
            self._log.close()

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the answer of a step, or None."""
        return self._answers.get(key)

    def was_sent(self, key: str) -> bool:
        """Whether a request of an earlier run was sent, and its answer never came."""
        with self._lock:
            return key in self._sent

    def request_key(self, key: str) -> str:
        """Return what a request is repeated under until its answer, or its failure, has come."""
        with self._lock:
            return f"{self.nonce}-{key}-{self._failed.get(key, 0)}"

    def sent(self, key: str) -> None:
        """Note that a request is about to be sent; it is on disk when this returns."""
        with self._lock:
            self._append({"sent": key})
            self._sent.add(key)

    def failed(self, key: str) -> None:
        """Note that a request came back without an answer: nothing of it is awaited any more."""
        with self._lock:
            self._append({"failed": key})
            self._sent.discard(key)
            self._failed[key] = self._failed.get(key, 0) + 1

    def add(self, key: str, value: Mapping[str, Any]) -> None:
        """Store the answer of a step; it is on disk when this returns."""
        with self._lock:
            self._append({"key": key, "value": dict(value)})
            self._answers[key] = dict(value)
            self._sent.discard(key)

    def _append(self, row: Mapping[str, Any]) -> None:
        if self._log is not None:
            self._log.append(dict(row))

    def _take(self, row: dict[str, Any]) -> None:
        if "nonce" in row:
            self.nonce = str(row["nonce"])
        elif "sent" in row:
            self._sent.add(row["sent"])
        elif "failed" in row:
            self._sent.discard(row["failed"])
            self._failed[row["failed"]] = self._failed.get(row["failed"], 0) + 1
        else:
            self._answers[row["key"]] = dict(row["value"])
            self._sent.discard(row["key"])
