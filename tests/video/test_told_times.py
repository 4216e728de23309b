"""The time told to a model is one at which the picture that it gets is shown: read from the real payloads."""

from __future__ import annotations

import base64
import io
import json
import re
from bisect import bisect_right
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from films import number_of, numbered

from sensorium import Blob, Conversation, Image, Text, Video
from sensorium.apps.openai_api.schemas import CompletionRequest
from sensorium.backends.openai import to_payload as openai_payload
from sensorium.core.protocols import Limits, Options
from sensorium.fewshot.collage import collage as examples_canvas
from sensorium.fewshot.layout import place
from sensorium.fewshot.selection import Demonstration
from sensorium.hosted.gemini_contents import to_payload as gemini_payload
from sensorium.media.times import decimal, frame_label, moment
from sensorium.media.video import frame_at, frames
from sensorium.retrieval.query import Query
from sensorium.tasks.task import Example
from sensorium.video.actions import collage as drawn
from sensorium.video.actions.asking import as_frames, clip_conversation
from sensorium.video.moments.confirm import question
from sensorium.video.moments.find import Moment

FILM_RATE = Fraction(24_000, 1001)
FILMS: dict[str, dict[str, Any]] = {
    "23.976": {"rate": FILM_RATE},
    "30": {"rate": Fraction(30)},
    "60": {"rate": Fraction(60)},
    "variable": {"variable": True},
    "first frame at 5 s": {"rate": FILM_RATE, "kind": "matroska", "first": 5.0},
    "first frame at 1.4 s, in a transport stream": {"rate": Fraction(25), "kind": "mpegts", "first": 1.4},
    "rotated": {"rate": Fraction(30), "degrees": 90},
    "ten hours": {"rate": FILM_RATE, "kind": "matroska", "jump": 36_000.0},
}
CLIPS: tuple[tuple[float | None, float | None], ...] = ((None, None), (1.1, 2.7), (0.5, None), (1.0, 1.3))
_TICK = 1e-3  # Matroska keeps times to the thousandth
MANY, ONE = Limits(), Limits(max_images=1)


@cache
def made(name: str) -> tuple[Blob, list[float]]:
    data, times = numbered(count=90, **FILMS[name])
    return Blob(data), times


def clips() -> list[Any]:
    out = [pytest.param(name, *clip, id=f"{name} {clip}") for name in FILMS for clip in CLIPS]
    return [*out, pytest.param("ten hours", 36_000.5, 36_001.5, id="ten hours, at its end")]


everywhere = pytest.mark.parametrize(("name", "start", "end"), clips())


def check(told: list[tuple[float, int]], times: list[float], count: int) -> None:
    """Each time told is one at which the frame that was sent is on the screen."""
    assert len(told) == count
    for seconds, number in told:
        assert bisect_right(times, seconds + _TICK) - 1 == number, (seconds, number, times[number])


def number_in(data: bytes) -> int:
    return number_of(np.asarray(PIL.Image.open(io.BytesIO(data)).convert("RGB")))


def seconds_in(text: str) -> float:
    label = re.fullmatch(r"Frame at ([\d.]+) s:", text)
    assert label, text
    return float(label[1])


@everywhere
def test_gemini(name: str, start: float | None, end: float | None) -> None:
    film, times = made(name)
    chat = as_frames(Conversation.of(Video(film, start, end), "What happens?"), MANY, 6)
    parts = gemini_payload(chat, Options(), "gemini-4", {})["contents"][0]["parts"][1:-1]
    told = [
        (seconds_in(label["text"]), number_in(image["inline_data"]["data"]))
        for label, image in zip(parts[::2], parts[1::2], strict=True)
    ]
    check(told, times, len(frames(Video(film, start, end), 6)))


@everywhere
def test_openai_and_the_server_that_reads_it(name: str, start: float | None, end: float | None) -> None:
    film, times = made(name)
    chat = as_frames(Conversation.of(Video(film, start, end), "What happens?"), MANY, 6)
    body = openai_payload(chat, Options(), "m")
    content = body["messages"][0]["content"][1:-1]
    told = [
        (seconds_in(label["text"]), number_in(base64.b64decode(image["image_url"]["url"].partition(",")[2])))
        for label, image in zip(content[::2], content[1::2], strict=True)
    ]
    check(told, times, len(frames(Video(film, start, end), 6)))
    request = {"messages": body["messages"], "max_tokens": 5}
    came = CompletionRequest.model_validate_json(json.dumps(request)).to_conversation()
    parts = list(came.parts)[1:-1]
    again = [
        (seconds_in(label.text), number_in(image.blob.data))
        for label, image in zip(parts[::2], parts[1::2], strict=True)
        if isinstance(label, Text) and isinstance(image, Image)
    ]
    assert again == told


