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
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))

import av
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from figures import Figure, share
from film import make
from film_media import PHRASES, RATE, TEXTS, spoken
from film_truth import Truth
from video_questions import Case, cases, error_rate, grade

from sensorium import load
from sensorium.cli.film.senses import offline_senses, vocabulary
from sensorium.core.blob import Blob
from sensorium.video.answers import Timeline, answer, parse_question, timeline_of
from sensorium.video.answers.word_matching import tokens

HELDOUT = (211, 212, 213, 214, 215)


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


@dataclass(frozen=True)
class Graded:
    """A question, whether its answer was right, wrong or declined, how sure it was, and how far off its start."""

    case: Case
    mark: str
    confidence: float | None
    offset: float | None


def questions(seeds: Sequence[int], seconds: float, folder: Path, show: bool) -> list[Figure]:
    """Ask all questions of the films of some seeds; what was measured of a film before, in the same folder, is kept."""
    films = [_measured(seed, seconds, folder, show) for seed in seeds]
    total = {name: sum(film[name] for film in films) for name in ("found", "words", "errors", "spoken", "processor")}
    length = seconds * len(films)
    rows = [
        Graded(Case(**row["case"]), row["mark"], row["confidence"], row["offset"]) for f in films for row in f["rows"]
    ]
    offsets = sorted(row.offset for row in rows if row.offset is not None)
    return [
        share("words on the screen found", total["found"], total["words"], 0.9),
        Figure("word error rate of speech", total["errors"] / total["spoken"], total["spoken"]),
        Figure("seconds a second of film, first question, worst", max(f["wall"] for f in films) / seconds, len(films)),
        Figure("processor seconds a second of film, first question", total["processor"] / length, len(films)),
        Figure("second question, times faster, worst", min(f["faster"] for f in films), len(films), 5.0),
        Figure("start of read and said, median error in seconds", offsets[len(offsets) // 2], len(offsets)),
        *_shares(rows),
    ]


def _measured(seed: int, seconds: float, folder: Path, show: bool) -> dict[str, Any]:
    """Return what the questions about one film gave."""
    kept = folder / f"result-{seed}-{seconds:g}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text("utf-8")))
    truth = make(folder / f"film-{seed}.mp4", seed, seconds)
    embedder = load("offline", role="embedder")
    senses, film, where = (
        offline_senses(embedder),
        Blob(folder / f"film-{seed}.mp4"),
        Path(tempfile.mkdtemp(dir=folder)),
    )
    asked = cases(truth, random.Random(f"questions {seed}"))
    begun, cpu = time.monotonic(), time.process_time()
    timeline = timeline_of(film, senses, where)
    answer(timeline, asked[0].text, embedder, vocabulary)
    wall, processor = time.monotonic() - begun, time.process_time() - cpu
    begun = time.monotonic()
    again = timeline_of(film, senses, where)
    answer(again, asked[1].text, embedder, vocabulary)
    assert again.decoded == 0.0
    out: dict[str, Any] = {"wall": wall, "processor": processor, "faster": wall / (time.monotonic() - begun)}
    out["rows"] = []
    for case in asked:
        reply = answer(timeline, case.text, embedder, vocabulary)
        mark = grade(case, reply)
        if show and mark != "right":
            print(f"{seed} {mark}: {case} -> {reply.answer}", file=sys.stderr)
        timed = case.kind == "when" and case.source in ("read", "heard") and not reply.abstained
        offset = abs(reply.evidence[0].start - case.spans[0][0]) if timed else None
        confidence = None if reply.abstained else reply.confidence
        out["rows"].append({"case": asdict(case), "mark": mark, "confidence": confidence, "offset": offset})
    out["found"], out["words"] = words_found(truth, timeline)
    wanted = " ".join(" ".join(tokens(phrase.text)) for phrase in truth.phrases)
    heard = " ".join(token for word in timeline.words for token in tokens(word.text))
    out["spoken"] = len(wanted.split())
    out["errors"] = error_rate(wanted, heard) * out["spoken"]
    kept.write_text(json.dumps(out, indent=1), "utf-8")
    return out


def _shares(rows: Sequence[Graded]) -> list[Figure]:
    out = []
    real = [row for row in rows if row.case.kind != "unanswerable"]
    groups = {
        "when: all": [row for row in real if row.case.kind == "when"],
        "other kinds": [row for row in real if row.case.kind != "when"],
    }
    for source in ("seen", "read", "heard", "moves"):
        groups[f"when: {source}"] = [row for row in groups["when: all"] if row.case.source == source]
    for kind in ("whether", "duration", "content", "order"):
        groups[kind] = [row for row in real if row.case.kind == kind]
    for name, group in groups.items():
        answered = [row.mark for row in group if row.mark != "declined"]
        if group:
            out.append(share(f"{name}: answered", len(answered), len(group)))
        if answered:
            targets = (0.85, 0.1) if name == "when: all" else (None, None)
            out.append(share(f"{name}: right of those answered", answered.count("right"), len(answered), targets[0]))
            out.append(
                share(f"{name}: wrong of all asked", answered.count("wrong"), len(group), targets[1], at_most=True)
            )
    for source in ("", "seen", "read", "heard"):
        marks = [row.mark for row in rows if row.case.kind == "unanswerable" and source in ("", row.case.source)]
        target = None if source else 0.9
        out.append(
            share(f"unanswerable{': ' if source else ''}{source}, declined", marks.count("right"), len(marks), target)
        )
    for low, high in ((0.0, 0.7), (0.7, 0.85), (0.85, 0.95), (0.95, 1.01)):
        inside = [row for row in rows if row.confidence is not None and low <= row.confidence < high]
        if inside:
            mean = sum(row.confidence or 0.0 for row in inside) / len(inside)
            name = f"right at confidence {low:g} to {min(1.0, high):g} (mean {mean:.2f})"
            out.append(share(name, sum(row.mark == "right" for row in inside), len(inside)))
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
    """Return the peak memory of slides with speech of 5 minutes and of an hour, each in a process of its own."""
    from film_repeat import repeated

    _slides(folder / "slides.mp4", 300)
    repeated(folder / "slides.mp4", folder / "hour.mp4", 12)
    peaks = []
    for name in ("slides.mp4", "hour.mp4"):
        command = [sys.executable, __file__, "--peak", str(folder / name)]
        peaks.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]))
    return [
        Figure("peak memory, slides of 5 minutes, MB", peaks[0], 1),
        Figure("peak memory, slides of 1 hour, MB", peaks[1], 1, 1.15 * peaks[0], at_most=True),
    ]


def _slides(path: Path, seconds: int, fps: int = 5) -> None:
    """Write a film of slides with text, another each 10 s, and a phrase each half minute: cheap to look at."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "24"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        heard = out.add_stream("aac", rate=RATE, layout="mono")
        for number in range(seconds * fps):
            if number % (10 * fps) == 0:
                image = PIL.Image.new("RGB", (640, 360), (40 + number % 97, 60, 40 + number % 53))
                text = TEXTS[number // (10 * fps) % len(TEXTS)]
                PIL.ImageDraw.Draw(image).text((80, 130), text, font=PIL.ImageFont.load_default(50))
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        sound = np.random.default_rng(0).normal(0, 0.0008, seconds * RATE).astype(np.float32)
        for number, at in enumerate(range(5, seconds - 10, 30)):
            piece = spoken(number % len(PHRASES))
            sound[at * RATE : at * RATE + piece.size] += piece
        tone = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        tone.sample_rate = RATE
        out.mux(heard.encode(tone))
        out.mux(heard.encode(None))


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
