"""Type what a page says, in a folder, and compare what is printed with what the page shows."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from page_blocks import ROOT, Step
from page_ledger import STATUS
from served import serve

from sensorium.cli.main import main

SHELL = set("|><;&$`")


@dataclass
class Typist:
    """Runs steps in the present folder.

    Args:
        replaced: Words of the page -> what stands for them here, such as a token.
    """

    replaced: dict[str, str] = field(default_factory=dict)

    def run(self, step: Step) -> None:
        """Do it.

        Raises:
            AssertionError: if it fails, or prints something else than the page shows.
        """
        if step.kind == "file":
            Path(step.file).parent.mkdir(parents=True, exist_ok=True)
            Path(step.file).write_text(step.source, encoding="utf-8")
            return
        if step.kind == "python":
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                exec(compile(self._here(step.source), step.where, "exec"), {"__name__": "__main__"})
            self._compare(step, said.getvalue(), "")
            return
        source = self._here(step.source)
        status, out, errors = self._shell(source) if SHELL & set(source) else self._command(shlex.split(source))
        expected = STATUS.get(step.source, 0)
        assert status == expected, f"{step.where}: {step.source}\nstatus {status}\n{out}\n{errors}"
        self._compare(step, out, errors)

    def _here(self, source: str) -> str:
        for theirs, ours in self.replaced.items():
            source = source.replace(theirs, ours)
        return source

    def _command(self, words: list[str]) -> tuple[int, str, str]:
        if Path(words[0]).name != "sensorium":
            return self._shell(shlex.join(words))
        result = CliRunner().invoke(main, words[1:])
        return result.exit_code, result.stdout, result.stderr

    def _shell(self, line: str) -> tuple[int, str, str]:
        python = shlex.quote(sys.executable)
        for_names = f'python() {{ {python} "$@"; }}; sensorium() {{ {python} -m sensorium "$@"; }}\n'
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(
            ["bash", "-c", for_names + line], env=environment, capture_output=True, text=True, timeout=300
        )
        return done.returncode, done.stdout, done.stderr

    def _compare(self, step: Step, out: str, errors: str) -> None:
        if step.shown is not None:
            printed = out if out.strip() else errors
            printed = re.sub(r"(?<=^http://127\.0\.0\.1:)\d+", "8765", printed)  # a free port stands for the usual one
            whole = re.fullmatch(pattern(step.shown), printed.strip())
            assert whole, f"{step.where}: {step.source}\nprinted:\n{printed}\nthe page shows:\n{step.shown}"


def pattern(shown: str) -> str:
    """Return the regular expression of what a page shows: … is anything in a line, alone on a line any lines."""
    lines = []
    for line in shown.strip().splitlines():
        words = ".*".join(re.escape(part) for part in line.split("…"))
        lines.append(r"[\s\S]*" if line.strip() == "…" else words)
    return r"\n".join(lines)


def serves_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let `sensorium serve` end as soon as its page was fetched; return the names of pages that it served."""
    fetched: list[str] = []

    def run(app: Any, host: str, port: int, certificate: Any, key: Any, ready: Callable[[str], None]) -> None:
        with serve(app) as address:
            page = requests.get(address, timeout=60)
            page.raise_for_status()
            fetched.append(re.findall(r"<title>(.*?)</title>", page.text)[0])
            ready(address)

    monkeypatch.setattr("sensorium.apps.http.server.run", run)
    return fetched
