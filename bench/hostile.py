"""The assistive app under attack, and what is kept under kill -9 and on a full disk.

    python bench/hostile.py [--seed 0] [--moments 20]

The server is `sensorium serve assist` in a process of its own, with the offline model, Whisper and eSpeak. During each
attack /health is asked every 50 ms and the server's resident memory is read every 100 ms; afterwards a picture is
checked. The first row is the idle server: on a machine that does other work, its p99 is what the others are judged by.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import av
import numpy as np
import PIL.Image
import requests
from figures import Figure

MAX_MEMORY, MAX_HEALTH_SECONDS = 1_500_000_000, 0.2
KEEPING = """
import sys
from pathlib import Path
from sensorium.core.files import replace_file
from sensorium.evaluation.run_store import Record, RunStore
folder = Path(sys.argv[1])
with RunStore(folder / "run", {"model": "m"}) as kept:
    number = len(kept.records)
    while True:
        kept.add(Record("c", number, "answer " * 50))
        print(number, flush=True)
        replace_file(folder / "config.toml", f'model = "fake:{number} ' + "x" * 20_000 + '"\\n')
        number += 1
"""
"""Writes answers and settings for ever; prints each answer that is stored."""


def picture() -> bytes:
    out = io.BytesIO()
    PIL.Image.effect_noise((320, 240), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def silence(hours: float) -> bytes:
    """Return silence as FLAC: a few MB of it are hours."""
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as file:
        stream = file.add_stream("flac", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=4096)
        frame.planes[0].update(bytes(8192))
        frame.sample_rate = 8000
        for number in range(round(hours * 3600 * 8000 / 4096)):
            frame.pts = number * 4096
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def connection(address: str, source: str = "127.0.0.1") -> socket.socket:
    where = urlsplit(address)
    return socket.create_connection((where.hostname or "", where.port or 0), 30, source_address=(source, 0))


def post(path: str, length: int, kind: str, more: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n"
    return head.encode()


FORM = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="p"\r\n\r\n'


def at_once(count: int, do: Callable[[int], str]) -> str:
    """Do something in so many threads; gives what came of it, each outcome once."""
    with ThreadPoolExecutor(count) as pool:
        outcomes = list(pool.map(do, range(count)))
    return ", ".join(f"{outcomes.count(outcome)} × {outcome}" for outcome in sorted(set(outcomes)))


def idle(address: str) -> str:
    time.sleep(8)
    return "nothing"


def audio_of_hours(address: str) -> str:
    data = silence(4)

    def send(_: int) -> str:
        answer = requests.post(f"{address}/api/transcribe", files={"audio": data}, timeout=120)
        return f"{answer.status_code} {answer.json()['error']['message']}"

    return f"{len(data) / 1e6:.1f} MB: " + at_once(4, send)


def brackets(address: str) -> str:
    body = b"[" + b"[]," * 5_000_000 + b"[]]"
    headers = {"Content-Type": "application/json"}

    def send(_: int) -> str:
        answer = requests.post(f"{address}/v1/chat/completions", body, headers=headers, timeout=120)
        return f"{answer.status_code} {answer.json()['error']['message']}"

    return f"{len(body) / 1e6:.0f} MB: " + at_once(4, send)


def half_characters(address: str) -> str:
    body = '{"model": "offline", "messages": [{"role": "user", "content": "\\ud83d"}]}'
    headers = {"Content-Type": "application/json"}

    def send(_: int) -> str:
        return str(requests.post(f"{address}/v1/chat/completions", body, headers=headers, timeout=60).status_code)

    return at_once(8, send)


def drops_after_a_refusal(address: str) -> str:
    def drip(_: int) -> str:
        with connection(address) as to:
            to.sendall(post("/api/check", 4_000_000, "text/plain"))
            start = time.monotonic()
            with suppress(OSError):
                while time.monotonic() - start < 30:
                    to.sendall(b"x")
                    time.sleep(0.2)
                return "still open after 30 s"
            return "hung up on"

    return at_once(14, drip)


def heads_byte_by_byte(address: str) -> str:
    def drip(_: int) -> str:
        with connection(address) as to:
            with suppress(OSError):
                for letter in b"GET / HTTP/1.1\r\nX: " + b"y" * 150:
                    to.sendall(bytes([letter]))
                    time.sleep(0.2)
                return "still open after 30 s"
            return "hung up on"

    return at_once(60, drip)


def slow_bodies(address: str) -> str:
    crowd = []
    for _ in range(32):
        to = connection(address)
        to.sendall(post("/api/check", 4_000_000, FORM) + PART)
        crowd.append(to)
    time.sleep(1)
    with connection(address, "127.0.0.2") as other:
        data = PART + picture() + b"\r\n--b--\r\n"
        other.sendall(post("/api/check", len(data), FORM) + data)
        outcome = f"another address gets {other.recv(12)[9:].decode()}"
    refused = 0
    for to in crowd:
        to.settimeout(0.05)
        with suppress(TimeoutError):
            refused += to.recv(12)[9:] == b"503"
        to.close()
    return f"{outcome}, {refused} of 32 are refused"


def who_never_reads(address: str) -> str:
    body = json.dumps({"text": "A long sentence to be spoken. " * 60, "language": "en"}).encode()

    def wait(_: int) -> str:
        with connection(address) as to:
            to.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            to.sendall(post("/api/speak", len(body), "application/json") + body)
            time.sleep(45)
            received = 0
            with suppress(OSError):
                while piece := to.recv(1 << 20):
                    received += len(piece)
                    if received > 20_000_000:
                        break
            return "hung up on" if received < 5_000_000 else "served"

    return at_once(8, wait)


def two_gigabytes(address: str) -> str:
    def send(_: int) -> str:
        sent = 0
        with connection(address) as to:
            to.sendall(post("/api/check", 24_000_000, FORM).replace(b"Content-Length: 24000000",
                       b"Transfer-Encoding: chunked") + b"%x\r\n" % len(PART) + PART + b"\r\n")  # fmt: skip
            with suppress(OSError):
                while sent < 2**31:
                    to.sendall(b"10000\r\n" + bytes(0x10000) + b"\r\n")
                    sent += 0x10000
        return f"cut off before {20 * -(-sent // 20_000_000)} MB"

    return at_once(4, send)


def picture_bomb(address: str) -> str:
    out = io.BytesIO()
    PIL.Image.new("1", (30_000, 30_000)).save(out, "PNG")

    def send(_: int) -> str:
        answer = requests.post(f"{address}/api/check", files={"picture": out.getvalue()}, timeout=60)
        return str(answer.status_code)

    return at_once(4, send)


ATTACKS = (
    idle, audio_of_hours, brackets, half_characters, drops_after_a_refusal, heads_byte_by_byte, slow_bodies,
    who_never_reads, two_gigabytes, picture_bomb,
)  # fmt: skip


def memory(process: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) * 1024 if found else 0


def measured(address: str, process: int, attack: Callable[[str], str]) -> tuple[str, list[float], int, float]:
    """Attack; gives what came of it, the seconds of /health, the most memory, the seconds of a check afterwards."""
    seconds: list[float] = []
    most = [0]
    over = threading.Event()

    def health() -> None:
        while not over.is_set():
            start = time.monotonic()
            with suppress(requests.RequestException):
                requests.get(f"{address}/health", timeout=60)
            seconds.append(time.monotonic() - start)
            over.wait(0.05)

    def weigh() -> None:
        while not over.is_set():
            most[0] = max(most[0], memory(process))
            over.wait(0.1)

    watchers = [threading.Thread(target=health), threading.Thread(target=weigh)]
    for watcher in watchers:
        watcher.start()
    outcome = attack(address)
    over.set()
    for watcher in watchers:
        watcher.join()
    start = time.monotonic()
    answer = requests.post(f"{address}/api/check", files={"picture": picture()}, timeout=120)
    assert answer.status_code == 200, answer.text
    return outcome, seconds, most[0], time.monotonic() - start


def attacked() -> None:
    """Run every attack against one server, and print a line of each."""
    command = [sys.executable, "-m", "sensorium", "serve", "assist", "--model", "offline", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        requests.post(f"{address}/api/check", files={"picture": picture()}, timeout=120)
        quiet = 0.0
        for attack in ATTACKS:
            outcome, seconds, most, after = measured(address, server.pid, attack)
            p99 = float(np.percentile(seconds, 99))
            quiet = quiet or p99
            name = attack.__name__.replace("_", " ")
            print(f"{name}: {outcome}", flush=True)
            share = f"{p99 / quiet:.1f} × idle, n={len(seconds)}"
            print(
                f"  /health p50 {np.median(seconds):.3f} s, p99 {p99:.3f} s ({share}); a check afterwards {after:.2f} s"
            )
            print(Figure(f"{name}: most memory, MB", most / 1e6, len(seconds), MAX_MEMORY / 1e6, True), flush=True)
            print(Figure(f"{name}: /health p99, s", p99, len(seconds), MAX_HEALTH_SECONDS, True), flush=True)
        server.send_signal(signal.SIGINT)
        start = time.monotonic()
        print(f"Ctrl+C: exit code {server.wait(60)} after {time.monotonic() - start:.1f} s")


def whole(folder: Path, acknowledged: int) -> bool:
    """Whether nothing that was acknowledged is lost and nothing is half-written."""
    import tomllib

    from sensorium.evaluation.run_store import RunStore

    with RunStore(folder / "run", {"model": "m"}) as kept:
        numbers = {number for _, number in kept.records}
    config = folder / "config.toml"
    return numbers >= set(range(acknowledged)) and (
        not config.exists() or tomllib.loads(config.read_text())["model"].endswith("x" * 20_000)
    )


def killed(folder: Path, moments: int, chance: random.Random) -> int:
    """Kill the writer at so many moments, one after another in one folder; gives after how many all was whole."""
    right, acknowledged = 0, 0
    for _ in range(moments):
        with subprocess.Popen([sys.executable, "-c", KEEPING, str(folder)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()
            time.sleep(chance.uniform(0, 0.3))
            writer.kill()
            lines = [line for line in (first + writer.stdout.read()).split(b"\n")[:-1] if line]
        acknowledged = max([acknowledged, *(int(line) + 1 for line in lines)])
        right += whole(folder, acknowledged)
    return right


def filled(folder: Path, moments: int, chance: random.Random) -> int:
    """Let the writer meet a disk that is full at so many sizes; gives after how many all was whole."""
    right, acknowledged = 0, 0
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    for _ in range(moments):
        size = (folder / "run" / "records.jsonl").stat().st_size if (folder / "run").exists() else 0
        room = size + chance.randrange(1, 12_000)
        code = f"{limit}resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n{KEEPING}"
        done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, timeout=120)
        assert b"can't be written: File too large." in done.stderr, done.stderr[-500:]
        acknowledged = max([acknowledged, *(int(line) + 1 for line in done.stdout.split())])
        right += whole(folder, acknowledged) and not list(folder.glob("**/*.new"))
    return right


def main() -> None:
    """Attack the server, then kill and fill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--moments", type=int, default=20)
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, harm in (("kill -9", killed), ("a full disk", filled)):
        with tempfile.TemporaryDirectory() as folder:
            right = harm(Path(folder), given.moments, random.Random(given.seed))
        print(Figure(f"{name}, seed {given.seed}: moments after which all that was stored is whole",
                     right / given.moments, given.moments, 1, of=right))  # fmt: skip
    attacked()
    print(f"load average after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
