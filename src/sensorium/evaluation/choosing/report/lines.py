"""The lines of a comparison for a terminal: the recommendation first, then a line for each row, then the pairs."""

from __future__ import annotations

from sensorium.evaluation.choosing.amounts import (
    about,
    memory,
    p_value,
    percent_interval,
    plural,
    points,
    points_interval,
    seconds,
    usd,
)
from sensorium.evaluation.choosing.figures import RowFigures
from sensorium.evaluation.choosing.pairs import RowPair
from sensorium.evaluation.choosing.pareto import BEATEN, ON_FRONT
from sensorium.evaluation.choosing.recommend import limits_in_words
from sensorium.evaluation.choosing.report.findings import ChoiceReport

RISK_GOAL = 0.05
"""Beside each row's confidences stands how many questions it could answer with at most so many wrong ones."""


def lines(report: ChoiceReport) -> list[str]:
    """Return the report as sentences."""
    choice, advice = report.choice, report.recommendation
    limits = limits_in_words(choice.limits)
    pictures = f" on {plural(len(set(choice.clusters)), 'picture')}" if report.has_clusters else ""
    out = [f"{choice.task}: {plural(len(choice.examples), 'question')}{pictures}, scored by {choice.metric}."]
    out += [f"Your limits: {limits}."] if limits else []
    out += [advice.headline, *(f"  {sentence}" for sentence in advice.sentences), "Rows, with 95 % intervals:"]
    out += [f"  {row_line(report, figures)}" for figures in report.figures]
    if report.pairs:
        out += [f"Pairs, question by question ({report.pairs[0].test}, Holm over {plural(len(report.pairs), 'pair')}):"]
        out += [f"  {pair_line(pair)}" for pair in report.main_pairs]
    if left := len(report.pairs) - len(report.main_pairs):
        out += [f"  {plural(left, 'other pair')}: see the page or JSON"]
    return [*out, *choice.notes]


def row_line(report: ChoiceReport, figures: RowFigures) -> str:
    """Return a row's figures in one line."""
    row = figures.row
    parts = [f"accuracy {percent_interval(figures.accuracy)}"]
    if figures.usd_per_1000 is None:
        parts.append("price unknown")
    else:
        parts.append(f"{usd(figures.usd_per_1000)} for 1,000 questions ({row.price})")
    parts += [words for words in (seconds_words(figures), tokens_words(figures)) if words]
    if row.peak_memory_bytes is not None:
        parts.append(f"{memory(row.peak_memory_bytes)} of memory at most")
    if figures.joules is not None:
        parts.append(f"{figures.joules:.1f} J a question")
    if figures.abstained:
        parts.append(f"declined {figures.abstained}")
    if figures.failures:
        parts.append(f"failed {failures_words(figures)}")
    fronts = [axis for axis, places in report.fronts.items() if row.name in places]
    on = [axis for axis in fronts if report.fronts[axis][row.name].place == ON_FRONT]
    beaten = [axis for axis in fronts if report.fronts[axis][row.name].place == BEATEN]
    parts += [f"on the front of accuracy and {' and '.join(on)}"] if on else []
    parts += [f"beaten in accuracy and {' and '.join(beaten)}"] if beaten else []
    return f"{row.name}: {'; '.join(parts)}"


def pair_line(pair: RowPair) -> str:
    """Return a pair in one line."""
    verb = "only {} right {}" if pair.spread.right_or_wrong else "{} better {}"
    counts = f"{verb.format(pair.first, pair.only_first)}, {verb.format(pair.second, pair.only_second)}"
    shown = f"{points_interval(pair.difference)}, {counts}, {p_value(pair.p)}"
    return f"{pair.first} against {pair.second}: {shown}; {verdict(pair)}"


def verdict(pair: RowPair) -> str:
    """Return what a pair shows, and what would settle it."""
    if pair.is_settled:
        return f"{pair.first} is better"
    smallest = pair.detectable
    if smallest is None:
        return "can't be told: all answers are equally right"
    needed = pair.needed()
    if needed is None and not pair.difference.mean:
        return f"can't be told; {points(smallest)} would show"
    count = about(None if needed is None else max(needed, len(pair.scores) + 1))
    return f"can't be told; {points(smallest)} would show, or {count} questions"


def seconds_words(figures: RowFigures) -> str:
    """Return when the first and the last word came, or ""."""
    if figures.p50 is None:
        return ""
    first = ""
    if figures.first_p50 is not None:
        first = f", first word {seconds(figures.first_p50)} (p95 {seconds(figures.first_p95)})"
    at_once = f", {figures.row.concurrency} at once" if figures.row.concurrency > 1 else ""
    return f"{seconds(figures.p50)} (p95 {seconds(figures.p95)}){first}{at_once}"


def tokens_words(figures: RowFigures) -> str:
    """Return the tokens of a question, or ""."""
    words = {
        "input_tokens": "in",
        "cached_tokens": "of it cached",
        "output_tokens": "out",
        "thinking_tokens": "of it thinking",
    }
    shown = [f"{figures.tokens[name]:,.0f} {word}" for name, word in words.items() if figures.tokens.get(name)]
    return f"tokens a question: {', '.join(shown)}" if shown else ""


def failures_words(figures: RowFigures) -> str:
    """Return how many questions failed, by kind."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in figures.failures.items())
    return f"{figures.failed} ({kinds})"
