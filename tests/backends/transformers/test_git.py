"""backends/git and blip: the library's captions and answers."""

from __future__ import annotations

from pathlib import Path

import library
import numpy as np
import PIL.Image
import pytest
import tiny
from films import clip
from library import noise, opened

from sensorium import Conversation, Image, Message, Options, ask, stream
from sensorium.backends.transformers import blip, git
from sensorium.checkpoint.single_question import single_question
from sensorium.core.errors import LimitError
from sensorium.media.image import encode
from sensorium.media.video import frames

TOKENS = 10
GREEDY = Options(max_tokens=TOKENS)
SAMPLED = Options(max_tokens=TOKENS, temperature=0.9, seed=4)
CAPTION = "Describe this picture."


def plain(value: int) -> Image:
    return encode(np.full((40, 40, 3), (value, 255 - value, 0), dtype=np.uint8))


@pytest.fixture(scope="module")
def captioner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.git(tmp_path_factory.mktemp("git-coco"))


@pytest.fixture(scope="module")
def filmer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.git(tmp_path_factory.mktemp("git-vatex"), frames=4)


def direct(made: git.Git | blip.Blip, given: dict[str, object], options: Options) -> str:
    """Generate with the library itself; gives the new words."""
    import torch

    torch.manual_seed(options.seed or 0)
    sampling = {"do_sample": True, "temperature": options.temperature} if options.temperature else {"do_sample": False}
    out = made.checkpoint.model.generate(**given, max_new_tokens=TOKENS, **sampling)
    before = given["input_ids"].shape[1] if isinstance(made, git.Git) and "input_ids" in given else 0
    return str(made.checkpoint.processor.decode(out[0, before:], skip_special_tokens=True))


def test_captions_are_the_librarys(captioner: Path) -> None:
    made = git.model(str(captioner))
    texts = []
    for image in (noise(1), plain(0)):
        given = made.checkpoint.processor(images=opened(image), return_tensors="pt")
        for options in (GREEDY, SAMPLED):
            reply = ask(made, Conversation.of(image, CAPTION), options)
            assert reply.text == direct(made, {"pixel_values": given["pixel_values"]}, options)
            texts.append(reply.text)
        pieces = [delta.text for delta in stream(made, Conversation.of(image), GREEDY)]
        assert "".join(pieces) == texts[-2] and sum(map(bool, pieces)) > 2
    assert len(set(texts)) == 4


def test_answers_follow_the_question(captioner: Path) -> None:
    import torch

    made = git.model(f"{captioner}?task=question")
    tokenizer = made.checkpoint.processor.tokenizer
    for question in ("What colour is it?", "How many?"):
        given = made.checkpoint.processor(images=opened(noise(1)), return_tensors="pt")
        ids = [tokenizer.cls_token_id, *tokenizer(question, add_special_tokens=False)["input_ids"]]
        asked = {"pixel_values": given["pixel_values"], "input_ids": torch.tensor([ids])}
        reply = ask(made, Conversation.of(noise(1), question), GREEDY)
        assert reply.text == direct(made, asked, GREEDY)
        assert reply.usage.input_tokens == len(ids)


def test_the_task_is_told_by_the_name_or_the_option(tmp_path: Path) -> None:
    folder = tiny.git(tmp_path / "git-base-textvqa")
    assert git.model(str(folder)).answers
    assert not git.model(f"{folder}?task=caption").answers


def test_a_film_is_four_frames(filmer: Path) -> None:
    made = git.model(str(filmer))
    for video in (clip(), clip(0.5, 1.2)):
        seen = [PIL.Image.fromarray(frame.pixels) for frame in frames(video, 4)]
        given = made.checkpoint.processor(images=seen, return_tensors="pt")["pixel_values"].unsqueeze(0)
        assert tuple(given.shape[:2]) == (1, 4)
        for options in (GREEDY, SAMPLED):
            reply = ask(made, Conversation.of(video, "What happens?"), options)
            assert reply.text == direct(made, {"pixel_values": given}, options)
    one = made.checkpoint.processor(images=[opened(noise(1))] * 4, return_tensors="pt")["pixel_values"].unsqueeze(0)
    assert ask(made, Conversation.of(noise(1)), GREEDY).text == direct(made, {"pixel_values": one}, GREEDY)


def test_what_a_captioner_cannot_be_asked(captioner: Path, filmer: Path) -> None:
    made = git.model(str(captioner))
    for chat, said in (
        (Conversation.of(noise(1), "How many cats are there?"), "can't answer questions such as 'How many cats"),
        (Conversation.of(noise(1), noise(2), CAPTION), "at most 1 picture"),
        (Conversation.of(clip(), CAPTION), "not video"),
        (Conversation((Message("system", "Brief."), Message("user", [noise(1)]))), "without earlier turns"),
    ):
        with pytest.raises(LimitError, match=said) as caught:
            ask(made, chat)
        assert caught.value.hint
    with pytest.raises(LimitError, match="takes 4 frames"):
        ask(git.model(str(filmer)), Conversation.of(clip(), noise(1)))


def test_blip_describes(tmp_path: Path) -> None:
    made = blip.model(str(tiny.blip(tmp_path)))
    assert not made.answers
    texts = set()
    for image in (plain(0), plain(255)):
        given = made.checkpoint.processor(images=opened(image), return_tensors="pt")
        for options in (GREEDY, SAMPLED):
            reply = ask(made, Conversation.of(image, "What is in this picture?"), options)
            assert reply.text == direct(made, dict(given), options)
            texts.add(reply.text)
    assert len(texts) > 2
    with pytest.raises(LimitError, match="can't answer questions"):
        ask(made, Conversation.of(noise(1), "Is it red?"))


def test_blip_answers(tmp_path: Path) -> None:
    made = blip.model(str(tiny.blip(tmp_path, answers=True)))
    assert made.answers
    texts = set()
    for question in ("Is it red?", "How many cats are in this picture?"):
        given = made.checkpoint.processor(images=opened(plain(9)), text=question, return_tensors="pt")
        for options in (GREEDY, SAMPLED):
            reply = ask(made, Conversation.of(plain(9), question), options)
            assert reply.text == direct(made, dict(given), options)
            texts.add(reply.text)
        assert "".join(d.text for d in stream(made, Conversation.of(plain(9), question), SAMPLED)) == reply.text
        assert reply.usage.input_tokens == given["input_ids"].shape[1]
    assert len(texts) > 2


def test_the_pictures_cap_is_kept(captioner: Path) -> None:
    made = git.model(f"{captioner}?side=16")
    small = PIL.Image.fromarray(np.asarray(opened(noise(5, 64, 32)).resize((16, 8), PIL.Image.Resampling.LANCZOS)))
    given = made.checkpoint.processor(images=small, return_tensors="pt")["pixel_values"]
    ours = made._inputs(single_question("git", Conversation.of(noise(5, 64, 32))))["pixel_values"]
    assert float((ours - given).abs().max()) < 0.05  # the same but for the last bit of resizing
    assert library.noise(5, 64, 32) == noise(5, 64, 32)
