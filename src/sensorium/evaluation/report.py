"""The report of a comparison: sentences, and one self-contained page, for screen readers first.

Headings, tables with captions, words wherever a colour says something; the page's markup lies in `templates/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sensorium.core.errors import MediaError
from sensorium.core.messages import Image, Text, kind
from sensorium.evaluation.comparison import (
    BETTER,
    BOTH_RIGHT,
    BOTH_WRONG,
    EQUAL,
    NEWLY_RIGHT,
    NEWLY_WRONG,
    WORSE,
    Comparison,
    ConditionResult,
    failures_in_words,
    signed,
)
from sensorium.evaluation.judge import LOSS, NO_VERDICT, TIE, WIN, Verdicts
from sensorium.evaluation.statistics import Interval
from sensorium.media.page import PageImage, page_image, render
from sensorium.tasks.task import Example

_TEMPLATE = Path(__file__).parent / "templates" / "report.html"
_IMAGE_SIDE = 256
_ORDER = (NEWLY_RIGHT, NEWLY_WRONG, BETTER, WORSE, BOTH_WRONG, BOTH_RIGHT, EQUAL)
_STYLES = {NEWLY_RIGHT: "good", BETTER: "good", NEWLY_WRONG: "bad", WORSE: "bad"}
_WIDTH, _LEFT, _RIGHT, _ROW, _TITLE, _MAX_TITLE = 400, 12, 388, 46, 42, 44


@dataclass(frozen=True)
class EvaluationReport:
    """What a page or a terminal shows.

    Args:
        title: The page's heading.
        comparison: What was compared; its answers are the samples.
        others: Heading -> further comparisons of the same conditions.
        advice: What follows from the figures, the most important first.
        verdicts: A judge's, or None.
        notes: What a reader must know of the figures.
        settings: How it was measured, name -> words.
        method: The same as sentences.
    """

    title: str
    comparison: Comparison
    others: Mapping[str, Comparison] = field(default_factory=dict)
    advice: tuple[str, ...] = ()
    verdicts: Verdicts | None = None
    notes: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    method: str = ""

    def lines(self) -> list[str]:
        """Return the report as sentences, one a line."""
        out = self.comparison.lines()
        for heading, comparison in self.others.items():
            out += [f"{heading}.", *comparison.lines()]
        out += self.verdicts.lines() if self.verdicts is not None else []
        return [*out, *self.advice, *self.notes]


def page(report: EvaluationReport, max_samples: int = 24) -> str:
    """Return the report as one HTML page.

    Args:
        report: What was measured.
        max_samples: The most examples that are shown, about as many of each outcome.
    """
    compared = report.comparison
    sections = [("words", "In words"), ("scores", "Scores")]
    sections += [(f"comparison-{number}", heading) for number, heading in enumerate(report.others, 1)]
    sections += [("judge", "A judge's view")] * (report.verdicts is not None)
    sections += [("samples", "Samples side by side"), ("how", "How it was measured")]
    first, second, *others = [result.name for result in compared.results]
    more = f"; a triangle: {', '.join(others)}" if others else ""
    shown = {"Scores": compared, **report.others}
    groups = [(f"{table.name} ({table.metrics[0]})", _scores(table)) for table in shown.values()]
    return render(
        _TEMPLATE,
        title=report.title,
        report=report,
        sections=sections,
        tables={heading: _tables(table) for heading, table in shown.items()},
        plot=score_plot(groups, "plot"),
        legend=f"A ring: {first}; a square: {second}{more}.",
        verdicts=_verdicts(report) if report.verdicts is not None else None,
        samples=_samples(report, max_samples),
    )


def score_plot(groups: Sequence[tuple[str, Sequence[tuple[str, Interval]]]], name: str) -> dict[str, Any]:
    """Return the coordinates of a drawing: a mark at each mean, a line along its interval, one scale from 0 to 1.

    Args:
        groups: Title -> names with their scores, from top to bottom.
        name: Different from that of any other drawing on the page.
    """
    titles, rows, y = [], [], 0
    for title, scores in groups:
        y += _TITLE
        titles.append((y - 16, title if len(title) <= _MAX_TITLE else f"{title[: _MAX_TITLE - 1]}…"))
        for place, (label, score) in enumerate(scores):
            y += _ROW
            low, mean, high = (round(_x(value), 1) for value in (score.low, score.mean, score.high))
            rows.append(
                {"label": label, "score": score, "y": y - 12, "low": low, "mean": mean, "high": high, "place": place}
            )
    words = " ".join(f"{title}: {'; '.join(f'{label} {score}' for label, score in rows)}." for title, rows in groups)
    ticks = [(_x(tick), f"{tick:g}") for tick in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return {"id": name, "width": _WIDTH, "height": y + 26, "bottom": y, "left": _LEFT, "right": _RIGHT,
            "titles": titles, "rows": rows, "ticks": ticks, "words": words}  # fmt: skip


def _x(value: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, value))


def _scores(compared: Comparison) -> list[tuple[str, Interval]]:
    return [(result.name, result.score(compared.metrics[0])) for result in compared.results]


def _tables(compared: Comparison) -> list[dict[str, Any]]:
    """Return a table a metric, and one of what answers cost."""
    asked = f"{compared.name}, {len(compared.examples)} examples"
    tables = []
    for metric in compared.metrics:
        decides = metric == compared.metrics[0]
        columns = ["Condition", "Score, 95 % interval", f"Over the {compared.baseline.name}"]
        rows = []
        for result in compared.results:
            row = [result.name, str(result.score(metric))]
            if result is compared.baseline:
                row += ["baseline", "baseline"]
            else:
                row += [signed(compared.difference(result.name, "", metric)), compared.evidence(result.name)]
            rows.append(row if decides else row[:3])
        columns += ["Evidence"] * decides
        tables.append({"caption": f"{asked}, scored by {metric}", "columns": columns, "rows": rows})
    costs = [_costs(result, len(compared.examples)) for result in compared.results]
    columns = ["Condition", "Seconds an answer", "Tokens a question", "Failures"]
    return [*tables, {"caption": f"Cost of {asked}", "columns": columns, "rows": costs}]


def _costs(result: ConditionResult, n: int) -> list[str]:
    figures = [
        "unknown" if value is None else f"{value:.{digits}f}"
        for value, digits in ((result.seconds, 2), (result.input_tokens, 0))
    ]
    return [result.name, *figures, failures_in_words(result.failures, n) if result.failures else "none"]


def _verdict_words(report: EvaluationReport) -> dict[str, str]:
    baseline, compared = (result.name for result in report.comparison.results[:2])
    return {
        WIN: f"The {compared} answer is better",
        TIE: "Tie",
        LOSS: f"The {baseline} answer is better",
        NO_VERDICT: "No verdict",
    }


def _verdicts(report: EvaluationReport) -> dict[str, Any]:
    assert report.verdicts is not None
    rows = [(words, str(report.verdicts.count(verdict))) for verdict, words in _verdict_words(report).items()]
    return {"caption": f"Verdicts of {report.verdicts.judge}", "columns": ("Verdict", "Examples"), "rows": rows}


def _samples(report: EvaluationReport, max_samples: int) -> list[dict[str, Any]]:
    outcomes = report.comparison.outcomes()
    change = report.comparison.differences(report.comparison.results[1].name)
    kinds = [outcome for outcome in _ORDER if outcome in outcomes]
    groups = []
    for index, outcome in enumerate(kinds):
        places = [place for place, own in enumerate(outcomes) if own == outcome]
        shown = sorted(places, key=lambda place: -abs(change[place]))[: -(-max_samples // (len(kinds) - index))]
        max_samples -= len(shown)
        if shown:
            heading = f"{outcome.capitalize()}: {len(places)} of {len(outcomes)} examples, {len(shown)} shown"
            groups.append({"heading": heading, "samples": [_sample(report, place, outcome) for place in shown]})
    return groups


def example_media(example: Example, max_side: int = _IMAGE_SIDE) -> tuple[list[PageImage], list[str]]:
    """Return an example's pictures for a page, and a line for each part that can't be shown as one."""
    images, media = [], []
    for count, part in enumerate((p for p in example.conversation.parts if not isinstance(p, Text)), 1):
        caption = example.captions[count - 1] if count <= len(example.captions) else ""
        try:
            if isinstance(part, Image):
                images.append(page_image(part, f"Picture {count}", caption, max_side))
            else:
                media.append(f"[{kind(part)}{f': {caption}' if caption else ''}]")
        except MediaError as error:
            media.append(f"Picture {count} can't be opened: {error.message}")
    return images, media


def _sample(report: EvaluationReport, place: int, outcome: str) -> dict[str, Any]:
    compared, example = report.comparison, report.comparison.examples[place]
    images, media = example_media(example)
    question = "\n".join(message.text for message in example.conversation.messages if message.text)
    pairs = [("Question", question), ("Right answer", " / ".join(dict.fromkeys(example.answers)))]
    pairs += [(_heading(compared, result, place), result.texts[place]) for result in compared.results]
    if report.verdicts is not None:
        pairs.append(("The judge", _verdict_words(report)[report.verdicts.verdicts[place]]))
    return {
        "id": f"sample-{place + 1}",
        "name": f"Example {place + 1}" + (f", {example.id}" if example.id else ""),
        "outcome": outcome.capitalize(),
        "style": _STYLES.get(outcome, "same"),
        "images": images,
        "media": media,
        "pairs": pairs,
    }


def _heading(compared: Comparison, result: ConditionResult, place: int) -> str:
    metric = compared.metrics[0]
    score = result.scores[metric][place]
    right_or_wrong = all(value in (0, 1) for other in compared.results for value in other.scores[metric])
    verdict = ("wrong", "right")[int(score)] if right_or_wrong else f"score {score:.2f}"
    return f"{result.name[0].upper()}{result.name[1:]}, {verdict}"
