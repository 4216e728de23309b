"""How fast it is: the command line's start, the import, a warm question about a photo, reading at each setting.

    python bench/speed.py            about three minutes

Seconds of CPU are user and system time of the process (this machine is shared: wall time is noisy). "Warm" means that
the models are loaded and the picture was not seen before: opening it counts.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pages
import reading
import recognition
from figures import Figure

from sensorium import Conversation, Image, ask, load

ASKED = (
    "What is this?", "Is there a dog in the picture?", "What colour is it?", "Is the picture sharp?",
    "What does it say?", "Describe this picture.",
)  # fmt: skip


def figures() -> list[Figure]:
    return [*start(), *questions(), *read_settings()]


def start(runs: int = 9) -> list[Figure]:
    """Measure the CPU seconds of `sensorium --help` and of the import, less the interpreter's own start."""
    bare = _cpu_seconds([sys.executable, "-c", "pass"], runs)
    helped = _cpu_seconds([sys.executable, "-m", "sensorium.cli.main", "--help"], runs)
    imported = _cpu_seconds([sys.executable, "-c", "import sensorium"], runs)
    return [
        Figure("sensorium --help, CPU seconds, median", helped, runs, 0.25, True),
        Figure("import sensorium, CPU seconds over the interpreter's own, median", imported - bare, runs, 0.1, True),
    ]


def _cpu_seconds(command: list[str], runs: int) -> float:
    took = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONDONTWRITEBYTECODE": ""})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return float(np.median(took))


def questions() -> list[Figure]:
    """Ask each question of photos that were not seen before, models warm; nothing is tuned here, so any photos do."""
    model = load("offline")
    photos = [photo.image for photo in recognition.photos("test")]
    for question in ASKED:
        ask(model, Conversation.of(photos[0], question))
    out, every = [], []
    for question in ASKED:
        took = []
        for number, photo in enumerate(photos[1:], 1):
            fresh = Image(photo.blob.data + bytes([number, ASKED.index(question)]))  # another picture to every cache
            took.append(_seconds(lambda fresh=fresh, question=question: ask(model, Conversation.of(fresh, question))))
        every += took
        out.append(Figure(f'seconds for "{question}", p50', float(np.median(took)), len(took), None, True))
    for name, share in (("p50", 50), ("p95", 95)):
        out.append(Figure(f"seconds for a warm photo question, {name}", float(np.percentile(every, share)), len(every)))
    return out


def read_settings(n: int = 16) -> list[Figure]:
    """Read the tune pages at several first sizes: the setting in use is the fastest that errs no more."""
    from sensorium.eyes.ocr import reader
    from sensorium.eyes.ocr.columns import spoken_text

    chosen, out = reader._FIRST_SIDE, []
    made = [pages.page(kind, "tune", 900_000 + i) for kind in pages.KINDS for i in range(n)]
    for size in (416, 480, 544, 640, 960):
        reader._FIRST_SIDE = size
        errors = letters = 0
        took = []
        for page in made:
            image = Image(page.jpeg)
            begin = time.process_time()
            said = spoken_text(reader.read(image))
            took.append(time.process_time() - begin)
            wanted = reading.normal(page.text)
            errors += reading.distance(wanted, reading.normal(said))
            letters += len(wanted)
        mark = " (in use)" if size == chosen else ""
        out.append(Figure(f"first look {size} px{mark}: CPU seconds a page, p50", float(np.median(took)), len(took)))
        out.append(Figure(f"first look {size} px{mark}: character error rate", errors / letters, len(took)))
    reader._FIRST_SIDE = chosen
    return out


def _seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for figure in figures():
        print(figure, flush=True)
