"""Chat templates, which are programs: checked before they are compiled, and bounded in time and in what they make."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from sensorium.core.errors import InputError, LimitError, quoted

TEMPLATE_SECONDS = 5.0
"""How long a chat template may work on a conversation; real ones take a few milliseconds."""
MAX_MADE_CHARACTERS = 100_000_000
"""How many characters and list items a template may make, all its intermediate values together."""
_COMPILED = ("<template>", "<unknown>")  # the file names of code that Jinja compiles
_MAX_FACTOR = 1000


def check_template(shown: str, template: object) -> None:
    """Check a chat template, or several by name, before it is compiled.

    Raises:
        InputError: when it has powers, or products of two unknown or large numbers: no deadline ends those.
    """
    import jinja2
    from jinja2 import nodes
    from jinja2.ext import loopcontrols

    if isinstance(template, Mapping):
        for one in template.values():
            check_template(shown, one)
        return
    if not isinstance(template, str):
        return
    environment = jinja2.Environment(extensions=[loopcontrols, _generation_tag()])
    try:
        tree = environment.parse(template)
    except (jinja2.TemplateError, RecursionError):
        return  # the library's own error is as good, and comes before anything is rendered
    powers = tree.find(nodes.Pow) is not None
    if powers or any(not _is_small(product) for product in tree.find_all(nodes.Mul)):
        raise InputError(
            f"The chat template of {quoted(shown)} has {'a power' if powers else 'a product'} that may never end.",
            "Write the number itself into chat_template.jinja, or choose another model.",
        )


def _generation_tag() -> Any:
    """Return the extension of transformers' tag {% generation %}, as far as it is read."""
    from jinja2 import nodes
    from jinja2.ext import Extension

    class Generation(Extension):
        tags = {"generation"}  # noqa: RUF012

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)

    return Generation


def _is_small(product: Any) -> bool:
    """Whether one of two factors is a number of at most `_MAX_FACTOR`, and neither is a product again."""
    from jinja2 import nodes

    sides = (product.left, product.right)
    small = (isinstance(side, nodes.Const) and isinstance(side.value, int) for side in sides)
    return any(is_number and abs(side.value) <= _MAX_FACTOR for side, is_number in zip(sides, small, strict=True)) and (
        not any(isinstance(side, nodes.Mul) for side in sides)
    )


@contextmanager
def bounded_template(shown: str, seconds: float | None = None) -> Iterator[None]:
    """While the block runs, a template that is rendered in this thread ends after some seconds, or some characters.

    Loops over loops of the longest allowed range would take years, and a text that is doubled forty times all memory.
    Only the lines of compiled templates are traced.

    Args:
        shown: The checkpoint's name.
        seconds: None for `TEMPLATE_SECONDS`.

    Raises:
        LimitError: when it takes longer, or makes more than `MAX_MADE_CHARACTERS`.
    """
    limit = TEMPLATE_SECONDS if seconds is None else seconds
    until = time.monotonic() + limit
    made = Made()

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        made.count(frame, argument if event == "return" else None)
        if time.monotonic() > until or made.characters > MAX_MADE_CHARACTERS:
            excess = f"makes more than {MAX_MADE_CHARACTERS:,} characters"
            raise LimitError(
                f"The chat template of {quoted(shown)} "
                f"{excess if made.characters > MAX_MADE_CHARACTERS else f'works longer than {limit:g} s'}.",
                "It loops: choose another model, or take the template of its makers.",
            )
        return line

    def call(frame: FrameType, event: str, argument: Any) -> Any:
        return line(frame, event, argument) if frame.f_code.co_filename in _COMPILED else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)


class Made:
    """Counts what a template has made so far: each text or list that its variables have held, and what it returned."""

    def __init__(self) -> None:
        self.characters = 0
        self._last: dict[tuple[int, str], tuple[int, int]] = {}  # a variable: its value's id and length

    def count(self, frame: FrameType, returned: object) -> None:
        """Count a frame's new values."""
        from jinja2.utils import Namespace

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
