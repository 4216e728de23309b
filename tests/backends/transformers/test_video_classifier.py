"""backends/video_classifier: VideoMAE's and TimeSformer's actions are the library's, with its probabilities."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
import tiny
from films import film, number_of, numbered
from library import noise, opened

from sensorium import Conversation, Image, Message, Model, Options, Video, ask, load
from sensorium.backends.transformers.video_classifier import VideoClassifier, model
from sensorium.core.errors import InputError, LimitError
from sensorium.media.image import encode
from sensorium.media.video import frames
from sensorium.tasks.prompt import to_conversation
from sensorium.tasks.task import Example

KINDS = ("videomae", "timesformer")
FRAMES = 4
QUESTIONS = (
    "", "What happens?", "What is happening in this clip?", "Describe this video.", "What is the man doing?",
    "What action is shown?", "Which sport is this?", "Name the action.", "what are they doing", "What's going on here?",
)  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VideoClassifier:
    return model(str(tiny.video_classifier(tmp_path_factory.mktemp(request.param), request.param, FRAMES)))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def chances(made: VideoClassifier, images: list[PIL.Image.Image]) -> dict[str, float]:
    """Ask the library itself."""
    import torch
    from transformers import AutoImageProcessor, AutoModelForVideoClassification

    folder = made.checkpoint.name.base
    looks = AutoImageProcessor.from_pretrained(folder, backend="pil")
    with torch.no_grad():
        given = looks(images, return_tensors="pt")
        logits = AutoModelForVideoClassification.from_pretrained(folder).eval()(**given).logits
    return dict(zip(tiny.ACTIONS, map(float, logits[0].softmax(-1)), strict=True))


def test_the_action_has_the_librarys_probability(made: VideoClassifier) -> None:
    assert isinstance(made, Model)
    answers = set()
    for video in (Video(film(20)), Video(film(20), 0.5, 1.3), Video(numbered(count=60)[0])):
        images = [PIL.Image.fromarray(frame.pixels) for frame in frames(video, FRAMES, 640)]
        expected = chances(made, images)
        for question in QUESTIONS:
            reply = ask(made, Conversation.of(video, question))
            assert reply.text == max(expected, key=expected.__getitem__)
            assert reply.confidence == pytest.approx(expected[reply.text], abs=1e-5)
        order = sorted(expected, key=expected.__getitem__, reverse=True)
        assert [seen.text for seen in reply.evidence] == order[:5]
        assert [seen.score for seen in reply.evidence] == pytest.approx(
            [expected[name] for name in order[:5]], abs=1e-5
        )
        answers.add(reply.evidence)
    assert len(answers) == 3


def test_the_librarys_pipeline_says_the_same(kind: str, tmp_path: Path) -> None:
    """It reads the first frames of a file: here all that there are."""
    from transformers import AutoImageProcessor, AutoModelForVideoClassification, VideoClassificationPipeline

    folder = tiny.video_classifier(tmp_path / "checkpoint", kind, FRAMES)
    path = tmp_path / "film.mp4"
    path.write_bytes(numbered(count=FRAMES, options={"crf": "1"})[0])
    pipeline = VideoClassificationPipeline(
        model=AutoModelForVideoClassification.from_pretrained(folder).eval(),
        image_processor=AutoImageProcessor.from_pretrained(folder, backend="pil"),
    )
    expected = pipeline(str(path))
    reply = ask(load(f"{kind}:{folder}"), Video(path), "What happens?")
    assert reply.model == f"{kind}:{folder}"
    assert [seen.text for seen in reply.evidence] == [one["label"] for one in expected]
    assert [seen.score for seen in reply.evidence] == pytest.approx([one["score"] for one in expected], abs=2e-2)


def test_exactly_its_number_of_frames_goes_in(made: VideoClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    forward = made.checkpoint.model.forward
    monkeypatch.setattr(
        made.checkpoint.model, "forward", lambda **given: seen.append(given["pixel_values"].shape) or forward(**given)
    )
    for video in (Video(film(20)), Video(film(2)), Video(film(200), 3.0, 3.2)):
        ask(made, Conversation.of(video))
    assert seen == [(1, FRAMES, 3, 32, 32)] * 3


def test_a_short_clips_frames_are_repeated_in_order(made: VideoClassifier) -> None:
    from sensorium.checkpoint.single_question import single_question

    clip = Video(numbered(count=60)[0], 1.0, 1.06)  # two frames
    images = made._frames(single_question("m", Conversation.of(clip)))
    import numpy as np

    assert [number_of(np.asarray(image)) for image in images] == [30, 30, 31, 31]


def test_pictures_are_frames_in_their_order(made: VideoClassifier) -> None:
    video = Video(film(20))
    shown = frames(video, FRAMES, 640)
    stills = [Image(encode(frame.pixels).blob, frame.at) for frame in shown]
    reply = ask(made, Conversation.of(*stills, "What happens?"))
    assert reply.evidence == ask(made, Conversation.of(video, "What happens?")).evidence
    back = ask(made, Conversation.of(*stills[::-1], "What happens?"))
    assert back.evidence != reply.evidence
    two = ask(made, Conversation.of(stills[0], stills[3], "What happens?"))
    images = [opened(still) for still in (stills[0], stills[0], stills[3], stills[3])]
    expected = chances(made, images)
    assert two.confidence == pytest.approx(max(expected.values()), abs=1e-5)


def test_choices_are_the_only_labels(made: VideoClassifier) -> None:
    video = Video(film(20))
    expected = chances(made, [PIL.Image.fromarray(frame.pixels) for frame in frames(video, FRAMES, 640)])
    first, *_, worst = sorted(expected, key=expected.__getitem__, reverse=True)
    other = sorted(expected, key=expected.__getitem__)[1]
    choices = tuple(name.replace("_", " ").upper() for name in (worst, other))
    chat = to_conversation(Example(Conversation.of(video, "What happens?"), (choices[0],), choices=choices))
    reply = ask(made, chat)
    assert reply.text == other != first
    assert reply.confidence == pytest.approx(expected[other] / (expected[other] + expected[worst]), abs=1e-4)
    assert len(reply.evidence) == 2


def test_a_batch_gives_what_singles_give(made: VideoClassifier) -> None:
    chats = [Conversation.of(Video(film(20)), "What happens?"), Conversation.of(Video(film(20), 1.0), "What happens?")]
    for delta, chat in zip(made.batch(chats, Options()), chats, strict=True):
        alone = ask(made, chat)
        assert delta.text == alone.text and delta.confidence == pytest.approx(alone.confidence, abs=1e-5)


@pytest.mark.parametrize(
    ("chat", "words"),
    [
        (Conversation.of("What happens?"), "needs a picture"),
        (Conversation.of(Video(film(20)), "What colour is the car?"), "can't answer questions such as 'What colour"),
        (Conversation.of(Video(film(20)), "How many people are there?"), "can't answer questions"),
        (Conversation.of(Video(film(20)), "Is he swimming?"), "can't answer questions"),
        (Conversation.of(Video(film(20)), "When does he swim?"), "can't answer questions"),
        (Conversation.of(Video(film(20)), "What does the sign say?"), "can't answer questions"),
        (Conversation.of(Video(film(20)), Video(film(10)), "What happens?"), "takes one video or its frames"),
        (Conversation.of(Video(film(20)), noise(1), "What happens?"), "takes one video or its frames"),
        (Conversation.of(*[noise(n) for n in range(5)], "What happens?"), "at most 4 pictures"),
        (Conversation.of(noise(1), noise(2, 20, 20), "What happens?"), "different sizes"),
        (Conversation.of(Video(film(20)), "What happens? Answer with one of: flying, swimming."), "know the action"),
        (Conversation.of(noise(1), "What?").then("assistant", "A").then("user", "And?"), "without earlier turns"),
        (Conversation((Message("system", "Brief."), Message("user", [Video(film(20))]))), "without earlier turns"),
    ],
)
def test_what_it_does_not_take(made: VideoClassifier, chat: Conversation, words: str) -> None:
    with pytest.raises(LimitError, match=words) as caught:
        ask(made, chat)
    assert caught.value.hint


def test_another_checkpoint_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InputError, match="of the type 'vilt', not videomae or timesformer"):
        load(f"{kind}:{tiny.vilt(tmp_path / 'vilt')}")
    folder = tiny.video_classifier(tmp_path / kind, kind)
    with pytest.raises(InputError, match="takes no conversations") as caught:
        load(f"transformers:{folder}")
    assert re.fullmatch(rf"Type {kind}:.*", caught.value.hint)
