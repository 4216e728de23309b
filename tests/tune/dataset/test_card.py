"""A card tells the counts, the licence and what is wrong."""

from __future__ import annotations

from pathlib import Path

from planted import clean, ten_faults, written

from sensorium.tasks.readers import load_table
from sensorium.tune.dataset.card import card
from sensorium.tune.dataset.check import check
from sensorium.tune.dataset.data import read_dataset


def test_a_card_of_a_clean_data_set(tmp_path: Path) -> None:
    found = check(read_dataset(load_table(written(tmp_path, clean(tmp_path)))))
    text = card(found, "CC-BY-NC-4.0", "photos that we cut")
    assert text.startswith("---\nlicense: cc-by-nc-4.0\n") and "size_categories: [n<1K]" in text
    assert "120 rows with 60 different pictures." in text and "| train | 96 |" in text
    assert "no commercial use" in text and "Source: photos that we cut." in text
    assert text.endswith("## What a check found\n\nNothing.\n")
    assert "Answered right without the picture" in text


def test_a_card_says_what_is_wrong_and_what_is_not_known(tmp_path: Path) -> None:
    path, planted = ten_faults(tmp_path)
    text = card(check(read_dataset(load_table(path))))
    assert "license: unknown" in text and "The licence is not stated" in text
    assert all(fault in text for fault in planted)
