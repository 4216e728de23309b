"""`sensorium find`: what it prints, writes and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from click.testing import CliRunner, Result
from planted_films import RED, CountingColours, planted_film

from sensorium.backends.fake import Fake
from sensorium.cli.main import main
from sensorium.registry import load


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    planted_film(tmp_path / "a.mp4")
    planted_film(tmp_path / "plain.mp4", 6.0, ())
    (tmp_path / "red.png").write_bytes(RED.blob.data)
    return tmp_path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    def loaded(name: str | None, role: str = "model") -> object:
        return CountingColours() if role == "embedder" else load(name)

    monkeypatch.setattr("sensorium.registry.load", loaded)
    return lambda *arguments: CliRunner().invoke(main, ["find", *arguments])


def test_a_picture_is_found_with_its_times(films: Path, run: Callable[..., Result]) -> None:
    result = run("--like", "red.png", "a.mp4")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("0:03.500 to 0:06.500, best at 0:0") and "over" in result.stdout
    assert "Looked at 12 s of film" in result.stderr
    assert list((films / "cache" / "sensorium" / "films").glob("*/film.json"))


def test_json(films: Path, run: Callable[..., Result]) -> None:
    result = run("--like", "red.png", "a.mp4", "plain.mp4", "--json", "--index", "i")
    value = json.loads(result.stdout)
    assert set(value) == {"moments", "looked_at_seconds"} and value["looked_at_seconds"] == pytest.approx(18, abs=0.3)
    (moment,) = value["moments"]
    assert moment["film"] == "a.mp4" and moment["start"] == pytest.approx(3.5, abs=0.01)
    assert (films / "i").is_dir()


def test_nothing_found_is_said(films: Path, run: Callable[..., Result]) -> None:
    result = run("--like", "red.png", "plain.mp4", "--no-index")
    assert result.exit_code == 3 and result.stdout.startswith("Nothing found. The nearest frame is at 0:0")
    assert not (films / "cache" / "sensorium").exists()


def test_a_sheet_and_clips(films: Path, run: Callable[..., Result]) -> None:
    result = run("--like", "red.png", "a.mp4", "--sheet", "s.jpg", "--clips", "clips", "--json")
    assert (films / "s.jpg").read_bytes().startswith(b"\xff\xd8")
    (moment,) = json.loads(result.stdout)["moments"]
    with av.open(str(films / moment["clip"])) as clip:
        assert sum(1 for _ in clip.decode(video=0)) == 30


def test_a_sheet_never_replaces_a_film_or_a_picture(films: Path, run: Callable[..., Result]) -> None:
    for name in ("a.mp4", "red.png"):
        before = (films / name).read_bytes()
        result = run("--like", "red.png", "a.mp4", "--sheet", name)
        assert result.exit_code == 2 and f"would replace '{name}'" in result.stderr
        assert (films / name).read_bytes() == before


def test_clips_of_films_of_one_name_are_all_there(films: Path, run: Callable[..., Result]) -> None:
    for day in ("monday", "tuesday"):
        (films / day).mkdir()
        (films / day / "door.mp4").write_bytes((films / "a.mp4").read_bytes())
    result = run("--like", "red.png", "monday/door.mp4", "tuesday/door.mp4", "--clips", "clips", "--json")
    clips = [moment["clip"] for moment in json.loads(result.stdout)["moments"]]
    assert [Path(clip).name.split("-")[0] for clip in clips] == ["monday", "tuesday"]
    assert sorted((films / "clips").iterdir()) == sorted(films / clip for clip in clips)


def test_a_model_confirms(films: Path, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(["Yes.", *["No."] * 20], name="prepared")
    inner = __import__("sensorium.registry", fromlist=["load"]).load
    monkeypatch.setattr(
        "sensorium.registry.load", lambda name, role="model": inner(name, role) if role != "model" else fake
    )
    result = run("--like", "red.png", "a.mp4", "--confirm", "prepared")
    assert "Asking prepared: " in result.stderr and "questions, about" in result.stderr
    assert result.stdout.count("confirmed") == 1 and len(fake.asked) > 1
    declined = run("--like", "red.png", "a.mp4", "--confirm", "prepared")
    assert "the model declined all" in declined.stdout


def test_a_folder_is_its_films_and_a_broken_part_is_told(films: Path, run: Callable[..., Result]) -> None:
    data = bytearray((films / "a.mp4").read_bytes())
    (films / "folder").mkdir()
    start = data.index(b"mdat") + 8
    for place in range(start + 2000, start + 4000):
        data[place] = place * 37 % 256
    (films / "folder" / "b.mp4").write_bytes(data)
    result = run("--like", "red.png", "folder")
    assert result.exit_code == 0 and "it is broken (" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a dog"], "No film to look through"),
        (["a.mp4"], "Nothing says what to look for"),
        (["a dog", "missing.mp4"], "No file 'missing.mp4'"),
        (["", "a.mp4"], "is empty"),
        (["--like", "red.png", "a.mp4", "--every", "often"], "--every takes seconds or scenes, not 'often'"),
        (["--like", "red.png", "a.mp4", "--every", "0"], "0.01 to 86,400 s"),
        (["--like", "red.png", "red.png"], "'red.png'"),
        (["--like", "red.png", "a.mp4", "--start", "50"], "begins at 50 s"),
    ],
)
def test_mistakes_are_told(films: Path, run: Callable[..., Result], arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 and said in result.stderr, result.output
