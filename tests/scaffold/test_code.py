"""Code laid out as ruff lays it out; the whole projects are checked against ruff in test_project."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib

import pytest

from sensorium.scaffold import code

TEXTS = ["plain", "Tom's", 'the "best"', "both ' and \"", '"""', "back\\slash", "{{ x }} ${y} %s", "ü ☕ दवा"]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_come_back_and_have_the_quotes_of_a_formatter(text: str) -> None:
    literal = code.string(text)
    assert ast.literal_eval(literal) == text
    assert tomllib.loads(f"a = {code.toml(text)}")["a"] == text
    line = f"TITLE = {literal}\n"
    done = subprocess.run([sys.executable, "-m", "ruff", "format", "-"], input=line, capture_output=True, text=True)
    assert done.stdout == line


def test_imports_are_sorted_and_split() -> None:
    assert code.imported("a", "load", "Image", "MAX", False, None, "ask") == "from a import MAX, Image, ask, load"
    assert code.imported("a", False) == ""
    long = code.imported("a", *(f"Name{n:02d}LongEnough" for n in range(8)))
    assert long.startswith("from a import (\n    Name00LongEnough,\n") and long.endswith(",\n)")


def test_a_module_has_its_imports_in_sections() -> None:
    parts = (
        '"""A."""',
        "from __future__ import annotations",
        "",
        "from mine import x",
        "import re",
        "import numpy as np",
    )
    text = "\n\n".join(parts) + "\n\n\n\n\ndef f(): ...\n"
    assert code.tidy(text, "mine") == (
        '"""A."""\n\nfrom __future__ import annotations\n\nimport re\n\nimport numpy as np\n\nfrom mine import x\n\n\n'
        "def f(): ...\n"
    )


def test_calls_fit_into_the_line() -> None:
    assert code.laid("f(", ["a", "", "b"], ")") == "f(a, b)"
    assert code.laid("f(", ["a" * 60, "b" * 35], ")", 4) == f"    f(\n        {'a' * 60},\n        {'b' * 35},\n    )"
    assert code.laid("f(", ["a" * 50, "b" * 38], ")", 4) == f"    f({'a' * 50}, {'b' * 38})"
    assert code.laid("fff(", ["a" * 50, "b" * 40], ")", 4) == f"    fff(\n        {'a' * 50}, {'b' * 40}\n    )"
