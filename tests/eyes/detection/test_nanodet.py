"""The detector on real photos that packages carry, and its geometry."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import skimage

from sensorium.core.errors import InstallError
from sensorium.core.messages import Image
from sensorium.core.protocols import Detector
from sensorium.eyes.detection import CLASSES, detector, nanodet
from sensorium.media.image import encode

DATA = Path(skimage.__file__).parent / "data"


def astronaut() -> PIL.Image.Image:
    return PIL.Image.open(DATA / "astronaut.png").convert("RGB")


def test_it_is_a_detector_of_eighty_kinds() -> None:
    assert isinstance(detector(), Detector)
    assert len(set(detector().classes)) == len(CLASSES) == 80
    assert CLASSES[0] == "person" and CLASSES[45] == "bowl" and CLASSES[79] == "toothbrush"


@pytest.mark.parametrize(("file", "kind"), [("astronaut.png", "person"), ("chelsea.png", "cat")])
def test_the_surest_thing_of_a_photo(file: str, kind: str) -> None:
    found = detector().detect(Image(str(DATA / file)))
    assert found[0].name == kind and found[0].probability > 0.8
    assert [one.probability for one in found] == sorted((one.probability for one in found), reverse=True)


def test_a_box_follows_the_thing_in_pixels_of_the_image() -> None:
    """The woman fills most of her photo; beside her a plain ground as wide, the box moves with her."""
    alone = detector().detect(encode(astronaut()))[0].box
    wide = PIL.Image.new("RGB", (1536, 512), (120, 120, 120))
    wide.paste(astronaut(), (1024, 0))
    beside = detector().detect(encode(wide))[0]
    assert beside.name == "person" and beside.box.left > 1000 and beside.box.right <= 1536
    assert beside.box.left == pytest.approx(alone.left + 1024, abs=60)
    large = detector().detect(encode(astronaut().resize((1024, 1024))))[0].box
    assert list(large) == pytest.approx([2 * edge for edge in alone], abs=40)


def test_two_people_are_two_boxes_and_one_person_is_one() -> None:
    pair = PIL.Image.new("RGB", (1024, 512))
    pair.paste(astronaut(), (0, 0))
    pair.paste(astronaut().transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT), (512, 0))
    people = [one for one in detector().detect(encode(pair)) if one.name == "person" and one.probability > 0.8]
    assert len(people) == 2 and {one.box.left > 500 for one in people} == {True, False}


def test_overlap_and_suppression() -> None:
    assert nanodet.overlap((0, 0, 10, 10), (0, 0, 10, 10)) == pytest.approx(1)
    assert nanodet.overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert nanodet.overlap((0, 0, 10, 10), (20, 20, 30, 30)) == 0.0
    boxes = np.array([(0, 0, 10, 10), (1, 0, 10, 10), (50, 50, 60, 60)], dtype=np.float32)
    assert nanodet._suppress(boxes, np.array([0.5, 0.9, 0.3], dtype=np.float32)) == [1, 2]


def test_a_probability_grows_with_the_score_and_people_are_surer() -> None:
    values = [nanodet.probability(score) for score in (0.05, 0.2, 0.5, 0.8, 1.0)]
    assert values == sorted(values) and values[0] < 0.03 and values[2] == pytest.approx(0.8, abs=0.01)
    assert nanodet.probability(0.4, person=True) == pytest.approx(0.8, abs=0.01)
    assert nanodet.probability(0.4) < 0.7


def test_changed_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "nanodet-g.onnx"
    changed.write_bytes(nanodet._MODEL.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(nanodet, "_MODEL", changed)
    nanodet._session.cache_clear()
    try:
        with pytest.raises(InstallError, match="is not the expected file"):
            detector().detect(encode(astronaut().resize((200, 200))))
    finally:
        nanodet._session.cache_clear()
