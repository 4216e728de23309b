"""Folders that are kept, on a disk that is full or under kill -9; bench/kept.py has 20 moments of everything."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import tiny

from sensorium.core.errors import InputError
from sensorium.core.files import replace_folder, require_output, write_errors

LIMITED = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)\n"


def run(script: str, *words: object) -> str:
    """Run a script whose files are limited; gives its standard error."""
    command = [sys.executable, "-c", LIMITED + script, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ).stderr


def test_a_result_never_replaces_what_it_is_made_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    film = tmp_path / "film.mp4"
    film.write_bytes(b"film")
    (tmp_path / "link.jpg").symlink_to(film)
    os.link(film, tmp_path / "twin.jpg")
    for name in ("film.mp4", "./film.mp4", f"../{tmp_path.name}/film.mp4", film, "link.jpg", "twin.jpg"):
        with pytest.raises(InputError, match="would replace"):
            require_output(name, ["other.mp4", "film.mp4"])
    for name, message in ((tmp_path, "is a folder"), ("nowhere/x.jpg", "No such folder")):
        with pytest.raises(InputError, match=message) as caught:
            require_output(name, [film])
    assert caught.value.hint == "Make its folder first, or name another folder."
    require_output("new.jpg", [film])
    require_output("/dev/null", [film])
    for name, message in (("film.mp4", "a file, not a folder"), ("film.mp4/in", "can't be written")):
        with pytest.raises(InputError, match=message):
            require_output(name, is_folder=True)
    (tmp_path / "set").mkdir()
    for name in ("set", "set/new", "set/deep/er"):
        require_output(name, is_folder=True)
        with pytest.raises(InputError, match="would replace 'set'"):
            require_output(name, ["film.mp4", "set"], is_folder=True)
    require_output("new/deep", ["set", "film.mp4"], is_folder=True)


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(KeyError), replace_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("half")
        raise KeyError
    assert not list(tmp_path.iterdir())
    (tmp_path / "out").mkdir()
    with replace_folder(tmp_path / "out") as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "a").write_text("whole")
        assert not list((tmp_path / "out").iterdir())
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "inner" / "a").read_text() == "whole"


def test_a_folder_that_was_killed_is_not_there_and_its_rest_is_removed_later(tmp_path: Path) -> None:
    script = (
        "import sys, time; from sensorium.core.files import replace_folder\n"
        "with replace_folder(sys.argv[1]) as folder:\n"
        "    (folder / 'half').write_text('half'); print('begun', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out").exists()
    with replace_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("whole")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "a"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("writer", ["python", "torch"])
def test_a_full_disk_is_named_whatever_library_writes(writer: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(
        InputError, match=r"out' can't be written: (No space left on device|the disk is full or broken)"
    ):
        with write_errors(tmp_path / "out"):
            if writer == "python":
                Path("/dev/full").write_bytes(b"x")
            else:
                torch.save({"x": torch.zeros(100_000)}, "/dev/full")


def test_other_errors_are_left_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), write_errors(tmp_path):
        (tmp_path / "missing").read_bytes()
    with pytest.raises(ValueError, match="other"), write_errors(tmp_path):
        raise ValueError("other")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("photo.png", "photo.png' may not be read."),
        ("out/weights", "out' can't be written: Permission denied."),
        (".out.new/weights", "out' can't be written: Permission denied."),
        ("out", "out' can't be written: Permission denied."),
        ("output", "output' may not be read."),
    ],
)
def test_a_file_that_may_not_be_read_is_not_called_unwritable(name: str, said: str, tmp_path: Path) -> None:
    """Before: a picture without the right to read it was "out can't be written", and the hint to make room."""
    with pytest.raises(InputError) as caught, write_errors(tmp_path / "out"):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(tmp_path / name))
    assert said in caught.value.message


AS_NOBODY = (
    "import os, sys; from pathlib import Path; from sensorium.core.files import write_errors\n"
    "import sensorium.core.errors\n"
    "os.geteuid() == 0 and os.seteuid(65534)\n"
    "place = Path(sys.argv[1])\n"
    "try:\n"
    "    with write_errors(place):\n        exec(sys.argv[2])\n"
    "except Exception as error: print(error, error.hint)"
)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="only where users have numbers")
@pytest.mark.parametrize(
    ("modes", "do", "said"),
    [
        ({"out/step/state.json": 0o200}, "(place / 'step/state.json').read_bytes()", "out/step/state.json' may not be"
         " read. Try chmod u+r "),
        ({"out/step/state.json": 0}, "(place / 'step/state.json').read_bytes()", "out/step/state.json' may not be read."
         " Try chmod u+rw "),
        ({"out/step": 0o300}, "list((place / 'step').iterdir()); os.listdir(place / 'step')", "out/step' may not be"
         " read. Try chmod u+rx "),
        ({"out/step": 0o600}, "(place / 'step/state.json').read_bytes()", "out/step' may not be read. Try chmod u+rx "),
        ({".out.new/step/state.json": 0o200}, "(place.parent / '.out.new/step/state.json').read_bytes()",
         ".out.new/step/state.json' may not be read."),
        ({"out/step/state.json": 0o200}, "raise RuntimeError('Permission denied (os error 13)')",
         "out/step/state.json' may not be read."),
        ({"out/step/state.json": 0o400}, "(place / 'step/state.json').write_bytes(b'')", "out' can't be written:"
         " Permission denied."),
        ({"out/step": 0o500}, "(place / 'step/new').write_bytes(b'')", "out' can't be written: Permission denied."),
        ({"out/step": 0o500}, "raise RuntimeError('Permission denied (os error 13)')", "out' can't be written:"
         " Permission denied."),
    ],
    ids=["a file", "a file of mode 0", "a folder", "a folder not to be entered", "beside", "a library's words",
         "not written", "not made", "a library's words, not written"],
)  # fmt: skip
def test_a_file_in_the_folder_that_is_written(modes: dict[str, int], do: str, said: str) -> None:
    """Before: "out can't be written", which was not so, and not which file."""
    owner = 65534 if os.geteuid() == 0 else -1
    with tempfile.TemporaryDirectory() as folder:  # unlike pytest's, anybody may enter those above it
        for name in ("out", ".out.new"):
            (Path(folder) / name / "step").mkdir(parents=True)
            (Path(folder) / name / "step" / "state.json").write_text("{}")
        for path in (Path(folder), *Path(folder).rglob("*")):
            os.chown(path, owner, -1)
        for name, mode in modes.items():
            (Path(folder) / name).chmod(mode)
        command = [sys.executable, "-c", AS_NOBODY, "out", do]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder)
        for name in modes:
            (Path(folder) / name).chmod(0o700)
    assert said in run.stdout, (run.stdout, run.stderr)


@pytest.mark.parametrize("room", [*(pytest.param(size, marks=pytest.mark.long) for size in (100, 20_000)), 200_000])
def test_a_merged_checkpoint_on_a_full_disk(room: int, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    tiny.idefics3(tmp_path / "base")
    script = (
        "from pathlib import Path\n"
        "from sensorium.checkpoint.checkpoint_name import CheckpointName\n"
        "from sensorium.checkpoint.load import auto_class, load\n"
        "from sensorium.core.files import replace_folder\n"
        "from sensorium.tune.export.round_trip import save\n"
        "name = CheckpointName(sys.argv[2])\n"
        "loaded = load(name, auto_class(name))\n"
        "with replace_folder(sys.argv[3]) as folder: save(loaded, folder)"
    )
    error = run(script, room, tmp_path / "base", tmp_path / "out")
    assert "InputError" in error and "can't be written: File too large." in error, error
    assert [path.name for path in tmp_path.iterdir()] == ["base"]


@pytest.mark.parametrize(
    ("left", "goes_on"),
    [
        ({}, True),
        ({"data.txt": "mine"}, True),  # killed between the two
        ({"data.txt": "mine", ".recipe.toml.4711.new": "base = "}, True),
        ({".data.txt.4711.new": "mi"}, True),
        ({"data.txt": "somebody's notes"}, False),
        ({"data.txt": "mine", "photo.jpg": ""}, False),
        ({".recipe.toml.new": ""}, False),
    ],
)
def test_a_training_that_was_killed_as_it_began_begins_again(
    left: dict[str, str], goes_on: bool, tmp_path: Path
) -> None:
    """Before: "is not empty", after a kill between the fingerprint of the data and the recipe (1 of 20 moments)."""
    pytest.importorskip("torch")
    from sensorium.tune.recipe import Recipe
    from sensorium.tune.training import lora

    for name, text in left.items():
        (tmp_path / name).write_text(text)
    recipe = Recipe(base="starter", task="rows.jsonl", output_dir=str(tmp_path))
    data: Any = SimpleNamespace(fingerprint="mine")
    if goes_on:
        assert lora._open_folder(recipe, data) == tmp_path
        assert (tmp_path / "data.txt").read_text() == "mine" and (tmp_path / "recipe.toml").exists()
    else:
        with pytest.raises(InputError, match="is not empty"):
            lora._open_folder(recipe, data)
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == left


@pytest.mark.parametrize("room", [1, 2_000, 7_900])
def test_a_saved_task_on_a_full_disk(room: int, tmp_path: Path) -> None:
    script = (
        "import os; from sensorium.core.messages import Conversation, Image\n"
        "from sensorium.tasks.jsonl import save; from sensorium.tasks.task import Example, Task\n"
        "ask = lambda data: Conversation.of(Image(data), 'What?')\n"
        "save(Task('t', tuple(Example(ask(os.urandom(8_000 + n)), ('x',)) for n in range(40))), sys.argv[2])"
    )
    assert "can't be written: File too large." in run(script, room, tmp_path / "out")
    assert not list(tmp_path.iterdir())
