"""The energy counters in a made-up folder: sums, a counter that begins anew, counters that can't be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorium.evaluation.choosing.asking.machine import EnergyCounter, peak_memory_bytes


def package(folder: Path, name: str, used: int, most: int | None = 262_143_328_850) -> Path:
    path = folder / name
    path.mkdir(exist_ok=True)
    (path / "energy_uj").write_text(f"{used}\n")
    if most is not None:
        (path / "max_energy_range_uj").write_text(f"{most}\n")
    return path


def test_joules_of_all_packages_and_of_no_part_twice(tmp_path: Path) -> None:
    first = package(tmp_path, "intel-rapl:0", 1_000_000)
    second = package(tmp_path, "intel-rapl:1", 5_000_000)
    package(tmp_path, "intel-rapl:0:0", 900_000)  # a part of the first: the cores
    (tmp_path / "intel-rapl").mkdir()
    counter = EnergyCounter(tmp_path)
    assert counter.can_read
    before = counter.read()
    (first / "energy_uj").write_text("3500000")
    (second / "energy_uj").write_text("5250000")
    assert counter.joules_since(before) == pytest.approx(2.75)


def test_a_counter_that_began_anew(tmp_path: Path) -> None:
    path = package(tmp_path, "intel-rapl:0", 9_800_000, 10_000_000)
    counter = EnergyCounter(tmp_path)
    before = counter.read()
    (path / "energy_uj").write_text("300000")
    assert counter.joules_since(before) == pytest.approx(0.5)
    (path / "max_energy_range_uj").unlink()
    assert counter.joules_since(before) is None


def test_counters_that_cannot_be_read_estimate_nothing(tmp_path: Path) -> None:
    assert not EnergyCounter(tmp_path / "missing").can_read
    assert not EnergyCounter(tmp_path).can_read
    path = package(tmp_path, "intel-rapl:0", 5)
    counter = EnergyCounter(tmp_path)
    before = counter.read()
    (path / "energy_uj").write_text("no number")
    assert counter.read() is None and counter.joules_since(before) is None and counter.joules_since(None) is None
    assert not EnergyCounter(tmp_path).can_read


def test_peak_memory_rises_with_what_is_held() -> None:
    before = peak_memory_bytes()
    if before is None:
        pytest.skip("this system doesn't tell a process its peak memory")
    held = bytearray(b"\1" * 300_000_000)
    after = peak_memory_bytes()
    assert after is not None and after > 300_000_000 and len(held) == 300_000_000
