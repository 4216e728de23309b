"""Answers in words: times, things and how they are perceived."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.video.answers.phrases import Sense
from sensorium.video.answers.question import Thing
from sensorium.video.sheet import clock
from sensorium.video.watch.evidence import TimedEvidence

_MOST = 8
"""Moments that an answer lists; the evidence holds all."""
VERBS: dict[Sense, str] = {"seen": "seen", "read": "on the screen", "heard": "said", "moves": "moving"}
THIS_FILM, THESE_FILMS, THIS_PART = "in this film", "in these films", "in this part of the film"
_SIDES = {
    "left": "to the left",
    "right": "to the right",
    "up": "upwards",
    "down": "downwards",
}


def clock_tenths(seconds: float) -> str:
    """Return a time to a tenth of a second, as it stands in sentences."""
    return clock(seconds, 1)


def span(moment: TimedEvidence) -> str:
    """Return "from 0:04.0 to 0:09.8"; "at 0:04.0" for what takes no time."""
    if moment.end - moment.start < 0.05:
        return f"at {clock_tenths(moment.start)}"
    return f"from {clock_tenths(moment.start)} to {clock_tenths(moment.end)}"


def listed(parts: Sequence[str]) -> str:
    """Return parts as a list in a sentence; of many only the first ones."""
    if len(parts) > _MOST:
        return f"{', '.join(parts[:_MOST])} and {len(parts) - _MOST} more times"
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def times(moments: Sequence[TimedEvidence]) -> str:
    """Return when moments are, in words."""
    return listed([span(moment) for moment in moments])


def name_of(thing: Thing) -> str:
    """Return a thing as the question calls it, between quotes if it is words."""
    if thing.sense == "moves":
        mover, _, direction = thing.subject.rpartition(" ") if " " in thing.subject else _movement(thing.subject)
        what = "the camera" if mover == "camera" else "something"
        return f"{what} moving {_SIDES.get(direction, direction)}".strip()
    if thing.quoted or thing.sense in ("read", "heard"):
        return f'"{thing.subject}"'
    return f"{thing.article} {thing.subject}".strip()


def _movement(subject: str) -> tuple[str, str, str]:
    return ("camera", "", "") if subject == "camera" else ("", "", subject)


def found_sentence(thing: Thing, sense: Sense, moments: Sequence[TimedEvidence], pick: str) -> str:
    """Return when a thing is perceived: '"EXIT" is on the screen from 0:04.0 to 0:09.8.', "I see the cat from …"."""
    which = {"first": "first ", "last": "last "}.get(pick, "")
    if thing.sense == "moves":
        return f"{_capital(name_of(thing))}: {which}{times(moments)}."
    if sense == "seen" and not thing.quoted:  # "is" or "are"? The question doesn't say how many
        return f"I {which}see {name_of(thing)} {times(moments)}."
    return f"{_capital(name_of(thing))} is {which}{VERBS[sense]} {times(moments)}."


def missing_sentence(thing: Thing, senses: Sequence[Sense], is_part: bool = False) -> str:
    """Return that a thing was not perceived in the film, or in the part of it that was watched."""
    verbs = " or ".join({"seen": "see", "read": "read", "heard": "hear", "moves": "see"}[sense] for sense in senses)
    return f"I didn't {verbs} {name_of(thing)} {THIS_PART if is_part else THIS_FILM}."


def quoted_evidence(item: TimedEvidence) -> str:
    """Return a piece of evidence in words, with its source: 'said: "…" (from 0:04.0 to 0:09.8)'."""
    verb = {
        "seen": "seen",
        "read": "on the screen",
        "heard": "said",
        "moves": "moving",
        "described": "described",
        "told": "told",
    }
    text = f'"{item.text}"' if item.source in ("read", "heard") else item.text
    return f"{verb[item.source]}: {text} ({span(item)})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
