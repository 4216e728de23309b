"""The columns of a shop's data set become rows of this project, with a prompt of its own."""

from __future__ import annotations

import csv
from pathlib import Path

from planted import clean, written

from sensorium.tasks.readers import load_table
from sensorium.tasks.rows import RowFormat
from sensorium.tune.dataset.data import read
from sensorium.tune.dataset.products import PROMPT, imported


def shop(folder: Path) -> Path:
    clean(folder)
    path = folder / "shop.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["image", "Uniq Id", "Product Name", "Category", "description", "About Product"])
        out.writerow(["1.png", "a1", "Blue  cup", "Home | Kitchen", "A cup that is blue.", "Holds a cup of tea"])
        out.writerow(["2.png", "a2", "Lamp", "", "A lamp.", ""])
        out.writerow(["3.png", "a3", "Chair", "Home", "", "No description"])
    return path


def test_the_layout_is_read(tmp_path: Path) -> None:
    found = read(imported(load_table(shop(tmp_path))))
    first, second = found.rows
    assert first.question == f"{PROMPT}\nName: Blue cup\nCategory: Home | Kitchen"
    assert first.example.answer == "A cup that is blue." and len(first.images) == 1
    assert second.question == f"{PROMPT}\nName: Lamp"
    assert [each.number for each in found.refused] == [4] and "no answer" in found.refused[0].why


def test_another_question_and_own_columns_are_kept(tmp_path: Path) -> None:
    path = shop(tmp_path)
    asked = read(imported(load_table(path, RowFormat(question="Describe it.")))).rows[0]
    assert asked.question.startswith("Describe it.\nName: Blue cup")
    mapped = RowFormat(columns={"answer": "Product Name"}, question="Name it.")
    assert read(imported(load_table(path, mapped))).rows[1].example.answer == "Lamp"


def test_other_layouts_stay_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, clean(tmp_path))
    assert read(imported(load_table(path))) == read(load_table(path))
