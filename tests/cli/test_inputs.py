"""What was typed: files by content, words as words, paths that are not there as errors."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from strange import saved

from sensorium import Image, Text
from sensorium.cli.inputs import DEFAULT_QUESTION, conversation, image_of, part_of, why_path
from sensorium.core.errors import InputError, MediaError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(saved("JPEG"))
    (tmp_path / "question.txt").write_text("What is the total?\n")
    (tmp_path / "pictures").mkdir()
    return tmp_path


def typed_in(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_the_order_is_kept(here: Path) -> None:
    (here / "other.png").write_bytes(saved("PNG"))
    (message,) = conversation(["First", "photo.jpg", "then", "question.txt", "other.png", "last?"]).messages
    assert message.role == "user"
    assert message.parts == (
        Text("First"), Image("photo.jpg"), Text("then"), Text("What is the total?\n"), Image("other.png"),
        Text("last?"),
    )  # fmt: skip


def test_a_picture_alone_is_asked_about(here: Path) -> None:
    assert conversation(["photo.jpg"]).messages[0].parts == (Image("photo.jpg"), Text(DEFAULT_QUESTION))
    assert conversation(["photo.jpg", "question.txt"]).messages[0].parts[-1] == Text("What is the total?\n")


@pytest.mark.parametrize(
    "words",
    [
        "What is 3/4?", "and/or", "3/4", "What is this?", "hello", "offline", "24/7", "km/h", "Is it 3.14?", "3.14",
        "U.S.", "e.g.", "~5 cm?", "/ or \\?", "yes / no", "What does photo.jpg show?", "Who made photo.jpg?", "…",
        "What is\n./this", "a.b.c", ".jpg", "C: is what?", "He said 'yes'", "'quoted'", "photo.jpg?", "🙂", "-5",
        "http://example.org is what?", "What is on the sign at 12:30/13:00?", "pictures?", "x" * 10_000,
    ],
)  # fmt: skip
def test_words_are_words(words: str, here: Path) -> None:
    assert part_of(words) == Text(words)


@pytest.mark.parametrize(
    "path",
    [
        "gone.jpg", "GONE.JPG", "./x", "../x", "a/b.png", "~/x.png", "~/x", "my photo.jpg", "/nowhere/at/all",
        "gone.pdf", "pictures/gone", "*.jpg", "'gone.jpg'", '"my photo.png"', "photo.jpg ", "gone.HEIC",
        "C:\\x.png", "a\0b.png",
        "file:///tmp/x.png", "http://example.org/x.png", "https://example.org/", "my.holiday.webp", "~someone/x",
        "x" * 300 + ".png",
    ],
)  # fmt: skip
def test_what_looks_like_a_path_and_is_not_there_is_an_error(path: str, here: Path) -> None:
    with pytest.raises(MediaError) as caught:
        part_of(path)
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_hints_say_what_to_type(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here))
    for argument, hint in {
        "'photo.jpg'": "Leave the inner quotes out: photo.jpg",
        "~/photo.jpg": f"Type: {here}/photo.jpg",
        "https://example.org/a.png": "Download it first: curl -O https://example.org/a.png",
    }.items():
        with pytest.raises(MediaError) as caught:
            part_of(argument)
        assert caught.value.hint == hint


def test_why_path_says_why(here: Path) -> None:
    assert why_path("a.png") == "it ends with .png"
    assert why_path("./x") == "it starts with ./"
    assert why_path("/x") == "it starts with /"
    assert why_path("pictures/x") == "the folder pictures exists"
    assert why_path("no such/thing") is None


@pytest.mark.parametrize("argument", ["", "  ", "pictures", ".", ".."])
def test_empty_words_and_folders_are_errors(argument: str, here: Path) -> None:
    with pytest.raises(InputError):
        part_of(argument)


def test_a_file_named_like_words_is_a_file(here: Path) -> None:
    (here / "What is this?").write_bytes(saved("PNG"))
    assert isinstance(part_of("What is this?"), Image)


def test_standard_input_is_a_picture_or_text_by_content(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    data = saved("PNG")
    typed_in(data, monkeypatch)
    assert conversation(["-", "What?"]).messages[0].parts == (Image(data), Text("What?"))
    typed_in("Was ist das für eins?\n".encode(), monkeypatch)
    assert conversation(["photo.jpg", "-"]).messages[0].parts[1] == Text("Was ist das für eins?\n")
    typed_in(data, monkeypatch)
    assert image_of("-") == Image(data)


@pytest.mark.parametrize("data", [b"", b"\0\1\2\3", b" \n"])
def test_standard_input_that_is_nothing_is_an_error(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    typed_in(data, monkeypatch)
    with pytest.raises(MediaError):
        part_of("-")


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="given twice"):
        conversation(["-", "-"])
