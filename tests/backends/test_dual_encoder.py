"""clip:NAME: unit rows equal to what transformers itself gives, for CLIP, SigLIP and SigLIP 2; what is refused."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import PIL.Image
import tiny
import torch
from shapes import drawn
from transformers import AutoModel, AutoProcessor

from sensorium import Audio, Embedder, Image, Text, load
from sensorium.backends.transformers.dual_encoder import DualEncoder
from sensorium.core.errors import InputError, LimitError, MediaError
from sensorium.media.image import pixels

TEXTS = ("a red bus and two cats", "Is it a dog?", "", "a horse " * 3)
MAKERS = {
    "clip": tiny.clip,
    "siglip": tiny.siglip,
    "siglip2": lambda folder: tiny.siglip(folder, second=True),
}


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    return [drawn("dots", "red"), drawn("stripes", "blue"), drawn("square", "green")]


@pytest.fixture(scope="module", params=list(MAKERS))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return MAKERS[request.param](tmp_path_factory.mktemp(request.param) / "model")


@pytest.fixture(scope="module")
def embedder(folder: Path) -> Embedder:
    return load(f"clip:{folder}", role="embedder")


def the_librarys_own(folder: Path, texts: tuple[str, ...], images: list[Image]) -> np.ndarray:
    """What transformers gives, as its documentation says to call it, one input at a time."""
    model, processor = AutoModel.from_pretrained(folder), AutoProcessor.from_pretrained(folder)
    model.eval()
    is_siglip = model.config.model_type != "clip"
    rows = []
    with torch.inference_mode():
        for text in texts:
            padding = (
                {"padding": "max_length", "max_length": model.config.text_config.max_position_embeddings}
                if is_siglip
                else {}
            )
            inputs = processor.tokenizer([text], return_tensors="pt", **padding)
            taken = {key: inputs[key] for key in ("input_ids", "attention_mask") if key in inputs}
            rows.append(model.get_text_features(**taken).pooler_output[0])
        for image in images:
            opened = PIL.Image.fromarray(pixels(image))
            inputs = processor.image_processor(opened, return_tensors="pt")
            rows.append(model.get_image_features(**inputs).pooler_output[0])
    found = torch.stack(rows).numpy()
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_rows_are_the_librarys_own_in_the_order_of_the_parts(
    folder: Path, embedder: Embedder, pictures: list[Image]
) -> None:
    parts = [Text(TEXTS[0]), pictures[0], *map(Text, TEXTS[1:]), *pictures[1:]]
    rows = embedder.embed(parts)
    assert isinstance(embedder, Embedder) and embedder.name == f"clip:{folder}"
    assert rows.shape == (7, 16) == (7, embedder.dims) and rows.dtype == np.float32
    expected = the_librarys_own(folder, TEXTS, pictures)
    np.testing.assert_allclose(rows[[0, 2, 3, 4, 1, 5, 6]], expected, atol=1e-5)
    assert np.linalg.matrix_rank(rows - rows.mean(0)) > 2  # random weights that tell inputs apart
    assert embedder.embed([]).shape == (0, 16)


def test_rows_do_not_depend_on_the_batch(embedder: Embedder, pictures: list[Image]) -> None:
    parts = [*pictures, *map(Text, TEXTS)] * 10
    rows = embedder.embed(parts)
    alone = np.concatenate([embedder.embed([part]) for part in parts[:7]])
    for start in range(0, 70, 7):
        np.testing.assert_allclose(rows[start : start + 7], alone, atol=1e-5)


def test_a_text_longer_than_the_context_is_cut_and_says_so_once(embedder: Embedder) -> None:
    assert isinstance(embedder, DualEncoder)
    embedder._has_warned = False
    long = "a dog and a horse " * 40
    with pytest.warns(UserWarning, match=rf"reads the first {embedder.context_tokens} tokens .* has \d+"):
        row = embedder.embed([Text(long)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = embedder.embed([Text(long + " and more")])
    np.testing.assert_allclose(row, again, atol=1e-5)


def test_audio_and_a_broken_picture_are_refused(embedder: Embedder) -> None:
    with pytest.raises(LimitError, match="pictures and text, not audio"):
        embedder.embed([Audio(b"RIFF")])
    with pytest.raises(MediaError):
        embedder.embed([Image(b"no picture")])


def test_its_version_is_that_of_the_weights_and_not_of_the_place(tmp_path: Path) -> None:
    import shutil

    from safetensors.numpy import load_file, save_file

    first = tiny.clip(tmp_path / "first")
    shutil.copytree(first, tmp_path / "second")
    same, moved = (load(f"clip:{tmp_path / name}", role="embedder") for name in ("first", "second"))
    assert same.version == moved.version
    weights = load_file(tmp_path / "second" / "model.safetensors")
    weights["logit_scale"] = np.asarray(weights["logit_scale"] + np.float32(1e-3))
    save_file(weights, tmp_path / "second" / "model.safetensors", {"format": "pt"})
    assert load(f"clip:{tmp_path / 'second'}", role="embedder").version != same.version


def test_another_kind_of_checkpoint_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="isn't a dual encoder: its type is 'vilt'") as caught:
        load(f"clip:{tiny.vilt(tmp_path / 'vilt')}", role="embedder")
    assert "siglip2" in caught.value.hint


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_it_runs_in_bfloat16_and_says_nearly_the_same(folder: Path, pictures: list[Image]) -> None:
    parts = [*pictures, *map(Text, TEXTS)]
    gpu, cpu = (load(f"clip:{folder}?device={device}", role="embedder") for device in ("cuda", "cpu"))
    assert gpu.checkpoint.model.dtype == torch.bfloat16 and cpu.checkpoint.model.dtype == torch.float32
    assert ((gpu.embed(parts) * cpu.embed(parts)).sum(axis=1) > 0.99).all()
