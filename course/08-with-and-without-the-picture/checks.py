"""The checks of "With and without the picture"."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sensorium import Text, load_task

SCENES = Path(__file__).resolve().parent / "scenes.parquet"
LEAST = 0.8


def buy(buy: str) -> str | None:
    """With its picture B is right in 0.84, with the pair's other one in 0.08: it answers what it is shown."""
    said = {
        "A": "A says nearly the same whatever it is shown: 0.52, 0.50, 0.48. It hardly looks.",
        "C": "C is helpless without a picture, and that isn't looking yet. From the wrong picture to the right one it "
        "gains 0.71 − 0.21 = 0.50; another offer gains more.",
        "D": "D says the same with every picture. That is what a model without eyes gets.",
    }
    return (
        None if buy == "B" else said.get(buy, "Give one letter: of the largest gap from the other picture to its own.")
    )


def guess(guess: Callable[[str], str]) -> str | None:
    """A guess by the question's first word is enough. A test that this passes isn't a test of seeing."""
    if not callable(guess):
        return "`guess` is a function of the question: def guess(question): …"
    right = []
    for example in load_task(SCENES).split("flyer").examples:
        question = " ".join(part.text for part in example.conversation.parts if isinstance(part, Text))
        try:
            answer = guess(question)
        except TypeError as error:
            return f"It is called with the question alone, and no picture: {error}."
        if not isinstance(answer, str):
            return f"Answers are texts; to {question!r} yours is {answer!r}."
        right.append(answer == example.answer)
    share = sum(right) / len(right)
    if share < LEAST:
        return f"It gets {share:.2f} right. The usual answer depends on how a question begins: Is, How or What."
    return None


class Pair(NamedTuple):
    """A question with two pictures, in words, as its check has them."""

    question: str
    picture: str
    other: str


def looks(looks: Callable[[Callable[[Any, str], str], Pair], bool]) -> str | None:
    """A model that looks says two things about two pictures. That it is also *right* takes a second test."""
    pair = Pair("Is there a red star?", "a red star", "a blue circle")
    models: tuple[tuple[str, bool, Callable[[Any, str], str]], ...] = (
        ("that always says yes", False, lambda picture, question: "yes"),
        ("that always says no", False, lambda picture, question: "no"),
        ("that looks", True, lambda picture, question: "yes" if "red" in picture else "no"),
        ("that looks, and is always wrong", True, lambda picture, question: "no" if "red" in picture else "yes"),
    )
    told = [looks(answer, pair) for _, _, answer in models]
    if told == [not truth for _, truth, _ in models]:
        return "It is turned round: a model that says the same about both pictures does not look."
    if not any(told) or all(told):
        return f"It says {told[0]!r} of every model, also of one that always says yes. Compare the two answers."
    for (name, truth, _), said in zip(models, told, strict=True):
        if said is not truth:
            return (
                f"Of a model {name} it says {said!r}. Ask the question of both pictures, and compare the two answers."
            )
    return None
