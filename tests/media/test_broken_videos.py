"""Odd and broken films through probe, frames, every and each payload: true frames with true times, or a clear error."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import PIL.Image
import pytest
from broken_films import BAD, GOOD
from films import number_of

from sensorium import Blob, Conversation, Options, Video
from sensorium.backends.openai import to_payload as openai_payload
from sensorium.core.errors import MediaError
from sensorium.core.protocols import Limits
from sensorium.hosted.gemini_contents import to_payload as gemini_payload
from sensorium.media.video import every, frame_at, frames, probe
from sensorium.video import as_frames

Told = list[tuple[float, int]]
"""Seconds that are told, and the number of the frame that is shown."""


@cache
def good(name: str) -> Blob:
    return Blob(GOOD[name][0]())


def by_frames(video: Video) -> Told:
    return [(frame.at, number_of(frame.pixels)) for frame in frames(video, 6)]


def by_every(video: Video) -> Told:
    return [(frame.at, number_of(frame.pixels)) for frame in every(video, 0.25)]


def by_openai(video: Video) -> Told:
    content = openai_payload(_asked(video), Options(), "m")["messages"][0]["content"]
    data = [base64.b64decode(part["image_url"]["url"].partition(",")[2]) for part in content if "image_url" in part]
    return _told([part["text"] for part in content if "text" in part], data)


def by_gemini(video: Video) -> Told:
    parts = gemini_payload(_asked(video), Options(), "gemini-4", {})["contents"][0]["parts"]
    data = [part["inline_data"]["data"] for part in parts if "inline_data" in part]
    return _told([part["text"] for part in parts if "text" in part], data)


def _asked(video: Video) -> Conversation:
    return as_frames(Conversation.of(video, "What happens?"), Limits(), 6)


def _told(texts: list[str], data: list[bytes]) -> Told:
    seconds = [float(label[1]) for text in texts if (label := re.fullmatch(r"Frame at ([\d.]+) s:", text))]
    numbers = [number_of(np.asarray(PIL.Image.open(io.BytesIO(picture)).convert("RGB"))) for picture in data]
    return list(zip(seconds, numbers, strict=True))


@pytest.fixture(scope="module")
def by_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Video], Told]:
    tiny = pytest.importorskip("tiny")
    from sensorium.backends.transformers.chat import model
    from sensorium.checkpoint.prompt import render

    checkpoint = model(f"{tiny.idefics3(tmp_path_factory.mktemp('idefics3'))}?frames=6").checkpoint

    def told(video: Video) -> Told:
        prompt = render(checkpoint, Conversation.of(video, "What happens?"))
        seconds = re.findall(r"Frame at ([\d.]+) s:<image>", prompt.text)
        numbers = [number_of(np.asarray(image.open())) for image in prompt.images]
        return [(float(second), number) for second, number in zip(seconds, numbers, strict=True)]

    return told


WAYS: tuple[Callable[[Video], Any], ...] = (by_frames, by_every, by_openai, by_gemini)


@pytest.mark.parametrize("name", list(GOOD))
def test_what_is_odd_is_handled(name: str, by_checkpoint: Callable[[Video], Told]) -> None:
    video, rate = Video(good(name)), GOOD[name][1]
    info = probe(video)
    assert (info.width, info.height) == (320, 96)
    expected = {"one": 1 / rate, "alpha": 1.0, "corrupt": 8.0}.get(re.split(r"\W", name)[0], 2.0)
    assert info.seconds == pytest.approx(expected, abs=0.05)
    for told in (way(video) for way in (*WAYS, by_checkpoint)):
        assert len(told) >= (1 if "one frame" in name else 3)
        for seconds, number in told:
            assert abs(seconds - number / rate) <= 1.5e-3, told
        assert len({number for _, number in told}) == len(told)


@pytest.mark.parametrize("name", list(BAD))
def test_what_is_broken_is_said(name: str, by_checkpoint: Callable[[Video], Told]) -> None:
    make, words = BAD[name]
    video = Video(make())
    for way in (probe, lambda video: frame_at(video, 0.5), *WAYS, by_checkpoint):
        if name == "a picture" and way is not probe and getattr(way, "__name__", "") == "<lambda>":
            continue  # its only frame is shown at any time
        with pytest.raises(MediaError, match=words) as caught:
            way(video)
        assert caught.value.hint


@pytest.mark.parametrize("name", [name for name in GOOD if name.startswith("corrupt")])
def test_after_damage_no_frame_is_shown_until_the_next_whole_one(name: str) -> None:
    found = [(frame.at, number_of(frame.pixels)) for frame in every(Video(good(name)), 1 / 30)]
    assert 80 <= len(found) < 240  # Matroska keeps times to the thousandth: some are asked for just before
    assert all(abs(at - number / 30) <= 1e-3 for at, number in found)
    assert found[-1][1] >= 238
