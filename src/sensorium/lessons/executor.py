"""Run a lesson's cells one after another in this process: python -m sensorium.lessons.executor < JOB.

The job is JSON on standard input: {"file": …, "cells": [[number, line, source], …]}. A line of JSON is written to
standard output for each cell; what the cells print themselves, and what libraries in C print, never mixes with it.
The parent is `running.run`.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import linecache
import os
import sys
import time
import traceback
import types
import warnings
from typing import IO, Any

MAX_TEXT = 20_000
"""The most characters that a cell's output keeps."""
MAX_FRAMES = 12
"""The most lines of a traceback that are kept: the first and the last of them."""


class _Output(io.StringIO):
    """What a cell prints; a cell that closes its output loses nothing."""

    def close(self) -> None:
        pass


def main() -> int:
    """Run the job on standard input; return 1 if a cell failed."""
    job = json.loads(sys.stdin.buffer.read())
    results = os.dup(1)
    os.dup2(2, 1)  # what a library prints in C goes with the errors
    sys.stdin = open(os.devnull, encoding="utf-8")  # a cell that asks for input gets none, and says so
    warnings.simplefilter("ignore")  # other libraries' warnings are no part of a lesson
    for module in ("__main__", "sensorium"):
        warnings.filterwarnings("default", module=rf"{module}($|\.)")
    namespace = types.ModuleType("__main__")
    sys.modules["__main__"] = namespace
    sys.argv = [job["file"]]
    process = os.getpid()
    for number, line, source in job["cells"]:
        done = run_cell(namespace.__dict__, source, f"{job['file']} (cell {number})", line)
        if os.getpid() != process:  # a process that the cell forked: it has nothing to say
            os._exit(0)
        try:
            _write(results, json.dumps({"number": number} | done).encode() + b"\n")
        except OSError:
            sys.__stderr__.write("A cell closed the file of the results.")  # type: ignore[union-attr]
            return 1
        if done["error"]:
            return 1
    return 0


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def run_cell(namespace: dict[str, Any], source: str, name: str, line: int) -> dict[str, Any]:
    """Run one cell; return its text, pictures, checks, seconds and error ("" if none)."""
    from sensorium.lessons.exercises import RESULTS

    printed = _Output()
    pictures: list[dict[str, str]] = []
    start, error = time.perf_counter(), ""
    source = "\n" * max(0, line - 1) + source  # errors then name the lines of the lesson's file
    linecache.cache[name] = (len(source), None, [f"{row}\n" for row in source.split("\n")], name)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            _execute(namespace, source, name, printed, pictures)
        except BaseException as caught:  # KeyboardInterrupt, too: whoever typed it ends the parent
            error = _shown(caught, name)
    checks = [[each.exercise, each.passed, _clean(each.message), each.started] for each in RESULTS]
    RESULTS.clear()
    text, error = _clean(printed.getvalue()), _clean(error)
    if len(text) > MAX_TEXT:
        text = f"{text[:MAX_TEXT]}\n… and {len(text) - MAX_TEXT:,} more characters."
    return {
        "text": text, "pictures": pictures, "checks": checks, "seconds": time.perf_counter() - start, "error": error
    }  # fmt: skip


def _execute(
    namespace: dict[str, Any], source: str, name: str, printed: IO[str], pictures: list[dict[str, str]]
) -> None:
    """Run the statements; the value of a last expression is shown as a notebook shows it."""
    tree = ast.parse(source, name)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, name, "exec"), namespace)
        return
    tree.body.pop()
    exec(compile(tree, name, "exec"), namespace)
    value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
    if value is None or source.rstrip().endswith(";"):
        return
    if callable(getattr(value, "_repr_png_", None)):
        info = getattr(value, "info", {})
        png = base64.b64encode(value._repr_png_()).decode("ascii")
        pictures.append({"png": png, "alt": str(info.get("alt", ""))})
    else:
        printed.write(f"{value!r}\n")


def _clean(text: str) -> str:
    """Return a text that can be written: half a surrogate pair becomes its code."""
    return text.encode("utf-8", "backslashreplace").decode()


def _shown(error: BaseException, name: str) -> str:
    """Return an error as its cell's reader needs it: from the cell on; of a message of ours only the cells' frames."""
    from sensorium.core.errors import SensoriumError

    frames = traceback.extract_tb(error.__traceback__)
    first = next((number for number, frame in enumerate(frames) if frame.filename == name), len(frames))
    file = name.partition(" (cell ")[0]
    if isinstance(error, SensoriumError | SystemExit):
        frames[first:] = [frame for frame in frames[first:] if frame.filename.startswith(f"{file} (cell ")]
    rows = [f"{frame.filename}, line {frame.lineno}: {frame.line or ''}".rstrip(": ") for frame in frames[first:]]
    if isinstance(error, SyntaxError) and error.filename == name:
        rows.append(f"{name}, line {error.lineno}: {(error.text or '').strip()}")
    if len(rows) > MAX_FRAMES:
        half = MAX_FRAMES // 2
        rows[half:-half] = [f"… {len(rows) - MAX_FRAMES} more lines …"]
    message, kind = str(error).strip(), type(error).__name__
    return "\n".join([*rows, f"{kind}: {message}" if message else kind, *_advice(error)])


def _advice(error: BaseException) -> list[str]:
    """Return what to do about an error that Jupyter doesn't make, or that has no words of its own."""
    if isinstance(error, SyntaxError) and (error.text or "").lstrip().startswith(("%", "!")):
        return ["Lines that begin with % or ! are Jupyter's own, and run only there: leave them out."]
    if isinstance(error, SystemExit):
        return ["The cell ended Python: leave exit() out."]
    return []


if __name__ == "__main__":
    sys.exit(main())
