"""What goes wrong, said so that a person can mend it.

SensoriumError            message, hint, retryable
├── InputError            what the user gave cannot be used: a file, a name, an option
│   ├── MediaError        a picture, sound or film that is missing, broken, too large or of another kind
│   └── LimitError        more, or of another kind, than the chosen model takes
├── InstallError          a package, its weights or a system program is missing or not the expected one
├── AccessError             a service's key is missing or was refused
└── ServiceError          a model or service did not answer as it should
    ├── RateLimitError    too many requests (retryable)
    └── DeadlineError     no answer in time (retryable)
"""

from __future__ import annotations


class SensoriumError(Exception):
    """An error with a message that quotes what was wrong and a hint that says what to type.

    Args:
        message: One line; quotes the offending value.
        hint: One line: something to type or to do. May be empty.
        retryable: True where the same call may succeed later.
        wait_seconds: How long to wait before the next try, where the service said so.
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
    """What the user gave cannot be used: a file, a name, an option."""


class MediaError(InputError):
    """A picture, sound or film that is missing, broken, too large or of another kind."""


class LimitError(InputError):
    """More, or of another kind, than the chosen model takes."""


class InstallError(SensoriumError):
    """A package, its weights or a system program is missing or not the expected one."""


class AccessError(SensoriumError):
    """A service's key is missing or was refused."""


class ServiceError(SensoriumError):
    """A model or service did not answer as it should."""


class RateLimitError(ServiceError):
    """Too many requests; the same call may succeed later."""


class DeadlineError(ServiceError):
    """No answer in time; the same call may succeed later."""


def quoted(given: str) -> str:
    """Quote what the user gave for a message: on one line and printable, whatever bytes a file's name holds."""
    text = given.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return f'"{safe}"' if "'" in safe else f"'{safe}'"
