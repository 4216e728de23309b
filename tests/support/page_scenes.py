"""What pages take for granted: the files that they name, servers in place of services."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from coloured import pool
from page_blocks import ROOT
from page_run import Typist

from sensorium.core.messages import Image

TOKEN = "0123456789abcdef0123456789abcdef"


def prepare(page: str, monkeypatch: pytest.MonkeyPatch) -> Typist:
    """Write what a page needs into the present folder; return who types it."""
    scene = SCENES.get(page)
    return Typist() if scene is None else scene(monkeypatch) or Typist()


def after_demo(folder: Path) -> None:
    """Write what `make demo` leaves, as far as the pages use it, and links to the clone's recipes and course."""
    sys.path.insert(0, str(ROOT / "recipes"))
    try:
        from demo import QUESTIONS, encoded
        from demo_find import film
        from demo_search import search_lines
    finally:
        sys.path.remove(str(ROOT / "recipes"))
    (folder / "demo" / "pictures").mkdir(parents=True)
    for picture, _ in QUESTIONS:
        (folder / "demo" / "pictures" / f"{picture.name}.png").write_bytes(encoded(picture))
    film(folder / "demo" / "film.mp4")
    list(search_lines(folder / "demo"))
    for name in ("recipes", "course"):
        (folder / name).symlink_to(ROOT / name)


def photo(name: str) -> PIL.Image.Image:
    data = pytest.importorskip("skimage.data")
    return PIL.Image.fromarray(getattr(data, name)())


def _rows(name: str, count: int, splits: tuple[str, ...], **more: str) -> None:
    """Write rows about drawn pictures, all different, in splits by turns."""
    chance = np.random.default_rng(len(name) + count)
    lines = []
    for number in range(count):
        file = f"{Path(name).stem}-{number}.png"
        noise = chance.integers(0, 255, (12, 12, 3), dtype=np.uint8)
        PIL.Image.fromarray(noise).resize((96, 96), PIL.Image.Resampling.NEAREST).save(file)
        answer = ("Assam", "peppermint", "sencha")[number % 3]
        row = {"image": file, "question": "Which tea is this?", "answer": answer, "split": splits[number % len(splits)]}
        lines.append(json.dumps(row | more))
    Path(name).write_text("\n".join(lines), encoding="utf-8")


def _assistive(monkeypatch: pytest.MonkeyPatch) -> Typist:
    from sensorium.apps.http.phone import make_certificate

    for key in ("OPENAI_API_KEY", "SARVAM_API_KEY"):
        monkeypatch.setenv(key, "unused")
    made = make_certificate("192.168.1.20", Path("."))
    for file, name in zip(made, ("cert.pem", "key.pem"), strict=True):
        file.rename(name)
    return Typist({"--token TOKEN": f"--token {TOKEN}"})


def _backends(monkeypatch: pytest.MonkeyPatch) -> None:
    import tiny

    tiny.idefics3(Path("HuggingFaceTB/SmolVLM2-2.2B-Instruct"))
    for number, name in enumerate(("good", "torn", "a", "b")):
        PIL.Image.new("RGB", (40, 40), (60 * number, 0, 0)).save(f"{name}.jpg")


def _course(monkeypatch: pytest.MonkeyPatch) -> Typist:
    return Typist({".venv/bin/sensorium": "sensorium"})


def _data(monkeypatch: pytest.MonkeyPatch) -> None:
    import tiny

    _rows("mine.jsonl", 24, ("train", "test"))
    for name in ("new.jsonl", "old.jsonl"):
        _rows(name, 12, ("train", "test"))
    tiny.idefics3(Path("checkpoint"))
    chance = np.random.default_rng(1)
    for split in ("train", "test"):
        for animal in ("cats", "polar_bears"):
            Path("animals", split, animal).mkdir(parents=True)
            for number in range(4):
                noise = chance.integers(0, 255, (12, 12, 3), dtype=np.uint8)
                picture = PIL.Image.fromarray(noise).resize((96, 96), PIL.Image.Resampling.NEAREST)
                picture.save(Path("animals", split, animal, f"{number}.jpg"), quality=95)


def _fewshot(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = []
    for number, one in enumerate(pool(6)):
        image = next(part for part in one.conversation.parts if isinstance(part, Image))
        Path(f"{number}.png").write_bytes(image.blob.data)
        lines.append(json.dumps({"image": f"{number}.png", "question": "Which tea is this?", "answer": one.answer}))
    Path("mine.jsonl").write_text("\n".join(lines))
    Path("unknown.jpg").write_bytes(Path("0.png").read_bytes())


def _shell(monkeypatch: pytest.MonkeyPatch) -> None:
    from pictures import receipt, sign

    monkeypatch.setenv("HOME", str(Path.cwd()))
    Path(".config/fish/completions").mkdir(parents=True)
    page = PIL.Image.open(io.BytesIO(sign("CONTRACT", "It ends on 2027-03-31"))).convert("RGB")
    page.save("contract.pdf")
    for folder in ("scans", "holiday"):
        Path(folder).mkdir()
        Path(folder, "1.png").write_bytes(sign("PLATFORM 7"))
    Path("receipt.png").write_bytes(receipt())
    Path("questions.txt").write_text("What is the total?\nWhat is the date?\n")


def _starter(monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    with zipfile.ZipFile(ROOT / "course" / "samples" / "shapes.zip") as shapes:
        Path("scene.png").write_bytes(shapes.read("test-279.png"))


def _store(monkeypatch: pytest.MonkeyPatch) -> None:
    from shop import photos

    with open("catalogue.csv", "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "image", "title", "price"])
        for name, data in list(photos().items())[:4]:
            Path(f"{name}.jpg").write_bytes(data)
            out.writerow([name, f"{name}.jpg", f"A fine {name}", "9.90"])


def _tuning(monkeypatch: pytest.MonkeyPatch) -> Typist:
    import tiny

    tiny.idefics3(Path("HuggingFaceTB/SmolVLM-Instruct"))
    _rows("mine.jsonl", 90, ("train", "test", "test", "test", "test"))
    Path("photo.jpg").write_bytes(Path("mine-0.png").read_bytes())
    return Typist()


def _voice(monkeypatch: pytest.MonkeyPatch) -> None:
    from sensorium.backends.piper import Piper

    photo("chelsea").convert("RGB").save("photo.jpg")
    Path("question.wav").write_bytes(Piper(variation=0.0).speak("What is this?", "en").blob.data)


SCENES = {
    "docs/assistive.md": _assistive, "docs/backends.md": _backends, "course/README.md": _course, "docs/data.md": _data,
    "docs/fewshot.md": _fewshot, "docs/shell.md": _shell, "docs/starter.md": _starter, "docs/store.md": _store,
    "src/sensorium/starter/README.md": _starter, "docs/tuning.md": _tuning, "docs/voice.md": _voice,
}  # fmt: skip
"""Page -> what prepares its folder. The guides share a folder as `make demo` leaves it."""
