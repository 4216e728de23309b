"""What a service's refusals mean: status codes and connection failures as errors that a person can mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sensorium.core.errors import (
    AccessError,
    DeadlineError,
    InputError,
    LimitError,
    RateLimitError,
    SensoriumError,
    ServiceError,
)
from sensorium.hosted.keys import Key

_LONGEST_SAID = 300
_TOO_LONG = re.compile(r"context.{0,20}length|context window|maximum.{0,30}tokens|too many tokens|token count", re.I)
_TOO_MANY = re.compile(r"at most \d+ (?:image|video|audio)|too many images|image.{0,20}limit", re.I)
_NO_MONEY = re.compile(r"insufficient_quota|insufficient (?:credit|fund|balance)", re.I)


def refused(
    name: str, status: int, said: str, headers: Mapping[str, str], key: Key | None, wanted: str = ""
) -> SensoriumError:
    """Make the error of an answer with a status from 300 up.

    Args:
        name: The model's name.
        status: The HTTP status.
        said: What the service said; the key is taken out of it.
        headers: The answer's headers, for Retry-After.
        key: The key that was sent, or None.
        wanted: The environment variable in which a key was looked for, where none was sent.
    """
    words = quote(said, key)
    if status in (401, 403):
        return _no_access(name, status, words, key, wanted)
    if status in (402, 429):
        if status == 402 or _NO_MONEY.search(said):
            return AccessError(f"{name} has no quota left{words}", "Look at the account's plan and billing.")
        hint = "Wait a while, or ask less often."
        wait = wait_seconds(headers)
        return RateLimitError(f"{name} gets too many requests{words}", hint, retryable=True, wait_seconds=wait)
    if status in (408, 504):
        return DeadlineError(
            f"{name} took too long by its own clock (status {status}){words}", "Try again later.", retryable=True
        )
    if status >= 500 or status == 409:
        hint = "Try again later."
        return ServiceError(
            f"{name} failed (status {status}){words}", hint, retryable=True, wait_seconds=wait_seconds(headers)
        )
    if status == 413 or (status in (400, 422) and (_TOO_LONG.search(said) or _TOO_MANY.search(said))):
        return LimitError(
            f"{name} can't take so much at once{words}", "Ask a shorter question, or give fewer pictures."
        )
    if status == 404:
        return InputError(f"{name} is not there{words}", "Check the model's name and the server's address.")
    if 300 <= status < 400:
        return ServiceError(f"{name} sends elsewhere (status {status}).", "Give the address that it moved to.")
    return ServiceError(f"{name} refuses the question (status {status}){words}", "See what the model takes.")


def _no_access(name: str, status: int, words: str, key: Key | None, wanted: str) -> AccessError:
    if key is None:
        return AccessError(f"{name} wants a key (status {status}){words}", f"Type: export {wanted or 'KEY'}=YOUR_KEY")
    if status == 403:
        return AccessError(
            f"{name} does not let the key in {key.source} do this{words}", "Give it the rights, or use another key."
        )
    return AccessError(f"{name} does not accept the key in {key.source}{words}", f"Type: export {key.source}=YOUR_KEY")


def unreachable(name: str, address: str, reason: str, hint: str) -> ServiceError:
    """Make the error of a service that can't be reached, or whose connection broke."""
    return ServiceError(f"{name} can't be reached at {address}: {reason}.", hint, retryable=True)


def too_slow(name: str, seconds: float) -> DeadlineError:
    """Make the error of an answer that did not come in time."""
    return DeadlineError(
        f"{name} gave no whole answer in {seconds:.3g} s.", "Ask for less, or allow more: --timeout 300", retryable=True
    )


def malformed(name: str, what: str) -> ServiceError:
    """Make the error of an answer that is not what the service's interface promises."""
    return ServiceError(f"{name} answered with what is no answer{quote(what, None)}", "Check the server's address.")


def cut(name: str) -> ServiceError:
    """Make the error of an answer that broke off."""
    return ServiceError(f"The answer of {name} broke off.", "Ask again.", retryable=True)


def quote(said: str, key: Key | None) -> str:
    """Put what a service said behind a message: one sentence on one line, without the key."""
    line = " ".join((key.hidden(said) if key else said).split())
    if not line:
        return "."
    if len(line) > _LONGEST_SAID:
        return f": {line[:_LONGEST_SAID]}…"
    return f": {line}" if line[-1] in ".!?…" else f": {line}."


def wait_seconds(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After (RFC 9110, 10.2.3: seconds or a date) or retry-after-ms; None where there is none."""
    given = {name.lower(): value for name, value in headers.items()}
    try:
        if "retry-after-ms" in given:
            return max(0.0, float(given["retry-after-ms"]) / 1000)
        return max(0.0, float(given["retry-after"]))
    except KeyError:
        return None
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(given["retry-after"])
        return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None
