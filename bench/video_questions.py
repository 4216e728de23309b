"""Questions about a film of recipes/film.py with what is right, drawn from its truth, and how answers are graded."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from film_media import PHRASES
from film_truth import Truth

from sensorium.video.answers.word_matching import tokens
from sensorium.video.watch.evidence import WatchReply

TOLERANCE = 2.0
_UNANSWERABLE = 0.2
Kind = Literal["when", "whether", "duration", "count", "content", "order", "unanswerable"]
Spans = list[tuple[float, float]]


@dataclass(frozen=True)
class Case:
    """A question with what is right: spans of time, or what the answer must hold or begin with."""

    text: str
    kind: Kind
    source: str
    spans: tuple[tuple[float, float], ...] = ()
    holds: str = ""
    seconds: float = 0.0


def cases(truth: Truth, chance: random.Random) -> list[Case]:
    """Draw the questions of a film."""
    out = [*_when(truth, chance), *_others(truth, chance)]
    count = round(len(out) * _UNANSWERABLE / (1 - _UNANSWERABLE))
    return [*out, *_unanswerable(truth, chance, count)]


def _when(truth: Truth, chance: random.Random) -> list[Case]:
    out = []
    objects: dict[str, Spans] = {}
    for thing in truth.objects:
        objects.setdefault(thing.label, []).append((thing.start, thing.end))
    for label, spans in sorted(objects.items()):
        form = chance.choice(("When is the {} seen?", "When does the {} appear?", "At what point can you see the {}?"))
        out.append(Case(form.format(label), "when", "seen", tuple(_merged(spans))))
    texts = Counter(text.text for text in truth.texts)
    for text in chance.sample(truth.texts, min(6, len(truth.texts))):
        if texts[text.text] == 1:
            form = chance.choice(("When does the sign say {}?", 'When is "{}" on the screen?', "When is {} shown?"))
            out.append(Case(form.format(text.text), "when", "read", ((text.start, text.end),)))
    for phrase in chance.sample(truth.phrases, min(4, len(truth.phrases))):
        form = chance.choice(("When does she say {}?", 'When is "{}" said?', "When do you hear the words {}?"))
        out.append(Case(form.format(phrase.text), "when", "heard", ((phrase.start, phrase.end),)))
    once = Counter(word.word for word in truth.words)
    single = [word for word in truth.words if once[word.word] == 1 and len(word.word) >= 5]
    for word in chance.sample(single, min(3, len(single))):
        form = chance.choice(("When does the speaker mention {}?", "When is the word {} said?", "when is {} mentioned"))
        out.append(Case(form.format(word.word), "when", "heard", ((word.start, word.end),)))
    for direction in ("left", "right", "up", "down"):
        moving = [(s.start, s.end) for s in truth.shapes if s.direction == direction]
        moving += [(c.start, c.end) for c in truth.camera if c.direction in ("left", "right", "up", "down")]
        if any(s.direction == direction for s in truth.shapes):
            where = {"left": "to the left", "right": "to the right", "up": "up", "down": "down"}[direction]
            out.append(Case(f"When does something move {where}?", "when", "moves", tuple(sorted(moving))))
    return out


def _others(truth: Truth, chance: random.Random) -> list[Case]:
    """Draw whether, how long, how often, what at, before and after, and which first."""
    out = []
    text, phrase = chance.choice(truth.texts), chance.choice(truth.phrases)
    out.append(Case(f'Is "{text.text}" on the screen?', "whether", "read", holds="Yes"))
    out.append(Case(f'Is "{chance.choice(truth.absent.texts)}" on the screen?', "whether", "read", holds="No"))
    out.append(Case(f'Is "{phrase.text}" said?', "whether", "heard", holds="Yes"))
    out.append(Case(f'Does she say "{chance.choice(truth.absent.words)}"?', "whether", "heard", holds="No"))
    for text in chance.sample(truth.texts, 2):
        out.append(Case(f'How long is "{text.text}" shown?', "duration", "read", seconds=text.end - text.start))
    phrase = chance.choice(truth.phrases)
    middle = (phrase.start + phrase.end) / 2
    out.append(Case(f"What is said at {int(middle // 60)}:{middle % 60:04.1f}?", "content", "heard", holds=phrase.text))
    text = chance.choice(truth.texts)
    middle = (text.start + text.end) / 2
    out.append(Case(f"What does the sign say at {middle:.1f} s?", "content", "read", holds=text.text))
    text = chance.choice(truth.texts)
    later = [
        p
        for p in truth.phrases
        if p.start > text.end + 1 and not any(q.start - 1 < text.end < q.end + 1 for q in truth.phrases)
    ]
    if later:
        out.append(Case(f'What is said after "{text.text}" is shown?', "content", "heard", holds=later[0].text))
    one, two = chance.sample(sorted({text.text for text in truth.texts}), 2)
    first = {name: min(text.start for text in truth.texts if text.text == name) for name in (one, two)}
    if abs(first[one] - first[two]) > 1:
        out.append(
            Case(f'Which comes first, "{one}" or "{two}"?', "order", "read", holds=min(first, key=lambda n: first[n]))
        )
    return out


def _unanswerable(truth: Truth, chance: random.Random, count: int) -> list[Case]:
    """Draw questions for what isn't there: things, texts, words, and whole phrases of the same recording."""
    spoken = {phrase.text for phrase in truth.phrases}
    phrases = [text for text, _, _ in PHRASES if text not in spoken]
    pools = {
        "seen": [f"When is the {name} seen?" for name in truth.absent.objects],
        "read": [f"When does the sign say {text}?" for text in truth.absent.texts],
        "heard": [f"When is the word {word} said?" for word in truth.absent.words]
        + [f"When does she say {p}?" for p in phrases],
    }
    out = []
    for number in range(count):
        source = ("seen", "read", "heard")[number % 3]
        out.append(Case(pools[source].pop(chance.randrange(len(pools[source]))), "unanswerable", source))
    return out


