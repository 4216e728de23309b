"""The forms of a comparison that programs read: JSON with everything, CSV with a line for each row."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from sensorium.evaluation.choosing.figures import TOKENS, RowFigures
from sensorium.evaluation.choosing.pairs import RowPair
from sensorium.evaluation.choosing.report.findings import ChoiceReport


def to_json(report: ChoiceReport) -> dict[str, Any]:
    """Return everything as plain JSON values: recommendation, rows, pairs, fronts, every answer."""
    choice, advice = report.choice, report.recommendation
    answers = [
        {
            "id": example.id,
            "question": example.conversation.messages[-1].text,
            "right": list(example.answers),
            "cluster": choice.clusters[place],
            "rows": {row.name: asdict(row.answers[place]) for row in choice.rows},
        }
        for place, example in enumerate(choice.examples)
    ]
    return {
        "task": choice.task,
        "metric": choice.metric,
        "n": len(choice.examples),
        "clusters": len(set(choice.clusters)),
        "limits": asdict(choice.limits),
        "recommendation": asdict(advice) | {"winner": advice.winner},
        "rows": [figures.to_json() for figures in report.figures],
        "pairs": [_pair(pair) for pair in report.pairs],
        "fronts": {
            axis: {name: asdict(place) for name, place in places.items()} for axis, places in report.fronts.items()
        },
        "notes": list(choice.notes),
        "settings": dict(choice.settings),
        "answers": answers,
    }


def to_csv(report: ChoiceReport) -> str:
    """Return a line for each row, with its figures; unknown ones are empty."""
    buffer = io.StringIO()
    rows = [_flat(figures) for figures in report.figures]
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _pair(pair: RowPair) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "difference": asdict(pair.difference),
        "only_first": pair.only_first,
        "only_second": pair.only_second,
        "p": pair.p,
        "test": f"{pair.test}, adjusted by Holm's method",
        "settled": pair.is_settled,
        "smallest_detectable_difference": pair.detectable,
        "questions_needed": None if pair.is_settled else pair.needed(),
    }


def _flat(figures: RowFigures) -> dict[str, object]:
    row = figures.row
    return {
        "name": row.name,
        "kind": row.kind,
        "private": row.is_private,
        "n": len(row.answers),
        "accuracy": figures.accuracy.mean,
        "accuracy_low": figures.accuracy.low,
        "accuracy_high": figures.accuracy.high,
        "abstained": figures.abstained,
        "failed": figures.failed,
        "failures": "; ".join(f"{count} {kind}" for kind, count in figures.failures.items()),
        "p50_seconds": figures.p50,
        "p95_seconds": figures.p95,
        "first_token_p50_seconds": figures.first_p50,
        "first_token_p95_seconds": figures.first_p95,
        **{f"{name}_a_question": figures.tokens.get(name) for name in TOKENS},
        "usd": row.usd,
        "usd_per_1000": figures.usd_per_1000,
        "price": row.price,
        "peak_memory_bytes": row.peak_memory_bytes,
        "joules": row.joules,
        "concurrency": row.concurrency,
    }
