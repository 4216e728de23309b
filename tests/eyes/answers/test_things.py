"""Names at the level that people use: a wide word comes with the likeliest name."""

from __future__ import annotations

from rendered import discs

from sensorium.eyes.answers import ImageView
from sensorium.eyes.answers.things import name
from sensorium.eyes.question import Question
from sensorium.eyes.recognition import Recognition
from sensorium.eyes.recognition.vocabulary import load_vocabulary


def told(recognised: str, *likely: str) -> str:
    """The name of an image that the recogniser takes for `recognised`, most likely for `likely`."""
    view = ImageView(discs(1))
    view.__dict__["recognised"] = Recognition(recognised, 0.95)
    view.__dict__["recognitions"] = tuple(Recognition(one, 0.4) for one in likely)
    return name(view, Question("name", "")).text


def test_a_wide_word_comes_with_the_likeliest_name_and_a_basic_one_alone() -> None:
    assert told("animal", "mongoose", "weasel") == "It is an animal; it may be a mongoose."
    assert told("tool", "hammer") == "It is a tool; it may be a hammer."
    assert told("dog", "beagle") == "It is a dog."


def test_wide_words_are_categories_and_basic_words_are_not_wide() -> None:
    vocabulary = load_vocabulary()
    assert vocabulary.wide <= set(vocabulary.categories)
    assert not vocabulary.wide & set("dog cat bird car chair cup shoe sheep penguin camel".split())


def test_coins_and_statues_look_like_classes_that_they_are_not() -> None:
    vocabulary = load_vocabulary()
    assert {"face powder", "pedestal"} <= {vocabulary.names[i] for i in vocabulary.lookalikes}
