"""backends/transformers: the same tokens and words as the library called directly, and kept prefixes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import tiny
from films import clip
from library import answers, decoded, noise, recorded

from sensorium import Conversation, Image, Message, Options, ask, stream
from sensorium.ask import ask_all
from sensorium.backends.transformers.chat import ChatModel, model
from sensorium.checkpoint import prefix_cache
from sensorium.checkpoint.prompt import encode_prompts, render
from sensorium.core.errors import DeadlineError, InputError, LimitError
from sensorium.media.image import encode
from sensorium.media.video import frames

# PaliGemma's processor still makes arrays in numpy 1's way
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CHAT_KINDS = ("idefics3", "mllama", "gemma3", "llava")
KINDS = (*CHAT_KINDS, "paligemma")
TOKENS = 12
ONE = Conversation.of(noise(1), "What is this?")
THREE = Conversation.of("First", noise(2), "and", noise(3, 50, 20), "then", noise(4), "which is red?")
TALK = Conversation.of(noise(5), "What is it?").then("assistant", "a bus").then("user", noise(6, 64, 64), "And here?")
CHATS = {"one": ONE, "three": THREE, "talk": TALK}

EXAMPLES = (Conversation.of(noise(70), "What?").then("assistant", "a cat").then("user", noise(71), "What?")).then(
    "assistant", "a dog"
)
QUESTIONS = (
    (noise(80), "What?"), (noise(81), "What?"), ("How many pictures?",), ("And", noise(82), "or", noise(83, 64, 64)),
    (noise(80), "What?"), (noise(80), "What is it?"),
)  # fmt: skip

Folder = Callable[[str], Path]
Load = Callable[[str], ChatModel]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    made: dict[str, Path] = {}

    def give(kind: str) -> Path:
        if kind not in made:
            made[kind] = getattr(tiny, kind)(tmp_path_factory.mktemp(kind))
        return made[kind]

    return give


@pytest.fixture(scope="session")
def load(folder: Folder) -> Load:
    made: dict[str, ChatModel] = {}

    def give(kind: str) -> ChatModel:
        if kind not in made:
            made[kind] = model(str(folder(kind)))
        return made[kind]

    return give


def chats_for(kind: str) -> list[Conversation]:
    if kind == "paligemma":
        return [ONE, Conversation.of(noise(2), noise(3), "How many cats are there?")]
    return list(CHATS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_answers_are_the_librarys(kind: str, load: Load) -> None:
    made = load(kind)
    for chat in chats_for(kind):
        made.forget()
        (ids,) = answers(made, [chat], TOKENS)
        with recorded(made) as calls:
            reply = made.whole(chat, Options(max_tokens=TOKENS))
        assert calls == [[ids]] and reply.text == decoded(made, ids)
        assert reply.usage and reply.usage.output_tokens == len(ids)
        assert reply.usage.input_tokens == made.count(chat)
        assert reply.cut == (ids[-1] != made.checkpoint.model.generation_config.eos_token_id)


@pytest.mark.parametrize("kind", KINDS)
def test_sampled_answers_are_the_librarys_with_the_same_seed(kind: str, load: Load) -> None:
    made = load(kind)
    texts = set()
    for chat in chats_for(kind)[:2]:
        for seed in (1, 2):
            made.forget()
            (ids,) = answers(made, [chat], TOKENS, 0.9, seed)
            with recorded(made) as calls:
                reply = ask(made, chat, Options(max_tokens=TOKENS, temperature=0.9, seed=seed))
            assert calls == [[ids]] and reply.text == decoded(made, ids)
            texts.add(reply.text)
    assert len(texts) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_the_librarys_batch(kind: str, load: Load) -> None:
    made = load(kind)
    chats = chats_for(kind)
    for temperature in (0.0, 0.9):
        options = Options(max_tokens=TOKENS, temperature=temperature, seed=3)
        rows = answers(made, chats, TOKENS, temperature, 3)
        with recorded(made) as calls:
            batch = made.batch(chats, options)
        assert calls == [rows]
        assert [answer.text for answer in batch] == [decoded(made, row) for row in rows]
        assert [answer.usage.output_tokens for answer in batch if answer.usage] == [len(row) for row in rows]
        assert [answer.usage.input_tokens for answer in batch if answer.usage] == [made.count(c) for c in chats]


@pytest.mark.parametrize("kind", KINDS)
def test_streamed_pieces_join_to_the_whole(kind: str, load: Load) -> None:
    made = load(kind)
    made.forget()
    (ids,) = answers(made, [ONE], TOKENS)
    with recorded(made) as calls:
        pieces = [delta.text for delta in stream(made, ONE, Options(max_tokens=TOKENS))]
    assert calls == [[ids]] and "".join(pieces) == decoded(made, ids)
    assert sum(bool(piece) for piece in pieces) > 2


def test_a_conversation_that_begins_like_the_last_is_continued(load: Load) -> None:
    """Examples are encoded once: with reuse the same words, and the very same logits up to rounding."""
    for kind in ("idefics3", "gemma3", "llava"):
        made = load(kind)
        fresh = ChatModel(made.checkpoint, "fresh", cache_prefix=False)
        made.forget()
        kept = []
        for number, question in enumerate(QUESTIONS):
            chat = EXAMPLES.then("user", *question)
            reply, whole = ask(made, chat, Options(max_tokens=TOKENS)), ask(fresh, chat, Options(max_tokens=TOKENS))
            assert reply.text == whole.text
            assert reply.usage.input_tokens == whole.usage.input_tokens
            assert whole.usage.cached_tokens is None
            kept.append(reply.usage.cached_tokens)
            assert (reply.usage.cached_tokens is not None) == (number > 0)
        # all but the turn that begins: up to the control token at its start
        least = made.count(EXAMPLES.then("user", "")) - made.count(Conversation.of("")) + 1
        assert [count for count in kept[1:] if count is None or count < least] == []


@pytest.mark.parametrize("kind", ["idefics3", "gemma3", "llava"])
def test_the_kept_beginning_gives_the_same_logits(kind: str, load: Load) -> None:
    import torch

    loaded = load(kind).checkpoint
    kept = None
    for question in QUESTIONS:
        prompt = render(loaded, EXAMPLES.then("user", *question))
        given, kept = prefix_cache.encode_cached(loaded, prompt, kept)
        whole = encode_prompts(loaded, [prompt])
        assert torch.equal(kept.ids, whole["input_ids"])
        given.pop("cached_tokens", None)
        ours, theirs = first_logits(loaded, given), first_logits(loaded, whole)
        assert prefix_cache.crop(kept.cache, kept.ids.shape[1])
        assert float((ours - theirs).abs().max()) < 1e-4 * float(theirs.std())


def test_questions_that_share_their_examples_are_asked_from_the_kept_beginning(load: Load) -> None:
    made = load("idefics3")
    made.forget()
    chats = [EXAMPLES.then("user", *question) for question in QUESTIONS]
    options = Options(max_tokens=TOKENS)
    replies = ask_all(made, chats, options)
    assert [reply.usage.cached_tokens is not None for reply in replies] == [False] + [True] * 5
    fresh = ChatModel(made.checkpoint, "fresh", cache_prefix=False)
    assert [reply.text for reply in replies] == [ask(fresh, chat, options).text for chat in chats]
    apart = ask_all(made, [ONE, THREE, TALK], options)
    assert [reply.usage.cached_tokens for reply in apart] == [None, None, None]
    assert [reply.text for reply in apart] == [delta.text for delta in made.batch([ONE, THREE, TALK], options)]
    assert all(reply.usage.seconds and reply.model == made.name for reply in apart)


def first_logits(loaded: Any, given: Any) -> Any:
    out = loaded.model.generate(
        **given, max_new_tokens=2, do_sample=False, output_logits=True, return_dict_in_generate=True
    )
    return out.logits[0]


def test_several_questions_about_one_picture_encode_it_once(load: Load) -> None:
    made = load("idefics3")
    fresh = ChatModel(made.checkpoint, "fresh", cache_prefix=False)
    made.forget()
    for number, text in enumerate(("What?", "Which colour is it?", "What is at the left?")):
        chat = Conversation.of(noise(90, 64, 64), text)
        reply = ask(made, chat, Options(max_tokens=TOKENS))
        assert reply.text == ask(fresh, chat, Options(max_tokens=TOKENS)).text
        assert (reply.usage.cached_tokens or 0) >= (made.cost(noise(90, 64, 64)) if number else 0)


def test_a_changed_picture_among_the_examples_is_seen(load: Load) -> None:
    made = load("idefics3")
    made.forget()
    fresh = ChatModel(made.checkpoint, "fresh", cache_prefix=False)
    options = Options(max_tokens=TOKENS)
    other = Conversation.of(noise(70), "What?").then("assistant", "a cat").then("user", noise(77), "What?")
    for chat in (EXAMPLES.then("user", "And?"), other.then("assistant", "a dog").then("user", "And?")):
        assert ask(made, chat, options).text == ask(fresh, chat, options).text
    assert EXAMPLES.messages[0] == other.messages[0]  # so the first example could be kept, and the second could not
    reply = ask(made, EXAMPLES.then("user", "And?"), options)
    assert reply.usage.cached_tokens is not None and reply.usage.cached_tokens < made.count(EXAMPLES) - 34


def test_where_a_beginning_cannot_be_kept_it_is_not(load: Load) -> None:
    made = load("mllama")
    for _ in range(2):
        assert ask(made, TALK, Options(max_tokens=3)).usage.cached_tokens is None


def test_a_system_message_is_folded_into_the_users_turn_where_the_template_rejects_it(load: Load) -> None:
    question = Conversation.of(noise(1), "What is this?")
    told = Conversation((Message("system", "Be brief."), *question.messages))
    folded = Conversation.of("Be brief.\n\n", noise(1), "What is this?")
    for kind in ("mllama", "llava"):
        made = load(kind)
        assert render(made.checkpoint, told).text == render(made.checkpoint, folded).text
    kept = render(load("gemma3").checkpoint, told).text
    assert kept.startswith("<bos><turn>system\nBe brief.<end>")


def test_llamas_advice_of_one_picture_is_known_and_is_no_limit(load: Load) -> None:
    made = load("mllama")
    assert (made.limits.advised_images, made.limits.max_images) == (1, None)
    assert load("idefics3").limits.advised_images is None
    assert ask(made, THREE, Options(max_tokens=2)).usage.output_tokens == 2


def test_frames_are_told_with_their_times(load: Load) -> None:
    made = load("idefics3")
    chat = Conversation.of(Image(noise(1).blob, at=0.5), Image(noise(2).blob, at=2), "What happens?")
    said = "Frame at 0.5 s:", "Frame at 2 s:"
    assert render(made.checkpoint, chat).text == (
        f"<bos><turn>user\n{said[0]}<image>{said[1]}<image>What happens?<end>\n<turn>assistant\n"
    )
    plain = Conversation.of(said[0], noise(1), said[1], noise(2), "What happens?")
    assert ask(made, chat, Options(max_tokens=4)).text == ask(made, plain, Options(max_tokens=4)).text


def test_a_film_becomes_timed_frames_where_the_model_has_no_film_input(load: Load, folder: Folder) -> None:
    made = model(f"{folder('idefics3')}?frames=3")
    video = clip(0.5, 1.7)
    stills = [Image(encode(frame.pixels).blob, at=frame.at) for frame in frames(video, 3)]
    reply = ask(made, Conversation.of("See:", video, "What happens?"), Options(max_tokens=TOKENS))
    assert [still.at for still in stills] == [0.7, 1.1, 1.5]
    as_stills = Conversation.of("See:", *stills, "What happens?")
    assert reply.text == ask(ChatModel(made.checkpoint, "fresh"), as_stills, Options(max_tokens=TOKENS)).text
    assert reply.usage.input_tokens == made.count(as_stills)


def test_a_stop_text_ends_the_answer_and_is_left_out(load: Load) -> None:
    made = load("idefics3")
    whole = ask(made, ONE, Options(max_tokens=TOKENS)).text
    stop = whole[4:6]
    options = Options(max_tokens=TOKENS, stop=(stop, "never said"))
    reply = ask(made, ONE, options)
    assert reply.text == whole[: whole.index(stop)]
    assert not reply.cut and (reply.usage.output_tokens or 0) < TOKENS
    assert made.batch([ONE, THREE], options)[0].text == reply.text


def test_what_a_picture_costs_is_told_before(load: Load) -> None:
    for kind in ("idefics3", "gemma3", "llava", "paligemma"):
        made = load(kind)
        for image in (noise(1), noise(2, 64, 20), noise(3, 200, 200)):
            more = made.count(Conversation.of(image, image, "x")) - made.count(Conversation.of(image, "x"))
            assert made.cost(image) == more
    mllama = load("mllama")
    assert mllama.cost(noise(1, 28, 28)) == 5 and mllama.cost(noise(1, 56, 56)) == 20  # tiles of 2 × 2 patches and 1


def test_too_many_tokens_is_a_limit_with_a_way_out(load: Load) -> None:
    made = load("idefics3")
    assert made.limits.context_tokens == 1024
    with pytest.raises(LimitError, match="1,024") as caught:
        ask(made, Conversation.of(*[noise(n, 64, 64) for n in range(30)], "Which?"))
    assert "?side=" in caught.value.hint
    nearly = Conversation.of("x" * 990)
    room = 1024 - made.count(nearly)
    reply = ask(made, nearly, Options(max_tokens=512))
    assert 0 < room < 40 and reply.usage.output_tokens is not None and reply.usage.output_tokens <= room


def test_a_late_answer_is_said_and_the_model_is_free_again(load: Load) -> None:
    made = load("idefics3")
    with pytest.raises(DeadlineError, match=r"0\.001 s"):
        list(made.stream(ONE, Options(max_tokens=900, timeout_seconds=0.001)))
    with pytest.raises(DeadlineError):
        made.batch([ONE], Options(max_tokens=900, timeout_seconds=0.0001))
    assert ask(made, ONE, Options(max_tokens=2)).text


def test_an_answer_that_nobody_waits_for_ends(load: Load) -> None:
    made = load("idefics3")
    answer = made.stream(ONE, Options(max_tokens=900))
    assert next(answer).text
    answer.close()
    assert made._lock.acquire(timeout=2)
    made._lock.release()


def test_two_who_ask_at_once_are_answered_one_after_the_other(load: Load) -> None:
    made = load("idefics3")
    options = Options(max_tokens=40, timeout_seconds=60)
    expected = {name: ask(made, chat, options).text for name, chat in CHATS.items()}
    with ThreadPoolExecutor(6) as pool:
        asked = {name: [pool.submit(ask, made, chat, options) for _ in range(3)] for name, chat in CHATS.items()}
        streamed = {name: pool.submit(lambda c: list(stream(made, c, options)), chat) for name, chat in CHATS.items()}
        for name, futures in asked.items():
            assert {future.result().text for future in futures} == {expected[name]}
            assert "".join(delta.text for delta in streamed[name].result()) == expected[name]


def test_sampling_leaves_the_processs_own_randomness_alone(load: Load) -> None:
    import torch

    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    ask(load("idefics3"), ONE, Options(max_tokens=4, temperature=1.0, seed=5))
    assert torch.equal(before, torch.random.get_rng_state())


def test_control_tokens_in_a_text_are_letters_or_an_error(load: Load) -> None:
    llava = load("llava")
    plain = llava.count(Conversation.of(noise(1), "What is e?"))
    marked = Conversation.of(noise(1), "What is <image><end>?")
    assert llava.count(marked) > plain + 4  # each letter by itself
    assert ask(llava, marked, Options(max_tokens=2)).usage.output_tokens == 2
    with pytest.raises(InputError, match="special token"):
        ask(load("paligemma"), Conversation.of(noise(1), "What is <image>?"))
