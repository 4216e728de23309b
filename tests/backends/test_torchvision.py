"""backends/transformers with models whose processors need torchvision; where it does not import, what to type."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import library
import numpy as np
import pytest
import tiny_torchvision
from films import clip, film, number_of, numbered
from library import noise
from tiny_torchvision import needed

from sensorium import Conversation, Options, Video, ask, stream
from sensorium.backends.transformers.chat import ChatModel, model
from sensorium.checkpoint import prefix_cache
from sensorium.checkpoint.load import Checkpoint
from sensorium.checkpoint.prompt import encode_prompts, render
from sensorium.checkpoint.video_input import WHOLE_SECONDS
from sensorium.core.errors import InstallError
from sensorium.media.video import frames_at, probe

TOKENS = 10
ONE = Conversation.of(noise(1), "What is this?")
THREE = Conversation.of("First", noise(2), "and", noise(3, 50, 20), "then", noise(4), "which is red?")
TALK = Conversation.of(noise(5), "What?").then("assistant", "a bus").then("user", noise(6, 64, 64), "And here?")
FILM_KINDS = ("smolvlm", "qwen2_5_vl", "qwen3_vl", "llava_onevision")
MERGED = {"qwen2_5_vl": 2, "qwen3_vl": 2}
"""How many frames a model merges into one: each is given so often."""
KINDS = (*FILM_KINDS, "phi4_multimodal")

Load = Callable[[str], ChatModel]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    made: dict[str, ChatModel] = {}

    def give(kind: str) -> ChatModel:
        if kind not in made:
            folder = getattr(tiny_torchvision, kind)(tmp_path_factory.mktemp(kind))
            made[kind] = model(f"{folder}?frames=4")
        return made[kind]

    return give


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=needed) for kind in KINDS])
def test_answers_are_the_librarys(kind: str, load: Load) -> None:
    made = load(kind)
    for chat in (ONE, THREE, TALK):
        for temperature in (0.0, 0.9):
            made.forget()
            (ids,) = library.answers(made, [chat], TOKENS, temperature, 5)
            options = Options(max_tokens=TOKENS, temperature=temperature, seed=5)
            with library.recorded(made) as calls:
                assert ask(made, chat, options).text == library.decoded(made, ids)
                made.forget()
                assert "".join(delta.text for delta in stream(made, chat, options)) == library.decoded(made, ids)
            assert calls == [[ids], [ids]]


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=needed) for kind in KINDS])
def test_a_batch_is_the_librarys_batch(kind: str, load: Load) -> None:
    made = load(kind)
    rows = library.answers(made, [ONE, THREE, TALK], TOKENS)
    found = made.batch([ONE, THREE, TALK], Options(max_tokens=TOKENS))
    assert [delta.text for delta in found] == [library.decoded(made, row) for row in rows]


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=needed) for kind in FILM_KINDS])
def test_a_film_goes_in_whole(kind: str, load: Load) -> None:
    made = load(kind)
    video, times = clip(0.5, 1.5), [0.6, 0.9, 1.1, 1.4]
    length = 2.0
    if kind in WHOLE_SECONDS:
        video, times, length = Video(film(80), 1.5, 7.5), [2.0, 4.0, 5.0, 7.0], 8.0
    seen = [frame for frame in frames_at(video, times) for _ in range(MERGED.get(kind, 1))]
    prompt = render(made.checkpoint, Conversation.of(video, "What happens?"))
    assert prompt.images == () and len(prompt.videos) == 1
    assert (prompt.videos[0].pixels == np.stack([frame.pixels for frame in seen])).all()
    about = {"total_num_frames": 10 * round(probe(video).seconds), "fps": 10.0, "duration": length}
    given = made.checkpoint.processor(
        text=[prompt.text],
        videos=[[prompt.videos[0].pixels]],
        video_metadata=[[about | {"frames_indices": [round(frame.at * 10) for frame in seen]}]],
        do_sample_frames=False,
        add_special_tokens=not prompt.text.startswith("<bos>"),
        return_tensors="pt",
    )
    (ids,) = library.generated(made.checkpoint.model, given, TOKENS)
    assert ask(made, Conversation.of(video, "What happens?"), Options(max_tokens=TOKENS)).text == library.decoded(
        made, ids
    )


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=needed) for kind in ("smolvlm", "qwen3_vl")])
@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize(("start", "end"), [(None, None), (1.1, 2.7), (20.0, 31.5), (40.5, 40.9)])
def test_the_times_that_a_processor_tells(
    kind: str, load: Load, variable: bool, start: float | None, end: float | None
) -> None:
    made = load(kind).checkpoint
    data, times = numbered(Fraction(24_000, 1001), 1000 if not variable else 400, variable)
    video = Video(data, start, end)
    prompt = render(made, Conversation.of(video, "What happens?"))
    text = made.processor.tokenizer.decode(encode_prompts(made, [prompt])["input_ids"][0])
    if prompt.videos:
        pixels = prompt.videos[0].pixels
        numbers = [number_of(frame) for frame in pixels[:: MERGED.get(kind, 1)]]
        if kind == "smolvlm":
            told = [60 * float(m) + float(s) for m, s in re.findall(r"Frame from (\d+):(\d+):", text)]
        else:
            told = [float(seconds) for seconds in re.findall(r"<([\d.]+) seconds>", text)]
    else:
        numbers = [number_of(np.asarray(image.open())) for image in prompt.images]
        told = [float(seconds) for seconds in re.findall(r"Frame at ([\d.]+) s:", text)]
    assert bool(prompt.videos) == ((end or 40) - (start or 0) > (5 if kind == "smolvlm" else 0.5))
    assert 1 <= len(told) == len(numbers) <= 4
    for seconds, number in zip(told, numbers, strict=True):
        assert bisect_right(times, seconds + 1e-6) - 1 == number


@pytest.mark.parametrize("kind", [pytest.param("qwen2_5_vl", marks=needed)])
def test_a_clips_frames_lie_as_far_apart_as_they_are_told_to(kind: str, load: Load) -> None:
    made = load(kind).checkpoint
    prompt = render(made, Conversation.of(Video(film(200), 2.0, 6.0), "What happens?"))
    given = encode_prompts(made, [prompt])
    assert [float(seconds) for seconds in given["second_per_grid_ts"]] == pytest.approx([1.0])


@pytest.mark.parametrize("kind", [pytest.param("smolvlm", marks=needed)])
def test_beside_pictures_smolvlm_sees_a_film_as_frames(kind: str, load: Load) -> None:
    made = load(kind)
    prompt = render(made.checkpoint, Conversation.of(noise(1), clip(), "Same?"))
    assert (len(prompt.images), prompt.videos) == (5, ())
    assert encode_prompts(made.checkpoint, [prompt])["input_ids"].shape[1] > 100


@pytest.mark.parametrize("kind", [pytest.param(k, marks=needed) for k in ("smolvlm", "qwen2_5_vl", "qwen3_vl")])
def test_examples_are_encoded_once(kind: str, load: Load) -> None:
    loaded = load(kind).checkpoint
    examples = TALK.then("assistant", "a cat")
    kept = None
    questions = ((noise(30), "And here?"), (noise(31, 90, 40), "And here?"), ("How many?",), (noise(32, 40, 90), "Or?"))
    for question in (*questions, *questions):
        prompt = render(loaded, examples.then("user", *question))
        given, kept = prefix_cache.encode_cached(loaded, prompt, kept)
        whole = encode_prompts(loaded, [prompt])
        assert kept.ids.tolist() == whole["input_ids"].tolist()
        given.pop("cached_tokens", None)
        ours, theirs = first_logits(loaded, given), first_logits(loaded, whole)
        assert prefix_cache.crop(kept.cache, kept.ids.shape[1])
        assert float((ours - theirs).abs().max()) < 1e-4 * float(theirs.std())


def first_logits(loaded: Checkpoint, given: Any) -> Any:
    out = loaded.model.generate(
        **given, max_new_tokens=3, do_sample=False, output_logits=True, return_dict_in_generate=True
    )
    return out.logits[2]


@pytest.mark.parametrize("kind", [pytest.param(k, marks=needed) for k in ("qwen2_5_vl", "qwen3_vl")])
def test_words_alone_are_continued_whatever_was_asked_between(kind: str, load: Load) -> None:
    made = load(kind)
    fresh = ChatModel(made.checkpoint, "fresh", cache_prefix=False)
    talk = Conversation.of("Tell me of red buses and of horses.").then("assistant", "Buses are red, horses are not.")
    for text in ("And cats?", "And dogs?", "And both?"):
        chat = talk.then("user", text)
        reply = ask(made, chat, Options(max_tokens=TOKENS))
        assert reply.text == ask(fresh, chat, Options(max_tokens=TOKENS)).text
        made.batch([TALK, ONE], Options(max_tokens=2))  # its pictures must leave no trace in the next one's positions
    assert reply.usage.cached_tokens is not None


@pytest.mark.parametrize("kind", [pytest.param(k, marks=needed) for k in ("smolvlm", "qwen2_5_vl", "qwen3_vl")])
def test_with_kept_examples_the_words_are_the_same(kind: str, load: Load) -> None:
    made = load(kind)
    fresh = ChatModel(made.checkpoint, "fresh", cache_prefix=False)
    for number in range(4):
        chat = TALK.then("assistant", "a cat").then("user", noise(30 + number, 40 + 20 * number), "And here?")
        reply = ask(made, chat, Options(max_tokens=TOKENS))
        assert reply.text == ask(fresh, chat, Options(max_tokens=TOKENS)).text
    assert reply.usage.cached_tokens is not None and reply.usage.cached_tokens > 40


def test_where_torchvision_is_missing_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec("torchvision") is not None:
        monkeypatch.setattr("transformers.utils.import_utils._is_package_available", lambda *_, **__: (False, None))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "qwen2_5_vl"}))
    words = {
        "processor_class": "Qwen2_5_VLProcessor",
        "video_processor": {"video_processor_type": "Qwen2VLVideoProcessor"},
    }
    looks = {"image_processor": {"image_processor_type": "Qwen2VLImageProcessor"}}
    (tmp_path / "processor_config.json").write_text(json.dumps(words | looks))
    tok = tiny_torchvision.tokenizer()
    tok.save_pretrained(tmp_path)
    with pytest.raises(InstallError, match="needs torchvision") as caught:
        model(str(tmp_path))
    assert caught.value.hint.startswith("Type: pip install torchvision num2words torch==")
