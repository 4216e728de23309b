"""Warnings: the words of warning in a picture, and dangerous things that are recognised; they come first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sensorium.core.places import clock_position
from sensorium.core.reply import Box, Evidence

_MIN_SCORE = 0.5  # a dangerous thing is worth a warning from even odds on: a false one costs a moment
_MAX_WARNINGS = 4

# Signal words of ISO 3864-2 / ANSI Z535 and of the GHS labels, and what signs say, in languages that are read.
_WARNING_WORDS = re.compile(
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
_HARMLESS = re.compile(r"\b(?:attention to detail|no danger|non[- ]?(?:toxic|flammable)|without warning)\b", re.I)
_DANGEROUS = frozenset(
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


def warnings_in_text(lines: Iterable[tuple[str, Box | None]], size: tuple[int, int]) -> list[str]:
    """Return a warning for each line that warns, word for word and with its place.

    Args:
        lines: What was read with certainty, and where, in pixels of the upright picture.
        size: The picture's width and height.
    """
    warnings = []
    for text, box in lines:
        if is_warning(text):
            place = "" if box is None else f", {clock_position(box, size)}"
            warnings.append(f'Warning: it says "{text}"{place}.')
    return list(dict.fromkeys(warnings))[:_MAX_WARNINGS]


def is_warning(text: str) -> bool:
    """Whether a text holds a word of warning."""
    return bool(_WARNING_WORDS.search(_HARMLESS.sub("", text)))


def warnings_in_evidence(evidence: Sequence[Evidence], size: tuple[int, int]) -> list[str]:
    """Return the warnings in the evidence of an answer: words that were read, and dangerous things."""
    read = [(item.text, item.box) for item in evidence if item.kind == "read"]
    things = [
        item.text
        for item in evidence
        if item.kind == "recognise" and item.text in _DANGEROUS and (item.score or 0.0) >= _MIN_SCORE
    ]
    named = [f"Careful: this may be {_a(thing)}." for thing in dict.fromkeys(things)]
    return [*warnings_in_text(read, size), *named][:_MAX_WARNINGS]


def _a(thing: str) -> str:
    return f"an {thing}" if thing[0].lower() in "aeiou" else f"a {thing}"
