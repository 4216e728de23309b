"""Metrics: by hand, and relaxed accuracy against the published definition."""

from __future__ import annotations

import random

import pytest

from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation
from sensorium.evaluation.metrics import (
    METRICS,
    choice,
    chosen,
    exact_match,
    f1,
    fitting_metric,
    metric,
    relaxed_accuracy,
)
from sensorium.tasks.task import Example

CHAT = Conversation.of("What is it?")


@pytest.mark.parametrize(
    ("said", "right", "score"),
    [
        ("Red.", "red", 1),
        ("  dark   red ", "Dark red", 1),
        ("“red”", "red", 1),
        ("**red**", "red", 1),
        ("the red", "red", 0),
        ("A", "a", 1),
        ("straße", "STRASSE", 1),
        ("", "red", 0),
        ("9.90", "9.9", 0),
    ],
)
def test_exact_match(said: str, right: str, score: float) -> None:
    assert exact_match(said, ["blue", right]) == score


def published(target: str, prediction: str) -> bool:
    """Relaxed correctness as Pix2Struct's evaluation defines it for ChartQA."""

    def number(text: str) -> float | None:
        try:
            return float(text.rstrip("%")) / 100.0 if text.endswith("%") else float(text)
        except ValueError:
            return None

    given, wanted = number(prediction), number(target)
    if given is not None and wanted:
        return abs(given - wanted) / abs(wanted) <= 0.05
    return prediction.lower() == target.lower()


@pytest.mark.parametrize(
    ("said", "right", "score"),
    [
        ("12%", "12%", 1), ("12.5%", "12%", 1), ("13%", "12%", 0), ("0.12", "12%", 1), ("12", "12%", 0),
        ("12%", "12", 0), ("-5", "-5", 1), ("-5.2", "-5", 1), ("5", "-5", 0), ("-5.3", "-5", 0), ("105", "100", 1),
        ("105.1", "100", 0), ("95", "100", 1), ("94.9", "100", 0), ("1e3", "1000", 1), ("+3", "3", 1), (".5", "0.5", 1),
        ("5.", "5", 1), ("Brazil", "brazil", 1), ("Brasil", "Brazil", 0), ("yes", "Yes", 1), ("2015", "2010", 1),
        ("5 cm", "5 cm", 1), ("5 cm", "5", 0), ("", "5", 0), ("3", "three", 0), ("0", "0", 1), ("0.1", "0", 0),
    ],
)  # fmt: skip
def test_relaxed_accuracy_as_published(said: str, right: str, score: float) -> None:
    assert relaxed_accuracy(said, [right]) == score == float(published(right, said))


def test_relaxed_accuracy_of_random_numbers_as_published() -> None:
    chance = random.Random(1)
    scores = []
    for _ in range(2000):
        right = chance.choice([chance.uniform(-2, 2), chance.randint(1, 90), chance.uniform(-5000, 5000)])
        said = right * chance.choice([1, 0.949, 0.951, 1.049, 1.051, -1, 1.3])
        mark = chance.choice(["", "%"])
        one, other = f"{said:.4f}{mark}", f"{right:.4f}{mark}"
        scores.append(relaxed_accuracy(one, [other]))
        assert scores[-1] == float(published(other, one)), (one, other)
    assert 0.3 < sum(scores) / len(scores) < 0.7


@pytest.mark.parametrize(
    ("said", "right", "score"),
    [
        ("1,234", "1234", 1), ("1234", "1,250", 1), ("-1,234,567", "-1234567", 1), ("1,23", "123", 0),
        ("12,345%", "123.45", 1), ("−7", "-7", 1), ("0.0", "0", 1), ("0%", "0", 1), ("nan", "NaN", 1), ("inf", "5", 0),
        ("1_000", "1000", 0), ("٣", "3", 1),
    ],
)  # fmt: skip
def test_relaxed_accuracy_beyond_the_published(said: str, right: str, score: float) -> None:
    assert relaxed_accuracy(said, [right]) == score


@pytest.mark.parametrize(
    ("said", "right", "score"),
    [
        ("the red bus", "a red bus!", 1), ("red", "red bus", 2 / 3), ("red red", "red bus", 0.5), ("car", "bus", 0),
        ("the", "a", 1), ("the", "bus", 0), ("It is a red bus", "red bus", 2 / 3),
    ],
)  # fmt: skip
def test_f1(said: str, right: str, score: float) -> None:
    assert f1(said, ["zebra", right]) == pytest.approx(score)


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("blue", 1), ("Blue.", 1), ("B", 1), ("(b)", 1), ("B. blue", 1), ("2", 1), ("2) blue", 1), ("c:", 2),
        ("It is blue, I think", 1), ("dark blue", 2), ("It is dark blue.", 2), ("red or blue", None), ("green", None),
        ("E", None), ("9", None), ("2.5", None), ("dark-blue", None), ("", None), ("bluebell", None), ("a red one", 0),
    ],
)  # fmt: skip
def test_chosen(said: str, index: int | None) -> None:
    assert chosen(said, ["red", "blue", "dark blue", "a (b)"]) == index


def test_choices_that_are_marks_themselves_go_before_their_places() -> None:
    assert chosen("2", ["3", "2", "1"]) == 1
    assert chosen("A", ["b", "a"]) == 1


def test_choice_is_right_by_letter_or_words() -> None:
    assert choice("B", ["blue"], ["red", "blue"]) == choice("blue", ["B"], ["red", "blue"]) == 1
    assert choice("green", ["green"], ["red", "blue"]) == 0
    with pytest.raises(InputError, match="no choices"):
        choice("B", ["blue"], [])


def test_metrics_by_name() -> None:
    example = Example(CHAT, ("12",), choices=("11", "12"))
    own = [name for name in METRICS if name not in ("rouge", "chrf")]  # these need libraries: tests/tune/test_wording
    assert {name: metric(name)("12.3", example) for name in own} == {
        "exact": 0, "vqa": 0, "relaxed": 1, "f1": 0, "choice": 0
    }  # fmt: skip
    with pytest.raises(InputError, match="Unknown metric 'bleu'"):
        metric("bleu")


def test_the_fitting_metric() -> None:
    plain, ten, several = Example(CHAT, ("a",)), Example(CHAT, ("a",) * 10), Example(CHAT, ("a",), choices=("a", "b"))
    assert [fitting_metric([each]) for each in (plain, ten, several)] == ["exact", "vqa", "choice"]
    assert fitting_metric([several, ten]) == "exact"
