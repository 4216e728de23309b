"""The roles that a backend can fill, and the small values that they exchange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from sensorium.core.languages import Transcript
from sensorium.core.messages import Audio, Conversation, Part
from sensorium.core.reply import Evidence, Usage
from sensorium.core.schema import Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Limits:
    """What a model takes.

    Args:
        parts: Part types, of "text", "image", "audio", "video".
        most_images: The most pictures in one conversation, or None for no limit.
        languages: Language codes it is good for, or empty for not stated.
        context_tokens: The most tokens of question and answer together, or None where not known.
        image_tokens: The least tokens that one picture costs, 0 where not known.
        advised_images: The most pictures that its makers advise; it takes more, but answers worse. None for no advice.
        schema: How it keeps to `Options.schema`: "enforced" by the service itself, "told" where `ask` must write
            the schema into the question, "none" where it answers no such questions.
    """

    parts: tuple[str, ...] = ("text", "image")
    most_images: int | None = None
    languages: tuple[str, ...] = ()
    context_tokens: int | None = None
    image_tokens: int = 0
    advised_images: int | None = None
    schema: Literal["enforced", "told", "none"] = "told"


@dataclass(frozen=True)
class Options:
    """How to answer.

    Args:
        timeout_seconds: The longest wait for a whole answer.
        retries: How often a retryable error is tried again.
        max_tokens: The most tokens of the answer.
        temperature: 0 picks the likeliest token each time (greedy); higher samples.
        seed: Makes sampling repeatable, where the model can.
        stop: Texts that end the answer; they are left out of it.
        schema: What the answer must fit: a JSON Schema as a mapping, or a dataclass; `Reply.data` then holds it.
    """

    timeout_seconds: float = 120.0
    retries: int = 2
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    schema: Schema | Mapping[str, Any] | type | None = None

    def __post_init__(self) -> None:
        if self.schema is not None:
            object.__setattr__(self, "schema", Schema.of(self.schema))  # hashable, and checked before anything is sent

    @property
    def rules(self) -> dict[str, Any] | None:
        """The JSON Schema that the answer must fit, as a new dict, or None."""
        return None if self.schema is None else Schema.of(self.schema).rules


@dataclass(frozen=True)
class Delta:
    """A piece of an answer: more text, and whatever else is known by now.

    `ask` joins the texts and the evidence; of the other fields the last that was given counts.
    """

    text: str = ""
    confidence: float | None = None
    abstained: bool | None = None
    evidence: tuple[Evidence, ...] = ()
    usage: Usage | None = None
    cut: bool | None = None
    suggestion: str | None = None


@runtime_checkable
class Model(Protocol):
    """Answers a conversation, piece by piece."""

    @property
    def name(self) -> str: ...
    @property
    def limits(self) -> Limits: ...
    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]: ...


@runtime_checkable
class Embedder(Protocol):
    """Turns parts into unit vectors, (n, dims) float32."""

    @property
    def name(self) -> str: ...
    @property
    def dims(self) -> int: ...
    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]: ...


@runtime_checkable
class Transcriber(Protocol):
    """Turns speech into words; `languages` are the codes that it knows, empty where that is not stated."""

    @property
    def name(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    def transcribe(self, audio: Audio, language: str | None) -> Transcript: ...


@runtime_checkable
class Speaker(Protocol):
    """Turns words into speech, a WAV; see `Transcriber` for `languages`."""

    @property
    def name(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    def speak(self, text: str, language: str) -> Audio: ...


@runtime_checkable
class Translator(Protocol):
    """Turns words of one language into words of another; see `Transcriber` for `languages`."""

    @property
    def name(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    def translate(self, text: str, source: str, target: str) -> str: ...
