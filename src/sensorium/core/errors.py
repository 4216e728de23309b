"""Errors with a message that quotes what was wrong and a hint that says what to do.

SensoriumError            message, hint, retryable
├── InputError            the user's input cannot be used: a file, a name, an option
│   ├── MediaError        an image, audio or video that is missing, broken, too large or of another kind
│   └── LimitError        more than, or another kind of input than, the model takes
├── InstallError          a package, weights or a system program is missing or unexpected
├── AccessError           a key is missing or was refused
├── NotAskedError         a limit of money or time was reached before a question was asked
└── ServiceError          a model or service did not answer as it should
    ├── RefusalError      a model or its filter declined to answer
    ├── NoWordsError      a model answered without words
    ├── MisfitError       a model's answer does not fit the schema, even when asked again
    ├── CutOffError       an answer that ended at `max_tokens` where a whole one was needed
    ├── RateLimitError    too many requests (retryable)
    └── DeadlineError     no answer in time (retryable)
"""

from __future__ import annotations

import os


class SensoriumError(Exception):
    """An error that a person can act on.

    Args:
        message: One line; quotes the offending value.
        hint: One line: something to do; may be empty. It names parameters in backquotes, as `timeout_seconds=300`, and
            the command line writes them as its options.
        retryable: Whether the same call may succeed later.
        wait_seconds: Pause before the next attempt, if the service said so.
    """

    def __init__(
        self, message: str, hint: str = "", *, retryable: bool = False, wait_seconds: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.retryable = retryable
        self.wait_seconds = wait_seconds

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(SensoriumError):
    """The user's input cannot be used: a file, a name, an option."""


class MediaError(InputError):
    """An image, audio or video that is missing, broken, too large or of another kind."""


class LimitError(InputError):
    """More than, or another kind of input than, the model takes."""


class InstallError(SensoriumError):
    """A package, weights or a system program is missing or unexpected."""


class AccessError(SensoriumError):
    """A service's key is missing or was refused."""


class ServiceError(SensoriumError):
    """A model or service did not answer as it should."""


class RefusalError(ServiceError):
    """A model or the service's filter declined to answer."""


class NoWordsError(ServiceError):
    """A model answered without words, here or at a service: its failure at one question, not one on the way to it."""


class MisfitError(ServiceError):
    """A model's answer does not fit the schema, even when it was asked again."""


class CutOffError(ServiceError):
    """A model's answer ended at `max_tokens` where a whole one was needed: its failure at one question."""


class RateLimitError(ServiceError):
    """Too many requests; the same call may succeed later."""


class DeadlineError(ServiceError):
    """No answer in time; the same call may succeed later."""


class NotAskedError(SensoriumError):
    """A question was not asked, since a limit of money or time was reached; nothing was sent."""


MAX_QUOTED = 80
"""The most characters of a value that a message quotes."""


def quoted(value: object) -> str:
    """Return a value on one line and printable, whatever bytes a file's name holds: texts and paths between quotes.

    Of more than `MAX_QUOTED` characters the middle is left out; in a command to be typed write `shlex.quote` instead.
    """
    is_text = isinstance(value, str | os.PathLike | Exception)
    text = str(value) if is_text else repr(value)
    if len(text) > 2 * MAX_QUOTED:  # the middle of a long one is not looked at
        text = f"{text[:MAX_QUOTED]}{text[-MAX_QUOTED:]}"
    safe = "".join(c if c.isprintable() else _escaped(c) for c in text)
    if len(safe) > MAX_QUOTED:
        half = MAX_QUOTED // 2
        safe = f"{safe[:half]}…{safe[1 + half - MAX_QUOTED :]}"
    if not is_text:
        return safe
    return f'"{safe}"' if "'" in safe else f"'{safe}'"


def _escaped(character: str) -> str:
    """Return an unprintable character's escape; that of a byte which isn't UTF-8, as file names may hold, is \\xff."""
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
