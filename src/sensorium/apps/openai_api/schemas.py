"""The JSON of OpenAI's chat completions (https://platform.openai.com/docs/api-reference/chat), as far as it is served.

Pictures, recordings and videos come as data URIs only: an address is never fetched, so nobody can make this server
send requests in its name.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from sensorium.apps.http.errors import RequestError
from sensorium.core.messages import Audio, Conversation, Image, Message, Part, Text, Video
from sensorium.core.protocols import Options

MAX_TEXT_CHARACTERS = 1_048_576
"""The longest text of a part; OpenAI's own limit."""
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_BREAKS = b" \t\r\n\v\f"
_PERCENT = {b"2B": b"+", b"2F": b"/", b"3D": b"=", b"0A": b"", b"0D": b"", b"20": b""}
_PIECE = 1_048_576  # bytes of base64 that are handled at a time: between two of them other threads run
_MAX_PADDING = 2
_MaxTokens = Annotated[int | None, Field(ge=1, le=100_000)]
_EmptyList = Annotated[list[Any], Field(max_length=0)]
_EmptyObject = Annotated[dict[str, Any], Field(max_length=0)]
_NonEmpty = Annotated[str, Field(min_length=1)]


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT_CHARACTERS:
        raise ValueError(f"it has {len(text):,} characters; the most is {MAX_TEXT_CHARACTERS:,}")
    return text


_Characters = Annotated[  # pydantic's own max_length would copy the text, and refuse half a character without its words
    str, AfterValidator(_bounded), Field(json_schema_extra={"maxLength": MAX_TEXT_CHARACTERS})
]


class DataUri(BaseModel):
    """A file as data:image/png;base64,…"""

    url: str = Field(pattern="^[dD][aA][tT][aA]:")

    def decode(self) -> bytes:
        head, _, data = self.url.partition(",")
        if not head.lower().endswith(";base64"):
            raise RequestError(400, "The data URI isn't in base64.", "Send data:image/png;base64,…")
        return _decode(data)


class EncodedAudio(BaseModel):
    """A recording in base64; its format is recognised by its content."""

    data: str
    format: Any = None


class TextPart(BaseModel):
    type: Literal["text"]
    text: _Characters


class ImagePart(BaseModel):
    type: Literal["image_url"]
    image_url: DataUri


class VideoPart(BaseModel):
    type: Literal["video_url"]
    video_url: DataUri


class AudioPart(BaseModel):
    type: Literal["input_audio"]
    input_audio: EncodedAudio


_Parts = Annotated[
    list[Annotated[TextPart | ImagePart | VideoPart | AudioPart, Field(discriminator="type")]], Field(min_length=1)
]


class CalledFunction(BaseModel):
    name: str
    arguments: str = ""


class ToolCall(BaseModel):
    """A function that a model called earlier in the conversation."""

    function: CalledFunction


