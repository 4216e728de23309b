"""Pictures in one folder a class, as torchvision's ImageFolder and `datasets`' imagefolder read them.

    animals/cats/001.jpg                  the answer is the folder's name: "cats"
    animals/train/polar_bears/001.jpg     with splits: "polar bears", split "train"
    animals/train/metadata.csv            a row a picture, which file_name names; its other columns are a row's

Sources: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html and
https://huggingface.co/docs/datasets/image_dataset
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from sensorium.core.errors import InputError, quoted
from sensorium.media.sniff import IMAGE_SUFFIXES
from sensorium.tasks import jsonl as taskfile
from sensorium.tasks.jsonl import RowTable
from sensorium.tasks.rows import RowFormat

SPLITS = ("train", "training", "validation", "valid", "val", "dev", "eval", "test", "testing")
"""Folders of these names are splits and no classes, where nothing but such folders is beside them."""
METADATA = ("metadata.jsonl", "metadata.csv")
FILE = "file_name"
_EXAMPLE = "Make one folder a class: cats/001.jpg, dogs/001.jpg; or train/cats/001.jpg, test/cats/001.jpg."

Row = Mapping[str, Any]


def classes(path: Path, reading: RowFormat) -> RowTable:
    """Open a folder of class folders, or one with a metadata file; each picture is a row.

    Args:
        path: The folder. Hidden files, and those that are no pictures by their name's ending, are passed over.
        reading: Where it maps a column (`answer` to `label`), the rows have it under that name.

    Raises:
        InputError: when there are neither class folders nor a metadata file, or a class has no picture.
    """
    placed = RowFormat(reading.media or path, reading.columns, reading.question)
    return RowTable(path.resolve().name, enumerate(_rows(path, reading), 1), placed, str(path))


def _rows(path: Path, reading: RowFormat) -> Iterator[Row]:
    about = _metadata(path)
    names = [each.name for each in _folders(path)]
    found = sorted(
        (name for name in names if name.casefold() in SPLITS), key=lambda name: SPLITS.index(name.casefold())
    )
    splits = tuple(found) if len(found) == len(names) else ()
    if about is not None:
        yield from _described(about, path, "", splits, reading)
        return
    if found and not splits:
        other = next(name for name in names if name not in found)
        raise InputError(
            f"{quoted(str(path))} holds {quoted(found[0])}, a split, beside {quoted(other)}, a class.",
            f"Move {quoted(other)} into the splits, or rename {quoted(found[0])}.",
        )
    for split in splits or ("",):
        folder = path / split
        about = _metadata(folder)
        yield from (
            _labelled(folder, path, split, reading)
            if about is None
            else _described(about, path, split, splits, reading)
        )


def _labelled(folder: Path, root: Path, split: str, reading: RowFormat) -> Iterator[Row]:
    """Return the pictures of class folders: what lies in a folder of a folder belongs to the outer one."""
    found = _folders(folder)
    if not found:
        raise InputError(f"{quoted(str(folder))} has no rows.jsonl, no class folders and no metadata.csv.", _EXAMPLE)
    for each in found:
        pictures = _pictures(each)
        if not pictures:
            raise InputError(f"The class folder {quoted(str(each))} holds no pictures.", "Put some in, or remove it.")
        for file in pictures:
            yield _row(file.relative_to(root).as_posix(), each.name, split, reading)


def _described(about: Path, root: Path, split: str, splits: tuple[str, ...], reading: RowFormat) -> Iterator[Row]:
    """Return the rows of a metadata file; one without an answer has its class folder's name."""
    for number, given in taskfile.table(about).rows:
        name = given.get(FILE)
        if not isinstance(name, str) or not name.strip():
            raise InputError(
                f"Row {number} of {quoted(str(about))} has no {FILE}.", f"Give it a column {FILE}: cats/001.jpg"
            )
        place = PurePosixPath(about.parent.relative_to(root).as_posix()) / name
        within = place.parts[1:] if place.parts[0] in splits else place.parts
        own = split or (place.parts[0] if place.parts[0] in splits else "")
        row = _row(place.as_posix(), within[0] if len(within) > 1 else "", own, reading)
        told = {key: value for key, value in given.items() if key != FILE and value not in (None, "")}
        if "answers" in told:
            row.pop(reading.columns.get("answer", "answer"), None)
        yield row | told


def _row(name: str, label: str, split: str, reading: RowFormat) -> dict[str, Any]:
    made = {"image": name, "answer": label.replace("_", " ").strip(), "split": split}
    return {reading.columns.get(key, key): value for key, value in made.items() if value}


def _metadata(folder: Path) -> Path | None:
    return next((folder / name for name in METADATA if (folder / name).is_file()), None)


def _folders(path: Path) -> list[Path]:
    return sorted(each for each in path.iterdir() if each.is_dir() and not each.name.startswith((".", "__")))


def _pictures(folder: Path) -> list[Path]:
    return sorted(
        each
        for each in folder.rglob("*")
        if each.suffix.lower() in IMAGE_SUFFIXES and each.is_file() and not each.name.startswith(".")
    )
