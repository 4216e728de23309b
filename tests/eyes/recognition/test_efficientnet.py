"""EfficientNet-Lite0 without torch: right on real photos, steady, safe in threads."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import skimage

from sensorium.core.errors import InstallError, MediaError
from sensorium.core.messages import Image
from sensorium.eyes.recognition import efficientnet
from sensorium.media.image import encode, pixels

PHOTOS = Path(skimage.__file__).parent / "data"
REFERENCE_LOGITS = [0.266001, 0.590583, 1.719746, 1.383952]
REFERENCE_NORM = 10.858335
CHELSEA_LOGITS = [-1.068489, 0.452486, -0.530822, -2.475242, -0.324182, -0.998703, 3.119249, -0.325248]
COFFEE_LOGITS = [-0.248887, 0.597412, 0.133384, 0.716152, 0.579846, 0.518927, -1.544105, 0.381254]
CHELSEA, COFFEE = Image(PHOTOS / "chelsea.png"), Image(PHOTOS / "coffee.png")


def test_knows_a_cat_and_an_espresso() -> None:
    assert efficientnet.logits(CHELSEA).argmax() in range(281, 286)
    assert efficientnet.logits(COFFEE).argmax() == 967


def test_agrees_with_the_original_network() -> None:
    # Printed once by the original network (torch 2.13.0) on the same input: see recipes/efficientnet_to_onnx.py.
    ramp = np.linspace(-1, 1, 3 * 224 * 224, dtype=np.float32).reshape(1, 3, 224, 224)
    scores, found = efficientnet.infer_batch(ramp)
    np.testing.assert_allclose(scores[0, :4], REFERENCE_LOGITS, atol=2e-4)
    np.testing.assert_allclose(np.linalg.norm(found[0]), REFERENCE_NORM, rtol=1e-4)


def test_the_converted_file_gives_the_numbers_of_the_package_it_was_made_from() -> None:
    """Every 125th logit and the features' norm, stored before the conversion (numpy folding, weights from pickle)."""
    for image, logits, norm in ((CHELSEA, CHELSEA_LOGITS, 14.607718), (COFFEE, COFFEE_LOGITS, 14.462422)):
        scores, features = efficientnet.infer_batch(efficientnet.preprocess(pixels(image))[None])
        np.testing.assert_allclose(scores[0, ::125], logits, atol=2e-4)
        np.testing.assert_allclose(np.linalg.norm(features[0]), norm, rtol=1e-4)


def test_a_changed_file_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet, "SHA256", "0" * 64)
    efficientnet._session.cache_clear()
    try:
        with pytest.raises(InstallError, match="sha256"):
            efficientnet.logits(CHELSEA)
    finally:
        monkeypatch.undo()
        efficientnet._session.cache_clear()


def test_features_are_a_unit_vector_and_near_for_the_same_thing() -> None:
    cat = efficientnet.features(CHELSEA)
    assert cat.shape == (1280,) and cat.dtype == np.float32
    assert np.linalg.norm(cat) == pytest.approx(1.0, abs=1e-5)
    cropped = efficientnet.features(encode(np.ascontiguousarray(pixels(CHELSEA)[20:280, 30:420])))
    assert cat @ cropped > cat @ efficientnet.features(COFFEE) + 0.2


def test_threads_and_batches_give_equal_results() -> None:
    alone = [efficientnet.logits(image) for image in (CHELSEA, COFFEE)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(efficientnet.logits, [CHELSEA, COFFEE] * 6))
    for number, scores in enumerate(together):
        np.testing.assert_allclose(scores, alone[number % 2], atol=1e-4)
    batch = np.stack([efficientnet.preprocess(pixels(image)) for image in (CHELSEA, COFFEE)])
    np.testing.assert_allclose(efficientnet.infer_batch(batch)[0], np.stack(alone), atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 600), (2000, 3), (224, 224)])
def test_any_shape_of_picture_is_looked_at(shape: tuple[int, int]) -> None:
    scores, found = efficientnet.infer(np.full((*shape, 3), 90, dtype=np.uint8))
    assert scores.shape == (1000,) and found.shape == (1280,)
    assert np.isfinite(scores).all() and np.isfinite(found).all()


def test_a_file_that_is_no_picture_is_an_error() -> None:
    with pytest.raises(MediaError):
        efficientnet.logits(Image(b"this is text"))


def test_importing_loads_no_runtime() -> None:
    code = (
        "import sys, sensorium.eyes.recognition.recogniser\n"
        "sys.exit(any(m in sys.modules for m in ('onnxruntime', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
