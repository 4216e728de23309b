"""Many people at once on the assistive app: how long they wait, what is refused, whether memory stays flat.

    python bench/load.py                       30 people for 60 s, offline model, on two cores
    python bench/load.py --people 10 --seconds 20

The server is the command `sensorium serve assist` in a process of its own, bound to --cores if the system can. A person
chooses a picture (new to every cache: its bytes differ), has it checked, asks one to three questions, listens to the
answer for a moment, and starts again; refused by the queue (503), waits as long as Retry-After says. Any other error
ends in exit code 1. Before the measurement the same people ask for --warm seconds, which are not counted: weights are
loaded when they are first needed, and memory peaks when the largest jobs of two threads first coincide. Memory is the
server's resident set, the median of the first and of the last third of the time.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import numpy as np
import PIL.Image
from figures import Figure

PICTURES = Path(__file__).parents[1] / "demo" / "pictures"
QUESTIONS = {
    "receipt": ("What is the total?", "What is the date?", "What does it say?"),
    "sign": ("What does it say?", "Is there any text?", "What is this?"),
    "cat": ("What is this?", "Is there a dog in the picture?", "What colour is it?"),
    "coffee": ("What is this?", "Describe this picture."),
    "chart": ("Which bar is the highest?", "How many bars are there?"),
    "coins": ("How many coins are there?", "Is the picture sharp?"),
    "barcode": ("What does the barcode say?",),
    "blurred": ("Is the picture good?", "What is this?"),
}
_MAX_GROWTH = 0.1


@dataclass
class Results:
    """Times, refusals and errors of all people."""

    checks: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)
    refused: int = 0
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@cache
def _photo(name: str) -> PIL.Image.Image:
    return PIL.Image.open(PICTURES / f"{name}.png").convert("RGB")


def new_picture(name: str, rng: random.Random) -> bytes:
    """Return a picture that no cache holds: a corner pixel differs."""
    picture = _photo(name).copy()
    picture.putpixel((0, 0), (rng.randrange(256), rng.randrange(256), rng.randrange(256)))
    picture.putpixel((1, 0), (rng.randrange(256), rng.randrange(256), rng.randrange(256)))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue() + rng.randbytes(8)  # after the end of the picture: other bytes, the same image


def simulate_person(number: int, address: str, until: float, results: Results) -> None:
    """Simulate one person: picture, check, questions, a moment of listening, again."""
    rng = random.Random(number)
    time.sleep(rng.random() * 2)
    while time.monotonic() < until:
        name = rng.choice(sorted(QUESTIONS))
        picture = new_picture(name, rng)
        _retry_when_full(partial(_check, address, picture, results), until, results)
        for question in rng.sample(QUESTIONS[name], rng.randint(1, len(QUESTIONS[name]))):
            if time.monotonic() >= until:
                return
            _retry_when_full(partial(_ask, address, picture, question, results), until, results)
            time.sleep(rng.uniform(0.5, 2.5))


def _retry_when_full(do: Callable[[], None], until: float, results: Results) -> None:
    while time.monotonic() < until:
        try:
            do()
            return
        except urllib.error.HTTPError as error:
            if error.code != 503 or not error.headers["Retry-After"]:
                with results.lock:
                    results.errors.append(f"{error.code} {error.read()[:200]!r}")
                return
            with results.lock:
                results.refused += 1
            time.sleep(min(float(error.headers["Retry-After"]), max(0.0, until - time.monotonic())))
        except Exception as error:
            with results.lock:
                results.errors.append(f"{type(error).__name__}: {error}")
            return


def _check(address: str, picture: bytes, results: Results) -> None:
    start = time.monotonic()
    with urllib.request.urlopen(_form(f"{address}/api/check", picture, {}), timeout=120) as response:
        report = json.load(response)
    assert report["message"]
    with results.lock:
        results.checks.append(time.monotonic() - start)


def _ask(address: str, picture: bytes, question: str, results: Results) -> None:
    start = time.monotonic()
    first = None
    names = []
    with urllib.request.urlopen(_form(f"{address}/api/ask", picture, {"question": question}), timeout=120) as response:
        for line in response:
            if line.startswith(b"event: "):
                names.append(line[7:].strip().decode())
                if names[-1] == "sentence" and first is None:
                    first = time.monotonic() - start
    if names[-1:] != ["answer"] or first is None:
        raise AssertionError(f"the answer ends with {names[-1:]}")
    with results.lock:
        results.answers.append(time.monotonic() - start)
        results.firsts.append(first)


def _form(url: str, picture: bytes, fields: dict[str, str]) -> urllib.request.Request:
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="picture"; filename="p"\r\n\r\n'.encode()
    data = b"".join([*parts, head, picture, f"\r\n--{mark}--\r\n".encode()])
    return urllib.request.Request(url, data, {"Content-Type": f"multipart/form-data; boundary={mark}"})


def start_server(cores: int, port: int, waiting: int) -> subprocess.Popen[str]:
    """Start the command and wait until it listens."""
    command = [
        sys.executable, "-m", "sensorium.cli.main", "serve", "assist", "--model", "offline", "--hear", "none",
        "--voice", "none", "--port", str(port), "--waiting", str(waiting),
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:cores])
    return process


def resident_bytes(address: str) -> int:
    with urllib.request.urlopen(f"{address}/metrics", timeout=60) as response:
        found = re.search(r"^process_resident_memory_bytes (\S+)$", response.read().decode(), re.M)
    return round(float(found[1])) if found else 0


def simulate_people(people: int, address: str, seconds: float, results: Results) -> list[int]:
    """Let all people ask for a while; return the server's memory every half second."""
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=simulate_person, args=(number, address, until, results)) for number in range(people)
    ]
    for thread in threads:
        thread.start()
    memory = []
    while time.monotonic() < until:
        time.sleep(0.5)
        memory.append(resident_bytes(address))
    for thread in threads:
        thread.join()
    return memory


