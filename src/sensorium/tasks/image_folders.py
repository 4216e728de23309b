"""One folder of images a class, as torchvision's ImageFolder and `datasets`' imagefolder read them.

    animals/cats/001.jpg                  the answer is the folder's name: "cats"
    animals/train/polar_bears/001.jpg     with splits: "polar bears", split "train"
    animals/train/metadata.csv            one row an image, named by file_name; other columns as in a row

Sources: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html and
https://huggingface.co/docs/datasets/image_dataset
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from sensorium.core.errors import InputError, quoted
from sensorium.media.sniff import IMAGE_SUFFIXES
from sensorium.tasks.jsonl import RowTable, table
from sensorium.tasks.rows import RowFormat

SPLITS = ("train", "training", "validation", "valid", "val", "dev", "eval", "test", "testing")
"""Folders of these names are splits, if no other folder lies beside them."""
METADATA = ("metadata.jsonl", "metadata.csv")
FILE = "file_name"
_UNREAD = frozenset(
    (".jxl", ".psd", ".svg", ".pdf", ".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".xcf", ".tga", ".exr")
)
_HINT = "Make one folder a class: cats/001.jpg, dogs/001.jpg; or train/cats/001.jpg, test/cats/001.jpg."

Row = Mapping[str, Any]


def classes(path: Path, row_format: RowFormat) -> RowTable:
    """Return the rows of a folder of class folders, or of one with a metadata file; one row an image.

    Args:
        path: The folder. Hidden files, and those without an image's suffix, are skipped.
        row_format: If it maps a column (`answer` to `label`), the rows have it under that name.

    Raises:
        InputError: if it has neither class folders nor a metadata file, or a class is empty.
    """
    return RowTable(path.resolve().name, enumerate(_rows(path, row_format), 1), row_format.in_folder(path), str(path))


def _rows(path: Path, row_format: RowFormat) -> Iterator[Row]:
    metadata = _metadata(path)
    names = [folder.name for folder in _folders(path)]
    named = sorted(
        (name for name in names if name.casefold() in SPLITS), key=lambda name: SPLITS.index(name.casefold())
    )
    splits = tuple(named) if len(named) == len(names) else ()
    if metadata is not None:
        yield from _described(metadata, path, "", splits, row_format)
        return
    if named and not splits:
        other = next(name for name in names if name not in named)
        raise InputError(
            f"{quoted(str(path))} holds {quoted(named[0])}, a split, beside {quoted(other)}, a class.",
            f"Move {quoted(other)} into the splits, or rename {quoted(named[0])}.",
        )
    for split in splits or ("",):
        folder = path / split
        metadata = _metadata(folder)
        yield from (
            _labelled(folder, path, split, row_format)
            if metadata is None
            else _described(metadata, path, split, splits, row_format)
        )


def _labelled(folder: Path, root: Path, split: str, row_format: RowFormat) -> Iterator[Row]:
    """Yield the images of class folders; those in a folder of a class folder belong to the class."""
    classes = _folders(folder)
    if not classes:
        raise InputError(f"{quoted(str(folder))} has no rows.jsonl, no class folders and no metadata.csv.", _HINT)
    loose = _images_in(folder)
    if loose:
        raise InputError(
            f"The picture {quoted(loose[0])} lies beside class folders, in none.",
            "Move it into one of them, or out of the folder.",
        )
    for label in classes:
        images = _images(label)
        if not images:
            raise InputError(f"The class folder {quoted(str(label))} holds no pictures.", "Put some in, or remove it.")
        for file in images:
            yield _row(file.relative_to(root).as_posix(), label.name, split, row_format)


def _described(metadata: Path, root: Path, split: str, splits: tuple[str, ...], row_format: RowFormat) -> Iterator[Row]:
    """Yield the rows of a metadata file; the answer of one without is its class folder's name."""
    for number, columns in table(metadata).rows:
        name = columns.get(FILE)
        if not isinstance(name, str) or not name.strip():
            raise InputError(
                f"Row {number} of {quoted(str(metadata))} has no {FILE}.", f"Give it a column {FILE}: cats/001.jpg"
            )
        place = PurePosixPath(metadata.parent.relative_to(root).as_posix()) / name
        within = place.parts[1:] if place.parts[0] in splits else place.parts
        own = split or (place.parts[0] if place.parts[0] in splits else "")
        row = _row(place.as_posix(), within[0] if len(within) > 1 else "", own, row_format)
        own_columns = {key: value for key, value in columns.items() if key != FILE and value not in (None, "")}
        if "answers" in own_columns:
            row.pop(row_format.columns.get("answer", "answer"), None)
        yield row | own_columns


def _row(name: str, label: str, split: str, row_format: RowFormat) -> dict[str, Any]:
    columns = {"image": name, "answer": label.replace("_", " ").strip(), "split": split}
    return {row_format.columns.get(key, key): value for key, value in columns.items() if value}


def _metadata(folder: Path) -> Path | None:
    return next((folder / name for name in METADATA if (folder / name).is_file()), None)


def _folders(path: Path) -> list[Path]:
    return sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith((".", "__")))


def _images(folder: Path) -> list[Path]:
    """Return the pictures in a folder and its folders; refuse one in a format that isn't read."""
    files = [file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")]
    unread = next((file for file in sorted(files) if file.suffix.lower() in _UNREAD), None)
    if unread is not None:
        raise InputError(
            f"The picture {quoted(unread)} is in a format that isn't read.", "Save it as PNG, or remove it."
        )
    return sorted(file for file in files if file.suffix.lower() in IMAGE_SUFFIXES)


def _images_in(folder: Path) -> list[Path]:
    return sorted(f for f in folder.iterdir() if f.suffix.lower() in IMAGE_SUFFIXES and not f.name.startswith("."))
