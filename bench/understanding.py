"""How well a question is understood, on phrasings that were held out from training.

    python bench/understanding.py [FILE]

FILE holds one JSON object a line, as recipes/phrasings.jsonl does; without it, bench/phrasings_heldout.jsonl.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

try:
    from figures import Figure, share
except ImportError:  # imported as bench.understanding
    from bench.figures import Figure, share

from sensorium.eyes.question import KINDS, Question, parse
from sensorium.eyes.question.thing_terms import find_thing

HELD_OUT = Path(__file__).parent / "phrasings_heldout.jsonl"


def rows(path: Path = HELD_OUT) -> list[dict[str, Any]]:
    """Return the phrasings of a file."""
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [row for row in found if row["kinds"]]


def figures(rows: list[dict[str, Any]]) -> list[Figure]:
    """Ask every phrasing once and give the shares that came out right."""
    parse("what is this")  # loads the models: not part of a warm question
    answered, seconds = [], []
    for row in rows:
        start = time.perf_counter()
        answered.append(parse(row["text"]))
        seconds.append(time.perf_counter() - start)
    pairs = list(zip(rows, answered, strict=True))
    asked = [(row, found) for row, found in pairs if row["kinds"] != ["decline"]]
    declined = [(row, found) for row, found in pairs if row["kinds"] == ["decline"]]
    out = [
        share("right kind of looking", *_right(asked), target=0.90),
        share("right kind, one question", *_right([p for p in asked if len(p[0]["kinds"]) == 1])),
        share("right kinds, two questions", *_right([p for p in asked if len(p[0]["kinds"]) > 1])),
        share("declined rightly", *_right(declined), target=0.90),
        share("declined wrongly", sum(_kinds(f) == ["decline"] for _, f in asked), len(asked), at_most=True),
    ]
    for kind in KINDS[:-1]:
        out.append(share(f"right kind: {kind}", *_right([p for p in pairs if p[0]["kinds"] == [kind]])))
    charts = [p for p in asked if p[0]["kinds"] == ["chart"] == _kinds(p[1])]
    right = sum(f[0].operation == row["operation"] for row, f in charts)
    out.append(share("chart operation, where seen as a chart", right, len(charts)))
    named = [p for p in asked if "subject" in p[0] and _kinds(p[1]) == p[0]["kinds"] and len(p[0]["kinds"]) == 1]
    right = sum(_same(f[0], row["subject"]) for row, f in named)
    out.append(share("subject, where the kind is right", right, len(named)))
    out.append(_calibration([p for p in pairs if len(p[0]["kinds"]) == 1]))
    seconds.sort()
    for name, at in (("p50", 0.5), ("p95", 0.95)):
        out.append(
            Figure(f"milliseconds a question, {name}", 1000 * seconds[int(at * (len(rows) - 1))], len(rows), 40, True)
        )
    return out


def _kinds(found: tuple[Question, ...]) -> list[str]:
    return [question.kind for question in found]


def _right(pairs: list[tuple[dict[str, Any], tuple[Question, ...]]]) -> tuple[int, int]:
    return sum(_kinds(found) == row["kinds"] for row, found in pairs), len(pairs)


def _same(question: Question, subject: str | None) -> bool:
    """Whether the field or thing is the labelled one; the colour of a thing counts as a part of it."""
    named = question.field if question.kind == "field" else find_thing(question.kind, question.text.lower())
    return (named or "").casefold() == (subject or "").casefold()


def _calibration(pairs: list[tuple[dict[str, Any], tuple[Question, ...]]]) -> Figure:
    """Return the expected calibration error over ten equal bins (Guo et al. 2017)."""
    error = 0.0
    held: dict[int, list[tuple[float, bool]]] = {}
    for row, found in pairs:
        chance = found[0].probability
        held.setdefault(min(9, int(chance * 10)), []).append((chance, _kinds(found) == row["kinds"]))
    for bucket in held.values():
        error += abs(sum(c for c, _ in bucket) - sum(r for _, r in bucket))
    return Figure("expected calibration error", error / len(pairs) if pairs else math.nan, len(pairs), None, True)


def main() -> None:
    """Print every figure, then the commonest confusions."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else HELD_OUT
    if not path.exists():
        print(f"skipped: {path.name} is not there")
        return
    asked = rows(path)
    for figure in figures(asked):
        print(figure)
    confused = Counter((" + ".join(row["kinds"]), " + ".join(_kinds(parse(row["text"])))) for row in asked)
    for (wanted, found), count in confused.most_common():
        if wanted != found and count > 1:
            print(f"  {wanted} taken for {found}: {count}")


if __name__ == "__main__":
    main()
