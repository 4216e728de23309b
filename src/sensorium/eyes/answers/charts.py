"""Answers over a bar chart: the question's labels and operation, done as exact arithmetic over the table."""

from __future__ import annotations

import re

from sensorium.core.errors import InputError
from sensorium.eyes.answers.answer import Said, cannot_tell
from sensorium.eyes.answers.image_view import Look
from sensorium.eyes.charts import Refusal, Table
from sensorium.eyes.charts.arithmetic import calculate, format_value, labels_in

_LESS = re.compile(r"\b(?:less|lower|smaller|fewer|under|below|worse|shorter|behind|least|little)\b")
_WHICH = re.compile(r"\b(?:which|who|what|where)\b")
_TOP = re.compile(r"\b(?:highest|largest|biggest|tallest|longest|max\w*|top|most|best|greatest|peak)\b")
_LOW = re.compile(r"\b(?:lowest|smallest|shortest|min\w*|bottom|least|fewest|worst)\b")
_ORDINALS = {
    "first": 0, "1st": 0, "leftmost": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3,
    "fifth": 4, "5th": 4, "sixth": 5, "6th": 5, "seventh": 6, "eighth": 7, "last": -1, "rightmost": -1, "final": -1,
}  # fmt: skip
_BOUND = re.compile(
    r"\b(?:(above|over|more than|higher than|greater than|exceed\w*|at least)"
    r"|(below|under|less than|lower than|fewer than|smaller than|at most))\s+(?:the\s+)?(?:(average|mean)|(-?[\d.,]+))"
)
_AXIS = re.compile(r"\b(?:(x|horizontal|bottom)|(y|vertical|left))[ -]?axis\b")
_TIMES = re.compile(
    r"how many times (?!is\b|are\b|was\b|more\b|less\b|as\b|(?:bigg|high|low|great|larg|small|tall|long|short)er\b"
    r"|does\b|do\b|over\b)[^?]*? (?:is|are|was|were)\b"
)
_DOUBT = 0.3  # what is left of the doubt about an operation whose own word is in the question
_NEED = {"value": 1, "difference": 2, "ratio": 2, "comparison": 2}


_PLAIN = {  # words that leave no doubt about an operation
    "sum": r"\bsum\b|add(?:ed)? up|altogether|combined",
    "mean": r"\baverage\b|\bmean\b",
    "max": _TOP.pattern,
    "min": _LOW.pattern,
    "difference": r"\bdiffer\w*|how much (?:more|less|higher|lower|larger|smaller|bigger)|by how much|\bgap\b",
    "ratio": r"\bratio\b|how many times|times as",
    "trend": r"\btrend\b|going up|going down|rising|falling|over time",
    "table": r"\btable\b|all (?:the )?(?:values|numbers|bars)",
}


def over_chart(look: Look, operation: str, clause: str, question: str, probability: float = 1.0) -> Said:
    """Answer a question over the chart in the picture; `probability` is that of the operation."""
    said = _answered(look, operation, clause, question)
    plain = [name for name, pattern in _PLAIN.items() if re.search(pattern, clause.casefold())]
    if plain == [operation]:
        probability = 1 - _DOUBT * (1 - probability)
    return said.times(probability)


def _answered(look: Look, operation: str, clause: str, question: str) -> Said:
    table = look.table
    if isinstance(table, Refusal):
        if table.confidence < 0.2:
            return cannot_tell("I see no bar chart in the picture.", limit=True)
        return cannot_tell(table.reason, limit=True)
    text = clause.casefold()
    axis = _AXIS.search(text)
    if axis:
        return _axis(look, table, upright=bool(axis[1]))
    if re.search(r"\b(?:title|called|heading|about)\b", text) and operation in ("value", "table") and table.title:
        return Said(f'The title is "{table.title}".', table.confidence, literal=True)
    labels = _labels(table, clause, question)
    bound = _BOUND.search(text)
    if bound and not labels:
        return _beyond(look, table, bound)
    if operation == "count" and labels:
        operation = "value"
    operation, labels = _meant(table, operation, labels, text)
    try:
        result = calculate(table, operation, labels)
    except InputError:
        if operation == "value":
            return cannot_tell(f"I don't know which bar you mean. The bars are {', '.join(table.categories)}.")
        return cannot_tell(f"I don't know which two bars you mean. The bars are {', '.join(table.categories)}.")
    evidence = look.chart_evidence(table, result.labels)
    if not result.numbers:
        return cannot_tell(result.sentence, evidence)
    return Said(result.sentence, table.confidence, evidence)


def _labels(table: Table, clause: str, question: str) -> tuple[str, ...]:
    """Return the labels that are named, or pointed at by their place: "the third bar", "the last"."""
    named = labels_in(table, clause) or labels_in(table, question)
    if named:
        return named
    places = [_ORDINALS[word] for word in re.findall(r"\w+", clause.casefold()) if word in _ORDINALS]
    inside = [place for place in places if -1 <= place < len(table.categories)]
    return tuple(dict.fromkeys(table.categories[place] for place in inside))


def _meant(table: Table, operation: str, labels: tuple[str, ...], text: str) -> tuple[str, tuple[str, ...]]:
    """Mend what a classifier of operations can't know without the table."""
    need = _NEED.get(operation, 0)
    if operation == "ratio" and len(labels) == 2 and _TIMES.search(text):
        return operation, labels[::-1]  # how many times Monday is Tuesday: Tuesday divided by Monday
    top, low = _TOP.search(text), _LOW.search(text)
    if len(labels) < need and (top or low):
        order = sorted(zip(table.values, table.categories, strict=True))
        if operation == "value":
            return ("max" if top else "min"), ()
        ends = (order[-1][1], order[0][1])
        if top and low:
            return operation, ends if top.start() < low.start() else ends[::-1]
        if len(labels) == 1:
            other = ends[0] if top else ends[1]
            return operation, (labels[0], other) if other != labels[0] else labels
    if operation == "comparison" and len(labels) >= 2:
        if _WHICH.search(text):
            return ("min" if _LESS.search(text) else "max"), labels
        if _LESS.search(text):
            return operation, (labels[1], labels[0])
    if need == 2 and len(labels) == 1:
        return "value", labels
    if operation == "value" and not labels and len(table.categories) == 1:
        return operation, table.categories
    return operation, labels


def _axis(look: Look, table: Table, upright: bool) -> Said:
    found = table.x_name if upright else table.y_name
    which = "horizontal" if upright else "vertical"
    if not found:
        return cannot_tell(f"I can read no name at the {which} axis.")
    return Said(f'The {which} axis says "{found}".', table.confidence, literal=True)


def _beyond(look: Look, table: Table, bound: re.Match[str]) -> Said:
    over = bound[1] is not None
    limit = sum(table.values) / len(table.values) if bound[3] else float(bound[4].rstrip(".,").replace(",", ""))
    pairs = zip(table.categories, table.values, strict=True)
    found = [label for label, value in pairs if (value > limit if over else value < limit)]
    near = sum(abs(value - limit) <= table.resolution for value in table.values)
    listed = f": {', '.join(found)}" if found else ""
    bars = "bar is" if len(found) == 1 else "bars are"
    text = f"{len(found)} {bars} {'above' if over else 'below'} {format_value(table, limit)}{listed}."
    return Said(text, table.confidence * 0.7**near, look.chart_evidence(table, found), literal=True)
