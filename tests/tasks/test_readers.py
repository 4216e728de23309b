"""Parquet and data sets become the same tasks as JSON Lines; the libraries that read them are the real ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from sensorium.core.errors import InputError, InstallError, MediaError
from sensorium.core.messages import Conversation, Image
from sensorium.media.image import encode, pixels
from sensorium.tasks.readers import from_dataset, load_task
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import Example, Task

pyarrow = pytest.importorskip("pyarrow")
RED = np.full((8, 8, 3), (220, 30, 30), dtype=np.uint8)


@pytest.fixture(scope="module")
def datasets() -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports warn
        return pytest.importorskip("datasets")


def parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


def test_a_parquet_file_with_pictures_in_it_and_beside_it(tmp_path: Path) -> None:
    data = encode(RED).blob.data
    (tmp_path / "a.png").write_bytes(data)
    path = parquet(
        tmp_path / "t.parquet",
        [
            {"picture": {"bytes": data, "path": "x.png"}, "question": "Colour?", "answers": ["red", "crimson"], "n": 1},
            {"picture": {"bytes": None, "path": "a.png"}, "question": None, "answers": ["red"], "n": None},
        ],
    )
    task = load_task(path, RowFormat(columns={"image": "picture", "id": "n"}, question="Which?"))
    image = Image(data)
    assert task == Task(
        "t",
        (
            Example(Conversation.of(image, "Colour?"), ("red", "crimson"), id="1"),
            Example(Conversation.of(image, "Which?"), ("red",)),
        ),
    )


def test_faults_in_parquet_quote_file_and_row(tmp_path: Path) -> None:
    rows = [{"question": "a", "answer": "b"}, {"question": "a", "answer": None}]
    with pytest.raises(InputError, match=r"^Row 2 of '.*t\.parquet': It has no answer"):
        load_task(parquet(tmp_path / "t.parquet", rows))
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match=r"bad\.parquet' isn't a Parquet file"):
        load_task(tmp_path / "bad.parquet")
    with pytest.raises(MediaError, match="No file"):
        load_task(tmp_path / "gone.parquet")


def made(datasets: Any, labels: list[int | None]) -> Any:
    classes = datasets.ClassLabel(names=["red", "blue"])
    words = datasets.Value("string")
    features = datasets.Features({"image": datasets.Image(), "label": classes, "question": words})
    rows = {"image": [PIL.Image.fromarray(RED)] * len(labels), "label": labels, "question": ["Which?"] * len(labels)}
    return datasets.Dataset.from_dict(rows, features=features)


def test_a_data_set_with_classes_and_pictures(datasets: Any) -> None:
    task = from_dataset(made(datasets, [0, 1]), "colours", "train", RowFormat(columns={"answer": "label"}))
    assert [(e.answer, e.split) for e in task.examples] == [("red", "train"), ("blue", "train")]
    (image, _) = task.examples[0].conversation.parts
    assert isinstance(image, Image) and (pixels(image) == RED).all()
    assert task.examples[0].conversation == Conversation.of(image, "Which?")
    with pytest.raises(InputError, match="Row 2 of 'colours': It has no answer"):
        from_dataset(made(datasets, [0, None]), "colours", row_format=RowFormat(columns={"answer": "label"}))


def test_a_saved_data_set_keeps_its_splits(datasets: Any, tmp_path: Path) -> None:
    reading = RowFormat(columns={"answer": "label"})
    both = datasets.DatasetDict({"train": made(datasets, [0, 1]), "test": made(datasets, [1])})
    both.save_to_disk(str(tmp_path / "both"))
    task = load_task(tmp_path / "both", reading)
    assert (task.name, [(e.answer, e.split) for e in task.examples]) == (
        "both", [("red", "train"), ("blue", "train"), ("blue", "test")]
    )  # fmt: skip
    both["test"].save_to_disk(str(tmp_path / "one"))
    assert load_task(tmp_path / "one", reading).splits == ("",)


def test_rows_with_opened_pictures(datasets: Any) -> None:
    from sensorium.tasks.jsonl import task

    rows = enumerate(made(datasets, [0]), 1)
    found = task(((n, {**row, "answer": "red"}) for n, row in rows), "opened", RowFormat(ignore="label"))
    (image, _) = found.examples[0].conversation.parts
    assert isinstance(image, Image) and (pixels(image) == RED).all()


def test_other_files_go_to_the_core(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("question,answer\nRed?,yes\n")
    assert load_task(tmp_path / "t.csv").examples[0].answer == "yes"


@pytest.mark.parametrize(("package", "source"), [("pyarrow", "t.parquet"), ("datasets", "datasets:some/thing")])
def test_what_is_not_installed_is_said(package: str, source: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from sensorium.core.errors import InstallError\nfrom sensorium.tasks.readers import load_task\n"
        f"try:\n    load_task({source!r})\nexcept InstallError as error:\n    print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert package in said and 'pip install "sensorium[data]"' in said
    assert InstallError.__name__ not in said
