"""What a service's failures mean: status codes, broken connections and responses that end early, as our errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import ModuleType

from sensorium.core.errors import (
    AccessError,
    DeadlineError,
    InputError,
    LimitError,
    RateLimitError,
    RefusalError,
    SensoriumError,
    ServiceError,
)
from sensorium.core.protocols import Delta
from sensorium.core.reply import Usage
from sensorium.hosted.keys import Key

_MAX_QUOTED = 300
_MAX_REASON = 80
_TOO_LONG = re.compile(r"context.{0,20}length|context window|maximum.{0,30}tokens|too many tokens|token count", re.I)
_TOO_MANY = re.compile(r"at most \d+ (?:image|video|audio)|too many images|image.{0,20}limit", re.I)
_MEDIA = r"(?:images?|image_urls?|pictures?|vision|visual|audio|videos?|multi-?modal)"
_NO_MEDIA = re.compile(
    rf"{_MEDIA}['\"`]?(?: or \w+)?(?: (?:inputs?|contents?|parts?|modality|data|messages?))? (?:is|are) "
    r"(?:not (?:yet )?supported|unsupported|not enabled|only supported by)"
    rf"|(?:not|n't|cannot|no \w+ found that) (?:support|accept|take|handle|process|have)\w* (?:any )?['\"`]?"
    rf"{_MEDIA}\b(?! format)"
    rf"|not an? (?:{_MEDIA}|VLM)(?: language)? model"
    r"|unknown variant `(?:image|audio|video|input)_\w+`"
    r"|content must be a string",
    re.I,
)
_NO_CREDIT = re.compile(r"insufficient_quota|insufficient (?:credit|fund|balance)", re.I)


def status_error(
    name: str, status: int, message: str, headers: Mapping[str, str], key: Key | None, variable: str = "KEY"
) -> SensoriumError:
    """Return the error of a response with a status from 300 up.

    Args:
        name: The model's name.
        status: The HTTP status.
        message: The service's own words; the key is taken out of them.
        headers: The response's headers, for Retry-After.
        key: The key that was sent, or None.
        variable: The environment variable where a key was looked for, if none was sent.
    """
    words = quote(message, key)
    if status in (401, 403):
        return _access_error(name, status, words, key, variable)
    if status == 402 or (status == 429 and _NO_CREDIT.search(message)):
        return AccessError(f"{name} has no quota left{words}", "Look at the account's plan and billing.")
    wait = wait_seconds(headers)
    if status == 429:
        hint = "Wait a while, or ask less often."
        return RateLimitError(f"{name} gets too many requests{words}", hint, retryable=True, wait_seconds=wait)
    if status >= 400 and _NO_MEDIA.search(message):
        return LimitError(
            f"{name} does not take such input{words}",
            "Choose a model that does: sensorium models lists what each takes.",
        )
    if status in (408, 504):
        problem = f"{name} took too long by its own clock (status {status}){words}"
        return DeadlineError(problem, "Try again later.", retryable=True)
    if status >= 500 or status == 409:
        problem = f"{name} failed (status {status}){words}"
        return ServiceError(problem, "Try again later.", retryable=True, wait_seconds=wait)
    if status == 413 or (status in (400, 422) and (_TOO_LONG.search(message) or _TOO_MANY.search(message))):
        return LimitError(f"{name} can't take so much at once{words}", "Ask a shorter question, or give fewer images.")
    if status == 404:
        return InputError(f"{name} was not found{words}", "Check the model's name and the server's address.")
    if 300 <= status < 400:
        return ServiceError(f"{name} redirects to another address (status {status}).", "Give the new address.")
    return ServiceError(f"{name} rejects the question (status {status}){words}", "Check what the model accepts.")


def _access_error(name: str, status: int, words: str, key: Key | None, variable: str) -> AccessError:
    if key is None:
        return AccessError(f"{name} needs a key (status {status}){words}", f"Type: export {variable}=YOUR_KEY")
    if status == 403:
        hint = "Give it the rights, or use another key."
        return AccessError(f"{name} does not allow this to the key in {key.source}{words}", hint)
    return AccessError(f"{name} does not accept the key in {key.source}{words}", f"Type: export {key.source}=YOUR_KEY")


def connection_error(name: str, address: str, error: BaseException, hint: str) -> ServiceError:
    """Return the error of a service that can't be reached."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return ServiceError(f"{name} can't be reached at {address}: {reason}.", hint, retryable=True)


def timeout_error(name: str, seconds: float) -> DeadlineError:
    """Return the error of a response that did not come in time."""
    return DeadlineError(
        f"{name} gave no complete answer in {seconds:.3g} s.",
        "Ask for less, or allow more: timeout_seconds=300",
        retryable=True,
    )


