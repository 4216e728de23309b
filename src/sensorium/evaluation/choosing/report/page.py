"""The page of a comparison: one self-contained HTML file, for screen readers first; its markup lies in `templates/`.

The same report gives the same bytes: nothing on it depends on the time or on chance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sensorium.evaluation.choosing.amounts import (
    listed,
    memory,
    p_value,
    percent,
    percent_interval,
    plural,
    points,
    points_interval,
    seconds,
    unbroken,
    usd,
)
from sensorium.evaluation.choosing.figures import RowFigures
from sensorium.evaluation.choosing.pairs import RowPair
from sensorium.evaluation.choosing.pareto import ON_FRONT
from sensorium.evaluation.choosing.recommend import CONTROLS, NO_WINNER, NONE_FITS, NOT_SHOWN, limits_in_words
from sensorium.evaluation.choosing.report.differing import differing_questions
from sensorium.evaluation.choosing.report.findings import MONEY, TIME, ChoiceReport
from sensorium.evaluation.choosing.report.lines import RISK_GOAL, failures_words, verdict
from sensorium.evaluation.choosing.report.plot import PlotAxis, PlotMark, limit_words, pareto_plot
from sensorium.evaluation.choosing.report.risk_plot import MIN_ANSWERS, risk_plot, top_risk
from sensorium.media.page import render

_TEMPLATE = Path(__file__).parent / "templates" / "choice.html"
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_SIZES = (("wide", 600, 430), ("narrow", 350, 420))


def page(report: ChoiceReport, max_questions: int = 24) -> str:
    """Return the report as one HTML page.

    Args:
        report: What was compared.
        max_questions: The most questions that are shown with their answers.
    """
    choice, advice = report.choice, report.recommendation
    names = {own.row.name: own for own in report.figures}
    pictures = f" on {plural(len(set(choice.clusters)), 'picture')}" if report.has_clusters else ""
    taken = names.get(advice.take)
    return render(
        _TEMPLATE,
        title=f"Which model for {choice.task}?",
        policy=_POLICY,
        css=(_TEMPLATE.parent / "choice.css").read_text(encoding="utf-8"),
        about=f"{plural(len(choice.rows), 'way')} to answer {plural(len(choice.examples), 'question')}{pictures}, "
        f"scored by {choice.metric}",
        advice=replace(advice, headline=unbroken(advice.headline), sentences=_unbroken(advice.sentences)),
        unsure=advice.verdict in (NO_WINNER, NOT_SHOWN, NONE_FITS),
        limits=unbroken(limits_in_words(choice.limits)),
        facts=_unbroken(_facts(taken)) if taken else [],
        plots=[_figure(report, axis) for axis in (MONEY, TIME)],
        rows=_unbroken([_row(report, number, figures) for number, figures in enumerate(report.figures, 1)]),
        has=_columns(report),
        pairs=_unbroken([_pair(pair) for pair in report.main_pairs]),
        folded=_unbroken([_pair(pair) for pair in report.pairs if pair not in report.main_pairs]),
        family=_family(report),
        sure=_unbroken([_sure(figures) for figures in report.figures if figures.selective.points]),
        risks=_risks(report),
        least_answers=MIN_ANSWERS,
        risk_goal=unbroken(percent(RISK_GOAL)),
        groups=differing_questions(report, max_questions),
        settings=[_settings(number, figures) for number, figures in enumerate(report.figures, 1)],
        notes=_unbroken(choice.notes),
        method=_unbroken(choice.settings),
    )


def _unbroken(value: Any) -> Any:
    """Return a value whose texts, at any depth, have amounts that don't break across lines; names keep theirs."""
    if isinstance(value, str):
        return unbroken(value)
    if isinstance(value, Mapping):
        return {key: each if key == "name" else _unbroken(each) for key, each in value.items()}
    return type(value)(_unbroken(each) for each in value) if isinstance(value, list | tuple) else value


def _facts(figures: RowFigures) -> list[tuple[str, str, str]]:
    row = figures.row
    place = "This machine" if row.is_private else "A service"
    kept = "nothing leaves it" if row.is_private else "the questions are sent there"
    money = "Unknown" if figures.usd_per_1000 is None else usd(figures.usd_per_1000)
    time = "Unknown" if figures.p50 is None else f"{seconds(figures.p50)}"
    return [
        ("Accuracy", percent(figures.accuracy.mean), f"95 % interval {_range(figures)}"),
        ("1,000 questions", money, row.price),
        ("An answer", time, f"95 % within {seconds(figures.p95)}" if figures.p95 is not None else ""),
        ("Runs on", place, kept),
    ]


def _range(figures: RowFigures) -> str:
    return percent_interval(figures.accuracy).partition("(")[2].rstrip(")")


def _figure(report: ChoiceReport, axis_name: str) -> dict[str, Any]:
    """Return a picture in both sizes, its title and its legend."""
    choice, limits = report.choice, report.choice.limits
    if axis_name == MONEY:
        axis = PlotAxis("US dollars for 1,000 questions", usd, limits.usd_per_1000, limits.accuracy)
        title = "Accuracy against money"
    else:
        axis = PlotAxis("Seconds an answer: half come sooner", seconds, limits.p95_seconds, limits.accuracy)
        title = "Accuracy against time"
    marks = []
    for number, own in enumerate(report.figures, 1):
        row, is_time = own.row, axis_name == TIME
        place = report.fronts[axis_name].get(row.name)
        marks.append(
            PlotMark(
                number,
                row.name,
                own.p50 if is_time else own.usd_per_1000,
                own.accuracy,
                place.place if place else "",
                own.p95 if is_time else None,
                row.is_private,
                row.name == report.recommendation.take,
                row.kind in CONTROLS,
            )
        )
    drawings = [
        pareto_plot(marks, axis, f"{axis_name}-{name}", width, height) | {"size_name": name}
        for name, width, height in _SIZES
    ]
    return {
        "title": title,
        "drawings": drawings,
        "limit": unbroken(limit_words(axis)),
        "left_out": listed(drawings[0]["left_out"]),
        "is_time": axis_name == TIME,
        "free": drawings[0]["free"] is not None,
        "task": choice.task,
        "has_control": any(mark.control for mark in marks),
    }


