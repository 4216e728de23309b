"""The regular expressions of an adapter's settings, which may take for ever to be matched."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from sensorium.core.errors import InputError, quoted

PATTERN_SECONDS = 5.0
"""How long an adapter's patterns may take to be matched with the names of all of a model's layers."""
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