def unexpected_response(name: str, detail: str) -> ServiceError:
    """Return the error of a response that does not follow the service's interface."""
    return ServiceError(f"{name} returned an unexpected response{quote(detail)}", "Check the server's address.")


def ended_early(name: str) -> ServiceError:
    """Return the error of a response that ended before it was complete."""
    return ServiceError(f"{name}'s response ended early.", "Ask again.", retryable=True)


@contextmanager
def transport_errors(library: ModuleType, name: str, seconds: float, address: str = "") -> Iterator[None]:
    """Turn the connection errors that `library`, httpx or httpx2, raises in the block into ours."""
    try:
        yield
    except library.TimeoutException:
        raise timeout_error(name, seconds) from None
    except (library.RemoteProtocolError, library.ReadError):
        raise ended_early(name) from None
    except library.TransportError as error:
        host = address or str(error.request.url.host)
        raise connection_error(name, host, error, "Check your network connection.") from None


def until_finished(
    name: str,
    pieces: Iterable[tuple[Delta, str]],
    is_filter: Callable[[str], bool],
    is_failure: Callable[[str], bool],
    wordless: type[ServiceError] = ServiceError,
) -> Iterator[Delta]:
    """Yield a stream's Deltas, the last with the finish reason, and check how it ended.

    Args:
        name: The model's name.
        pieces: Deltas, each with the finish reason that the service gave with it, or "".
        is_filter: Whether a finish reason means that a filter stopped the answer.
        is_failure: Whether it means that the answer ended early.
        wordless: Error of such an end without any words: NoWordsError if it is the model's, not the service's.
    """
    reason, told, any_piece, any_text = "", "", False, False
    for delta, finish_reason in pieces:
        any_piece, any_text = True, any_text or bool(delta.text)
        reason = finish_reason or reason
        told = delta.reason or told
        yield delta
    if not any_piece:
        raise unexpected_response(name, "no server-sent events.")
    if not reason:
        raise ended_early(name)
    if is_filter(reason):
        raise RefusalError(f"{name}'s filter stopped the answer ({reason}).", "Ask differently, or ask another model.")
    if is_failure(reason):
        shown = " ".join((told or reason).split())[:_MAX_REASON]
        error = ServiceError if any_text else wordless
        raise error(f"{name}'s response ended early ({shown}).", "Ask again, or ask another model.", retryable=True)
    yield Delta(reason=told or reason)


def token_usage(
    input_tokens: object, output_tokens: object, cached_tokens: object = None, thinking_tokens: object = None
) -> Usage | None:
    """Return counts of tokens as Usage: -1, text or a list is an unknown count; None if all are."""
    told = (input_tokens, output_tokens, cached_tokens, thinking_tokens)
    counts = [count if type(count) is int and count >= 0 else None for count in told]
    if counts[2] is not None and (counts[0] is None or counts[2] > counts[0]):
        counts[2] = None
    if counts[3] is not None and (counts[1] is None or counts[3] > counts[1]):
        counts[3] = None
    known = Usage(counts[0], counts[1], cached_tokens=counts[2], thinking_tokens=counts[3])
    return None if known == Usage() else known


def quote(message: str, key: Key | None = None) -> str:
    """Return a service's own words as the end of our message: one sentence on one line, without the key."""
    line = " ".join((key.redact(message) if key else message).split())
    if not line:
        return "."
    if len(line) > _MAX_QUOTED:
        return f": {line[:_MAX_QUOTED]}…"
    return f": {line}" if line[-1] in ".!?…" else f": {line}."


def error_words(body: object) -> str:
    """Return the words in an error's body: {"message", "code"} or {"detail"}, perhaps inside "error", or plain text."""
    if isinstance(body, Mapping):
        inner = body.get("error") or body
        if not isinstance(inner, Mapping):
            return str(inner)
        words = str(inner.get("message") or inner.get("detail") or "")
        code = inner.get("code")
        return f"{words} ({code})" if isinstance(code, str) and code else words
    return body if isinstance(body, str) else ""


def wait_seconds(headers: Mapping[str, str]) -> float | None:
    """Return Retry-After (RFC 9110, 10.2.3: seconds or a date) or retry-after-ms in seconds; None without either."""
    by_name = {name.lower(): value for name, value in headers.items()}
    try:
        if "retry-after-ms" in by_name:
            return max(0.0, float(by_name["retry-after-ms"]) / 1000)
        return max(0.0, float(by_name["retry-after"]))
    except KeyError:
        return None
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(by_name["retry-after"])
        return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None
