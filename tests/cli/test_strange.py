"""Strange files through the front door: a line with a hint and exit 2, or the right picture."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from strange import BROKEN, OPEN, Row, bomb_png, png, scene, turned

from sensorium import Image
from sensorium.cli.main import main
from sensorium.media.image import decode


def front_door(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def name_of(row: Row) -> str:
    return ascii(row.name)


def test_there_are_over_forty_rows() -> None:
    assert len(BROKEN) >= 40 and len(OPEN) >= 40
    assert len({row.name for row in BROKEN + OPEN}) == len(BROKEN) + len(OPEN)


@pytest.mark.parametrize("row", BROKEN, ids=name_of)
def test_a_broken_file_gives_one_line_and_a_hint(row: Row, tmp_path: Path) -> None:
    path = tmp_path / row.name
    row.make(path)
    start = time.process_time()
    result = front_door("ask", "--model", "fake:seen", os.fspath(path), "What is this?")
    assert time.process_time() - start < 5
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    message, hint = result.stderr.splitlines()
    assert message.startswith("sensorium: ") and message.endswith(".")
    assert row.error in message
    assert hint
    result.stderr.encode("utf-8")  # raises where a name that is no text got through


@pytest.mark.parametrize("row", BROKEN, ids=name_of)
def test_read_refuses_what_ask_refuses(row: Row, tmp_path: Path) -> None:
    path = tmp_path / row.name
    row.make(path)
    result = front_door("read", os.fspath(path))
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 2


@pytest.mark.parametrize("row", OPEN, ids=name_of)
def test_a_picture_opens_whatever_its_name_and_kind(row: Row, tmp_path: Path) -> None:
    path = tmp_path / row.name
    row.make(path)
    result = front_door("ask", "--model", "fake:seen", os.fspath(path), "What is this?")
    assert (result.exit_code, result.stdout) == (0, "seen\n"), result.output
    assert row.note in result.stderr
    assert ("first of" in result.stderr) is bool(row.note)
    shown = decode(Image(path)).pixels
    expected = scene().convert("L").convert("RGB") if row.grey else scene()
    assert shown.shape == (32, 48, 3)
    away = np.abs(shown.astype(int) - np.asarray(expected).astype(int))
    assert np.mean(away > 12) < 0.01, away.max()  # lossy formats; two pixels of the float picture are no numbers
    assert not shown.flags.writeable


# A process inherits the peak of the one that starts it (it lives on across execve), and pytest's own grows
# with every model that the tests load. So a small Python stands between the two.
BETWEEN = """
import json, resource, subprocess, sys, time
start = time.monotonic()
run = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
seconds = time.monotonic() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps([run.returncode, run.stderr.decode("utf-8"), peak, seconds]))
"""


def measured(path: Path, *more: str, model: str = "fake:seen") -> tuple[int, str, int, float]:
    """Run the real command; give its exit code, what it said on stderr, its peak memory in bytes, its seconds."""
    command = [sys.executable, "-m", "sensorium.cli.main", "ask", "-q", "-m", model, os.fspath(path), *more]
    run = subprocess.run([sys.executable, "-S", "-c", BETWEEN, *command], capture_output=True, timeout=120, check=True)
    code, said, peak, seconds = json.loads(run.stdout)
    return code, said, peak, seconds


def test_the_peak_is_the_commands_own(tmp_path: Path) -> None:
    ours = bytearray(b"\1") * 300_000_000
    code, _, peak, _ = measured(tmp_path / "missing.jpg")
    assert code == 2 and 1e6 < peak < 0.2e9 < len(ours)


def zeros_png(width: int, height: int, bytes_a_pixel: int, colour: int) -> bytes:
    packer = zlib.compressobj(1)
    rows = [packer.compress(bytes(1 + width * bytes_a_pixel)) for _ in range(height)]
    return png(width, height, 8, colour, packed=b"".join(rows) + packer.flush())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(bomb_png, 2, id="30000x30000"),
        pytest.param(lambda: zeros_png(6500, 6500, 4, 6), 0, id="the-largest-with-alpha"),
        pytest.param(lambda: zeros_png(8000, 8000, 3, 2), 0, id="the-largest"),
        pytest.param(lambda: zeros_png(30000, 2000, 1, 0), 0, id="the-longest"),
    ],
)
def test_a_large_picture_stays_under_a_gigabyte(data, code: int, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "large.png"
    path.write_bytes(data())
    found, said, peak, seconds = measured(path, "What is this?")
    assert found == code, said
    assert peak < 0.7e9  # with the eyes loaded it is 0.3 GB more
    assert seconds < 30
    assert "Traceback" not in said


def test_the_offline_model_too_stays_under_a_gigabyte(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(zeros_png(8000, 8000, 3, 2))  # no text in it: the reader takes its finest look
    code, said, peak, _ = measured(path, "What is this?", model="offline")
    assert code == 0, said
    assert peak < 1e9


def test_a_real_process_does_not_wait_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    code, said, _, seconds = measured(tmp_path / "pipe.jpg")
    assert code == 2 and "is a pipe" in said and seconds < 20


def test_little_memory_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(zeros_png(6400, 6400, 4, 6))
    program = (
        "import resource, sys; import sensorium.cli.inputs, sensorium.media.image;"
        "resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000));"
        "from sensorium.cli.main import main; main(sys.argv[1:])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, "ask", "-m", "fake:seen", os.fspath(path)],
        capture_output=True, text=True, timeout=60,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert run.returncode in (1, 2), run.stderr
    assert "memory" in run.stderr and "Traceback" not in run.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="only where users have numbers")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.jpg"
    path.write_bytes(turned(1))
    path.chmod(0)
    program = "import os, sys; from sensorium import Blob; os.geteuid() == 0 and os.seteuid(65534)\n"
    program += "try: Blob(sys.argv[1]).data\nexcept Exception as error: print(error)"
    tmp_path.chmod(0o755)
    run = subprocess.run(
        [sys.executable, "-c", program, path.name], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert "may not be read. Try chmod +r secret.jpg" in run.stdout, run.stderr
