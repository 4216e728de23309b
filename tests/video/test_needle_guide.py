"""docs/needle.md: its commands and its Python run as they stand, on a film with a cat in it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from click.testing import CliRunner
from coloured import picture
from planted_films import planted_film

from sensorium import Blob
from sensorium.cli.main import main
from sensorium.media.image import encode
from sensorium.video.haystack.compose import Planting, compose
from sensorium.video.moments.pieces import GRIDS

PAGE = Path(__file__).parents[2] / "docs" / "needle.md"
GUIDE = PAGE.read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.S) for line in block.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = pytest.importorskip("skimage.data")
    here = tmp_path_factory.mktemp("guide")
    cat = encode(np.asarray(PIL.Image.fromarray(data.chelsea()).crop((60, 0, 400, 300))), "jpeg")
    (here / "cat.jpg").write_bytes(cat.blob.data)
    plain = planted_film(here / "plain.mp4", 6.0, ())
    compose([Blob(plain)], 12.0, [Planting(cat, 4.0, 7.0, 0.6)], here / "film.mp4", (320, 180), 10)
    (here / "photos").mkdir()
    for number in range(8):
        (here / "photos" / f"{number}.png").write_bytes(picture(("blue", "green")[number % 2], number).blob.data)
    return here


@pytest.fixture(autouse=True)
def there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("SENSORIUM_CONFIG", str(folder / "config.toml"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str, folder: Path) -> None:
    result = CliRunner().invoke(main, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip()
    if "--like cat.jpg" in command:
        assert re.fullmatch(r"0:03\.\d+ to 0:0[67]\.\d+, best at 0:0[4-6]\..*\n", result.stdout)
        assert (folder / "cats.jpg").exists()
    if "--out haystack" in command:
        assert "depth 50%: 30 s 1.00, 1 min 1.00" in result.stdout
    if "--out pictures" in command:
        assert "offline, by picture" in result.stdout and "fake:1, by picture" in result.stdout


def test_the_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    exec(compile(program, "docs/needle.md", "exec"), {})
    assert re.fullmatch(r"3\.\d to [67]\.\d s, best at [4-6]\.\d+ s\n", capsys.readouterr().out)


def test_its_pictures_and_words_are_there() -> None:
    for name in re.findall(r"\]\(([^)]+)\)", GUIDE):
        assert (PAGE.parent / name).exists(), name
    assert "--pieces fine" in GUIDE and "fine" in GRIDS