def measure(people: int, seconds: float, warm_seconds: float, cores: int, waiting: int) -> tuple[list[Figure], Results]:
    process = start_server(cores, 0, waiting)
    try:
        assert process.stderr is not None
        found = re.search(r"http://[\d.]+:\d+", process.stderr.readline())
        assert found is not None
        address = found[0]
        warm = Results()
        for name, questions in QUESTIONS.items():  # everything is loaded before the clock starts
            _ask(address, new_picture(name, random.Random(name)), questions[0], warm)
        climb = simulate_people(people, address, warm_seconds, warm)
        results = Results()
        memory = simulate_people(people, address, seconds, results)
        results.errors += warm.errors
    finally:
        process.terminate()
        process.wait(timeout=30)
    for name, series in (("warming", climb), ("measured", memory)):
        print(
            f"memory while {name}, MB:",
            *(round(size / 1e6) for size in series[:: max(1, len(series) // 20)]),
            flush=True,
        )
    return _figures(results, memory, people, seconds), results


def _figures(results: Results, memory: list[int], people: int, seconds: float) -> list[Figure]:
    third = max(1, len(memory) // 3)
    before, after = np.median(memory[:third]), np.median(memory[-third:])
    done = len(results.answers) + len(results.checks)
    out = [
        Figure("people at once", people, people),
        Figure("answers a minute", 60 * len(results.answers) / seconds, len(results.answers)),
        Figure("errors other than a full queue", len(results.errors), done, 0, True),
        Figure("refused with Retry-After", results.refused, done + results.refused),
    ]
    for name, took in (("to the first sentence", results.firsts), ("to the whole answer", results.answers),
                       ("to the check of the picture", results.checks)):  # fmt: skip
        for share in (50, 95):
            out.append(Figure(f"seconds {name}, p{share}", float(np.percentile(took, share)), len(took)))
    out.append(Figure("server's memory in the first third, MB", float(before) / 1e6, third))
    out.append(Figure("server's memory in the last third, MB", float(after) / 1e6, third))
    out.append(Figure("growth of memory, share", float((after - before) / before), len(memory), _MAX_GROWTH, True))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--warm", type=float, default=60.0)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--waiting", type=int, default=16)
    arguments = parser.parse_args()
    figures, results = measure(arguments.people, arguments.seconds, arguments.warm, arguments.cores, arguments.waiting)
    for figure in figures:
        print(figure, flush=True)
    for error in sorted(set(results.errors))[:10]:
        print(f"error: {error}")
    if any(figure.reached is False for figure in figures):
        sys.exit(1)


if __name__ == "__main__":
    main()
