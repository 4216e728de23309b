"""What a stranger's checkpoint may hold beside numbers: code in pickled files, templates and patterns without end."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from sensorium.core.errors import InputError, LimitError, quoted

TEMPLATE_SECONDS = 5.0
"""How long a chat template may work on a conversation; real ones take a few milliseconds."""
PATTERN_SECONDS = 5.0
"""How long an adapter's patterns may take to be matched with the names of all of a model's layers."""
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill")
_READ_SAFELY = re.compile(r"(pytorch_model|adapter_model).*\.bin")  # torch.load(…, weights_only=True) reads them
_COMPILED = ("<template>", "<unknown>")  # the file names of code that Jinja compiles
_MAX_FACTOR = 1000
_SAFETENSORS = "Take its weights in safetensors; whoever made them can: model.save_pretrained(FOLDER)."
_MATCHER = """
import json, re, sys
asked = json.load(sys.stdin)
for number, (pattern, whole) in enumerate(asked["patterns"]):
    print(number, flush=True)
    match = (re.fullmatch if whole else re.match)
    for name in asked["names"]:
        match(pattern, name)
print("done")
"""


def check_pickles(folder: Path, safetensors_only: bool = False) -> None:
    """Raise InputError if a folder holds weights only as pickled files that nothing reads without running their code.

    Args:
        folder: Of a checkpoint or an adapter.
        safetensors_only: Whether those are refused, too, that PyTorch reads without running code.
    """
    files = [file.name for file in sorted(folder.iterdir()) if file.is_file()] if folder.is_dir() else []
    if any(name.endswith(".safetensors") for name in files):
        return
    if not safetensors_only and any(map(_READ_SAFELY.fullmatch, files)):
        return
    pickled = [name for name in files if name.lower().endswith(_PICKLED)]
    if pickled:
        raise InputError(
            f"{quoted(str(folder))} has its weights as a pickled file, {quoted(pickled[0])}, which holds code.",
            _SAFETENSORS,
        )


@contextmanager
def refusing_code(shown: str) -> Iterator[None]:
    """Turn PyTorch's refusal of a pickled file that would run code into ours; `shown` is its folder's name.

    PyTorch's own message advises to load it anyway.
    """
    try:
        yield
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]{1,80})", str(error))
        what = f", {quoted(named[1])}," if named else ""
        raise InputError(
            f"{quoted(shown)} has a pickled file that holds code{what} which would run when it is loaded.", _SAFETENSORS
        ) from None


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
    """While the block runs, a template that is rendered in this thread ends after some seconds.

    Loops over loops of the longest allowed range would take years. Only the lines of compiled templates are traced.

    Args:
        shown: The checkpoint's name.
        seconds: None for `TEMPLATE_SECONDS`.

    Raises:
        LimitError: when it takes longer.
    """
    limit = TEMPLATE_SECONDS if seconds is None else seconds
    until = time.monotonic() + limit

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        if time.monotonic() > until:
            raise LimitError(
                f"The chat template of {quoted(shown)} works longer than {limit:g} s.",
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


def check_patterns(shown: str, settings: Any, names: Iterable[str]) -> None:
    """Check that an adapter's patterns can be matched with the names of a model's layers in time.

    They are matched as PEFT does it, by the same engine, in a process that is ended after `PATTERN_SECONDS`: nothing in
    this one can interrupt a match.

    Args:
        shown: The adapter's name.
        settings: Its PeftConfig.
        names: Of the model's modules.

    Raises:
        InputError: when one takes longer, or isn't a regular expression.
    """
    patterns = list(_patterns(settings))
    if not patterns:
        return
    known = list(names)
    known += [f"base_model.model.{name}" for name in known]
    asked = json.dumps({"patterns": [(pattern, whole) for _, pattern, whole in patterns], "names": known})
    command = [sys.executable, "-I", "-S", "-c", _MATCHER]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=PATTERN_SECONDS)
        output, fault = done.stdout, "isn't a regular expression"
    except subprocess.TimeoutExpired as error:
        output, fault = (error.stdout or b"").decode(), f"takes longer than {PATTERN_SECONDS:g} s to be matched"
    lines = output.split()
    if lines[-1:] != ["done"]:
        key, pattern, _ = patterns[int(lines[-1]) if lines else 0]
        raise InputError(
            f"The pattern {quoted(pattern[:80])} in the {key} of the adapter {quoted(shown)} {fault}.",
            "Write the names of the layers into its adapter_config.json instead.",
        )


def _patterns(settings: Any) -> Iterator[tuple[str, str, bool]]:
    """Yield key, regular expression, and whether it must match all of a name, as PEFT builds them from its settings."""
    for key in ("target_modules", "exclude_modules"):
        if isinstance(pattern := getattr(settings, key, None), str) and pattern != "all-linear":
            yield key, pattern, True
    layers = getattr(settings, "layers_pattern", None) or ()
    for pattern in (layers,) if isinstance(layers, str) else layers:
        yield "layers_pattern", rf"(?:^|.*?\.){pattern}\.(?P<idx>\d+)\.", False
    for key in ("rank_pattern", "alpha_pattern"):
        for pattern in getattr(settings, key, None) or ():
            if not re.fullmatch(r"[\w.]*", pattern):
                yield key, rf"(.*\.)?({pattern})$", False
    for pattern in getattr(settings, "modules_to_save", None) or ():
        if not re.fullmatch(r"[\w.]*", pattern):
            yield "modules_to_save", rf"(^|.*\.){pattern}($|\..*)", False
