"""OpenAI's, Gemini's and Sarvam's interfaces on this machine: they check each request as the services would."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import dataclass
from typing import Any

import PIL.Image
from loopback import Answer, Asked, Loopback, events

VOICE = re.compile(rb"RIFF....WAVE", re.DOTALL)


@dataclass(frozen=True)
class Request:
    """What was asked of a model: the kinds of its parts in order, and its text."""

    model: str
    parts: tuple[str, ...]
    text: str


class Services(Loopback):
    """Answers `says` (or what the schema asks for); a request that the service would refuse gets status 400.

    `speech` is a WAV, said by the voice. `requests` holds what was asked, `faults` what was refused.
    """

    says = "2"
    speech = b""
    models: tuple[str, ...] = ()

    def __init__(self, answers: Any = ()) -> None:
        super().__init__(answers)
        self.requests: list[Request] = []
        self.faults: list[str] = []
        self.cached: dict[str, Any] = {}

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        try:
            return self._route(asked)
        except (AssertionError, KeyError, ValueError, TypeError, OSError) as error:
            self.faults.append(f"{asked.method} {asked.path}: {type(error).__name__}: {error}")
            return Answer({"error": {"message": str(error), "code": 400}}, 400)

    def _route(self, asked: Asked) -> Answer:
        path = asked.path.partition("?")[0]
        if path.endswith("/v1/models"):
            return Answer({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})
        if path.endswith("/chat/completions"):
            return self._openai(asked.body)
        if found := re.search(r"/v1(?:beta)?/models/([^/:]+):(\w+)", path):
            assert asked.headers["x-goog-api-key"], "no key"
            return self._gemini(found[1], found[2], asked.body)
        if "/cachedContents" in path:
            return self._cache(asked)
        assert asked.headers["api-subscription-key"], "no key"
        return self._sarvam(path, asked)

    def _openai(self, body: Any) -> Answer:
        kinds, texts = [], []
        assert body["messages"][-1]["role"] == "user"
        for message in body["messages"]:
            assert message["role"] in ("system", "user", "assistant")
            content: Any = message["content"]
            parts: list[Any] = [{"type": "text", "text": content}] if isinstance(content, str) else content
            for part in parts:
                if part["type"] == "text":
                    texts.append(part["text"])
                else:
                    assert message["role"] == "user", "only users show pictures"
                    head, _, data = part[part["type"]]["url"].partition(",")
                    assert re.fullmatch(r"data:[a-z]+/[a-z0-9]+;base64", head)
                    opened(part["type"].removesuffix("_url"), base64.b64decode(data, validate=True))
                kinds.append(part["type"].removesuffix("_url"))
        self.requests.append(Request(body["model"], tuple(kinds), "\n".join(texts)))
        schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema")
        text = json.dumps(filled(schema)) if schema else self.says
        usage = {"prompt_tokens": 900, "completion_tokens": 3, "total_tokens": 903}
        whole = {"id": "c", "created": 1, "model": body["model"]}
        if not body.get("stream"):
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            return Answer(whole | {"object": "chat.completion", "choices": [choice], "usage": usage})
        choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        whole["object"] = "chat.completion.chunk"
        return Answer(events(whole | {"choices": [choice]}, whole | {"choices": [], "usage": usage}))

    def _gemini(self, model: str, verb: str, body: Any) -> Answer:
        if "mbed" in verb:
            asked = body["requests"] if "requests" in body else [body]
            vectors = []
            for each in asked:
                kinds, text = gemini_parts([each["content"]])
                self.requests.append(Request(model, kinds, text))
                vectors.append({"values": [1.0, 0.0, float(len(text))] + [0.0] * 765})
            return Answer({"embeddings": vectors} if "requests" in body else {"embedding": vectors[0]})
        if verb == "countTokens":
            return Answer({"totalTokens": 900})
        assert body["contents"][-1]["role"] == "user"
        before = self.cached[body["cachedContent"]]["contents"] if "cachedContent" in body else []
        kinds, text = gemini_parts([*before, *body["contents"]])
        self.requests.append(Request(model, kinds, text))
        how = body.get("generationConfig", {})
        schema = how.get("responseJsonSchema") or how.get("responseSchema")
        told = json.dumps(filled(schema)) if schema else self.says
        reply = {
            "candidates": [
                {"index": 0, "content": {"role": "model", "parts": [{"text": told}]}, "finishReason": "STOP"}
            ],
            "usageMetadata": {"promptTokenCount": 900, "candidatesTokenCount": 3, "totalTokenCount": 903},
        }
        return Answer(events(reply, end="") if verb.startswith("stream") else reply)

    def _cache(self, asked: Asked) -> Answer:
        assert asked.headers["x-goog-api-key"], "no key"
        name = f"cachedContents/{len(self.cached)}"
        if asked.method == "POST":
            gemini_parts(asked.body["contents"])
            self.cached[name] = asked.body
        return Answer({"name": name, "model": "m", "usageMetadata": {"totalTokenCount": 900}})

    def _sarvam(self, path: str, asked: Asked) -> Answer:
        if path == "/speech-to-text":
            assert VOICE.search(asked.raw), "no WAV"
            self.requests.append(Request("saaras", ("audio",), ""))
            return Answer({"request_id": "r", "transcript": "दवा कब खराब होगी?", "language_code": "hi-IN"})
        body = asked.body
        if path == "/text-to-speech":
            assert body["language_code"] in ("hi-IN", "ta-IN", "en-IN")
            self.requests.append(Request("bulbul", ("text",), body["text"]))
            return Answer({"request_id": "r", "audios": [base64.b64encode(self.speech).decode()]})
        assert path == "/translate", path
        self.requests.append(Request("mayura", ("text",), body["input"]))
        masks = " ".join(re.findall(r"\[\[\d+\]\]", body["input"]))
        text = f"समाप्ति तिथि {masks}" if body["target_language_code"] == "hi-IN" else f"When does it expire? {masks}"
        return Answer(
            {"request_id": "r", "translated_text": text, "source_language_code": body["source_language_code"]}
        )


def gemini_parts(contents: Any) -> tuple[tuple[str, ...], str]:
    """Return the kinds of the parts of Gemini's contents, each opened, and their text."""
    kinds, texts = [], []
    for content in contents:
        assert content.get("role", "user") in ("user", "model")
        for part in content["parts"]:
            if "text" in part:
                kinds.append("text")
                texts.append(part["text"])
            else:
                data = part.get("inlineData") or part["inline_data"]
                kinds.append((data.get("mimeType") or data["mime_type"]).partition("/")[0])
                opened(kinds[-1], base64.urlsafe_b64decode(data["data"]))
    return tuple(kinds), "\n".join(texts)


def opened(kind: str, data: bytes) -> None:
    """Open a picture, or see that a film or sound begins as one."""
    if kind == "image":
        PIL.Image.open(io.BytesIO(data)).load()
    elif kind == "video":
        assert data[4:8] == b"ftyp", "no film"
    else:
        assert kind in ("audio", "input_audio") and VOICE.match(data), f"no {kind}"


def filled(schema: Any) -> Any:
    """Return a value that fits a schema."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return filled(schema["anyOf"][0])
    kind = str(schema.get("type", "string")).lower()
    if kind == "object":
        return {name: filled(each) for name, each in schema.get("properties", {}).items()}
    return {"array": [], "number": 2, "integer": 2, "boolean": True, "null": None}.get(kind, "2")
