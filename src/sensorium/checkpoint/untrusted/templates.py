"""Chat templates, which are programs: checked before they are compiled, and rendered in a process that is bounded."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sensorium.core.errors import InputError, quoted

TEMPLATE_SECONDS = 5.0
"""How long a chat template may work on a conversation; real ones take a few milliseconds."""
MAX_MADE_CHARACTERS = 100_000_000
"""How many characters and list items a template may make, all its intermediate values together."""
_MAX_FACTOR = 1000
_block = threading.local()


def check_template(shown: str, template: object) -> None:
    """Check a chat template, or several by name, before it is compiled.

    Raises:
        InputError: when it has powers, or products of two unknown or large numbers: no deadline ends those.
    """
    import jinja2
    from jinja2 import nodes

    if isinstance(template, Mapping):
        for one in template.values():
            check_template(shown, one)
        return
    if not isinstance(template, str):
        return
    try:
        tree = _parser().parse(template)
    except (jinja2.TemplateError, RecursionError):
        return  # the library's own error is as good, and comes before anything is rendered
    powers = tree.find(nodes.Pow) is not None
    if powers or any(not _is_small(product) for product in tree.find_all(nodes.Mul)):
        raise InputError(
            f"The chat template of {quoted(shown)} has {'a power' if powers else 'a product'} that may never end.",
            "Write the number itself into chat_template.jinja, or choose another model.",
        )


def _parser() -> Any:
    """Return an environment that reads chat templates and runs nothing of them."""
    from sensorium.checkpoint.untrusted.renderer import environment

    return environment()


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
    """While the block runs, transformers renders this thread's chat templates in a process that is bounded.

    Loops over loops of the longest allowed range would take years, a text that is doubled forty times all memory, and
    so does a single call, `'x'.center(10**10)`. Nothing of a template runs in this process, not even its constants.

    Args:
        shown: The checkpoint's name.
        seconds: None for `TEMPLATE_SECONDS`.

    Raises:
        LimitError: when it takes longer, makes more than `MAX_MADE_CHARACTERS`, or takes too much memory.
    """
    _install()
    before = getattr(_block, "settings", None)
    _block.settings = shown, TEMPLATE_SECONDS if seconds is None else seconds
    try:
        yield
    finally:
        _block.settings = before


class ForeignTemplate:
    """A chat template as transformers uses a compiled one, which is compiled and rendered elsewhere."""

    def __init__(self, template: str) -> None:
        self._template = template

    @property
    def environment(self) -> Any:
        """What transformers parses it with, to see its names."""
        return _parser()

    def render(self, **values: Any) -> str:
        from sensorium.checkpoint.untrusted.template_process import PROCESS

        shown, seconds = _block.settings
        return PROCESS.render(shown, self._template, values, seconds, MAX_MADE_CHARACTERS)


def _install() -> None:
    """Have transformers ask us for a compiled template; it has no setting for that."""
    from transformers.utils import chat_template_utils

    own = chat_template_utils._compile_jinja_template
    if getattr(own, "asks_sensorium", False):
        return

    def compile_template(chat_template: str) -> Any:
        inside = getattr(_block, "settings", None) is not None
        return ForeignTemplate(chat_template) if inside else own(chat_template)

    compile_template.asks_sensorium = True  # type: ignore[attr-defined]
    chat_template_utils._compile_jinja_template = compile_template
