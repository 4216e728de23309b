"""A gain as lines: one a side, with score, difference and cost; then what follows."""

from __future__ import annotations

from sensorium.tune.gain.advice import advise, signed
from sensorium.tune.gain.found import UNTOUCHED, Gain, Side, Skill


def lines(gain: Gain) -> list[str]:
    """Return the table and the advice, a sentence a line."""
    out = _skill(gain.skill)
    if gain.retained is not None:
        out += ["Other skills.", *_skill(gain.retained)]
    out += gain.verdicts.lines() if gain.verdicts is not None else []
    return [*out, *advise(gain), *gain.notes]


def _skill(skill: Skill) -> list[str]:
    marks = skill.marks()
    counts = ", ".join(f"{marks.count(mark)} {mark}" for mark in dict.fromkeys(sorted(marks)))
    by = f"by {', '.join(skill.metrics)}, with 95 % intervals"
    head = f"{len(skill.examples)} examples of {skill.name}; scores {by}; {counts}."
    return [head, *(f"  {_side(skill, side)}" for side in skill.sides)]


def _side(skill: Skill, side: Side) -> str:
    figures = []
    for name in skill.metrics:
        over = "" if side.name == UNTOUCHED else f", {signed(skill.difference(side.name, UNTOUCHED, name))} over it"
        figures.append(f"{name + ' ' if len(skill.metrics) > 1 else ''}{side.score(name)}{over}")
    if side.seconds is not None:
        figures.append(f"{side.seconds:.2f} s an answer")
    if side.input_tokens is not None:
        figures.append(f"{side.input_tokens:.0f} tokens a question")
    return f"{side.name}: {'; '.join(figures)}"
