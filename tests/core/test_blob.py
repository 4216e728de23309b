"""Blob: lazy, and equal by content."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, MediaError
from sensorium.core.files import reading


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data.bin"
    path.write_bytes(b"abc")
    return path


def test_nothing_is_read_before_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "later"
    made = Blob(path)
    assert made.path == path and repr(made) == f"Blob({str(path)!r})"
    path.write_bytes(b"abc")
    assert made.data == b"abc"


def test_a_file_is_read_once(file: Path) -> None:
    made = Blob(file)
    before = made.digest
    file.write_bytes(b"something else")
    assert (made.data, made.digest) == (b"abc", before)
    assert Blob(file) != made
    file.unlink()
    assert made.data == b"abc"


def test_the_same_bytes_are_the_same_blob(file: Path) -> None:
    kinds = [Blob(b"abc"), Blob(bytearray(b"abc")), Blob(memoryview(b"abc")), Blob(file), Blob(str(file))]
    assert len(set(kinds)) == 1
    assert all(one == Blob(b"abc") for one in kinds)
    assert Blob(b"abc") != Blob(b"abd") and Blob(b"abc") != b"abc"
    assert Blob(b"abc").digest == hashlib.sha256(b"abc").hexdigest()


def test_what_it_was_made_of_may_change() -> None:
    given = bytearray(b"abc")
    made = Blob(given)
    given[0] = 0
    assert made.data == b"abc"


def test_it_takes_no_new_attributes_and_no_new_bytes() -> None:
    with pytest.raises(AttributeError):
        Blob(b"abc").data = b"abd"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Blob(b"abc").name = "x"  # type: ignore[attr-defined]


def test_it_can_be_pickled(file: Path) -> None:
    for made in (Blob(b"abc"), Blob(file)):
        assert pickle.loads(pickle.dumps(made)) == made


def test_json_both_ways(file: Path) -> None:
    assert Blob(file).to_json() == {"data": "YWJj", "sha256": hashlib.sha256(b"abc").hexdigest()}
    assert Blob.from_json(Blob(file).to_json()) == Blob(b"abc")
    assert Blob.from_json({"data": ""}) == Blob(b"")


@pytest.mark.parametrize(
    "value", [None, [], "x", {}, {"data": "?"}, {"data": 3}, {"data": "YWJj", "sha256": "0" * 64}, {"data": "YWJ"}]
)
def test_json_that_is_no_blob(value: object) -> None:
    with pytest.raises(InputError) as caught:
        Blob.from_json(value)
    assert caught.value.hint


@pytest.mark.parametrize("source", [None, 3, "", b"/tmp/x".hex, object(), ["a"]])
def test_what_a_blob_is_not_made_of(source: object) -> None:
    with pytest.raises(InputError):
        Blob(source)  # type: ignore[arg-type]


def test_what_it_is_called_is_printable(tmp_path: Path) -> None:
    assert Blob(b"abc").shown == "The given data"
    assert Blob("a b.png").shown == "'a b.png'"
    assert Blob("it's.png").shown == '"it\'s.png"'
    assert Blob("a\nb\x1b.png").shown == "'a\\nb\\x1b.png'"
    assert Blob("caf\udce9.png").shown == "'caf\\xe9.png'"
    assert Blob("größe.png").shown == "'größe.png'"


def test_a_file_that_is_too_large_is_not_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 2)
    with pytest.raises(MediaError, match="the maximum is"):
        _ = Blob(file).data


def test_a_failed_reading_is_tried_again(tmp_path: Path) -> None:
    made = Blob(tmp_path / "later")
    with pytest.raises(MediaError, match="No file"):
        _ = made.data
    (tmp_path / "later").write_bytes(b"now")
    assert made.data == b"now"


def test_a_file_under_a_file_is_missing(file: Path) -> None:
    with pytest.raises(MediaError, match="No file"):
        _ = Blob(file / "more").data
