"""All that the offline model is measured by: every eye, and the whole through the front door.

    python bench/eyes.py                 every figure of the test splits (about 40 minutes on two cores)
    python bench/eyes.py --only risk     one part: charts, reading, recognition, quality, colours, understanding, risk
    python bench/eyes.py --split tune    the pictures that may be looked at while tuning

The selective risk asks `ask(offline)` each family's questions as people ask them, and counts how many of the answers
given with a confidence of at least 0.8 are right; a question that the offline model has to decline counts as wrong
when it is answered.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import charts
import colours
import quality
import reading
import recognition
import understanding
from figures import Case, Figure, share

from sensorium import Conversation, ask, load

SURE = 0.8
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Asked:
    """One case and what came of it."""

    family: str
    question: str
    text: str
    confidence: float
    abstained: bool
    right: bool
    seconds: float

    @property
    def sure(self) -> bool:
        return not self.abstained and self.confidence >= SURE


def cases(split: str) -> Iterator[Case]:
    """Return the questions of every family; the tune splits are smaller."""
    many = 1.0 if split == "test" else 0.5
    yield from charts.cases(split, int(120 * many), 108 if split == "test" else 8)
    yield from reading.cases(split, int(120 * many), 1)
    yield from recognition.cases(split)
    yield from quality.cases(split, int(100 * many), 1)
    yield from colours.cases(split, int(120 * many), 2)
    yield from declines(split)


def declines(split: str, n: int = 120) -> Iterator[Case]:
    """Return questions that the offline model can't answer, about photos: any answer to them is wrong."""
    path = _HERE / "phrasings_heldout.jsonl" if split == "test" else _HERE.parent / "recipes" / "phrasings.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    asked = [row["text"] for row in rows if row["kinds"] == ["decline"]]
    rng = random.Random(5)
    photos = recognition.photos(split)
    for question in rng.sample(asked, min(n, len(asked))):
        yield Case("decline", rng.choice(photos).image, question, lambda text: False)


def put(found: Iterator[Case]) -> list[Asked]:
    """Ask the offline model every case, through the front door."""
    model = load("offline")
    out = []
    for number, case in enumerate(found, 1):
        begin = time.perf_counter()
        reply = ask(model, Conversation.of(case.image, case.question))
        seconds = time.perf_counter() - begin
        right = not reply.abstained and case.right(reply.text)
        out.append(
            Asked(case.family, case.question, reply.text, reply.confidence or 0.0, reply.abstained, right, seconds)
        )
        if sys.stderr.isatty():
            print(f"\r{number} questions", end="", file=sys.stderr)
    return out


def risk(split: str, log: Path | None = None) -> list[Figure]:
    """Measure the selective risk, whole and by family."""
    asked = put(cases(split))
    if log is not None:
        log.write_text("".join(json.dumps(vars(one), ensure_ascii=False) + "\n" for one in asked), encoding="utf-8")
    out = []
    for family in [*dict.fromkeys(one.family for one in asked), "all"]:
        some = [one for one in asked if family in (one.family, "all")]
        sure = [one for one in some if one.sure]
        answered = [one for one in some if not one.abstained]
        right = sum(one.right for one in sure)
        if family != "decline":
            target = 0.95 if family == "all" else None
            out.append(share(f"{family}: right of those answered with confidence >= {SURE}", right, len(sure), target))
            out.append(share(f"{family}: answered with confidence >= {SURE}", len(sure), len(some)))
            least = 0.9 if family == "chart" else None
            given = sum(one.right for one in answered)
            out.append(share(f"{family}: right of all answered", given, len(answered), least))
            out.append(share(f"{family}: answered", len(answered), len(some)))
        else:
            out.append(share("decline: rightly declined", len(some) - len(answered), len(some)))
            out.append(share("decline: answered with confidence >= 0.8", len(sure), len(some)))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("tune", "test"), default="test")
    parser.add_argument("--log", type=Path, help="a file for every question and its answer")
    parts: dict[str, Callable[[str], list[Figure]]] = {
        "charts": lambda split: charts.figures(200, charts.TEST_SEED if split == "test" else 8, split),
        "reading": lambda split: reading.figures(40, 0, split),
        "recognition": recognition.figures,
        "quality": lambda split: quality.figures(400, 1, split),
        "colours": lambda split: colours.figures(200, 2, split),
        "understanding": lambda split: understanding.figures(understanding.rows()),
        "risk": lambda split: risk(split, given.log),
    }
    parser.add_argument("--only", choices=parts, action="append")
    given = parser.parse_args()
    for name in given.only or parts:
        begin = time.perf_counter()
        print(f"# {name}, {given.split} split")
        for figure in parts[name](given.split):
            print(figure, flush=True)
        print(f"({time.perf_counter() - begin:.0f} s)")


if __name__ == "__main__":
    main()
