"""Embeddings of an OpenAI-compatible server: OpenAI's own, vLLM, Ollama, llama.cpp, text-embeddings-inference …

openai:text-embedding-3-small                              OpenAI's, words only; key in OPENAI_API_KEY
openai:text-embedding-3-large?dims=1024                    shortened vectors, where the model can
openai:Qwen/Qwen3-Embedding-0.6B@http://localhost:8000/v1  any server
openai:MODEL?input=messages@http://localhost:8000/v1       pictures too: vLLM serves such models so
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, LimitError, quoted
from sensorium.core.messages import Image, Part, Text, kind
from sensorium.core.retry import retrying, seconds_left
from sensorium.hosted import failures
from sensorium.hosted.images import encode_image
from sensorium.hosted.openai_client import OpenAIServer, model_and_url

EXAMPLE = "openai:text-embedding-3-small"
MAX_BATCH, MAX_BATCH_CHARACTERS = 512, 100_000
"""In one request to OpenAI, which takes 2048 texts and 300,000 tokens; a character is hardly ever over three tokens
(https://platform.openai.com/docs/api-reference/embeddings/create)."""
MAX_BATCH_OTHERS = 32
"""Other servers': what text-embeddings-inference takes by default (`--max-client-batch-size`)."""
_DIMS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
_AT_ONCE = 8
"""Requests of one part each that wait for their answers at the same time: the server batches them."""
_PROBE = "a photo"


class EmbeddingName(NamedTuple):
    """What the name of an embedder says, without its scheme."""

    model: str
    url: str = ""
    dims: int | None = None
    input: Literal["texts", "messages"] = "texts"


def embedding_name(name: str) -> EmbeddingName:
    """Return the parts of "MODEL?dims=512&input=messages@URL".

    Raises:
        InputError: when an option or its value is unknown.
    """
    model, url = model_and_url(name)
    model, _, query = model.partition("?")
    found = EmbeddingName(model, url)
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "dims" and re.fullmatch(r"[1-9]\d{0,4}", value):
            found = found._replace(dims=int(value))
        elif (key, value) == ("input", "messages"):
            found = found._replace(input="messages")
        elif (key, value) == ("input", "texts"):
            found = found._replace(input="texts")
        else:
            raise InputError(
                f"An embedder's name has no option {quoted(f'{key}={value}')}.", "Use dims=512, or input=messages."
            )
    return found


class OpenAIEmbedder:
    """An Embedder behind an OpenAI-compatible server; unit rows.

    Args:
        model: The model's name, as the server calls it.
        url: The server's address; "" for $OPENAI_BASE_URL, else OpenAI's own.
        dims: The length of the vectors, for models that can shorten them; None for the model's own.
        input: "texts" sends words, many in a request. "messages" sends every part as a chat message of its own,
            pictures as data URIs: so vLLM embeds pictures and words in one space.
        timeout_seconds: The longest wait for one call of `embed`.
        retries: How often a retryable error is tried again.

    Raises:
        InputError: when the model's name is empty, the address invalid, or OpenAI itself is to take messages.
        AccessError: when it is OpenAI itself and the key is missing.
    """

    def __init__(
        self,
        model: str,
        url: str = "",
        dims: int | None = None,
        input: Literal["texts", "messages"] = "texts",
        timeout_seconds: float = 120.0,
        retries: int = 2,
    ) -> None:
        self._server = OpenAIServer(model, url, EXAMPLE)
        self.model = model
        options = "&".join(
            option for option, is_set in ((f"dims={dims}", dims), (f"input={input}", input != "texts")) if is_set
        )
        full = f"{model}?{options}" if options else model
        self.name = f"openai:{full}" if self._server.official else f"openai:{full}@{self._server.url}"
        if self._server.official and input == "messages":
            raise InputError("OpenAI embeds words only, not messages.", f"Try {EXAMPLE}")
        self._asked_dims = dims
        self._input = input
        self._timeout_seconds = timeout_seconds
        self._retries = retries

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self.name!r})"

    @cached_property
    def dims(self) -> int:
        """The length of the vectors; of a model that isn't known, a short text is embedded to see it."""
        return self._known_dims or len(self._rows([Text(_PROBE)], time.monotonic() + self._timeout_seconds)[0])

    @property
    def _known_dims(self) -> int | None:
        return self._asked_dims or (_DIMS.get(self.model) if self._server.official else None)

    @property
    def version(self) -> str:
        """The model's name and the length of its vectors: a server does not say more of its weights."""
        return f"{self.model}-{self.dims}"

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        """Return one unit vector a part, (n, dims) float32.

        Raises:
            LimitError: for parts that it does not take.
            MediaError: when an image can't be opened.
            SensoriumError: what went wrong at the server.
        """
        for part in parts:
            if not isinstance(part, Text) and not (isinstance(part, Image) and self._input == "messages"):
                raise self._refusal(part)
        if not parts:
            return np.zeros((0, self.dims), dtype=np.float32)
        rows = self._rows(parts, time.monotonic() + self._timeout_seconds)
        if self._known_dims is None:
            vars(self).setdefault("dims", len(rows[0]))  # no request only to see it
        if any(len(row) != self.dims for row in rows):
            lengths = sorted({len(row) for row in rows})
            raise failures.unexpected_response(self.name, f"vectors of {lengths} numbers instead of {self.dims}.")
        vectors = np.asarray(rows, dtype=np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(vectors).all() or (norms == 0).any():
            raise failures.unexpected_response(self.name, "a vector without a direction.")
        unit: NDArray[np.float32] = vectors / norms
        return unit

    def _refusal(self, part: Part) -> LimitError:
        hint = "Use an embedder that takes pictures: offline, clip:NAME or gemini-embedding-2."
        if isinstance(part, Image) and not self._server.official:
            example = f"openai:{self.model}?input=messages@{self._server.url}"
            hint = f"If the server embeds pictures, as vLLM does, try {example}"
        takes = "pictures and text" if self._input == "messages" else "text only"
        return LimitError(f"{quoted(self.name)} takes {takes}, not {kind(part)}.", hint)

    def _rows(self, parts: Sequence[Part], deadline: float) -> list[list[float]]:
        if self._input == "messages":
            with ThreadPoolExecutor(min(_AT_ONCE, len(parts))) as pool:
                answers = list(pool.map(lambda part: self._embed_message(part, deadline), parts))
            return [row for rows in answers for row in rows]
        texts = [part.text for part in parts if isinstance(part, Text)]
        most = MAX_BATCH if self._server.official else MAX_BATCH_OTHERS
        return [row for batch in _batches(texts, most) for row in self._embed_texts(batch, deadline)]

    def _embed_texts(self, texts: list[str], deadline: float) -> list[list[float]]:
        body: dict[str, Any] = {"model": self.model, "input": [text or " " for text in texts]}  # empty ones are refused
        if self._asked_dims:
            body["dimensions"] = self._asked_dims
        create = self._server.client.embeddings.create
        return self._retried(lambda timeout: create(**body, timeout=timeout), len(texts), deadline)

    def _embed_message(self, part: Part, deadline: float) -> list[list[float]]:
        from openai.types import CreateEmbeddingResponse

        body = to_message_payload(part, self.model)
        if self._asked_dims:
            body["dimensions"] = self._asked_dims

        def post(timeout: float) -> Any:
            options: Any = {"timeout": timeout}
            return self._server.client.post("/embeddings", cast_to=CreateEmbeddingResponse, body=body, options=options)

        return self._retried(post, 1, deadline)

    def _retried(self, call: Any, count: int, deadline: float) -> list[list[float]]:
        def once() -> list[list[float]]:
            with self._server.errors(self._timeout_seconds):
                return _vectors(call(seconds_left(deadline)), count)

        return retrying(once, self._retries, deadline)


def to_message_payload(part: Part, model: str) -> dict[str, Any]:
    """Return the body of POST /embeddings for one part as a chat message
    (https://docs.vllm.ai/en/latest/models/pooling_models.html, "Embeddings API", "Multi-modal inputs").

    Raises:
        MediaError: when an image can't be opened.
    """
    content: dict[str, Any]
    if isinstance(part, Image):
        data, media_type = encode_image(part)
        uri = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
        content = {"type": "image_url", "image_url": {"url": uri}}
    else:
        content = {"type": "text", "text": part.text if isinstance(part, Text) else ""}
    return {"model": model, "messages": [{"role": "user", "content": [content]}], "encoding_format": "float"}


def _vectors(response: Any, count: int) -> list[list[float]]:
    """Return the vectors of a response in the order of what was sent; ValueError if it isn't one vector each."""
    items = getattr(response, "data", None)
    if not isinstance(items, list) or len(items) != count:
        raise ValueError(f"{len(items) if isinstance(items, list) else 'no'} vectors for {count} parts.")
    by_place = {getattr(item, "index", None): item for item in items}
    if set(by_place) == set(range(count)):
        items = [by_place[place] for place in range(count)]
    rows = [_numbers(getattr(item, "embedding", None)) for item in items]
    if not all(rows):
        raise ValueError("an embedding that isn't a list of numbers.")
    return rows


def _numbers(embedding: Any) -> list[float]:
    """Return an embedding's numbers, of base64 (little-endian float32) too; [] if it holds something else."""
    if isinstance(embedding, str):
        data = base64.b64decode(embedding, validate=True)
        return np.frombuffer(data, dtype="<f4").tolist() if len(data) % 4 == 0 else []
    if isinstance(embedding, list) and all(isinstance(value, int | float) for value in embedding):
        return [float(value) for value in embedding]
    return []


def _batches(texts: Sequence[str], most: int) -> Iterator[list[str]]:
    """Yield texts in requests of at most `most`, and unless it is one text, `MAX_BATCH_CHARACTERS`."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == most or size + len(text) > MAX_BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch
