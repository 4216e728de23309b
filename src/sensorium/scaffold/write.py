"""Writing a project as a whole, and never over anything."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sensorium.core.errors import InputError, quoted
from sensorium.core.files import replace_file, write_errors


def write_project(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a new folder: all of them, or nothing.

    Args:
        files: Path inside the folder -> contents.
        folder: It must not exist; the folder that it lies in must.

    Raises:
        InputError: if there is something already, or it can't be written.
    """
    parent = folder.parent
    if os.path.lexists(folder):
        raise InputError(f"{quoted(str(folder))} exists already; nothing was written.", "Choose another name.")
    if not parent.is_dir():
        raise InputError(f"No folder {quoted(str(parent))}; nothing was written.", "Make it first, or name another.")
    with write_errors(folder):
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name[:80]}-", dir=parent))
        try:
            for name, data in files.items():
                path = beside / name
                path.parent.mkdir(parents=True, exist_ok=True)
                replace_file(path, data)
            beside.chmod(0o777 & ~_umask())  # mkdtemp keeps others out
            if os.path.lexists(folder):  # another process was faster
                raise InputError(f"{quoted(str(folder))} exists already; nothing was written.", "Choose another name.")
            _rename(beside, folder)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise


def _rename(beside: Path, folder: Path) -> None:
    try:
        beside.rename(folder)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise InputError(
            f"The name {quoted(folder.name)} is too long for this disk.", "Choose a shorter name."
        ) from None


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