@pytest.fixture(scope="module")
def idefics3(tmp_path_factory: pytest.TempPathFactory) -> Any:
    tiny = pytest.importorskip("tiny")
    from sensorium.backends.transformers.chat import model

    return model(f"{tiny.idefics3(tmp_path_factory.mktemp('idefics3'))}?frames=6").checkpoint


@everywhere
def test_a_checkpoint_that_reads_frames(name: str, start: float | None, end: float | None, idefics3: Any) -> None:
    from sensorium.checkpoint.prompt import render

    film, times = made(name)
    prompt = render(idefics3, Conversation.of("See:", Video(film, start, end), "What happens?"))
    labels = re.findall(r"Frame at ([\d.]+) s:<image>", prompt.text)
    told = [
        (float(seconds), number_of(np.asarray(image.open())))
        for seconds, image in zip(labels, prompt.images, strict=True)
    ]
    check(told, times, len(frames(Video(film, start, end), 6)))


@pytest.mark.parametrize("name", ["23.976", "variable"])
def test_two_videos_of_a_question_keep_their_names(name: str, idefics3: Any) -> None:
    from sensorium.checkpoint.prompt import render

    (film, times), (other, own) = made(name), made("30")
    still = Image(PIL.Image.new("RGB", (32, 32)))
    first = frames(Video(film, 0.5, 1.5), 6)
    chat = Conversation.of(Video(film, 0.5, 1.5), "or", Video(other, 1.0, 2.0), still, "Which is longer?")
    prompt = render(idefics3, chat)
    labels = re.findall(r"Video (\d), frame at ([\d.]+) s:<image>", prompt.text)
    numbers = [number_of(np.asarray(image.open())) for image in prompt.images[:-1]]
    read = [(int(video), float(seconds), number) for (video, seconds), number in zip(labels, numbers, strict=True)]
    check([(seconds, number) for video, seconds, number in read if video == 1], times, len(first))
    check([(seconds, number) for video, seconds, number in read if video == 2], own, 6)
    assert prompt.text.index("Video 1, ") < prompt.text.index("or") < prompt.text.index("Video 2, ")
    content = openai_payload(as_frames(chat, MANY, 6), Options(), "m")["messages"][0]["content"]
    words = [part.get("text", "picture") for part in content]
    assert [f"Video {video}, frame at {moment(seconds)} s:" for video, seconds, _ in read] == [
        word for word in words if ", frame at" in word
    ]
    assert words[-2:] == ["picture", "Which is longer?"] and words.count("picture") == len(first) + 7


@everywhere
def test_a_collage_for_models_that_take_one_picture(name: str, start: float | None, end: float | None) -> None:
    film, times = made(name)
    clip = frames(Video(film, start, end), 6)
    chat = clip_conversation(clip, "What happens?", ONE)
    image, words, _ = chat.messages[0].parts
    if len(clip) == 1:
        assert isinstance(words, Image) and words.at == clip[0].at
        return
    assert isinstance(image, Image) and isinstance(words, Text)
    labels = [float(text) for text in re.findall(r"frame \d+ at ([\d.]+) s", words.text)]
    page = np.asarray(PIL.Image.open(io.BytesIO(image.blob.data)).convert("RGB"))
    assert max(page.shape) <= 1120
    check(list(zip(labels, numbers_on(page, len(clip)), strict=True)), times, len(clip))


