"""Schema: what an answer must fit, from a mapping, JSON or a dataclass, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

import jsonschema
import pytest

from sensorium import Conversation, Image, Options
from sensorium.core.errors import InputError
from sensorium.core.schema import Schema, parse_json


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Item:
    name: str
    price: float
    colour: Colour | None = None


@dataclass
class Receipt:
    shop: str = field(metadata={"description": "as printed at the top"})
    items: list[Item]
    paid: Literal["cash", "card"]
    count: int
    sizes: tuple[int, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    either: int | str | Item | list[str] = 0
    anything: Any = None
    shown: str = field(default="made", init=False)


ITEM = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "price": {"type": "number"},
        "colour": {"anyOf": [{"enum": ["red", "blue"]}, {"type": "null"}]},
    },
    "required": ["name", "price"],
    "additionalProperties": False,
}


def test_a_dataclass_as_json_schema() -> None:
    rules = Schema.of(Receipt).rules
    assert rules == {
        "type": "object",
        "properties": {
            "shop": {"type": "string", "description": "as printed at the top"},
            "items": {"type": "array", "items": ITEM},
            "paid": {"enum": ["cash", "card"]},
            "count": {"type": "integer"},
            "sizes": {"type": "array", "items": {"type": "integer"}},
            "notes": {"type": "object", "additionalProperties": {"type": "string"}},
            "either": {
                "anyOf": [{"type": "integer"}, {"type": "string"}, ITEM, {"type": "array", "items": {"type": "string"}}]
            },
            "anything": {},
        },
        "required": ["shop", "items", "paid", "count"],
        "additionalProperties": False,
    }
    jsonschema.Draft202012Validator.check_schema(rules)


def test_an_answer_as_the_dataclass() -> None:
    answer = {
        "shop": "Bakery",
        "items": [{"name": "bun", "price": 2, "colour": "red"}, {"name": "tea", "price": 1.5, "colour": None}],
        "paid": "card",
        "count": 2.0,
        "sizes": [1, 2],
        "either": {"name": "bag", "price": 0},
    }
    schema = Schema.of(Receipt)
    jsonschema.validate(answer, schema.rules)
    made = schema.typed(answer)
    assert made == Receipt(
        "Bakery", [Item("bun", 2.0, Colour.RED), Item("tea", 1.5)], "card", 2, (1, 2), {}, Item("bag", 0.0)
    )
    assert isinstance(made.count, int) and isinstance(made.items[0].price, float)


@pytest.mark.parametrize("value", [3, "three", ["a"], 4.0])
def test_the_members_of_a_union(value: Any) -> None:
    base = {"shop": "x", "items": [], "paid": "cash", "count": 1}
    assert Schema.of(Receipt).typed(base | {"either": value}).either == value


@dataclass
class Chain:
    next: Chain | None


@dataclass
class Odd:
    data: bytes


@dataclass
class Lost:
    where: Nowhere  # type: ignore[name-defined] # noqa: F821


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Chain, "holds itself"), (Odd, "'bytes'"), (Lost, "Nowhere"), (int, "isn't a dataclass"),
        ("[1]", "isn't a JSON object"), ("{", "can't be used"),
        ({"type": object()}, "can't be used"), (7, "can't be used"),
    ],
)  # fmt: skip
def test_what_is_no_schema(given: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        Options(schema=given)
    assert caught.value.hint


def test_options_hold_it_hashable_and_give_it_as_a_new_dict() -> None:
    rules = {"type": "object", "properties": {"n": {"type": "integer"}}}
    options = Options(schema=rules)
    assert options == Options(schema=json.dumps(rules)) and hash(options) == hash(Options(schema=rules))  # type: ignore[arg-type]
    given = options.rules
    assert given == rules and given is not options.rules
    assert Options().rules is None


def test_strict_where_every_object_is_closed_and_whole() -> None:
    closed = {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}
    assert Schema.of(closed).strict and Schema.of({"type": "array", "items": closed}).strict
    assert not Schema.of({"type": "array", "items": {"type": "object"}}).strict
    assert not Schema.of(closed | {"required": []}).strict
    assert not Schema.of(Receipt).strict


def test_it_is_told_behind_the_last_question() -> None:
    chat = Conversation.of(Image(b"x"), "How many?")
    told = Schema.of({"type": "integer"}).in_prompt(chat)
    assert told.messages[0].parts[:2] == chat.messages[0].parts
    assert told.messages[0].text.endswith('{"type": "integer"}')


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ('{"a": 1}', {"a": 1}), (' [1, 2]\n', [1, 2]), ('```json\n{"a": 1}\n```', {"a": 1}), ("```\n7\n```\n", 7),
        ('{"a": 1} and more', {"a": 1}),
    ],
)  # fmt: skip
def test_the_json_of_an_answer(answer: str, value: Any) -> None:
    assert parse_json(answer) == value


@pytest.mark.parametrize("answer", ["", "It is 7.", '{"a": 1} and {"a": 2}', '{"a": {"a": 1}', "NaN", "[" * 100_000])
def test_an_answer_that_is_no_json(answer: str) -> None:
    with pytest.raises(ValueError):
        parse_json(answer)
