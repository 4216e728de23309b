"""Single-series bar charts (`chart_drawing`): how many tables are right, and how many wrong ones are not refused.

Run `python bench/charts.py [--split tune|fit|test] [--n 200] [--seed 9]`.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from chart_drawing import Truth, draw_charts
from figures import Case, Figure, share

TEST_SEED = 9
"""Seed of the test charts: a new one whenever the reader was changed after its figures were looked at."""


def is_right(truth: Truth, table: Any) -> bool:
    """Whether a whole table is right: labels exact (dashes and spaces alike), values within 5 %.

    A value under a twentieth of the axis' range may be off by a twentieth of that range.
    """
    if table.horizontal != truth.horizontal or len(table.categories) != len(truth.labels):
        return False
    if any(_normalize(a) != _normalize(b) for a, b in zip(table.categories, truth.labels, strict=True)):
        return False
    return all(_is_near(a, b, truth) for a, b in zip(table.values, truth.values, strict=True))


def _is_near(value: float, true: float, truth: Truth) -> bool:
    near_zero = 0.05 * (truth.high - truth.low)
    return abs(value - true) <= max(0.05 * abs(true), near_zero if abs(true) < near_zero else 0.0)


def _normalize(label: str) -> str:
    return " ".join(label.translate(str.maketrans("−–—", "---")).split())


def figures(n: int = 200, seed: int = TEST_SEED, split: str = "test", log: Path | None = None) -> list[Figure]:
    """Read n charts and ask one question about each: how many tables and answers are right, wrong, refused."""
    from sensorium.eyes.answers import ImageView, answer
    from sensorium.eyes.charts import Table

    rows: list[dict[str, Any]] = []
    questions = cases(split, n, seed)
    for (image, truth, notes), case in zip(draw_charts(split, n, seed), questions, strict=True):
        view = ImageView(image)
        start = time.perf_counter()
        table = view.table
        row = {"seconds": time.perf_counter() - start, "notes": notes, "labels": truth.labels, "values": truth.values}
        if isinstance(table, Table):
            row |= {
                "confidence": table.confidence,
                "right": is_right(truth, table),
                "read": [table.categories, table.values],
            }
            row["title"] = _normalize(table.title) == _normalize(truth.title)
            parts = list(answer([view], case.question))
            text = " ".join(part.text for part in parts)
            row["answered"] = any(not part.abstained for part in parts)
            row |= {"question": case.question, "answer": text, "answer right": row["answered"] and case.right(text)}
            row["sure"] = math.prod(1.0 if part.confidence is None else part.confidence for part in parts)
        else:
            row["refused"] = table.reason
        rows.append(row)
    if log is not None:
        log.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    read = [row for row in rows if "read" in row]
    sure = [row for row in read if row["confidence"] >= 0.8]
    answered = [row for row in read if row["answered"]]
    firm = [row for row in answered if row["sure"] >= 0.8]
    seconds = sorted(row["seconds"] for row in rows)
    whole = sum(row["right"] for row in read)
    name = f"charts ({split})"
    return [
        share(f"{name}: whole table right", whole, n, 0.85),
        share(f"{name}: wrong table not refused", len(read) - whole, n, 0.05, at_most=True),
        share(f"{name}: refused", n - len(read), n),
        share(f"{name}: right of those given with confidence >= 0.8", sum(r["right"] for r in sure), len(sure), 0.95),
        share(f"{name}: title exact, of those read", sum(row["title"] for row in read), len(read)),
        share(
            f"{name}: questions right of those answered", sum(r["answer right"] for r in answered), len(answered), 0.9
        ),
        share(f"{name}: questions right, confidence >= 0.8", sum(r["answer right"] for r in firm), len(firm), 0.95),
        Figure(f"{name}: mean confidence of the tables", sum(row["confidence"] for row in read) / len(read), len(read)),
        Figure(f"{name}: seconds a chart, median", seconds[n // 2], n, 2.5, at_most=True),
        Figure(f"{name}: seconds a chart, 95th percentile", seconds[int(0.95 * n)], n),
    ]


def cases(split: str, n: int, seed: int) -> list[Case]:
    """Return one question about each of n charts, as a person would ask it, with a judge of the reply's text."""
    out = []
    for index, (image, truth, _) in enumerate(draw_charts(split, n, seed)):
        rng = random.Random(f"ask-{split}-{seed}-{index}")
        question, judge = _question(truth, rng)
        out.append(Case("chart", image, question, judge))
    return out


