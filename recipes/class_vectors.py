"""Make eyes/recognition/data/class-vectors.npy: the text vectors of the 1000 class names, int8, (1000, 384).

Run after a change of a class name or of the text encoder: `python recipes/class_vectors.py`. A test compares the file
with a fresh computation.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sensorium.eyes.question.sentence_vectors import vectors
from sensorium.eyes.recognition.open_vocabulary import SCALE, prompt
from sensorium.eyes.recognition.vocabulary import load_vocabulary

OUT = Path(__file__).parents[1] / "src/sensorium/eyes/recognition/data/class-vectors.npy"

if __name__ == "__main__":
    found = vectors([prompt(name) for name in load_vocabulary().names]) * SCALE
    assert np.abs(found).max() < 127
    np.save(OUT, np.round(found).astype(np.int8))
    print(f"{OUT.name}: {OUT.stat().st_size} bytes")
