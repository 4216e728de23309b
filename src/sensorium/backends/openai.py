"""OpenAI, and every server that speaks as it does: vLLM, Ollama, llama.cpp, transformers serve, hosted providers.

openai:MODEL                             the server in OPENAI_BASE_URL, else api.openai.com; key in OPENAI_API_KEY
openai:MODEL@http://localhost:8000/v1    any server; a key, where it wants one, in its own variable
vllm:MODEL, ollama:MODEL, llamacpp:MODEL these servers on this machine, at the ports they choose themselves
"""

from __future__ import annotations

import base64
import os
import re
import weakref
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from sensorium.core.catalog import entries
from sensorium.core.errors import InputError, InstallError, LimitError, RefusalError, SensoriumError, ServiceError
from sensorium.core.messages import Audio, Conversation, Image, Message, Part, Text, Video, kind
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.core.reply import Usage
from sensorium.core.schema import Schema
from sensorium.hosted import failures
from sensorium.hosted.keys import find, need
from sensorium.hosted.pictures import packed
from sensorium.media.sniff import media_type

if TYPE_CHECKING:
    import openai

OFFICIAL = "https://api.openai.com/v1"
INSTALL_HINT = 'Type: pip install "sensorium[openai]"'
EXAMPLE = "openai:gpt-4o-mini"
MOST_IMAGES = 500
"""The most pictures in one request to api.openai.com (https://platform.openai.com/docs/guides/images-vision)."""
MOST_REQUEST_BYTES = 50_000_000
"""The most that one request to api.openai.com may have; from the same page."""
_ONE_PICTURE = re.compile(r"llama-?3\.2.*vision", re.I)  # as its makers advise; see the model's card
_AT = re.compile(r"(?P<model>.*?)@(?P<url>https?://.*)", re.S)
_THINKS = re.compile(r"(?:o\d|gpt-5)(?!.*chat)")  # they take no temperature
_SOUNDS = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/flac": "flac", "audio/ogg": "ogg", "audio/mp4": "m4a"}
Form = TypeVar("Form", dict[str, Any], list[Any], str)
_HF_TOKEN = {"HUGGINGFACE_API_KEY": "HF_TOKEN"}


def model(name: str) -> OpenAI:
    """Make the model that "MODEL" or "MODEL@URL" stands for."""
    found = _AT.fullmatch(name)
    return OpenAI(found["model"], found["url"]) if found else OpenAI(name)


class OpenAI:
    """A Model behind an OpenAI-compatible server.

    Args:
        model: The model's name, as the server calls it.
        url: The server's address, usually ending in /v1; "" for $OPENAI_BASE_URL, else OpenAI's own.
        limits: What it takes, where that is known better than the catalogue does.

    Raises:
        InputError: when there is no model's name, or the address is none.
        AccessError: when it is OpenAI itself and there is no key.
    """

    def __init__(self, model: str, url: str = "", limits: Limits | None = None) -> None:
        if not model.strip():
            raise InputError(f"Which model? {'openai:@' + url if url else 'openai:'!r} names none.", f"Try {EXAMPLE}")
        said = url or os.environ.get("OPENAI_BASE_URL", "").strip() or OFFICIAL
        self.url = _address(said)
        self.model = model
        self.official = self.url == OFFICIAL
        self.name = f"openai:{model}" if self.official else f"openai:{model}@{self.url}"
        self.limits = limits or _limits(model, self.official)
        self._variables = key_variables(self.url) if url else ("OPENAI_API_KEY",)
        self._key = need(self._variables, self.name) if self.official else find(self._variables)

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Ask, and give the answer as it comes; the last Delta holds the tokens used.

        Raises:
            InstallError: when the SDK is not installed.
            SensoriumError: what went wrong at the server, retryable where it may pass.
        """
        call: Any = self._client.chat.completions.create
        payload = to_payload(chat, options, self.model, self.official)
        import httpx2
        import openai

        from sensorium.hosted.http_client import timeout

        try:
            with call(**payload, timeout=timeout(options.timeout_seconds)) as chunks:
                yield from _deltas(self.name, chunks, options)
        except openai.APITimeoutError:
            raise failures.too_slow(self.name, options.timeout_seconds) from None
        except (openai.APIConnectionError, httpx2.TransportError) as error:
            raise self._broken(error) from None
        except openai.APIStatusError as error:
            raise self._refused(error) from None
        except openai.APIError as error:
            raise self._failed(error) from None
        except ValueError as error:  # json's, and our own of what is no chunk
            raise failures.malformed(self.name, str(error)) from None

    @cached_property
    def _client(self) -> openai.OpenAI:
        try:
            import openai
        except ImportError:
            raise InstallError(f"{self.name} needs the package openai.", INSTALL_HINT) from None
        from sensorium.hosted.http_client import client

        # Organisation and project are OpenAI's own: no other server shall hear of them.
        others: dict[str, Any] = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        made = openai.OpenAI(
            api_key=self._key.reveal() if self._key else "none",
            admin_api_key="",
            base_url=self.url,
            max_retries=0,
            http_client=client(),
            default_headers=None if self.official else others,
        )
        weakref.finalize(self, made.close)
        return made

    def _refused(self, error: openai.APIStatusError) -> SensoriumError:
        said = self._said(error.body) or error.response.text
        headers = error.response.headers
        return failures.refused(self.name, error.status_code, said, headers, self._key, self._variables[0])

    @staticmethod
    def _said(body: object) -> str:
        """Find the words in an error's body: {"message"} (the SDK unwraps "error"), vLLM's, FastAPI's {"detail"}."""
        if not isinstance(body, Mapping):
            return ""
        words = body.get("message") or body.get("detail") or body.get("error") or ""
        code = body.get("code")
        return f"{words} ({code})" if isinstance(code, str) and code else str(words)

    def _failed(self, error: openai.APIError) -> SensoriumError:
        """Make the error of a failure that was told in the middle of an answer."""
        told = error.body if isinstance(error.body, Mapping) else {}
        status = told.get("code", told.get("status"))
        status = int(status) if isinstance(status, int) or str(status).isdigit() else 500
        return failures.refused(self.name, status, error.message, {}, self._key)

    def _broken(self, error: Exception) -> SensoriumError:
        cause = error.__cause__ or error
        if "RemoteProtocol" in type(cause).__name__ or "ReadError" in type(cause).__name__:
            return failures.cut(self.name)
        hint = "Look at your network connection." if self.official else f"Is it running? Try: curl {self.url}/models"
        reason = " ".join(str(cause).split()) or type(cause).__name__
        return failures.unreachable(self.name, self.url, reason, hint)


