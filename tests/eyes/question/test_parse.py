"""Questions that are not among the training phrasings, through the front door."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import InstallError
from sensorium.eyes.question import KINDS, OPERATIONS, Question, is_english_script, parse
from sensorium.eyes.question.classifier import SHA256, WEIGHTS, extract_features, load_classifiers
from sensorium.eyes.question.clauses import asks, clauses, refers_back, sentences
from sensorium.eyes.question.hashed_ngrams import BUCKETS, hashed_ngrams
from sensorium.eyes.question.parse import MIN_PROBABILITY
from sensorium.eyes.question.question import Aspect, Bound, Ranking
from sensorium.eyes.question.thing_terms import find_field, find_item, find_thing, singular

ASKED = {
    "read": (
        "Would you read what is printed on this flyer to me?",
        "What does the note on the fridge say?",
        "my eyes are bad, please read me this letter from the bank",
    ),
    "field": (
        "What's the total on this supermarket receipt?",
        "whats the expiry date of the yogurt",
        "Give me the phone number on that business card please",
    ),
    "name": ("What is this thing I found in the cellar?", "Which fruit is this?", "what am I holding in my hands"),
    "presence": (
        "Is there a giraffe in the picture?",
        "can you see a bicycle in this photo",
        "Is there a lamp on the desk?",
    ),
    "colour": ("What colour is the umbrella?", "which color are these gloves", "tell me the colour of my scarf"),
    "count": ("How many spoons are on the table?", "count the buttons please", "how many apples are in the bowl"),
    "quality": ("Is the photo blurry?", "is my picture too dark", "Did I get the whole page into the picture?"),
    "barcode": ("Scan the barcode please", "What does this QR code contain?", "read the bar code for me"),
    "describe": (
        "Describe this picture to me.",
        "What's in this image? Tell me everything.",
        "tell me about this photo",
    ),
}
OPERATED = {
    "max": "Which bar in the chart is the highest?",
    "min": "which country has the lowest bar in this graph",
    "mean": "What is the average of all the bars in the chart?",
    "sum": "Add up all the bars in the chart.",
    "trend": "Is the trend in this chart going up or down?",
    "count": "How many bars does this chart have?",
    "table": "Give me the data of the chart as a table.",
    "difference": "What is the difference between the highest and the lowest bar?",
}
DECLINED = (
    "Who is this woman?",
    "Is he sad or happy?",
    "Is it safe to eat this mushroom?",
    "How old is the man in the photo?",
    "Tell me a joke about cats.",
    "What is the capital of Norway?",
    "Translate this sign into Italian.",
    "Is the cup to the left of the plate?",
    "What will happen next?",
    "Do you think this dress suits me?",
    "Write me a Python program.",
    "How much could I sell this vase for?",
)
DOUBLE = (
    ("What does the label say? And what colour is the bottle?", ["read", "colour"]),
    ("What is this, and is the photo sharp?", ["name", "quality"]),
    ("How many coins are there and what colour is the purse?", ["count", "colour"]),
    ("what's the total and also what date is on the receipt", ["field", "field"]),
)


@pytest.mark.parametrize(
    ("kind", "question"), [(kind, message) for kind, messages in ASKED.items() for message in messages]
)
def test_kind(kind: str, question: str) -> None:
    (found,) = parse(question)
    assert found.kind == kind
    assert MIN_PROBABILITY <= found.probability <= 1
    assert found.operation is None


@pytest.mark.parametrize(("operation", "question"), OPERATED.items())
def test_chart_operation(operation: str, question: str) -> None:
    (found,) = parse(question)
    assert (found.kind, found.operation) == ("chart", operation)
    assert operation in OPERATIONS


@pytest.mark.parametrize("question", DECLINED)
def test_decline(question: str) -> None:
    assert [i.kind for i in parse(question)] == ["decline"]


@pytest.mark.parametrize(("question", "kinds"), DOUBLE)
def test_two_questions(question: str, kinds: list[str]) -> None:
    assert [i.kind for i in parse(question)] == kinds


@pytest.mark.parametrize(
    "question",
    (
        "What's the difference between Monday and Friday in the chart?",
        "Is the picture black and white?",
        "Can you see salt and pepper on the table?",
    ),
)
def test_and_within_one_question(question: str) -> None:
    assert len(parse(question)) == 1


def test_two_fields_keep_their_subjects() -> None:
    first, second = parse("what's the total and also what date is on the receipt")
    assert (first.field, second.field) == ("total", "date")


def test_story_before_the_question() -> None:
    (found,) = parse(
        "My sister came over yesterday with the children and we baked all afternoon. She left a jar here. "
        "I can't remember buying it myself. What does the label on it say?"
    )
    assert found.kind == "read"
    assert found.text == "What does the label on it say?"


@pytest.mark.parametrize("nothing", ("", "   ", "?!", "🙂🙂", "12345", "\n\t"))
def test_nothing_asked(nothing: str) -> None:
    (found,) = parse(nothing)
    assert found.kind == "decline"


@pytest.mark.parametrize(
    "foreign", ("¿Quién es esta mujer?", "これは何ですか", "इसमें क्या लिखा है?", "Ποιος είναι;", "Кто это?")
)
def test_another_language_is_declined_or_doubted(foreign: str) -> None:
    assert all(i.kind == "decline" or i.probability < 0.8 for i in parse(foreign))


def test_ten_thousand_words_end_soon() -> None:
    start = time.process_time()
    found = parse("I went to the market and bought some bread. " * 1100 + "What colour is the bag?")
    assert time.process_time() - start < 2
    assert 1 <= len(found) <= 8
    assert all(len(i.text) <= 601 for i in found)


def test_weights_of_another_digest_are_refused(tmp_path: Path) -> None:
    changed = tmp_path / "understand.npz"
    changed.write_bytes(WEIGHTS.read_bytes() + b"x")
    with pytest.raises(InstallError, match="not the expected file"):
        load_classifiers(changed, SHA256)
    with pytest.raises(InstallError, match="can't be read"):
        load_classifiers(tmp_path / "none.npz", SHA256)


def test_probabilities_sum_to_one() -> None:
    by = load_classifiers()
    rows = extract_features(["what is this", "read it"])
    assert rows.shape == (2, 384 + BUCKETS)
    np.testing.assert_allclose(by.kind.probabilities(rows).sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(by.operation.probabilities(rows).sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    (
        ("field", "how much did it come to in the end", "total"),
        ("field", "when is this good until", "expiry date"),
        ("field", "what was it before tax", "subtotal"),
        ("field", "give me the number to call, the telephone", "phone number"),
        ("field", "what is the membership level", "membership level"),
        ("presence", "Are there any dogs in the picture?", "dog"),
        ("presence", "is this a knife", "knife"),
        ("presence", "can you see the remote control on the sofa", "remote control"),
        ("colour", "What colour is the background?", "background"),
        ("colour", "which colours are in this picture", "whole picture"),
        ("colour", "what colour is my jumper", "jumper"),
        ("colour", "what colour is it", "it"),
        ("count", "How many boxes are on the shelf", "box"),
        ("count", "count the strawberries", "strawberry"),
        ("read", "read it", None),
    ),
)
def test_field_or_thing(kind: str, text: str, expected: str | None) -> None:
    text = text.lower()
    assert (find_field(text) if kind == "field" else find_thing(kind, text)) == expected


@pytest.mark.parametrize(
    ("many", "one"),
    (("dogs", "dog"), ("glasses", "glass"), ("glass", "glass"), ("knives", "knife"), ("sheep", "sheep")),
)
def test_singular(many: str, one: str) -> None:
    assert singular(many) == one


def test_clauses() -> None:
    assert sentences("It is late. What is this? Read it!") == ("It is late.", "What is this?", "Read it!")
    assert clauses("what is this and what colour is it") == ("what is this", "what colour is it")
    assert clauses("the difference between A and the B") == ("the difference between A and the B",)
    assert asks("what is it") and not asks("I have lost my glasses somewhere in the house")
    assert refers_back("tell me what's in it") and not refers_back("what colour is the dog")


def test_grams_are_unit_rows_and_survive_a_slip() -> None:
    right, slip, other = hashed_ngrams(["what is the expiry date", "what is the expirey date", "describe my cat"])
    assert np.linalg.norm(right) == pytest.approx(1, abs=1e-5)
    assert right @ slip > 0.8 > 0.3 > right @ other
    assert not hashed_ngrams(["!!"]).any()


def test_training_is_deterministic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[3] / "recipes"), *sys.path])
    monkeypatch.delitem(sys.modules, "understand", raising=False)
    import understand as recipe

    rows = [r for r in recipe.load() if r["voice"] in ("student_charts", "shopper", "backstory")]
    digests = []
    for name in ("a.npz", "b.npz"):
        learnt = recipe.examples(rows, copies=1)
        digests.append(recipe.save(recipe.fit(learnt, hashed_ngrams([e.text for e in learnt])), tmp_path / name))
    assert digests[0] == digests[1]
    assert load_classifiers(tmp_path / "a.npz", digests[0]).kind.weight.shape == (len(KINDS), BUCKETS)


def asked(text: str) -> Question:
    """Return the only question of a text before a chart, where what the words name is the same as elsewhere."""
    (question,) = parse(text, {"chart": 8.0})
    return question


def test_what_the_words_of_a_chart_question_name() -> None:
    question = asked("How much higher is the third bar than the lowest one in the chart?")
    assert question.ordinals == (2,) and question.extremes == ("min",) and question.comparison == "more"
    assert asked("which bars in the chart are above the average").bound == Bound(True, None)
    assert asked("How many bars in the chart are below 1,200?").bound == Bound(False, 1200.0)
    assert asked("how many bars of the chart are over ...").bound is None
    assert asked("What does the vertical axis of the chart show?").axis == "y"
    assert asked("how many times Tuesday is Wednesday in the chart?").divides
    assert not asked("how many times is Tuesday Wednesday in the chart?").divides
    assert asked("difference between the lowest and the highest bar of the chart").extremes == ("min", "max")


def test_an_operation_s_own_word_leaves_less_doubt() -> None:
    named, other = (
        asked("What is the average of the bars in the chart?"),
        asked("Which bar is the average one, or the sum?"),
    )
    by = load_classifiers().operation.probabilities(extract_features([named.text]))[0].max()
    assert named.operation_probability == pytest.approx(1 - 0.3 * (1 - by), abs=1e-6)
    assert other.operation_probability < 1


def test_what_the_words_of_a_photo_question_name() -> None:
    (question,) = parse("Is the photo not too dark?")
    assert question.aspects == (Aspect("dark", True),) and question.polarity == "good" and not question.alternative
    (question,) = parse("Is it sharp or blurry?")
    assert question.aspects == (Aspect("blurred", True),) and question.alternative
    (question,) = parse("Which picture is sharper?")
    assert question.which_image and question.ranking == Ranking("blurred", False) and not question.compares_images
    assert parse("Are both pictures the same?")[0].compares_images


@pytest.mark.parametrize(
    ("text", "colour", "subject"),
    (
        ("Is there a red car?", "red", "car"),
        ("Is the mug blue?", "blue", "mug"),
        ("What colour is the mug?", None, "mug"),
    ),
)
def test_a_colour_is_the_basic_one(text: str, colour: str | None, subject: str) -> None:
    (question,) = parse(text)
    assert question.colour == colour


@pytest.mark.parametrize(
    ("text", "item"),
    (("how much is the bread?", "bread"), ("price of milk on the receipt", "milk"), ("how much is it", None)),
)
def test_the_article_whose_price_is_asked_for(text: str, item: str | None) -> None:
    assert find_item(text) == item


@pytest.mark.parametrize(
    ("text", "reason", "sensitive"),
    (
        ("Who is this woman?", "people", False),
        ("Is it safe to eat this mushroom?", "safety", True),
        ("Can she eat this mushroom?", "people", True),
        ("How many of these pills should I take?", "opinion", True),
        ("Write me a Python program.", "creation", False),
        ("What is the capital of Norway?", None, False),
    ),
)
def test_why_it_would_be_declined(text: str, reason: str | None, sensitive: bool) -> None:
    question = parse(text)[0]
    assert (question.reason, question.sensitive) == (reason, sensitive)


def test_letters_of_another_script_are_not_english() -> None:
    assert is_english_script("What is this?") and is_english_script("¿Quién?") and is_english_script("12")
    assert not is_english_script("यह क्या है?") and not is_english_script("これは何 ok")
