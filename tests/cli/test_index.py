"""`sensorium index`: folders and catalogues in, counts and broken pictures out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("lancedb")
from click.testing import CliRunner, Result
from loopback import Answer, Asked, Loopback, serving
from shop_index import paint

from sensorium.cli.index import _write_line, price_text, progress_text
from sensorium.cli.main import main
from sensorium.search import Index
from sensorium.search.indexing import IndexProgress


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        paint(tmp_path / "photos" / f"{number}.png", number)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["index", *arguments])


def test_a_folder_is_indexed_then_nothing_is_left_to_do() -> None:
    first = run("photos", "--to", "shop.index")
    assert (first.exit_code, first.stdout) == (0, "shop.index: 3 pictures. 3 new.\n")
    assert "3 pictures embedded in" in first.stderr and "a second" in first.stderr
    again = run("photos", "--to", "shop.index")
    assert (again.stdout, again.stderr) == ("shop.index: 3 pictures. 3 unchanged.\n", "")
    assert Index.open("shop.index").info.embedder == "offline"


def test_json_counts_and_names_broken_pictures(here: Path) -> None:
    (here / "photos" / "bad.jpg").write_text("no picture")
    (here / "shop.csv").write_text("image;price\nphotos/0.png;9.50\nphotos/none.png;3\n")
    result = run("photos", "shop.csv", "--to", "shop.index", "--json")
    made = json.loads(result.stdout)
    assert result.exit_code == 0 and (made["added"], made["count"]) == (3, 3)
    assert [Path(item["name"].strip("'")).name for item in made["broken"]] == ["shop.csv", "bad.jpg"]
    assert Index.open("shop.index").count("price < 10") == 1


def test_broken_pictures_are_listed_and_not_fatal(here: Path) -> None:
    (here / "photos" / "bad.jpg").write_text("no picture")
    result = run("photos", "--to", "shop.index", "--quiet")
    assert (result.exit_code, result.stdout) == (0, "shop.index: 3 pictures. 3 new.\n")
    assert "1 picture can't be indexed:" in result.stderr and "bad.jpg': The file isn't a picture" in result.stderr


def test_text_in_pictures_is_read_when_wanted(here: Path) -> None:
    import PIL.Image
    import PIL.ImageDraw
    import PIL.ImageFont

    picture = PIL.Image.new("RGB", (400, 120), "white")
    PIL.ImageDraw.Draw(picture).text((20, 30), "SALE TODAY", fill="black", font=PIL.ImageFont.load_default(48))
    picture.save(here / "photos" / "sign.png")
    run("photos", "--to", "shop.index")
    assert not Index.open("shop.index").matching("sale", 3)
    result = run("photos", "--to", "shop.index", "--read-text")
    assert "4 with other columns" in result.stdout
    assert [Path(match.path).name for match in Index.open("shop.index").matching("sale", 3)] == ["sign.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "shop.index"], "Name a folder"),
        (["none", "--to", "shop.index"], "No file or folder 'none'"),
        (["https://shop.example/", "--to", "shop.index"], "is an address"),
        (["photos"], "--to"),
        (["photos", "--to", "photos/0.png"], "is a file, not an index"),
        (["photos", "--to", "gs://bucket/shop"], "is a folder or s3"),
        (["photos", "--to", "x", "--rename", "id"], "--rename takes OLD=NEW, not 'id'"),
        (["shop.csv", "--to", "x"], "Name it: --image-column NAME"),
        (["empty.csv", "--to", "x"], "empty.csv' is empty."),
        (["nothing", "--to", "x"], "nothing' holds no picture that can be indexed."),
        (["only_bad", "--to", "x"], "bad.jpg: The file is"),
        (["half.csv", "--to", "x"], "half.csv' ends in row 3, after 1 of 2 cells."),
        (["photos", "--to", "shop.csv/x"], "x' can't be written"),
        (["--to", "none.index", "--migrate"], "No index 'none.index'"),
    ],
)
def test_what_cannot_be_done_is_said(here: Path, arguments: list[str], words: str) -> None:
    (here / "shop.csv").write_text("title\nshoe\n")
    (here / "empty.csv").write_text("")
    (here / "nothing").mkdir()
    (here / "only_bad").mkdir()
    (here / "only_bad" / "bad.jpg").write_text("no picture")
    (here / "half.csv").write_text("image,title\nphotos/0.png,shoe\nphotos/1.p")
    result = run(*arguments)
    assert result.exit_code == 2 and words in result.stderr
    assert not (here / "x").exists()


def test_migrating_to_the_same_embedder_is_refused() -> None:
    run("photos", "--to", "shop.index")
    result = run("--to", "shop.index", "--migrate")
    assert result.exit_code == 2 and "are those of 'offline' already" in result.stderr
    assert "Name another with --embedder" in result.stderr


def embedded(server: Loopback, asked: Asked) -> Answer:
    """Answer as Google's embedder does: some direction for each part."""
    server.asked.append(asked)
    rows = [[1.0, float(len(server.asked)), float(n)] + [0.0] * 765 for n, _ in enumerate(asked.body["requests"])]
    return Answer({"embeddings": [{"values": row} for row in rows]})


def test_the_price_of_a_hosted_embedder_is_said_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("google.genai")
    arguments = ("photos", "--to", "shop.index", "--embedder", "gemini:gemini-embedding-2")
    told = "Up to 3 pictures for gemini:gemini-embedding-2: about 0.0003 US dollars (price of 2026-11-29)."
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaTest0123456789")
    with serving([Answer({"error": {"message": "no such key", "status": "PERMISSION_DENIED"}}, 403)]) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        refused = run(*arguments)
    assert refused.exit_code == 1 and refused.stderr.startswith(told)
    monkeypatch.setattr(Loopback, "answer", embedded)
    with serving([]) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        assert "US dollars" not in run(*arguments, "--quiet").stderr
        again = run(*arguments)  # nothing is new: nothing costs
        assert again.exit_code == 0 and "US dollars" not in again.stderr
        moved = run("--to", "shop.index", "--migrate", "--embedder", "offline")
        assert moved.exit_code == 0 and "US dollars" not in moved.stderr
        back = run("--to", "shop.index", "--migrate", "--embedder", "gemini:gemini-embedding-2")
        assert back.exit_code == 0 and back.stderr.startswith(told)


def test_the_price_of_embedders_that_run_here_or_are_not_known() -> None:
    assert price_text("gemini:gemini-embedding-9", 1) == "Up to 1 picture for gemini:gemini-embedding-9: price unknown."
    free = ("offline", "clip:openai/clip-vit-base-patch32", "openai:m?input=messages@http://localhost:8000/v1")
    for name in (*free, "openai:text-embedding-3-small"):  # the last takes words only, and says so itself
        assert price_text(name, 1000) is None


def test_progress_has_the_rate_and_the_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    assert progress_text("Indexed", IndexProgress(120, 10_000, 4.0)) == (
        "Indexed 120 of 10,000, 30.0 a second, about 5 min left …"
    )
    assert progress_text("Indexed", IndexProgress(5, 10, 5.0)).endswith("about 5 s left …")
    last = [0.0]
    _write_line("Indexed", last, 30.0, IndexProgress(5, 10, 5.0))
    _write_line("Indexed", last, 30.0, IndexProgress(6, 10, 6.0))
    assert capsys.readouterr().err.count("Indexed") == 1
