"""Answers read a question's fields; they never search its words again."""

from __future__ import annotations

import ast
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import pytest
from rendered import discs, saved

from sensorium.core.errors import InputError
from sensorium.eyes import answers
from sensorium.eyes.answers import ANSWERERS, Answer, ImageView, answer
from sensorium.eyes.photo.colour import BASIC_TERMS
from sensorium.eyes.question import KINDS, Question, parse
from sensorium.eyes.question.priors import load_priors
from sensorium.eyes.question.terms import TERMS

ROOM = Path(answers.__file__).parent


@pytest.mark.parametrize("path", sorted(ROOM.glob("*.py")), ids=lambda path: path.name)
def test_no_answer_searches_the_question_again(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert not modules & {"re", "regex", "fnmatch"}


def test_every_kind_has_its_answerer() -> None:
    assert set(ANSWERERS) == set(KINDS) - {"none"}


def test_an_answerer_needs_the_fields_only() -> None:
    question = Question("colour", "", subject="it", colour="blue")
    assert ANSWERERS["colour"](ImageView(discs(1)), question).text.startswith("No, it is")
    assert ANSWERERS["count"](ImageView(discs(3)), Question("count", "")).text == "I count 3 separate things."


def test_questions_and_photos_mean_the_same_colours() -> None:
    assert set(TERMS["colours"].values()) == set(BASIC_TERMS) and set(BASIC_TERMS) <= set(TERMS["colours"])
    picture = PIL.Image.new("RGB", (320, 240), (196, 190, 182))
    PIL.ImageDraw.Draw(picture).ellipse((80, 40, 240, 200), fill=(30, 190, 190))
    (one,) = answer([ImageView(saved(picture))], "Is it turquoise?")
    assert one.text.startswith("Yes")  # not "No, it is turquoise."


@pytest.mark.parametrize(
    ("message", "suggested"),
    [
        ("Who is this?", True), ("Write a poem", True), ("Is it safe to eat this?", False),
        ("How many pills should I take?", False), ("Can she drink this?", False), ("यह क्या है?", True),
    ],
)  # fmt: skip
def test_no_other_model_is_suggested_about_safety_medicine_and_food(message: str, suggested: bool) -> None:
    (one,) = answer([ImageView(saved(PIL.Image.new("RGB", (64, 64), "grey")))], message)
    assert one.abstained and one.suggest_model is suggested


def test_a_confidence_is_multiplied_unless_the_words_are_literal() -> None:
    assert Answer("x", 0.8).times(0.5).confidence == pytest.approx(0.4)
    assert Answer("x", 0.8, literal=True).times(0.5).confidence == 0.8
    assert Answer("x", None).times(0.5).abstained


def test_priors_name_kinds() -> None:
    priors = load_priors()
    for odds in (priors.chart, priors.no_chart, priors.label_named, priors.code_named, priors.word_named):
        assert set(odds) <= set(KINDS) and all(factor > 0 for factor in odds.values())
        parse("What is this?", odds)
    with pytest.raises(InputError, match="Unknown kind of question 'taste'"):
        parse("What is this?", {"taste": 2.0})


def test_a_clear_picture_is_free_of_every_fault_and_either_or_gets_no_yes() -> None:
    view = ImageView(discs(1))
    assert ANSWERERS["quality"](view, parse("Is this photo clear?")[0]).text.startswith(
        "Yes, it is sharp, light enough"
    )
    either = parse("Can you see it properly or should I take it again?")[0]
    assert either.polarity is None and ANSWERERS["quality"](view, either).text.startswith("It is sharp")
