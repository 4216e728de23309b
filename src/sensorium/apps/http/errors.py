"""Errors over HTTP: one JSON form for all of them, and the status of each kind."""

from __future__ import annotations

import logging
import math
from typing import Any

from starlette.responses import JSONResponse

from sensorium.apps.http.work_queue import Full
from sensorium.core.errors import (
    AccessError,
    DeadlineError,
    InputError,
    InstallError,
    LimitError,
    RateLimitError,
    SensoriumError,
    ServiceError,
)

_STATUSES: tuple[tuple[type[SensoriumError], int], ...] = (
    (LimitError, 422),
    (InputError, 422),
    (InstallError, 501),
    (AccessError, 502),
    (RateLimitError, 503),
    (DeadlineError, 504),
    (ServiceError, 502),
)


class Refused(Exception):
    """A request that is answered by an error.

    Args:
        status: The HTTP status.
        message: What is wrong, one sentence.
        hint: What to do, or "".
        headers: Further headers.
    """

    def __init__(self, status: int, message: str, hint: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint
        self.headers = headers or {}


def refusal(error: Exception) -> Refused:
    """Turn an error that may be told into a Refused; what is a fault of ours tells nothing of the inside."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, Full):
        seconds = error.retry_seconds
        return Refused(
            503,
            "Too many people are asking just now.",
            f"Try again in {seconds} second{'s' * (seconds != 1)}.",
            {"Retry-After": str(seconds)},
        )
    if isinstance(error, SensoriumError):
        status = next((code for kind, code in _STATUSES if isinstance(error, kind)), 500)
        wait = error.wait_seconds or (5 if status == 503 else None)
        headers = {} if wait is None else {"Retry-After": str(max(1, math.ceil(wait)))}
        return Refused(status, error.message.replace("The given data", "The file"), error.hint, headers)
    return Refused(500, "Something went wrong on the server.", "Try again; if it stays so, tell who runs it.")


def body(error: Refused) -> dict[str, Any]:
    """Return the JSON of an error; its form is OpenAI's, with a hint."""
    kind = "invalid_request_error" if error.status < 500 else "server_error"
    return {"error": {"message": error.message, "hint": error.hint, "type": kind, "code": error.status}}


def told(error: Exception) -> dict[str, Any]:
    """Return JSON of an error that came after the answer had begun; a fault of ours goes to the server's log too."""
    refused = refusal(error)
    if refused.status == 500:
        logging.getLogger("uvicorn.error").error("A fault while answering", exc_info=error)
    return body(refused)


def response(error: Refused) -> JSONResponse:
    return JSONResponse(body(error), error.status, error.headers)
