"""Reading a PyTorch weights file without PyTorch, and without running what a pickle may ask to run."""

from __future__ import annotations

import io
import math
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InstallError

_MAGIC = 0x1950A86A20F9469CFC6C  # torch.serialization.MAGIC_NUMBER
_PROTOCOL = 1001  # torch.serialization.PROTOCOL_VERSION
_STORAGES = {
    "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "|i1", "ByteStorage": "|u1", "BoolStorage": "|b1",
}  # fmt: skip
_HINT = "Use a state_dict that torch.save wrote with _use_new_zipfile_serialization=False."


def tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read a state_dict: name -> array, in the file's order.

    Source: the legacy format of torch.save (torch/serialization.py, `_legacy_load`): five pickles, then the raw
    storages. Only tensors, storages and OrderedDict are allowed in the pickles; no code of the file's choice runs.

    Raises:
        InstallError: when the file is of another format, is broken, or asks for anything else.
    """
    try:
        with path.open("rb") as file:
            return _state_dict(file)
    except (
        pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, ImportError,
        OverflowError, MemoryError, RecursionError, OSError,
    ) as error:  # fmt: skip
        # pickle raises all of these on bytes that are no pickle, or not the expected one.
        raise InstallError(f"The weights {path.name!r} can't be read: {error}.", _HINT) from None


class _Storage:
    """The place of some raw numbers; filled once the pickles have been read."""

    __slots__ = ("dtype", "values")

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.values: NDArray[Any] | None = None


class _Tensor:
    """A view into a storage, as the pickle describes it."""

    __slots__ = ("offset", "shape", "storage", "strides")

    def __init__(self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        whole = (offset, *shape, *strides)
        if not isinstance(storage, _Storage) or any(type(n) is not int or n < 0 for n in whole):
            raise pickle.UnpicklingError("a tensor in it has no proper storage, shape or strides")
        if len(shape) != len(strides):
            raise pickle.UnpicklingError(f"a tensor in it has {len(shape)} axes and {len(strides)} strides")
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def array(self) -> NDArray[Any]:
        values = self.storage.values
        assert values is not None
        last = self.offset + sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        if 0 not in self.shape and last >= values.size:
            raise pickle.UnpicklingError(f"a tensor of shape {self.shape} reaches beyond its storage")
        if math.prod(self.shape) > values.size:
            raise pickle.UnpicklingError(f"a tensor of shape {self.shape} is larger than its storage")
        steps = tuple(step * values.itemsize for step in self.strides)
        return np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, steps).copy()


class _Rebuild:
    """Stands for torch._utils._rebuild_tensor_v2; an object without attributes, so that no pickle can alter it."""

    __slots__ = ()

    def __call__(self, storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
        return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _Restricted(pickle.Unpickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, tuple[_Storage, int]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Rebuild()
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not allowed")

    def persistent_load(self, pid: Any) -> _Storage:
        if not isinstance(pid, tuple) or len(pid) != 6 or pid[0] != "storage" or pid[5] is not None:
            raise pickle.UnpicklingError(f"it holds a storage of an unknown kind: {str(pid)[:60]}")
        _, dtype, key, _, size, _ = pid
        if dtype not in _STORAGES.values() or not isinstance(key, str) or type(size) is not int or size < 0:
            raise pickle.UnpicklingError(f"it holds a storage of an unknown kind: {str(pid)[:60]}")
        storage, known = self.storages.setdefault(key, (_Storage(dtype), size))
        if (storage.dtype, known) != (dtype, size):
            raise pickle.UnpicklingError(f"it describes storage {key!r} in two ways")
        return storage


def _state_dict(file: BinaryIO) -> dict[str, NDArray[Any]]:
    whole = io.BytesIO(file.read())
    if _Restricted(whole).load() != _MAGIC or _Restricted(whole).load() != _PROTOCOL:
        raise pickle.UnpicklingError("it does not begin as the legacy format does")
    system = _Restricted(whole).load()
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise pickle.UnpicklingError("it was not written by a little-endian machine")
    reader = _Restricted(whole)
    found = reader.load()
    keys = _Restricted(whole).load()
    if not isinstance(found, dict) or not all(isinstance(v, _Tensor) for v in found.values()):
        raise pickle.UnpicklingError("it is not a dict of tensors")
    if not isinstance(keys, list) or sorted(keys) != sorted(reader.storages):
        raise pickle.UnpicklingError("its storages are not those that its tensors use")
    for key in keys:
        storage, size = reader.storages[key]
        _fill(storage, size, whole)
    return {str(name): tensor.array() for name, tensor in found.items()}


def _fill(storage: _Storage, size: int, file: BinaryIO) -> None:
    if int.from_bytes(file.read(8), "little", signed=True) != size:
        raise pickle.UnpicklingError("a storage in it has another size than was said")
    count = size * np.dtype(storage.dtype).itemsize
    raw = file.read(count)
    if len(raw) != count:
        raise pickle.UnpicklingError("it ends in the middle of a storage")
    storage.values = np.frombuffer(raw, dtype=storage.dtype)
