"""Answering without a language model: what does the question ask for, look there, say what was seen and how sure.

`answer` is the whole of it; `ANSWERERS` has a function for each kind of question, the modules one family each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from sensorium.eyes.answers import charts, photo, presence, several, text, things
from sensorium.eyes.answers.answer import MIN_CONFIDENCE, SURE, Answer, cannot_tell
from sensorium.eyes.answers.image_view import ImageView
from sensorium.eyes.charts import Table
from sensorium.eyes.charts.arithmetic import labels_in
from sensorium.eyes.question import Question, is_english_script, parse
from sensorium.eyes.question.priors import load_priors
from sensorium.eyes.question.thing_terms import content_words, names_code

__all__ = ["ANSWERERS", "MIN_CONFIDENCE", "SURE", "Answer", "ImageView", "answer"]

_GUESS_BELOW = MIN_CONFIDENCE - 0.15  # here an answer is told as a guess, not given
_REASONS = {
    "people": "I can't recognise people, or tell what they feel or do.",
    "safety": "I can't tell from a picture whether something is safe; ask a person you trust.",
    "position": "I can't tell where things are in relation to each other.",
    "language": "I read text as it stands, but can't translate or explain it.",
    "opinion": "That is a matter of taste or advice, and I have neither.",
    "event": "I can't tell what is happening or why: I only name, read, count and measure.",
    "creation": "I only look at pictures: I can't make, change or send anything.",
}
_UNABLE = "I can't tell that by reading, naming, counting or measuring."
_NOT_UNDERSTOOD = (
    "I did not understand what to look for. Ask what it says, what it is, what colour it is, or how many there are."
)


def decline(view: ImageView, question: Question) -> Answer:
    """Say why a question is declined, in one sentence."""
    reason = _REASONS[question.reason] if question.reason else _UNABLE if question.understood else _NOT_UNDERSTOOD
    return cannot_tell(reason, suggest_model=question.reason != "safety")


ANSWERERS: dict[str, Callable[[ImageView, Question], Answer]] = {
    "read": text.read,
    "field": text.field,
    "barcode": text.barcode,
    "name": things.name,
    "presence": presence.presence,
    "count": things.count,
    "describe": things.describe,
    "colour": photo.colour,
    "quality": photo.quality,
    "chart": charts.chart,
    "decline": decline,
}
"""Kind of question -> the function that answers it about one image."""


def answer(views: Sequence[ImageView], message: str) -> Iterator[Answer]:
    """Answer a message about images, one `Answer` for each question in it.

    Args:
        views: The images; with none it says so.
        message: English; empty asks for a description.

    Raises:
        MediaError: when an image cannot be opened.
        InstallError: when the offline extra is not installed.
    """
    if not views:
        yield cannot_tell("I got no picture to look at.")
    elif message.strip() and not is_english_script(message):
        yield cannot_tell("I understand questions in English only.", suggest_model=True)
    else:
        for question in _questions(views, message) if message.strip() else (Question("describe", ""),):
            answered = _hedged(_answer(views, question).times(question.probability))
            yield replace(answered, suggest_model=answered.suggest_model and not question.sensitive)


def _questions(views: Sequence[ImageView], message: str) -> tuple[Question, ...]:
    """Parse a message as it is meant before these images.

    With a chart before one's eyes "how many" means its numbers; words that the image holds are asked for.
    """
    priors = load_priors()
    chartlike = max(view.chartlike for view in views)
    odds: Mapping[str, float] = {}
    if chartlike >= priors.chart_from:
        odds = priors.chart
    elif chartlike < priors.no_chart_below:
        odds = priors.no_chart
    if any(isinstance(view.table, Table) and labels_in(view.table, message) for view in views):
        odds = priors.label_named
    elif names_code(message.casefold()) and any(code.valid for view in views for code in view.codes):
        odds = {**odds, **priors.code_named}
    questions = parse(message, odds)
    doubtful = [q for q in questions if q.kind == "decline" and q.probability < priors.declined_from]
    written = any(_holds_word(view, question.text) for view in views for question in doubtful)
    if written and chartlike < priors.chart_from:
        return parse(message, {**odds, **priors.word_named})
    return questions


def _holds_word(view: ImageView, text: str) -> bool:
    """Whether the image holds a word of a text, longer than the ordinary ones."""
    words = content_words(text)
    return any(words & content_words(line.text) for line in view.sure_lines)


def _answer(views: Sequence[ImageView], question: Question) -> Answer:
    answerer = ANSWERERS[question.kind]
    if len(views) == 1:
        return answerer(views[0], question)
    return several.answer_several(views, question, answerer)


def _hedged(answer: Answer) -> Answer:
    """Put the doubt in words too: who hears an answer does not see its number."""
    if answer.confidence is None or answer.confidence >= SURE:
        return answer
    if answer.confidence < _GUESS_BELOW:
        guess = answer.text.rstrip(".")
        return cannot_tell(
            f"I am not sure that I understood, or saw, that rightly. My guess: {guess}.", answer.evidence, True
        )
    words = answer.text.rstrip()
    end = "" if words.endswith((".", "!", "?")) else "."
    return replace(answer, text=f"{words}{end} I am not sure of this.")
