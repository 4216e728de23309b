"""The real `transformers serve` with a tiny checkpoint."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

START_SECONDS = 120


@contextmanager
def transformers_serve(here: Path) -> Iterator[tuple[Path, str]]:
    """Serve a tiny Idefics3 that is made in a folder; gives the checkpoint's folder and the server's address."""
    from tiny import idefics3

    folder = idefics3(here / "idefics3")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (here / "cache" / "hub").mkdir(parents=True)
    env = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(here / "cache"), "OMP_NUM_THREADS": "1"}
    command = shutil.which("transformers", path=str(Path(sys.executable).parent)) or "transformers"
    with open(here / "log", "wb") as log:
        process = subprocess.Popen(
            [command, "serve", str(folder), "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)],
            env=env, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", process, here / "log")
            yield folder, f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"transformers serve did not start: {log.read_text(errors='replace')[-800:]}")
