"""A gain as an HTML page: what follows in words, scores as tables and a drawing, samples side by side.

It is made for screen readers first: headings, tables with captions, words wherever there is a colour. It needs no
network and no script.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from sensorium.core.errors import MediaError
from sensorium.core.messages import Image, Part, Text, kind
from sensorium.media.page import picture, sheet
from sensorium.tasks.task import Example
from sensorium.tune.gain.advice import advise, signed
from sensorium.tune.gain.found import (
    ALIKE,
    BETTER,
    BOTH,
    GAINED,
    LOST,
    NEITHER,
    TUNED,
    UNTOUCHED,
    WORSE,
    Gain,
    Side,
    Skill,
)  # fmt: skip
from sensorium.tune.gain.judge import LOSS, NONE, TIE, WIN, Verdicts
from sensorium.tune.gain.plot import Group, drawing

_SIDE = 256  # of a picture, pixels
_ORDER = (GAINED, LOST, BETTER, WORSE, NEITHER, BOTH, ALIKE)
_STYLE = """
h2 { margin-top: 2.5rem; }
nav ul { padding-left: 1.2rem; }
figure { margin: 1.5rem 0; max-width: 32rem; }
svg { width: 100%; height: auto; display: block; }
svg text { paint-order: stroke; stroke: Canvas; stroke-width: 5px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; padding-bottom: .4rem; }
th, td { border: 1px solid #767676; padding: .3rem .6rem; text-align: left; vertical-align: top; }
td { font-variant-numeric: tabular-nums; }
.sample { display: grid; grid-template-columns: minmax(0, 16rem) minmax(0, 1fr); gap: .6rem 1.5rem; }
.sample > h4 { grid-column: 1 / -1; margin: 0 0 .2rem; font-size: 1.1rem; }
@media (max-width: 40rem) { .sample { grid-template-columns: minmax(0, 1fr); } }
dl { margin: 0; }
dt { font-weight: bold; }
dd { margin: 0 0 .6rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.mark { padding: .1rem .5rem; border: 2px solid; border-radius: .3rem; }
.good { background: #d7f0dd; color: #0b3d1a; }
.bad { background: #fbdcd9; color: #5f0f0a; }
.same { background: #e9e9e9; color: #222; }
"""
_VERDICTS = {
    WIN: "The tuned answer is better", TIE: "Tie", LOSS: "The untouched answer is better", NONE: "No verdict"
}  # fmt: skip
_LOOKS = {GAINED: "good", BETTER: "good", LOST: "bad", WORSE: "bad"}


def page(gain: Gain, samples: int = 24) -> str:
    """Make the page.

    Args:
        gain: What was measured.
        samples: The most examples that are shown, of each kind alike: gained, lost, neither, both.
    """
    title = f"What {gain.adapter} gained"
    sections = [
        ("words", "In words", _list(advise(gain))),
        ("scores", "Scores", _scores(gain)),
        *([("retained", "Other skills", _tables(gain.retained))] if gain.retained else []),
        *([("judge", "A judge's view", _judged(gain.verdicts))] if gain.verdicts else []),
        ("samples", "Samples side by side", _samples(gain, samples)),
        ("how", "How it was measured", _how(gain)),
    ]
    contents = "".join(f'<li><a href="#{name}">{heading}</a></li>' for name, heading, _ in sections)
    body = "\n".join(
        f'<section aria-labelledby="{name}">\n<h2 id="{name}">{heading}</h2>\n{inner}\n</section>'
        for name, heading, inner in sections
    )
    head = f'<h1>{_safe(title)}</h1>\n<nav aria-label="Contents"><ul>{contents}</ul></nav>'
    return sheet(title, f"{head}\n{body}", _STYLE)


def _scores(gain: Gain) -> str:
    groups = [_group(skill) for skill in (gain.skill, gain.retained) if skill is not None]
    told = (
        "The mark is the mean score, the line its 95 % interval. A ring: the untouched model; a square: the tuned one; "
        "a triangle: examples in the prompt."
    )
    figure = f"<figure>\n{drawing(groups, 'plot')}\n<figcaption>{told}</figcaption></figure>"
    return f"{_tables(gain.skill)}\n{figure}"


def _group(skill: Skill) -> Group:
    by = skill.metrics[0]
    return Group(f"{skill.name} ({by})", tuple((side.name, side.score(by)) for side in skill.sides))


def _tables(skill: Skill) -> str:
    """Make a table a metric, and one of what answers cost."""
    asked = f"{skill.name}, {len(skill.examples)} examples"
    out = []
    for by in skill.metrics:
        rows = [
            (side.name, str(side.score(by)), "yardstick" if side.name == UNTOUCHED else _over(skill, side, by))
            for side in skill.sides
        ]
        out.append(
            _table(f"{asked}, scored by {by}", ("Who", "Score, 95 % interval", "Over the untouched model"), rows)
        )
    costs = [(side.name, _number(side.seconds, 2), _number(side.input_tokens, 0)) for side in skill.sides]
    return "\n".join([*out, _table(f"Cost of {asked}", ("Who", "Seconds an answer", "Tokens a question"), costs)])


def _over(skill: Skill, side: Side, by: str) -> str:
    return signed(skill.difference(side.name, UNTOUCHED, by))


def _table(caption: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Make a table, each row's first cell its heading; where it is too wide it can be moved by the keyboard, too."""
    columns = "".join(f'<th scope="col">{_safe(name)}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{_safe(first)}</th>{"".join(f"<td>{_safe(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    table = f"<table><caption>{_safe(caption)}</caption><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide" tabindex="0" role="region" aria-label="Table: {_safe(caption)}">\n{table}\n</div>'


def _judged(verdicts: Verdicts) -> str:
    rows = [(words, str(verdicts.count(each))) for each, words in _VERDICTS.items()]
    table = _table(f"Verdicts of {verdicts.judge}", ("Verdict", "Examples"), rows)
    how = "It was asked twice about each pair, the order swapped; where the two verdicts differ it is a tie."
    return f"{table}\n{''.join(f'<p>{_safe(line)}</p>' for line in verdicts.lines()[1:])}<p>{how}</p>"


def _samples(gain: Gain, most: int) -> str:
    marks = gain.skill.marks()
    kinds = [mark for mark in _ORDER if mark in marks]
    out = []
    for left, mark in enumerate(kinds):
        numbers = _shown(gain.skill, mark, -(-most // (len(kinds) - left)))
        most -= len(numbers)
        if numbers:
            heading = f"{mark.capitalize()}: {marks.count(mark)} of {len(marks)} examples, {len(numbers)} shown"
            out.append(f"<h3>{heading}</h3>")
            out += [_sample(gain, number, mark) for number in numbers]
    return "\n".join(out) or "<p>None are shown.</p>"


def _shown(skill: Skill, mark: str, most: int) -> list[int]:
    """Choose examples of a mark, those whose score changed most first, else in their own order."""
    change = skill.differences(TUNED, UNTOUCHED)
    numbers = [number for number, each in enumerate(skill.marks()) if each == mark]
    return sorted(numbers, key=lambda number: -abs(change[number]))[:most]


def _sample(gain: Gain, number: int, mark: str) -> str:
    skill, example = gain.skill, gain.skill.examples[number]
    name = f"Example {number + 1}" + (f", {example.id}" if example.id else "")
    media = [part for part in example.conversation.parts if not isinstance(part, Text)]
    shown = "".join(_seen(part, count, example) for count, part in enumerate(media, 1))
    question = "\n".join(message.text for message in example.conversation.messages if message.text)
    said = [("Question", question), ("Right answer", " / ".join(dict.fromkeys(example.answers)))]
    said += [(_heading(skill, side, number), side.texts[number]) for side in skill.sides]
    if gain.verdicts is not None:
        said.append(("The judge", _VERDICTS[gain.verdicts.each[number]]))
    told = "".join(f"<dt>{_safe(word)}</dt><dd>{_safe(text) or '(nothing)'}</dd>" for word, text in said)
    badge = f'<span class="mark {_LOOKS.get(mark, "same")}">{mark.capitalize()}</span>'
    label = f"sample-{number + 1}"
    return (
        f'<article class="sample" aria-labelledby="{label}"><h4 id="{label}">{badge} {_safe(name)}</h4>'
        f"<div>{shown}</div><dl>{told}</dl></article>"
    )


def _seen(part: Part, count: int, example: Example) -> str:
    caption = example.captions[count - 1] if count <= len(example.captions) else ""
    if not isinstance(part, Image):
        return f"<p>[{kind(part)}{f': {_safe(caption)}' if caption else ''}]</p>"
    try:
        return picture(part, f"Picture {count}", caption, _SIDE)
    except MediaError as error:
        return f"<p>Picture {count} can't be opened: {_safe(error.message)}</p>"


def _heading(skill: Skill, side: Side, number: int) -> str:
    by = skill.metrics[0]
    score = side.scores[by][number]
    all_or_nothing = all(value in (0, 1) for each in skill.sides for value in each.scores[by])
    how = {0: "wrong", 1: "right"}[int(score)] if all_or_nothing else f"score {score:.2f}"
    return f"{side.name[0].upper()}{side.name[1:]}, {how}"


def _how(gain: Gain) -> str:
    settings = {"Adapter": gain.adapter, "Base": gain.base, "Asked": gain.skill.name} | dict(gain.settings)
    told = "".join(f"<dt>{_safe(name)}</dt><dd>{_safe(value)}</dd>" for name, value in settings.items())
    ways = (
        "Each question was asked of all, greedily, one at a time. Intervals are bootstrap percentiles; differences are "
        "of the same questions. None of the examples, nor their pictures, was learnt or held out in the training."
    )
    return f"<p>{ways}</p>\n<dl>{told}</dl>\n{_list(gain.notes)}"


def _list(texts: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{_safe(text)}</li>' for text in texts)}</ul>" if texts else ""


def _number(value: float | None, digits: int) -> str:
    return "not known" if value is None else f"{value:.{digits}f}"


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
