"""Errors over HTTP: one JSON form for all of them, and the status of each kind."""

from __future__ import annotations

import json
import logging
import math
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sensorium.core.errors import (
    AccessError,
    DeadlineError,
    InputError,
    InstallError,
    RateLimitError,
    SensoriumError,
    ServiceError,
)
from sensorium.core.files import encode_text

_STATUSES: tuple[tuple[type[SensoriumError], int], ...] = (
    (InputError, 422),
    (InstallError, 501),
    (AccessError, 502),
    (RateLimitError, 503),
    (DeadlineError, 504),
    (ServiceError, 502),
)
_DESCRIPTIONS = {
    400: "The request is malformed.",
    401: "The access token is missing or wrong.",
    403: "The request comes from another machine or another site's page.",
    404: "The requested item does not exist.",
    408: "The body arrived too slowly.",
    413: "The body is too large.",
    415: "The body has the wrong content type.",
    422: "A value can't be used; the message says why.",
    501: "This server lacks what the request needs.",
    502: "The model's service failed.",
    503: "The queue is full; Retry-After says when to try again.",
    504: "The model took too long.",
}
BODY_STATUSES = (400, 401, 403, 408, 413, 415, 422, 501, 502, 503, 504)
"""Of the errors that a request with a body may get."""
_MAX_QUOTED = 80


class ErrorInfo(BaseModel):
    """What went wrong, what to do about it, OpenAI's name for the kind, and the HTTP status."""

    message: str
    hint: str = ""
    type: str = ""
    code: int


class ErrorBody(BaseModel):
    """The JSON of every error; its form is OpenAI's, with a hint."""

    error: ErrorInfo


class RequestError(HTTPException):
    """A request that is answered by an error: the status, a message of one sentence, what to do, further headers."""

    def __init__(self, status: int, message: str, hint: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(status, message, headers)
        self.hint = hint

    def body(self) -> dict[str, Any]:
        kind = "invalid_request_error" if self.status_code < 500 else "server_error"
        return {"error": {"message": self.detail, "hint": self.hint, "type": kind, "code": self.status_code}}

    def response(self) -> Response:
        content = encode_text(json.dumps(self.body(), ensure_ascii=False))  # a request may hold lone surrogates
        return Response(content, self.status_code, self.headers, "application/json")


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error responses of an operation, as the OpenAPI document describes them.

    Errors are JSON whatever the operation returns otherwise, so their content is spelled out; see `ERROR_MODEL`.
    """
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": _DESCRIPTIONS[status], "content": content} for status in statuses
    }
    if 503 in found:
        found[503]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return found


def to_request_error(error: Exception) -> RequestError:
    """Return what the client is told of an error; an internal fault reveals nothing of its cause."""
    if isinstance(error, RequestError):
        return error
    if isinstance(error, HTTPException):
        return RequestError(error.status_code, f"{error.detail}.", "See /docs.", dict(error.headers or {}))
    if isinstance(error, SensoriumError):
        status = next((code for kind, code in _STATUSES if isinstance(error, kind)), 500)
        wait = error.wait_seconds or (5 if status == 503 else None)
        headers = {} if wait is None else {"Retry-After": str(max(1, math.ceil(wait)))}
        return RequestError(status, error.message.replace("The given data", "The file"), error.hint, headers)
    return RequestError(500, "Something went wrong on the server.", "Try again; if it persists, tell whoever runs it.")


def streamed_error(error: Exception) -> dict[str, Any]:
    """Return the JSON of an error that came after the answer had begun; log it if it is an internal fault."""
    known = to_request_error(error)
    if known.status_code == 500:
        logging.getLogger("uvicorn.error").error("Internal error while answering", exc_info=error)
    return known.body()


async def handle_error(request: Request, error: Exception) -> Response:
    """Answer a request with an error; the exception handler of every app."""
    if isinstance(error, RequestValidationError):
        status = 400 if request.url.path.startswith("/v1/") else 422  # OpenAI's clients expect 400
        return _validation_error(error, status).response()
    return to_request_error(error).response()


def _validation_error(error: RequestValidationError, status: int) -> RequestError:
    problem = max(error.errors(), key=lambda each: len(each["loc"]))  # the deepest names the value most exactly
    steps = [str(step) for step in problem["loc"][1:]]
    name = ".".join(step for step in steps if step.isalnum() or step.replace("_", "").isalnum())[:_MAX_QUOTED]
    problems = {"missing": "is missing", "extra_forbidden": "is not supported here"}
    reason = problems.get(problem["type"]) or f"is invalid: {problem['msg'][: 2 * _MAX_QUOTED]}"
    return RequestError(status, f"{name or 'body'!r} {reason}.", "See /docs for what each request takes.")


ERROR_HANDLERS: dict[int | type[Exception], Any] = dict.fromkeys(
    (HTTPException, RequestValidationError, SensoriumError, Exception), handle_error
)
ERROR_MODEL: dict[int | str, dict[str, Any]] = {403: {"model": ErrorBody, "description": _DESCRIPTIONS[403]}}
"""The same for 403 in an operation that returns JSON; one of an app needs it."""
