"""The weights' reader: it reads tensors and runs nothing."""

from __future__ import annotations

import io
import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import InstallError
from sensorium.eyes.recognition.unpickle import tensors

MAGIC = 0x1950A86A20F9469CFC6C


class _Storage:
    """Pickled as torch's legacy format does: by a persistent id."""

    def __init__(self, key: str, size: int, kind: str = "FloatStorage") -> None:
        self.pid = ("storage", _Global("torch", kind), key, "cpu", size, None)


class _Global:
    """Pickled as the name of a global, without that module being there."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Tensor:
    def __init__(self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.parts = (storage, offset, shape, strides, False, OrderedDict())


class _Pickler(pickle._Pickler):  # the Python one: its dispatch can be extended
    def persistent_id(self, value: object) -> object:
        return value.pid if isinstance(value, _Storage) else None

    def save(self, value: object, save_persistent_id: bool = True) -> None:
        if isinstance(value, _Global):
            self.write(b"c" + f"{value.module}\n{value.name}\n".encode())
        elif isinstance(value, _Tensor):
            self.save(_Global("torch._utils", "_rebuild_tensor_v2"))
            self.save(value.parts)
            self.write(b"R")
        else:
            super().save(value, save_persistent_id)


def _dumps(value: object) -> bytes:
    out = io.BytesIO()
    _Pickler(out, 2).dump(value)
    return out.getvalue()


def _legacy(state: object, keys: list[str], storages: list[np.ndarray], magic: int = MAGIC) -> bytes:
    head = _dumps(magic) + _dumps(1001) + _dumps({"protocol_version": 1001, "little_endian": True, "type_sizes": {}})
    raw = b"".join(len(s).to_bytes(8, "little") + s.tobytes() for s in storages)
    return head + _dumps(state) + _dumps(keys) + raw


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_reads_tensors_views_and_transposes(tmp_path: Path) -> None:
    numbers = np.arange(12, dtype=np.float32)
    shared = _Storage("7", 12)
    state = OrderedDict(
        whole=_Tensor(shared, 0, (3, 4), (4, 1)),
        turned=_Tensor(shared, 0, (4, 3), (1, 4)),
        tail=_Tensor(shared, 10, (2,), (1,)),
        count=_Tensor(_Storage("8", 1, "LongStorage"), 0, (), ()),
    )
    path = _write(tmp_path / "w.pth", _legacy(state, ["7", "8"], [numbers, np.array([5], dtype=np.int64)]))
    found = tensors(path)
    assert list(found) == ["whole", "turned", "tail", "count"]
    np.testing.assert_array_equal(found["whole"], numbers.reshape(3, 4))
    np.testing.assert_array_equal(found["turned"], numbers.reshape(3, 4).T)
    np.testing.assert_array_equal(found["tail"], [10, 11])
    assert found["count"].shape == () and found["count"] == 5


class _Evil:
    def __init__(self, target: str) -> None:
        self.target = target

    def __reduce__(self) -> object:
        return os.mkdir, (self.target,)


@pytest.mark.parametrize("place", ["magic", "state", "keys"])
def test_a_malicious_pickle_is_refused_and_does_nothing(tmp_path: Path, place: str) -> None:
    made = tmp_path / "made-by-the-pickle"
    evil = pickle.dumps(_Evil(str(made)), 2)
    head = _dumps(MAGIC) + _dumps(1001) + _dumps({"little_endian": True})
    data = {"magic": evil, "state": head + evil, "keys": head + _dumps(OrderedDict()) + evil}[place]
    pickle.loads(evil)  # the pickle works where it is let
    made.rmdir()
    with pytest.raises(InstallError, match="not allowed"):
        tensors(_write(tmp_path / "evil.pth", data))
    assert not made.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "eval"),
        ("os", "system"),
        ("torch", "load"),
        ("torch._utils", "_rebuild_tensor"),
        ("torch.storage", "_load_from_bytes"),
        ("collections", "Counter"),
        ("functools", "partial"),
        ("numpy", "load"),
    ],
)
def test_any_other_global_is_refused(tmp_path: Path, module: str, name: str) -> None:
    data = _legacy({"x": _Global(module, name)}, [], [])
    with pytest.raises(InstallError, match="not allowed"):
        tensors(_write(tmp_path / "w.pth", data))


def _one(tensor: _Tensor, keys: list[str] | None = None, size: int = 4) -> bytes:
    return _legacy(OrderedDict(x=tensor), ["1"] if keys is None else keys, [np.zeros(size, dtype=np.float32)])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "can't be read"),
        (b"PK\x03\x04 a zip", "can't be read"),
        (b"not a pickle at all", "can't be read"),
        (_legacy({}, [], [], magic=1), "legacy"),
        (_legacy([1, 2], [], []), "dict of tensors"),
        (_legacy({"x": 3}, [], []), "dict of tensors"),
        (_one(_Tensor(_Storage("1", 4), 0, (5,), (1,))), "storage"),
        (_one(_Tensor(_Storage("1", 4), 2, (3,), (1,))), "storage"),
        (_one(_Tensor(_Storage("1", 4), 0, (1 << 40,), (0,))), "storage"),
        (_one(_Tensor(_Storage("1", 4), -1, (2,), (1,))), "proper"),
        (_one(_Tensor(_Storage("1", 4), 0, (2,), (-1,))), "proper"),
        (_one(_Tensor(_Storage("1", 4), 0, (2, 2), (1,))), "strides"),
        (_one(_Tensor(_Storage("1", 9), 0, (4,), (1,))), "another size"),
        (_one(_Tensor(_Storage("1", 4), 0, (4,), (1,)), keys=["2"]), "storages"),
        (_one(_Tensor(_Storage("1", 4), 0, (4,), (1,)))[:-3], "ends in the middle"),
        (_one(_Tensor(_Storage("1", 4, "QInt8Storage"), 0, (4,), (1,))), "not allowed"),
    ],
)
def test_broken_files_are_refused_with_a_hint(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(InstallError, match=says) as caught:
        tensors(_write(tmp_path / "w.pth", data))
    assert caught.value.hint and "w.pth" in caught.value.message
