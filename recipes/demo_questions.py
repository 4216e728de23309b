"""The demo's questions, each with what a right answer must contain."""

from __future__ import annotations

import re
from dataclasses import dataclass

import demo_pictures as make
from demo_pictures import Picture

from sensorium import Reply


@dataclass(frozen=True)
class Question:
    """A question, and how its answer is judged.

    Args:
        text: As a person would ask it.
        right: A pattern that a right answer contains, whatever its case; a number that it contains within 5 %, as
            charts are judged (ChartQA, Masry et al. 2022); or None if the picture can't tell, so that it must decline.
    """

    text: str
    right: str | float | None


@dataclass(frozen=True)
class Answer:
    """A question about a picture and the reply; `seconds` includes opening the picture."""

    question: Question
    reply: Reply
    seconds: float
    right: bool


SCIKIT_IMAGE, SCIKIT_LEARN = "Photograph, carried by scikit-image", "Photograph, carried by scikit-learn"
QUESTIONS: tuple[tuple[Picture, tuple[Question, ...]], ...] = (
    (
        Picture("cat", "A brown cat's face, close up.", f"{SCIKIT_IMAGE}: Stéfan van der Walt, CC0.",
                make.photo("chelsea")),
        (Question("What animal is this?", r"\bcat\b"), Question("Is there a dog in this picture?", r"\bno\b")),
    ),
    (
        Picture("coffee", "A cup of espresso on a red saucer, a spoon beside it.",
                f"{SCIKIT_IMAGE}: Rachel Michetti, CC0.", make.photo("coffee")),
        (Question("What kind of drink is this?", "espresso|coffee"),
         Question("Is this picture sharp enough?", r"^(?!.*\b(not?|blur)).*\b(yes|sharp|good)\b")),
    ),
    (
        Picture("blurred", "The same cup of coffee, badly out of focus.",
                f"{SCIKIT_IMAGE}: Rachel Michetti, CC0; blurred here.", make.blurred),
        (Question("Is this photo any good, or should I take it again?", "blur|not sharp|out of focus"),),
    ),
    (
        Picture("coins", "24 old coins in four rows, grey, in uneven light.",
                f"{SCIKIT_IMAGE}: coins of Pompeii, Brooklyn Museum, no known restrictions.", make.photo("coins")),
        (Question("How many coins are there?", r"\b24\b"),),
    ),
    (
        Picture("flower", "An orange dahlia before dark leaves.", f"{SCIKIT_LEARN}: CC BY 2.0, vultilion on Flickr.",
                make.sample("flower.jpg")),
        (Question("What colour is the flower?", "orange"),),
    ),
    (
        Picture("astronaut", "A woman in an orange space suit, smiling, a flag behind her.",
                f"{SCIKIT_IMAGE}: NASA, public domain.", make.photo("astronaut")),
        (Question("Who is this person?", None),),
    ),
    (
        Picture("sign", "A blue sign on a wall: Platform 7, Mind the step.", "Drawn here.", make.sign),
        (Question("What does the sign say?", r"platform 7\W+mind the step"),
         Question("Is it safe to cross the tracks here?", None)),
    ),
    (
        Picture("receipt", "A grocery's receipt, a little tilted, on a brown table.", "Drawn here.", make.receipt),
        (Question("What is the total on this receipt?", r"\b14\.25\b"),
         Question("How much was the milk?", r"\b2\.30\b"),
         Question("What is the date on it?", r"2026-03-14|14 march 2026|march 14")),
    ),
    (
        Picture("chart", "A bar chart of the fruit sold in May, in boxes.", "Drawn here with matplotlib.", make.chart),
        (Question("Which fruit sold the most?", "cherries"),
         Question("What is the average of all the bars?", 102.5),
         Question("What is the difference between pears and plums?", 40.0)),
    ),
    (
        Picture("barcode", "A product's barcode on cardboard, turned by a few degrees.", "Drawn here with zxing-cpp.",
                make.barcode),
        (Question("What is the number on the barcode?", make.EAN),),
    ),
)  # fmt: skip
"""The pictures, each with its questions."""


def is_right(question: Question, reply: Reply) -> bool:
    """Whether a reply is right: it contains what it must, or declines if it must, and never both."""
    if question.right is None or reply.abstained:
        return question.right is None and reply.abstained
    if isinstance(question.right, str):
        return re.search(question.right, reply.text.casefold()) is not None
    numbers = [float(number.replace(",", "")) for number in re.findall(r"-?\d[\d,]*\.?\d*", reply.text)]
    return any(abs(number - question.right) <= 0.05 * abs(question.right) for number in numbers)
