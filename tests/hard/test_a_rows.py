"""Rows as people write them: read in the shapes of the common formats, or refused by name; nothing is left out.

A row whose right value held before is marked `# held`.
"""

from __future__ import annotations

import base64
import io
import json
import shlex
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageDraw
import PIL.ImageEnhance
import pytest
from click.testing import CliRunner

from sensorium.cli.data import data as data_command
from sensorium.core.errors import InputError
from sensorium.core.messages import Audio, Conversation, Image, Message, Text, Video
from sensorium.tasks.jsonl import save
from sensorium.tasks.readers import load_table, load_task
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import Example
from sensorium.tune.dataset.check import check
from sensorium.tune.dataset.data import read_dataset
from sensorium.tune.dataset.duplicates import look_alike, near_duplicates
from sensorium.tune.dataset.image_info import inspect_image
from sensorium.tune.inputs import data_of
from sensorium.tune.recipe import Recipe, from_toml


def png(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


URI = "data:image/png;base64," + base64.b64encode(png("navy")).decode()
A, B, NAVY = Image(png("red")), Image(png("blue")), Image(png("navy"))
ASKED = [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "a hat"}]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(png("red"))
    (tmp_path / "b.png").write_bytes(png("blue"))
    (tmp_path / "c.mp4").write_bytes(b"film")
    (tmp_path / "d.wav").write_bytes(b"sound")
    return tmp_path


def written(folder: Path, *rows: object, name: str = "task.jsonl") -> Path:
    (folder / name).write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return folder / name


def asked(*parts: Any, system: str = "") -> Conversation:
    return Conversation((*([Message("system", system)] if system else []), Message("user", parts)))


def turn(role: str, *content: Any) -> dict[str, Any]:
    return {"role": role, "content": content[0] if len(content) == 1 and isinstance(content[0], str) else content}


