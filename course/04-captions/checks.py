"""The checks of "Captions"."""

from __future__ import annotations

from collections.abc import Callable

from sensorium import Conversation, Example
from sensorium.evaluation import metric

WORLD = {
    "colour": {"red", "yellow", "purple", "black", "white", "blue", "green", "brown", "orange", "grey", "gray", "pink"},
    "thing": {"cup", "mug", "teacup", "ball", "boat", "car", "key", "dog", "cat", "bottle", "glass", "plate"},
    "place": {"grass", "lawn", "meadow", "table", "water", "sea", "road", "street", "floor", "sand"},
}
TRUE = {"colour": {"red"}, "thing": {"cup", "mug", "teacup"}, "place": {"grass", "lawn", "meadow"}}
CASES: tuple[tuple[str, set[str], float], ...] = (
    ("a red cup on the grass", {"cup", "grass"}, 0.0),
    ("a red ball on the grass", {"cup", "grass"}, 0.5),
    ("A black car on the road.", {"cup", "grass"}, 1.0),
    ("a cup", {"cup", "ball", "table"}, 0.0),
    ("a boat and a car and a cup and a ball", {"cup"}, 0.75),
    ("a blurred photo", {"cup"}, 0.0),
)
ALT = {"message": "C", "link": "D", "ornament": "E"}


def fool(lie: str, truth: str) -> str | None:
    """One word of six is another, and the score stays high. Other words for the same thing, and it falls."""
    for name, text in (("lie", lie), ("truth", truth)):
        if not isinstance(text, str) or not text.strip():
            return f"`{name}` is a caption: some words in quotes."
    if not _false(lie) and not {"no", "not", "without"} & set(_words(lie)):
        return f"`lie` says nothing false: {lie!r}. Change the colour, the thing or the place."
    if slips := _false(truth):
        return f"`truth` is false: the picture shows no {slips[0]}."
    if not set(_words(truth)) & TRUE["thing"]:
        return "`truth` doesn't name what the picture shows: a cup, or in another word a mug."
    score = metric("rouge")
    example = Example(Conversation.of("Describe this picture."), ("a red cup on the grass",))
    high, low = score(lie, example), score(truth, example)
    if high < 0.8:
        return f"`lie` gets {high:.2f}; 0.80 is wanted. Keep more of the right caption's words, in their order."
    if low >= 0.4:
        return f"`truth` gets {low:.2f}; less than 0.40 is wanted. Say the same in other words, or in another order."
    return None


def invented(invented: Callable[[str, set[str]], float]) -> str | None:
    """0.5 for the ball that is a cup: of two things that the caption names, one is invented."""
    if not callable(invented):
        return "`invented` is a function: def invented(caption, seen): …"
    for caption, seen, right in CASES:
        try:
            told = invented(caption, set(seen))
        except ZeroDivisionError:
            return f"{caption!r} names none of the THINGS, and it divides by zero. Nothing is invented there: 0."
        if not isinstance(told, int | float):
            return f"For {caption!r} it returns {type(told).__name__}, not a number."
        if abs(told - right) < 1e-6:
            continue
        hint = "Count only words of THINGS: colours and little words are no things."
        if told > 1 or (told == 1 and right == 0.5):
            hint = "That is how many are invented. Divide by how many things the caption names."
        elif abs(told - (1 - right)) < 1e-6 and right != 0.5:
            hint = "That is the share of the things that *are* there."
        elif right == 0 and caption == "a cup":
            hint = "What the caption leaves out isn't invented. That would be another measure."
        return (
            f"For {caption!r}, where {', '.join(sorted(seen))} can be seen, it returns {told:.2f}, not {right}. {hint}"
        )
    return None


def alt(alt: dict[str, str]) -> str | None:
    """The same photo, three alt texts: what it says, where the link leads, and nothing at all."""
    if not isinstance(alt, dict) or set(alt) != set(ALT):
        return 'Give a dict with three letters: {"message": …, "link": …, "ornament": …}.'
    if len(set(alt.values())) == 1:
        return "The same words in three places can't be right: alt text stands for what a picture is there *for*."
    if alt["message"] != ALT["message"]:
        hint = {
            "A": "A is true, and she still doesn't know which platform it is.",
            "B": "B describes the sign's look. She can't see it, and asked where the train leaves.",
        }
        return hint.get(alt["message"], "In the message the sign's words are the answer. Which text has them?")
    if alt["link"] != ALT["link"]:
        return "A link's alt text says where it leads. Somebody who hears it decides whether to follow."
    if alt["ornament"] != ALT["ornament"]:
        return "The text beside it says everything already. An ornament gets an empty alt text, and is passed over."
    return None


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()


def _false(text: str) -> list[str]:
    """Return the words of a caption that are wrong about a red cup on the grass."""
    wrong = {word for kind, known in WORLD.items() for word in known - TRUE[kind]}
    return [word for word in _words(text) if word in wrong or word.removesuffix("s") in wrong]
