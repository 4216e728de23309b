"""Google's Gemini: images, audio and video with their times, cached conversation starts, embeddings.

The key is read from GEMINI_API_KEY, then from GOOGLE_API_KEY; GOOGLE_GEMINI_BASE_URL sets another address.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensorium.core.catalog import entries, image_tokens
from sensorium.core.errors import InputError, LimitError, ServiceError
from sensorium.core.messages import Audio, Conversation, Image, Message, Part, Text, Video
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.core.retry import retrying
from sensorium.hosted import failures
from sensorium.hosted.gemini_client import KEY_VARIABLES, make_client, service_errors, timeout_options, uploads
from sensorium.hosted.gemini_contents import blobs_to_upload, deltas, to_parts, to_payload
from sensorium.hosted.images import MAX_SIDE
from sensorium.hosted.keys import require_key
from sensorium.media.image import size

if TYPE_CHECKING:
    from google import genai

EXAMPLE = "gemini:gemini-3.8-flash"
MAX_IMAGES = 3600
IMAGE_TOKENS = 258
"""The least that an image costs if the catalogue doesn't know the model
(https://ai.google.dev/gemini-api/docs/image-understanding, "Token calculation")."""
CONTEXT_TOKENS = 1_048_576
CACHE_SECONDS = 300
MIN_CACHED_TOKENS = 1024
"""A shorter start can't be cached (https://ai.google.dev/gemini-api/docs/caching)."""
_CHARACTERS_PER_TOKEN = 4
_MAX_BATCH, _MAX_BATCH_MEDIA = 100, 6


class CachedStart(NamedTuple):
    """Messages that the service has cached, their name there, and until when, by `time.monotonic`."""

    messages: tuple[Message, ...]
    name: str
    until: float


def model(name: str) -> Gemini:
    """Return the model of that name."""
    return Gemini(name)


def embedder(name: str) -> GeminiEmbedder:
    """Return the embedder of that name, by default the one that takes images as well as words."""
    return GeminiEmbedder(name if name not in ("", "gemini-embedding") else "gemini-embedding-2")


class Gemini:
    """A Model at Google's service.

    When the messages before the last one come a second time, the service caches them for `CACHE_SECONDS`, so that
    examples are sent and read once; `Usage.cached_tokens` says how many tokens came from the cache. Large files are
    uploaded, and deleted after the answer.

    Args:
        model: The model's name, as Google calls it.
        url: Another address; None for $GOOGLE_GEMINI_BASE_URL, else Google's own.
        cache: False to cache nothing: cached tokens cost a little by the hour.

    Raises:
        InputError: when the model's name is empty.
        AccessError: when the key is missing.
    """

    def __init__(self, model: str, url: str | None = None, cache: bool = True) -> None:
        if not model.strip():
            raise InputError("'gemini:' lacks the model's name.", f"Try {EXAMPLE}")
        self.model = model
        self.name = f"gemini:{model}"
        self.limits = _limits(self.name)
        self._url = url
        self._cache = cache
        self._key = require_key(KEY_VARIABLES, self.name)
        self._lock = Lock()
        self._previous_start: tuple[Message, ...] = ()
        self._cached: CachedStart | None = None
        self._uncacheable: set[int] = set()  # hashes of messages

    def prepare(self) -> None:
        """Import the SDK and make its client, so that no clock counts it; raises InstallError without the SDK."""
        _ = self._client

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the answer as it comes; the last Delta holds the usage.

        Raises:
            InstallError: when the SDK is not installed.
            SensoriumError: what went wrong at the service, retryable if it may pass.
        """
        deadline = time.monotonic() + options.timeout_seconds
        client = self._client  # InstallError before anything else
        with service_errors(self.name, self._key, options.timeout_seconds):
            cache = self._cache_name(chat, options, deadline) if self._cache else ""
            rest = Conversation(chat.messages[-1:]) if cache else chat
            with uploads(client, blobs_to_upload(rest), deadline) as files:
                payload = to_payload(rest, options, self.model, files, cache)
                payload["config"]["http_options"] = timeout_options(deadline)
                with self._cache_errors(cache):
                    yield from deltas(self.name, client.models.generate_content_stream(**payload))

    def close(self) -> None:
        """Delete what the service caches for this object, and close its connections."""
        self._delete_cache()
        if "_client" in vars(self):
            self._finalizer()
            del self._client

    @cached_property
    def _client(self) -> genai.Client:
        client, http = make_client(self._key, self._url)
        self._finalizer = weakref.finalize(self, http.close)
        return client

    def _cache_name(self, chat: Conversation, options: Options, deadline: float) -> str:
        """Return the service's name of its cache of all messages but the last; "" without a cache."""
        start = chat.messages[:-1]
        with self._lock:
            if self._cached and self._cached.messages == start and time.monotonic() < self._cached.until:
                return self._cached.name
            repeated, self._previous_start = self._previous_start == start, start
            if not repeated or hash(start) in self._uncacheable or min_tokens(start, self.name) < MIN_CACHED_TOKENS:
                return ""
            if blobs_to_upload(Conversation(start)):  # the uploaded files would have to outlive the answer
                return ""
            self._delete_cache()
            return self._create_cache(start, options, deadline)

    def _create_cache(self, start: tuple[Message, ...], options: Options, deadline: float) -> str:
        from google.genai import errors

        payload = to_payload(Conversation(start), options, self.model, {})
        config: dict[str, Any] = {"contents": payload["contents"], "ttl": f"{CACHE_SECONDS}s"}
        if "system_instruction" in payload["config"]:
            config["system_instruction"] = payload["config"]["system_instruction"]
        config["http_options"] = timeout_options(deadline)
        until = time.monotonic() + CACHE_SECONDS - options.timeout_seconds
        try:
            name = str(self._client.caches.create(model=self.model, config=config).name)  # type: ignore[arg-type]
        except errors.APIError as error:
            if error.code in (401, 429):
                raise
            self._uncacheable.add(hash(start))  # too short, a model without a cache, or a fault: send it all
            return ""
        self._cached = CachedStart(start, name, until)
        return name

    @contextmanager
    def _cache_errors(self, cache: str) -> Iterator[None]:
        """Have everything sent again if the service no longer has the cache."""
        from google.genai import errors

        try:
            yield
        except errors.ClientError as error:
            if not cache or error.code not in (403, 404):
                raise
            self._cached, self._previous_start = None, ()
            raise ServiceError(f"{self.name}'s cache has expired.", "Ask again.", retryable=True) from None

    def _delete_cache(self) -> None:
        if self._cached is None:
            return
        import httpx2
        from google.genai import errors

        name, self._cached = self._cached.name, None
        try:
            self._client.caches.delete(name=name, config={"http_options": {"timeout": 10_000}})
        except (httpx2.HTTPError, errors.APIError, ValueError):
            pass  # it expires by itself


def min_tokens(messages: Sequence[Message], name: str) -> int:
    """Return the least tokens that messages have for a model; any audio or video counts as enough to be cached."""
    parts = tuple(Conversation(tuple(messages)).parts)
    characters = sum(len(part.text) for part in parts if isinstance(part, Text))
    costs = [image_tokens(name, *size(part, MAX_SIDE)) for part in parts if isinstance(part, Image)]
    images = sum(IMAGE_TOKENS if cost is None else cost.least for cost in costs)
    media = sum(isinstance(part, Audio | Video) for part in parts)
    return characters // _CHARACTERS_PER_TOKEN + images + media * MIN_CACHED_TOKENS


def _limits(name: str) -> Limits:
    parts = ("text", "image", "audio", "video")
    limits = Limits(parts, MAX_IMAGES, (), CONTEXT_TOKENS, IMAGE_TOKENS, schema="enforced", max_side=MAX_SIDE)
    entry = entries().get(name)
    if entry is None:
        return limits
    return replace(
        limits,
        parts=entry.parts,
        max_images=entry.max_images or MAX_IMAGES,
        context_tokens=entry.context_tokens or CONTEXT_TOKENS,
    )


class GeminiEmbedder:
    """An Embedder at Google's service; words, images, audio and video share one space.

    Args:
        model: The model's name; gemini-embedding-001 takes words only.
        dims: The length of the vectors.
        url: Another address; None for $GOOGLE_GEMINI_BASE_URL, else Google's own.
        timeout_seconds: The longest wait for one call of `embed`.
        retries: How often a retryable error is tried again.

    Raises:
        AccessError: when the key is missing.
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
        self.version = f"{model}-{dims}"
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._retries = retries
        self._key = require_key(KEY_VARIABLES, self.name)

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        """Return one unit vector a part, (n, dims) float32.

        Raises:
            LimitError: when the model takes no such part.
        """
        if "embedding-001" in self.model and not all(isinstance(part, Text) for part in parts):
            raise LimitError(f"{self.name} takes text only.", "Try gemini:gemini-embedding-2")
        contents = [{"role": "user", "parts": to_parts(part, {})[-1:]} for part in parts]
        is_media = [not isinstance(part, Text) for part in parts]
        deadline = time.monotonic() + self._timeout_seconds
        rows: list[list[float]] = []
        for batch in _batches(contents, is_media):
            rows += retrying(lambda batch=batch: self._embed_batch(batch, deadline), self._retries, deadline)  # type: ignore[misc]
        vectors = np.asarray(rows, dtype=np.float32).reshape(len(parts), self.dims)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(vectors).all() or (lengths == 0).any():
            raise failures.unexpected_response(self.name, "a vector without a direction.")
        unit: NDArray[np.float32] = vectors / lengths  # shortened vectors do not come with length 1
        return unit

    @cached_property
    def _client(self) -> genai.Client:
        client, http = make_client(self._key, self._url)
        self._finalizer = weakref.finalize(self, http.close)
        return client

    def _embed_batch(self, contents: list[dict[str, Any]], deadline: float) -> list[list[float]]:
        embed: Any = self._client.models.embed_content
        config = {"output_dimensionality": self.dims, "http_options": timeout_options(deadline)}
        with service_errors(self.name, self._key, self._timeout_seconds):
            embeddings = embed(model=self.model, contents=contents, config=config).embeddings or ()
        rows = [list(embedding.values or ()) for embedding in embeddings]
        if len(rows) != len(contents) or any(len(row) != self.dims for row in rows):
            detail = f"{len(rows)} vectors for {len(contents)} parts, or of another length."
            raise failures.unexpected_response(self.name, detail)
        return rows


def _batches(contents: list[dict[str, Any]], is_media: list[bool]) -> Iterator[list[dict[str, Any]]]:
    """Yield requests of at most `_MAX_BATCH` parts, at most `_MAX_BATCH_MEDIA` of them other than words."""
    batch: list[dict[str, Any]] = []
    media_count = 0
    for content, media in zip(contents, is_media, strict=True):
        if len(batch) == _MAX_BATCH or (media and media_count == _MAX_BATCH_MEDIA):
            yield batch
            batch, media_count = [], 0
        batch.append(content)
        media_count += media
    if batch:
        yield batch
