"""A torchvision that does not import: those that don't need it answer and learn, the others say what to type."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import PIL.Image
import pytest

pytest.importorskip("trl")
import tiny

from sensorium.checkpoint import torchvision_install

PROGRAM = """
import sys
if {early}:
    import transformers  # as a program of the user's may
from sensorium import Image, Options, ask, load
from sensorium.core.errors import InstallError
from sensorium.tune import Recipe, train

reply = ask(load("transformers:base"), Image("0.png"), "What colour is it?", options=Options(max_tokens=3))
print(bool(reply.text), sys.modules["torchvision"])
recipe = Recipe("base", "rows.jsonl", "adapter", eval_split="", max_steps=1, lora_r=2, device="cpu")
print(train(recipe).steps)
try:
    load("transformers:qwen")
except InstallError as error:
    print(error.message, "|", error.hint)
"""
REASON = "operator torchvision::nms does not exist"


def qwen(folder: Path) -> None:
    """Write what a Qwen2.5-VL checkpoint has beside its weights."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "qwen2_5_vl"}))
    kinds = {"video_processor": {"video_processor_type": "Qwen2VLVideoProcessor"},
             "image_processor": {"image_processor_type": "Qwen2VLImageProcessor"}}  # fmt: skip
    (folder / "processor_config.json").write_text(json.dumps({"processor_class": "Qwen2_5_VLProcessor"} | kinds))
    tiny.tokenizer().save_pretrained(folder)


@pytest.mark.parametrize("early", [pytest.param(False, marks=pytest.mark.long), True])
def test_a_torchvision_that_does_not_import_breaks_nobody_else(early: bool, tmp_path: Path) -> None:
    broken = tmp_path / "site"
    (broken / "torchvision").mkdir(parents=True)
    (broken / "torchvision/__init__.py").write_text(f"raise RuntimeError({REASON!r})")
    (broken / "torchvision-0.1.dist-info").mkdir()
    (broken / "torchvision-0.1.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: torchvision\nVersion: 0.1\n"
    )
    tiny.idefics3(tmp_path / "base")
    qwen(tmp_path / "qwen")
    PIL.Image.new("RGB", (32, 32), "red").save(tmp_path / "0.png")
    row = {"image": "0.png", "question": "What colour is it?", "answer": "red"}
    (tmp_path / "rows.jsonl").write_text(f"{json.dumps(row)}\n" * 8)
    source = Path(__file__).parents[2] / "src"
    environment = os.environ | {"PYTHONPATH": f"{broken}{os.pathsep}{source}", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", PROGRAM.format(early=early)]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    answered, steps, refused = run.stdout.splitlines()[-3:]
    assert (answered, steps) == ("True None", "1")
    assert f"'qwen' needs torchvision, and the installed one does not import: '{REASON}'." in refused
    assert "| Type: pip uninstall --yes torchvision && pip install torchvision num2words torch==" in refused


@pytest.mark.parametrize(
    ("installed", "kept"),
    [
        ("2.14.1", " torch==2.14.1"),
        ("2.13.0+cpu", " torch==2.13.0+cpu --extra-index-url https://download.pytorch.org/whl/cpu"),
        ("2.13.0+cu126", " torch==2.13.0+cu126 --extra-index-url https://download.pytorch.org/whl/cu126"),
        ("2.13.0a0+git1234", " torch==2.13.0a0+git1234"),
    ],
)
def test_the_hint_keeps_the_installed_torch(installed: str, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda name: installed)
    monkeypatch.setattr(torchvision_install, "hide_broken_torchvision", lambda: "")
    error = torchvision_install.torchvision_error("org/name")
    assert error.hint == f"Type: pip install torchvision num2words{kept}"
    assert "'org/name' needs torchvision" in error.message and "Qwen-VL" in error.message and "Llama 4" in error.message


def test_the_list_of_those_that_need_it_is_the_librarys() -> None:
    """Each family that the message names has, in the installed library, no image processor without torchvision."""
    import transformers

    models = Path(transformers.__file__).parent / "models"
    folders = {
        "Qwen-VL": "qwen2_vl", "SmolVLM": "smolvlm", "LLaVA-OneVision": "llava_onevision", "InternVL": "internvl",
        "GLM-4V": "glm4v", "MiniCPM-V": "minicpmv4_6", "Gemma 4": "gemma4", "LFM2-VL": "lfm2_vl", "Llama 4": "llama4",
        "Phi-4": "phi4_multimodal",
    }  # fmt: skip
    message = torchvision_install.torchvision_error("x").message
    for family, name in folders.items():
        videos = any((models / name).glob("video_processing_*.py"))
        images, pil = (any((models / name).glob(f"image_processing_{kind}*.py")) for kind in ("", "pil_"))
        assert family in message and (videos or (images and not pil)), family