def _question(truth: Truth, rng: random.Random) -> tuple[str, Callable[[str], bool]]:
    values = dict(zip(truth.labels, truth.values, strict=True))
    a, b = rng.sample(truth.labels, 2)
    kinds = ["value", "value", "max", "min", "sum", "mean", "difference", "comparison", "count", "trend"]
    if abs(values[b]) > 0.1 * max(map(abs, truth.values)) and values[a] * values[b] > 0:
        kinds.append("ratio")
    kind = rng.choice(kinds)
    if kind in ("max", "min"):
        best = (max if kind == "max" else min)(truth.values)
        winners = [label for label, value in values.items() if _is_near(value, best, truth)]
        questions = {
            "max": [
                "Which bar is the tallest?",
                "what has the highest value",
                "Which one is the largest in this chart?",
            ],
            "min": ["Which bar is the smallest?", "what has the lowest value", "Which one is the least in this chart?"],
        }[kind]
        return rng.choice(questions), lambda text: any(
            _normalize(w).casefold() in _normalize(text).casefold() for w in winners
        )
    if kind == "comparison":
        yes, level = values[a] > values[b], _is_near(values[a], values[b], truth)
        questions = [f"Is {a} higher than {b}?", f"is the bar for {a} larger than the one for {b}?"]
        return rng.choice(questions), lambda text: level or text.strip().casefold().startswith("yes" if yes else "no")
    if kind == "trend":
        direction = _direction(truth.values)
        questions = ["What is the trend?", "are the numbers going up or down from the first bar to the last?"]
        words = {
            1: ("ris", "increas", "up", "grow"),
            -1: ("fall", "decreas", "down", "declin"),
            0: ("no clear", "mixed"),
        }
        return rng.choice(questions), lambda text: any(word in text.casefold() for word in words[direction])
    number, questions = {
        "value": (values[a], [f"What is the value for {a}?", f"how much is {a}", f"What does the chart show for {a}?"]),
        "sum": (sum(truth.values), ["What do all the bars add up to?", "what is the total of all bars in the chart"]),
        "mean": (sum(truth.values) / len(values), ["What is the average over all the bars?", "the mean value please"]),
        "difference": (abs(values[a] - values[b]), [f"What is the difference between {a} and {b}?",
                                                    f"how much do {a} and {b} differ"]),
        "ratio": (values[a] / values[b] if values[b] else 0.0, [f"How many times {b} is {a}?",
                                                                f"what is the ratio of {a} to {b}"]),
        "count": (float(len(values)), ["How many bars are there?", "how many bars does this chart have"]),
    }[kind]  # fmt: skip
    slack = 0.0 if kind == "count" else 0.05 * abs(number)
    if kind in ("value", "sum", "mean", "difference") and abs(number) < 0.05 * (truth.high - truth.low):
        slack = 0.05 * (truth.high - truth.low)
    return rng.choice(questions), lambda text: any(abs(found - number) <= slack + 1e-9 for found in _numbers(text))


def _direction(values: tuple[float, ...]) -> int:
    pairs = [(x, y) for i, x in enumerate(values) for y in values[i + 1 :]]
    tau = sum((y > x) - (y < x) for x, y in pairs) / len(pairs)
    return 1 if tau >= 0.5 else -1 if tau <= -0.5 else 0


def _numbers(text: str) -> list[float]:
    numbers = re.findall(r"[-−]?\d[\d,]*(?:\.\d+)?", text)
    return [float(number.replace(",", "").replace("−", "-")) for number in numbers]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=["tune", "fit", "test"], default="test")
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--seed", type=int, default=TEST_SEED)
    parser.add_argument("--log", type=Path, help="write one JSON row a chart")
    options = parser.parse_args()
    for figure in figures(options.n, options.seed, options.split, options.log):
        print(figure)


if __name__ == "__main__":
    main()
