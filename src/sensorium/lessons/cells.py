"""What lessons' cells use besides the library: sample pictures, showing them, and shell commands."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Image, Picture
from sensorium.lessons.courses import course_folder

if TYPE_CHECKING:
    import PIL.Image

MAX_SHOWN_SIDE = 480


def sample(name: str) -> Path:
    """Return the path of one of the course's sample files, `sample("receipt.png")`; InputError lists them."""
    folder = course_folder() / "samples"
    path = folder / name
    if not path.is_file() or path.parent != folder:
        known = ", ".join(sorted(file.name for file in folder.iterdir() if file.suffix != ".py"))
        raise InputError(f"No sample {quoted(name)}.", f"The samples: {known}.")
    return path


def show(picture: Image | Path | str | Picture, alt: str, side: int = MAX_SHOWN_SIDE) -> PIL.Image.Image:
    """Return a picture to be shown below the cell, its longer side at most `side` pixels.

    Args:
        picture: What `Image(…)` takes, or an Image.
        alt: What it shows, for people who can't see it.
    """
    import PIL.Image

    from sensorium.media.image import pixels

    image = picture if isinstance(picture, Image) else Image(picture)
    shown = PIL.Image.fromarray(pixels(image))
    shown.thumbnail((side, side))
    shown.info["alt"] = alt
    return shown


def shell(command: str) -> str:
    """Run a `sensorium` command as in a terminal, print what it prints, and return its standard output.

    A command that fails is shown too: its message is part of the lesson.
    """
    words = shlex.split(command)
    if words[:1] != ["sensorium"]:
        raise InputError(f"shell runs `sensorium` commands, not {quoted(command)}.", 'Try shell("sensorium models").')
    environment = os.environ | {"PYTHONUTF8": "1"}
    run = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )
    print(f"$ {command}\n{run.stdout}{run.stderr}".rstrip())  # noqa: T201  (it is a notebook's output)
    return run.stdout
