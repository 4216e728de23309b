"""Conversation, messages, parts: frozen, hashable, in order, JSON both ways."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError
from sensorium.core.messages import Audio, Conversation, Image, Message, Part, Text, Video, kind

EACH = (
    Text("What? 大"), Text(""), Image(b"i"), Image(b"i", at=1.5), Image(b"i", at=0), Audio(b"a"), Video(b"v"),
    Video(b"v", start=1), Video(b"v", end=2), Video(b"v", start=0, end=2.25),
)  # fmt: skip


@pytest.mark.parametrize("part", EACH, ids=repr)
def test_each_part_goes_through_json(part: Part) -> None:
    chat = Conversation.of(part)
    read = Conversation.from_json(json.loads(json.dumps(chat.to_json())))
    assert read == chat and hash(read) == hash(chat)
    assert read.messages[0].parts[0] == part and type(read.messages[0].parts[0]) is type(part)


def test_json_has_the_plain_names() -> None:
    chat = Conversation.of(Text("a"), Image(b"i", at=2), Video(b"v", start=1))
    parts = chat.to_json()["messages"][0]["parts"]
    assert [sorted(part) for part in parts] == [["text"], ["at", "image"], ["start", "video"]]
    assert parts[1]["at"] == 2.0


def test_a_whole_conversation_goes_through_json_in_order() -> None:
    chat = (
        Conversation((Message("system", "Be short."),)).then("user", *EACH).then("assistant", "Yes.").then("user", "?")
    )
    assert Conversation.from_json(chat.to_json()) == chat
    assert [message.role for message in chat.messages] == ["system", "user", "assistant", "user"]
    assert tuple(chat.parts)[1:-2] == EACH


def test_the_order_of_the_parts_counts() -> None:
    a, b = Image(b"a"), Image(b"b")
    assert Message("user", [a, "x", b]).parts == (a, Text("x"), b)
    assert Conversation.of(a, b) != Conversation.of(b, a)
    assert Message("user", (part for part in ("x", a))).parts == (Text("x"), a)


def test_a_single_part_is_a_message_too() -> None:
    assert Message("user", "x") == Message("user", ["x"]) == Message("user", Text("x"))
    assert Message("user", Image(b"i")).parts == (Image(b"i"),)
    assert Message("user", ["a", Image(b"i"), "b"]).text == "a\nb"


@pytest.mark.parametrize("value", [*EACH, Message("user", "x"), Conversation.of("x")], ids=repr)
def test_everything_is_frozen_and_hashable(value: object) -> None:
    hash(value)
    name = dataclasses.fields(value)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, None)


def test_the_same_picture_is_equal_from_a_path_and_from_memory(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_bytes(b"i")
    assert Image(path) == Image(str(path)) == Image(b"i") == Image(Blob(b"i"))
    assert len({Image(path), Image(b"i"), Image(b"i", at=1)}) == 2
    assert Image(b"i") != Audio(b"i")


def test_a_picture_is_not_read_when_it_is_made() -> None:
    Conversation.of(Image("/nowhere/at/all.png"), "What?")


def test_then_leaves_the_first_as_it_was() -> None:
    first = Conversation.of("a")
    second = first.then("assistant", "b")
    assert len(first.messages) == 1 and len(second.messages) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: Text(3),
        lambda: Image(None),
        lambda: Image(b"i", at=-1),
        lambda: Image(b"i", at=float("nan")),
        lambda: Image(b"i", at=float("inf")),
        lambda: Image(b"i", at=True),
        lambda: Image(b"i", at="1"),
        lambda: Video(b"v", start=2, end=2),
        lambda: Video(b"v", start=2, end=1),
        lambda: Message("robot", "x"),
        lambda: Message("user", [3]),
        lambda: Message("user", [None]),
        lambda: Message("user", 3),
        lambda: Message(["user"], "x"),
        lambda: Conversation(["x"]),
        lambda: Conversation(3),
    ],
)
def test_wrong_things_are_input_errors(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.message.endswith(".") and caught.value.hint and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        None, [], "x", {}, {"messages": None}, {"messages": 3}, {"messages": [{}]}, {"messages": ["x"]},
        {"messages": [{"role": "user"}]}, {"messages": [{"role": "user", "parts": [{}]}]},
        {"messages": [{"role": "user", "parts": [{"text": 3}]}]},
        {"messages": [{"role": "user", "parts": ["x"]}]},
        {"messages": [{"role": "user", "parts": [3]}]},
        {"messages": [{"role": "user", "parts": "ab"}]},
        {"messages": [{"role": "user", "parts": None}]},
        {"messages": [{"role": "robot", "parts": []}]},
        {"messages": [{"role": "user", "parts": [{"text": "a", "at": 1}]}]},
        {"messages": [{"role": "user", "parts": [{"image": "x"}]}]},
        {"messages": [{"role": "user", "parts": [{"image": {"data": "YWJj"}, "start": 1}]}]},
        {"messages": [{"role": "user", "parts": [{"image": {"data": "YWJj"}, "audio": {"data": "YWJj"}}]}]},
        {"messages": [{"role": "user", "parts": [{"image": {"data": "YWJj"}, "at": "soon"}]}]},
    ],
)  # fmt: skip
def test_json_that_is_no_conversation(value: object) -> None:
    with pytest.raises(InputError) as caught:
        Conversation.from_json(value)
    assert caught.value.hint and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("part", "name"), [(EACH[0], "text"), (EACH[2], "image"), (EACH[5], "audio"), (EACH[6], "video")]
)
def test_kind(part: Part, name: str) -> None:
    assert kind(part) == name
