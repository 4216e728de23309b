"""VQA accuracy agrees with the benchmark's definition, written down a second time in vqa_definition.py."""

from __future__ import annotations

import random

import pytest
import vqa_definition

from sensorium.evaluation.vqa_accuracy import normalised, vqa_accuracy

WORDS = ["yes", "no", "2", "two", "a dog", "the dog", "dog", "Dog.", "red, white", "red white", "red/white", "t-shirt",
         "t shirt", "none", "0", "zero", "1,000", "1000", "10.5", "10,5", "dont know", "don't know", "on the table",
         "on table", "left", "left ", "\tleft", "UK", "u.k.", "what?", "it's", "its", "9:30", "9.30", "half-past", "tv",
         "an apple", "apple", "apples", "ten", "10", "$5", "$5.00", "(blue)", "blue!", "a", "the", ""]  # fmt: skip

# An answer, and the ten that people gave: punctuation, articles, number words, contractions, disagreement.
ADVERSARIAL = [
    (said, [one] * ones + [other] * (10 - ones))
    for said, one, other in [
        ("two", "2", "two"), ("none", "0", "zero"), ("The Dog", "dog", "a dog"), ("dog.", "dog", "cat"),
        ("dont", "don't", "do not"), ("u.s.a.", "usa", "u.s.a."), ("1,000", "1000", "1,000"), ("10.5", "10.5", "105"),
        ("t-shirt", "t shirt", "tshirt"), ("red , white", "red white", "red,white"), ("a", "the", "an"),
        ("somebody'd", "somebodyd", "somebody'd"), ("'ows'at", "'ow's'at", "ow's'at"), ("I'dve", "i'dve", "i'd've"),
        ("couldnt've", "couldn't've", "couldn'tve"), (".5", "0.5", ".5"), ("5.", "5", "5."), ("a\nb", "a b", "b"),
        ("x" + "." * 40, "x" + "." * 8, "x"), ("yes!no", "yes no", "yesno"),
    ]
    for ones in (3, 9, 10)
]  # fmt: skip


def test_there_are_sixty_adversarial_sets() -> None:
    assert len(ADVERSARIAL) == 60


@pytest.mark.parametrize(("said", "ten"), ADVERSARIAL)
def test_adversarial_answers(said: str, ten: list[str]) -> None:
    assert vqa_accuracy(said, ten) == pytest.approx(vqa_definition.accuracy(said, ten), abs=1e-12)


def test_five_hundred_random_sets() -> None:
    chance = random.Random(3)
    seen = set()
    for _ in range(500):
        several = chance.sample(WORDS, chance.randint(1, 5))
        ten = [chance.choice(several) for _ in range(10)]
        said = chance.choice(several if chance.random() < 0.7 else WORDS)
        expected = vqa_definition.accuracy(said, ten)
        seen.add(round(expected, 3))
        assert vqa_accuracy(said, ten) == pytest.approx(expected, abs=1e-12), (said, ten)
    assert {0.0, 0.3, 0.6, 0.9, 1.0} <= seen


def test_random_letters_are_normalised_alike() -> None:
    chance = random.Random(4)
    letters = "ab1,.' -/?!the\"_;:0"
    for _ in range(3000):
        text = "".join(chance.choice(letters) for _ in range(chance.randint(0, 12)))
        assert normalised(text) == vqa_definition.digits_and_articles(vqa_definition.punctuation(text)), text


@pytest.mark.parametrize("written", [key for key in vqa_definition.CONTRACTIONS if key == key.lower()])
def test_every_contraction(written: str) -> None:
    assert normalised(written) == vqa_definition.CONTRACTIONS[written]


@pytest.mark.parametrize(
    ("said", "ten", "score"),
    [
        ("yes", ["yes"] * 10, 1.0),
        ("yes", ["yes"] + ["no"] * 9, 0.3),
        ("yes", ["yes"] * 2 + ["no"] * 8, 0.6),
        ("yes", ["yes"] * 3 + ["no"] * 7, 0.9),
        ("yes", ["yes"] * 4 + ["no"] * 6, 1.0),
        ("the dog", ["dog"] * 10, 0.0),  # all agree: nothing is normalised
        ("the dog", ["dog"] * 9 + ["cat"], 1.0),
        ("YES", ["yes"] * 10, 1.0),
    ],
)
def test_scores_by_hand(said: str, ten: list[str], score: float) -> None:
    assert vqa_accuracy(said, ten) == pytest.approx(score)


@pytest.mark.parametrize(
    ("said", "few", "score"), [("red", ["red"], 1.0), ("red", ["blue"], 0.0), ("red", ["red", "red"], 1.0),
                               ("red", ["red", "blue"], 0.5), ("red", ["red", "blue", "blue"], 1 / 3)]
)  # fmt: skip
def test_fewer_than_four_people(said: str, few: list[str], score: float) -> None:
    assert vqa_accuracy(said, few) == pytest.approx(score)
