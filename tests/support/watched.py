"""A film of numbered frames, and models that answer the steps of watching from a script."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np
from films import numbered

from sensorium import Audio, Conversation, Delta, Limits, Video
from sensorium.backends.fake import Fake
from sensorium.core.errors import SensoriumError, ServiceError
from sensorium.core.languages import Span, Transcript
from sensorium.core.reply import Usage
from sensorium.media.audio import samples
from sensorium.video.watch.material import WatchSettings

CLIP = re.compile(r"from ([\d.]+) s to ([\d.]+) s")


@cache
def numbered_film(seconds: int = 90, fps: int = 5) -> bytes:
    """Return a film whose frames show their number."""
    return numbered(Fraction(fps), seconds * fps)[0]


def film(seconds: int = 90) -> Video:
    return Video(numbered_film(seconds))


def step_of(chat: Conversation) -> str:
    """Return which step a question is of."""
    text = chat.messages[-1].text
    if "Describe what is seen" in text:
        return "describe"
    if "Do not answer yet" in text:
        return "condense"
    return "check" if text.rstrip().endswith("yes or no.") else "answer"


def clip_of(chat: Conversation) -> tuple[float, float]:
    """Return the clip that a description is of."""
    match = CLIP.search(chat.messages[-1].text)
    assert match is not None, chat.messages[-1].text
    return float(match[1]), float(match[2])


def answer(text: str = "bars", *moments: tuple[float, float, str, str], cant_tell: bool = False, **more: Any) -> str:
    """Return the JSON of an answer with moments (start, end, text, source)."""
    rows = [dict(zip(("start", "end", "text", "source"), moment, strict=True)) for moment in moments]
    return json.dumps({"evidence": rows, "answer": text, "cant_tell": cant_tell} | more)


BARS = answer("bars", (1.0, 2.0, "black and white bars", "seen"))


def script(
    final: str | Callable[[Conversation], str] = BARS,
    check: str | Callable[[Conversation], str] = "yes",
    describe: Callable[[Conversation], Any] | None = None,
    condense: str = "1.00-2.00 (seen): black and white bars",
) -> Callable[[Conversation], Any]:
    """Return a function that answers each step."""

    def told(chat: Conversation) -> Any:
        step = step_of(chat)
        if step == "describe":
            start, end = clip_of(chat)
            return f"{start:.2f}-{end:.2f}: bars of {start:.0f}" if describe is None else describe(chat)
        if step == "condense":
            return condense
        one = final if step == "answer" else check
        return one(chat) if callable(one) else one

    def counted(chat: Conversation) -> Any:
        text = told(chat)
        if isinstance(text, Delta | SensoriumError):
            return text
        return Delta(text, usage=Usage(input_tokens=1000, output_tokens=10))

    return counted


def fake(*arguments: Any, name: str = "scripted", **options: Any) -> Fake:
    return Fake(script(*arguments, **options), name=name)


def steps(model: Fake) -> list[str]:
    """Return the steps that a model was asked, in order."""
    return [step_of(chat) for chat in model.asked]


class Saying:
    """A Transcriber that hears the same words in the middle of every piece of sound."""

    name = "saying"
    languages = ("en",)

    def __init__(self, words: str = "the meeting is at noon", fails_at: int | None = None) -> None:
        self.words, self.fails_at, self.pieces = words, fails_at, 0

    def transcribe(self, audio: Audio, language: str | None) -> Transcript:
        self.pieces += 1
        if self.pieces == self.fails_at:
            raise ServiceError("The line was bad.")
        length = samples(audio).size / 16_000
        return Transcript(self.words, "en", length, (Span(self.words, length / 2 - 0.5, length / 2 + 0.5),))


def spoken_film(seconds: int = 60, sound_from: float = 0.0) -> bytes:
    """Return a film with noise, silent every 20 s, whose sound may begin later than its frames."""
    buffer, rate = io.BytesIO(), 16_000
    noise = np.random.default_rng(0).normal(0, 0.1, int(rate * (seconds - sound_from))).astype(np.float32)
    for at in range(19, seconds, 20):
        noise[int((at - sound_from) * rate) : int((at + 1 - sound_from) * rate)] = 0
    with av.open(buffer, "w", format="matroska") as out:
        video = out.add_stream("mpeg4", rate=2)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = out.add_stream("pcm_s16le", rate=rate)
        for number in range(2 * seconds):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 2)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for first in range(0, noise.size, rate):
            piece = (noise[first : first + rate] * 32767).astype(np.int16)[None]
            sound = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
            sound.sample_rate, sound.time_base = rate, Fraction(1, rate)
            sound.pts = first + int(sound_from * rate)
            out.mux(audio.encode(sound))
        out.mux(audio.encode(None))
    return buffer.getvalue()


def still_film(pixels: np.ndarray, seconds: int) -> bytes:
    """Return a film that shows one picture, two frames a second."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = pixels.shape[1], pixels.shape[0], "yuv420p"
        for number in range(2 * seconds):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 2)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def luna(*arguments: Any, **options: Any) -> Fake:
    limits = Limits(parts=("text", "image"), max_side=2048, schema="enforced")
    return Fake(script(*arguments, **options), limits, name="openai:gpt-6-luna")


def small() -> WatchSettings:
    return WatchSettings(thinking_tokens=64, segment_seconds=5, check=False)
