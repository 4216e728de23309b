"""The protocols that backends implement, and the small values that they exchange."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        max_images: Most images in one conversation, or None for no limit.
        languages: Language codes it is good for; empty if not stated.
        context_tokens: Most tokens of question and answer together, or None if unknown.
        image_tokens: Fewest tokens that one image costs, 0 if unknown.
        advised_images: Most images that its makers advise; it takes more, but answers worse. None for no advice.
        schema: How it keeps to `Options.schema`: "enforced" by the service, "prompted" if `ask` must write the schema
            into the question, "none" if it does not answer by one.
    """

    parts: tuple[str, ...] = ("text", "image")
    max_images: int | None = None
    languages: tuple[str, ...] = ()
    context_tokens: int | None = None
    image_tokens: int = 0
    advised_images: int | None = None
    schema: Literal["enforced", "prompted", "none"] = "prompted"


@dataclass(frozen=True)
class Options:
    """How to answer.

    Args:
        timeout_seconds: Longest wait for a whole answer.
        retries: How often a retryable error is tried again.
        max_tokens: Most tokens of the answer.
        temperature: 0 picks the likeliest token each time (greedy); higher samples.
        seed: Makes sampling repeatable, if the model can.
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
    """A piece of an answer: more text, and whatever else is known by now; see `fold`."""

    text: str = ""
    confidence: float | None = None
    abstained: bool | None = None
    evidence: tuple[Evidence, ...] = ()
    usage: Usage | None = None
    cut: bool | None = None
    suggestion: str | None = None


def fold(deltas: Iterable[Delta]) -> Delta:
    """Return the whole answer: texts and evidence joined, of every other field the last that is not None."""
    pieces = list(deltas)

    def last(field: str) -> Any:
        return next((value for piece in reversed(pieces) if (value := getattr(piece, field)) is not None), None)

    return Delta(
        "".join(piece.text for piece in pieces),
        last("confidence"),
        last("abstained"),
        tuple(evidence for piece in pieces for evidence in piece.evidence),
        last("usage"),
        last("cut"),
        last("suggestion"),
    )


@runtime_checkable
class Model(Protocol):
    """Answers a conversation, piece by piece."""

    @property
    def name(self) -> str:
        """Its name, "scheme:name"."""
        ...

    @property
    def limits(self) -> Limits:
        """What it takes."""
        ...

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the answer to the conversation's last message as it comes."""
        ...


@runtime_checkable
class Embedder(Protocol):
    """Turns parts into unit vectors."""

    @property
    def name(self) -> str:
        """Its name, "scheme:name"."""
        ...

    @property
    def dims(self) -> int:
        """The length of its vectors."""
        ...

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        """Return one row a part, (n, dims) float32, each of length 1."""
        ...


@runtime_checkable
class Transcriber(Protocol):
    """Turns speech into text."""

    @property
    def name(self) -> str:
        """Its name, "scheme:name"."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages it knows; empty if not stated."""
        ...

    def transcribe(self, audio: Audio, language: str | None) -> Transcript:
        """Return what is said, in `language`, or in the one it detects."""
        ...


@runtime_checkable
class Speaker(Protocol):
    """Turns text into speech."""

    @property
    def name(self) -> str:
        """Its name, "scheme:name"."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages it speaks; empty if not stated."""
        ...

    def speak(self, text: str, language: str) -> Audio:
        """Return the text spoken, a WAV."""
        ...


@runtime_checkable
class Translator(Protocol):
    """Turns text of one language into text of another."""

    @property
    def name(self) -> str:
        """Its name, "scheme:name"."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages it translates; empty if not stated."""
        ...

    def translate(self, text: str, source: str, target: str) -> str:
        """Return the text in the language `target`."""
        ...
