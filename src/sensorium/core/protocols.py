"""The protocols that backends implement, and the small values that they exchange."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, runtime_checkable

from sensorium.core.catalog import Detail
from sensorium.core.languages import Transcript
from sensorium.core.messages import Audio, Conversation, Image, Part, is_unicode
from sensorium.core.reply import Box, Evidence, Usage
from sensorium.core.schema import Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Limits:
    """What a model takes.

    Args:
        parts: Part types, of "text", "image", "audio", "video".
        max_images: Most images in one conversation, or None for no limit.
        languages: Language codes it is good for; empty if not stated.
        context_tokens: Most tokens of question and answer together, or None if unknown.
        image_tokens: Fewest tokens that one image costs, 0 if unknown; the catalogue knows more of some models.
        advised_images: Most images that its makers advise; it takes more, but answers worse. None for no advice.
        schema: How it keeps to `Options.schema`: "enforced" by the service, "prompted" if `ask` must write the schema
            into the question, "none" if it does not answer by one.
        may_think: Whether thoughts may stand in its text, which `ask` tells from the answer.
        max_side: Longest side, in pixels, of the images that are sent; larger ones are shrunk. None if they are not.
    """

    parts: tuple[str, ...] = ("text", "image")
    max_images: int | None = None
    languages: tuple[str, ...] = ()
    context_tokens: int | None = None
    image_tokens: int = 0
    advised_images: int | None = None
    schema: Literal["enforced", "prompted", "none"] = "prompted"
    may_think: bool = True
    max_side: int | None = None


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
        top_p: Samples from the likeliest tokens that have this probability together; 1 for all.
        detail: How closely pictures and videos are looked at, by the services that can be told: OpenAI's `detail`,
            Gemini's `media_resolution`; less detail costs fewer tokens (see `catalog.image_tokens`).
    """

    timeout_seconds: float = 120.0
    retries: int = 2
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    schema: Schema | Mapping[str, Any] | type | None = None
    top_p: float = 1.0
    detail: Detail = "auto"

    def __post_init__(self) -> None:
        if self.schema is not None:
            object.__setattr__(self, "schema", Schema.of(self.schema))  # hashable, and checked before anything is sent

    @property
    def rules(self) -> dict[str, Any] | None:
        """The JSON Schema that the answer must fit, as a new dict, or None."""
        return None if self.schema is None else Schema.of(self.schema).rules


@dataclass(frozen=True)
class Delta:
    """A piece of an answer: more text, and whatever else is known by now; see `fold`.

    `thoughts` is what the model writes to itself; `reason` why the answer ended, in the service's own words.
    """

    text: str = ""
    confidence: float | None = None
    abstained: bool | None = None
    evidence: tuple[Evidence, ...] = ()
    usage: Usage | None = None
    cut: bool | None = None
    suggestion: str | None = None
    thoughts: str = ""
    reason: str = ""


def fold(deltas: Iterable[Delta]) -> Delta:
    """Return the whole answer: texts, thoughts and evidence joined, of every other field the last that is known."""
    texts: list[str] = []
    thoughts: list[str] = []
    reason = ""
    evidence: list[Evidence] = []
    last: dict[str, Any] = {}
    for delta in deltas:
        texts.append(delta.text)
        thoughts.append(delta.thoughts)
        reason = delta.reason or reason
        evidence += delta.evidence
        known = {field: getattr(delta, field) for field in ("confidence", "abstained", "usage", "cut", "suggestion")}
        last |= {field: value for field, value in known.items() if value is not None}
    return Delta(_joined(texts), evidence=tuple(evidence), thoughts=_joined(thoughts), reason=reason, **last)


def _joined(texts: Sequence[str]) -> str:
    """Join pieces; a character whose halves (surrogates) came in two becomes one, a lone half becomes U+FFFD."""
    text = "".join(texts)
    return text if is_unicode(text) else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@runtime_checkable
class Model(Protocol):
    """Answers the last message of a conversation, piece by piece; `name` is "scheme:name"."""

    @property
    def name(self) -> str: ...
    @property
    def limits(self) -> Limits: ...
    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]: ...


@runtime_checkable
class Embedder(Protocol):
    """Turns parts into unit vectors: one row a part, (n, `dims`) float32.

    `version` changes whenever the vectors may: a digest or revision of the weights, a package's version, or a
    service's model with its `dims`. Rows of two versions can't be compared.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def dims(self) -> int: ...
    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]: ...


@runtime_checkable
class QueryEmbedder(Embedder, Protocol):
    """An Embedder that places texts elsewhere if pictures are to be found with them than if texts are compared."""

    def embed_queries(self, parts: Sequence[Part]) -> NDArray[np.float32]: ...


@runtime_checkable
class ClassEmbedder(Embedder, Protocol):
    """An Embedder with a classifier behind it, which finds what words name better than the texts' unit rows do.

    The product of a row of `class_rows`, (n, `dims`), with a picture's unit row is how far the classifier scores what
    the text names above its other classes, in standard deviations. `class_version` changes whenever these rows may.
    """

    @property
    def class_version(self) -> str: ...
    def class_rows(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Detection:
    """A thing or a person with its place.

    Args:
        name: What it is, of the detector's `classes`.
        probability: That the box holds one, 0 to 1.
        box: Where, in pixels of the upright image.
    """

    name: str
    probability: float
    box: Box


@runtime_checkable
class Detector(Protocol):
    """Finds things with their boxes, the surest first; `classes` are all that it knows, `version` changes with it."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    def detect(self, image: Image) -> tuple[Detection, ...]: ...


@runtime_checkable
class Transcriber(Protocol):
    """Turns speech into text, in `language` or the one it detects; `languages` is empty if not stated."""

    @property
    def name(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    def transcribe(self, audio: Audio, language: str | None) -> Transcript: ...


@runtime_checkable
class Speaker(Protocol):
    """Turns text into speech, a WAV; `languages` is empty if not stated."""

    @property
    def name(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    def speak(self, text: str, language: str) -> Audio: ...


@runtime_checkable
class Translator(Protocol):
    """Turns text of the language `source` into text of `target`; `languages` is empty if not stated."""

    @property
    def name(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    def translate(self, text: str, source: str, target: str) -> str: ...


class Progress(Protocol):
    """Works on items one after another and may show how far it is; `label` is e.g. "Reading"."""

    def __call__(
        self, items: Sequence[Item], work: Callable[[Item], Result], label: str
    ) -> Iterator[tuple[Item, Result]]:
        """Yield each item with what `work` returns for it."""
        ...


def no_progress(items: Sequence[Item], work: Callable[[Item], Result], label: str) -> Iterator[tuple[Item, Result]]:
    """Yield each item with what `work` returns for it; shows nothing."""
    for item in items:
        yield item, work(item)
