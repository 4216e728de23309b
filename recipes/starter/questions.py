"""Questions about the scenes, by family, each with its one right answer; what is asked gives no hint of the answer."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import scenes
from scenes import COLOURS, PLACES, SHAPES, UNITS, WORDS, Scene, Thing

YES_NO = ("yes", "no")
_APART = 10  # pixels: closer ones are not asked whether one is left of the other


@dataclass(frozen=True)
class Question:
    """One question about a scene.

    Args:
        kind: Its name in KINDS, or "describe".
        text: What is asked.
        answer: What is right.
    """

    kind: str
    text: str
    answer: str


@dataclass(frozen=True)
class Kind:
    """Questions of one form.

    Args:
        family: What it is counted under.
        ask: Text and answer for a scene, or None where it can't be asked of it.
        scene: Draws a scene for it.
        answers: What may be answered, each as often; empty where what is drawn is even by itself.
        weight: How often it is drawn while training: what is learnt late comes more often.
    """

    family: str
    ask: Callable[[Scene, random.Random], tuple[str, str] | None]
    scene: Callable[[random.Random], Scene]
    answers: tuple[str, ...] = ()
    weight: int = 1


def asked(scene: Scene, chance: random.Random, most: int, left_out: bool = False) -> list[Question]:
    """Return some questions about a scene, of kinds drawn by chance; no text twice."""
    wanted = [name for name, kind in KINDS.items() if (kind.family in LEFT_OUT) == left_out]
    found: dict[str, Question] = {}
    for name in chance.choices(wanted, [KINDS[each].weight for each in wanted], k=6 * most):
        if len(found) < most and (made := ask(name, scene, chance)):
            found.setdefault(made.text.casefold(), made)
    return list(found.values())


def ask(name: str, scene: Scene, chance: random.Random) -> Question | None:
    """Ask a question of one kind; None where the scene does not allow it."""
    made = KINDS[name].ask(scene, chance)
    if made is None:
        return None
    text = made[0]
    return Question(name, text[0].upper() + text[1:] if chance.random() < 0.7 else text, made[1])


def balanced(family: str, count: int, seed: int) -> Iterator[tuple[Scene, Question]]:
    """Return questions of a family, as many of each kind, and of each answer within a kind."""
    names = [name for name, kind in KINDS.items() if kind.family == family]
    for number, name in enumerate(names):
        chance, kind = random.Random(f"{family} {name} {seed}"), KINDS[name]
        wanted = count // len(names) + (number < count % len(names))
        given: Counter[str] = Counter()
        while (done := given.total()) < wanted:
            scene = kind.scene(chance)
            made = ask(name, scene, chance)
            if made is None:
                continue
            if kind.answers and given[made.answer] > done // len(kind.answers):
                continue
            given[made.answer] += 1
            yield scene, made


def describe(scene: Scene, chance: random.Random) -> Question:
    """Ask for everything that is there."""
    text = chance.choice(("describe the picture.", "what do you see?", "describe this image."))
    if scene.text:
        said = f"{scene.text} in {scene.ink}"
    elif scene.bars:
        said = ", ".join(f"{colour} {height}" for colour, height in scene.bars)
    else:
        said = ", ".join(f"{_size(thing)} {thing.name} {PLACES[thing.cell]}" for thing in scene.things)
    return Question("describe", text[0].upper() + text[1:] if chance.random() < 0.7 else text, said)


def _size(thing: Thing) -> str:
    return "big" if thing.big else "small"


def _single(things: Sequence[Thing], of: str) -> list[Thing]:
    counts = Counter(getattr(thing, of) for thing in things)
    return [thing for thing in things if counts[getattr(thing, of)] == 1]


def _colour(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    word = "colour" if chance.random() < 0.2 else "color"
    if len(scene.things) == 1 and chance.random() < 0.3:
        return f"what {word} is the shape?", scene.things[0].colour
    if not (fit := _single(scene.things, "shape")):
        return None
    thing = chance.choice(fit)
    form = chance.choice(("what {0} is the {1}?", "what {0} is the {1}?", "what is the {0} of the {1}?"))
    return form.format(word, thing.shape), thing.colour


def _shape(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if len(scene.things) == 1 and chance.random() < 0.3:
        form = chance.choice(("what shape is in the image?", "what shape does the image contain?"))
        return form, scene.things[0].shape
    if not (fit := _single(scene.things, "colour")):
        return None
    thing = chance.choice(fit)
    form = chance.choice(("what shape is the {} one?", "what is the {} shape?", "what shape is the {} thing?"))
    return form.format(thing.colour), thing.shape


def _count(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.things:
        return None
    form = chance.choice(("how many shapes are there?", "how many things are in the picture?"))
    return form, str(len(scene.things))


def _count_of(of: str, values: Sequence[str], form: str) -> Callable[[Scene, random.Random], tuple[str, str] | None]:
    def made(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
        if not scene.things:
            return None
        counts = Counter(getattr(thing, of) for thing in scene.things)
        number = chance.choice(sorted({counts[value] for value in values if counts[value] <= 3}))
        value = chance.choice([value for value in values if counts[value] == number])
        return form.format(value, f"{value}es" if value == "cross" else f"{value}s"), str(number)

    return made


def _where(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.things:
        return None
    thing = chance.choice(scene.things)
    return f"where is the {thing.name}?", PLACES[thing.cell]


def _what_at(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.things:
        return None
    cell = chance.randrange(9) if chance.random() < 0.15 else chance.choice(scene.things).cell
    there = next((thing.name for thing in scene.things if thing.cell == cell), "nothing")
    where = {"top": "at the top", "bottom": "at the bottom", "left": "on the left", "right": "on the right"}
    return f"what is {where.get(PLACES[cell], f'in the {PLACES[cell]}')}?", there


_SIDES = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}


def _apart(scene: Scene, chance: random.Random, axis: int) -> tuple[Thing, Thing] | None:
    pairs = [(a, b) for a in scene.things for b in scene.things if abs((a.x, a.y)[axis] - (b.x, b.y)[axis]) >= _APART]
    return chance.choice(pairs) if pairs else None


def _is_beside(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    side, (dx, dy) = chance.choice(list(_SIDES.items()))
    if (pair := _apart(scene, chance, 0 if dx else 1)) is None:
        return None
    a, b = pair
    true = (a.x - b.x) * dx + (a.y - b.y) * dy > 0
    return f"is the {a.name} {side} the {b.name}?", YES_NO[not true]


def _which_side(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    word, axis, sign = chance.choice(
        (("higher", 1, -1), ("lower", 1, 1), ("further left", 0, -1), ("further right", 0, 1))
    )
    if (pair := _apart(scene, chance, axis)) is None:
        return None
    a, b = pair
    first = ((a.x, a.y)[axis] - (b.x, b.y)[axis]) * sign > 0
    return f"which is {word}, the {a.name} or the {b.name}?", (a if first else b).name


def _big_or_small(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.things:
        return None
    thing = chance.choice(scene.things)
    return f"is the {thing.name} {chance.choice(('big or small', 'small or big'))}?", _size(thing)


def _which_bigger(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    big, small = [t for t in scene.things if t.big], [t for t in scene.things if not t.big]
    if not big or not small:
        return None
    pair = [chance.choice(big), chance.choice(small)]
    word = chance.choice(("bigger", "smaller"))
    answer = pair[word == "smaller"].name
    chance.shuffle(pair)
    return f"which is {word}, the {pair[0].name} or the {pair[1].name}?", answer


def _how_many_sized(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    size = chance.choice(("big", "small"))
    number = sum(_size(thing) == size for thing in scene.things)
    return (f"how many {size} shapes are there?", str(number)) if scene.things and number <= 3 else None


def _is_there(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.things:
        return None
    have = {thing.name for thing in scene.things}
    if chance.random() < 0.5:
        return f"is there a {chance.choice(sorted(have))}?", "yes"
    near = chance.random() < 0.6
    colours = sorted({thing.colour for thing in scene.things}) if near else list(COLOURS)
    kinds = sorted({thing.shape for thing in scene.things}) if near or chance.random() < 0.5 else list(SHAPES)
    missing = [name for colour in colours for kind in kinds if (name := f"{colour} {kind}") not in have]
    return (f"is there a {chance.choice(missing)}?", "no") if missing else None


def _any(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.things:
        return None
    of, values = chance.choice((("shape", list(SHAPES)), ("colour", list(COLOURS))))
    have = sorted({getattr(thing, of) for thing in scene.things})
    yes = chance.random() < 0.5
    if not (rest := have if yes else [value for value in values if value not in have]):
        return None
    word = chance.choice(rest)
    what = word if of == "shape" else f"{word} shape"
    form, right = chance.choice(_PRESENCE)
    return form.format(what), YES_NO[yes != right]


_PRESENCE = (
    ("is there a {}?", True), ("is there a {} in the image?", True), ("does the image contain a {}?", True),
    ("is a {} present?", True), ("is there not a {}?", False), ("is there not a {} in the image?", False),
    ("does the image not contain a {}?", False), ("is no {} present?", False),
)  # fmt: skip
"""The forms of easy-VQA."""


def _written(numbers: bool, lettered: bool) -> Callable[[Scene, random.Random], tuple[str, str] | None]:
    def made(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
        text = scene.text
        if not text or text.isdigit() != numbers or (not numbers and (text in WORDS) == lettered):
            return None
        forms = (
            ("what does it say?", "what letters are written?")
            if lettered
            else ("what does it say?", "what is the word?")
        )
        return chance.choice(("what is the number?", "what number is written?") if numbers else forms), text

    return made


def _letter(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.text or scene.text.isdigit():
        return None
    which = chance.choice(("first", "last"))
    return f"what is the {which} letter?", scene.text[0 if which == "first" else -1]


def _ink(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.text:
        return None
    return f"what color is the {'number' if scene.text.isdigit() else 'word'}?", scene.ink


def _extreme_bar(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.bars:
        return None
    word = chance.choice(("tallest", "highest", "shortest", "lowest"))
    found = (max if word in ("tallest", "highest") else min)(scene.bars, key=lambda bar: bar[1])
    return f"which bar is the {word}?", found[0]


def _height(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.bars:
        return None
    colour, height = chance.choice(scene.bars)
    return chance.choice(("how high is the {} bar?", "what is the value of the {} bar?")).format(colour), str(height)


def _bars(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    return ("how many bars are there?", str(len(scene.bars))) if scene.bars else None


def _outermost(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    word, axis, sign = chance.choice((("highest", 1, -1), ("lowest", 1, 1), ("leftmost", 0, -1), ("rightmost", 0, 1)))
    order = sorted(scene.things, key=lambda thing: (thing.x, thing.y)[axis] * sign)
    if len(order) < 3 or abs((order[-1].x, order[-1].y)[axis] - (order[-2].x, order[-2].y)[axis]) < _APART:
        return None
    return f"which shape is the {word}?", order[-1].name


def _striped(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.things:
        return None
    thing = chance.choice(scene.things)
    return f"is the {thing.name} striped or plain?", "striped" if thing.striped else "plain"


_CORNERS = {"circle": "0", "triangle": "3", "rectangle": "4", "star": "10", "cross": "12"}


def _corners(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not (fit := _single(scene.things, "colour")):
        return None
    thing = chance.choice(fit)
    form = chance.choice(("how many corners does the {} shape have?", "how many corners has the {} shape?"))
    return form.format(thing.colour), _CORNERS[thing.shape]


def _in_order(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if not scene.bars:
        return None
    which = chance.choice(("first", "last"))
    return f"what color is the {which} bar?", scene.bars[0 if which == "first" else -1][0]


def _next_bar(scene: Scene, chance: random.Random) -> tuple[str, str] | None:
    if len(scene.bars) < 2:
        return None
    at = chance.randrange(len(scene.bars) - 1)
    pair = (scene.bars[at][0], scene.bars[at + 1][0])
    if chance.random() < 0.5:
        return f"what color is the bar left of the {pair[1]} bar?", pair[0]
    return f"what color is the bar right of the {pair[0]} bar?", pair[1]


def _numbers(first: int, last: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(first, last + 1))


def _text(kind: str) -> Callable[[random.Random], Scene]:
    def made(chance: random.Random) -> Scene:
        text = {"word": lambda: chance.choice(WORDS), "number": lambda: str(chance.randrange(100))}
        return scenes.writing(chance, text.get(kind, lambda: scenes.letters(chance))())

    return made


_COLOURS = tuple(COLOURS)
KINDS = {
    "colour": Kind("colour", _colour, scenes.shapes, _COLOURS),
    "ink": Kind("colour", _ink, _text("word"), _COLOURS),
    "shape": Kind("shape", _shape, scenes.shapes, SHAPES),
    "count": Kind("count", _count, scenes.shapes, _numbers(1, 6)),
    "count colour": Kind(
        "count", _count_of("colour", _COLOURS, "how many {0} shapes are there?"), scenes.shapes, _numbers(0, 3), 2
    ),
    "count shape": Kind("count", _count_of("shape", SHAPES, "how many {1} are there?"), scenes.shapes, _numbers(0, 3)),
    "where": Kind("position", _where, scenes.shapes, PLACES),
    "what at": Kind("position", _what_at, scenes.shapes),
    "beside": Kind("relation", _is_beside, scenes.shapes, YES_NO, weight=6),
    "which side": Kind("relation", _which_side, scenes.shapes),
    "big or small": Kind("size", _big_or_small, scenes.shapes, ("big", "small")),
    "which bigger": Kind("size", _which_bigger, scenes.shapes),
    "how many big": Kind("size", _how_many_sized, scenes.shapes, _numbers(0, 3)),
    "is there": Kind("presence", _is_there, scenes.shapes, YES_NO),
    "any": Kind("presence", _any, scenes.shapes, YES_NO),
    "word": Kind("word", _written(False, False), _text("word")),
    "letters": Kind("letters", _written(False, True), _text("letters")),
    "letter": Kind("letters", _letter, _text("letters")),
    "number": Kind("number", _written(True, False), _text("number")),
    "extreme bar": Kind("chart", _extreme_bar, scenes.chart, _COLOURS),
    "height": Kind("chart", _height, scenes.chart, _numbers(1, UNITS)),
    "bars": Kind("chart", _bars, scenes.chart, _numbers(2, 5)),
    "outermost": Kind("outermost", _outermost, scenes.shapes),
    "striped": Kind("striped", _striped, lambda chance: scenes.shapes(chance, striped=0.5), ("striped", "plain")),
    "corners": Kind("corners", _corners, scenes.shapes, tuple(_CORNERS.values())),
    "in order": Kind("order", _in_order, scenes.chart, _COLOURS),
    "next bar": Kind("order", _next_bar, scenes.chart, _COLOURS),
}  # fmt: skip
"""Name -> kind. How right answers are spread among these is a test: tests/recipes/test_starter_questions.py."""
LEFT_OUT = ("corners", "order", "outermost", "striped")
"""Families that the starter is not taught: there to be learnt from it."""
FAMILIES = tuple(dict.fromkeys(kind.family for kind in KINDS.values() if kind.family not in LEFT_OUT))
