"""tune/training/tensor_store: what comes back is what was put in; what was not written to its end is not believed."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
import torch

from sensorium.core.errors import LimitError, MediaError
from sensorium.tune.training.tensor_store import SUFFIX, UNFINISHED, TensorStore


def numbers(seed: int, dtype: object = torch.float16) -> torch.Tensor:
    return torch.randn(3, 5, generator=torch.Generator().manual_seed(seed)).to(dtype)


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*" + SUFFIX))


def filled(folder: Path, count: int = 4, first: int = 0) -> TensorStore:
    store = TensorStore(folder, "weights a")
    for number in range(first, first + count):
        store.add(f"k{number}", {"seen": numbers(number), "ids": torch.tensor([[number, 7]])})
    store.flush()
    return store


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.int64, torch.bool])
def test_tensors_come_back(dtype: object, tmp_path: Path) -> None:
    store = TensorStore(tmp_path, "a")
    given = {"odd": torch.tensor([1, 0, 1], dtype=torch.bool), "seen": numbers(1, dtype), "one": torch.tensor(5)}
    store.add("k", given)
    store.flush()
    for found in (store, TensorStore(tmp_path, "a")):
        back = found.get("k")
        assert all(torch.equal(back[key], given[key]) and back[key].dtype == given[key].dtype for key in given)


def test_it_goes_on_where_it_ended(tmp_path: Path) -> None:
    filled(tmp_path)
    store = TensorStore(tmp_path, "weights a")
    store.add("more", {"seen": numbers(9)})
    store.flush()
    again = TensorStore(tmp_path, "weights a")
    assert len(again) == 5 and torch.equal(again.get("more")["seen"], numbers(9))
    assert torch.equal(again.get("k3")["seen"], numbers(3))


def test_a_store_about_something_else_is_emptied(tmp_path: Path) -> None:
    filled(tmp_path)
    other = TensorStore(tmp_path, "weights b")
    assert len(other) == 0
    other.add("k0", {"seen": numbers(5)})
    other.flush()
    assert len(TensorStore(tmp_path, "weights a")) == 0
    again = TensorStore(tmp_path, "weights b")
    assert len(again) == 1 and torch.equal(again.get("k0")["seen"], numbers(5))


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("left", [0, 1, 17, 48, 100, 500, -1])
def test_a_shard_that_broke_off_is_not_believed(left: int, which: int, tmp_path: Path) -> None:
    filled(tmp_path)
    assert len(filled(tmp_path, 4, first=4)) == 8
    shard = shards(tmp_path)[which]
    os.truncate(shard, shard.stat().st_size - 1 if left == -1 else left)
    store = TensorStore(tmp_path, "weights a")
    assert sorted(store) == [f"k{number}" for number in range(4 * (1 - which), 4 * (2 - which))]
    filled(tmp_path, 4, first=4 * which)
    again = TensorStore(tmp_path, "weights a")
    assert all(torch.equal(again.get(f"k{number}")["seen"], numbers(number)) for number in range(8))


def test_a_header_that_broke_off_is_not_believed(tmp_path: Path) -> None:
    filled(tmp_path)
    (shard,) = shards(tmp_path)
    shard.write_bytes(bytes(8) + shard.read_bytes()[8:])
    assert len(TensorStore(tmp_path, "weights a")) == 0
    filled(tmp_path)
    assert torch.equal(TensorStore(tmp_path, "weights a").get("k3")["seen"], numbers(3))


def test_what_is_still_being_written_is_not_believed(tmp_path: Path) -> None:
    filled(tmp_path)
    (shard,) = shards(tmp_path)
    (tmp_path / UNFINISHED).write_bytes(shard.read_bytes()[:-5])
    assert len(TensorStore(tmp_path, "weights a")) == 4
    assert len(filled(tmp_path, 1, first=4)) == 5 and not (tmp_path / UNFINISHED).exists()


def test_numbers_that_were_changed_are_refused(tmp_path: Path) -> None:
    filled(tmp_path)
    (shard,) = shards(tmp_path)
    raw = bytearray(shard.read_bytes())
    where = raw.find(numbers(0).numpy().tobytes())
    raw[where + 3] ^= 0xFF
    shard.write_bytes(raw)
    store = TensorStore(tmp_path, "weights a")
    with pytest.raises(MediaError, match="damaged") as caught:
        store.get("k0")
    assert caught.value.hint.startswith("Type: rm -r ")
    assert torch.equal(store.get("k1")["seen"], numbers(1))


def test_what_is_not_flushed_is_not_read(tmp_path: Path) -> None:
    store = TensorStore(tmp_path, "a")
    store.add("k", {"seen": numbers(0)})
    assert len(TensorStore(tmp_path, "a")) == 0  # as after a kill: nothing was flushed
    store.flush()
    assert len(TensorStore(tmp_path, "a")) == 1
    store.flush()


WRITER = """
import sys, torch
from pathlib import Path
from sensorium.tune.training.tensor_store import TensorStore
store = TensorStore(Path(sys.argv[1]), "a")
for number in range(len(store), 100_000):
    store.add(str(number), {"seen": torch.full((50_000,), float(number), dtype=torch.float16)})
    print(number, flush=True)
"""


def test_what_a_killed_writer_left_is_whole(tmp_path: Path) -> None:
    for stop in (130, 300):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            for line in run.stdout:
                if int(line) >= stop:
                    run.send_signal(signal.SIGKILL)
                    break
        store = TensorStore(tmp_path, "a")
        assert stop - 64 <= len(store)
        assert all((store.get(str(n))["seen"] == torch.tensor(float(n)).half()).all() for n in range(len(store)))


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """A limit of the size of files stands for it: the write fails in the same place."""
    store = TensorStore(tmp_path, "a")
    store.add("k", {"seen": torch.zeros(100_000)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(LimitError, match="is full") as caught:
            store.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "encode_once = false" in caught.value.hint
    assert len(TensorStore(tmp_path, "a")) == 0


def test_its_files_are_safetensors(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    filled(tmp_path)
    (shard,) = shards(tmp_path)
    assert torch.equal(load_file(shard)["k2/seen"], numbers(2))
