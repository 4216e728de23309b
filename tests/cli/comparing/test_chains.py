"""Chains: the words of a picture, and a function of the user's own that is wrong in every way it can be."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from sensorium.cli.comparing.chains import chain_step
from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation, Image, Text
from sensorium.media.image import encode

CHAT = Conversation.of("What is it?")
OWN = """
from __future__ import annotations
from dataclasses import dataclass
from sensorium import Conversation

print("noise at the start")
CALLS = []

@dataclass
class Note:
    text: str

def good(chat: Conversation) -> Conversation:
    print("noise")
    CALLS.append(1)
    return Conversation.of(Note(f"{chat.messages[-1].text} Call {len(CALLS)}.").text)

def nothing(chat):
    return None

def broken(chat):
    raise ValueError("no such\\nthing")

number = 3
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "it's mine.py"
    file.write_text(OWN)
    return file


def test_an_own_function_is_loaded_once_and_prints_nothing(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    step = chain_step(f"{own}:good")
    assert step(CHAT).messages[-1].text == "What is it? Call 1."
    assert step(CHAT).messages[-1].text == "What is it? Call 2."
    assert pickle.loads(pickle.dumps(step))(CHAT).messages[-1].text == "What is it? Call 3."
    written = capsys.readouterr()
    assert written.out == "" and written.err.count("noise at the start") == 1


def test_what_an_own_function_does_wrong_is_named(own: Path) -> None:
    with pytest.raises(InputError, match=r"mine.py:nothing\" returned None, not a Conversation"):
        chain_step(f"{own}:nothing")(CHAT)
    with pytest.raises(InputError, match=r"mine.py:broken\" raised 'ValueError: no such\\nthing'"):
        chain_step(f"{own}:broken")(CHAT)
    for missing in ("number", "absent", ""):
        with pytest.raises(InputError, match=r"has no function"):
            chain_step(f"{own}:{missing}")


@pytest.mark.parametrize("text", ["def f(", "import nothing_of_this_name", "raise SystemExit(3)", "1 / 0"])
def test_a_file_that_cannot_be_loaded_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(InputError, match=r"bad.py' can't be loaded: "):
        chain_step(f"{tmp_path / 'bad.py'}:f")


@pytest.mark.parametrize("name", ["", "reed", "no.py:f", "read:f", "chains"])
def test_an_unknown_chain_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"Unknown chain"):
        chain_step(name)


def test_read_puts_the_words_of_the_picture_before_the_question() -> None:
    import numpy as np
    import PIL.Image
    import PIL.ImageDraw
    import PIL.ImageFont

    drawn = PIL.Image.new("RGB", (480, 160), "white")
    font = PIL.ImageFont.load_default(60)
    PIL.ImageDraw.Draw(drawn).text((40, 40), "EXIT 24", "black", font)
    picture = encode(np.asarray(drawn))
    asked = chain_step("read")(Conversation.of(picture, "What does it say?"))
    parts = asked.messages[-1].parts
    assert isinstance(parts[0], Image) and isinstance(parts[1], Text) and "EXIT 24" in parts[1].text
    assert parts[2] == Text("What does it say?")
    plain = Conversation.of(encode(np.full((64, 64, 3), 255, np.uint8)), "What does it say?")
    assert chain_step("read")(plain) == plain and chain_step("read")(CHAT) == CHAT
