"""Code as a formatter would lay it out: imports, signatures, calls and texts of any length."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence

MAX_COLUMNS = 100
"""The longest line of a project's code."""


def imported(module: str, *given: object) -> str:
    """Return an import of the names that are texts, in isort's order; "" if none is.

    Example:
        >>> imported("sensorium", "load", False, "Image")
        'from sensorium import Image, load'
    """
    found = sorted({name for name in given if isinstance(name, str) and name}, key=_order)
    return _laid(f"from {module} import ", found, "", 0, "(", ")") if found else ""


def laid(before: str, given: Iterable[object], after: str, indent: int = 0) -> str:
    """Return a call or a signature in one line, its arguments on a line of their own, or each on one.

    Args:
        before: What stands before the arguments, with the bracket.
        given: Arguments; those that aren't texts are left out.
        after: The closing bracket and the rest.
        indent: Spaces before it.
    """
    items = [item for item in given if isinstance(item, str) and item]
    return _laid(before, items, after, indent, "", "")


def _laid(before: str, items: Sequence[str], after: str, indent: int, opening: str, closing: str) -> str:
    margin = " " * indent
    line = f"{margin}{before}{', '.join(items)}{after}"
    if len(line) <= MAX_COLUMNS:
        return line
    inner = f"{margin}    {', '.join(items)}"
    if len(inner) <= MAX_COLUMNS and not opening:
        return f"{margin}{before}\n{inner}\n{margin}{after}"
    each = "".join(f"{margin}    {item},\n" for item in items)
    return f"{margin}{before}{opening}\n{each}{margin}{closing}{after}"


def _order(name: str) -> tuple[int, str]:
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2), name


def string(text: str) -> str:
    """Return a Python literal of a text, with the quotes that a formatter prefers.

    Example:
        >>> print(string('The "best" one'), string("Tom's"))
        'The "best" one' "Tom's"
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + text.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote


def tuple_of(texts: Sequence[str]) -> str:
    """Return a Python literal of a tuple of texts."""
    inner = ", ".join(map(string, texts))
    return f"({inner},)" if len(texts) == 1 else f"({inner})"


def toml(text: str) -> str:
    """Return a TOML literal of a text."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def markdown(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>#|&~])", r"\\\1", text)


def tidy(text: str, package: str) -> str:
    """Return a module with its imports in order, and without the empty lines of what was left out.

    Args:
        text: The module as its template gave it.
        package: The project's own package, whose imports come last.
    """
    text = re.sub(r"[ \t]+\n", "\n", text)
    found = list(_IMPORT.finditer(text))
    if not found:
        return f"{text.rstrip()}\n"
    statements = _arranged([match.group() for match in found], package)
    body = re.sub(r"\n{4,}", "\n\n\n", text[found[-1].end() :].strip("\n"))
    gap = "\n\n" if re.match(r"def |class |async |@", body) else "\n"
    return f"{text[: found[0].start()].rstrip()}\n\n{statements}{gap}{body}\n"


_IMPORT = re.compile(r"^(?:import [^\n]+|from [^\n(]+(?:\([^)]*\))?)\n", re.M)


def _arranged(statements: Sequence[str], package: str) -> str:
    """Return import statements in isort's sections and order."""

    def section(statement: str) -> int:
        top = statement.split()[1].partition(".")[0]
        return 0 if top == "__future__" else 1 if top in sys.stdlib_module_names else 3 if top == package else 2

    def order(statement: str) -> tuple[bool, str]:
        return statement.startswith("from "), statement.split()[1]

    groups = [sorted((each for each in statements if section(each) == number), key=order) for number in range(4)]
    return "\n".join("".join(group) for group in groups if group)
