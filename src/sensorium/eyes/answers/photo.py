"""Answers about colours, and about the image itself: is it sharp, light enough, straight, complete."""

from __future__ import annotations

from sensorium.eyes.answers.answer import MIN_CONFIDENCE, SURE, Answer, a, cannot_tell
from sensorium.eyes.answers.image_view import ImageView
from sensorium.eyes.photo import colour as colours
from sensorium.eyes.photo.quality import Fault
from sensorium.eyes.question import Question

_WHOLE = 0.85  # that the colours named for a whole image are those a person would name
_MIN_SHARE = 0.25  # of the thing that a colour covers, to be a yes to "is it blue"
_GENERIC = frozenset(("it", "thing", "object", "item", "main object", "main thing", "one", "shape"))
_FAULTY = 0.5  # from this probability on there is a fault


def colour(view: ImageView, question: Question) -> Answer:
    """Tell the colour of what is asked about."""
    if not view.quality.usable and any(fault.kind in ("dark", "bright") for fault in view.quality.faults):
        return cannot_tell(f"I can't tell colours in this picture. {view.quality.faults[0].advice}")
    subject = question.subject or "it"
    if subject == "whole picture":
        shades = view.shades
        evidence = tuple(view.evidence("colour", f"{s.name}, {s.share:.0%} of the picture", None) for s in shades)
        return Answer(f"The picture is mostly {colours.describe_colours(shades)}.", _WHOLE, evidence)
    if subject == "background":
        return _colour(view, "The background is", view.colours.background, _WHOLE, question)
    if not view.colours.thing:
        return cannot_tell("I can't tell the thing from its background.", suggest_model=True)
    if subject not in _GENERIC:
        presence = view.present(subject)
        absent = presence.known and presence.probability is not None and presence.probability <= 1 - SURE
        if absent and view.recognised is not None:
            evidence = view.recognition_evidence(presence.recognitions[:3])
            return cannot_tell(f"I see no {subject}; it is {a(view.recognised.name)}.", evidence, suggest_model=True)
    return _colour(view, "It is", view.colours.thing, view.colours.confidence, question)


def _colour(
    view: ImageView, begin: str, shades: tuple[colours.Shade, ...], confidence: float, question: Question
) -> Answer:
    box = view.colours.box if begin == "It is" else None
    evidence = tuple(view.evidence("colour", f"{s.name}, {s.share:.0%}", confidence, box) for s in shades[:3])
    names = colours.describe_colours(shades)
    if confidence < MIN_CONFIDENCE:
        return cannot_tell(f"I am not sure of the colour; it may be {names}.", evidence, suggest_model=True)
    if question.colour is None:
        return Answer(f"{begin} {names}.", confidence, evidence)
    yes = question.colour in {colours.basic_term(s.name) for s in shades[:2] if s.share >= _MIN_SHARE}
    return Answer(f"{'Yes' if yes else 'No'}, {begin[0].lower()}{begin[1:]} {names}.", confidence, evidence)


def quality(view: ImageView, question: Question) -> Answer:
    """Tell whether the image has the fault that is asked about, is free of it, or is good at all."""
    aspects = dict(question.aspects)
    if "bright" in aspects:
        aspects["glare"] = aspects["bright"]
    judged = {"tilted": view.judge_tilt()} if "tilted" in aspects else {}
    if not aspects or "cut off" in aspects:
        judged["cut off"] = view.judge_cut()
    if not aspects or "glare" in aspects:
        judged |= view.judge_page()
    if not aspects:
        judged["tilted"] = view.judge_tilt()
    faults: dict[str, Fault] = {fault.kind: fault for fault in view.quality.faults}
    chances = view.faults | judged
    if not aspects or (len(aspects) > 1 and not question.alternative and len(set(aspects.values())) > 1):
        return _overall(view, list(faults.values()), chances, question)
    if not question.alternative and set(aspects) == {"dark", "bright", "glare"}:  # "is the light good"
        aspects = {k: v for k, v in aspects.items() if k in faults} or {"dark": aspects["dark"]}
    worst = max(aspects, key=lambda kind: chances[kind])
    sentence = _sentence(faults.get(worst), worst)
    if question.alternative:
        text = _capital(sentence)
    else:
        faulty = any(chances[kind] > _FAULTY for kind in aspects)
        text = f"{'Yes' if faulty != aspects[worst] else 'No'}, {sentence}"
    confidence = max(chances[worst], 1 - chances[worst])
    evidence = (view.evidence("quality", f"{worst}: {chances[worst]:.0%} likely", confidence),)
    return Answer(text, confidence, evidence)


def _overall(view: ImageView, faults: list[Fault], chances: dict[str, float], question: Question) -> Answer:
    """Answer "is the picture good" and "what is wrong with it"."""
    evidence = tuple(
        view.evidence("quality", f"{kind}: {chance:.0%} likely", chance) for kind, chance in chances.items()
    )
    if faults:
        sentence = " ".join(_sentence(fault, fault.kind) for fault in faults[:2])
        confidence = max(fault.probability for fault in faults)
    else:
        confidence = 1 - max(chances.values())
        if confidence < 1 - _FAULTY:
            return cannot_tell("I am not sure whether the picture is good enough.", evidence)
        sentence = "it is sharp, light enough, and all of it is in the picture."
    yes = bool(faults) == (question.polarity == "bad")
    begin = "" if question.polarity is None else "Yes, " if yes else "No, "
    return Answer(_capital(f"{begin}{sentence}"), confidence, evidence)


def _sentence(fault: Fault | None, kind: str) -> str:
    if fault is None:
        fine = {"blurred": "sharp", "dark": "light enough", "bright": "not too bright", "tilted": "straight"}
        fine["glare"] = "free of glare"
        return "all of it is in the picture." if kind == "cut off" else f"it is {fine[kind]}."
    if kind == "glare":
        return f"light glares on a part of it. {fault.advice}"
    if kind == "tilted" and fault.where:
        return f"it is {fault.where}. {fault.advice}"
    where = f" at the {fault.where}" if fault.where else ""
    return f"it is {'too ' if kind in ('dark', 'bright') else ''}{kind}{where}. {fault.advice}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
