"""Answers about places: where a thing is, what is left of, right of or beside it; several things; people."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.core.places import clock_position
from sensorium.core.protocols import Detection
from sensorium.core.reply import Box, Evidence
from sensorium.eyes.answers.answer import MIN_CONFIDENCE, SURE, Answer, a, cannot_tell
from sensorium.eyes.answers.image_view import ImageView
from sensorium.eyes.detection import detector_class, spoken_class
from sensorium.eyes.detection.nanodet import overlap
from sensorium.eyes.question.place_terms import Place
from sensorium.eyes.recognition.vocabulary import lookup

_PLACED = 0.93  # that the place is right where the thing is: 53 of 58 in bench/detection.py
_NUMBER = 0.6  # that people and things are counted exactly: 24 of 34 photos, within one in 31 of 34
_MANY = 6  # from this number on boxes of one person are told from those of two too rarely to give a number
_SAME = 0.45  # overlap above which two boxes are one thing
_NEAR, _FAR = 0.65, 0.25  # share of the image's height that a person near, or far away, takes


def place(view: ImageView, asked: Place) -> Answer:
    """Answer where a thing is, or what is beside it."""
    if not view.pictured:
        return cannot_tell("It is a page, a screen or a chart: ask what it says.", suggest_model=True)
    things = known_things(view)
    if asked.subject is None:
        return _on_side(view, things, asked.relation)
    found = [one for one in things if _means(asked.subject, one.name)]
    if not found:
        return cannot_tell(f"I don't see {a(asked.subject)} that I could be sure of.", suggest_model=True)
    anchor = found[0]
    if asked.relation == "where":
        return _where(view, asked.subject, found)
    beside = [one for one in things if one is not anchor and _lies(one.box, anchor.box, asked.relation)]
    relation = {"left": "left of", "right": "right of", "beside": "next to"}[asked.relation]
    if not beside:
        return cannot_tell(
            f"I see nothing that I can name {relation} the {asked.subject}.", seen(view, found[:1]), True
        )
    near = sorted(beside, key=lambda one: abs(_middle(one.box)[0] - _middle(anchor.box)[0]))[:3]
    sure = min(one.probability for one in (anchor, *near)) * _PLACED
    words = f"{relation.capitalize()} the {asked.subject} I see {_listed([spoken_class(one.name) for one in near])}."
    return Answer(words, sure, seen(view, [anchor, *near])) if sure >= MIN_CONFIDENCE else cannot_tell(words, (), True)


def spoken_place(view: ImageView, box: Box) -> str:
    """Return where a box lies in the image: "at 2 o'clock, upper right"."""
    return clock_position(box, view.size)


def seen(view: ImageView, things: Sequence[Detection]) -> tuple[Evidence, ...]:
    return view.detection_evidence(things[:8])


def known_things(view: ImageView) -> list[Detection]:
    """Return the things that are likely there with their boxes: detected, or recognised piece by piece; each once."""
    likely = [one for one in view.detections if one.probability >= MIN_CONFIDENCE]
    out: list[Detection] = []
    for one in sorted([*view.pieces, *likely], key=lambda one: -one.probability):
        if all(overlap(one.box, other.box) < _SAME for other in out):
            out.append(one)
    return out


def several_things(view: ImageView) -> Answer | None:
    """Return the name of each of a few separate things, from left to right; None if it isn't an image of several."""
    if not view.pieces or view.counted.confidence < MIN_CONFIDENCE / 2:
        return None
    things = [one for one in known_things(view) if any(overlap(one.box, box) >= _SAME for box in view.counted.boxes)]
    if len(things) < 2:
        return None
    things.sort(key=lambda one: one.box.left)
    rest = len(view.counted.boxes) - len(things)
    more = f" and {'one thing' if rest == 1 else f'{rest} things'} that I can't name" if rest > 0 else ""
    names = _listed([spoken_class(one.name) for one in things])
    confidence = min(one.probability for one in things)
    return Answer(f"From left to right I see {names}{more}.", confidence, seen(view, things))


def how_many(view: ImageView, kind: str) -> Answer:
    """Answer how many of a kind that the detector knows are seen, and where."""
    if not view.pictured:
        return cannot_tell("It is a page, a screen or a chart: I count people and things in photos only.", (), True)
    found = [one for one in view.detections if one.name == kind and one.probability >= MIN_CONFIDENCE]
    if kind == "person" and found:
        return Answer(people_sentence(view, found), _NUMBER, seen(view, found))
    if not found:
        return cannot_tell(f"I see no {spoken_class(kind)} that I could count.", suggest_model=True)
    number, word = len(found), spoken_class(kind)
    many = f"many of them, {_MANY} or more" if number >= _MANY else f"{number} of them"
    text = f"I see one {word}." if number == 1 else f"I see {many}: {word}."
    return Answer(text, _NUMBER * max(one.probability for one in found) / SURE, seen(view, found))


def people_sentence(view: ImageView, people: Sequence[Detection]) -> str:
    """Return how many people are seen, how near and where: "I see one person, near, in the middle."."""
    sure = [one for one in people if one.probability >= MIN_CONFIDENCE]
    number, start = len(sure), "I see"
    largest = max(sure, key=lambda one: one.box.height)
    share = largest.box.height / view.size[1]
    distance = "near" if share >= _NEAR else "far away" if share < _FAR else "a few steps away"
    where = spoken_place(view, largest.box)
    if number == 1:
        return f"{start} one person, {distance}, {where}."
    many = f"many people, {_MANY} or more" if number >= _MANY else f"{number} people"
    return f"{start} {many}; the largest is {distance}, {where}."


def _where(view: ImageView, subject: str, found: Sequence[Detection]) -> Answer:
    number, places = len(found), [spoken_place(view, one.box) for one in found[:3]]
    confidence = found[0].probability * _PLACED
    many = "many" if number >= _MANY else f"{number}"
    words = f"The {subject} is {places[0]}." if number == 1 else f"I see {many}: {'; '.join(places)}."
    if confidence < MIN_CONFIDENCE:
        return cannot_tell(f"I am not sure; {words[0].lower()}{words[1:]}", seen(view, found[:3]), True)
    return Answer(words, confidence, seen(view, found[:3]))


def _on_side(view: ImageView, things: Sequence[Detection], side: str) -> Answer:
    width = view.size[0]
    there = [one for one in things if (_middle(one.box)[0] < width / 2) == (side == "left")]
    if not there:
        return cannot_tell(f"I see nothing that I can name on the {side}.", suggest_model=True)
    names = _listed([spoken_class(one.name) for one in there[:4]])
    return Answer(f"On the {side} I see {names}.", there[0].probability * _PLACED, seen(view, there[:4]))


def _means(word: str, name: str) -> bool:
    """Whether a word means a thing of this name, by either vocabulary."""
    kind = detector_class(word)
    if word == name or (kind is not None and name == kind):
        return True
    asked, known = lookup(word), lookup(name)
    return asked is not None and known is not None and set(known[1]) <= set(asked[1])


def _lies(box: Box, anchor: Box, relation: str) -> bool:
    across = _middle(box)[0] - _middle(anchor)[0]
    reach = (box.width + anchor.width) / 2
    if relation == "left":
        return across < -reach / 2
    if relation == "right":
        return across > reach / 2
    return abs(across) < 2.5 * reach


def _middle(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


def _listed(names: Sequence[str]) -> str:
    """Return names with their articles, joined: "a cup, a bottle and an apple"."""
    words = [a(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
