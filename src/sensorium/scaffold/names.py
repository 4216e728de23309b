"""Names: what a project's folder, package and fields are called, from any words."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.core.errors import InputError, quoted

MAX_CHARACTERS = 60
_TAKEN = {
    "app", "av", "click", "fastapi", "httpx", "lancedb", "numpy", "page", "pil", "pydantic", "pytest", "samples",
    "sensorium", "starlette", "test", "tests", "torch", "transformers", "uvicorn",
}  # fmt: skip
"""What a package of the project must not be called, beside the names of the standard library: it would hide it."""
_LETTERS = {ord(letter): plain for letter, plain in zip("ßæøœłđ", ("ss", "ae", "o", "oe", "l", "d"), strict=True)}
_STANDARD = sys.stdlib_module_names
_WINDOWS = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
"""Names that no file or folder can have on Windows."""


@dataclass(frozen=True)
class Names:
    """The names of one project.

    Args:
        title: The words as they were typed.
        folder: Of letters a to z, digits and dashes; also the distribution's name.
        package: The Python package.
    """

    title: str
    folder: str
    package: str


def names(title: str) -> Names:
    """Return the names of a project.

    Raises:
        InputError: if the title is empty, too long, or no line of text.

    Example:
        >>> names("Tom's 2nd café")
        Names(title="Tom's 2nd café", folder='toms-2nd-cafe', package='toms_2nd_cafe')
    """
    words = " ".join(title.split())
    if not any(character.isalnum() for character in words):
        raise InputError(f"The name {quoted(title)} has no letter or digit.", 'Try sensorium new "Label reader"')
    if not words.isprintable() or len(words) > MAX_CHARACTERS:
        raise InputError(
            f"A name is one line of at most {MAX_CHARACTERS} printable characters, not {quoted(title)}.",
            'Try sensorium new "Label reader"',
        )
    if "/" in words or "\\" in words:
        raise InputError(f"The name {quoted(title)} is a path.", "Name the folder to write it into: `folder=PATH`")
    plain = _ascii(words) or "app"
    package = re.sub(r"\W", "_", plain)
    if package[0].isdigit():
        package = f"app_{package}"
    if keyword.iskeyword(package) or keyword.issoftkeyword(package) or package in _TAKEN | _WINDOWS | _STANDARD:
        package = f"{package}_app"
    folder = plain if plain not in _WINDOWS else f"{plain}-app"
    return Names(words, folder, package)


def field_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Return an identifier for each field's words, in their order; no two are the same.

    Raises:
        InputError: if a field has no letter or digit, is too long, or is there twice.

    Example:
        >>> field_names(["expiry date", "class", "2nd dose"])
        ('expiry_date', 'class_', 'field_2nd_dose')
    """
    found: list[str] = []
    for label in labels:
        if not any(character.isalnum() for character in label) or len(label) > 40 or not label.isprintable():
            raise InputError(
                f"A field is named by a few words of at most 40 characters, not {quoted(label)}.",
                'Try `fields="name, expiry date"`',
            )
        if sum(label.casefold() == other.casefold() for other in labels) > 1:
            raise InputError(f"The field {quoted(label)} is there twice.", "Leave one out.")
        name = re.sub(r"\W", "_", _ascii(label)) or "field"
        name = f"field_{name}" if name[0].isdigit() else name
        name = f"{name}_" if keyword.iskeyword(name) else name
        same = sum(other == name or re.fullmatch(rf"{name}_\d+", other) is not None for other in found)
        found.append(f"{name}_{same + 1}" if same else name)
    return tuple(found)


def _ascii(words: str) -> str:
    """Return words as a to z, digits and dashes; letters without one that is like them are left out."""
    known = words.casefold().translate(_LETTERS)
    letters = unicodedata.normalize("NFKD", known).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", re.sub("['’]", "", letters)).strip("-")