READ: dict[str, tuple[dict[str, Any], Conversation, str]] = {
    "OpenAI: content as text": ({"messages": ASKED}, asked("What?"), "a hat"),
    "OpenAI: a developer's turn, and null beside": (
        {"messages": [turn("developer", "Be brief."), {"role": "user", "content": "What?", "name": None},
                      {"role": "assistant", "content": "a hat", "tool_calls": None, "weight": 1}]},
        asked("What?", system="Be brief."), "a hat",
    ),
    "OpenAI: parts with image_url": (
        {"messages": [turn("user", {"type": "image_url", "image_url": {"url": URI, "detail": "auto"}},
                           {"type": "text", "text": "What?"}), ASKED[1]]},
        asked(NAVY, "What?"), "a hat",
    ),
    "OpenAI: input_text and input_image": (
        {"messages": [turn("user", {"type": "input_text", "text": "What?"},
                           {"type": "input_image", "image_url": URI}), ASKED[1]]},
        asked("What?", NAVY), "a hat",
    ),
    "OpenAI: input_audio": (
        {"messages": [turn("user", {"type": "input_audio", "input_audio": {
            "data": base64.b64encode(b"sound").decode(), "format": "wav"}}), ASKED[1]]},
        asked(Audio(b"sound")), "a hat",
    ),
    "TRL: images beside messages with placeholders": (
        {"images": ["a.png", "b.png"], "messages": [
            turn("user", {"type": "image"}, {"type": "text", "text": "or"}, {"type": "image"}),
            turn("assistant", {"type": "text", "text": "the second"})]},
        asked(A, "or", B), "the second",
    ),
    "TRL: images beside messages of text stand first": (
        {"images": ["a.png", "b.png"], "messages": [turn("system", "Be brief."), *ASKED]},
        asked(A, B, "What?", system="Be brief."), "a hat",
    ),
    "TRL: nulls that Arrow adds to every part": (
        {"images": ["a.png"], "messages": [
            turn("user", {"type": "image", "text": None}, {"type": "text", "text": "What?", "image": None}), ASKED[1]]},
        asked(A, "What?"), "a hat",
    ),
    "TRL: prompt and completion": ({"prompt": "What?", "completion": " a hat"}, asked("What?"), "a hat"),
    "TRL: prompt and completion as messages, a picture beside": (
        {"prompt": [ASKED[0]], "completion": [ASKED[1]], "image": "a.png"}, asked(A, "What?"), "a hat",
    ),
    "transformers: a part with its file": (
        {"messages": [turn("user", {"type": "image", "path": "a.png"}, {"type": "text", "text": "What?"}), ASKED[1]]},
        asked(A, "What?"), "a hat",
    ),
    "messages that end with the user, an answer beside": (
        {"messages": ASKED[:1], "image": "a.png", "answer": "a hat"}, asked(A, "What?"), "a hat",
    ),
    "LLaVA: a mark before the question": (
        {"id": 1, "image": "a.png", "conversations": [
            {"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "a hat"}]},
        asked(A, "What?"), "a hat",
    ),
    "LLaVA: a mark after the question": (
        {"image": "a.png", "conversations": [
            {"from": "human", "value": "What?\n<image>"}, {"from": "gpt", "value": "a hat"}]},
        asked("What?", A), "a hat",
    ),
    "LLaVA-OneVision: a list of pictures under image": (
        {"image": ["a.png", "b.png"], "conversations": [
            {"from": "human", "value": "From <image> to <image>?"}, {"from": "gpt", "value": "a hat"}]},
        asked("From ", A, " to ", B, "?"), "a hat",
    ),
    "ShareGPT: system beside, films and sounds": (
        {"system": "Be brief.", "videos": ["c.mp4"], "audios": ["d.wav"], "conversations": [
            {"from": "human", "value": "<video><audio>What?"}, {"from": "gpt", "value": "a hat"}]},
        asked(Video(b"film"), Audio(b"sound"), "What?", system="Be brief."), "a hat",
    ),
    "conversations with role and content": ({"conversations": ASKED}, asked("What?"), "a hat"),
    "a mark in a plain question": ({"image": "a.png", "question": "What is <image>?", "answer": "a hat"},
                                   asked("What is ", A, "?"), "a hat"),
    "a data URI as the picture": ({"image": URI, "answer": "a hat"}, asked(NAVY), "a hat"),
    "a list of pictures under image": ({"image": ["a.png", "b.png"], "question": "Same?", "answer": "no"},
                                       asked(A, B, "Same?"), "no"),
    "an empty system turn says nothing": ({"messages": [turn("system", ""), *ASKED]}, asked("What?"), "a hat"),
    "an answer that is JSON stays text": (
        {"messages": [ASKED[0], turn("assistant", '[{"thing": "hat"}]')]}, asked("What?"), '[{"thing": "hat"}]',
    ),
    "a column that is left out by name": (
        {"question": "What?", "answer": "a hat", "source": "me"}, asked("What?"), "a hat",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_a_shape_is_read(here: Path, name: str) -> None:
    row, chat, answer = READ[name]
    (example,) = load_task(written(here, row), RowFormat(ignore="source")).examples
    assert (example.conversation, example.answers) == (chat, (answer,))


def message(role: str, **keys: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, **keys}, ASKED[1]]}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "img for image": ({"img": "a.png", "question": "What?", "answer": "a hat"}, "The column 'img' isn't understood"),
    "two columns": ({"question": "What?", "answer": "x", "source": "me", "level": 2},
                    "The columns 'source', 'level' aren't understood"),
    "content as a column": ({"content": "What?", "question": "What?", "answer": "x"}, "'content' isn't understood"),
    "content beside parts": (message("user", content="What?", parts=[{"text": "What?"}]),
                             "Turn 1 has `parts` and `content`"),
    "content beside value": ({"conversations": [{"from": "human", "value": "What?", "content": "What?"}, ASKED[1]]},
                             "Turn 1 has `content` and `value`"),
    "parts beside image": ({"parts": [{"text": "What?"}], "image": "a.png", "answer": "x"},
                           "`image` can't stand beside `parts`"),
    "own messages beside image": ({"messages": [{"parts": [{"text": "What?"}]}], "image": "a.png", "answer": "x"},
                                  "`image` can't stand beside `messages`"),
    "messages beside question": ({"messages": ASKED, "question": "What?"},
                                 "`question` can't stand beside `messages`"),
    "messages beside conversations": ({"messages": ASKED, "conversations": ASKED},
                                      "`conversations` can't stand beside `messages`"),
    "text and image in one part": ({"parts": [{"text": "What?", "image": "a.png"}], "answer": "x"},
                                   "One part has 'text' and 'image'"),
    "img in a part": ({"parts": [{"text": "What?", "img": "a.png"}], "answer": "x"}, "One part has 'text' and 'img'"),
    "a time on a text": ({"parts": [{"text": "What?", "at": 3}], "answer": "x"}, "One part has 'text' and 'at'"),
    "empty parts": ({"parts": [], "answer": "x"}, "`parts` is an empty list"),
    "empty messages": ({"messages": [], "answer": "x"}, "`messages` is an empty list"),
    "empty content": (message("user", content=""), "Turn 1, of the user, is empty"),
    "empty list of content": (message("user", content=[]), "`content` is an empty list"),
    "a turn without role": ({"messages": [{"content": "What?"}, ASKED[1]]}, "Turn 1 has no role"),
    "tool calls": (message("user", content="What?", tool_calls=[{"id": "1"}]), "isn't understood: 'tool_calls'"),
    "a turn of weight 0": ({"messages": [ASKED[0], {**ASKED[1], "weight": 0}]}, "isn't understood: 'weight'"),
    "a tool's turn": ({"messages": [*ASKED, turn("tool", "4"), ASKED[1]]}, "'tool' isn't a role"),
    "an unknown type of part": (message("user", content=[{"type": "file", "file": "a.pdf"}]),
                                "'file' isn't a type of part"),
    "an answer beside the assistant's turn": ({"messages": ASKED, "answer": "a hat"},
                                              "an answer beside turns that end with the assistant's"),
    "two assistant's turns": ({"messages": [*ASKED, ASKED[1]]}, "Turn 3, the assistant's, doesn't follow a user's"),
    "an assistant's empty turn": ({"messages": [ASKED[0], turn("assistant", "  "), *ASKED]},
                                  "Turn 2, the assistant's, is empty"),
    "a picture to be learnt": ({"messages": [ASKED[0], turn("assistant", {"type": "image", "image": "a.png"})]},
                               "Turn 2, the assistant's, holds a file"),
    "fewer pictures than marks": ({"images": ["a.png"], "messages": [turn("user", "<image><image>Same?"), ASKED[1]]},
                                  "2 times <image> and the row 1 image files"),
    "a mark without a picture": ({"conversations": [{"from": "human", "value": "<image>\nWhat?"},
                                                    {"from": "gpt", "value": "x"}]},
                                 "1 times <image> and the row 0 image files"),
    "more pictures than marks": ({"images": ["a.png", "b.png"], "question": "<image>What?", "answer": "x"},
                                 "1 times <image> and the row 2 image files"),
    "a placeholder in own parts": ({"parts": [{"type": "image"}, {"text": "What?"}], "answer": "x"},
                                   "A part has no file"),
    "Qwen's own mark": ({"conversations": [{"from": "human", "value": "Picture 1: <img>a.png</img>\nWhat?"},
                                           {"from": "gpt", "value": "x"}]},
                        "'<img>a.png</img>', a picture's mark of one model"),
    "an address": ({"image": "https://example.com/a.png", "answer": "x"},
                   "The address 'https://example.com/a.png' isn't fetched"),
    "a completion without a prompt": ({"completion": "x"}, "`completion` without a `prompt`"),
    "a prompt without a completion": ({"prompt": "What?", "answer": "x"}, "`prompt` without a `completion`"),
    "a start without a video": ({"image": "a.png", "start": 2, "answer": "x"}, "`start` without a `video`"),
    "pictures under names of their own": ({"image": {"<image_00>": "a.png"}, "question": "What?", "answer": "x"},
                                          "Not a file: {'<image_00>': 'a.png'}"),
    "an answer outside choices": ({"question": "What?", "choices": ["cat", "dog"], "answer": "bird"},
                                  "The answer 'bird' isn't one of its choices, 'cat, dog'"),
    "a choice's number": ({"question": "What?", "choices": ["cat", "dog"], "answer": 1},
                          "The answer '1' isn't one of its choices"),
    "an answer that isn't among the answers": ({"question": "What?", "answer": "x", "answers": ["y", "z"]},
                                               "Its answer isn't among its answers"),
    "a part that is none": ({"parts": [{"picture": "a.png"}], "answer": "x"}, "Not a part"),  # held
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_understood_is_refused_by_name(here: Path, name: str) -> None:
    row, sentence = REFUSED[name]
    with pytest.raises(InputError) as caught:
        load_task(written(here, row))
    assert sentence in caught.value.message and caught.value.message.startswith("Row 1 of ")


MULTI = {
    "image": "a.png",
    "conversations": [
        {"from": "human", "value": "<image>\nWhat is it?"},
        {"from": "gpt", "value": "a hat"},
        {"from": "human", "value": "Which colour?"},
        {"from": "gpt", "value": "red"},
    ],
    "split": "train",
}


def test_every_turn_of_the_assistant_is_learnt(here: Path) -> None:
    recipe = Recipe(base="none", task=str(written(here, MULTI)), output_dir="out", eval_split="")
    first = asked(A, "What is it?")
    second = first.then("assistant", "a hat").then("user", "Which colour?")
    assert [(e.conversation, e.answer) for e in data_of(recipe).train] == [(first, "a hat"), (second, "red")]


def test_the_answers_of_both_turns_bear_loss(here: Path) -> None:
    pytest.importorskip("transformers")
    import tiny

    from sensorium.backends.transformers.chat import model
    from sensorium.tune.training.collate import IGNORED, batch, row_of

    loaded = model(str(tiny.idefics3(here / "base"))).checkpoint
    (example,) = load_task(written(here, MULTI)).examples
    learnt = []
    for each in example.turns:
        inputs = batch(loaded, [row_of(loaded, each)])
        labels = inputs["labels"][0]
        assert inputs["pixel_values"].numel() > 0
        learnt.append(loaded.processor.tokenizer.decode(labels[labels != IGNORED]))
    assert learnt == ["a hat<end>", "red<end>"]


def test_a_sharegpt_json_file_is_a_list_of_rows(here: Path) -> None:
    (here / "mine.json").write_text(json.dumps([MULTI, MULTI], indent=1), encoding="utf-8")
    task = load_task(here / "mine.json")
    assert len(task) == 2 and task.examples[0].answer == "red"


TEXTS: dict[str, tuple[str, str]] = {
    "an object that is no list": ('{"version": 1, "data": []}', "isn't a list of rows; it has 'version, data'"),
    "a key that comes twice": ('{"question": "a", "question": "b", "answer": "c"}', "the key 'question' comes twice"),
    "members that are no objects": ("[1]", "isn't an object: 1"),  # held
}


@pytest.mark.parametrize("name", TEXTS)
def test_json_that_is_no_rows(here: Path, name: str) -> None:
    text, sentence = TEXTS[name]
    (here / "mine.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_task(here / "mine.json")
    assert sentence in caught.value.message


CELLS = Example(asked(A, "What, now?"), ("hat",), "train")
CSV: dict[str, str] = {
    "semicolons": "image;question;answer;split\na.png;What, now?;hat;train\n",
    "tabs": "image\tquestion\tanswer\tsplit\na.png\tWhat, now?\that\ttrain\n",
    "spaces after commas": 'image, question, answer, split\na.png, "What, now?", hat, train\n',
    "a byte order mark": '\ufeffimage,question,answer,split\na.png,"What, now?",hat,train\n',  # held
    "Excel's first line": "sep=;\nimage;question;answer;split\na.png;What, now?;hat;train\n",
    "a byte order mark and semicolons": "\ufeffimage;question;answer;split\r\na.png;What, now?;hat;train\r\n",
}


@pytest.mark.parametrize("name", CSV)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_csv_as_spreadsheets_write_it(here: Path, name: str, encoding: str) -> None:
    text = CSV[name].removeprefix("\ufeff") if encoding == "utf-16" else CSV[name]
    (here / "t.csv").write_bytes(text.encode(encoding))
    assert load_task(here / "t.csv").examples == (CELLS,)


LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Python's": ("\"['red', 'dark red']\"", ("red", "dark red")),
    "JSON's": ('"[""red"", ""dark red""]"', ("red", "dark red")),
    "bars": ("red|dark red", ("red", "dark red")),  # held
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_in_cells(here: Path, name: str) -> None:
    cell, answers = LISTS[name]
    (here / "t.csv").write_text(f"question,answers\nWhich?,{cell}\n")
    assert load_task(here / "t.csv").examples[0].answers == answers


BAD_CSV: dict[str, tuple[str, str]] = {
    "a list that is none": ('question,choices,answer\nWhich?,"[red, blue",red\n', "choices isn't a list: '[red, blue'"),
    "a list under answer": (
        "question,answer\nWhich?,\"['red', 'blue']\"\n",
        "Its answer is a list: \"['red', 'blue']\"",
    ),
    "a column twice": ("question,answer,answer\nWhich?,red,blue\n", "has two columns 'answer'"),
    "a column without a name": (",question,answer\n7,Which?,red\n", "The column '' isn't understood"),
    "an unknown column": ("question,answer,img\nWhich?,red,a.png\n", "The column 'img' isn't understood"),
}


@pytest.mark.parametrize("name", BAD_CSV)
def test_csv_that_is_refused(here: Path, name: str) -> None:
    text, sentence = BAD_CSV[name]
    (here / "t.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        load_task(here / "t.csv")
    assert sentence in caught.value.message


def test_messages_in_a_cell(here: Path) -> None:
    cell = json.dumps(ASKED).replace('"', '""')
    (here / "t.csv").write_text(f'messages,images\n"{cell}",a.png\n')
    assert load_task(here / "t.csv").examples == (Example(asked(A, "What?"), ("a hat",)),)


def test_pictures_out_of_parquet_keep_their_type(here: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    from pyarrow import Table

    row = {"picture": {"bytes": png(), "path": None}, "description": "a hat", "Category": None}
    parquet.write_table(Table.from_pylist([row]), here / "products.parquet")
    task = load_task(here / "products.parquet", RowFormat(columns={"image": "picture", "answer": "description"}))
    rows = save(task, here / "out")
    assert [file.suffix for file in (rows.parent / "media").iterdir()] == [".png"]


def test_frames_a_second_are_saved(here: Path) -> None:
    task = load_task(written(here, {"parts": [{"video": "c.mp4", "fps": 2}, {"text": "What?"}], "answer": "x"}))
    assert load_task(save(task, here / "out")).examples[0].conversation == asked(Video(b"film", fps=2), "What?")


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".jp2", ".JPG"])
def test_pictures_in_class_folders(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / f"1{suffix}").write_bytes(png())
    assert load_task(tmp_path).examples == (Example(asked(A), ("cats",)),)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [("1.jxl", "cats/1.jxl' is in a format that isn't read"), ("../loose.png", "loose.png' lies beside class folders")],
)
def test_pictures_that_class_folders_would_leave_out(tmp_path: Path, file: str, sentence: str) -> None:
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "2.png").write_bytes(png())
    (tmp_path / "cats" / file).write_bytes(png())
    with pytest.raises(InputError) as caught:
        load_task(tmp_path)
    assert sentence in caught.value.message


LONG = "data:image/png;base64," + "A" * 5000
QUOTES: dict[str, dict[str, Any]] = {
    "a data URI that is none": {"image": LONG[:-1], "answer": "x"},
    "base64 without its head": {"image": "/9j/" + "A" * 5000, "answer": "x"},
    "a data URI as a part": {"parts": [LONG], "answer": "x"},
    "a data URI in an unknown key": {"parts": [{"picture": LONG}], "answer": "x"},
    "a data URI as the answer's key": {"question": "What?", "answer": {LONG: 1}},
    "a long role": {"messages": [{"role": LONG, "content": "What?"}, ASKED[1]]},
    "a long key": {"question": "What?", "answer": "x", LONG: 1},
    "a long number of seconds": {"video": "c.mp4", "start": LONG, "answer": "x"},
    "a blob that is none": {"image": {"data": LONG}, "answer": "x"},
    "a blob with another digest": {"image": {"data": "QUJD", "sha256": LONG}, "answer": "x"},
    "long choices": {"question": "What?", "choices": [LONG, "y"], "answer": "x"},
}


@pytest.mark.parametrize("name", QUOTES)
def test_no_message_quotes_more_than_80_characters(here: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        load_task(written(here, QUOTES[name]), RowFormat())
    longest = max(str(caught.value).replace(str(here), "").split(), key=len)
    assert len(longest) <= 84


def test_a_recipe_reads_the_same_layouts(here: Path) -> None:
    path = written(here, {"photo": "a.png", "description": "a hat", "Category": "hats", "split": "train"})
    lines = [f'base = "none"\ntask = "{path}"\noutput_dir = "out"\neval_split = ""', 'question = "Describe it."']
    lines += ['columns = {image = "photo", answer = "description"}', 'ignore = ["Category"]']
    recipe = from_toml("\n".join(lines))
    assert data_of(recipe).train == (Example(asked(A, "Describe it."), ("a hat",), "train"),)
    assert from_toml(recipe.to_toml()) == recipe
    with pytest.raises(InputError, match=r"columns can't be 'photo'"):
        from_toml("\n".join([*lines[:2], 'columns = ["photo"]']))


def test_a_text_part_is_a_text() -> None:
    assert asked("What?").messages[0].parts == (Text("What?"),)  # held


def picture(*shapes: tuple[str, tuple[int, int, int, int], str], word: str = "", ground: str = "white") -> bytes:
    """Return a drawing of 96 by 96 pixels with shapes and a word."""
    image = PIL.Image.new("RGB", (96, 96), ground)
    pen = PIL.ImageDraw.Draw(image)
    for shape, box, colour in shapes:
        getattr(pen, shape)(box, fill=colour)
    pen.text((20, 60), word, fill="black", font_size=22)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def another(data: bytes, side: int = 96, quality: int = 0, light: float = 1.0) -> bytes:
    """Return a copy of another size, compression or exposure."""
    image = PIL.Image.open(io.BytesIO(data)).resize((side, side), PIL.Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    lit = PIL.ImageEnhance.Brightness(image).enhance(light)
    lit.save(buffer, "JPEG" if quality else "PNG", quality=quality)
    return buffer.getvalue()


RED, BLUE = ("ellipse", (10, 10, 34, 34), "red"), ("rectangle", (60, 12, 84, 36), "blue")
DRAWN = picture(RED, BLUE, word="OPEN")
CHART = picture(("rectangle", (10, 40, 26, 86), "teal"), ("rectangle", (40, 20, 56, 86), "brown"))
SAME: dict[str, tuple[bytes, bytes, bool]] = {
    "re-encoded drawing": (DRAWN, another(DRAWN, quality=60), True),
    "larger drawing": (DRAWN, another(DRAWN, 160), True),
    "smaller chart, re-encoded": (CHART, another(CHART, 72, 70), True),
    "darker chart": (CHART, another(CHART, light=0.94), True),
    "another colour": (DRAWN, picture(("ellipse", (10, 10, 34, 34), "green"), BLUE, word="OPEN"), False),
    "another shape": (DRAWN, picture(("rectangle", (10, 10, 34, 34), "red"), BLUE, word="OPEN"), False),
    "another place": (DRAWN, picture(("ellipse", (16, 8, 40, 32), "red"), BLUE, word="OPEN"), False),
    "a thing fewer": (DRAWN, picture(BLUE, word="OPEN"), False),
    "another word": (DRAWN, picture(RED, BLUE, word="OVEN"), False),
    "a bar of another height": (CHART, picture(("rectangle", (10, 48, 26, 86), "teal"),
                                               ("rectangle", (40, 20, 56, 86), "brown")), False),
    "words on the same ground": (picture(word="BALL"), picture(word="FISH"), False),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_which_drawings_are_one_to_the_eye(name: str) -> None:
    one, other, same = SAME[name]
    assert look_alike(inspect_image(Image(one)), inspect_image(Image(other))) is same


def test_copies_are_found_among_other_drawings() -> None:
    infos = [inspect_image(Image(data)) for data in (DRAWN, another(DRAWN, 160, 80), CHART, another(CHART, 72, 70))]
    assert near_duplicates(infos) == [(0, 1), (2, 3)]


def test_findings_name_commands_that_can_be_typed(here: Path) -> None:
    folder = here / "my data"
    folder.mkdir()
    for name in ("1.png", "2.png", "3.png"):
        (folder / name).write_bytes(DRAWN if name != "3.png" else CHART)
    lines = ["photo;label;split;note", "1.png;hat;train;x", "2.png;cap;test;x", "3.png;shoe;test;x"]
    (folder / "mine.csv").write_text("\n".join(lines))
    row_format = RowFormat(columns={"image": "photo", "answer": "label"}, question="Which?", ignore="note")
    report = check(read_dataset(load_table(folder / "mine.csv", row_format)))
    hints = {finding.fault: finding.hint.partition("Type: ")[2] for finding in report.findings}
    for fault in ("picture-across-splits", "near-empty-split"):
        words = shlex.split(hints[fault])
        assert words[:4] == ["sensorium", "data", "split", str(folder / "mine.csv")], hints[fault]
        words[words.index("--out") + 1] = str(here / fault)
        result = CliRunner().invoke(data_command, words[2:], catch_exceptions=False)
        assert result.exit_code == 0 and (here / fault / "rows.jsonl").is_file(), result.output
