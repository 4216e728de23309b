"""Hazards: the words of warning in a picture, and the few dangerous things that the eyes know, said first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sensorium.apps.assist.words import clock
from sensorium.core.reply import Box, Evidence

_LEAST = 0.5  # probability from which a dangerous thing is worth a warning: a false one costs a moment
_MOST = 4

# Signal words of ISO 3864-2 / ANSI Z535 and of the GHS labels, and what signs say, in languages that the eyes read.
_WORDS = re.compile(
    r"\b(?:danger(?:ous)?|warning|caution|beware|poison(?:ous)?|toxic|flammable|inflammable|corrosive|explosive|"
    r"combustible|biohazard|radioactive|radiation|high voltage|electric shock|live wires?|"
    r"hot surface|(?:very|caution) hot|scald(?:ing)?|wet floor|slippery|"
    r"mind (?:the|your) (?:step|gap|head)|watch your (?:step|head)|low headroom|falling (?:objects|rocks)|"
    r"keep (?:out|away|clear|off)|no entry|do not (?:enter|touch|drink|swallow|eat|mix|inhale|open|use|cross|walk)|"
    r"harmful if|fatal if|(?:causes|risk of) (?:\w+ )?(?:burns?|fire|death|injury|damage)|"
    r"for external use only|keep out of (?:the )?reach|not (?:suitable )?for (?:children|drinking|human consumption)|"
    r"may contain|contains?:? (?:\w+,? )*(?:nuts?|peanuts?|gluten|milk|eggs?|soya?|sesame|shellfish)|"
    r"out of order|road closed|steep (?:drop|slope)|deep water|high tide|"
    r"peligro|peligroso|cuidado|advertencia|veneno|inflamable|gefahr|achtung|vorsicht|lebensgefahr|giftig|warnung|"
    r"attention|avertissement|poison mortel|pericolo|attenzione|perigo|atenção)\b"
    r"|危険|注意|警告|危险|当心|有毒|禁止|खतरा|सावधान|चेतावनी|विष|ज़हर|அபாயம்|எச்சரிக்கை|கவனம்|ప్రమాదం|హెచ్చరిక|বিপদ|সাবধান|"
    r"опасно|осторожно|внимание|خطر|تحذير|احذر",
    re.I,
)
_PLAINLY_NOT = re.compile(r"\b(?:attention to detail|no danger|non[- ]?(?:toxic|flammable)|without warning)\b", re.I)
_THINGS = frozenset(
    (
        "cleaver", "hatchet", "chainsaw", "power drill", "lighter", "matchstick", "candle", "torch", "stove",
        "space heater", "clothes iron", "frying pan", "cauldron", "toaster", "syringe", "rifle", "assault rifle",
        "revolver", "cannon", "missile", "volcano", "cliff", "scorpion", "tarantula", "southern black widow",
        "Indian cobra", "green mamba", "sea snake", "Saharan horned viper", "eastern diamondback rattlesnake",
        "sidewinder rattlesnake", "jellyfish", "stingray", "electric ray", "agaric", "Nile crocodile",
        "American alligator", "brown bear", "American black bear", "polar bear", "great white shark", "bee",
        "traffic light",
    )
)  # fmt: skip


def in_text(lines: Iterable[tuple[str, Box | None]], size: tuple[int, int]) -> list[str]:
    """Return a warning for each line that warns, word for word and with its place.

    Args:
        lines: What was read for sure, and where, in pixels of the upright picture.
        size: The picture's width and height.
    """
    found = []
    for text, box in lines:
        if warns(text):
            where = "" if box is None else f", {clock(box, size)}"
            found.append(f'Warning: it says "{text}"{where}.')
    return list(dict.fromkeys(found))[:_MOST]


def warns(text: str) -> bool:
    """Whether a text holds a word of warning."""
    return bool(_WORDS.search(_PLAINLY_NOT.sub("", text)))


def in_evidence(evidence: Sequence[Evidence], size: tuple[int, int]) -> list[str]:
    """Return the warnings in what an answer rests on: words that were read, and dangerous things."""
    read = [(seen.text, seen.box) for seen in evidence if seen.kind == "read"]
    things = [
        seen.text
        for seen in evidence
        if seen.kind == "recognise" and seen.text in _THINGS and (seen.score or 0.0) >= _LEAST
    ]
    named = [f"Careful: this may be {_a(thing)}." for thing in dict.fromkeys(things)]
    return [*in_text(read, size), *named][:_MOST]


def _a(thing: str) -> str:
    return f"an {thing}" if thing[0].lower() in "aeiou" else f"a {thing}"
