"""Answers whether a thing or anybody is there: yes where an eye is sure, no only where every eye agrees."""

from __future__ import annotations

from sensorium.core.protocols import Detection
from sensorium.eyes.answers import places, text
from sensorium.eyes.answers.answer import MIN_CONFIDENCE, SURE, Answer, a, cannot_tell
from sensorium.eyes.answers.image_view import ImageView
from sensorium.eyes.charts import Table
from sensorium.eyes.detection import detector_class
from sensorium.eyes.detection.vocabulary import covers
from sensorium.eyes.photo import colour as colours
from sensorium.eyes.question import Question
from sensorium.eyes.recognition import Presence

_UNSEEN = 0.06  # probability of the likeliest box below which the detector sees none (a score of .1)
_NONE_SEEN = 0.9  # that none is there then: of 154 kinds in 38 photos 17 are not seen, so .9 at even odds beforehand
_NOBODY = 0.9  # that nobody is there if no person is seen: people were found in 43 of 49 photos that had some


def presence(view: ImageView, question: Question) -> Answer:
    """Answer whether a named thing is in the image, and where, if that is asked."""
    if question.place is not None:
        return places.place(view, question.place)
    thing = question.subject
    if thing is None:
        return cannot_tell("I did not understand which thing you mean. Ask: is there a dog in the picture?")
    if question.topic == "text":
        return text.text_presence(view)
    if question.topic == "code":
        codes = [code for code in view.codes if code.valid]
        if not codes:
            return cannot_tell("I find no barcode or QR code that I can read.")
        return Answer("Yes, there is one.", 0.99, (view.evidence("barcode", codes[0].format, 0.99, codes[0].box),))
    if question.topic == "chart" and isinstance(view.table, Table):
        return Answer("Yes, there is a bar chart.", view.table.confidence, view.chart_evidence(view.table, ()))
    if question.topic == "people":
        return anybody(view)
    result = view.present(thing)
    detected = _detected(view, thing, result)
    if question.colour is None and detected is not None and detected.probability > (result.probability or 0.0):
        words = f"Yes, I see {a(thing)}, {places.spoken_place(view, detected.box)}."
        return Answer(words, detected.probability, view.detection_evidence((detected,)))
    evidence = view.recognition_evidence(result.recognitions[:3])
    unseen = _unseen(view, thing)
    if result.probability is None or not result.known:
        return _without_recogniser(view, thing, result, unseen)
    if result.probability <= 1 - SURE:
        if not view.quality.usable:
            return cannot_tell(f"I see no {thing}, but the picture is too poor to be sure.", evidence)
        if unseen is False or not (unseen or view.single or not view.pictured):
            return cannot_tell(f"I see no {thing}, but there may be more than I can name.", evidence, True)
        return Answer(f"No, I see no {thing}{_instead(view)}.", 1 - result.probability, evidence)
    if result.probability < SURE:
        return cannot_tell(f"I can't tell whether there is {a(thing)}.", evidence, suggest_model=True)
    if question.colour is None:
        return Answer(f"Yes, I see {a(thing)}.", result.probability, evidence)
    return _of_colour(view, thing, question.colour).times(result.probability)


def anybody(view: ImageView) -> Answer:
    """Answer whether anybody is there, how many, how near and where."""
    if not view.pictured:
        return cannot_tell("It is a page, a screen or a chart: I look for people in photos only.", suggest_model=True)
    people = [one for one in view.detections if one.name == "person"]
    if people and people[0].probability >= MIN_CONFIDENCE:
        return Answer(f"Yes, {places.people_sentence(view, people)}", people[0].probability, places.seen(view, people))
    if people and people[0].probability >= _UNSEEN * 2:
        return cannot_tell("I am not sure whether anybody is there.", places.seen(view, people[:1]), True)
    if not view.quality.usable:
        return cannot_tell("I see nobody, but the picture is too poor to be sure.")
    return Answer("No, I see nobody.", _NOBODY, (view.evidence("detect", "no person", _NOBODY),))


def _detected(view: ImageView, thing: str, result: Presence) -> Detection | None:
    """Return the surest box of a thing, unless the recogniser surely takes what fills the image for another."""
    kind = detector_class(thing)
    one = next((one for one in view.detections if one.name == kind), None) if kind is not None else None
    if one is None or one.probability < MIN_CONFIDENCE:
        return None
    width, height = view.size
    fills = one.box.width * one.box.height > 0.2 * width * height
    if fills and view.recognised is not None and result.known and (result.probability or 0.0) < 1 - SURE:
        return None
    return one


def _unseen(view: ImageView, thing: str) -> bool | None:
    """Whether the detector, if it knows the thing, sees none; None if it doesn't know it or hasn't looked."""
    kind = detector_class(thing)
    if kind is None or not view.pictured:
        return None
    faint = max((one.probability for one in view.detections if one.name == kind), default=0.0)
    return faint < _UNSEEN and covers(thing)


def _without_recogniser(view: ImageView, thing: str, result: Presence, unseen: bool | None) -> Answer:
    evidence = view.recognition_evidence(result.recognitions[:3])
    if unseen and view.quality.usable:
        return Answer(f"No, I see no {thing}{_instead(view)}.", _NONE_SEEN, evidence)
    if unseen is not None:
        return cannot_tell(f"I can't tell whether there is {a(thing)}.", evidence, suggest_model=True)
    if not result.known:
        return cannot_tell(f"I have never learnt what {a(thing)} looks like.", evidence, suggest_model=True)
    return cannot_tell(f"I see no {thing}, but I don't know every kind of it.", evidence, suggest_model=True)


def _of_colour(view: ImageView, thing: str, colour: str) -> Answer:
    measured = view.colours
    names = colours.describe_colours(measured.thing)
    evidence = (view.evidence("colour", names or "none", measured.confidence, measured.box),)
    if not measured.thing or measured.confidence < MIN_CONFIDENCE:
        reason = f"There is {a(thing)}, but I can't tell its colour for sure."
        return cannot_tell(reason, evidence, suggest_model=True)
    yes = colour in {colours.basic_term(s.name) for s in measured.thing[:2]}
    return Answer(f"{'Yes' if yes else 'No'}, the {thing} is {names}.", measured.confidence, evidence)


def _instead(view: ImageView) -> str:
    recognised = view.recognised
    return f"; it is {a(recognised.name)}" if recognised is not None else ""
