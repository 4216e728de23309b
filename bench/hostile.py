"""The assistive app under attack: memory, /health while it lasts, and whether it answers afterwards.

    python bench/hostile.py [--only NAME,NAME]

The attacked server is `sensorium serve assist` in a process of its own, with the offline model, Whisper and eSpeak, and
a prepared second model that takes audio; the attack runs in another process (`attacks.py`), at nice 10, as it would
come from another machine. /health is asked every 50 ms by a third process, and at the same moments, by a fourth, that
of an idle server of the same kind, which shows what the machine itself does. Resident memory is read every 100 ms;
after each attack a picture is checked. `kept.py` has what happens to kept files.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import requests
from attacks import ATTACKS, TLS_ATTACKS, picture
from figures import Figure

MAX_MEMORY, MAX_HEALTH_SECONDS = 1_500_000_000, 0.2
HERE = Path(__file__).parent


@contextmanager
def server(*more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve while the block runs; gives the address and the process, whose exit code is checked at the end."""
    command = [sys.executable, "-m", "sensorium", "serve", "assist", "--model", "offline", "--second", "fake:heard"]
    with subprocess.Popen([*command, "--port", "0", "--quiet", *more], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            check(address)
            yield address, process
            start = time.monotonic()
            process.send_signal(signal.SIGINT)
            print(f"Ctrl+C: exit code {process.wait(60)} after {time.monotonic() - start:.1f} s")
        finally:
            process.kill()


def check(address: str) -> float:
    """Check a picture; gives the seconds."""
    start = time.monotonic()
    answer = requests.post(f"{address}/api/check", files={"picture": picture()}, timeout=120, verify=False)
    assert answer.status_code == 200, answer.text
    return time.monotonic() - start


@contextmanager
def probed(address: str, seconds: list[float]) -> Iterator[None]:
    """Ask /health while the block runs; then the seconds of each request are in the list."""
    command = [sys.executable, str(HERE / "health_probe.py"), address]
    probe = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert probe.stdout is not None
    seconds.append(float(probe.stdout.readline()))  # it has begun
    try:
        yield
    finally:
        output, _ = probe.communicate()
        seconds.extend(map(float, output.split()))


@contextmanager
def weighed(process: int, most: list[int]) -> Iterator[None]:
    """Read a process's resident memory while the block runs; then the most is in the list."""
    over = threading.Event()

    def weigh() -> None:
        while not over.is_set():
            found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
            most[:] = [max([*most, int(found[1]) * 1024 if found else 0])]
            over.wait(0.1)

    watcher = threading.Thread(target=weigh)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def attacked(name: str, address: str, control: str, process: int) -> None:
    """Run one attack and print its figures."""
    asked: list[float] = []
    idle: list[float] = []
    most: list[int] = []
    with probed(address, asked), probed(control, idle), weighed(process, most):
        command = ["nice", "-n", "10", sys.executable, str(HERE / "attacks.py"), name, address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    after = check(address)
    outcome = done.stdout.strip() or f"THE ATTACK FAILED: {done.stderr.strip()[-300:]}"
    shown = name.replace("_", " ")
    p50, p99 = (float(np.percentile(asked, share)) for share in (50, 99))
    print(f"{shown}: {outcome}")
    print(
        f"  /health p50 {p50:.3f} s, p99 {p99:.3f} s, slowest {max(asked):.3f} s; the idle server beside it p50 "
        f"{np.median(idle):.3f} s, p99 {np.percentile(idle, 99):.3f} s (n={len(idle)}); a check afterwards "
        f"{after:.2f} s; load {os.getloadavg()[0]:.1f}"
    )
    print(Figure(f"{shown}: most memory, MB", most[0] / 1e6, len(asked), MAX_MEMORY / 1e6, True))
    print(Figure(f"{shown}: /health p99, s", p99, len(asked), MAX_HEALTH_SECONDS, True), flush=True)


def main() -> None:
    """Attack one server in the clear and one with a certificate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="Names of attacks, with commas.")
    only = [name for name in parser.parse_args().only.split(",") if name]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["PYTHONWARNINGS"] = "ignore"
    requests.packages.urllib3.disable_warnings()  # type: ignore[attr-defined]  # of the certificate made here
    print(f"load average before: {', '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        from sensorium.apps.http.phone import make_certificate

        certificate, key = map(str, make_certificate("127.0.0.1", Path(folder)))
        for attacks, more in ((ATTACKS, ()), (TLS_ATTACKS, ("--certificate", certificate, "--key", key))):
            names = [attack.__name__ for attack in attacks if not only or attack.__name__ in only]
            if names:
                with ExitStack() as stack:
                    control, _ = stack.enter_context(server(*more))
                    address, process = stack.enter_context(server(*more))
                    for name in names:
                        attacked(name, address, control, process.pid)
    print(f"load average after: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")


if __name__ == "__main__":
    main()
