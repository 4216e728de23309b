"""Words for what the detector finds: the kind that a person's word means, and the word for a kind."""

from __future__ import annotations

from sensorium.eyes.detection.nanodet import CLASSES

_WORDS = {
    "person": "people somebody someone anybody anyone human man woman boy girl child kid lady guy adult baby",
    "bicycle": "bike cycle", "motorcycle": "motorbike", "airplane": "plane aeroplane aircraft jet airliner",
    "car": "automobile taxi cab", "truck": "lorry van", "boat": "ship sailboat", "dog": "puppy", "cat": "kitten",
    "cow": "cattle bull", "handbag": "purse", "couch": "sofa settee", "tv": "television telly",
    "cell phone": "phone mobile smartphone cellphone telephone", "refrigerator": "fridge",
    "dining table": "table", "potted plant": "houseplant", "cup": "mug", "sports ball": "ball football basketball",
    "donut": "doughnut", "wine glass": "wineglass", "remote": "", "teddy bear": "teddy", "hair drier": "hairdryer",
    "tennis racket": "racket", "suitcase": "", "backpack": "rucksack", "stop sign": "", "mouse": "computer_mouse",
}  # fmt: skip
_SAME = {
    "mobile phone": "cell phone", "remote control": "remote", "hair dryer": "hair drier",
    "pair of scissors": "scissors",
}  # fmt: skip
_SPOKEN = {
    "cell phone": "phone", "tv": "television", "dining table": "table", "potted plant": "plant in a pot",
    "sports ball": "ball", "remote": "remote control", "hair drier": "hair dryer", "airplane": "plane",
    "mouse": "computer mouse",
}  # fmt: skip
_NOT_ONLY = frozenset(("ball", "table", "telephone", "glass", "human", "bat", "jet"))
"""Words of which the detector knows some kinds only: seeing none says little."""


def detector_class(word: str) -> str | None:
    """Return the kind that a singular English noun means, or None if the detector has no such kind."""
    return _KINDS.get(" ".join(word.casefold().replace("-", " ").split()))


def covers(word: str) -> bool:
    """Whether the kind holds all that the word means, so that seeing none may be a "no"."""
    return detector_class(word) is not None and word.casefold() not in _NOT_ONLY


def spoken_class(name: str) -> str:
    """Return what people call a kind."""
    return _SPOKEN.get(name, name)


_KINDS = {name: name for name in CLASSES}
_KINDS |= {word.replace("_", " "): kind for kind, words in _WORDS.items() for word in words.split()} | _SAME