def _row(report: ChoiceReport, number: int, figures: RowFigures) -> dict[str, Any]:
    row, tokens = figures.row, figures.tokens
    low, mean, high = (
        round(100 * value, 2) for value in (figures.accuracy.low, figures.accuracy.mean, figures.accuracy.high)
    )
    reasons = report.recommendation.ruled_out.get(row.name, "")
    fronts = [
        axis for axis, places in report.fronts.items() if row.name in places and places[row.name].place == ON_FRONT
    ]
    at_once = f", {row.concurrency} at once" if row.concurrency > 1 else ""
    return {
        "number": number,
        "name": row.name,
        "kind": row.kind,
        "where": "this machine" if row.is_private else "a service",
        "taken": row.name == report.recommendation.take,
        "low": low,
        "mean": mean,
        "high": high,
        "accuracy": percent(figures.accuracy.mean),
        "range": _range(figures),
        "usd": usd(figures.usd_per_1000),
        "price": row.price,
        "seconds": "unknown" if figures.p50 is None else f"{seconds(figures.p50)} / {seconds(figures.p95)}{at_once}",
        "first": "" if figures.first_p50 is None else f"{seconds(figures.first_p50)} / {seconds(figures.first_p95)}",
        "tokens": _tokens(tokens) if tokens else "",
        "declined": str(figures.abstained),
        "failed": failures_words(figures) if figures.failures else "0",
        "memory": "" if row.peak_memory_bytes is None else memory(row.peak_memory_bytes),
        "joules": "" if figures.joules is None else f"{figures.joules:.1f} J",
        "front": " and ".join(fronts),
        "ruled_out": reasons,
    }


def _tokens(tokens: dict[str, float]) -> str:
    into, out = (f"{tokens[name]:,.0f}" if name in tokens else "?" for name in ("input_tokens", "output_tokens"))
    more = [
        f"{tokens[name]:,.0f} {word}"
        for name, word in (("cached_tokens", "cached"), ("thinking_tokens", "thinking"))
        if tokens.get(name)
    ]
    shown = ", ".join(more)
    return f"{into} / {out} ({shown})" if more else f"{into} / {out}"


def _columns(report: ChoiceReport) -> dict[str, bool]:
    """Return which columns have something to show."""
    return {
        "first": any(figures.first_p50 is not None for figures in report.figures),
        "memory": any(figures.row.peak_memory_bytes is not None for figures in report.figures),
        "joules": any(figures.joules is not None for figures in report.figures),
    }


def _pair(pair: RowPair) -> dict[str, Any]:
    return {
        "pair": f"{pair.first} against {pair.second}",
        "difference": points_interval(pair.difference),
        "only_first": str(pair.only_first),
        "only_second": str(pair.only_second),
        "p": p_value(pair.p).removeprefix("p ").removeprefix("= "),
        "verdict": verdict(pair),
        "settled": pair.is_settled,
        "detectable": "unknown" if pair.detectable is None else points(pair.detectable),
    }


def _family(report: ChoiceReport) -> str:
    if not report.pairs:
        return "Only one row was asked, so nothing can be compared."
    count = len(report.pairs)
    for_all = f" and adjusted by Holm's method for all {count} pairs" if count > 1 else ""
    return (
        f"Each pair on the same {plural(len(report.choice.examples), 'question')}. Intervals are for one pair alone, "
        f"by a bootstrap{' by picture' if report.has_clusters else ''}; p-values are of the {report.pairs[0].test}"
        f"{for_all}. What “would show” is the true difference that so many questions show four times out of five."
    )


def _sure(figures: RowFigures) -> dict[str, str]:
    told = figures.selective
    half = told.at(0.5)
    safe = told.within(RISK_GOAL)
    return {
        "name": figures.row.name,
        "answered": f"{told.answered} of {told.n}",
        "risk": percent(told.risk.mean) if told.risk else "",
        "half": "fewer than half answered" if half is None else percent(half.risk),
        "safe": "none surely"
        if safe is None
        else f"{percent(safe.coverage)}, from a confidence of {safe.confidence:.2f}",
        "area": "" if told.area is None else percent(told.area),
    }


def _risks(report: ChoiceReport) -> list[dict[str, Any]]:
    """Return the drawings of risk against coverage, one for each row with confidences."""
    rows = [(number, own) for number, own in enumerate(report.figures, 1) if own.selective.points]
    top = top_risk([own.selective for _, own in rows])
    return [risk_plot(own.selective, own.row.name, f"risk-{number}", top, RISK_GOAL) for number, own in rows]


def _settings(number: int, figures: RowFigures) -> dict[str, Any]:
    row = figures.row
    pairs = [("kind", row.kind), ("price", row.price), ("questions at once", str(row.concurrency))]
    pairs += [(str(name), _value(value)) for name, value in row.settings.items()]
    return {"number": number, "name": row.name, "pairs": pairs}


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
