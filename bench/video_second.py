"""A second question over the same film: how many times faster than the first one, and what it still asks a model.

`python bench/video_second.py [--seeds 221 222] [--seconds 60] [--latency 1] [--only offline chain]`. The command itself
is timed, from its start to its end, with an empty cache for the first question: offline, and as a chain of questions to
an OpenAI-compatible server on this machine that answers each after `--latency` seconds (a real one takes longer). Films
are those of recipes/film.py; nothing was tuned on them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from figures import Figure
from film import make

PARTS = ("offline", "chain")
QUESTIONS = (
    "When is the cat seen?", "When does something move to the left?", "When is a sign shown?", "What is said last?",
)  # fmt: skip
FASTER = 5.0


def asked(question: str, folder: Path, *words: str) -> float:
    """Return how many seconds the command took to answer or decline a question about film.mp4 in a folder."""
    own = {"XDG_CACHE_HOME": str(folder / "cache"), "SENSORIUM_CONFIG": str(folder / "none.toml"), "VLLM_API_KEY": "no"}
    command = [sys.executable, "-m", "sensorium", "watch", "film.mp4", question, "--json", *words]
    begun = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=os.environ | own, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    json.loads(done.stdout)
    return time.monotonic() - begun


def offline(folder: Path) -> list[float]:
    """Return the seconds of each question, without a model."""
    return [asked(question, folder) for question in QUESTIONS]


def chain(folder: Path, latency: float) -> list[float]:
    """Return the seconds of each question, of a chain; say how many requests each sent."""
    from film_server import FilmServer
    from loopback import serving

    class SlowServer(FilmServer):
        seconds = latency

    times, sent = [], []
    with serving([], SlowServer) as server:
        for question in QUESTIONS:
            before = len(server.asked)
            times.append(asked(question, folder, "-m", f"openai:gpt-6-luna@{server.url}/v1", "--route", "chain"))
            sent.append(len(server.asked) - before)
    print(f"requests of each question: {', '.join(map(str, sent))}", flush=True)
    return times


def measure(seeds: Sequence[int], seconds: float, latency: float, parts: Sequence[str]) -> list[Figure]:
    """Return the figures over films of some seeds."""
    ratios: dict[str, list[float]] = {part: [] for part in parts}
    for seed in seeds:
        for part in parts:
            with tempfile.TemporaryDirectory() as name:
                make(Path(name) / "film.mp4", seed, seconds)
                first, *later = offline(Path(name)) if part == "offline" else chain(Path(name), latency)
            ratios[part] += [first / each for each in later]
            shown = ", ".join(f"{each:.1f}" for each in later)
            print(f"{part}, film {seed}, {seconds:g} s: first {first:.1f} s, then {shown} s", flush=True)
    return [
        Figure(f"{part}: second question, times faster, worst", min(all_of), len(all_of), FASTER)
        for part, all_of in ratios.items()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=(221, 222))
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each film")
    parser.add_argument("--latency", type=float, default=1.0, help="seconds that the server takes for an answer")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    figures = measure(options.seeds, options.seconds, options.latency, options.only)
    print(*figures, sep="\n")
    return 0 if all(figure.reached for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
