"""The OpenAPI document (https://spec.openapis.org/oas/v3.1.0), written by hand; a test holds it to the routes."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

_Json = dict[str, Any]
_TEXT: _Json = {"type": "string"}
_WHOLE: _Json = {"type": "integer"}
_YES_NO: _Json = {"type": "boolean"}
_BINARY: _Json = {"type": "string", "format": "binary"}
_LANGUAGE: _Json = {
    "type": "string",
    "maxLength": 40,
    "pattern": "^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$",
    "default": "en",
    "description": "A language's code: en, hi, ta …",
}
_EVENT: _Json = {
    "type": "object",
    "description": "One server-sent event; its data are JSON.",
    "properties": {"event": _TEXT, "data": _TEXT},
    "required": ["data"],
}
_WHY = {
    "400": "The request is broken.",
    "401": "A token is needed.",
    "403": "Not from this machine, or from another site's page.",
    "404": "There is no such thing.",
    "408": "The body came too slowly.",
    "413": "The body is too large.",
    "415": "The body is of another type.",
    "422": "What was given can't be used; the message says why.",
    "501": "This server lacks what is needed for it.",
    "502": "The model's service failed.",
    "503": "The queue is full; Retry-After says when to come again.",
    "504": "The model took too long.",
}


def document() -> _Json:
    """Return the whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sensorium assist",
            "version": version("sensorium"),
            "summary": "Ask about a picture and hear the answer.",
            "description": "Nothing that is sent is kept. Where the server has a token, every path under /api and /v1 "
            "and /metrics wants it as Authorization: Bearer TOKEN.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{}, {"token": []}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> _Json:
    picture = {"picture": _BINARY}
    asked = picture | {
        "question": {"type": "string", "minLength": 1, "maxLength": 2000},
        "language": _LANGUAGE,
        "opinion": {"enum": ["first", "second"], "description": "second asks the other model."},
        "history": {"type": "string", "description": "JSON: earlier questions about this picture and their answers."},
        "first": {
            "type": "string",
            "description": "With opinion=second: the first answer, to tell whether they agree.",
        },
        "first_abstained": {"enum": ["true", "false"]},
    }
    said = _object({"text": {"type": "string", "minLength": 1, "maxLength": 2000}, "language": _LANGUAGE}, ["text"])
    return {
        "/api/abilities": {"get": _operation("What this server can do", _ref("Abilities"), refusals=("401", "403"))},
        "/api/look": _posted(
            "Is a picture usable, and how to retake it",
            _form(picture | {"language": _LANGUAGE}, ["picture"]),
            _ref("Checked"),
        ),
        "/api/forget": {"post": _forget()},
        "/api/ask": _posted(
            "Ask about a picture; the answer comes as server-sent events: waiting, sentence, answer, error",
            _form(asked, ["picture", "question"]),
            _EVENT | {"properties": {"event": {"enum": ["waiting", "sentence", "answer", "error"]}, "data": _TEXT}},
            "text/event-stream",
        ),
        "/api/transcribe": _posted(
            "Write a spoken question down",
            _form({"audio": _BINARY, "language": _LANGUAGE}, ["audio"]),
            _object({"text": _TEXT, "language": _TEXT, "confidence": {"type": ["number", "null"]}}, ["text"]),
        ),
        "/api/speak": _posted("Say a text", _json(said), _BINARY, "audio/wav"),
        "/v1/models": {"get": _operation("The models, as OpenAI lists them", _ref("Models"), refusals=("401", "403"))},
        "/v1/chat/completions": _completions(),
        "/health": {"get": _operation("Alive", _object({"status": {"enum": ["ok", "full"]}}, ["status"]))},
        "/metrics": {
            "get": _operation("Counts and times for Prometheus", _TEXT, "text/plain", refusals=("401", "403")),
        },
        "/openapi.json": {"get": _operation("This document", {"type": "object"})},
        "/docs": {"get": _operation("This document as a page", _TEXT, "text/html")},
    }


def _forget() -> _Json:
    operation = _operation("Throw away what is kept of the last pictures to see faster", _TEXT, refusals=("401", "403"))
    del operation["responses"]["200"]
    operation["responses"]["204"] = {"description": "Forgotten."}
    return operation


def _completions() -> _Json:
    made = _posted(
        "OpenAI's chat completions for any model here; files as data URIs only",
        _json(_ref("CompletionRequest")),
        _ref("Completion"),
        refusals=("400", "401", "403", "404", "408", "413", "415", "422", "501", "502", "503", "504"),
    )
    made["post"]["responses"]["200"]["content"]["text/event-stream"] = {"schema": _EVENT}
    return made


def _posted(
    summary: str,
    body: _Json,
    schema: _Json,
    media: str = "application/json",
    refusals: tuple[str, ...] = ("400", "401", "403", "408", "413", "415", "422", "501", "502", "503", "504"),
) -> _Json:
    operation = _operation(summary, schema, media, refusals)
    return {"post": operation | {"requestBody": {"required": True, "content": body}}}


