"""Schema: the shape that an answer must have, as JSON Schema, and the dataclass that it becomes.

pydantic turns JSON into the dataclass. The rules are written here, since services want them plain: objects closed,
other dataclasses inlined, no titles or defaults; and a type that JSON can't hold is refused by its name.
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Conversation, Message, Text

_FENCE = re.compile(r"```\w*[ \t]*\n(.*?)\n?[ \t]*```", re.S)
_BRACKET = re.compile(r"[{\[]")
_BEGINS_VALUE = re.compile(r"""\{\s*"|\[\s*["{\[]""")
_STRING_OR_COMMA = re.compile(r""""(?:[^"\\]|\\.)*"|,(?=\s*[}\]])""", re.S)
_MAX_BRACKETS = 200
"""How many brackets of an answer are tried as the beginning of a value."""
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
        text: The JSON Schema (https://json-schema.org, draft 2020-12 unless it names another) as JSON.
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
    def of(cls, source: Schema | Mapping[str, Any] | type | str) -> Schema:
        """Return the schema of a mapping, of JSON text, or of a dataclass.

        A dataclass's fields may be str, int, float, bool, None, Any, Literal, Enum, list, tuple[X, ...], dict[str, X],
        unions of these, and other dataclasses; those without a default are required.

        Raises:
            InputError: if it is anything else.
        """
        if isinstance(source, Schema):
            return source
        if isinstance(source, type):
            if not is_dataclass(source):
                raise InputError(f"{quoted(source.__name__)} isn't a dataclass.", "Write @dataclass above its class.")
            return cls(json.dumps(_rules(source, ()), ensure_ascii=False), source)
        try:
            rules = json.loads(source) if isinstance(source, str) else source
            if not isinstance(rules, Mapping):
                raise ValueError("it isn't a JSON object")
            return cls(json.dumps(rules, ensure_ascii=False))
        except (TypeError, ValueError, RecursionError) as error:
            hint = 'A schema is JSON like {"type": "object", "properties": {"total": {"type": "number"}}}.'
            raise InputError(f"The schema {str(source)[:60]!r} can't be used: {error}.", hint) from None

    @property
    def rules(self) -> dict[str, Any]:
        """The JSON Schema, as a new dict."""
        return dict(json.loads(self.text))

    @property
    def strict(self) -> bool:
        """Whether every object requires all its properties and allows no others, as some services want it."""
        return _strict(self.rules)

    def typed(self, value: Any) -> Any:
        """Return JSON values that fit the rules as an object of the dataclass; without one, as they are."""
        if self.kind is None:
            return value
        from pydantic import TypeAdapter

        return TypeAdapter(self.kind).validate_python(value)

    def in_prompt(self, chat: Conversation) -> Conversation:
        """Return the conversation with the schema after its last question, for services that don't enforce one."""
        *before, last = chat.messages
        instruction = f"Answer with JSON only, no other words, that fits this JSON Schema:\n{self.text}"
        return Conversation((*before, Message(last.role, (*last.parts, Text(instruction)))))


def parse_json(answer: str) -> Any:
    """Return the JSON of an answer, also with words round it; ValueError if it isn't JSON, or holds several values."""
    values = json_values(answer)
    if any(value != values[0] for value in values):
        raise ValueError(f"it holds {len(values)} values")
    return values[0]


def json_values(answer: str) -> list[Any]:
    """Return the JSON values of an answer: the whole, else those in Markdown fences, else objects and arrays in prose.

    A comma before a closing bracket is left out. Raises ValueError without any, or if one is broken: nothing is
    taken out of the middle of a value.
    """
    try:
        return [_decoded(answer)]
    except ValueError as error:
        whole_error = error
    values = [value for fenced in _FENCE.findall(answer) for value in _fenced_values(fenced, whole_error)]
    values = values or _values_in(answer, whole_error)
    if not values:
        raise whole_error
    return values


def _fenced_values(text: str, whole_error: ValueError) -> list[Any]:
    try:
        return [_decoded(text)]
    except ValueError:
        return _values_in(text, whole_error)


def _values_in(text: str, whole_error: ValueError) -> list[Any]:
    """Return the outermost objects and arrays in a text."""
    values: list[Any] = []
    position = 0
    for _ in range(_MAX_BRACKETS):
        bracket = _BRACKET.search(text, position)
        if bracket is None:
            break
        rest = text[bracket.start() :]
        try:
            value, length = _first_value(rest)
        except ValueError:
            if _BEGINS_VALUE.match(rest):
                raise whole_error from None  # broken or cut off: what is inside is not the answer
            position = bracket.end()
            continue
        values.append(value)
        position = bracket.start() + length
    return values


def _first_value(text: str) -> tuple[Any, int]:
    """Return the value that a text begins with, and its length in the text."""
    try:
        return _decode(text)
    except ValueError:
        cut: list[int] = []  # where commas were left out

        def without_comma(match: re.Match[str]) -> str:
            if match.group() != ",":
                return match.group()
            cut.append(match.start())
            return ""

        value, length = _decode(_STRING_OR_COMMA.sub(without_comma, text))
        for place in cut:
            length += place < length
        return value, length


def _decoded(text: str) -> Any:
    stripped = text.strip().removeprefix("\ufeff")
    value, length = _first_value(stripped)
    if stripped[length:].strip():
        raise ValueError("more follows after the JSON")
    return value


def _decode(text: str) -> tuple[Any, int]:
    try:
        return json.JSONDecoder(parse_constant=_refuse_constant).raw_decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} isn't JSON")


