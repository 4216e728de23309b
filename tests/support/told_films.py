"""Short films with words on the screen and tones, senses that know them, and timelines made by hand."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from sensorium.core.languages import Span, Transcript
from sensorium.core.messages import Audio
from sensorium.core.reply import Box
from sensorium.media.audio import RATE, samples
from sensorium.media.image import Pixels
from sensorium.video.answers.looking.hearing import HeardFilm
from sensorium.video.answers.looking.seen import FilmScene, NamedFrame, ScreenText, SeenFilm, SeenMovement
from sensorium.video.answers.timeline import Timeline

FPS, SIZE = 20, (320, 180)
Words = tuple[str, float, float]
"""Words on the screen from a start to an end, in seconds."""


def picture(words: Sequence[str], ground: int, bar: int) -> np.ndarray:
    """Draw words below each other on a grey ground, with a bar that moves."""
    image = PIL.Image.new("RGB", SIZE, (ground, ground, ground))
    draw = PIL.ImageDraw.Draw(image)
    draw.rectangle((bar % SIZE[0], 165, bar % SIZE[0] + 20, 180), fill=(200, 60, 60))
    for row, text in enumerate(words):
        draw.text((30, 20 + 60 * row), text, fill=(255, 255, 255), font=PIL.ImageFont.load_default(34))
    return np.asarray(image)


def told_film(path: Path, seconds: float, words: Sequence[Words], tones: Sequence[tuple[float, float]] = ()) -> Path:
    """Write a film: a cut each 3 s, words while they are due, and tones where somebody "speaks"."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "20", "g": "40"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        heard = out.add_stream("aac", rate=RATE, layout="mono") if tones else None
        for number in range(round(seconds * FPS)):
            at = number / FPS
            shown = [text for text, start, end in words if start <= at < end]
            ground = (20, 90, 150)[int(at // 3) % 3]
            frame = av.VideoFrame.from_ndarray(picture(shown, ground, number * 3), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if heard is not None:
            times = np.arange(round(seconds * RATE)) / RATE
            sound = np.zeros_like(times, dtype=np.float32)
            for start, end in tones:
                part = (times >= start) & (times < end)
                sound[part] = 0.3 * np.sin(2 * np.pi * 440 * times[part])
            tone = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
            tone.sample_rate = RATE
            out.mux(heard.encode(tone))
            out.mux(heard.encode(None))
    path.write_bytes(buffer.getvalue())
    return path


@dataclass(frozen=True)
class Line:
    """A line that `BrightReader` found."""

    text: str
    box: Box
    score: float


class BrightReader:
    """Reads the bright rows of a frame: how much of them is bright tells what they say. Counts its readings."""

    def __init__(self, words: Sequence[str]) -> None:
        self._known = {text: self._ink(picture([text], 20, 0)) for text in words}
        self.readings = 0

    def __call__(self, pixels: Pixels) -> list[Line]:
        self.readings += 1
        out = []
        for top in (10, 70):
            part = pixels[top : top + 55]
            ink = self._ink(part)
            if ink < 40:
                continue
            text = min(self._known, key=lambda name: abs(self._known[name] - ink))
            columns = np.flatnonzero((part.min(axis=2) > 215).any(axis=0))
            out.append(Line(text, Box(float(columns[0]), top, float(columns[-1] + 1), top + 55), 0.98))
        return out

    @staticmethod
    def _ink(pixels: Pixels) -> int:
        return int((pixels[:150].min(axis=2) > 215).sum())


class ToneTranscriber:
    """Hears the words of a script, one for each tone; a silent film has none. Counts what it is given."""

    name = "tones"
    languages = ("en",)

    def __init__(self, script: Sequence[str], exact: bool = True) -> None:
        self._script, self._exact = list(script), exact
        self.seconds = 0.0

    def transcribe(self, audio: Audio, language: str | None) -> Transcript:
        sound = samples(audio)
        self.seconds += sound.size / RATE
        loud = np.abs(sound).reshape(-1)[: sound.size // 800 * 800].reshape(-1, 800).max(axis=1) > 0.1
        edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(int), [0]))))
        spans = [
            Span(self._script.pop(0), float(start) / 20, float(end) / 20)
            for start, end in zip(edges[::2], edges[1::2], strict=True)
        ]
        text = " ".join(span.text for span in spans)
        words = tuple(spans) if self._exact else ()
        return Transcript(text, "en", sound.size / RATE, tuple(spans), 0.9, 0.9, self.name, words)


def said(text: str, start: float, step: float = 0.4) -> tuple[Span, ...]:
    """Return words that are spoken one after another."""
    return tuple(
        Span(word, start + step * number, start + step * (number + 1)) for number, word in enumerate(text.split())
    )


def hand_made(
    movements: tuple[SeenMovement, ...] | None = (SeenMovement(40.0, 44.0, "object", "left", 0.9),),
) -> Timeline:
    """Return the timeline of a minute: a cat, two texts, three sentences, something that moves."""
    scenes = tuple(FilmScene(10.0 * n, 10.0 * (n + 1), "cut" if n else "start") for n in range(6))
    texts = (
        ScreenText("PLATFORM 7", 12.0, 18.0, 0.98, (0.1, 0.1, 0.5, 0.2)),
        ScreenText("NIGHT TRAIN", 30.0, 36.0, 0.97, (0.1, 0.1, 0.5, 0.2)),
        ScreenText("PLATFORM 7", 50.0, 54.0, 0.98, (0.1, 0.1, 0.5, 0.2)),
    )
    named = (
        NamedFrame(5.0, (("tabby cat", 0.9), ("sofa", 0.05))),
        NamedFrame(25.0, (("tabby cat", 0.8),)),
        NamedFrame(45.0, (("sofa", 0.7),)),
    )
    words = said("It was the age of wisdom.", 3.0) + said("The night train is late.", 22.0)
    words += said("We talk about money and wisdom.", 41.0)
    spans = (
        Span("It was the age of wisdom.", 3.0, 5.4),
        Span("The night train is late.", 22.0, 24.0),
        Span("We talk about money and wisdom.", 41.0, 43.4),
    )
    heard = HeardFilm(spans, words, "en", 0.9, True)
    return Timeline("minute.mp4", 60.0, SeenFilm(scenes, texts, named, movements, True), heard)
