"""Answers over a chart: the question's labels and operation, done as exact arithmetic over the table."""

from __future__ import annotations

from dataclasses import replace

from sensorium.core.errors import InputError
from sensorium.eyes.answers.answer import Answer, cannot_tell
from sensorium.eyes.answers.image_view import ImageView
from sensorium.eyes.charts import Refusal, Table
from sensorium.eyes.charts.arithmetic import calculate, format_value, labels_in
from sensorium.eyes.question import Question

_MIN_CHARTLIKE = 0.2  # below this probability of a chart a refusal's own reason would mislead
_NEAR_BOUND = 0.7  # chance left for each value that lies within a pixel of the bound
_LABELS_NEEDED = {"value": 1, "difference": 2, "ratio": 2, "comparison": 2}


def chart(view: ImageView, question: Question) -> Answer:
    """Answer a question over the chart in the image."""
    return _answer(view, question).times(question.operation_probability)


def count_bars(view: ImageView, question: Question) -> Answer:
    """Answer "how many …" before a chart: the number of bars, or the value of the label that is named."""
    return chart(view, replace(question, operation="count"))


def _answer(view: ImageView, question: Question) -> Answer:
    table = view.table
    if isinstance(table, Refusal):
        reason = "I see no bar chart in the picture." if table.confidence < _MIN_CHARTLIKE else table.reason
        return cannot_tell(reason, suggest_model=True)
    if question.axis:
        return _axis(table, question.axis)
    operation = question.operation or "table"
    if question.title and operation in ("value", "table") and table.title:
        return Answer(f'The title is "{table.title}".', table.confidence, literal=True)
    labels = _labels(table, question)
    if question.bound and not labels:
        above = question.bound.above
        limit = question.bound.value
        return _beyond(view, table, above, sum(table.values) / len(table.values) if limit is None else limit)
    if operation == "count" and labels:
        operation = "value"
    operation, labels = _resolved(table, operation, labels, question)
    try:
        result = calculate(table, operation, labels)
    except InputError:
        which = "which bar" if operation == "value" else "which two bars"
        return cannot_tell(f"I don't know {which} you mean. The bars are {', '.join(table.categories)}.")
    evidence = view.chart_evidence(table, result.labels)
    if not result.numbers:
        return cannot_tell(result.sentence, evidence)
    return Answer(result.sentence, table.confidence, evidence)


def _labels(table: Table, question: Question) -> tuple[str, ...]:
    """Return the labels that are named, or pointed at by their place: "the third bar", "the last"."""
    named = labels_in(table, question.text) or labels_in(table, question.message)
    inside = [place for place in question.ordinals if place < len(table.categories)]
    return named or tuple(dict.fromkeys(table.categories[place] for place in inside))


def _resolved(table: Table, operation: str, labels: tuple[str, ...], question: Question) -> tuple[str, tuple[str, ...]]:
    """Return the operation and the labels as they are meant over this table."""
    needed = _LABELS_NEEDED.get(operation, 0)
    if operation == "ratio" and len(labels) == 2 and question.divides:
        return operation, labels[::-1]
    if len(labels) < needed and question.extremes:
        if operation == "value":
            return ("max" if "max" in question.extremes else "min"), ()
        order = sorted(zip(table.values, table.categories, strict=True))
        ends = {"max": order[-1][1], "min": order[0][1]}
        if len(question.extremes) == 2:
            return operation, tuple(ends[extreme] for extreme in question.extremes)
        if len(labels) == 1:
            other = ends[question.extremes[0]]
            return operation, (labels[0], other) if other != labels[0] else labels
    if operation == "comparison" and len(labels) >= 2:
        less = question.comparison == "less"
        if question.which:
            return ("min" if less else "max"), labels
        if less:
            return operation, (labels[1], labels[0])
    if needed == 2 and len(labels) == 1:
        return "value", labels
    if operation == "value" and not labels and len(table.categories) == 1:
        return operation, table.categories
    return operation, labels


def _axis(table: Table, axis: str) -> Answer:
    name, which = (table.x_name, "horizontal") if axis == "x" else (table.y_name, "vertical")
    if not name:
        return cannot_tell(f"I can read no name at the {which} axis.")
    return Answer(f'The {which} axis says "{name}".', table.confidence, literal=True)


def _beyond(view: ImageView, table: Table, above: bool, limit: float) -> Answer:
    pairs = zip(table.categories, table.values, strict=True)
    labels = [label for label, value in pairs if (value > limit if above else value < limit)]
    near = sum(abs(value - limit) <= table.resolution for value in table.values)
    listed = f": {', '.join(labels)}" if labels else ""
    bars = "bar is" if len(labels) == 1 else "bars are"
    text = f"{len(labels)} {bars} {'above' if above else 'below'} {format_value(table, limit)}{listed}."
    return Answer(text, table.confidence * _NEAR_BOUND**near, view.chart_evidence(table, labels), literal=True)
