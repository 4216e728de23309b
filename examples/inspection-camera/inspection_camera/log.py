"""The log: one line of JSON an inspection or a person's word on one; pictures only of what calls a person."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from sensorium import Image
from sensorium.core.errors import InputError, quoted

from inspection_camera.app import Inspection

Verdict = Literal["right", "wrong"]


@dataclass
class Log:
    """A folder with log.jsonl and the pictures that a person should look at; safe to use from several threads."""

    folder: Path

    def __post_init__(self) -> None:
        self._lock = Lock()

    @property
    def file(self) -> Path:
        """The log's file."""
        return self.folder / "log.jsonl"

    def add(self, picture: Image, name: str, inspection: Inspection) -> dict[str, Any]:
        """Write an inspection down and return its line."""
        digest = picture.blob.digest[:16]
        line = {
            "id": digest,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "picture": name,
            "flagged": inspection.flagged,
            "findings": [asdict(each) for each in inspection.findings],
        }
        if inspection.flagged:
            kept = self.folder / "pictures" / digest
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(picture.blob.data)
        self._write(line)
        return line

    def review(self, identity: str, verdict: Verdict) -> None:
        """Write down what a person says of an inspection.

        Raises:
            InputError: if there is no such inspection.
        """
        if identity not in {line["id"] for line in self.lines()}:
            raise InputError(f"There is no inspection {quoted(identity)}.", "Take an id of the log.")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._write({"review": identity, "time": now, "verdict": verdict})

    def lines(self) -> list[dict[str, Any]]:
        """Return the inspections from the newest on, each with what a person said of it, or ""."""
        verdicts: dict[str, str] = {}
        found = []
        for line in self._read():
            if "review" in line:
                verdicts[line["review"]] = line["verdict"]
            else:
                found.append(line)
        return [line | {"verdict": verdicts.get(line["id"], "")} for line in reversed(found)]

    def known(self) -> set[str]:
        """Return the ids of the pictures that were inspected."""
        return {line["id"] for line in self._read() if "id" in line}

    def as_csv(self) -> str:
        """Return the log as CSV: one row a finding, the oldest first."""
        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("time", "picture", "check", "value", "state", "why", "confidence", "verdict"))
        for line in reversed(self.lines()):
            for each in line["findings"]:
                values = (each["name"], each["value"], each["state"], each["why"], round(each["confidence"], 3))
                rows.writerow((line["time"], line["picture"], *values, line["verdict"]))
        return out.getvalue()

    def _read(self) -> Iterator[dict[str, Any]]:
        if not self.file.is_file():
            return
        for line in self.file.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue  # half a line: the power failed
            if isinstance(row, dict):
                yield row

    def _write(self, row: dict[str, Any]) -> None:
        with self._lock:
            self.folder.mkdir(parents=True, exist_ok=True)
            torn = self.file.is_file() and not self.file.read_bytes().endswith(b"\n") and self.file.stat().st_size > 0
            with open(self.file, "a", encoding="utf-8") as file:
                file.write(("\n" if torn else "") + json.dumps(row, ensure_ascii=False) + "\n")
