"""The row format: every kind of row makes the conversation it should, and every fault is said with file and row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, MediaError
from sensorium.core.files import following_links
from sensorium.core.messages import Audio, Conversation, Image, Message, Video
from sensorium.tasks.jsonl import save, table
from sensorium.tasks.readers import load_task
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import Example, Task


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.jpg", "c.mp4", "d.wav"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "e.png").write_bytes(b"e")
    return tmp_path


def written(folder: Path, *rows: object) -> Path:
    path = folder / "task.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


ROWS: list[tuple[dict[str, object], Callable[[Path], Example]]] = [
    (
        {"image": "a.jpg", "question": "What?", "answer": "hat", "split": "test", "id": 7},
        lambda f: Example(Conversation.of(Image(f / "a.jpg"), "What?"), ("hat",), "test", id="7"),
    ),
    (
        {"images": ["a.jpg", "deep/e.png"], "question": "Same?", "answers": ["no", "yes", "no"], "choices": "yes|no"},
        lambda f: Example(
            Conversation.of(Image(f / "a.jpg"), Image(f / "deep/e.png"), "Same?"), ("no", "yes", "no"),
            choices=("yes", "no")
        ),
    ),
    (
        {"video": "c.mp4", "start": 1, "end": "2.5", "question": "What happens?", "answer": "a fall", "caption": "ice"},
        lambda f: Example(
            Conversation.of(Video(f / "c.mp4", 1, 2.5), "What happens?"), ("a fall",), captions=("ice",)
        ),
    ),
    (
        {"audio": "d.wav", "answer": "a bell"},
        lambda f: Example(Conversation.of(Audio(f / "d.wav")), ("a bell",)),
    ),
    ({"question": "2 + 2?", "answer": 4.0}, lambda f: Example(Conversation.of("2 + 2?"), ("4",))),
    ({"question": "Red?", "answer": True}, lambda f: Example(Conversation.of("Red?"), ("yes",))),
    (
        {"question": "Red?", "answers": [{"answer": "yes", "answer_id": 1}, {"answer": "no", "answer_id": 2}]},
        lambda f: Example(Conversation.of("Red?"), ("yes", "no")),
    ),
    (
        {"parts": [{"text": "From"}, {"image": "a.jpg", "at": 3}, {"video": "c.mp4", "end": 2}], "answer": "x"},
        lambda f: Example(Conversation.of("From", Image(f / "a.jpg", 3), Video(f / "c.mp4", end=2)), ("x",)),
    ),
    (
        {"messages": [{"role": "system", "parts": [{"text": "Be brief."}]}, {"parts": [{"image": "b.jpg"}]}],
         "answer": "x", "image": None, "caption": float("nan")},
        lambda f: Example(Conversation((Message("system", "Be brief."), Message("user", Image(f / "b.jpg")))), ("x",)),
    ),
    (
        {"image": {"bytes": b"whole".decode(), "path": "a.jpg"} | {"bytes": None}, "answer": "x"},
        lambda f: Example(Conversation.of(Image(f / "a.jpg")), ("x",)),
    ),
    (
        {"image": Blob(b"whole").to_json(), "answer": "x"},
        lambda f: Example(Conversation.of(Image(b"whole")), ("x",)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("row", "expected"), ROWS)
def test_a_row_makes_its_example(here: Path, row: dict[str, object], expected: Callable[[Path], Example]) -> None:
    found = load_task(written(here, row))
    assert found.name == "task" and found.examples == (expected(here),)


def test_a_task_comes_back_as_it_was_saved(here: Path, tmp_path: Path) -> None:
    task = load_task(written(here, *(row for row, _ in ROWS)))
    saved = save(task, tmp_path / "out" / "mine")
    again = load_task(saved)
    assert again == Task("mine", task.examples) == load_task(saved.parent)
    assert len(list((saved.parent / "media").iterdir())) == 6  # a picture that comes in many rows is kept once
    with pytest.raises(InputError, match=r"holds a task already"):
        save(task, saved.parent)


def test_a_csv_file(here: Path) -> None:
    path = here / "labels.csv"
    path.write_text('\ufefffile,label,split,why\na.jpg,hat,train,"so,\nso"\nb.jpg,shoe|boot,test,\n', encoding="utf-8")
    task = load_task(path, RowFormat(columns={"image": "file", "answers": "label"}, question="Which?", ignore="why"))
    assert task == Task(
        "labels",
        (
            Example(Conversation.of(Image(here / "a.jpg"), "Which?"), ("hat",), "train"),
            Example(Conversation.of(Image(here / "b.jpg"), "Which?"), ("shoe", "boot"), "test"),
        ),
    )


def test_a_media_folder_of_its_own(here: Path) -> None:
    (here / "rows").mkdir()
    path = written(here / "rows", {"image": "a.jpg", "answer": "hat"})
    assert load_task(path, RowFormat(media=here)).examples[0].conversation == Conversation.of(Image(here / "a.jpg"))
    with pytest.raises(MediaError, match=r"No file '.*rows/a\.jpg'"):
        load_task(path)


GOOD = {"image": "a.jpg", "answer": "hat"}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"image": "gone.jpg", "answer": "hat"}, "No file '.*gone.jpg'"),
        ({"image": "../a.jpg", "answer": "hat"}, "'../a.jpg' lies outside of"),
        ({"image": "/etc/passwd", "answer": "hat"}, "'/etc/passwd' lies outside of"),
        ({"image": "\0", "answer": "hat"}, "can't be found|No file"),
        ({"image": "deep", "answer": "hat"}, "No file '.*deep'"),
        ({"image": 3, "answer": "hat"}, "file name is text, not '3'"),
        ({"image": "a.jpg"}, "It has no answer"),
        ({"image": "a.jpg", "answer": [" "]}, "answers hold ' '"),
        ({"image": "a.jpg", "answer": {"x": 1}}, "Text was expected"),
        ({"answer": "hat"}, "no question, image, video or audio"),
        ({"video": "c.mp4", "start": "soon", "answer": "x"}, "start is a number of seconds, not 'soon'"),
        ({"video": "c.mp4", "start": 3, "end": 2, "answer": "x"}, "has no length"),
        ({"parts": [{"picture": "a.jpg"}], "answer": "x"}, "Not a part"),
        ({"parts": "a.jpg", "answer": "x"}, "parts is a list of objects"),
        ({"messages": [{"role": "robot", "parts": [{"text": "x"}]}], "answer": "x"}, "'robot' isn't a role"),
        ({"messages": [{"role": "assistant", "parts": [{"text": "x"}]}], "answer": "x"}, "end with a user's message"),
        ('{"image": ', "isn't JSON"),
        ("[1]", "isn't an object"),
    ],
)
def test_a_fault_is_said_with_file_and_row(here: Path, bad: object, said: str) -> None:
    with pytest.raises(InputError, match=rf"(?s)^Row 3 of '.*task\.jsonl'.*({said})"):
        load_task(written(here, GOOD, "", bad))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,answer\na.jpg,hat\na.jpg,hat,x\n", r"Row 3 of '.*t\.csv' has more cells than the 2 columns"),
        ("image,answer\na.jpg,hat\ngone.jpg,hat\n", r"Row 3 of '.*t\.csv': No file"),
        ('image,answer\na.jpg,"hat\n', r"Row 2 of '.*t\.csv' isn't CSV"),
        ("image,label\na.jpg,hat\n", r"Row 2 of '.*t\.csv': It has no answer"),
        ("image,answer\n", r"t\.csv' has no rows"),
        ("", r"t\.csv' is empty"),
        ("\ufeff \n", r"t\.csv' is empty"),
        ("image,question,answer\na.jpg,what?,hat\na.jpg,wha", r"t\.csv' ends in row 3, after 2 of 3 cells"),
    ],
)
def test_a_fault_in_csv_is_said_with_file_and_row(here: Path, text: str, said: str) -> None:
    (here / "t.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        load_task(here / "t.csv")


def test_files_that_are_no_rows(here: Path) -> None:
    (here / "latin.csv").write_bytes("größe".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8 at byte 2"):
        load_task(here / "latin.csv")
    with pytest.raises(InputError, match=r"a\.jpg' isn't a \.jsonl or \.csv file"):
        load_task(here / "a.jpg")
    with pytest.raises(MediaError, match="No file"):
        load_task(here / "gone.jsonl")
    with pytest.raises(MediaError, match=r"No file '.*rows\.jsonl'"):
        table(here / "deep")
    with pytest.raises(InputError, match="no column 'picture'"):
        RowFormat(columns={"picture": "file"})


def test_rows_of_a_link_in_the_folder_are_read(here: Path, tmp_path: Path) -> None:
    (here / "hub").mkdir()
    (here / "hub" / "x.jpg").symlink_to(here / "a.jpg")
    with following_links():
        assert load_task(written(here / "hub", {"image": "x.jpg", "answer": "hat"})).examples[0].answer == "hat"