def numbers_on(page: np.ndarray, count: int) -> list[int]:
    """Read the numbers of a collage's frames of 320 by 96 pixels."""
    strip = drawn._strip(drawn.SIDE)
    columns, scale = drawn._grid(count, 320, 96, drawn.SIDE, strip)
    width, height, gap = int(320 * scale), int(96 * scale), drawn._GAP
    corners = [
        (gap + index // columns * (height + strip + gap) + strip, gap + index % columns * (width + gap))
        for index in range(count)
    ]
    return [number_of(page[top : top + height, left : left + width]) for top, left in corners]


def test_a_collages_labels_can_be_read() -> None:
    pytest.importorskip("rapidocr")
    from sensorium.eyes.ocr import read

    film, _ = made("ten hours")
    clip = frames(Video(film, 36_000.5, 36_001.5), 6)
    image = clip_conversation(clip, "?", ONE).messages[0].parts[0]
    assert isinstance(image, Image)
    text = " ".join(line.text for line in read(image)).replace(" ", "")
    for number, frame in enumerate(clip, 1):
        assert f"{number}:{moment(frame.at)}s" in text


@pytest.mark.parametrize("name", list(FILMS))
def test_confirming_a_moment(name: str) -> None:
    film, times = made(name)
    best = frame_at(Video(film), 1.3).at
    asked = question(Query.of("a bar"), film, Moment("film", 1.0, 2.0, best, 0.5, 0.4, (0.1, 0.1, 0.6, 0.9)), _Takes())
    (label, image) = gemini_payload(asked, Options(), "gemini-4", {})["contents"][0]["parts"][1:3]
    check([(seconds_in(label["text"]), number_in(image["inline_data"]["data"]))], times, 1)


class _Takes:
    name, limits = "fake:", Limits()

    def stream(self, *_: Any) -> Any:
        raise AssertionError


@everywhere
def test_a_canvas_of_examples_tells_the_times_of_its_frames(name: str, start: float | None, end: float | None) -> None:
    film, times = made(name)
    shown = frames(Video(film, start, end), 3)
    images = [Image(frame.pixels, frame.at) for frame in shown]
    example = Example(Conversation.of(*images, "What happens?"), ("bars",))
    chat = examples_canvas([(example, "bars")], Conversation.of(*images[:1], "And here?"))
    words = chat.messages[0].text
    told = [float(text) for text in re.findall(r"[\d.]+(?= s\b)", words)]
    numbers = [number_of(frame.pixels) for frame in shown]
    check(list(zip(told, [numbers[0], *numbers], strict=True)), times, len(shown) + 1)


@pytest.mark.parametrize("name", ["23.976", "variable", "rotated"])
def test_clips_as_examples_keep_their_own_times(name: str) -> None:
    (film, times), (other, own) = made(name), made("60")
    clips = [Video(film, 0.2, 0.9), Video(other, 0.5, 1.0), Video(film, 1.5, 2.5)]
    shown = [Demonstration(Example(Conversation.of(clip, "What happens?"), ("bars",))) for clip in clips[:2]]
    chat = as_frames(place(shown, Conversation.of(clips[2], "What happens?")), MANY, 3)
    messages = openai_payload(chat, Options(), "m")["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2 + ["user"]
    turns = gemini_payload(chat, Options(), "gemini-4", {})["contents"]
    for turn, message, clip, truth in zip(turns[::2], messages[::2], clips, (times, own, times), strict=True):
        labels = [seconds_in(part["text"]) for part in turn["parts"] if part.get("text", "").startswith("Frame at")]
        numbers = [number_in(part["inline_data"]["data"]) for part in turn["parts"] if "inline_data" in part]
        check(list(zip(labels, numbers, strict=True)), truth, len(frames(clip, 3)))
        assert clip.start is not None and clip.end is not None
        assert all(clip.start - 0.4 <= seconds <= clip.end for seconds in labels)
        texts = [part["text"] for part in message["content"] if part["type"] == "text"]
        assert [f"Frame at {moment(seconds)} s:" for seconds in labels] == texts[1:-1]


@pytest.mark.parametrize("name", list(FILMS))
def test_geminis_own_frames_are_of_the_clip(name: str) -> None:
    film, times = made(name)
    start, end = times[20], times[-1] + 0.000_000_5
    (part, _) = gemini_payload(Conversation.of(Video(film, start, end), "?"), Options(), "gemini-4", {})["contents"][0][
        "parts"
    ]
    offsets = part["video_metadata"]
    for key, seconds in (("start_offset", start), ("end_offset", end)):
        assert re.fullmatch(r"\d+(\.\d{1,9})?s", offsets[key])  # a protobuf Duration: no exponent
        assert float(offsets[key][:-1]) == pytest.approx(seconds, abs=1e-9)


@pytest.mark.parametrize("name", [name for name in FILMS if name != "ten hours"])
def test_git_sees_frames_in_order(name: str, tmp_path: Path) -> None:
    tiny = pytest.importorskip("tiny")
    from sensorium.backends.transformers import git
    from sensorium.checkpoint.single_question import single_question

    film, _ = made(name)
    captioner = git.model(str(tiny.git(tmp_path / "git-vatex", frames=4)))
    images = captioner._images(single_question("git", Conversation.of(Video(film, 0.5, 2.5), "")))
    numbers = [number_of(np.asarray(image)) for image in images]
    assert numbers == [number_of(frame.pixels) for frame in frames(Video(film, 0.5, 2.5), 4)]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0"), (0.5, "0.5"), (12.0, "12"), (1 / 24, "0.042"), (36_000.123, "36000.123"), (1e6, "1000000"),
        (1e-7, "0"), (2.0, "2"), (0.7, "0.7"), (1.1, "1.1"), (86_399.999_4, "86400"), (0.033333, "0.034"),
    ],
)  # fmt: skip
def test_times_in_words(seconds: float, text: str) -> None:
    assert moment(seconds) == text
    assert frame_label(seconds) == f"Frame at {text} s:"
    assert frame_label(seconds, "Film 2") == f"Film 2, frame at {text} s:"


def test_decimals() -> None:
    assert [decimal(x) for x in (0.0, 100.0, 1e16, 0.12345)] == ["0", "100", "10000000000000000", "0.123"]
    assert decimal(0.000_000_1234, 9) == "0.000000123"
