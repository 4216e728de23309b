"""Pictures and words as unit vectors in one space, without a language model: the offline Embedder."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, LimitError
from sensorium.core.messages import Image, Part, Text, kind
from sensorium.eyes.question import sentence_vectors as words
from sensorium.eyes.recognition import open_vocabulary
from sensorium.eyes.recognition.efficientnet import DIMS, infer_batch, preprocess
from sensorium.media.image import pixels

_BATCH = 16
_KEPT = 20_000
_SHARPNESS, _TOP = 1.0, 10  # of the class posteriors; ConSE's own top 10
_WORDS_SHARE = 0.1  # of a picture's squared length; clothes, tune split: prototypes as good as at 0, at 0.2 worse


class OfflineEmbedder:
    """Looks and meanings side by side: (n, 1664) unit rows, float32.

    A picture's row holds its pooled EfficientNet features in the first 1280 places, nine tenths of its squared length,
    and what it seems to show, as words (ConSE), in the last 384. A text's row has zeros in the first and its meaning in
    the last. So picture to picture is near in look, text to text in meaning, and text to picture by what the picture
    shows; the last are small numbers (at most 0.32): compare them among themselves only. English; vectors of one
    recogniser with a thousand classes: it finds things, not who, how many or where.

    Sources: EfficientNet-Lite0 (Tan and Le 2019); ConSE (Norouzi et al. 2013); all-MiniLM-L6-v2.

    Example:
        >>> rows = OfflineEmbedder().embed([Image("cup.jpg"), Text("a cup")])  # doctest: +SKIP
    """

    name = "offline"
    dims = DIMS + words.DIMS

    def __init__(self) -> None:
        self._rows: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        """Return one row a part; the same picture is looked at once.

        Raises:
            LimitError: for a sound or a film.
            MediaError: when a picture cannot be opened.
            InstallError: when the weights or their runtime are not installed.
        """
        for part in parts:
            if not isinstance(part, Image | Text):
                raise LimitError(
                    f"The offline embedder takes pictures and text, not {kind(part)}.", "Use frames of it: pictures."
                )
        keys = [f"image {p.blob.digest}" if isinstance(p, Image) else f"text {p.text}" for p in parts]  # type: ignore[union-attr]
        out = np.zeros((len(parts), self.dims), dtype=np.float32)
        with self._lock:
            self._fill(dict(zip(keys, parts, strict=True)))
            for row, key in enumerate(keys):
                out[row] = self._rows[key]
                self._rows.move_to_end(key)
            while len(self._rows) > _KEPT:
                self._rows.popitem(last=False)
        return out

    def _fill(self, wanted: dict[str, Part]) -> None:
        new = {key: part for key, part in wanted.items() if key not in self._rows}
        images = [key for key, part in new.items() if isinstance(part, Image)]
        for start in range(0, len(images), _BATCH):
            batch = images[start : start + _BATCH]
            found = _pictures([part for key in batch if isinstance(part := new[key], Image)])
            self._rows.update(zip(batch, found, strict=True))
        texts = [key for key, part in new.items() if isinstance(part, Text)]
        if texts:
            self._rows.update(zip(texts, _texts([new[key].text for key in texts]), strict=True))  # type: ignore[union-attr]


def embedder(name: str) -> OfflineEmbedder:
    """Make the offline embedder; the registry finds it as load("offline", role="embedder")."""
    if name:
        raise InputError(f"There is only one offline embedder, not {name!r}.", 'Try load("offline", role="embedder").')
    return OfflineEmbedder()


def _pictures(images: Sequence[Image]) -> NDArray[np.float32]:
    logits, features = infer_batch(np.stack([preprocess(pixels(image)) for image in images]))
    meanings = _conse(logits)
    rows = np.concatenate(
        [np.sqrt(1 - _WORDS_SHARE) * _unit(features), np.sqrt(_WORDS_SHARE) * _unit(meanings)], axis=1
    )
    return _unit(rows.astype(np.float32))


def _conse(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of the likeliest classes' text vectors, weighted by their probabilities, (n, 384)."""
    known, _ = open_vocabulary.class_vectors()
    scores = (logits - logits.mean(axis=1, keepdims=True)) / logits.std(axis=1, keepdims=True)
    leading = np.argsort(-scores, axis=1, kind="stable")[:, :_TOP]
    powers = np.exp(_SHARPNESS * np.take_along_axis(scores, leading, axis=1))
    shares = powers / powers.sum(axis=1, keepdims=True)
    meanings: NDArray[np.float32] = np.einsum("nk,nkd->nd", shares, known[leading])
    return meanings


def _texts(texts: Sequence[str]) -> NDArray[np.float32]:
    _, mean = open_vocabulary.class_vectors()
    rows = np.zeros((len(texts), OfflineEmbedder.dims), dtype=np.float32)
    rows[:, DIMS:] = _unit(words.vectors([_sentence(text) for text in texts]) - mean)
    return rows


def _sentence(text: str) -> str:
    """Put a bare name into the sentence that the class names stand in; leave what is a sentence itself."""
    bare = " ".join(text.split())
    return open_vocabulary.prompt(bare) if len(bare.split()) <= 3 else bare


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled
