"""OpenAI, and every server with its interface: vLLM, Ollama, llama.cpp, transformers serve, hosted providers.

openai:MODEL                             the server in OPENAI_BASE_URL, else api.openai.com; key in OPENAI_API_KEY
openai:MODEL@http://localhost:8000/v1    any server; a key, if it wants one, in its own variable
vllm:MODEL, ollama:MODEL, llamacpp:MODEL these servers on this machine, at their default ports
"""

from __future__ import annotations

import base64
import os
import re
import weakref
from collections.abc import Iterator, Mapping
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sensorium.core.catalog import entries
from sensorium.core.errors import InputError, LimitError, SensoriumError, ServiceError
from sensorium.core.messages import Audio, Conversation, Image, Message, Part, Text, Video, kind
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.core.schema import Schema
from sensorium.core.weights import importing
from sensorium.hosted import failures
from sensorium.hosted.images import encode_image
from sensorium.hosted.keys import find_key, require_key
from sensorium.hosted.openai_chunks import DONE, read_chunks, to_delta
from sensorium.media.sniff import media_type

if TYPE_CHECKING:
    import openai

OFFICIAL_URL = "https://api.openai.com/v1"
EXAMPLE = "openai:gpt-6-luna"
MAX_IMAGES = 500
"""The most images in one request to api.openai.com (https://platform.openai.com/docs/guides/images-vision)."""
MAX_REQUEST_BYTES = 50_000_000
"""The most bytes of one request to api.openai.com; from the same page."""
_ONE_IMAGE = re.compile(r"llama-?3\.2.*vision", re.I)  # as its makers advise; see the model's card
_MODEL_AND_URL = re.compile(r"(?P<model>.*?)@(?P<url>https?://.*)", re.S)
_REASONING = re.compile(r"(?:o\d|gpt-(?:[5-9]|\d\d))(?!.*chat)")  # these models take no temperature
_FILTERS = ("content_filter", "sensitive")
_FAILURES = ("error", "abort", "network_error", "insufficient_system_resource", "engine_overloaded")
"""Finish reasons of incomplete answers, at OpenRouter, vLLM, Zhipu and DeepSeek."""
_AUDIO_FORMATS = {
    "audio/wav": "wav", "audio/mpeg": "mp3", "audio/flac": "flac", "audio/ogg": "ogg", "audio/mp4": "m4a"
}  # fmt: skip
_HF_TOKEN = {"HUGGINGFACE_API_KEY": "HF_TOKEN"}


