"""Keys: from the environment or the system's keyring, never into a message, a repr, a log or a pickle."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

from sensorium.core.errors import AccessError

KEYRING_SERVICE = "sensorium"
"""The service's name under which `keyring set sensorium VARIABLE` keeps a key."""
_HIDDEN = "…"


class Key:
    """A service's key; only `reveal` gives it.

    Args:
        value: The key.
        source: The environment variable's name that it is known by.
    """

    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str) -> None:
        self._value = value
        self.source = source

    def reveal(self) -> str:
        """Return the key itself, for the SDK's client and nothing else."""
        return self._value

    def hidden(self, text: str) -> str:
        """Take the key out of a text: a service may quote it in its refusal."""
        return text.replace(self._value, _HIDDEN)

    def __repr__(self) -> str:
        return f"Key(<from {self.source}>)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key is not written to files.")


def find(variables: Sequence[str]) -> Key | None:
    """Return the key that the first of these environment variables, or the keyring under their names, holds; or None.

    Raises:
        AccessError: when what it holds can't be a key.
    """
    for variable in variables:
        value = (os.environ.get(variable) or "").strip()
        if value:
            return _checked(value, variable)
    for variable in variables:
        value = _from_keyring(variable).strip()
        if value:
            return _checked(value, variable)
    return None


def need(variables: Sequence[str], name: str) -> Key:
    """Return the key as `find` does; AccessError with what to type where there is none."""
    key = find(variables)
    if key is None:
        said = " or ".join(variables)
        raise AccessError(
            f"{name} needs a key, and neither the environment ({said}) nor the system's keyring has one.",
            f"Type: export {variables[0]}=YOUR_KEY (or keep it: keyring set {KEYRING_SERVICE} {variables[0]})",
        )
    return key


def _checked(value: str, variable: str) -> Key:
    if not all(33 <= ord(letter) <= 126 for letter in value):  # an HTTP library would quote it in its own error
        raise AccessError(
            f"What {variable} holds is no key: it has spaces or letters that no key has.", f"Copy {variable} again."
        )
    return Key(value, variable)


def _from_keyring(variable: str) -> str:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return ""
    try:
        return keyring.get_password(KEYRING_SERVICE, variable) or ""
    except (keyring.errors.KeyringError, RuntimeError, OSError):  # no keyring here, or it stays locked
        return ""