def grade(case: Case, reply: WatchReply) -> str:
    """Return "right", "wrong" or "declined"; of what isn't in the film only declining is right."""
    if case.kind == "unanswerable":
        return "right" if reply.abstained else "wrong"
    if reply.abstained:
        return "declined"
    if case.kind == "when":
        moments = [(item.start, item.end) for item in reply.evidence]
        begins = abs(moments[0][0] - case.spans[0][0]) <= TOLERANCE
        if case.source == "moves":  # what else moves, such as a zoom, is not all in the truth
            begins = True
        true = all(any(a - TOLERANCE <= s and e <= b + TOLERANCE for a, b in case.spans) for s, e in moments)
        return "right" if begins and true else "wrong"
    if case.kind == "duration":
        seconds = sum(item.end - item.start for item in reply.evidence)
        return "right" if abs(seconds - case.seconds) <= TOLERANCE else "wrong"
    if case.kind == "whether":
        return "right" if reply.answer.startswith(case.holds) else "wrong"
    if case.kind == "order":
        return "right" if reply.answer.lower().startswith(f'"{case.holds.lower()}') else "wrong"
    heard = " ".join(tokens(" ".join(item.text for item in reply.evidence)))
    right = error_rate(" ".join(tokens(case.holds)), heard, part=True) <= 0.34
    return "right" if right else "wrong"


def error_rate(wanted: str, heard: str, part: bool = False) -> float:
    """Return the words to insert, leave out or change over those wanted; `part`: of the best part of what is heard."""
    a, b = wanted.split(), heard.split()
    row = [0 if part else j for j in range(len(b) + 1)]
    for i, word in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return (min(row) if part else row[-1]) / max(1, len(a))


def _merged(spans: Spans) -> Spans:
    out: Spans = []
    for start, end in sorted(spans):
        if out and start - out[-1][1] < 0.1:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out