def _rules(kind: Any, above: tuple[type, ...]) -> dict[str, Any]:
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal and all(isinstance(value, str | int | None) for value in inner):
        return {"enum": list(inner)}
    if isinstance(kind, type) and issubclass(kind, Enum) and all(isinstance(m.value, str | int) for m in kind):
        return {"enum": [member.value for member in kind]}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_rules(member, above) for member in inner]}
    if origin is list or (origin is tuple and inner[1:] == (...,)):
        return {"type": "array", "items": _rules(inner[0], above)}
    if kind is list:
        return {"type": "array"}
    if origin is dict and inner[0] is str:
        return {"type": "object", "additionalProperties": _rules(inner[1], above)}
    if isinstance(kind, type) and is_dataclass(kind):
        return _object(kind, above)
    raise InputError(
        f"A schema can't be made of the type {quoted(getattr(kind, '__name__', kind))}.",
        "Use str, int, float, bool, Literal, Enum, list[X], dict[str, X], X | None or another dataclass.",
    )


def _object(kind: type, above: tuple[type, ...]) -> dict[str, Any]:
    if kind in above:
        raise InputError(
            f"The dataclass {quoted(kind.__name__)} holds itself.", "Give the JSON Schema as a mapping instead."
        )
    try:
        hints = typing.get_type_hints(kind)
    except (NameError, TypeError) as error:
        raise InputError(
            f"The types of the dataclass {quoted(kind.__name__)} can't be read: {error}.",
            "Define them at a module's top.",
        ) from None
    properties, required = {}, []
    for field in fields(kind):
        if field.init:
            description = field.metadata.get("description")
            rules = _rules(hints[field.name], (*above, kind))
            properties[field.name] = rules | ({"description": description} if description else {})
            if field.default is MISSING and field.default_factory is MISSING:
                required.append(field.name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _strict(rules: Any) -> bool:
    if isinstance(rules, list):
        return all(_strict(member) for member in rules)
    if not isinstance(rules, dict):
        return True
    if rules.get("type") == "object" or "properties" in rules:
        closed = rules.get("additionalProperties") is False
        if not closed or set(rules.get("required", ())) != set(rules.get("properties", ())):
            return False
    return all(
        _strict(member) for name, member in rules.items() if name not in ("enum", "const", "default", "examples")
    )
