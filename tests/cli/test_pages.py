"""The committed help pages are what the commands say now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sensorium.cli.main import COMMANDS
from sensorium.cli.pages import pages, write

NO_RESULT = {"serve"}  # runs until it is stopped
COMMITTED = Path(__file__).parents[2] / "docs" / "cli"


def test_the_committed_pages_are_current(tmp_path: Path) -> None:
    """As `make docs` writes them: in a process of its own."""
    subprocess.run([sys.executable, "-m", "sensorium.cli.pages", str(tmp_path)], check=True)
    current, committed = (
        {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
        for folder in (tmp_path, COMMITTED)
    )
    assert committed == current, "Type: make docs"


def test_there_is_a_page_a_command_with_its_examples() -> None:
    made = pages()
    assert set(made) == {"README.md", *(f"{name}.md" for name in COMMANDS)}
    for name in COMMANDS:
        text = made[f"{name}.md"]
        assert text.startswith(f"# sensorium {name}\n\n```\nUsage: sensorium {name} ")
        assert text.count(f"sensorium {name}") >= 5
        assert name in NO_RESULT or ("--json" in text and "--quiet" in text)
        assert max(map(len, text.splitlines())) <= 110


def test_writing_takes_away_the_pages_of_commands_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("old")
    (tmp_path / "keep.txt").write_text("not a page")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*pages(), "keep.txt"}
