"""Run a lesson in a process of its own, with a fresh namespace, and say what each cell printed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sensorium.lessons.courses import Lesson
from sensorium.lessons.exercises import CheckResult
from sensorium.lessons.larger_models import VARIABLE
from sensorium.lessons.notebook import Cell, read_cells

TIMEOUT_SECONDS = 900.0
_MAX_STDERR = 2000
_LAST_SECONDS = 3.0
"""How long a process may take to end after its last cell."""


@dataclass(frozen=True)
class CellResult:
    """What a code cell did.

    Args:
        number: Its place among all cells of the lesson, from 1.
        line: The line of the lesson's file on which it begins; 0 in a notebook.
        text: What it printed, and its last value.
        pictures: PNG as base64, and what it shows in words.
        checks: What checks of exercises said in it.
        seconds: How long it took.
        error: Where and why it failed, or "".
    """

    number: int
    line: int
    text: str
    pictures: tuple[dict[str, str], ...]
    checks: tuple[CheckResult, ...]
    seconds: float
    error: str


@dataclass(frozen=True)
class LessonRun:
    """A lesson that was run, as far as its cells went.

    Args:
        lesson: Its folder's name.
        cells: The code cells that ran, in order.
        seconds: How long it took, with the process's start.
        error: That of the cell that failed, or why the process ended; "" if all ran.
    """

    lesson: str
    cells: tuple[CellResult, ...]
    seconds: float
    error: str

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """The last word on each exercise."""
        last = {check.exercise: check for cell in self.cells for check in cell.checks}
        return tuple(last.values())

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return asdict(self)


def run(
    lesson: Lesson,
    cells: Sequence[Cell] | None = None,
    file: Path | None = None,
    hosted: bool = False,
    timeout_seconds: float = TIMEOUT_SECONDS,
    on_cell: Callable[[CellResult], None] = lambda cell: None,
) -> LessonRun:
    """Run a lesson's code cells in order, up to the first that fails.

    Args:
        lesson: Where the extras that it needs are named.
        cells: What to run instead of the file's cells.
        file: A learner's own copy, .py or .ipynb; its folder is where the cells run. Else they run in a new folder.
        hosted: Whether larger models are asked, if their keys, servers or a GPU are there.
        timeout_seconds: The longest time for the whole lesson.
        on_cell: Called after each cell.

    Raises:
        InstallError: if an extra that the lesson needs isn't installed.
    """
    lesson.require()
    source = lesson.file if file is None else file
    numbered = list(enumerate(read_cells(source) if cells is None else cells, 1))
    code = [(number, cell) for number, cell in numbered if cell.is_code]
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lesson-", ignore_cleanup_errors=True) as scratch:
        where = Path(scratch) if file is None else file.resolve().parent
        done, ending = _run_cells(code, source, where, hosted, timeout_seconds, on_cell)
    error = next((cell.error for cell in done if cell.error), "")
    if not error and len(done) < len(code):
        number, cell = code[len(done)]
        error = f"Cell {number}{f' (line {cell.line})' if cell.line else ''} {ending}"
    return LessonRun(lesson.name, tuple(done), time.monotonic() - start, error)


def _run_cells(
    code: list[tuple[int, Cell]], source: Path, where: Path, hosted: bool, timeout_seconds: float,
    on_cell: Callable[[CellResult], None],
) -> tuple[list[CellResult], str]:  # fmt: skip
    """Return what the cells did that ended, and in words how the process did."""
    job = {"file": source.name, "cells": [[number, cell.line, cell.source] for number, cell in code]}
    lines = {number: cell.line for number, cell in code}
    environment = {"MPLBACKEND": "agg"} | os.environ | {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    if not hosted:
        environment[VARIABLE] = "0"
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "sensorium.lessons.executor"], start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=where, env=environment,
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(timeout_seconds, end)
        timer.start()
        done: list[CellResult] = []
        try:
            process.stdin.write(json.dumps(job).encode())
            process.stdin.close()
            while len(done) < len(code) and (row := process.stdout.readline()):
                done.append(_result(json.loads(row), lines))
                on_cell(done[-1])
            process.wait(_LAST_SECONDS if len(done) == len(code) else None)
        except BrokenPipeError:  # it ended before it had read its job: what it wrote says why
            process.wait()
        except subprocess.TimeoutExpired:
            pass  # a thread or a process that a cell has started goes on
        finally:
            timer.cancel()
            _kill(process)
            process.wait()
            process.stdout.close()
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip()[-_MAX_STDERR:]
    if late.is_set():
        return done, f"wasn't done after {timeout_seconds:g} s; it was ended."
    if process.returncode < 0:
        memory = ": perhaps the memory was full" if process.returncode == -9 else ""
        return done, f"was ended by signal {-process.returncode}{memory}. {said}".strip()
    return done, f"ended the process with code {process.returncode}. {said}".strip()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and what its cells have started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _result(row: dict[str, Any], lines: dict[int, int]) -> CellResult:
    return CellResult(
        row["number"], lines[row["number"]], row["text"], tuple(row["pictures"]),
        tuple(CheckResult(*check) for check in row["checks"]), row["seconds"], row["error"],
    )  # fmt: skip
