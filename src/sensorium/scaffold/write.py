"""Writing a project as a whole, and never over anything."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from sensorium.core.errors import InputError, quoted
from sensorium.core.files import replace_file, replace_folder


def write_project(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a new folder: all of them, or nothing, whatever ends the process.

    Args:
        files: Path inside the folder -> contents.
        folder: It must not exist; the folder that it lies in must.

    Raises:
        InputError: if there is something already, or it can't be written.
    """
    check_place(folder)
    try:
        with replace_folder(folder) as beside:
            for name, data in files.items():
                path = beside / name
                path.parent.mkdir(parents=True, exist_ok=True)
                replace_file(path, data)
            check_place(folder)  # another process may have been faster
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InputError(
                f"The name {quoted(folder.name)} is too long for this disk.", "Choose a shorter name."
            ) from None
        check_place(folder)
        raise


def check_place(folder: Path) -> None:
    """Raise InputError if there is something in a new folder's place, or no folder to make it in."""
    parent = folder.parent
    if os.path.lexists(folder):
        raise InputError(f"{quoted(str(folder))} exists already; nothing was written.", "Choose another name.")
    if parent.exists() and not parent.is_dir():
        raise InputError(f"{quoted(str(parent))} is a file; nothing was written.", "Name a folder.")
    if not parent.is_dir():
        raise InputError(f"No folder {quoted(str(parent))}; nothing was written.", "Make it first, or name another.")
