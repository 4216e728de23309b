"""The guide's lines run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from new_projects import SOURCES

from sensorium.scaffold import GIVES, TAKES
from sensorium.scaffold.engines import GEMINI, OLLAMA, OPENAI

GUIDE = (Path(__file__).parents[2] / "docs" / "new.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.S)


@pytest.mark.skipif(os.name != "posix", reason="the guide's lines are for a POSIX shell")
def test_every_line_runs(tmp_path: Path) -> None:
    scripts, shown = ([text for kind, text in BLOCKS if kind == wanted] for wanted in ("sh", "text"))
    first, piped, refused = scripts
    program = f'python() {{ {sys.executable} "$@"; }}; sensorium() {{ {sys.executable} -m sensorium "$@"; }}\n'
    env = os.environ | {"PYTHONPATH": str(SOURCES), "OMP_NUM_THREADS": "1"}

    def run(script: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", "-ec", program + script]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)

    served = "python -m label_reader --port 8765"
    assert served in first
    made = run(first.replace(served, "python -c 'import label_reader.server as s; s.create_app()'"))
    assert made.returncode == 0 and " passed" in made.stdout, made.stdout + made.stderr
    assert run(piped).stdout == "sign-reader\n"
    wrong = run(refused)
    assert wrong.returncode == 2 and wrong.stderr == shown[0]


def test_what_it_says_is_what_there_is() -> None:
    for word in (*TAKES, *GIVES, OLLAMA, OPENAI):
        assert f"`{word}`" in GUIDE, word
    assert "Gemini for films" in GUIDE and GEMINI.startswith("gemini:")
