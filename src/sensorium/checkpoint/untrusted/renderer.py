"""The program that renders chat templates in a process of its own, bounded in memory, time and in what it makes.

`template_process` starts it as a file, so that it imports Jinja and nothing of the house: 60 ms instead of seconds.
A request is a pickled dict, from the process that trusts itself; an answer is JSON or text, since a template may have
taken this one over. The environment is transformers' own, as its `chat_template_utils` (5.23) makes it.
"""

from __future__ import annotations

import json
import pickle
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from types import FrameType, TracebackType
from typing import IO, Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

COMPILED = ("<template>", "<unknown>")
"""The file names of code that Jinja compiles."""
GRACE_SECONDS = 0.5
"""After the deadline, which only the lines of a template look at, until a call without lines is ended."""
_LENGTH = struct.Struct("!cQ")


class LimitReachedError(Exception):
    """A template has used up its seconds or characters; the argument says which."""


class Generation(Extension):
    """The tag {% generation %}, round what an assistant says; it leaves no trace in the text."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Any) -> Any:
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


class TemplateDict:
    """What templates call `dict`."""

    def __call__(self, *values: Any, **named: Any) -> dict[Any, Any]:
        return dict(*values, **named)

    def fromkeys(self, *values: Any) -> dict[Any, Any]:
        return dict.fromkeys(*values)


class TemplateNamespace(Namespace):
    """What templates call `namespace`: no attribute begins with an underscore."""

    def __init__(*values: Any, **named: Any) -> None:  # Jinja's own: a template may set `self`
        self, values = values[0], values[1:]
        attributes = dict(*values, **named)
        for name in attributes:
            _check_name(name)
        Namespace.__init__(self, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        _check_name(name)
        super().__setitem__(name, value)


def _check_name(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise jinja2.exceptions.SecurityError(f"Chat templates can't store the attribute {name[:80]!r}.")


class Made:
    """Counts what a template has made so far: each text or list that its variables have held, and what it returned."""

    def __init__(self) -> None:
        self.characters = 0
        self._last: dict[tuple[int, str], tuple[int, int]] = {}  # a variable: its value's id and length

    def count(self, frame: FrameType, returned: object) -> None:
        """Count a frame's new values."""
        if isinstance(returned, str):
            self.characters += len(returned)
        for name, value in frame.f_locals.items():
            if isinstance(value, str | list | tuple):
                self._count_value((id(frame), name), value)
            elif isinstance(value, Namespace):
                for attribute, part in value._Namespace__attrs.items():
                    self._count_value((id(value), attribute), part)

    def _count_value(self, variable: tuple[int, str], value: object) -> None:
        if not isinstance(value, str | list | tuple):
            return
        known, counted = self._last.get(variable, (0, 0))
        start = min(counted, len(value)) if known == id(value) else 0  # a list may have grown
        if start < len(value):
            self._last[variable] = id(value), len(value)
            self.characters += len(value) - start
            if not isinstance(value, str):
                self.characters += sum(len(part) for part in value[start:] if isinstance(part, str))


def environment() -> jinja2.Environment:
    """Return transformers' environment of chat templates."""
    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])

    def raise_exception(message: str) -> None:
        raise jinja2.TemplateError(message)

    def tojson(
        value: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
    ) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    made.filters["tojson"] = tojson
    made.globals |= {
        "raise_exception": raise_exception,
        "strftime_now": lambda format: datetime.now().strftime(format),
        "dict": TemplateDict(),
        "namespace": TemplateNamespace,
    }
    return made


@lru_cache(maxsize=8)
def compiled(template: str) -> jinja2.Template:
    """Return a compiled template; Jinja evaluates its constant parts now."""
    return environment().from_string(template)


@contextmanager
def bounded(seconds: float, characters: int) -> Iterator[None]:
    """While the block runs, templates raise LimitReachedError at the line where a limit is passed.

    The system ends the process if one call, which has no lines, goes on for `GRACE_SECONDS` more.
    """
    until = time.monotonic() + seconds
    made = Made()

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        made.count(frame, argument if event == "return" else None)
        if made.characters > characters:
            raise LimitReachedError("characters")
        if time.monotonic() > until:
            raise LimitReachedError("seconds")
        return line

    def call(frame: FrameType, event: str, argument: Any) -> Any:
        return line(frame, event, argument) if frame.f_code.co_filename in COMPILED else None

    alarm: Callable[..., Any] | None = getattr(signal, "setitimer", None)  # not on Windows
    if alarm is not None:
        alarm(signal.ITIMER_REAL, seconds + GRACE_SECONDS)
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(None)
        if alarm is not None:
            alarm(signal.ITIMER_REAL, 0)


def answer(asked: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return the kind, t for a text and e for JSON of what stopped it, and the bytes of one request's answer."""
    fault: dict[str, Any]
    try:
        with bounded(asked["seconds"], asked["characters"]):
            text = compiled(asked["template"]).render(**asked["values"])
        if len(text) <= asked["characters"]:
            return b"t", text.encode("utf-8", "surrogatepass")
        fault = {"limit": "characters", "line": 0}
    except LimitReachedError as error:
        fault = {"limit": str(error), "line": _line(error.__traceback__)}
    except MemoryError as error:
        fault = {"limit": "memory", "line": _line(error.__traceback__)}
    except Exception as error:  # templates raise whatever their makers wrote
        fault = {"error": str(error)[:2000] or type(error).__name__, "line": _line(error.__traceback__)}
    return b"e", json.dumps(fault).encode()


def _line(traceback: TracebackType | None) -> int:
    """Return the template's line where it was stopped, or 0."""
    found = 0
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename in COMPILED:
            found = traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def bound_memory(most: int) -> None:
    """Let the system refuse more memory than that, in bytes; only Linux does."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def send(out: IO[bytes], kind: bytes, data: bytes) -> None:
    """Write one request or answer."""
    out.write(_LENGTH.pack(kind, len(data)))
    out.write(data)
    out.flush()


def receive(source: IO[bytes], most: int = 1 << 62) -> tuple[bytes, bytes] | None:
    """Return the kind and the bytes of one request or answer, or None at an end or if it is longer than the most."""
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    kind, length = _LENGTH.unpack(head)
    data = source.read(length) if length <= most else b""
    return (kind, data) if len(data) == length else None


def main() -> None:
    """Answer requests until standard input ends."""
    bound_memory(int(sys.argv[1]))
    source, out = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    while (asked := receive(source)) is not None:
        send(out, *answer(pickle.loads(asked[1])))


if __name__ == "__main__":
    main()
