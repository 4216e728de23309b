"""Weights: files that are used only once their SHA-256 is the expected one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sensorium.core.errors import InstallError, quoted

INSTALL_HINT = 'Type: pip install "sensorium[offline]"'


def verify(data: bytes | bytearray, sha256: str, path: Path, hint: str) -> None:
    """Raise InstallError with `hint` unless the bytes of the file `path` have this SHA-256."""
    _compare(hashlib.sha256(data).hexdigest(), sha256, path, hint)


def verified_bytes(path: Path, sha256: str, hint: str) -> bytes:
    """Return a file's bytes, verified.

    Raises:
        InstallError: with `hint`, if the file can't be read or isn't the expected one.
    """
    data = read_bytes(path, hint)
    verify(data, sha256, path, hint)
    return data


def verified_file(path: Path, sha256: str, hint: str) -> Path:
    """Return the path of a file, verified without holding its bytes in memory; raises as `verified_bytes` does."""
    try:
        with path.open("rb") as file:
            _compare(hashlib.file_digest(file, "sha256").hexdigest(), sha256, path, hint)
    except OSError as error:
        raise _unreadable(path, error, hint) from None
    return path


def _compare(actual: str, expected: str, path: Path, hint: str) -> None:
    if actual != expected:
        shown = quoted(str(path))
        raise InstallError(
            f"{shown} is not the expected file: its sha256 is {actual[:16]}…, not {expected[:16]}….", hint
        )


def _unreadable(path: Path, error: OSError, hint: str) -> InstallError:
    return InstallError(f"{quoted(str(path))} can't be read: {error.strerror}.", hint)


def read_bytes(path: Path, hint: str) -> bytes:
    """Return a file's bytes; InstallError with `hint` if it can't be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error, hint) from None


def package_folder(package: str, hint: str = INSTALL_HINT) -> Path:
    """Return an installed package's folder, found without importing the package.

    Raises:
        InstallError: with `hint`, if the package is not installed.
    """
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not folders:
        raise InstallError(f"The package {package.replace('_', '-')!r} is not installed.", hint)
    return Path(folders[0])


def import_error(error: ImportError, package: str = "", hint: str = INSTALL_HINT) -> InstallError:
    """Return what to raise where a package can't be imported: it is not installed, or does not load.

    Args:
        error: The import's error.
        package: The package's name where pip has another than Python.
        hint: How to install it.
    """
    name = package or (error.name or "?").partition(".")[0].replace("_", "-")
    if isinstance(error, ModuleNotFoundError):
        return InstallError(f"The package {name!r} is not installed.", hint)
    reason = " ".join(str(error).split())[:160].rstrip(".")
    return InstallError(f"The package {name!r} is installed but does not load: {reason}.", reinstall_hint(name))


@contextmanager
def importing(extra: str, package: str = "") -> Iterator[None]:
    """Turn a failed import within into `import_error`, whose hint names the extra that brings the package."""
    try:
        yield
    except ImportError as error:
        raise import_error(error, package, f'Type: pip install "sensorium[{extra}]"') from None


@cache
def package_file(package: str, inside: str, sha256: str, hint: str = INSTALL_HINT) -> Path:
    """Return the path of the file `inside` an installed package, verified.

    Raises:
        InstallError: if the package or the file is missing (with `hint`), or the file isn't the expected one.
    """
    path = package_folder(package, hint) / inside
    if not path.is_file():
        raise InstallError(f"The package {package!r} lacks its file {inside!r}.", hint)
    return verified_file(path, sha256, reinstall_hint(package))


def onnx_session(path: Path) -> Any:
    """Return an onnxruntime session of a model's file, on the CPU; InstallError without onnxruntime."""
    with importing("offline"):
        import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # Spinning threads double the CPU time of small networks, and slow each other on a busy machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def reinstall_hint(*packages: str) -> str:
    """Return what to type where files of packages aren't the expected ones."""
    return f"Type: pip install --force-reinstall {' '.join(name.replace('_', '-') for name in packages)}"
