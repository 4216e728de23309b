"""What a person's word means to the detector."""

from __future__ import annotations

import pytest

from sensorium.eyes.detection import CLASSES, detector_class, spoken_class
from sensorium.eyes.detection.vocabulary import covers


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("person", "person"), ("somebody", "person"), ("sofa", "couch"), ("Mobile phone", "cell phone"), ("mug", "cup"),
        ("television", "tv"), ("motor-bike", None), ("violin", None), ("computer mouse", "mouse"), ("", None),
    ],
)  # fmt: skip
def test_words_and_kinds(word: str, kind: str | None) -> None:
    assert detector_class(word) == kind


def test_every_kind_is_known_by_what_it_is_called() -> None:
    for kind in CLASSES:
        assert detector_class(kind) == kind
        assert detector_class(spoken_class(kind)) == kind or spoken_class(kind) == "plant in a pot"


def test_seeing_none_of_a_wide_word_says_little() -> None:
    assert covers("dog") and not covers("table") and not covers("violin")
