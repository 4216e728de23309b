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


def main() -> int:
    """Run the job on standard input; return 1 if a cell failed."""
    job = json.loads(sys.stdin.buffer.read())
    results = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # what a library prints in C goes with the errors
    sys.stdin = open(os.devnull, encoding="utf-8")  # a cell that asks for input gets none, and says so
    warnings.simplefilter("default")
    namespace = types.ModuleType("__main__")
    sys.modules["__main__"] = namespace
    sys.argv = [job["file"]]
    for number, line, source in job["cells"]:
        done = run_cell(namespace.__dict__, source, f"{job['file']} (cell {number})", line)
        results.write(json.dumps({"number": number} | done, ensure_ascii=False) + "\n")
        results.flush()
        if done["error"]:
            return 1
    return 0


def run_cell(namespace: dict[str, Any], source: str, name: str, line: int) -> dict[str, Any]:
    """Run one cell; return its text, pictures, checks, seconds and error ("" if none)."""
    from sensorium.lessons.exercises import RESULTS

    printed = io.StringIO()
    pictures: list[dict[str, str]] = []
    start, error = time.perf_counter(), ""
    source = "\n" * max(0, line - 1) + source  # errors then name the lines of the lesson's file
    linecache.cache[name] = (len(source), None, [f"{row}\n" for row in source.split("\n")], name)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            _execute(namespace, source, name, printed, pictures)
        except KeyboardInterrupt:
            raise
        except BaseException as caught:
            error = _shown(caught, name)
    checks = [[each.exercise, each.passed, each.message, each.started] for each in RESULTS]
    RESULTS.clear()
    text = printed.getvalue()
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


def _shown(error: BaseException, name: str) -> str:
    """Return an error as its cell's reader needs it: the frames from the cell on."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next((number for number, frame in enumerate(frames) if frame.filename == name), len(frames))
    rows = [f"{frame.filename}, line {frame.lineno}: {frame.line or ''}".rstrip(": ") for frame in frames[first:]]
    if isinstance(error, SyntaxError) and error.filename == name:
        rows.append(f"{name}, line {error.lineno}: {(error.text or '').strip()}")
    message = str(error).strip()
    return "\n".join([*rows, f"{type(error).__name__}: {message}" if message else type(error).__name__])


if __name__ == "__main__":
    sys.exit(main())
