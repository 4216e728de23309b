"""`sensorium fewshot` and `sensorium evaluate` killed by SIGKILL at random moments and started again.

    python bench/killed_runs.py [--kills 10] [--seed 0]

Each command runs once undisturbed, then from the beginning, killed at random moments of its asking and started again by
the same command until it ends. `fewshot` asks an OpenAI-compatible server on this machine, which counts the requests;
`evaluate` asks a tiny Idefics3 with an adapter, and writes each question down before it is asked. A question counts as
paid twice if it was asked again although its answer was stored; one that was on its way at a kill is asked again.
Reports are compared byte for byte (JSON, table.csv, page) but for the measured seconds.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import killed_runs
from taught import taught


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        show("fewshot", killed_runs.fewshot(place, options.kills, options.seed))
        os.chdir(place)
        taught(place)
        show("evaluate", killed_runs.evaluate(place, options.kills, options.seed))


def show(command: str, outcome: killed_runs.Outcome) -> None:
    print(
        f"sensorium {command}: {outcome.answers} answers, {outcome.kills} kills; paid twice: {outcome.paid_twice}, "
        f"stored twice: {outcome.stored_twice}, on their way at a kill and asked again: {outcome.in_flight}; "
        f"the same report: {'yes' if outcome.same_report else 'NO'}",
        flush=True,
    )


if __name__ == "__main__":
    main()
