"""A film whose content is known: real photos, words on the screen, spoken words, moving shapes, cuts, fades, dissolves.

`python recipes/film.py film.mp4 [--seed 1] [--seconds 300] [--fps 25]` writes film.mp4 (H.264, AAC) and film.json, its
truth. Photos come from scikit-image and scikit-learn, speech from moonshine-voice or, a little different each time,
piper: install the extras demo and voice. Another seed gives another film; the same arguments give the one that is
there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from film_media import (
    COLOURS,
    GROUNDS,
    NEVER,
    PHRASES,
    RATE,
    SHAPES,
    SUBJECTS,
    TEXTS,
    Pixels,
    Sound,
    Subject,
    spoken,
    voice,
)
from film_shots import Shot, Size, card_shot, ground_shot, photo_shot, shape_shot
from film_truth import (
    Absent,
    CameraTruth,
    HardTruth,
    ObjectTruth,
    PhraseTruth,
    SceneTruth,
    ShapeTruth,
    TextTruth,
    Transition,
    Truth,
    WordTruth,
    read_truth,
    truth_path,
)

SIZE: Size = (640, 360)
_SHORTEST, _LONGEST = 1.5, 11.0  # of a scene, seconds
_SOURCES = ("film.py", "film_shots.py", "film_media.py", "film_truth.py")
_COMMON = {"before", "going", "direct", "being", "their", "other", "nothing"}
"""Longer words that more than one phrase may hold, or that are too common to ask for."""


@dataclass(frozen=True)
class Placed:
    """A scene in its film: frames from `first` on, and how it begins; `half` is half the length of that in frames."""

    shot: Shot
    first: int
    transition: Transition
    half: int = 0
    hold: int = 0
    colour: int = 0

    @property
    def reach(self) -> int:
        """How many frames before and after its first one belong to the transition."""
        return self.half + self.hold


def make(
    path: Path,
    seed: int,
    seconds: float = 300.0,
    fps: Fraction | float = Fraction(25),
    size: Size = SIZE,
    sound: bool = True,
) -> Truth:
    """Write a film and its truth beside it, unless both are there from the same arguments; return the truth.

    Args:
        path: Of the film, MP4; the truth has the same name with ".json".
        seed: Of everything that is drawn by chance.
        seconds: Length; from 4 s on there are all kinds of scenes.
        fps: Frames a second: 25, 30 or Fraction(24000, 1001).
        size: Width and height, even.
        sound: Whether somebody speaks.
    """
    rate = Fraction(fps).limit_denominator(1001)
    made = {
        "seed": seed, "seconds": seconds, "fps": str(rate), "size": list(size), "sound": sound,
        "voice": voice() if sound else "", "maker": _digest(),
    }  # fmt: skip
    if _is_made(path, made):
        return read_truth(path)
    chance = random.Random(f"film {seed}")
    count = max(1, round(seconds * rate))
    scenes = _planned(chance, count, float(rate), size)
    length = float(count / rate)
    phrases = _phrases(chance, length) if made["voice"] else []
    path.parent.mkdir(parents=True, exist_ok=True)
    truth_path(path).unlink(missing_ok=True)
    _encode(path, scenes, count, rate, size, _soundtrack(phrases, length, seed) if phrases else None)
    truth = _truth(seed, scenes, count, rate, size, phrases, str(made["voice"]))
    value = {"made": {**made, "bytes": path.stat().st_size}, "truth": truth.to_json()}
    truth_path(path).write_text(json.dumps(value, indent=1), "utf-8")
    return truth


def _digest() -> str:
    """Return what tells this maker from another version of it."""
    folder = Path(__file__).parent
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in _SOURCES)).hexdigest()[:16]


def _is_made(path: Path, made: dict[str, Any]) -> bool:
    try:
        known = json.loads(truth_path(path).read_text("utf-8"))["made"]
        return bool(known == {**made, "bytes": path.stat().st_size})
    except (OSError, ValueError, KeyError):
        return False


def _planned(chance: random.Random, count: int, fps: float, size: Size) -> list[Placed]:
    """Draw the scenes and what lies between them."""
    lengths = _lengths(chance, count, fps)
    more = chance.choices(("photo", "card", "shape", "ground"), (42, 18, 18, 22), k=max(0, len(lengths) - 3))
    kinds = ["photo", "card", "shape", *more]
    head = kinds[:3]
    chance.shuffle(head)
    kinds[:3] = head
    present = chance.sample(SUBJECTS, min(6, max(2, len(lengths) // 4)))
    texts = chance.sample(TEXTS, 30)
    avoid = set(chance.sample([f"{colour} {shape}" for colour in COLOURS for shape in SHAPES], 8))
    queue: list[Subject] = []
    scenes: list[Placed] = []
    last: Subject | str | None = None
    first = 0
    for kind, frames in zip(kinds, lengths, strict=False):
        shot = _shot(chance, kind, frames, fps, size, queue, present, texts, avoid, last)
        last = shot.subject or shot.ground
        if chance.random() < 0.4:
            shot.grain = chance.uniform(1.5, 4.5)
        if kind != "shape" and not shot.hard and frames > fps and chance.random() < 0.15:
            at = round(frames * chance.uniform(0.35, 0.65))
            shot.hard.append(("flash", at, at + chance.randint(1, 3)))
        scenes.append(_placed(chance, shot, first, scenes[-1] if scenes else None))
        first += frames
    return scenes


def _lengths(chance: random.Random, count: int, fps: float) -> list[int]:
    """Draw lengths of scenes, in frames; short ones are as likely as long ones."""
    lengths: list[int] = []
    longest = min(_LONGEST, max(1.3 * _SHORTEST, count / fps / 4))
    while (left := count - sum(lengths)) > 0:
        frames = round(fps * _SHORTEST * (longest / _SHORTEST) ** chance.random())
        lengths.append(left if left - frames < fps * _SHORTEST else frames)
    return lengths


def _shot(
    chance: random.Random,
    kind: str,
    frames: int,
    fps: float,
    size: Size,
    queue: list[Subject],
    present: list[Subject],
    texts: list[str],
    avoid: set[str],
    last: Subject | str | None,
) -> Shot:
    if kind == "photo":
        if not queue:
            queue += chance.sample(present, len(present))
        if queue[-1] is last and len(queue) > 1:  # two scenes of one thing would have no cut between them
            queue[-2:] = queue[:-3:-1]
        elif queue[-1] is last:
            queue.append(chance.choice([subject for subject in present if subject is not last]))
        caption = texts.pop() if len(texts) >= 3 and frames > 1.4 * fps and chance.random() < 0.3 else ""
        return photo_shot(chance, queue.pop(), frames, fps, size, caption)
    if kind == "card" and len(texts) >= 3:
        lines = 3 if frames > 3 * fps and chance.random() < 0.3 else chance.choice((1, 2))
        return card_shot(chance, [texts.pop() for _ in range(lines)], frames, size)
    if kind == "shape":
        return shape_shot(chance, frames, fps, size, avoid)
    how = chance.choice(("pan", "dark", "dark", "still")) if frames > fps else "still"
    return ground_shot(chance, chance.choice([name for name in GROUNDS if name != last]), how, frames, fps, size)


def _placed(chance: random.Random, shot: Shot, first: int, last: Placed | None) -> Placed:
    if last is None:
        return Placed(shot, first, "start")
    how: Transition = chance.choices(("cut", "fade", "dissolve"), (58, 18, 24))[0]
    room = min(shot.frames, last.shot.frames) // 4
    half = min(room, chance.randint(4, 15))
    if how == "cut" or half < 4:
        return Placed(shot, first, "cut")
    if how == "fade":
        return Placed(shot, first, "fade", half, chance.randint(0, 3), chance.choice((0, 0, 0, 255)))
    return Placed(shot, first, "dissolve", half)


def _frames(scenes: list[Placed], count: int) -> Iterator[tuple[Pixels, float]]:
    """Draw the frames in order, each with its grain; a frame that stays the same is the same object."""
    place = 0
    for number in range(count):
        if place + 1 < len(scenes) and number >= scenes[place + 1].first:
            place += 1
        scene = scenes[place]
        after = scenes[place + 1] if place + 1 < len(scenes) else None
        pixels = scene.shot.draw(number - scene.first)
        if after is not None and number >= after.first - after.reach:
            pixels = _between(after, scene, number, pixels)
        elif number <= scene.first + scene.reach and place:
            pixels = _between(scene, scenes[place - 1], number, pixels)
        for kind, start, end in scene.shot.hard:
            if kind == "flash" and start <= number - scene.first < end:
                pixels = (pixels * 0.2 + 204).astype(np.uint8)
        yield pixels, scene.shot.grain


def _between(scene: Placed, before: Placed, number: int, pixels: Pixels) -> Pixels:
    """Return a frame of the fade or dissolve with which `scene` begins; `pixels` is the frame without it."""
    if scene.transition == "fade":
        share = min(1.0, max(0.0, (abs(number - scene.first) - scene.hold) / scene.half))
        return (pixels * share + scene.colour * (1 - share)).astype(np.uint8)
    if scene.transition == "dissolve" and number < scene.first + scene.half:
        share = (number - scene.first + scene.half + 1) / (2 * scene.half + 1)
        old, new = before.shot.draw(number - before.first), scene.shot.draw(number - scene.first)
        return (old * (1 - share) + new * share).astype(np.uint8)
    return pixels


def _encode(path: Path, scenes: list[Placed], count: int, rate: Fraction, size: Size, sound: Sound | None) -> None:
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    options = {"preset": "ultrafast", "crf": "26", "g": "100"} if codec == "libx264" else {"qscale": "3"}
    noise = [np.random.default_rng(n).normal(0, 1, (size[1], size[0])).astype(np.float32) for n in range(5)]
    with av.open(str(path), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = 1 / rate
        heard = None
        if sound is not None:
            heard = out.add_stream("aac", rate=RATE, layout="mono")
            heard.bit_rate = 48_000
        last: tuple[Pixels, Any] | None = None
        done = 0
        for number, (pixels, grain) in enumerate(_frames(scenes, count)):
            if last is None or last[0] is not pixels:
                last = pixels, av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels)).reformat(format="yuv420p")
            frame = _grainy(last[1], noise[number % 5], grain) if grain else last[1]
            frame.pts, frame.time_base = number, 1 / rate
            out.mux(stream.encode(frame))
            if sound is not None and (number + 1) / rate * RATE >= done + RATE:
                out.mux(_sounded(heard, sound[done : done + RATE], done))
                done += RATE
        out.mux(stream.encode(None))
        if sound is not None and heard is not None:
            out.mux(_sounded(heard, sound[done:], done) + heard.encode(None))


def _grainy(frame: Any, noise: np.ndarray, grain: float) -> Any:
    planes = frame.to_ndarray()
    light = planes[: frame.height]
    np.clip(light + noise * grain, 0, 255, out=light, casting="unsafe")
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def _sounded(stream: Any, samples: Sound, at: int) -> list[Any]:
    if not samples.size:
        return []
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
    return list(stream.encode(frame))


def _phrases(chance: random.Random, length: float) -> list[tuple[int, float]]:
    """Draw which phrases are spoken, and when; some are left out, so that they can be asked for in vain."""
    count = min(11, int(length / 7))
    chosen = chance.sample(range(len(PHRASES)), count)
    room = length / max(1, count)
    placed = []
    for place, number in enumerate(chosen):
        free = room - spoken(number).size / RATE - 0.6
        if free > 0:
            placed.append((number, round(place * room + 0.3 + chance.random() * free, 3)))
    return placed


def _soundtrack(phrases: list[tuple[int, float]], length: float, seed: int) -> Sound:
    sound = np.random.default_rng(seed).normal(0, 0.0008, round(length * RATE)).astype(np.float32)
    for number, at in phrases:
        piece, first = spoken(number), round(at * RATE)
        sound[first : first + piece.size] += piece[: sound.size - first]
    return np.clip(sound, -1, 1)


def _truth(
    seed: int, scenes: list[Placed], count: int, rate: Fraction, size: Size, phrases: list[tuple[int, float]], by: str
) -> Truth:
    def at(frame: int) -> float:
        return round(float(min(frame, count) / rate), 4)

    placed = [(scene.first, scene.shot) for scene in scenes]
    ends = [*(scene.first for scene in scenes[1:]), count]
    spans = [PhraseTruth(PHRASES[n][0], s, round(s + spoken(n).size / RATE, 3)) for n, s in phrases]
    texts = tuple(TextTruth(t, at(f + a), at(f + b), where) for f, shot in placed for t, a, b, where in shot.texts)
    shapes = tuple(ShapeTruth(*what, at(f + a), at(f + b)) for f, shot in placed for *what, a, b in shot.shapes)
    objects = tuple(
        ObjectTruth(scene.shot.subject.label, scene.shot.subject.also, at(scene.first), at(end))
        for scene, end in zip(scenes, ends, strict=True)
        if scene.shot.subject is not None
    )
    return Truth(
        seed, f"{rate.numerator}/{rate.denominator}", count, *size, at(count), by,
        scenes=tuple(
            SceneTruth(
                at(scene.first), at(end), scene.transition, at(scene.first - scene.reach),
                at(scene.first + scene.reach), scene.shot.kind, scene.shot.dark,
            )
            for scene, end in zip(scenes, ends, strict=True)
        ),
        texts=texts, phrases=tuple(spans), words=tuple(word for span in spans for word in _words(span)),
        objects=objects, shapes=shapes,
        camera=tuple(CameraTruth(*what, at(f + a), at(f + b)) for f, shot in placed for *what, a, b in shot.camera),
        hard=tuple(HardTruth(kind, at(f + a), at(f + b)) for f, shot in placed for kind, a, b in shot.hard),
        absent=_absent(texts, spans, objects, shapes),
    )  # fmt: skip


def _words(span: PhraseTruth) -> list[WordTruth]:
    words = span.text.split()
    steps = np.cumsum([0, *(len(word) + 1 for word in words)]) / (len(span.text) + 1) * (span.end - span.start)
    return [
        WordTruth(word, round(span.start + float(a), 3), round(span.start + float(b), 3))
        for word, a, b in zip(words, steps[:-1], steps[1:], strict=True)
    ]


def _absent(
    texts: tuple[TextTruth, ...], spans: list[PhraseTruth], objects: tuple[ObjectTruth, ...],
    shapes: tuple[ShapeTruth, ...],
) -> Absent:  # fmt: skip
    shown = {name for thing in objects for name in (thing.label, *thing.also)}
    read = {word for text in texts for word in text.text.split()}
    heard = {word for span in spans for word in span.text.split()}
    words = {word for text, _, _ in PHRASES for word in text.split() if len(word) >= 5}
    drawn = {f"{shape.colour} {shape.shape}" for shape in shapes}
    return Absent(
        (*(s.label for s in SUBJECTS if s.label not in shown and not shown.intersection(s.also)), *NEVER),
        tuple(text for text in TEXTS if not read.intersection(text.split())),
        tuple(sorted(words - heard - _COMMON)) if spans else (),
        tuple(f"{c} {s}" for c in COLOURS for s in SHAPES if f"{c} {s}" not in drawn),
    )


def main(arguments: list[str] | None = None) -> int:
    """Write a film; print what it holds."""
    parser = argparse.ArgumentParser(description="Make a film whose content is known, with its truth beside it.")
    parser.add_argument("path", type=Path, help="the film to write, .mp4")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--fps", type=Fraction, default=Fraction(25), help="25, 30, 24000/1001 …")
    options = parser.parse_args(arguments)
    truth = make(options.path, options.seed, options.seconds, options.fps)
    print(
        f"{options.path}: {truth.seconds:g} s, {len(truth.scenes)} scenes, {len(truth.texts)} texts, "
        f"{len(truth.phrases)} spoken phrases, {len(truth.objects)} photos, {len(truth.shapes)} moving shapes"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