def model(name: str) -> OpenAI:
    """Return the model of "MODEL" or "MODEL@URL"."""
    match = _MODEL_AND_URL.fullmatch(name)
    return OpenAI(match["model"], match["url"]) if match else OpenAI(name)


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
        if not model.strip():
            raise InputError(f"{'openai:@' + url if url else 'openai:'!r} lacks the model's name.", f"Try {EXAMPLE}")
        self.url = _checked_url(url or os.environ.get("OPENAI_BASE_URL", "").strip() or OFFICIAL_URL)
        self.model = model
        self.official = self.url == OFFICIAL_URL
        self.name = f"openai:{model}" if self.official else f"openai:{model}@{self.url}"
        self.limits = limits or _limits(model, self.official)
        self._variables = key_variables(self.url) if url else ("OPENAI_API_KEY",)
        self._key = require_key(self._variables, self.name) if self.official else find_key(self._variables)

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the answer as it comes; the last Delta holds the usage.

        Raises:
            InstallError: when the SDK is not installed.
            SensoriumError: what went wrong at the server, retryable if it may pass.
        """
        create: Any = self._client.chat.completions.with_streaming_response.create
        payload = to_payload(chat, options, self.model, self.official)
        import httpx2
        import openai

        try:
            with create(**payload, timeout=options.timeout_seconds) as response:
                pieces = self._pieces(response.iter_bytes())
                yield from failures.until_finished(
                    self.name, pieces, lambda reason: reason in _FILTERS, lambda reason: reason in _FAILURES
                )
        except (openai.APITimeoutError, httpx2.TimeoutException):
            raise failures.timeout_error(self.name, options.timeout_seconds) from None
        except (openai.APIConnectionError, httpx2.TransportError) as error:
            raise self._connection_error(error) from None
        except openai.APIStatusError as error:
            raise self._status_error(error) from None
        except ValueError as error:  # json's, and our own of invalid chunks
            unexpected = failures.unexpected_response(self.name, str(error))
            unexpected.hint = self._address_hint() or unexpected.hint
            raise unexpected from None

    def _pieces(self, body: Iterator[bytes]) -> Iterator[tuple[Delta, str]]:
        any_reason = False
        for chunk in read_chunks(body):
            if isinstance(chunk, str):
                if not any_reason:
                    yield Delta(), DONE
                return
            if chunk.get("error"):
                raise self._stream_error(chunk["error"])
            delta, reason = to_delta(chunk)
            any_reason = any_reason or bool(reason)
            yield delta, reason

    @cached_property
    def _client(self) -> openai.OpenAI:
        with importing("openai"):
            import openai
        import httpx2

        from sensorium.hosted.http_client import client

        # Organisation and project are for OpenAI only; no other server may see them.
        omitted: dict[str, Any] = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        sdk = openai.OpenAI(
            api_key=self._key.reveal() if self._key else "none",
            admin_api_key="",
            base_url=self.url,
            max_retries=0,
            http_client=client(httpx2),
            default_headers=None if self.official else omitted,
        )
        weakref.finalize(self, sdk.close)
        return sdk

    def _status_error(self, error: openai.APIStatusError) -> SensoriumError:
        message = failures.error_words(error.body) or error.response.text
        headers, status = error.response.headers, error.status_code
        ours = failures.status_error(self.name, status, message, headers, self._key, self._variables[0])
        if status in (404, 405) and isinstance(ours, InputError | ServiceError):
            ours.hint = self._address_hint() or ours.hint
        return ours

    def _address_hint(self) -> str:
        """Return what to type if the address lacks its /v1, else ""."""
        if re.search(r"/v\d|/openai", urlsplit(self.url).path):
            return ""
        return f"Most such servers answer under /v1. Try openai:{self.model}@{self.url}/v1"

    def _stream_error(self, error: object) -> SensoriumError:
        """Return the error of a failure that was reported in the middle of an answer."""
        body = error if isinstance(error, Mapping) else {}
        status = str(body.get("code", body.get("status")))
        number = int(status) if re.fullmatch(r"[1-9]\d\d", status) else 500
        message = failures.error_words({"error": error})
        return failures.status_error(self.name, number, message, {}, self._key, self._variables[0])

    def _connection_error(self, error: Exception) -> SensoriumError:
        cause = error.__cause__ or error
        if "RemoteProtocol" in type(cause).__name__ or "ReadError" in type(cause).__name__:
            return failures.ended_early(self.name)
        hint = "Check your network connection." if self.official else f"Is it running? Try: curl {self.url}/models"
        return failures.connection_error(self.name, self.url, cause, hint)


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
        "messages": [_message(message, official) for message in chat.messages],
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


def _check_size(messages: list[dict[str, Any]]) -> None:
    parts = [part for message in messages if isinstance(message["content"], list) for part in message["content"]]
    size = sum(len(part["image_url"]["url"]) for part in parts if part["type"] == "image_url")
    if size > MAX_REQUEST_BYTES:
        raise LimitError(
            f"The pictures make a request of {size / 1e6:.0f} MB; OpenAI takes {MAX_REQUEST_BYTES / 1e6:.0f} MB.",
            "Leave some out, or save them as JPEG first.",
        )


def _message(message: Message, official: bool) -> dict[str, Any]:
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
    return {"role": "user", "content": [item for part in message.parts for item in _part(part, official)]}


def _part(part: Part, official: bool) -> list[dict[str, Any]]:
    if isinstance(part, Text):
        return [{"type": "text", "text": part.text}]
    if isinstance(part, Image):
        image = {"type": "image_url", "image_url": {"url": _data_uri(*encode_image(part))}}
        return [image] if part.at is None else [{"type": "text", "text": f"Frame at {part.at:g} s:"}, image]
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
        until = "" if part.end is None else f"-to {part.end:g} "
        rate = "" if part.fps is None else f"-r {part.fps:g} "
        raise LimitError(
            "An OpenAI-compatible server takes whole videos, not a clip of one or some of its frames.",
            f"Cut it first: ffmpeg -ss {part.start or 0:g} {until}-i FILE {rate}clip.mp4",
        )
    data = part.blob.data
    return {"type": "video_url", "video_url": {"url": _data_uri(data, media_type(data) or "video/mp4")}}


def _data_uri(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def _limits(model: str, official: bool) -> Limits:
    entry = entries().get(f"openai:{model}") if official else None
    if entry is not None:
        return Limits(entry.parts, entry.max_images, entry.languages, entry.context_tokens, schema="enforced")
    if official:
        parts = ("text", "image", "audio") if "audio" in model else ("text", "image")
        return Limits(parts, MAX_IMAGES, schema="enforced")
    advised = 1 if _ONE_IMAGE.search(model) else None
    return Limits(("text", "image", "audio", "video"), advised_images=advised, schema="enforced")


def _checked_url(url: str) -> str:
    try:
        split = urlsplit(url)
        valid = split.scheme in ("http", "https") and split.hostname and split.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise InputError(f"{url[:60]!r} can't be a server's address.", f"Try {EXAMPLE}@http://localhost:8000/v1")
    if split.username or split.password or split.query or split.fragment:  # a secret would be printed with the name
        raise InputError(
            "A server's address may not contain a password, ? or #.",
            "Leave it out, and type: export VLLM_API_KEY=YOUR_KEY",
        )
    return url.rstrip("/")


def key_variables(url: str) -> tuple[str, ...]:
    """Return the environment variables of an address's key: api.mistral.ai -> MISTRAL_API_KEY.

    Each server's key has its own name, so that it is never sent to another server. For a server on this machine or
    in its network: VLLM_API_KEY, vLLM's own name for it.
    """
    host = urlsplit(url).hostname or ""
    labels = host.split(".")
    if len(labels) < 2 or host.endswith(".local") or _is_ip_address(host):
        return ("VLLM_API_KEY",)
    variable = re.sub(r"\W", "_", labels[-2]).upper() + "_API_KEY"
    return (variable, _HF_TOKEN[variable]) if variable in _HF_TOKEN else (variable,)


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
