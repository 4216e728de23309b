"""Several images: the same question about each, or which of them it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sensorium.eyes.answers.answer import Answer, cannot_tell
from sensorium.eyes.answers.image_view import ImageView
from sensorium.eyes.question import Question
from sensorium.eyes.question.question import Ranking

_MIN_LEAD = 0.15  # in probability, for one image to be ranked before another


def answer_several(
    views: Sequence[ImageView], question: Question, answerer: Callable[[ImageView, Question], Answer]
) -> Answer:
    """Answer a question over several images: which of them, or one after the other."""
    if question.compares_images:
        return cannot_tell("I look at each picture by itself and can't compare what they show.", suggest_model=True)
    if question.which_image and question.ranking and question.kind in ("quality", "decline", "name"):
        return _ranked(views, question.ranking)
    answers = [answerer(view, question) for view in views]
    evidence = tuple(seen for answer in answers for seen in answer.evidence)
    confidences = [answer.confidence for answer in answers if answer.confidence is not None]
    which = question.which_image and question.kind == "presence"
    if which and len(confidences) == len(answers):
        return Answer(_those(answers), min(confidences), evidence)
    text = "\n".join(f"Picture {number}: {answer.text}" for number, answer in enumerate(answers, 1))
    if which or not confidences:
        return cannot_tell(text, evidence, any(answer.suggest_model for answer in answers))
    return Answer(text, min(confidences), evidence)


def _ranked(views: Sequence[ImageView], ranking: Ranking) -> Answer:
    chances = [view.faults[ranking.fault] for view in views]
    order = sorted(range(len(views)), key=lambda i: -chances[i] if ranking.descending else chances[i])
    evidence = tuple(
        view.evidence("quality", f"{ranking.fault}: {chance:.0%} likely", max(chance, 1 - chance))
        for view, chance in zip(views, chances, strict=True)
    )
    lead = abs(chances[order[0]] - chances[order[1]])
    if lead < _MIN_LEAD:
        return cannot_tell("I see no clear difference between them in that.", evidence)
    return Answer(f"Picture {order[0] + 1}.", 0.5 + lead / 2, evidence)


def _those(answers: Sequence[Answer]) -> str:
    yes = [str(number) for number, answer in enumerate(answers, 1) if answer.text.startswith("Yes")]
    if not yes:
        return "None of them."
    return f"Picture {yes[0]}." if len(yes) == 1 else f"Pictures {' and '.join(yes)}."
