"""The starter: a checkpoint of seven million weights that Sensorium carries, for lessons, tests and first trainings.

It was trained by recipes/starter; its card, README.md beside the weights, says what it can and can't do.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from sensorium.core.errors import InstallError, quoted

STARTER = "starter"
"""Its name, as a base of adapters and recipes, and as a scheme."""
FOLDER = Path(__file__).parents[1] / "starter"
_WEIGHTS = "model.safetensors"
_SHA256 = "40d408052281c0869848718cd4efcf40592d8a2cd8fc8c06af9e0dcafcc00202"


@cache
def starter() -> Path:
    """Return the folder of the starter's checkpoint, once the SHA-256 of its weights has been found right.

    Raises:
        InstallError: when the weights are missing, or not the expected ones.
    """
    hint = "Type: pip install --force-reinstall sensorium"
    try:
        with (FOLDER / _WEIGHTS).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InstallError(f"The starter's weights can't be read: {error.strerror}.", hint) from None
    if found != _SHA256:
        raise InstallError(
            f"{quoted(str(FOLDER / _WEIGHTS))} is not the expected file: its sha256 is {found[:16]}….", hint
        )
    return FOLDER
