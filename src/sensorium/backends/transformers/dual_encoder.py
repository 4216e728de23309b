"""Dual encoders: CLIP (arXiv 2103.00020), SigLIP (2303.15343), SigLIP 2 (2502.14786) and their kin, as Embedders.

"clip:ORG/NAME" or "clip:./folder", e.g. clip:google/siglip2-base-patch16-224. Any checkpoint of transformers whose
model embeds pictures and words alike, by `get_image_features` and `get_text_features`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from inspect import signature
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from sensorium.checkpoint.checkpoint_name import parse
from sensorium.checkpoint.device import to_device
from sensorium.checkpoint.load import Checkpoint, load, quiet
from sensorium.checkpoint.weights import folders_digest
from sensorium.core.errors import InputError, LimitError, ServiceError, quoted
from sensorium.core.messages import Image, Part, Text, kind
from sensorium.media.image import pixels

EXAMPLE = "Try clip:google/siglip2-base-patch16-224 or clip:openai/clip-vit-base-patch32"
MAX_CONTEXT = 4096
"""A tokenizer that states no length states a huge one; no dual encoder reads so many tokens."""
_PADDED_AS_TRAINED = ("siglip", "siglip2")
"""Their texts are padded to the full context: so they were trained, and other padding gives other vectors."""
_CPU_BATCH, _GPU_BATCH = 16, 64
_MAX_DECODERS = 8


class DualEncoder:
    """An Embedder whose pictures and words were trained into one space.

    On a GPU it runs in bfloat16, else in float32; `?dtype=` and `?device=` choose. A text longer than the context is
    cut, and a warning says so, once.

    Args:
        checkpoint: From `sensorium.checkpoint.load`.
        name: Its name.

    Raises:
        InputError: when the checkpoint isn't a dual encoder.
    """

    def __init__(self, checkpoint: Checkpoint, name: str) -> None:
        self.name = name
        self.checkpoint = checkpoint
        model, processor = checkpoint.model, checkpoint.processor
        if not all(hasattr(model, f"get_{part}_features") for part in ("image", "text")):
            raise InputError(
                f"{checkpoint.name.shown} isn't a dual encoder: its type is {checkpoint.model_type!r}.", EXAMPLE
            )
        self._tokenizer: Any = getattr(processor, "tokenizer", None)
        self._image_processor: Any = getattr(processor, "image_processor", None)
        if self._tokenizer is None or self._image_processor is None:
            raise InputError(
                f"{checkpoint.name.shown} lacks its tokenizer or its image processor.",
                "Take the whole checkpoint from one place, with preprocessor_config.json.",
            )
        self.version = _version(checkpoint)
        self.context_tokens = _context_tokens(model.config, self._tokenizer)
        self._batch = _CPU_BATCH if model.device.type == "cpu" else _GPU_BATCH
        self._has_warned = False
        self._lock = Lock()
        self.dims = int(self._text_rows(["a"]).shape[1])

    def __repr__(self) -> str:
        return f"DualEncoder({self.name!r})"

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        """Return one unit row a part, (n, dims) float32.

        Raises:
            LimitError: for audio or video.
            MediaError: if an image can't be opened.
        """
        for part in parts:
            if not isinstance(part, Image | Text):
                raise LimitError(
                    f"{quoted(self.name)} embeds pictures and text, not {kind(part)}.", "Use frames of it: pictures."
                )
        rows = np.zeros((len(parts), self.dims), dtype=np.float32)
        images = [number for number, part in enumerate(parts) if isinstance(part, Image)]
        texts = [number for number, part in enumerate(parts) if isinstance(part, Text)]
        for places in _batches(images, self._batch):
            rows[places] = self._image_rows([parts[place] for place in places])  # type: ignore[misc]
        for places in _batches(texts, self._batch):
            rows[places] = self._text_rows([parts[place].text for place in places])  # type: ignore[union-attr]
        return rows

    def _image_rows(self, images: Sequence[Image]) -> NDArray[np.float32]:
        side = self.checkpoint.name.side
        with ThreadPoolExecutor(min(_MAX_DECODERS, os.cpu_count() or 1)) as pool:
            opened = list(pool.map(lambda image: PIL.Image.fromarray(pixels(image, side)), images))
        with quiet(), self._lock:
            return self._unit(self._image_processor(opened, return_tensors="pt"), "get_image_features")

    def _text_rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        padding = "max_length" if self.checkpoint.model_type in _PADDED_AS_TRAINED else True
        self._warn_of_cut(texts)
        with quiet(), self._lock:
            inputs = self._tokenizer(
                list(texts), padding=padding, truncation=True, max_length=self.context_tokens, return_tensors="pt"
            )
            return self._unit(inputs, "get_text_features")

    def _warn_of_cut(self, texts: Sequence[str]) -> None:
        if self._has_warned:
            return
        with quiet():
            lengths = [len(ids) for ids in self._tokenizer(list(texts))["input_ids"]]
        longest = max(range(len(texts)), key=lengths.__getitem__)
        if lengths[longest] > self.context_tokens:
            self._has_warned = True
            warnings.warn(
                f"{quoted(self.name)} reads the first {self.context_tokens} tokens of a text; "
                f"{quoted(texts[longest])} has {lengths[longest]}.",
                stacklevel=2,
            )

    def _unit(self, inputs: Any, method: str) -> NDArray[np.float32]:
        import torch

        model = self.checkpoint.model
        embed = getattr(model, method)
        taken = signature(embed).parameters
        known = {key: value for key, value in inputs.items() if key in taken}
        with torch.inference_mode():
            output = embed(**to_device(model, known))
        features = output if isinstance(output, torch.Tensor) else output.pooler_output
        rows = features.float().cpu().numpy()
        lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
        if rows.ndim != 2 or not np.isfinite(rows).all() or (lengths == 0).any():
            raise ServiceError(
                f"{quoted(self.name)} gave vectors without a direction.", "Try ?dtype=float32 after its name."
            )
        unit: NDArray[np.float32] = rows / lengths
        return unit


def embedder(name: str) -> DualEncoder:
    """Load the checkpoint of "clip:NAME"; raises as `sensorium.checkpoint.load.load` does."""
    return DualEncoder(load(parse(name), "AutoModel"), f"clip:{name}")


def _batches(places: Sequence[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(places), size):
        yield list(places[start : start + size])


def _context_tokens(config: Any, tokenizer: Any) -> int:
    text = getattr(config, "text_config", config)
    positions = getattr(text, "max_position_embeddings", None) or MAX_CONTEXT
    return int(min(positions, tokenizer.model_max_length, MAX_CONTEXT))


def _version(checkpoint: Checkpoint) -> str:
    """Return the hub's commit, or a digest of the folder's configuration and weights (about a second a gigabyte)."""
    commit = getattr(checkpoint.model.config, "_commit_hash", None)
    if commit:
        return str(commit)
    return folders_digest(Path(folder) for folder in (checkpoint.name.base, checkpoint.name.adapter) if folder)
