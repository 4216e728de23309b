"""Fit the models of sensorium.eyes.ocr.struck on letters and currency signs drawn in this machine's faces.

    python recipes/struck_letters.py

Prints, for each letter, how many signs are caught and how many plain letters are called struck in families of faces
that a fit has not seen (leave one out), and writes the weights of a fit on all of them. Faces: those that matplotlib
finds, without those of formulas; sizes 16 to 40 pixels, with blur, as a line of the recogniser has them. Seed 0.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from matplotlib import font_manager
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from sensorium.eyes.ocr.struck import features, ink_of

SIGNS = {"N": "₦", "W": "₩", "P": "₱₽", "T": "₮₸", "K": "₭", "B": "฿₿", "#": "₦₩"}
FORMULAS = ("cm", "STIX", "Last Resort", "Noto Sans Symbols", "Noto Sans Math")
SIZES, BLURS = (16, 22, 30, 40), (0.0, 0.7, 1.2)
PLACE = Path(__file__).parents[1] / "src" / "sensorium" / "eyes" / "ocr" / "data" / "struck_letters.json"
STRENGTH = 0.3
"""Of the regularisation, as scikit-learn's C: of 0.03, 0.1, 0.3, 1 the one that errs least in unseen families."""


def main() -> None:
    """Fit, print and write."""
    draw, weights = random.Random(0), {}
    for letter, signs in SIGNS.items():
        rows = list(drawn(letter, signs, draw))
        inputs = np.array([row for row, _, _ in rows])
        labels = np.array([label for _, label, _ in rows])
        families = np.array([family for _, _, family in rows])
        found = np.zeros(len(rows))
        for family in sorted(set(families)):
            out = families == family
            found[out] = fitted(inputs[~out], labels[~out]).predict_proba(inputs[out])[:, 1]
        caught, false = (found[labels] >= 0.5).mean(), (found[~labels] >= 0.5).mean()
        cleared, lost = (found[~labels] < 0.1).mean(), (found[labels] < 0.1).mean()
        print(
            f"{letter}: {caught:.3f} of {labels.sum()} {signs} at .5 or more, {false:.3f} of {(~labels).sum()} plain;",
            f"under .1: {lost:.3f} and {cleared:.3f}; {len(set(families[labels]))} families with a sign",
            flush=True,
        )
        model = fitted(inputs, labels)
        weights[letter] = [round(float(value), 4) for value in (*model.coef_[0], model.intercept_[0])]
    PLACE.parent.mkdir(exist_ok=True)
    source = "recipes/struck_letters.py, seed 0"
    PLACE.write_text(json.dumps({"source": source, "weights": weights}) + "\n", encoding="utf-8")


def fitted(inputs: NDArray[np.float64], labels: NDArray[np.bool_]) -> LogisticRegression:
    """Fit one letter's model."""
    return LogisticRegression(C=STRENGTH, max_iter=5000, class_weight="balanced").fit(inputs, labels)


def drawn(letter: str, signs: str, draw: random.Random) -> Iterator[tuple[NDArray[np.float64], bool, str]]:
    """Yield features, whether it is struck, and the family, of a letter and its signs in every face that has them."""
    for path, family in sorted({(font.fname, font.name) for font in font_manager.fontManager.ttflist}):
        if family.startswith(FORMULAS):
            continue
        known = font_manager.get_font(path).get_charmap()
        for character in (letter, *signs):
            if ord(character) in known:
                for size in SIZES:
                    for blur in BLURS:
                        piece = ink(path, character, size, blur, draw)
                        if piece is not None:
                            yield features(piece), character != letter, " ".join(family.split()[:2])


def ink(path: str, character: str, size: int, blur: float, draw: random.Random) -> NDArray[np.bool_] | None:
    """Return a character's ink as it is in a line of 48 pixels, before a number."""
    font = PIL.ImageFont.truetype(path, size)
    picture = PIL.Image.new("L", (12 * size, 3 * size), 255)
    PIL.ImageDraw.Draw(picture).text((size, size), f"{character} {draw.randint(10, 999)}", font=font, fill=0)
    grey = np.asarray(picture).astype(np.float32) / 127.5 - 1
    ys, xs = np.nonzero(grey < 0)
    margin = max(2, round((ys.max() - ys.min()) * draw.uniform(0.15, 0.35)))
    line = grey[max(0, ys.min() - margin) : ys.max() + margin, xs.min() - margin : xs.max() + margin]
    line = cv2.resize(line, (round(line.shape[1] * 48 / line.shape[0]), 48), interpolation=cv2.INTER_LINEAR)
    inked = ink_of(cv2.GaussianBlur(line, (0, 0), blur) if blur else line)
    edges = np.flatnonzero(np.diff(np.pad(inked.any(axis=0).astype(np.int8), 1))).reshape(-1, 2)
    piece = inked[:, edges[0][0] : edges[0][1]]
    rows = np.flatnonzero(piece.any(axis=1))
    piece = piece[rows[0] : rows[-1] + 1]
    return piece if min(piece.shape) >= 5 else None


if __name__ == "__main__":
    main()
