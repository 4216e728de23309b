"""The starter: a checkpoint of seven million weights that Sensorium carries, for lessons, tests and first trainings.

It was trained by recipes/starter; its card, README.md beside the weights, says what it can and can't do.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sensorium.core.weights import reinstall_hint, verified_file

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
    verified_file(FOLDER / _WEIGHTS, _SHA256, reinstall_hint("sensorium"))
    return FOLDER
