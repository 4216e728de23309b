"""Google's Gemini: pictures, sounds and films with their times, beginnings kept from question to question, embeddings.

The key is looked for in GEMINI_API_KEY, then in GOOGLE_API_KEY; GOOGLE_GEMINI_BASE_URL names another address.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.catalog import entries
from sensorium.core.errors import InputError, LimitError, ServiceError
from sensorium.core.messages import Audio, Conversation, Image, Message, Part, Text, Video
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.core.retry import retrying
from sensorium.hosted import failures, google
from sensorium.hosted.gemini_contents import contents, deltas, to_payload, too_large
from sensorium.hosted.google import Uploaded, milliseconds
from sensorium.media.sniff import media_type

if TYPE_CHECKING:
    from google import genai

EXAMPLE = "gemini:gemini-3-flash-preview"
MOST_IMAGES = 3600
IMAGE_TOKENS = 258
"""The least that a picture costs (https://ai.google.dev/gemini-api/docs/image-understanding, "Token calculation")."""
CONTEXT_TOKENS = 1_048_576
CACHE_SECONDS = 300
LEAST_CACHED_TOKENS = 1024
"""A shorter beginning can't be kept (https://ai.google.dev/gemini-api/docs/caching)."""
_LETTERS_A_TOKEN = 4
_MOST_EMBEDDED, _MOST_EMBEDDED_MEDIA = 100, 6


def model(name: str) -> Gemini:
    """Make the model of that name."""
    return Gemini(name)


def embedder(name: str) -> GeminiEmbedder:
    """Make the embedder of that name, or the one that takes pictures as well as words."""
    return GeminiEmbedder(name or "gemini-embedding-2")


class Gemini:
    """A Model at Google's service.

    What stands before the last message is kept there for `CACHE_SECONDS` when it comes a second time, so that
    examples are sent and read once; `Usage.cached_tokens` tells how much of a question was. Large files are uploaded
    and deleted after the answer.

    Args:
        model: The model's name, as Google calls it.
        url: Another address; None for $GOOGLE_GEMINI_BASE_URL, else Google's own.
        keep: False to keep no beginnings: kept tokens cost a little by the hour.

    Raises:
        InputError: when there is no model's name.
        AccessError: when there is no key.
    """

    def __init__(self, model: str, url: str | None = None, keep: bool = True) -> None:
        if not model.strip():
            raise InputError("Which model? 'gemini:' names none.", f"Try {EXAMPLE}")
        self.model = model
        self.name = f"gemini:{model}"
        self.limits = _limits(self.name)
        self._url = url
        self._keep = keep
        self._key = google.key(self.name)
        self._lock = Lock()
        self._seen: tuple[Message, ...] = ()
        self._kept: tuple[tuple[Message, ...], str, float] | None = None  # the messages, their name, until when
        self._unfit: set[int] = set()  # hashes of messages that can't be kept

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Ask, and give the answer as it comes; the last Delta holds the tokens used.

        Raises:
            InstallError: when the SDK is not installed.
            SensoriumError: what went wrong at the service, retryable where it may pass.
        """
        deadline = time.monotonic() + options.timeout_seconds
        client = self._client  # InstallError before anything else
        with google.told(self.name, self._key, options.timeout_seconds):
            kept = self._beginning(chat, options, deadline) if self._keep else ""
            begun = 0 if not kept else len(chat.messages) - 1
            rest = Conversation(chat.messages[begun:])
            held: dict[str, Uploaded] = {}
            try:
                held |= self._uploads(rest, deadline)
                payload = to_payload(rest, options, self.model, held, kept)
                payload["config"]["http_options"] = {"timeout": milliseconds(deadline - time.monotonic())}
                with self._still(kept):
                    yield from deltas(self.name, client.models.generate_content_stream(**payload), options)
            finally:
                for one in held.values():
                    google.discard(client, one.name)

    def close(self) -> None:
        """Delete what the service keeps for this object, and close its connections."""
        self._forget()
        if "_client" in vars(self):
            self._closing()
            del self._client

    @cached_property
    def _client(self) -> genai.Client:
        made, http = google.client(self._key, self._url)
        self._closing = weakref.finalize(self, http.close)
        return made

    def _uploads(self, chat: Conversation, deadline: float) -> dict[str, Uploaded]:
        """Upload what is too large to be said inline; gives digest -> file."""
        held: dict[str, Uploaded] = {}
        try:
            for blob in too_large(chat):
                found = media_type(blob.data) or "application/octet-stream"
                held[blob.digest] = google.upload(self._client, blob, found, deadline)
        except BaseException:
            for one in held.values():
                google.discard(self._client, one.name)
            raise
        return held

    def _beginning(self, chat: Conversation, options: Options, deadline: float) -> str:
        """Return the name under which the service keeps all messages but the last; "" where it does not."""
        before = chat.messages[:-1]
        with self._lock:
            if self._kept and self._kept[0] == before and time.monotonic() < self._kept[2]:
                return self._kept[1]
            again, self._seen = self._seen == before, before
            if not again or hash(before) in self._unfit or least_tokens(before) < LEAST_CACHED_TOKENS:
                return ""
            if too_large(Conversation(before)):  # kept files would have to outlive the answer
                return ""
            self._forget()
            return self._begin(before, options, deadline)

    def _begin(self, before: tuple[Message, ...], options: Options, deadline: float) -> str:
        from google.genai import errors

        payload = to_payload(Conversation(before), options, self.model, {})
        config: dict[str, Any] = {"contents": payload["contents"], "ttl": f"{CACHE_SECONDS}s"}
        if "system_instruction" in payload["config"]:
            config["system_instruction"] = payload["config"]["system_instruction"]
        config["http_options"] = {"timeout": milliseconds(deadline - time.monotonic())}
        until = time.monotonic() + CACHE_SECONDS - options.timeout_seconds
        try:
            name = str(self._client.caches.create(model=self.model, config=config).name)  # type: ignore[arg-type]
        except errors.APIError as error:
            if error.code in (401, 429):
                raise
            self._unfit.add(hash(before))  # too short, a model that keeps nothing, or a fault: it is asked whole
            return ""
        self._kept = (before, name, until)
        return name

    @contextmanager
    def _still(self, kept: str) -> Iterator[None]:
        """Have the question asked again, whole, where the service keeps its beginning no longer."""
        from google.genai import errors

        try:
            yield
        except errors.ClientError as error:
            if not kept or error.code not in (403, 404):
                raise
            self._kept, self._seen = None, ()
            raise ServiceError(f"{self.name} has forgotten the beginning.", "Ask again.", retryable=True) from None

    def _forget(self) -> None:
        if self._kept is None:
            return
        import httpx2
        from google.genai import errors

        name, self._kept = self._kept[1], None
        try:
            self._client.caches.delete(name=name, config={"http_options": {"timeout": 10_000}})
        except (httpx2.HTTPError, errors.APIError, ValueError):
            pass  # the service forgets it by itself


def least_tokens(messages: Sequence[Message]) -> int:
    """Estimate the tokens of messages; films and sounds count as much as a beginning needs to be kept."""
    parts = tuple(Conversation(tuple(messages)).parts)
    letters = sum(len(part.text) for part in parts if isinstance(part, Text))
    pictures = sum(isinstance(part, Image) for part in parts)
    films = sum(isinstance(part, Audio | Video) for part in parts)
    return letters // _LETTERS_A_TOKEN + pictures * IMAGE_TOKENS + films * LEAST_CACHED_TOKENS


def _limits(name: str) -> Limits:
    entry = entries().get(name)
    known = Limits(
        ("text", "image", "audio", "video"),
        MOST_IMAGES,
        context_tokens=CONTEXT_TOKENS,
        image_tokens=IMAGE_TOKENS,
        schema="enforced",
    )
    if entry is None:
        return known
    return replace(
        known,
        parts=entry.parts,
        max_images=entry.max_images or MOST_IMAGES,
        context_tokens=entry.context_tokens or CONTEXT_TOKENS,
    )


class GeminiEmbedder:
    """An Embedder at Google's service; words, pictures, sounds and films meet in one space.

    Args:
        model: The model's name; gemini-embedding-001 takes words only.
        dims: How long the vectors are.
        url: Another address; None for $GOOGLE_GEMINI_BASE_URL, else Google's own.
        timeout_seconds: The longest wait for one call of `embed`.
        retries: How often a retryable error is tried again.

    Raises:
        AccessError: when there is no key.
    """

    def __init__(
        self,
        model: str = "gemini-embedding-2",
        dims: int = 768,
        url: str | None = None,
        timeout_seconds: float = 120.0,
        retries: int = 2,
    ) -> None:
        self.model = model
        self.name = f"gemini:{model}"
        self.dims = dims
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._retries = retries
        self._key = google.key(self.name)

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        """Return one unit row a part, (n, dims) float32.

        Raises:
            LimitError: when the model takes no such part.
        """
        words_only = "embedding-001" in self.model
        for part in parts:
            if words_only and not isinstance(part, Text):
                raise LimitError(f"{self.name} takes text only.", "Try gemini:gemini-embedding-2")
        said = [{"role": "user", "parts": contents(part, {})[-1:]} for part in parts]
        media = [not isinstance(part, Text) for part in parts]
        deadline = time.monotonic() + self._timeout_seconds
        rows = [row for batch in _batches(said, media) for row in self._batch(batch, deadline)]
        found = np.asarray(rows, dtype=np.float32).reshape(len(parts), self.dims)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        if not np.isfinite(found).all() or (lengths == 0).any():
            raise failures.malformed(self.name, "a vector without a direction.")
        unit: NDArray[np.float32] = found / lengths  # shortened vectors do not come with length 1
        return unit

    @cached_property
    def _client(self) -> genai.Client:
        made, http = google.client(self._key, self._url)
        self._closing = weakref.finalize(self, http.close)
        return made

    def _batch(self, contents: list[dict[str, Any]], deadline: float) -> list[list[float]]:
        return retrying(lambda: self._once(contents, deadline), self._retries, deadline)

    def _once(self, contents: list[dict[str, Any]], deadline: float) -> list[list[float]]:
        call: Any = self._client.models.embed_content
        config = {
            "output_dimensionality": self.dims,
            "http_options": {"timeout": milliseconds(deadline - time.monotonic())},
        }
        with google.told(self.name, self._key, self._timeout_seconds):
            found = call(model=self.model, contents=contents, config=config).embeddings or ()
        rows = [list(one.values or ()) for one in found]
        if len(rows) != len(contents) or any(len(row) != self.dims for row in rows):
            raise failures.malformed(self.name, f"{len(rows)} vectors for {len(contents)} parts, or of another length.")
        return rows


def _batches(contents: list[dict[str, Any]], media: list[bool]) -> Iterator[list[dict[str, Any]]]:
    """Cut into requests of at most `_MOST_EMBEDDED` parts, of which `_MOST_EMBEDDED_MEDIA` are no words."""
    batch: list[dict[str, Any]] = []
    heavy = 0
    for content, is_media in zip(contents, media, strict=True):
        if len(batch) == _MOST_EMBEDDED or (is_media and heavy == _MOST_EMBEDDED_MEDIA):
            yield batch
            batch, heavy = [], 0
        batch.append(content)
        heavy += is_media
    if batch:
        yield batch
