"""OpenAI, and every server with its interface: vLLM, Ollama, llama.cpp, transformers serve, hosted providers.

openai:MODEL                             the server in OPENAI_BASE_URL, else api.openai.com; key in OPENAI_API_KEY
openai:MODEL@http://localhost:8000/v1    any server; a key, if it wants one, in its own variable
vllm:MODEL, ollama:MODEL, llamacpp:MODEL these servers on this machine, at their default ports
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sensorium.core.catalog import entries
from sensorium.core.errors import LimitError
from sensorium.core.messages import Audio, Conversation, Image, Message, Part, Text, Video, kind
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.core.retry import idempotency_key
from sensorium.core.schema import Schema
from sensorium.hosted import failures
from sensorium.hosted.images import MAX_SIDE, encode_image
from sensorium.hosted.openai_chunks import DONE, read_chunks, to_delta
from sensorium.hosted.openai_client import OpenAIServer, key_variables, model_and_url
from sensorium.hosted.openai_embeddings import OpenAIEmbedder, embedding_name
from sensorium.media.sniff import media_type
from sensorium.media.times import decimal, frame_label

__all__ = ["OpenAI", "embedder", "key_variables", "model", "to_delta", "to_payload"]

if TYPE_CHECKING:
    import openai

EXAMPLE = "openai:gpt-6-luna"
MAX_IMAGES = 500
"""The most images in one request to api.openai.com (https://platform.openai.com/docs/guides/images-vision)."""
MAX_REQUEST_BYTES = 50_000_000
"""The most bytes of one request to api.openai.com; from the same page."""
_ONE_IMAGE_ENGLISH = re.compile(r"llama-?3\.2.*vision", re.I)  # as its makers advise; see the model's card
_REASONING = re.compile(r"(?:o\d|gpt-(?:[5-9]|\d\d))(?!.*chat)")  # these models take no temperature
_FILTERS = ("content_filter", "sensitive")
_FAILURES = ("error", "abort", "network_error", "insufficient_system_resource", "engine_overloaded")
"""Finish reasons of incomplete answers, at OpenRouter, vLLM, Zhipu and DeepSeek."""
_DETAILS = ("low", "high", "original")
_AUDIO_FORMATS = {
    "audio/wav": "wav", "audio/mpeg": "mp3", "audio/flac": "flac", "audio/ogg": "ogg", "audio/mp4": "m4a"
}  # fmt: skip


def model(name: str) -> OpenAI:
    """Return the model of "MODEL" or "MODEL@URL"."""
    return OpenAI(*model_and_url(name))


def embedder(name: str) -> OpenAIEmbedder:
    """Return the embedder of "MODEL", "MODEL?dims=512" or "MODEL?input=messages@URL"; see `OpenAIEmbedder`."""
    return OpenAIEmbedder(*embedding_name(name))


class OpenAI:
    """A Model behind an OpenAI-compatible server.

    Args:
        model: The model's name, as the server calls it.
        url: The server's address, usually ending in /v1; "" for $OPENAI_BASE_URL, else OpenAI's own.
        limits: What the model takes, if that is known better than by the catalogue.

    Raises:
        InputError: when the model's name is empty or the address invalid.
        AccessError: when it is OpenAI itself and the key is missing.
    """

    def __init__(self, model: str, url: str = "", limits: Limits | None = None) -> None:
        self._server = OpenAIServer(model, url, EXAMPLE)
        self.url = self._server.url
        self.model = model
        self.official = self._server.official
        self.name = self._server.name
        self.limits = limits or _limits(model, self.official)
        self._key = self._server.key

    def prepare(self) -> None:
        """Import the SDK and make its client, so that no clock counts it; raises InstallError without the SDK."""
        _ = self._create

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the answer as it comes; the last Delta holds the usage.

        Raises:
            InstallError: when the SDK is not installed.
            SensoriumError: what went wrong at the server, retryable if it may pass.
        """
        create = self._create
        payload = to_payload(chat, options, self.model, self.official)
        with self._server.errors(options.timeout_seconds):
            headers = idempotency_header(payload)
            with create(**payload, timeout=options.timeout_seconds, extra_headers=headers) as response:
                pieces = self._pieces(response.iter_bytes())
                yield from failures.until_finished(
                    self.name, pieces, lambda reason: reason in _FILTERS, lambda reason: reason in _FAILURES
                )

    def _pieces(self, body: Iterator[bytes]) -> Iterator[tuple[Delta, str]]:
        any_reason = False
        for chunk in read_chunks(body):
            if isinstance(chunk, str):
                if not any_reason:
                    yield Delta(), DONE
                return
            if chunk.get("error"):
                raise self._server.stream_error(chunk["error"])
            delta, reason = to_delta(chunk)
            any_reason = any_reason or bool(reason)
            yield delta, reason

    @property
    def _client(self) -> openai.OpenAI:
        return self._server.client

    @property
    def _create(self) -> Any:
        return self._client.chat.completions.with_streaming_response.create


def to_payload(chat: Conversation, options: Options, model: str, official: bool = False) -> dict[str, Any]:
    """Return the body of POST /chat/completions (https://platform.openai.com/docs/api-reference/chat/create).

    The order of the parts is kept; an image with a time becomes "Frame at 1.5 s:" and the image. Conversations that
    start alike have bodies that start alike: servers cache what they have read of a prefix.

    Args:
        chat: The conversation.
        options: How to answer.
        model: The model's name, as the server calls it.
        official: True for api.openai.com, which names some fields differently from the servers that copy it.

    Raises:
        LimitError: when a part does not fit into this interface.
        MediaError: when an image, audio or video file can't be opened.
    """
    body: dict[str, Any] = {
        "model": model,
        "messages": [_message(message, official, _detail(options)) for message in chat.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens" if official else "max_tokens": options.max_tokens,
    }
    if not (official and _REASONING.match(model)):
        body["temperature"] = options.temperature
        if options.top_p < 1:
            body["top_p"] = options.top_p
    if options.seed is not None:
        body["seed"] = options.seed
    if options.stop:
        body["stop"] = list(options.stop)
    if official:
        _check_size(body["messages"])
    if options.schema is not None:
        schema = Schema.of(options.schema)
        format = {"name": "answer", "schema": schema.rules, "strict": schema.strict}
        body["response_format"] = {"type": "json_schema", "json_schema": format}
    return body


def idempotency_header(payload: dict[str, Any]) -> dict[str, str]:
    """Return the header that makes a service which knows it answer a repeated request without charging twice.

    The same header comes with the same body under the same `core.retry.idempotent`; {} outside of it
    (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header).
    """
    if not idempotency_key():
        return {}
    body = json.dumps([idempotency_key(), payload], sort_keys=True).encode()
    return {"Idempotency-Key": hashlib.sha256(body).hexdigest()[:40]}


def _check_size(messages: list[dict[str, Any]]) -> None:
    parts = [part for message in messages if isinstance(message["content"], list) for part in message["content"]]
    size = sum(len(part["image_url"]["url"]) for part in parts if part["type"] == "image_url")
    if size > MAX_REQUEST_BYTES:
        raise LimitError(
            f"The pictures make a request of {size / 1e6:.0f} MB; OpenAI takes {MAX_REQUEST_BYTES / 1e6:.0f} MB.",
            "Leave some out, or save them as JPEG first.",
        )


def _detail(options: Options) -> dict[str, str]:
    """Return what is said of every image beside its address: nothing unless a detail is wanted."""
    if options.detail == "auto":
        return {}
    if options.detail not in _DETAILS:
        raise LimitError(f"OpenAI has no detail {options.detail!r}.", f"Use one of: auto, {', '.join(_DETAILS)}.")
    return {"detail": options.detail}


def _message(message: Message, official: bool, detail: dict[str, str]) -> dict[str, Any]:
    texts = [part.text for part in message.parts if isinstance(part, Text)]
    if message.role != "user":
        for part in message.parts:
            if not isinstance(part, Text):
                raise LimitError(
                    f"Only the user's messages can contain {kind(part)}s; one is in the {message.role}'s.",
                    "Put it into a user's message.",
                )
        return {"role": message.role, "content": "\n".join(texts)}
    if len(message.parts) == 1 and texts:
        return {"role": "user", "content": texts[0]}
    return {"role": "user", "content": [item for part in message.parts for item in _part(part, official, detail)]}


def _part(part: Part, official: bool, detail: dict[str, str]) -> list[dict[str, Any]]:
    if isinstance(part, Text):
        return [{"type": "text", "text": part.text}]
    if isinstance(part, Image):
        image = {"type": "image_url", "image_url": {"url": _data_uri(*encode_image(part)), **detail}}
        return [image] if part.at is None else [{"type": "text", "text": frame_label(part.at)}, image]
    if isinstance(part, Audio):
        return [{"type": "input_audio", "input_audio": _audio(part, official)}]
    return [_video(part)]


def _audio(part: Audio, official: bool) -> dict[str, str]:
    format = _AUDIO_FORMATS.get(media_type(part.blob.data), "")
    if not format or (official and format not in ("wav", "mp3")):
        formats = "WAV and MP3" if official else "WAV, MP3, FLAC, OGG and M4A"
        raise LimitError(f"{part.blob.shown} can't be sent: only {formats} can.", "Type: ffmpeg -i FILE sound.wav")
    return {"data": base64.b64encode(part.blob.data).decode("ascii"), "format": format}


def _video(part: Video) -> dict[str, Any]:
    if part.start is not None or part.end is not None or part.fps is not None:
        until = "" if part.end is None else f"-to {decimal(part.end)} "
        rate = "" if part.fps is None else f"-r {decimal(part.fps)} "
        raise LimitError(
            "An OpenAI-compatible server takes whole videos, not a clip of one or some of its frames.",
            f"Cut it first: ffmpeg -ss {decimal(part.start or 0.0)} {until}-i FILE {rate}clip.mp4, or send its "
            "frames: chat = sensorium.video.as_frames(chat, model.limits)",
        )
    data = part.blob.data
    return {"type": "video_url", "video_url": {"url": _data_uri(data, media_type(data) or "video/mp4")}}


def _data_uri(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def _limits(model: str, official: bool) -> Limits:
    entry = entries().get(f"openai:{model}") if official else None
    if entry is not None:
        context = entry.context_tokens
        return Limits(entry.parts, entry.max_images, entry.languages, context, schema="enforced", max_side=MAX_SIDE)
    if official:
        parts = ("text", "image", "audio") if "audio" in model else ("text", "image")
        return Limits(parts, MAX_IMAGES, schema="enforced", max_side=MAX_SIDE)
    all_parts = ("text", "image", "audio", "video")
    limits = Limits(all_parts, schema="enforced", max_side=MAX_SIDE)
    return replace(limits, advised_images=1, languages=("en",)) if _ONE_IMAGE_ENGLISH.search(model) else limits
