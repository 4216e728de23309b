"""recipes/starter/questions: right answers, spread so that the question's words alone lead nowhere."""

from __future__ import annotations

import random
from collections import Counter
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

CHANCE = {
    "colour": 1 / 8, "shape": 1 / 5, "count": 1 / 4, "position": 1 / 9, "relation": 1 / 2, "size": 0.42,
    "presence": 1 / 2, "word": 0.02, "letters": 0.04, "number": 0.02,
    "chart": 0.16, "corners": 1 / 5, "order": 1 / 8, "outermost": 1 / 40, "striped": 1 / 2,
}  # fmt: skip
"""The mean over a family's kinds of the chance to guess right."""


@pytest.mark.parametrize("family", CHANCE)
def test_the_words_alone_lead_nowhere(recipe: SimpleNamespace, family: str) -> None:
    from sensorium.tune.dataset.blind import blind

    found = [question for _, question in recipe.questions.balanced(family, 600, 11)]
    guessed = blind([each.text for each in found], [each.answer for each in found], range(len(found)))
    if isinstance(guessed, str):
        assert "nothing to guess from" in guessed and family in ("word", "letters", "number", "outermost")
        return
    # eight hundredths: what chance alone adds on 600 rows, and a linear model that learns what is not there
    assert max(guessed.words.mean, guessed.kind.mean) <= CHANCE[family] + 0.08


@pytest.mark.parametrize("family", CHANCE)
def test_a_test_has_as_many_of_each_answer(recipe: SimpleNamespace, family: str) -> None:
    found = [question for _, question in recipe.questions.balanced(family, 480, 3)]
    assert len(found) == 480
    for name in {question.kind for question in found}:
        counts = Counter(question.answer for question in found if question.kind == name)
        if recipe.questions.KINDS[name].answers:
            assert set(counts) == set(recipe.questions.KINDS[name].answers)
            assert max(counts.values()) - min(counts.values()) <= 1


def test_answers_are_what_the_scene_shows(recipe: SimpleNamespace) -> None:
    """A scene written by hand: every question that can be asked of it has the answer that a person would give."""
    scenes, questions = recipe.scenes, recipe.questions

    def thing(shape: str, colour: str, big: bool, cell: int) -> object:
        middle = (cell % 3) * 32 + 16, (cell // 3) * 32 + 16
        return scenes.Thing(shape, colour, big, cell, *middle, 12 if big else 6, 1.0, scenes.COLOURS[colour])

    scene = scenes.Scene(
        (255, 255, 255),
        (thing("star", "red", True, 0), thing("circle", "blue", False, 4), thing("star", "blue", False, 8)),
    )
    right = {
        "what shape is the red one?": "star", "what color is the circle?": "blue", "how many shapes are there?": "3",
        "how many stars are there?": "2", "how many blue shapes are there?": "2",
        "how many teal shapes are there?": "0",
        "where is the red star?": "top left", "what is in the middle?": "blue circle",
        "what is in the top left?": "red star",
        "is the red star left of the blue circle?": "yes", "is the blue circle above the red star?": "no",
        "which is lower, the red star or the blue star?": "blue star", "is the red star big or small?": "big",
        "how many small shapes are there?": "2", "is there a blue star?": "yes", "is there a red circle?": "no",
        "which is bigger, the blue star or the red star?": "red star", "is no triangle present?": "yes",
        "does the image not contain a circle?": "no",
    }  # fmt: skip
    asked = {}
    chance = random.Random(0)
    for _ in range(400):
        for question in questions.asked(scene, chance, 8):
            asked.setdefault(question.text.casefold(), set()).add(question.answer)
    assert all(len(answers) == 1 for answers in asked.values())
    assert {text: asked[text] for text in right if text in asked} == {t: {a} for t, a in right.items() if t in asked}
    assert len(set(right) & set(asked)) >= 16
    told = questions.describe(scene, chance).answer
    assert told == "big red star top left, small blue circle middle, small blue star bottom right"