def to_payload(chat: Conversation, options: Options, model: str, official: bool = False) -> dict[str, Any]:
    """Return the body of POST /chat/completions (https://platform.openai.com/docs/api-reference/chat/create).

    The order of the parts is kept; a picture with a time becomes "Frame at 1.5 s:" and the picture. Where two
    conversations begin alike, so do their bodies: servers keep what they have read of a beginning.

    Args:
        chat: The conversation.
        options: How to answer.
        model: The model's name, as the server calls it.
        official: True for api.openai.com, which calls some things otherwise than the servers that copy it.

    Raises:
        LimitError: when a part can't be said in this interface.
        MediaError: when a picture, sound or film can't be opened.
    """
    body: dict[str, Any] = {
        "model": model,
        "messages": [_message(message, official) for message in chat.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens" if official else "max_tokens": options.max_tokens,
    }
    if not (official and _THINKS.match(model)):
        body["temperature"] = options.temperature
    if options.seed is not None:
        body["seed"] = options.seed
    if options.stop:
        body["stop"] = list(options.stop)
    if official:
        _check_size(body["messages"])
    if options.schema is not None:
        schema = Schema.of(options.schema)
        asked = {"name": "answer", "schema": schema.rules, "strict": schema.strict}
        body["response_format"] = {"type": "json_schema", "json_schema": asked}
    return body


def _check_size(messages: list[dict[str, Any]]) -> None:
    parts = [part for message in messages if isinstance(message["content"], list) for part in message["content"]]
    size = sum(len(part["image_url"]["url"]) for part in parts if part["type"] == "image_url")
    if size > MOST_REQUEST_BYTES:
        raise LimitError(
            f"The pictures make a request of {size / 1e6:.0f} MB; OpenAI takes {MOST_REQUEST_BYTES / 1e6:.0f} MB.",
            "Leave some out, or save them as JPEG first.",
        )


def _message(message: Message, official: bool) -> dict[str, Any]:
    texts = [part.text for part in message.parts if isinstance(part, Text)]
    if message.role != "user":
        for part in message.parts:
            if not isinstance(part, Text):
                raise LimitError(
                    f"Here only the user's turns hold {kind(part)}s; one is in the {message.role}'s.",
                    "Put it into a user's turn.",
                )
        return {"role": message.role, "content": "\n".join(texts)}
    if len(message.parts) == 1 and texts:
        return {"role": "user", "content": texts[0]}
    return {"role": "user", "content": [one for part in message.parts for one in _part(part, official)]}


def _part(part: Part, official: bool) -> list[dict[str, Any]]:
    if isinstance(part, Text):
        return [{"type": "text", "text": part.text}]
    if isinstance(part, Image):
        data, found = packed(part)
        shown = {"type": "image_url", "image_url": {"url": _data_uri(data, found)}}
        return [shown] if part.at is None else [{"type": "text", "text": f"Frame at {part.at:g} s:"}, shown]
    if isinstance(part, Audio):
        return [{"type": "input_audio", "input_audio": _sound(part, official)}]
    return [_film(part)]


def _sound(part: Audio, official: bool) -> dict[str, str]:
    form = _SOUNDS.get(media_type(part.blob.data), "")
    if not form or (official and form not in ("wav", "mp3")):
        taken = "WAV and MP3" if official else "WAV, MP3, FLAC, OGG and M4A"
        raise LimitError(
            f"{part.blob.shown} is no sound that can be sent: {taken} can.", "Type: ffmpeg -i FILE sound.wav"
        )
    return {"data": base64.b64encode(part.blob.data).decode("ascii"), "format": form}


def _film(part: Video) -> dict[str, Any]:
    if part.start is not None or part.end is not None or part.fps is not None:
        until = "" if part.end is None else f"-to {part.end:g} "
        rate = "" if part.fps is None else f"-r {part.fps:g} "
        raise LimitError(
            "An OpenAI-compatible server takes whole films, not a clip of one or some of its frames.",
            f"Cut it first: ffmpeg -ss {part.start or 0:g} {until}-i FILE {rate}clip.mp4",
        )
    data = part.blob.data
    return {"type": "video_url", "video_url": {"url": _data_uri(data, media_type(data) or "video/mp4")}}


def _data_uri(data: bytes, found: str) -> str:
    return f"data:{found};base64,{base64.b64encode(data).decode('ascii')}"


def _deltas(name: str, chunks: Iterable[Any], options: Options) -> Iterator[Delta]:
    """Make Deltas of a stream's objects; an answer that does not say how it ended has broken off."""
    ended, empty, any_chunk = "", True, False
    for chunk in chunks:
        any_chunk = True
        delta, reason = to_delta(chunk.to_dict(warnings=False) if hasattr(chunk, "to_dict") else chunk)
        ended = reason or ended
        empty = empty and not delta.text
        yield delta
    if not any_chunk:
        raise failures.malformed(name, "nothing in the form of server-sent events.")
    if not ended:
        raise failures.cut(name)
    if ended == "content_filter":
        raise RefusalError(f"{name}'s filter stopped the answer.", "Ask otherwise, or another model.")
    if ended == "length" and empty:
        raise ServiceError(
            f"{name} used all of {options.max_tokens} tokens for thinking, and none for an answer.",
            f"Allow more: --max-tokens {options.max_tokens * 8}",
        )


def to_delta(chunk: object) -> tuple[Delta, str]:
    """Read one object of a stream: its Delta, and how the answer ended ("" while it goes on).

    Raises:
        ValueError: when it is not in the interface's form.
    """
    choices = _is(list, _is(dict, chunk).get("choices"))
    usage = _usage(_is(dict, _is(dict, chunk).get("usage")))
    if not choices:
        return Delta(usage=usage), ""
    said = _is(dict, _is(dict, choices[0]).get("delta"))
    refusal = _is(str, said.get("refusal"))
    text = refusal or _is(str, said.get("content"))
    reason = _is(str, choices[0].get("finish_reason"))
    return Delta(text, abstained=bool(refusal) or None, usage=usage, cut=reason == "length" or None), reason


def _usage(told: dict[str, Any]) -> Usage | None:
    if not told:
        return None
    cached = _is(dict, told.get("prompt_tokens_details")).get("cached_tokens")
    counts = (told.get("prompt_tokens"), told.get("completion_tokens"), cached)
    if not all(count is None or (type(count) is int and count >= 0) for count in counts):
        raise ValueError(f"{str(told)[:60]!r} where numbers of tokens belong.")
    return Usage(counts[0], counts[1], cached_tokens=counts[2])


def _is(form: type[Form], value: object) -> Form:
    """Return a value that is of this type, an empty one for None; ValueError for others."""
    if value is None:
        return form()
    if not isinstance(value, form):
        raise ValueError(f"{str(value)[:60]!r} where a {form.__name__} belongs.")
    return value


def _limits(model: str, official: bool) -> Limits:
    entry = entries().get(f"openai:{model}") if official else None
    if entry is not None:
        return Limits(entry.parts, entry.max_images, entry.languages, entry.context_tokens, schema="enforced")
    if official:
        parts = ("text", "image", "audio") if "audio" in model else ("text", "image")
        return Limits(parts, MOST_IMAGES, schema="enforced")
    advised = 1 if _ONE_PICTURE.search(model) else None
    return Limits(("text", "image", "audio", "video"), advised_images=advised, schema="enforced")


def _address(url: str) -> str:
    try:
        found = urlsplit(url)
        wrong = found.scheme not in ("http", "https") or not found.hostname or found.port == 0
    except ValueError:
        wrong = True
    if wrong:
        raise InputError(f"{url[:60]!r} is no server's address.", f"Try {EXAMPLE}@http://localhost:8000/v1")
    if found.username or found.password or found.query or found.fragment:  # a secret would be printed with the name
        raise InputError(
            "A server's address holds no password, ? or #.", "Leave it out, and type: export VLLM_API_KEY=YOUR_KEY"
        )
    return url.rstrip("/")


def key_variables(url: str) -> tuple[str, ...]:
    """Name the variables in which an address's key is looked for: api.mistral.ai -> MISTRAL_API_KEY.

    Each server's key bears its own name, so that one's is never sent to another. For a server on this machine or in
    its network: VLLM_API_KEY, vLLM's own name for it.
    """
    host = urlsplit(url).hostname or ""
    labels = host.split(".")
    if len(labels) < 2 or host.endswith(".local") or _is_number(host):
        return ("VLLM_API_KEY",)
    own = re.sub(r"\W", "_", labels[-2]).upper() + "_API_KEY"
    return (own, _HF_TOKEN[own]) if own in _HF_TOKEN else (own,)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
