"""The checks of "Data sets"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

ROWS = [
    {"image": f"{product:02}-{number}.jpg", "product": product, "question": "?", "answer": f"text {product}"}
    for product in range(40)
    for number in range(3)
]
WRONG = {
    "B": "No photo has a scale in it: a pot of 340 ml and one of 600 ml may look alike.",
    "D": "What customers love isn't in a photo. A model learns to write it below everything.",
    "E": "The month in which a pot was thrown leaves no mark on it.",
}


def by_product(split: Callable[[Sequence[Mapping[str, Any]]], Sequence[str]]) -> str | None:
    """No product is in both, so the test asks about products that are new, as the next delivery will be."""
    splits = list(split(ROWS))
    if len(splits) != len(ROWS) or set(splits) - {"train", "test"}:
        return f'Return "train" or "test" for each of the {len(ROWS)} rows, in their order.'
    sides: dict[int, set[str]] = {}
    for row, side in zip(ROWS, splits, strict=True):
        sides.setdefault(int(row["product"]), set()).add(side)
    if both := [product for product, side in sides.items() if len(side) > 1]:
        return f"{len(both)} of {len(sides)} products have photos in both splits; draw products, not rows."
    share = splits.count("test") / len(ROWS)
    if not 0.15 <= share <= 0.25:
        return f"{share:.0%} of the rows are the test; 15 to 25% are asked for."
    if any(list(split(ROWS)) != splits for _ in range(3)):
        return "Called again, it gives other splits, so scores can't be compared. Give the random numbers a seed."
    test = [product for product, side in sides.items() if side == {"test"}]
    if test[-1] - test[0] == len(test) - 1:
        return "The test is one run of neighbours: if the rows are sorted, by kind or by price, it has one kind only."
    return None


def question(question: Callable[[Mapping[str, str]], str]) -> str | None:
    """The name and the category are known of a new product, too. About Product has the words of the answer."""
    facts = {"Product Name": "Clay Lamp Nila", "Category": "Home | Lamps"}
    told = {"About Product": "Fired twice, with a cork foot", "description": "A lamp of twice-fired clay on cork."}
    text = question(facts | told)
    if not isinstance(text, str):
        return f"`question` returns a text; yours returned {type(text).__name__}."
    if told["description"] in text:
        return "The description is the answer. With it in the question, the model learns to copy."
    if told["About Product"] in text:
        return "About Product has the words of the answer: beech, bridge, tunnel. New products rarely have it."
    if missing := [name for name, value in facts.items() if value not in text]:
        return f"{' and '.join(missing)} can't be seen in the picture, and a new product has it: put it in."
    if len(text) < len(" ".join(facts.values())) + 12:
        return "Say what is to be done, in a sentence, so that the model can tell this task from others."
    return None


def visible(visible: set[str]) -> str | None:
    """Colour, bands and shape are in the picture. Leave the rest out of the answers, or give it in the question."""
    given = set(visible)
    for letter, why in WRONG.items():
        if letter in given:
            return f"{letter}: {why}"
    missing = {"A", "C"} - given
    return f"Also visible: {', '.join(sorted(missing))}. Both height and width are in the photo." if missing else None
