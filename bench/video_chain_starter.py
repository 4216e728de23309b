"""The chain, 8 uniform frames and the question alone, with the starter's eyes on films of drawn shapes.

    python bench/video_chain_starter.py [--films 20] [--seed 1000] [--steps FOLDER]

A film of two minutes shows two to four shapes of `recipes/starter/scenes.py`; to one of them something happens: it
appears, hides, appears for 5 s, moves, or grows. Three linked questions a film: what happens, in which of eight parts,
and where the shape is seen last; a group counts only if all three are right (as in Video-MME-v2). The starter describes
each frame; it has no language to condense and answer with, so a short program reads the notes, the same one in all
conditions with frames. The question alone is asked of the starter with a blank picture. Seeds under 1000 served to
write this.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "recipes" / "starter"))

import scenes
from scenes import COLOURS, PLACES, SHAPES, Thing

from sensorium import Conversation, Delta, Image, Limits, Options, Video, ask, ask_all, load
from sensorium.core.errors import NoWordsError
from sensorium.core.protocols import Model
from sensorium.core.reply import Reply, Usage
from sensorium.evaluation.conditions import Condition
from sensorium.evaluation.metrics import metric
from sensorium.evaluation.runner import run
from sensorium.evaluation.statistics import paired_difference, wilson_interval
from sensorium.tasks.task import Example, Task
from sensorium.video.watch.material import WatchSettings
from sensorium.video.watch.prompts import watch_question
from sensorium.video.watch.watch import WatchSetup, watch

SECONDS, FPS, PARTS = 120, 2, 8
EVENTS = {
    "appears": "it appears", "hides": "it hides", "visits": "it appears and hides again", "moves": "it moves",
    "grows": "it grows",
}  # fmt: skip
PART_NAMES = tuple(f"{part * SECONDS // PARTS} to {(part + 1) * SECONDS // PARTS} s" for part in range(PARTS))
_PLACE = "|".join(sorted(PLACES, key=len, reverse=True))
_THING = re.compile(rf"(big|small) ({'|'.join(COLOURS)}) ({'|'.join(SHAPES)}) ({_PLACE})")
_LINE = re.compile(r"([\d.]+)-[\d.]+(?: \(seen\))?: (.*)")


@dataclass(frozen=True)
class Drawn:
    """A film with its questions: (text, choices, right answer) each."""

    film: bytes
    questions: tuple[tuple[str, tuple[str, ...], str], ...]


def drawn(seed: int) -> Drawn:
    """Draw a film and ask about it."""
    chance = random.Random(f"film {seed}")
    scene = scenes.shapes(chance, chance.randint(2, 4))
    while len({(t.colour, t.shape) for t in scene.things}) < len(scene.things):
        scene = scenes.shapes(chance, chance.randint(2, 4))
    kind = list(EVENTS)[seed % len(EVENTS)]
    target = chance.choice(scene.things)
    at = chance.uniform(3, SECONDS - 8)
    free = chance.choice([cell for cell in range(9) if cell not in {t.cell for t in scene.things}])
    small = replace(target, big=False, radius=6.5)
    big = replace(target, big=True, radius=12.5, x=_middle(target.cell)[0], y=_middle(target.cell)[1])
    x, y = _middle(free)
    moved = replace(target, cell=free, x=x, y=y)

    def shown(second: float) -> Thing | None:
        if kind == "appears":
            return target if second >= at else None
        if kind == "hides":
            return target if second < at else None
        if kind == "visits":
            return target if at <= second < at + 5 else None
        if kind == "moves":
            share = min(1.0, max(0.0, second - at))
            between = replace(target, x=target.x + (x - target.x) * share, y=target.y + (y - target.y) * share)
            return moved if share == 1 else between
        return big if second >= at else small

    frames = []
    for number in range(SECONDS * FPS):
        thing = shown(number / FPS)
        things = tuple(t for t in scene.things if t is not target) + ((thing,) if thing else ())
        frames.append(np.asarray(scenes.draw(replace(scene, things=things))))
    last = PLACES[moved.cell if kind == "moves" else target.cell]
    others = chance.sample([place for place in PLACES if place != last], 3)
    places = tuple(chance.sample([last, *others], 4))
    name = target.name
    return Drawn(
        encoded(frames),
        (
            (f"What happens to the {name}?", tuple(EVENTS.values()), EVENTS[kind]),
            (
                f"In which part of the film does it happen to the {name}?",
                PART_NAMES,
                PART_NAMES[int(at / SECONDS * PARTS)],
            ),
            (f"Where is the {name} seen last?", places, last),
        ),
    )


def _middle(cell: int) -> tuple[float, float]:
    return (cell % 3 + 0.5) * scenes.SIDE / 3, (cell // 3 + 0.5) * scenes.SIDE / 3


def encoded(frames: Sequence[np.ndarray]) -> bytes:
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"crf": "8", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = scenes.SIDE, scenes.SIDE, "yuv444p"
        for number, pixels_of in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels_of, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


@cache
def starter() -> Model:
    return load("starter")


class StarterEyes:
    """A Model that describes frames one by one with the starter, and looks whether a claim is true of them."""

    name = "starter's eyes"
    limits = Limits(parts=("text", "image"))

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        frames = [part for part in chat.parts if isinstance(part, Image)]
        asked = [Conversation.of(frame, "Describe the picture.") for frame in frames]
        told = [reply.text for reply in ask_all(starter(), asked, Options(max_tokens=60))]
        tokens = Usage(20 * len(frames), sum(len(text.split()) for text in told))
        claim = re.search(r"Claim about the film .*?: (.*)\n", chat.messages[-1].text)
        if claim is None:
            lines = [f"{frame.at:.2f}-{frame.at:.2f}: {text}" for frame, text in zip(frames, told, strict=True)]
            yield Delta("\n".join(lines), usage=tokens)
            return
        wanted = claim[1].removeprefix("no ")
        holds = sum(wanted in text for text in told)
        is_so = holds == 0 if claim[1].startswith("no ") else holds > 0
        yield Delta("Yes." if is_so else "No.", usage=tokens)


class NotesReader:
    """A Model that condenses and answers by a program: it finds what fits the notes on one shape best."""

    name = "a reader of notes"
    limits = Limits(parts=("text",))

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        text = chat.messages[-1].text
        asked = re.search(r"Question: (.*)\nChoices: (.*)", text)
        assert asked is not None
        colour, shape = re.search(rf"({'|'.join(COLOURS)}) ({'|'.join(SHAPES)})", asked[1]).groups()  # type: ignore[union-attr]
        name = f"{colour} {shape}"
        if "Do not answer yet" in text:
            yield Delta(condensed(text, name), usage=Usage(len(text) // 4, 50))
        else:
            told = answered(text, name, asked[1], asked[2].split("\n")[0].split("; "))
            yield Delta(json.dumps(told), usage=Usage(len(text) // 4, 50))


def condensed(text: str, name: str) -> str:
    """Keep of each frame what it says about one shape."""
    lines = []
    for at, rest in _LINE.findall(text.replace("Seen: ", "")):
        found = [f"{size} {c} {s} {place}" for size, c, s, place in _THING.findall(rest) if f"{c} {s}" == name]
        lines.append(f"{at}-{at} (seen): {found[0] if found else f'no {name}'}")
    return "\n".join(lines)


def answered(text: str, name: str, question: str, choices: list[str]) -> dict[str, Any]:
    """Answer from the condensed lines; the event is the one with the fewest frames that speak against it."""
    states = [(float(at), _THING.match(rest)) for at, rest in _LINE.findall(text)]
    doubted = set(re.findall(r"^- (.*)$", text, re.M))
    states = [(at, state) for at, state in states if (state[0] if state else f"no {name}") not in doubted]
    if not any(state for _, state in states):
        return {"evidence": [], "answer": "", "cant_tell": True}
    kind, split = best_event(states)
    before, after = states[max(0, split - 1)], states[min(split, len(states) - 1)]
    shown = [(at, state) for at, state in states if state]
    if question.startswith("What"):
        told = EVENTS[kind]
    elif question.startswith("In which"):
        told = PART_NAMES[min(PARTS - 1, int((before[0] + after[0]) / 2 / SECONDS * PARTS))]
    else:
        places = [state[4] for _, state in shown[-3:] if state]
        told = max(places, key=places.count)
        before = after = shown[-1]
    evidence = [
        {"start": at, "end": at, "text": state[0] if state else f"no {name}", "source": "seen"}
        for at, state in dict.fromkeys((before, after))
    ]
    return {"evidence": evidence, "answer": told if told in choices else "", "cant_tell": told not in choices}


def best_event(states: list[tuple[float, re.Match[str] | None]]) -> tuple[str, int]:
    """Return the event, and the place of the first frame after it, that the fewest frames speak against."""
    there = np.array([state is not None for _, state in states])
    big = np.array([state is not None and state[1] == "big" for _, state in states])
    places = [state[4] if state else "" for _, state in states]
    n, options = len(states), []
    for split in range(1, n):
        options += [
            (int(there[:split].sum() + (~there[split:]).sum()) + 1, "appears", split),
            (int((~there[:split]).sum() + there[split:].sum()) + 1, "hides", split),
        ]
        gone = int((~there).sum())
        first, second = ([p for p in half if p] for half in (places[:split], places[split:]))
        if first and second:
            one, two = max(first, key=first.count), max(second, key=second.count)
            if one != two:
                wrong = sum(p != one for p in first) + sum(p != two for p in second)
                options.append((gone + wrong + 1, "moves", split))
            small = int((big[:split] & there[:split]).sum() + (~big[split:] & there[split:]).sum())
            options.append((gone + small + 1, "grows", split))
        for end in range(split + 1, n):
            inside = int((~there[split:end]).sum() + there[:split].sum() + there[end:].sum())
            options.append((inside + 2, "visits", split))
    if not options:
        return "appears", 0
    _, kind, split = min(options, key=lambda option: option[0])
    return kind, split


def alone(example: Example, choices: tuple[str, ...]) -> Reply:
    """Ask the starter with a blank picture; the choice that its answer shares most words with."""
    blank = Image(np.full((scenes.SIDE, scenes.SIDE, 3), 240, np.uint8))
    text = example.conversation.messages[-1].text
    chat = Conversation.of(blank, f"{text} {', '.join(choices)}?")
    try:
        words = set(ask(starter(), chat, options=Options(max_tokens=12)).text.casefold().split())
    except NoWordsError:
        words = set()
    return Reply(max(choices, key=lambda choice: len(words & set(choice.split()))))


def watched(example: Example, settings: WatchSettings, folder: Path) -> Reply:
    """Answer an example by `watch`."""
    (film,) = [part for part in example.conversation.parts if isinstance(part, Video)]
    question = watch_question(example.conversation.messages[-1].text, example.choices)
    setup = WatchSetup(describer=StarterEyes(), folder=folder / film.blob.digest[:12], workers=1, route="chain",
                       settings=settings)  # fmt: skip
    reply = watch([film], question, NotesReader(), setup)
    return Reply(reply.answer, abstained=reply.abstained, usage=reply.usage)


def main(seed: int = 1000, films: int = 20, steps: str | None = None) -> None:
    """Ask all conditions, and print their scores, by question and by group, with paired intervals."""
    cases = [drawn(seed + number) for number in range(films)]
    examples = [
        Example(Conversation.of(Video(case.film), text), (right,), choices=choices)
        for case in cases
        for text, choices, right in case.questions
    ]
    groups = [number // 3 for number in range(len(examples))]
    with tempfile.TemporaryDirectory() if steps is None else nullcontext(steps) as name:
        whole = WatchSettings(frames=6, segment_seconds=12, max_side=scenes.SIDE)
        few = WatchSettings(frames=8, segment_seconds=10 * SECONDS, max_side=scenes.SIDE)
        conditions = [
            Condition("question alone", lambda example: alone(example, example.choices)),
            Condition("8 uniform frames", partial(watched, settings=few, folder=Path(name) / "few")),
            Condition("chain", partial(watched, settings=whole, folder=Path(name) / "chain")),
            Condition("chain, not checked", partial(watched, settings=replace(whole, check=False),
                                                    folder=Path(name) / "chain")),
        ]  # fmt: skip
        result = run(Task("drawn films", tuple(examples)), conditions)
    exact = metric("exact")
    scores: dict[str, list[float]] = {}
    for condition in conditions:
        records = result.records[condition.name]
        scores[condition.name] = [exact(records[place].text, example) for place, example in enumerate(examples)]
        kinds = [sum(scores[condition.name][kind::3]) / films for kind in range(3)]
        whole_groups = grouped(scores[condition.name])
        right = wilson_interval(int(sum(whole_groups)), films)
        declined = sum(record.abstained for record in records.values())
        print(
            f"{condition.name}: questions {np.mean(scores[condition.name]):.3f} "
            f"(what {kinds[0]:.2f}, when {kinds[1]:.2f}, "
            f"where {kinds[2]:.2f}; n={len(examples)}, declined {declined}), groups {right.mean:.3f} "
            f"[{right.low:.3f}, {right.high:.3f}] (n={films})", flush=True,
        )  # fmt: skip
    for baseline in ("question alone", "8 uniform frames", "chain, not checked"):
        by_question = paired_difference(scores["chain"], scores[baseline], groups)
        by_group = paired_difference(grouped(scores["chain"]), grouped(scores[baseline]))
        print(
            f"chain over {baseline}: questions {by_question.mean:+.3f} "
            f"[{by_question.low:+.3f}, {by_question.high:+.3f}], "
            f"groups {by_group.mean:+.3f} [{by_group.low:+.3f}, {by_group.high:+.3f}]"
        )


def grouped(scores: Sequence[float]) -> list[float]:
    """Return 1 for each film whose three answers are right."""
    return [float(all(scores[start : start + 3])) for start in range(0, len(scores), 3)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--steps", help="Folder that keeps the answers.")
    options = parser.parse_args()
    main(options.seed, options.films, options.steps)