def _operation(
    summary: str, schema: _Json, media: str = "application/json", refusals: tuple[str, ...] = ("403",)
) -> _Json:
    responses: _Json = {"200": {"description": "Done.", "content": {media: {"schema": schema}}}}
    for status in refusals:
        refusal: _Json = {"description": _WHY[status], "content": {"application/json": {"schema": _ref("Error")}}}
        if status == "503":
            refusal["headers"] = {"Retry-After": {"schema": _WHOLE, "description": "Seconds."}}
        responses[status] = refusal
    return {"summary": summary, "responses": responses}


def _form(properties: _Json, required: list[str]) -> _Json:
    return {"multipart/form-data": {"schema": _object(properties, required)}}


def _json(schema: _Json) -> _Json:
    return {"application/json": {"schema": schema}}


def _object(properties: _Json, required: list[str]) -> _Json:
    return {"type": "object", "properties": properties, "required": required}


def _list(items: _Json) -> _Json:
    return {"type": "array", "items": items}


def _ref(name: str) -> _Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> _Json:
    language = _object({"code": _TEXT, "name": _TEXT}, ["code", "name"])
    codes = {"type": ["array", "null"], "items": _TEXT}
    return {
        "Error": _object(
            {"error": _object({"message": _TEXT, "hint": _TEXT, "type": _TEXT, "code": _WHOLE}, ["message", "code"])},
            ["error"],
        ),
        "Abilities": _object(
            {
                "models": _list(_TEXT),
                "answers": _list(language),
                "hears": codes,
                "speaks": codes,
                "most_bytes": _WHOLE,
                "keeps": {"const": "nothing"},
            },
            ["models", "answers", "hears", "speaks", "most_bytes", "keeps"],
        ),
        "Checked": _object(
            {
                "usable": {"type": ["boolean", "null"]},
                "said": _TEXT,
                "faults": _list(_TEXT),
                "warnings": _list(_TEXT),
                "lines": _WHOLE,
                "width": _WHOLE,
                "height": _WHOLE,
                "language": {"type": "string", "description": "The language of what is said."},
            },
            ["usable", "said", "faults", "warnings"],
        ),
        "Models": _object(
            {"object": {"const": "list"}, "data": _list(_object({"id": _TEXT, "object": _TEXT}, ["id", "object"]))},
            ["object", "data"],
        ),
        **_completion_schemas(),
    }


def _completion_schemas() -> _Json:
    def part(kind: str, value: _Json) -> _Json:
        return _object({"type": {"const": kind}, kind: value}, ["type", kind])

    link = _object({"url": {"type": "string", "pattern": "^data:"}}, ["url"])
    sound = _object({"data": _TEXT, "format": _TEXT}, ["data"])
    parts = [
        part("text", _TEXT), part("image_url", link), part("video_url", link), part("input_audio", sound)
    ]  # fmt: skip
    content = {"anyOf": [_TEXT, {"type": "array", "minItems": 1, "items": {"anyOf": parts}}]}
    role = {"enum": ["system", "developer", "user", "assistant"]}
    messages = {
        "type": "array",
        "minItems": 1,
        "maxItems": 200,
        "items": _object({"role": role, "content": content}, ["role", "content"]),
    }
    asked = {
        "model": _TEXT,
        "messages": messages,
        "stream": _YES_NO,
        "stream_options": _object({"include_usage": _YES_NO}, []),
        "max_tokens": {"type": "integer", "minimum": 1, "maximum": 100_000},
        "max_completion_tokens": {"type": "integer", "minimum": 1, "maximum": 100_000},
        "temperature": {"type": "number", "minimum": 0, "maximum": 2},
        "seed": _WHOLE,
        "stop": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "maxItems": 4, "items": _TEXT}]},
        "n": {"const": 1},
    }
    message = _object({"role": _TEXT, "content": _TEXT}, ["role", "content"])
    choice = _object({"index": _WHOLE, "message": message, "finish_reason": _TEXT}, ["index", "message"])
    seen = _object({"confidence": {"type": ["number", "null"]}, "abstained": _YES_NO, "evidence": _list({})}, [])
    tokens = {"prompt_tokens": _WHOLE, "completion_tokens": _WHOLE, "total_tokens": _WHOLE}
    answered = {
        "id": _TEXT,
        "object": {"const": "chat.completion"},
        "created": _WHOLE,
        "model": _TEXT,
        "choices": _list(choice),
        "usage": _object(tokens, list(tokens)),
        "sensorium": seen,
    }
    return {
        "CompletionRequest": _object(asked, ["model", "messages"]) | {"additionalProperties": False},
        "Completion": _object(answered, ["id", "object", "choices", "usage"]),
    }
