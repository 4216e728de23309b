"""tune/store: what comes back is what was put in, and what was not written to its end is not believed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
import torch

from sensorium.core.errors import LimitError, MediaError
from sensorium.tune.training.tensor_store import DATA, INDEX, Store


def numbers(seed: int, dtype: object = torch.float16) -> torch.Tensor:
    return torch.randn(3, 5, generator=torch.Generator().manual_seed(seed)).to(dtype)


def filled(folder: Path, count: int = 4) -> Store:
    store = Store(folder, "weights a")
    for number in range(count):
        store.add(f"k{number}", {"seen": numbers(number), "ids": torch.tensor([[number, 7]])})
    store.close()
    return store


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.int64, torch.bool])
def test_tensors_come_back(dtype: object, tmp_path: Path) -> None:
    store = Store(tmp_path, "a")
    given = {"odd": torch.tensor([1, 0, 1], dtype=torch.bool), "seen": numbers(1, dtype), "one": torch.tensor(5)}
    store.add("k", given)
    store.close()
    for found in (store, Store(tmp_path, "a")):
        back = found.get("k")
        assert all(torch.equal(back[key], given[key]) and back[key].dtype == given[key].dtype for key in given)


def test_it_goes_on_where_it_ended(tmp_path: Path) -> None:
    filled(tmp_path)
    store = Store(tmp_path, "weights a")
    store.add("more", {"seen": numbers(9)})
    store.close()
    again = Store(tmp_path, "weights a")
    assert len(again) == 5 and torch.equal(again.get("more")["seen"], numbers(9))
    assert torch.equal(again.get("k3")["seen"], numbers(3))


def test_a_store_about_something_else_is_emptied(tmp_path: Path) -> None:
    filled(tmp_path)
    other = Store(tmp_path, "weights b")
    assert len(other) == 0
    other.add("k0", {"seen": numbers(5)})
    other.close()
    assert len(Store(tmp_path, "weights a")) == 0
    again = Store(tmp_path, "weights b")
    assert len(again) == 1 and torch.equal(again.get("k0")["seen"], numbers(5))


@pytest.mark.parametrize("left", [0, 1, 17, 48, 100, 150, -1])
def test_numbers_that_broke_off_are_not_believed(left: int, tmp_path: Path) -> None:
    size = filled(tmp_path).size
    left = size - 1 if left == -1 else left
    os.truncate(tmp_path / DATA, left)
    store = Store(tmp_path, "weights a")
    whole = left // (size // 4)
    assert len(store) == whole < 4
    for number in range(4):
        if f"k{number}" not in store:
            store.add(f"k{number}", {"seen": numbers(number), "ids": torch.tensor([[number, 7]])})
    store.close()
    again = Store(tmp_path, "weights a")
    assert all(torch.equal(again.get(f"k{number}")["seen"], numbers(number)) for number in range(4))


def test_an_index_that_broke_off_is_believed_as_far_as_it_goes(tmp_path: Path) -> None:
    filled(tmp_path)
    whole = (tmp_path / INDEX).read_bytes()
    for left in (0, 5, len(whole) // 2, len(whole) - 1):
        (tmp_path / INDEX).write_bytes(whole[:left])
        store = Store(tmp_path, "weights a")
        assert len(store) == max(0, whole[:left].count(b"\n") - 1)
        for number in range(len(store), 4):
            store.add(f"k{number}", {"seen": numbers(number)})
        store.close()
        assert torch.equal(Store(tmp_path, "weights a").get("k3")["seen"], numbers(3))
        filled(tmp_path)


def test_numbers_that_were_changed_are_refused(tmp_path: Path) -> None:
    filled(tmp_path)
    with (tmp_path / DATA).open("r+b") as file:
        file.seek(3)
        file.write(b"\xff")
    store = Store(tmp_path, "weights a")
    with pytest.raises(MediaError, match="damaged") as caught:
        store.get("k0")
    assert caught.value.hint.startswith("Type: rm -r ")
    assert torch.equal(store.get("k1")["seen"], numbers(1))


def test_a_line_is_written_only_after_its_numbers(tmp_path: Path) -> None:
    store = Store(tmp_path, "a")
    store.add("k", {"seen": numbers(0)})
    assert len(Store(tmp_path, "a")) == 0  # as after a kill: nothing was flushed
    store.flush()
    assert len(Store(tmp_path, "a")) == 1
    store.close()


WRITER = """
import sys, torch
from pathlib import Path
from sensorium.tune.training.tensor_store import Store
store = Store(Path(sys.argv[1]), "a")
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
        store = Store(tmp_path, "a")
        assert stop - 64 <= len(store)
        assert all((store.get(str(n))["seen"] == torch.tensor(float(n)).half()).all() for n in range(len(store)))


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    store = Store(tmp_path, "a")
    (tmp_path / DATA).symlink_to("/dev/full")
    store.add("k", {"seen": numbers(0)})
    with pytest.raises(LimitError, match="is full") as caught:
        store.close()
    assert "encode_once = false" in caught.value.hint
    assert len(Store(tmp_path, "a")) == 0


def test_the_index_is_json_lines(tmp_path: Path) -> None:
    filled(tmp_path)
    first, *rest = (tmp_path / INDEX).read_text().splitlines()
    assert json.loads(first) == {"about": "weights a"} and [json.loads(line)["key"] for line in rest][:2] == [
        "k0",
        "k1",
    ]
