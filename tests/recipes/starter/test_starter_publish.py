"""publish.py on a copy of the repository: the model, its digest where loading looks for it, its log, its card."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

ROOT = Path(__file__).parents[3]
COPIED = ("src/sensorium", "recipes/starter", "docs/starter.md")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name)
        else:
            shutil.copy(ROOT / name, root / name)
    return root


def python(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the copy's package."""
    env = {**os.environ, "PYTHONPATH": str(root / "src"), "HF_HUB_OFFLINE": "1"}
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=300, cwd=root, env=env)


def publish(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return python(root, str(root / "recipes" / "starter" / "publish.py"), *words)


def trained(folder: Path) -> str:
    """Make a model with other weights; gives their digest."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(ROOT / "src" / "sensorium" / "starter", folder)
    weights = load_file(folder / "model.safetensors")
    next(iter(weights.values())).flatten()[0] += 1
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    (folder.parent / "log.jsonl").write_text('{"step": 1}\n')
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_a_trained_model_is_published_with_its_digest(copy: Path, tmp_path: Path) -> None:
    """Before: the digest went into checkpoint/starter.py, which is no more; the command ended in a traceback."""
    digest = trained(tmp_path / "model")
    done = publish(copy, str(tmp_path / "model"))
    assert done.returncode == 0 and digest in done.stdout, done.stderr
    source = (copy / "src/sensorium/checkpoint/load.py").read_text(encoding="utf-8")
    assert re.findall(r'_SHA256 = "(\w*)"', source) == [digest]
    before = (ROOT / "src/sensorium/checkpoint/load.py").read_text(encoding="utf-8")
    assert re.sub(r'_SHA256 = "\w*"', "", source) == re.sub(r'_SHA256 = "\w*"', "", before)
    for file in (tmp_path / "model").iterdir():
        assert (copy / "src/sensorium/starter" / file.name).read_bytes() == file.read_bytes()
    assert (copy / "recipes/starter/log.jsonl").read_text() == '{"step": 1}\n'
    verified = python(copy, "-c", "from sensorium.checkpoint.load import starter_folder as f; print(f())")
    assert verified.stdout.strip() == str(copy / "src/sensorium/starter"), verified.stderr


def test_the_card_and_the_picture_are_those_of_the_repository(copy: Path) -> None:
    import PIL.Image
    import PIL.ImageChops

    for name in ("src/sensorium/starter", "src/sensorium/checkpoint"):
        shutil.copytree(ROOT / name, copy / name, dirs_exist_ok=True)
    done = publish(copy)
    assert done.returncode == 0, done.stderr
    card = Path("src/sensorium/starter/README.md")
    assert (copy / card).read_text(encoding="utf-8") == (ROOT / card).read_text(encoding="utf-8")
    with PIL.Image.open(copy / "docs/starter.png") as new, PIL.Image.open(ROOT / "docs/starter.png") as old:
        assert new.size == old.size
        assert PIL.ImageChops.difference(new.convert("RGB"), old.convert("RGB")).getbbox() is None


def test_a_folder_without_weights_is_refused(copy: Path, tmp_path: Path) -> None:
    done = publish(copy, str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == f"{str(tmp_path)!r} has no model.safetensors. Pass the folder that train.py has saved.\n"


def test_a_source_without_a_digest_is_refused_before_anything_is_copied(copy: Path, tmp_path: Path) -> None:
    trained(tmp_path / "model")
    source = copy / "src/sensorium/checkpoint/load.py"
    text, weights = source.read_text(encoding="utf-8"), copy / "src/sensorium/starter/model.safetensors"
    before = weights.read_bytes()
    source.write_text(text.replace("_STARTER_SHA256 = ", "_OTHER = "), encoding="utf-8")
    done = publish(copy, str(tmp_path / "model"))
    source.write_text(text, encoding="utf-8")
    assert done.returncode == 1 and "load.py has 0 lines _STARTER_SHA256" in done.stderr
    assert weights.read_bytes() == before
