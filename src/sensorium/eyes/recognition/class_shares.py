"""Which of the 1000 classes a text means: what lets words be compared with a picture's features themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.eyes.recognition.efficientnet import CLASSES, class_directions
from sensorium.eyes.recognition.open_vocabulary import unit_rows
from sensorium.eyes.recognition.vocabulary import lookup

Rows = NDArray[np.float32]
_ARTICLE = re.compile(r"^(?:an?|the|some)\s+(?:(?:pair|pairs|piece)\s+of\s+)?", re.IGNORECASE)


def class_shares(meanings: Rows, class_meanings: Rows, sharpness: float) -> Rows:
    """Return each text's shares of the classes, (n, 1000): the softmax of how near their names are in meaning.

    Args:
        meanings: Unit rows of the texts, (n, dims).
        class_meanings: Unit rows of the classes' names, (1000, dims).
        sharpness: Of the softmax: near 0 all classes have the same share.
    """
    near = sharpness * (meanings @ class_meanings.T)
    shares = np.exp(near - near.max(axis=1, keepdims=True))
    normalised: Rows = shares / shares.sum(axis=1, keepdims=True)
    return normalised


def named_shares(names: Sequence[Sequence[str]]) -> Rows:
    """Return the shares of the classes that known words stand for, (n, 1000); zeros for a text without one.

    Args:
        names: The names in each text.
    """
    shares = np.zeros((len(names), CLASSES), dtype=np.float32)
    for row, of_text in enumerate(names):
        known = [found[1] for name in of_text if (found := lookup(name)) is not None]
        for classes in known:
            shares[row, list(classes)] += 1 / len(classes) / len(known)
    return shares


def feature_directions(shares: Rows) -> Rows:
    """Return unit rows in which direction pictures of the classes lie, (n, 1280): their centred logits, by share."""
    return unit_rows(shares @ class_directions())


def without_article(text: str) -> str:
    """Return a name without what stands before it.

    Example:
        >>> without_article("a pair of shoes"), without_article("The red car")
        ('shoes', 'red car')
    """
    bare = " ".join(text.split())
    return _ARTICLE.sub("", bare) or bare
