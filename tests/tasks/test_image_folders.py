"""One folder a class: read as torchvision's ImageFolder and `datasets`' imagefolder read it."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import pytest

from sensorium.core.errors import InputError, MediaError
from sensorium.core.messages import Image, Text
from sensorium.tasks.readers import load_table, load_task
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import Task

Row = tuple[str, str, str, str]


def pictures(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.new("RGB", (8, 8), (200, 30, len(name))).save(folder / name)
    return folder


def rows(task: Task, folder: Path) -> list[Row]:
    """Return picture, question, answer and split of each example."""
    found = []
    for each in task.examples:
        (image,) = (part for part in each.conversation.parts if isinstance(part, Image))
        assert image.blob.path is not None
        asked = " ".join(part.text for part in each.conversation.parts if isinstance(part, Text))
        found.append((Path(image.blob.path).relative_to(folder.resolve()).as_posix(), asked, each.answer, each.split))
    return found


def test_a_folder_a_class(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "animals", "cats/2.png", "cats/1.JPG", "polar_bears/deep/a.png", ".hidden/x.png")
    (folder / "cats" / "notes.txt").write_text("no picture")
    (folder / "cats" / "._1.png").write_bytes(b"what some systems leave behind")
    (folder / "README.md").write_text("about them")
    task = load_task(folder, RowFormat(question="Which animal is it?"))
    assert task.name == "animals"
    assert rows(task, folder) == [
        ("cats/1.JPG", "Which animal is it?", "cats", ""),
        ("cats/2.png", "Which animal is it?", "cats", ""),
        ("polar_bears/deep/a.png", "Which animal is it?", "polar bears", ""),
    ]
    assert rows(load_task(folder, RowFormat(columns={"answer": "label"})), folder)[0] == ("cats/1.JPG", "", "cats", "")


def test_splits_above_the_classes(tmp_path: Path) -> None:
    folder = pictures(tmp_path, "test/dogs/1.png", "train/dogs/2.png", "train/cats/3.png", "Validation/cats/4.png")
    assert [(name, answer, split) for name, _, answer, split in rows(load_task(folder), folder)] == [
        ("train/cats/3.png", "cats", "train"),
        ("train/dogs/2.png", "dogs", "train"),
        ("Validation/cats/4.png", "cats", "Validation"),
        ("test/dogs/1.png", "dogs", "test"),
    ]


def test_it_agrees_with_datasets_imagefolder(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    folder = pictures(tmp_path / "in", "train/cats/1.png", "train/dogs/1.png", "train/dogs/2.png", "test/cats/9.png")
    theirs = datasets.load_dataset("imagefolder", data_dir=str(folder), cache_dir=str(tmp_path / "cache"))
    labels = theirs["train"].features["label"]
    expected = sorted(
        (split, labels.int2str(row["label"]), Path(row["image"].filename).name)
        for split in theirs
        for row in theirs[split]
    )
    assert sorted((s, answer, Path(name).name) for name, _, answer, s in rows(load_task(folder), folder)) == expected


def test_metadata_beside_the_pictures(tmp_path: Path) -> None:
    folder = pictures(tmp_path, "train/cats/1.png", "train/2.png", "test/3.png")
    (folder / "train" / "metadata.csv").write_text(
        "file_name,question,answer\ncats/1.png,Which?,\n2.png,How many?,two\n", encoding="utf-8"
    )
    (folder / "test" / "metadata.jsonl").write_text('{"file_name": "3.png", "question": "How many?", "answers": ["3"]}')
    assert rows(load_task(folder), folder) == [
        ("train/cats/1.png", "Which?", "cats", "train"),
        ("train/2.png", "How many?", "two", "train"),
        ("test/3.png", "How many?", "3", "test"),
    ]


def test_one_metadata_file_over_the_splits(tmp_path: Path) -> None:
    folder = pictures(tmp_path, "train/1.png", "test/2.png")
    (folder / "metadata.csv").write_text("file_name,text\ntrain/1.png,a bus\ntest/2.png,a cat\n")
    task = load_task(folder, RowFormat(columns={"answer": "text"}))
    assert rows(task, folder) == [("train/1.png", "", "a bus", "train"), ("test/2.png", "", "a cat", "test")]


def test_faults_quote_and_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no rows\.jsonl, no class folders and no metadata\.csv") as error:
        load_task(tmp_path)
    assert "cats/001.jpg" in error.value.hint
    pictures(tmp_path, "cats/1.png")
    (tmp_path / "dogs").mkdir()
    with pytest.raises(InputError, match=r"class folder '.*dogs' holds no pictures"):
        load_task(tmp_path)
    pictures(tmp_path, "dogs/1.png", "test/dogs/2.png")
    with pytest.raises(InputError, match=r"holds 'test', a split, beside 'cats', a class"):
        load_task(tmp_path)
    (tmp_path / "metadata.csv").write_text("file_name,answer\n../secret.png,x\n")
    with pytest.raises(InputError, match=r"^Row 1 of .*secret\.png"):
        load_task(tmp_path)
    (tmp_path / "metadata.csv").write_text("file_name,answer\n/etc/hostname,x\n")
    with pytest.raises(InputError, match=r"^Row 1 of .*/etc/hostname"):
        load_task(tmp_path)
    (tmp_path / "metadata.csv").write_text("file,answer\ncats/1.png,x\n")
    with pytest.raises(InputError, match=r"Row 2 of .* has no file_name"):
        load_task(tmp_path)
    with pytest.raises(MediaError, match="No file"):
        load_task(tmp_path / "gone.jsonl")


def test_broken_rows_are_kept_aside_by_a_check(tmp_path: Path) -> None:
    from sensorium.tune.dataset.data import read_dataset

    pictures(tmp_path, "cats/1.png")
    (tmp_path / "metadata.csv").write_text("file_name\ncats/1.png\ncats/2.png\n")
    found = read_dataset(load_table(tmp_path))
    assert (len(found.rows), [each.number for each in found.unusable]) == (1, [2])
