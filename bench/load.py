"""Many people at once at the assistive app: what they wait, what is refused, whether memory stays flat.

    python bench/load.py                       30 people for 60 s, offline model, on two cores
    python bench/load.py --people 10 --seconds 20

The server is the command `sensorium serve assist` in a process of its own, held to --cores where the system can. A
person chooses a picture (never seen before: each has other bytes), has it checked, asks one to three questions, reads
or hears the answer for a moment, and begins again; sent away by the queue (503), waits as long as Retry-After says.
Any other error ends in exit code 1. Before the clock starts the same crowd asks for --warm seconds, which are not
counted: weights are loaded when they are first needed, and the memory that two threads need at once is reached when
their largest works first meet. Memory is the server's resident set, the median of the first and of the last third of
the time.
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
_MOST_GROWTH = 0.1


@dataclass
class Seen:
    """What happened to everybody."""

    checks: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)
    refused: int = 0
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@cache
def _photo(name: str) -> PIL.Image.Image:
    return PIL.Image.open(PICTURES / f"{name}.png").convert("RGB")


def fresh(name: str, dice: random.Random) -> bytes:
    """Return a picture that no cache knows: a corner pixel differs."""
    picture = _photo(name).copy()
    picture.putpixel((0, 0), (dice.randrange(256), dice.randrange(256), dice.randrange(256)))
    picture.putpixel((1, 0), (dice.randrange(256), dice.randrange(256), dice.randrange(256)))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue() + dice.randbytes(8)  # after the end of the picture: other bytes, the same sight


def person(number: int, address: str, until: float, seen: Seen) -> None:
    """One person: picture, check, questions, a moment of listening, again."""
    dice = random.Random(number)
    time.sleep(dice.random() * 2)
    while time.monotonic() < until:
        name = dice.choice(sorted(QUESTIONS))
        picture = fresh(name, dice)
        _patiently(partial(_look, address, picture, seen), until, seen)
        for question in dice.sample(QUESTIONS[name], dice.randint(1, len(QUESTIONS[name]))):
            if time.monotonic() >= until:
                return
            _patiently(partial(_ask, address, picture, question, seen), until, seen)
            time.sleep(dice.uniform(0.5, 2.5))


def _patiently(do: Callable[[], None], until: float, seen: Seen) -> None:
    while time.monotonic() < until:
        try:
            do()
            return
        except urllib.error.HTTPError as error:
            if error.code != 503 or not error.headers["Retry-After"]:
                with seen.lock:
                    seen.errors.append(f"{error.code} {error.read()[:200]!r}")
                return
            with seen.lock:
                seen.refused += 1
            time.sleep(min(float(error.headers["Retry-After"]), max(0.0, until - time.monotonic())))
        except Exception as error:
            with seen.lock:
                seen.errors.append(f"{type(error).__name__}: {error}")
            return


def _look(address: str, picture: bytes, seen: Seen) -> None:
    start = time.monotonic()
    with urllib.request.urlopen(_form(f"{address}/api/look", picture, {}), timeout=120) as response:
        found = json.load(response)
    assert found["said"]
    with seen.lock:
        seen.checks.append(time.monotonic() - start)


def _ask(address: str, picture: bytes, question: str, seen: Seen) -> None:
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
    with seen.lock:
        seen.answers.append(time.monotonic() - start)
        seen.firsts.append(first)


def _form(url: str, picture: bytes, fields: dict[str, str]) -> urllib.request.Request:
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="picture"; filename="p"\r\n\r\n'.encode()
    data = b"".join([*parts, head, picture, f"\r\n--{mark}--\r\n".encode()])
    return urllib.request.Request(url, data, {"Content-Type": f"multipart/form-data; boundary={mark}"})


def serving(cores: int, port: int, waiting: int) -> subprocess.Popen[str]:
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
        found = re.search(r"^process_resident_memory_bytes (\d+)$", response.read().decode(), re.M)
    return int(found[1]) if found else 0


def crowd(people: int, address: str, seconds: float, seen: Seen) -> list[int]:
    """Let everybody ask for a while; gives the server's memory every half second."""
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=person, args=(number, address, until, seen)) for number in range(people)]
    for one in threads:
        one.start()
    memory = []
    while time.monotonic() < until:
        time.sleep(0.5)
        memory.append(resident_bytes(address))
    for one in threads:
        one.join()
    return memory


def measured(people: int, seconds: float, warm_seconds: float, cores: int, waiting: int) -> tuple[list[Figure], Seen]:
    process = serving(cores, 0, waiting)
    try:
        assert process.stderr is not None
        found = re.search(r"http://[\d.]+:\d+", process.stderr.readline())
        assert found is not None
        address = found[0]
        warm = Seen()
        for name, questions in QUESTIONS.items():  # everything is loaded before the clock starts
            _ask(address, fresh(name, random.Random(name)), questions[0], warm)
        climb = crowd(people, address, warm_seconds, warm)
        seen = Seen()
        memory = crowd(people, address, seconds, seen)
        seen.errors += warm.errors
    finally:
        process.terminate()
        process.wait(timeout=30)
    for name, series in (("warming", climb), ("measured", memory)):
        print(
            f"memory while {name}, MB:",
            *(round(each / 1e6) for each in series[:: max(1, len(series) // 20)]),
            flush=True,
        )
    return _figures(seen, memory, people, seconds), seen


def _figures(seen: Seen, memory: list[int], people: int, seconds: float) -> list[Figure]:
    third = max(1, len(memory) // 3)
    before, after = np.median(memory[:third]), np.median(memory[-third:])
    out = [
        Figure("people at once", people, people),
        Figure("answers a minute", 60 * len(seen.answers) / seconds, len(seen.answers)),
        Figure("errors but the queue's own", len(seen.errors), len(seen.answers) + len(seen.checks), 0, True),
        Figure("sent away with Retry-After", seen.refused, len(seen.answers) + len(seen.checks) + seen.refused),
    ]
    for name, took in (("to the first sentence", seen.firsts), ("to the whole answer", seen.answers),
                       ("to the word on the picture", seen.checks)):  # fmt: skip
        for share in (50, 95):
            out.append(Figure(f"seconds {name}, p{share}", float(np.percentile(took, share)), len(took)))
    out.append(Figure("server's memory in the first third, MB", float(before) / 1e6, third))
    out.append(Figure("server's memory in the last third, MB", float(after) / 1e6, third))
    out.append(Figure("growth of memory, share", float((after - before) / before), len(memory), _MOST_GROWTH, True))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--warm", type=float, default=60.0)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--waiting", type=int, default=16)
    given = parser.parse_args()
    found, seen = measured(given.people, given.seconds, given.warm, given.cores, given.waiting)
    for figure in found:
        print(figure, flush=True)
    for error in sorted(set(seen.errors))[:10]:
        print(f"error: {error}")
    if any(figure.reached is False for figure in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
