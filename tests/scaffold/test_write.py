"""Writing: the whole project or nothing, and never over anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sensorium.core.errors import InputError
from sensorium.scaffold import write_project

FILES = {"a/b.py": b"x = 1\n", "c.md": b"# c\n"}


def test_the_files_are_written(tmp_path: Path) -> None:
    write_project(FILES, tmp_path / "new")
    assert {
        p.relative_to(tmp_path / "new").as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()
    } == FILES
    assert os.listdir(tmp_path) == ["new"]
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o777 & ~umask


@pytest.mark.parametrize("kind", ["folder", "empty folder", "file", "dangling link"])
def test_what_is_there_is_untouched(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "new"
    if kind == "file":
        place.write_text("mine")
    elif kind == "dangling link":
        place.symlink_to(tmp_path / "nowhere")
    else:
        place.mkdir()
        if kind == "folder":
            (place / "c.md").write_text("mine")
    before = sorted((str(p), p.lstat().st_mtime_ns, p.lstat().st_ino) for p in (tmp_path, *tmp_path.rglob("*")))
    with pytest.raises(InputError, match="exists already; nothing was written"):
        write_project(FILES, place)
    assert before == sorted((str(p), p.lstat().st_mtime_ns, p.lstat().st_ino) for p in (tmp_path, *tmp_path.rglob("*")))


def test_a_writing_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        write_project(FILES | {"c.md/d": b"under a file"}, tmp_path / "new")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_appears_meanwhile_is_untouched(tmp_path: Path) -> None:
    class Meddling(dict[str, bytes]):
        def items(self):  # type: ignore[no-untyped-def]
            yield from super().items()
            (tmp_path / "new").mkdir()
            (tmp_path / "new" / "mine").write_text("mine")

    with pytest.raises(InputError, match="exists already"):
        write_project(Meddling(FILES), tmp_path / "new")
    assert [p.name for p in tmp_path.rglob("*")] == ["new", "mine"]


def test_a_kill_leaves_no_half_project_and_the_next_call_cleans_up(tmp_path: Path) -> None:
    """Killed before its last file, as by `kill -9` or a power cut."""
    program = (
        "import os, pathlib, sys\nfrom sensorium.scaffold import write_project\n"
        "class Files(dict):\n    def items(self):\n        yield from super().items()\n        os._exit(9)\n"
        "write_project(Files({'a/b.py': b'x = 1'}), pathlib.Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "new")], env=os.environ, check=False)
    assert done.returncode == 9 and not (tmp_path / "new").exists()
    write_project(FILES, tmp_path / "new")
    assert os.listdir(tmp_path) == ["new"]


def test_a_file_in_the_parents_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        write_project(FILES, tmp_path / "a" / "b")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    name = "n" * 300  # longer than a file system takes; root may write everywhere else
    with pytest.raises(InputError, match="nnn"):
        write_project(FILES, tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_a_missing_parent_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No folder"):
        write_project(FILES, tmp_path / "a" / "b")
    assert os.listdir(tmp_path) == []
