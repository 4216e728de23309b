"""backends/vilt: the library's probabilities, as confidence and evidence."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
from library import noise, opened

from sensorium import Conversation, Message, Model, Options, ask
from sensorium.backends.transformers.vilt import Vilt, model
from sensorium.core.errors import InputError, LimitError

QUESTION = "What colour is the bus?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.vilt(tmp_path_factory.mktemp("vilt"))


@pytest.fixture(scope="module")
def made(folder: Path) -> Vilt:
    return model(str(folder))


def chances(folder: Path, chat: Conversation) -> list[float]:
    """Ask the library itself."""
    import torch
    from transformers import ViltForQuestionAnswering, ViltProcessor

    processor = ViltProcessor.from_pretrained(folder)
    image, text = chat.messages[0].parts
    given = processor(opened(image), text.text, return_tensors="pt")
    with torch.no_grad():
        logits = ViltForQuestionAnswering.from_pretrained(folder).eval()(**given).logits
    return [float(one) for one in torch.sigmoid(logits[0])]


def test_the_answer_has_the_librarys_probability(made: Vilt, folder: Path) -> None:
    assert isinstance(made, Model)
    for image in (noise(1), noise(2, 64, 20)):
        chat = Conversation.of(image, QUESTION)
        expected = dict(zip(tiny.ANSWERS, chances(folder, chat), strict=True))
        reply = ask(made, chat)
        assert reply.text == max(expected, key=expected.__getitem__)
        assert reply.confidence == pytest.approx(expected[reply.text], abs=1e-5)
        assert [seen.text for seen in reply.evidence] == sorted(expected, key=expected.__getitem__, reverse=True)[:5]
        for seen in reply.evidence:
            assert seen.kind == "answer" and seen.score == pytest.approx(expected[seen.text], abs=1e-5)


def test_a_batch_gives_what_singles_give(made: Vilt) -> None:
    chats = [Conversation.of(noise(1), QUESTION), Conversation.of(noise(2), "Is it a dog?")]
    for delta, chat in zip(made.batch(chats, Options()), chats, strict=True):
        alone = ask(made, chat)
        assert (delta.text, delta.usage and delta.usage.input_tokens) == (alone.text, alone.usage.input_tokens)
        assert delta.confidence == pytest.approx(alone.confidence, abs=1e-5)


@pytest.mark.parametrize(
    ("chat", "said"),
    [
        (Conversation.of(noise(1), noise(2), "Same?"), "at most 1 picture"),
        (Conversation.of("What?"), "needs a picture"),
        (Conversation.of(noise(1)), "needs a question"),
        (Conversation.of(noise(1), "bus " * 30), "32 tokens.* takes 20"),
        (Conversation.of(noise(1), "What?").then("assistant", "A bus").then("user", "Red?"), "without earlier turns"),
        (Conversation((Message("system", "Be brief."), Message("user", [noise(1), "What?"]))), "without earlier turns"),
    ],
)
def test_what_it_cannot_be_asked(chat: Conversation, said: str, made: Vilt) -> None:
    with pytest.raises(LimitError, match=said) as caught:
        ask(made, chat)
    assert caught.value.hint


def test_another_kind_of_checkpoint_is_named(tmp_path: Path, folder: Path) -> None:
    from sensorium.backends.transformers.chat import model as transformers_model

    with pytest.raises(InputError, match="VILT") as caught:
        transformers_model(str(folder))
    assert caught.value.hint == f"Type vilt:{folder}"
    with pytest.raises(InputError, match="'git', not vilt"):
        model(str(tiny.git(tmp_path / "git")))
