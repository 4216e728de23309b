"""What lessons' cells use: samples, pictures with words, commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from course_runs import COURSE, difference

from sensorium import Image
from sensorium.core.errors import InputError
from sensorium.lessons import sample, shell, show


def test_samples_are_files_and_others_are_refused_with_the_list() -> None:
    assert sample("receipt.jpg").is_file()
    for name in ("absent.jpg", "../README.md", ""):
        with pytest.raises(InputError, match=r"No sample") as caught:
            sample(name)
        assert "receipt.jpg" in caught.value.hint


def test_the_samples_are_made_by_their_script(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(COURSE / "make_samples.py"), str(tmp_path)], check=True, timeout=120)
    kept = {path.name: path for path in (COURSE / "samples").iterdir()}
    made = {path.name: path for path in tmp_path.iterdir()}
    assert kept.keys() == made.keys()
    for name, path in made.items():
        assert difference(path, kept[name]) < 3, name


def test_a_shown_picture_is_small_and_described() -> None:
    shown = show(Image(sample("coffee.jpg")), "a cup of coffee", side=100)
    assert max(shown.size) == 100 and shown.info["alt"] == "a cup of coffee"
    assert show(sample("coffee.jpg"), "a cup").size[0] == 480


def test_a_command_prints_itself_and_its_output(capsys: pytest.CaptureFixture[str]) -> None:
    out = shell(f'sensorium ask "{sample("receipt.jpg")}" "What is the total?" --quiet')
    assert out == "Total: 14.25\n"
    assert capsys.readouterr().out.splitlines()[1:] == ["Total: 14.25"]


def test_a_failing_command_is_shown_and_others_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert shell("sensorium ask absent.jpg 'What is this?'") == ""
    assert "No file 'absent.jpg'" in capsys.readouterr().out
    with pytest.raises(InputError, match="rm -r x"):
        shell("rm -r x")
