"""The questions that the rows answered differently, side by side with their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sensorium.core.messages import Text
from sensorium.evaluation.choosing.amounts import plural
from sensorium.evaluation.choosing.model_row import AnswerRow
from sensorium.evaluation.choosing.report.findings import ChoiceReport
from sensorium.evaluation.report import example_media


def compared_pair(report: ChoiceReport) -> tuple[str, str] | None:
    """Return the rows whose difference matters most: the best and what is taken, else the two most accurate."""
    advice = report.recommendation
    if advice.best and advice.take and advice.best != advice.take:
        return advice.best, advice.take
    if not report.pairs:
        return None
    own = [pair for pair in report.pairs if advice.best in (pair.first, pair.second)] or list(report.pairs)
    return own[0].first, own[0].second


def differing_questions(report: ChoiceReport, max_questions: int) -> list[dict[str, Any]]:
    """Return groups of questions for a template: those that only the one of the two main rows got right, then others.

    Args:
        report: The report.
        max_questions: The most that are shown in all, of each group about as many.
    """
    groups = _groups(report)
    out, left = [], max_questions
    for index, (heading, places) in enumerate(groups):
        shown = _spread_out(places, -(-left // (len(groups) - index)))
        left -= len(shown)
        if shown:
            count = f"{plural(len(places), 'question')}, {len(shown)} shown"
            out.append({"heading": f"{heading}: {count}", "questions": [_question(report, place) for place in shown]})
    return out


def _groups(report: ChoiceReport) -> list[tuple[str, list[int]]]:
    choice, pair = report.choice, compared_pair(report)
    scores = [row.scores for row in choice.rows]
    differ = [place for place in range(len(choice.examples)) if len({own[place] for own in scores}) > 1]
    groups: list[tuple[str, list[int]]] = []
    if pair is not None:
        verb = "was right" if report.right_or_wrong else "was better"
        for first, second in (pair, pair[::-1]):
            ahead, behind = choice.row(first).scores, choice.row(second).scores
            only = [place for place in differ if ahead[place] > behind[place]]
            groups.append((f"{first} {verb}, {second} was not", only))
    shown = {place for _, places in groups for place in places}
    groups.append(("The other questions that rows answered differently", [p for p in differ if p not in shown]))
    return [(heading, places) for heading, places in groups if places]


def _spread_out(places: Sequence[int], count: int) -> list[int]:
    """Return so many of the places, at equal distances: not only the first ones of a task."""
    if count >= len(places):
        return list(places)
    return [places[index * len(places) // count] for index in range(count)]


def _question(report: ChoiceReport, place: int) -> dict[str, Any]:
    example = report.choice.examples[place]
    images, media = example_media(example)
    messages = [
        " ".join(part.text for part in message.parts if isinstance(part, Text))
        for message in example.conversation.messages
    ]
    return {
        "id": f"question-{place + 1}",
        "name": f"Question {place + 1}" + (f", {example.id}" if example.id else ""),
        "images": images,
        "media": media,
        "question": "\n".join(text for text in messages if text),
        "right": " / ".join(dict.fromkeys(example.answers)),
        "answers": _answers(report, place),
    }


def _answers(report: ChoiceReport, place: int) -> list[dict[str, Any]]:
    """Return each different answer once, with the rows that gave it; right ones first."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in report.choice.rows:
        answer = row.answers[place]
        sure = "" if answer.confidence is None else f" ({answer.confidence:.0%} sure)"
        groups.setdefault((*_mark(report, answer), answer.text), []).append(f"{row.name}{sure}")
    ordered = sorted(groups.items(), key=lambda item: item[0][1] != "good")
    return [{"mark": mark, "style": style, "text": text, "rows": rows} for (mark, style, text), rows in ordered]


def _mark(report: ChoiceReport, answer: AnswerRow) -> tuple[str, str]:
    """Return what became of an answer: in words, and the style of these."""
    if answer.failure:
        return f"failed: {answer.failure}", "failed"
    if answer.abstained and not answer.score:
        return "declined", "declined"
    if report.right_or_wrong:
        return ("right", "good") if answer.score else ("wrong", "bad")
    return f"score {answer.score:.2f}", "good" if answer.score >= 0.5 else "bad"
