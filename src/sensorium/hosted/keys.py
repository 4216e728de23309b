"""Keys: from the environment or the system's keyring, never into a message, a repr, a log or a pickle."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NoReturn

from sensorium.core.errors import AccessError

KEYRING_SERVICE = "sensorium"
"""The service's name under which `keyring set sensorium VARIABLE` stores a key."""
_REDACTED = "…"
_is_planned: ContextVar[bool] = ContextVar("is_planned", default=False)


class Key:
    """A service's key; only `reveal` returns it.

    Args:
        value: The key.
        source: The name of its environment variable.
    """

    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str) -> None:
        self._value = value
        self.source = source

    def reveal(self) -> str:
        """Return the key itself, for the SDK's client and nothing else."""
        return self._value

    def redact(self, text: str) -> str:
        """Return a text without the key: a service may quote it in its refusal."""
        return text.replace(self._value, _REDACTED)

    def __repr__(self) -> str:
        return f"Key(<from {self.source}>)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key is not written to files.")


class MissingKey(Key):
    """Stands for a key that isn't there, in a model that is planned with but not asked.

    Args:
        error: Raised by `reveal`, so before anything is sent.
        source: The name of its environment variable.
    """

    __slots__ = ("_error",)

    def __init__(self, error: AccessError, source: str) -> None:
        super().__init__("", source)
        self._error = error

    def reveal(self) -> str:
        """Raise AccessError."""
        raise self._error

    def redact(self, text: str) -> str:
        """Return the text as it is."""
        return text


@contextmanager
def keys_not_needed() -> Iterator[None]:
    """Let models be made without their keys in the block, to plan with their limits and prices; they can't be asked."""
    token = _is_planned.set(True)
    try:
        yield
    finally:
        _is_planned.reset(token)


def find_key(variables: Sequence[str]) -> Key | None:
    """Return the first key in these environment variables, else in the keyring under their names; None without one.

    Raises:
        AccessError: when the value can't be a key.
    """
    for source in (lambda variable: os.environ.get(variable) or "", _from_keyring):
        for variable in variables:
            value = source(variable).strip()
            if value:
                return _checked(value, variable)
    return None


def require_key(variables: Sequence[str], name: str) -> Key:
    """Return the key as `find_key` does; raise AccessError with what to type without one (see `keys_not_needed`)."""
    key = find_key(variables)
    if key is None:
        error = AccessError(
            f"{name} needs a key, and neither the environment ({' or '.join(variables)}) "
            "nor the system's keyring has one.",
            f"Type: export {variables[0]}=YOUR_KEY (or keep it: keyring set {KEYRING_SERVICE} {variables[0]})",
        )
        if not _is_planned.get():
            raise error
        return MissingKey(error, variables[0])
    return key


def _checked(value: str, variable: str) -> Key:
    if not all(33 <= ord(character) <= 126 for character in value):  # an HTTP library would quote it in its own error
        raise AccessError(
            f"The value of {variable} can't be a key: it has spaces or characters that keys don't have.",
            f"Copy {variable} again.",
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
    except (keyring.errors.KeyringError, RuntimeError, OSError):  # missing or locked
        return ""
