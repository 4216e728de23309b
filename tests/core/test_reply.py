"""Reply: its fields by name as JSON."""

from __future__ import annotations

import dataclasses
import json
from enum import Enum

import pytest

from sensorium.core.reply import Box, Evidence, Reply, Usage


def test_json_has_the_fields_by_name() -> None:
    seen = (Evidence("read", "TOTAL 9.90", Box(1.04, 2, 30.26, 40), 0.98, 1), Evidence("colour", "red"))
    reply = Reply("9.90", 0.9, False, seen, Usage(seconds=0.5), "offline")
    assert json.loads(json.dumps(reply.to_json())) == {
        "text": "9.90",
        "confidence": 0.9,
        "abstained": False,
        "evidence": [
            {"kind": "read", "text": "TOTAL 9.90", "box": [1.0, 2, 30.3, 40], "score": 0.98, "image": 1},
            {"kind": "colour", "text": "red", "box": None, "score": None, "image": 0},
        ],
        "usage": {
            "input_tokens": None,
            "output_tokens": None,
            "seconds": 0.5,
            "first_seconds": None,
            "usd": None,
            "cached_tokens": None,
            "thinking_tokens": None,
        },
        "model": "offline",
        "cut": False,
        "data": None,
        "repaired": False,
        "suggestion": "",
        "thoughts": "",
    }


def test_an_empty_reply_has_all_its_fields() -> None:
    assert sorted(Reply("").to_json()) == [
        "abstained", "confidence", "cut", "data", "evidence", "model", "repaired", "suggestion", "text", "thoughts",
        "usage",
    ]  # fmt: skip


def test_it_is_frozen_and_hashable() -> None:
    reply = Reply("x", evidence=(Evidence("read", "x", Box(0, 0, 1, 1)),))
    assert hash(reply) == hash(dataclasses.replace(reply))
    with pytest.raises(dataclasses.FrozenInstanceError):
        reply.text = "y"  # type: ignore[misc]


def test_a_box_has_a_size() -> None:
    box = Box(10, 20, 40.5, 60)
    assert (box.width, box.height) == (30.5, 40)


class Size(Enum):
    SMALL = "s"


@dataclasses.dataclass
class Shirt:
    size: Size
    colours: tuple[str, ...]


def test_typed_data_becomes_plain_json() -> None:
    reply = Reply("{}", data=Shirt(Size.SMALL, ("red", "blue")))
    assert json.loads(json.dumps(reply.to_json()))["data"] == {"size": "s", "colours": ["red", "blue"]}
    assert isinstance(hash(Reply("{}", data={"a": 1})), int)
