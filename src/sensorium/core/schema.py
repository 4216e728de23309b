"""Schema: the shape that an answer must have, as JSON Schema, and the dataclass that it becomes."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation, Message, Text

_FENCE = re.compile(r"\s*```\w*\s*\n(.*?)\n?\s*```\s*", re.S)
_SIMPLE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}


@dataclass(frozen=True)
class Schema:
    """What an answer must fit; hashable.

    Args:
        text: The JSON Schema (https://json-schema.org, draft 2020-12 where it names no other) as JSON.
        kind: The dataclass that an answer becomes, or None for plain JSON values.

    Example:
        >>> @dataclass
        ... class Receipt:
        ...     shop: str
        ...     total: float
        >>> Schema.of(Receipt).typed({"shop": "Bakery", "total": 9})
        Receipt(shop='Bakery', total=9.0)
    """

    text: str
    kind: type | None = None

    @classmethod
    def of(cls, given: Schema | Mapping[str, Any] | type | str) -> Schema:
        """Make one of a mapping, of its JSON, or of a dataclass.

        A dataclass's fields may be str, int, float, bool, None, Any, Literal, Enum, list, tuple[X, ...], dict[str, X],
        unions of these, and other dataclasses; those without a default are required.

        Raises:
            InputError: when it is none of these.
        """
        if isinstance(given, Schema):
            return given
        if isinstance(given, type):
            if not is_dataclass(given):
                raise InputError(f"{given.__name__!r} is no dataclass.", "Write @dataclass above its class.")
            return cls(json.dumps(_rules(given, ()), ensure_ascii=False), given)
        try:
            rules = json.loads(given) if isinstance(given, str) else given
            if not isinstance(rules, Mapping):
                raise ValueError("it is no JSON object")
            return cls(json.dumps(rules, ensure_ascii=False))
        except (TypeError, ValueError, RecursionError) as error:
            hint = 'A schema is JSON like {"type": "object", "properties": {"total": {"type": "number"}}}.'
            raise InputError(f"The schema {str(given)[:60]!r} can't be used: {error}.", hint) from None

    @property
    def rules(self) -> dict[str, Any]:
        """The JSON Schema, as a new dict."""
        return dict(json.loads(self.text))

    @property
    def strict(self) -> bool:
        """True where every object requires all its properties and allows no others, as some services want it."""
        return _strict(self.rules)

    def typed(self, value: Any) -> Any:
        """Return JSON values that fit as an object of the dataclass; without one, as they are."""
        return value if self.kind is None else _typed(self.kind, value)

    def told(self, chat: Conversation) -> Conversation:
        """Write the schema behind the last question, for models whose service does not keep to one by itself."""
        *before, last = chat.messages
        asked = f"Answer with JSON only, no other words, that fits this JSON Schema:\n{self.text}"
        return Conversation((*before, Message(last.role, (*last.parts, Text(asked)))))


def parsed(answer: str) -> Any:
    """Read the JSON of an answer, also where it stands in a Markdown fence; ValueError where it is none."""
    fenced = _FENCE.fullmatch(answer)
    try:
        return json.loads(fenced.group(1) if fenced else answer, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _rules(kind: Any, above: tuple[type, ...]) -> dict[str, Any]:
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal and all(isinstance(one, str | int | None) for one in inner):
        return {"enum": list(inner)}
    if isinstance(kind, type) and issubclass(kind, Enum) and all(isinstance(one.value, str | int) for one in kind):
        return {"enum": [one.value for one in kind]}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_rules(one, above) for one in inner]}
    if origin is list or (origin is tuple and inner[1:] == (...,)):
        return {"type": "array", "items": _rules(inner[0], above)}
    if kind is list:
        return {"type": "array"}
    if origin is dict and inner[0] is str:
        return {"type": "object", "additionalProperties": _rules(inner[1], above)}
    if isinstance(kind, type) and is_dataclass(kind):
        return _object(kind, above)
    raise InputError(
        f"A schema can't be made of the type {getattr(kind, '__name__', kind)!r}.",
        "Use str, int, float, bool, Literal, Enum, list[X], dict[str, X], X | None or another dataclass.",
    )


def _object(kind: type, above: tuple[type, ...]) -> dict[str, Any]:
    if kind in above:
        raise InputError(f"The dataclass {kind.__name__!r} holds itself.", "Give the JSON Schema as a mapping instead.")
    hints = _hints(kind)
    made = _made(kind)
    properties = {}
    for one in made:
        words = one.metadata.get("description")
        properties[one.name] = _rules(hints[one.name], (*above, kind)) | ({"description": words} if words else {})
    needed = [one.name for one in made if one.default is MISSING and one.default_factory is MISSING]
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _made(kind: type) -> list[Field[Any]]:
    return [one for one in fields(kind) if one.init]


def _hints(kind: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(kind)
    except (NameError, TypeError) as error:
        raise InputError(
            f"The types of the dataclass {kind.__name__!r} can't be read: {error}.", "Define them at a module's top."
        ) from None


def _typed(kind: Any, value: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if kind in (int, float):
        return kind(value)  # JSON's 3.0 is an integer too, and its 3 a number
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if origin in (Union, types.UnionType):
        return _typed(next((one for one in inner if _is(one, value)), Any), value)
    if origin in (list, tuple):
        return origin(_typed(inner[0], one) for one in value)
    if origin is dict:
        return {name: _typed(inner[1], one) for name, one in value.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{one.name: _typed(hints[one.name], value[one.name]) for one in _made(kind) if one.name in value})
    return value


def _is(kind: Any, value: Any) -> bool:
    """Whether a JSON value has the outer shape of a union's member."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if kind in (int, float):
        return isinstance(value, int | float) and not isinstance(value, bool) and (kind is float or value == int(value))
    if kind in (str, bool, type(None)):
        return isinstance(value, kind)
    if origin is Literal:
        return value in inner
    if isinstance(kind, type) and issubclass(kind, Enum):
        return value in [one.value for one in kind]
    if isinstance(kind, type) and is_dataclass(kind):
        rules = _object(kind, ())
        names = set(value) if isinstance(value, dict) else None
        return names is not None and set(rules["required"]) <= names <= set(rules["properties"])
    return isinstance(value, dict if origin is dict else list)


def _strict(rules: Any) -> bool:
    if isinstance(rules, list):
        return all(_strict(one) for one in rules)
    if not isinstance(rules, dict):
        return True
    if rules.get("type") == "object" or "properties" in rules:
        closed = rules.get("additionalProperties") is False
        if not closed or set(rules.get("required", ())) != set(rules.get("properties", ())):
            return False
    return all(_strict(one) for name, one in rules.items() if name not in ("enum", "const", "default", "examples"))
