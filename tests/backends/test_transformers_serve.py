"""The real `transformers serve` with a local Idefics3 checkpoint, asked through backends/openai."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import PIL.Image
import pytest
from films import film
from served_checkpoint import transformers_serve

from sensorium import Conversation, Image, Message, Options, Video, ask, load, stream
from sensorium.backends.openai import OpenAI
from sensorium.core.errors import SensoriumError
from sensorium.core.protocols import Limits
from sensorium.media.times import frame_label
from sensorium.video import as_frames

for needed in ("torch", "transformers", "uvicorn", "fastapi"):
    pytest.importorskip(needed)
pytestmark = [
    pytest.mark.slow,
    # Pillow 13 is told its `mode` by transformers' own processors
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


class Server(NamedTuple):
    folder: Path
    url: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with transformers_serve(tmp_path_factory.mktemp("serve")) as (folder, url):
        yield Server(folder, url)


def picture(colour: str, size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


RED, BLUE = picture("red", (40, 30)), picture("blue", (30, 40))
CHATS = [
    Conversation.of("What is in this picture?"),
    Conversation.of(Image(RED), "How many?"),
    Conversation.of("User", Image(RED), "and", Image(BLUE), "cats?"),
    Conversation(
        (
            Message("user", [Image(BLUE), "Which colour?"]),
            Message("assistant", "a bus"),
            Message("user", [Image(RED), "And this?"]),
        )
    ),
    pytest.param(
        as_frames(Conversation.of(Video(film(20)), "What happens?"), Limits(max_images=1), 4), id="collage of a clip"
    ),
    pytest.param(as_frames(Conversation.of(Video(film(20), 0.5, 1.5), "What?"), Limits(), 3), id="frames of a clip"),
]


def direct(folder: Path, chat: Conversation, tokens: int) -> list[int]:
    """Return the token ids that the library itself generates."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder, backend="pil")
    messages: list[dict[str, Any]] = []
    for message in chat.messages:
        content: list[dict[str, Any]] = []
        for part in message.parts:
            if isinstance(part, Image) and part.at is not None:
                content.append({"type": "text", "text": frame_label(part.at)})
            if isinstance(part, Image):
                content.append({"type": "image", "image": PIL.Image.open(io.BytesIO(part.blob.data))})
            else:
                content.append({"type": "text", "text": part.text})  # type: ignore[union-attr]
        messages.append({"role": message.role, "content": content})
    inputs = processor.apply_chat_template(
        messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )
    out = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    ids: list[int] = out[0, inputs["input_ids"].shape[1] :].tolist()
    return ids


@pytest.mark.parametrize("chat", CHATS)
def test_the_servers_answer_is_the_librarys(server: Server, chat: Conversation) -> None:
    from transformers import AutoTokenizer

    reply = ask(OpenAI(str(server.folder), server.url), chat, Options(max_tokens=12))
    ids = direct(server.folder, chat, 12)
    whole = AutoTokenizer.from_pretrained(server.folder).decode(ids, skip_special_tokens=True)
    assert letters(reply.text) == letters(whole) != ""
    assert reply.usage.output_tokens == len(ids) and reply.cut is (len(ids) == 12)
    assert reply.usage.input_tokens is not None and reply.usage.first_seconds is not None


def letters(text: str) -> str:
    """Leave out what is half a letter: random weights break UTF-8, and a stream and a whole show it differently."""
    return "".join(letter for letter in text if letter.isascii())


def test_the_pieces_are_streamed(server: Server) -> None:
    pieces = [delta.text for delta in stream(OpenAI(str(server.folder), server.url), CHATS[2], Options(max_tokens=12))]
    assert len([piece for piece in pieces if piece]) > 2
    assert "".join(pieces) == ask(load(f"openai:{server.folder}@{server.url}"), CHATS[2], Options(max_tokens=12)).text


def test_a_model_that_the_server_lacks(server: Server) -> None:
    with pytest.raises(SensoriumError) as caught:
        ask(OpenAI("no/such-model", server.url), CHATS[0], Options(max_tokens=4, retries=0))
    assert caught.value.hint


def test_ask_from_the_command_line(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from sensorium.cli.main import main

    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    for name, data in (("a.png", RED), ("b.png", BLUE)):
        (tmp_path / name).write_bytes(data)
    files = [str(tmp_path / name) for name in ("a.png", "b.png")]
    model = f"openai:{server.folder}@{server.url}"
    result = CliRunner().invoke(main, ["ask", *files, "Which?", "--model", model, "--max-tokens", "8"])
    assert result.exit_code == 0 and result.stdout.strip() and "tokens in and" in result.stderr