class ChatMessage(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: _Characters | _Parts | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _require_content(cls, value: Any) -> Any:
        """Refuse a message that says nothing: only beside tool calls may the content be null or missing."""
        if isinstance(value, dict) and value.get("content") is None and not value.get("tool_calls"):
            missing = "missing" if "content" not in value else "string_type"
            raise ValidationError.from_exception_data("ChatMessage", [
                {"type": missing, "loc": ("content",), "input": value.get("content")}
            ])  # fmt: skip
        return value

    def to_message(self) -> Message:
        """Return the message; an earlier call of a tool, and its result, become words."""
        content = [] if self.content is None else self.content
        parts: list[str | Part] = [content] if isinstance(content, str) else [_to_part(part) for part in content]
        if self.role == "tool":
            return Message("user", [f"Result of the call {self.tool_call_id or ''}:".replace(" :", ":"), *parts])
        for call in self.tool_calls or ():
            parts.append(f"Called {call.function.name}({call.function.arguments})")
        return Message("system" if self.role == "developer" else self.role, parts)


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class TextFormat(BaseModel):
    model_config = ConfigDict(extra="forbid")
    type: Literal["text"]


class CompletionRequest(BaseModel):
    """A request; what can't be honoured is refused, not ignored, but for values that say nothing."""

    model_config = ConfigDict(strict=True, extra="forbid", json_schema_extra={"required": ["model", "messages"]})

    model: str | None = None
    messages: list[ChatMessage] = Field(min_length=1, max_length=200)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    max_tokens: _MaxTokens = None
    max_completion_tokens: _MaxTokens = None
    temperature: float | None = Field(None, ge=0, le=2)
    seed: int | None = Field(None, gt=-(2**63), lt=2**63)
    stop: _NonEmpty | Annotated[list[_NonEmpty], Field(max_length=4)] | None = None
    user: Any = None
    metadata: Any = None
    n: int | None = Field(None, ge=1, le=1)
    top_p: float | None = Field(None, gt=0, le=1)
    frequency_penalty: float | None = Field(None, ge=0, le=0)
    presence_penalty: float | None = Field(None, ge=0, le=0)
    logprobs: Literal[False] | None = None
    store: Literal[False] | None = None
    response_format: TextFormat | None = None
    logit_bias: _EmptyObject | None = None
    tools: _EmptyList | None = None
    functions: _EmptyList | None = None
    tool_choice: Literal["auto", "none"] | None = None
    function_call: Literal["auto", "none"] | None = None
    parallel_tool_calls: bool | None = None
    top_logprobs: int | None = Field(None, ge=0, le=0)
    modalities: list[Literal["text"]] | None = None
    service_tier: Literal["auto", "default"] | None = None
    safety_identifier: Any = None
    prompt_cache_key: Any = None

    def to_conversation(self) -> Conversation:
        return Conversation(tuple(message.to_message() for message in self.messages))

    def to_options(self) -> Options:
        return Options(
            max_tokens=self.max_completion_tokens or self.max_tokens or Options.max_tokens,
            temperature=self.temperature or 0.0,
            seed=self.seed,
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ()),
            top_p=self.top_p or 1.0,
        )


class ModelEntry(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "sensorium"


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelEntry]


class AnswerMessage(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str


class CompletionChoice(BaseModel):
    index: int = 0
    message: AnswerMessage
    finish_reason: Literal["stop", "length"]
    logprobs: None = None


class TokenUsage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Findings(BaseModel):
    """What OpenAI's form lacks: the confidence, and what the answer rests on."""

    confidence: float | None
    abstained: bool
    evidence: list[dict[str, Any]]


class Completion(BaseModel):
    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: TokenUsage
    sensorium: Findings


def _to_part(part: TextPart | ImagePart | VideoPart | AudioPart) -> Part:
    match part:
        case TextPart():
            return Text(part.text)
        case ImagePart():
            return Image(part.image_url.decode())
        case VideoPart():
            return Video(part.video_url.decode())
        case AudioPart():
            return Audio(_decode(part.input_audio.data))


def _decode(data: str) -> bytes:
    """Return the bytes of base64: also with line breaks, percent-encoded, URL-safe or without padding (RFC 4648)."""
    try:
        text = data.encode("ascii")
        if b"%" in text:
            for code, character in _PERCENT.items():
                text = text.replace(b"%" + code, character).replace(b"%" + code.lower(), character)
        text = b"".join(piece.translate(_URL_SAFE, _BREAKS) for piece in _pieces(text))
        unpadded = text.rstrip(b"=")
        if unpadded and len(text) - len(unpadded) <= _MAX_PADDING and b"=" not in unpadded:
            whole = unpadded + b"=" * (-len(unpadded) % 4)
            return b"".join(base64.b64decode(piece, validate=True) for piece in _pieces(whole))
    except ValueError:  # binascii.Error and UnicodeEncodeError are
        pass
    raise RequestError(400, "The data isn't valid base64.", "Encode the file in base64.")


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))
