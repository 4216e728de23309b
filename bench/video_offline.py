"""Questions about films of known content, answered offline: right, wrong and declined, time and memory.

`python bench/video_offline.py [--seeds 211 212 …] [--seconds 300] [--only questions|parser|memory]`. The films come
from recipes/film.py; tuned on seeds 11 to 14 and 101. An answer to "when" is right if its first moment begins within
2 s of the first true one and each of its moments lies in a true one, 2 s more on both sides. A fifth of the questions
asks for what isn't in the film; only declining them is right. The phrasings of `video_phrasings_heldout.jsonl` measure
the parser alone.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).parents[1] / "recipes"))

from figures import Figure, share
from film import make
from film_media import PHRASES
from film_truth import Truth

from sensorium import load
from sensorium.cli.film.senses import offline_senses, vocabulary
from sensorium.core.blob import Blob
from sensorium.video.answers import Timeline, answer, parse_question, timeline_of
from sensorium.video.answers.word_matching import tokens
from sensorium.video.watch.evidence import WatchReply

HELDOUT = (211, 212, 213, 214, 215, 216)
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


def words_found(truth: Truth, timeline: Timeline) -> tuple[int, int]:
    """Return how many words on the screen were read while they were there, and of how many."""
    found = total = 0
    for text in truth.texts:
        there = {
            token
            for line in timeline.seen.texts
            if line.start < text.end and line.end > text.start
            for token in tokens(line.text)
        }
        words = tokens(text.text)
        found, total = found + sum(word in there for word in words), total + len(words)
    return found, total


def _merged(spans: Spans) -> Spans:
    out: Spans = []
    for start, end in sorted(spans):
        if out and start - out[-1][1] < 0.1:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def questions(seeds: Sequence[int], seconds: float, folder: Path, show: bool) -> list[Figure]:
    """Ask all questions of the films of some seeds."""
    embedder = load("offline", role="embedder")
    senses = offline_senses(embedder)
    grades: list[tuple[Case, str, WatchReply]] = []
    words, errors, ratios, speedups, offsets = [0, 0], [0.0, 0], [], [], []
    for seed in seeds:
        truth = make(folder / f"film-{seed}.mp4", seed, seconds)
        kept = Path(tempfile.mkdtemp(dir=folder))
        asked = cases(truth, random.Random(f"questions {seed}"))
        begun, cpu = time.monotonic(), time.process_time()
        film = Blob(folder / f"film-{seed}.mp4")
        timeline = timeline_of(film, senses, kept)
        answer(timeline, asked[0].text, embedder, vocabulary)
        first = time.monotonic() - begun
        ratios.append((first / seconds, (time.process_time() - cpu) / seconds))
        begun = time.monotonic()
        again = timeline_of(film, senses, kept)
        answer(again, asked[1].text, embedder, vocabulary)
        speedups.append(first / (time.monotonic() - begun))
        assert again.decoded == 0.0
        for case in asked:
            reply = answer(timeline, case.text, embedder, vocabulary)
            grades.append((case, grade(case, reply), reply))
            if show and grades[-1][1] != "right":
                print(f"{seed} {grades[-1][1]}: {case} -> {reply.answer}", file=sys.stderr)
            if case.kind == "when" and case.source in ("read", "heard") and not reply.abstained:
                offsets.append(abs(reply.evidence[0].start - case.spans[0][0]))
        found, total = words_found(truth, timeline)
        words = [words[0] + found, words[1] + total]
        wanted = " ".join(" ".join(tokens(phrase.text)) for phrase in truth.phrases)
        heard = " ".join(token for word in timeline.words for token in tokens(word.text))
        errors = [errors[0] + error_rate(wanted, heard) * len(wanted.split()), errors[1] + len(wanted.split())]
    figures = [
        share("words on the screen found", words[0], words[1], 0.9),
        Figure("word error rate of speech", errors[0] / errors[1], int(errors[1])),
        Figure(
            "seconds a second of film, first question (wall, worst film)",
            max(r[0] for r in ratios),
            len(seeds),
            1.0,
            at_most=True,
        ),
        Figure(
            "processor seconds a second of film, first question", sum(r[1] for r in ratios) / len(seeds), len(seeds)
        ),
        Figure("second question, times faster (worst film)", min(speedups), len(seeds), 5.0),
        Figure("start of read and said, median error in seconds", sorted(offsets)[len(offsets) // 2], len(offsets)),
    ]
    return figures + _shares(grades)


def _shares(grades: Sequence[tuple[Case, str, WatchReply]]) -> list[Figure]:
    out = []
    real = [(case, mark, reply) for case, mark, reply in grades if case.kind != "unanswerable"]
    groups = {
        "when: all": [g for g in real if g[0].kind == "when"],
        "other kinds": [g for g in real if g[0].kind != "when"],
    }
    for source in ("seen", "read", "heard", "moves"):
        groups[f"when: {source}"] = [g for g in real if g[0].kind == "when" and g[0].source == source]
    for kind in ("whether", "duration", "content", "order"):
        groups[kind] = [g for g in real if g[0].kind == kind]
    for name, group in groups.items():
        answered = [mark for _, mark, _ in group if mark != "declined"]
        if group:
            out.append(share(f"{name}: answered", len(answered), len(group)))
        if answered:
            targets = (0.85, 0.1) if name == "when: all" else (None, None)
            out.append(share(f"{name}: right of those answered", answered.count("right"), len(answered), targets[0]))
            out.append(
                share(f"{name}: wrong of all asked", answered.count("wrong"), len(group), targets[1], at_most=True)
            )
    for source in ("", "seen", "read", "heard"):
        marks = [mark for case, mark, _ in grades if case.kind == "unanswerable" and source in ("", case.source)]
        target = None if source else 0.9
        out.append(
            share(f"unanswerable{': ' if source else ''}{source}, declined", marks.count("right"), len(marks), target)
        )
    for low, high in ((0.0, 0.7), (0.7, 0.85), (0.85, 0.95), (0.95, 1.01)):
        inside = [
            (mark == "right", reply.confidence)
            for case, mark, reply in grades
            if reply.confidence is not None and not reply.abstained and low <= reply.confidence < high
        ]
        if inside:
            mean = sum(c for _, c in inside if c is not None) / len(inside)
            name = f"right at confidence {low:g} to {min(1.0, high):g} (mean {mean:.2f})"
            out.append(share(name, sum(r for r, _ in inside), len(inside)))
    return out


def parser_figures() -> list[Figure]:
    """Return how many held-out phrasings are understood: kind, source, thing, relation and which of the moments."""
    rows = [
        json.loads(line)
        for line in Path(__file__).with_name("video_phrasings_heldout.jsonl").read_text("utf-8").splitlines()
    ]
    right = sum(_is_understood(row) for row in rows)
    declined = [row for row in rows if row["kind"] in ("decline", "language")]
    refused = sum(parse_question(row["text"]).kind == "decline" for row in declined)
    return [
        share("held-out phrasings understood", right, len(rows)),
        share("… of them to be declined, declined", refused, len(declined)),
    ]


def _is_understood(row: dict[str, str]) -> bool:
    question = parse_question(row["text"])
    kind = "language" if "seems to be" in question.why else question.kind
    if kind != row["kind"]:
        return False
    if kind in ("decline", "language", "summary"):
        return True
    thing = question.thing
    same = row["source"] in (None, thing.sense) and question.relation == row["relation"]
    same &= kind == "content" or thing.subject.lower() == row["subject"].lower()
    same &= kind == "order" or question.pick == row["pick"]
    times = [anchor for anchor in question.anchors if anchor.seconds is not None]
    names = [anchor.subject.lower() for anchor in question.anchors if anchor.seconds is None]
    if row["anchor"] and any(c.isdigit() for c in row["anchor"]):
        return same and len(times) == (2 if row["relation"] == "between" else 1)
    return same and (not row["anchor"] or row["anchor"].lower() in names)


def memory(folder: Path) -> list[Figure]:
    """Return the peak memory of a film of 5 minutes and of one of an hour, each in a process of its own."""
    from film_repeat import repeated

    make(folder / "film-211.mp4", 211, 300.0)
    repeated(folder / "film-211.mp4", folder / "hour.mp4", 12)
    peaks = []
    for name in ("film-211.mp4", "hour.mp4"):
        command = [sys.executable, __file__, "--peak", str(folder / name)]
        peaks.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]))
    return [Figure("peak memory, 5 minutes, MB", peaks[0], 1), Figure("peak memory, 1 hour, MB", peaks[1], 1)]


def _peak(film: Path) -> None:
    embedder = load("offline", role="embedder")
    with tempfile.TemporaryDirectory() as kept:
        timeline = timeline_of(Blob(film), offline_senses(embedder), Path(kept))
        answer(timeline, "When is the cat seen?", embedder, vocabulary)
    print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(HELDOUT))
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--only", choices=("questions", "parser", "memory"))
    parser.add_argument("--folder", type=Path, help="where films are kept (default: a new one)")
    parser.add_argument("--show", action="store_true", help="print what is not right")
    parser.add_argument("--peak", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.peak:
        _peak(chosen.peak)
        return 0
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as passing:
        folder = chosen.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        if chosen.only in (None, "parser"):
            figures += parser_figures()
        if chosen.only in (None, "questions"):
            figures += questions(chosen.seeds, chosen.seconds, folder, chosen.show)
        if chosen.only in (None, "memory"):
            figures += memory(folder)
    for figure in figures:
        print(figure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
