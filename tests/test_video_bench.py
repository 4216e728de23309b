"""bench/video.py: each of its parts starts, and takes the options that are passed on to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench" / "video.py"
PARTS = {
    "cuts": "--tolerance", "frames": "--counts", "actions": "--split", "offline": "--seeds", "chain": "--kills",
    "second": "--latency",
}  # fmt: skip


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(BENCH), *words], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(("part", "option"), PARTS.items())
def test_a_part_starts_and_takes_its_options(part: str, option: str) -> None:
    pytest.importorskip("skimage")
    pytest.importorskip("sklearn")
    done = run("--only", part, "--", "--help")
    assert done.returncode == 0, done.stderr
    assert f"== {part}" in done.stdout and f"usage: video_{part}.py" in done.stdout and option in done.stdout


def test_all_parts_are_known_and_options_go_to_one() -> None:
    assert all(part in run("--help").stdout for part in PARTS)
    scripts = {path.stem.removeprefix("video_") for path in BENCH.parent.glob("video_*.py")}
    assert scripts - set(PARTS) == {"chain_starter", "questions"}  # parts of chain and of offline
    both = run("--only", "cuts", "frames", "--", "--help")
    assert both.returncode == 2 and "can go to one part only" in both.stderr
    wrong = run("--only", "chain", "--", "--no-such-option")
    assert wrong.returncode == 1 and "failed: chain" in wrong.stdout and "--no-such-option" in wrong.stderr
    gone = run("--only", "times")
    assert gone.returncode == 2 and "invalid choice: 'times'" in gone.stderr
