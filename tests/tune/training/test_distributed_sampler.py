"""tune/training/distributed_sampler: together the processes take the rows of one process, in the same steps."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
from accelerate.data_loader import SeedableRandomSampler

from sensorium.core.errors import InputError
from sensorium.tune.training.distributed import Distributed, divide_step
from sensorium.tune.training.distributed_sampler import ProcessBatchSampler, StepSampler


@pytest.mark.parametrize(
    ("batch", "accumulate", "processes", "each"),
    [(1, 8, 2, (1, 4)), (4, 1, 2, (2, 1)), (4, 2, 8, (1, 1)), (6, 4, 6, (2, 2)), (3, 5, 1, (3, 5)), (2, 6, 4, (1, 3))],
)
def test_a_step_stays_as_large(batch: int, accumulate: int, processes: int, each: tuple[int, int]) -> None:
    assert divide_step(batch, accumulate, processes) == each
    assert each[0] * each[1] * processes == batch * accumulate


@pytest.mark.parametrize(("batch", "accumulate", "processes", "hint"), [(1, 3, 2, 4), (1, 1, 4, 4), (2, 9, 4, 8)])
def test_what_can_not_be_divided_is_refused(batch: int, accumulate: int, processes: int, hint: int) -> None:
    with pytest.raises(InputError, match=f"{processes} processes can't share them equally") as caught:
        divide_step(batch, accumulate, processes)
    assert caught.value.hint == f"Write into the recipe: gradient_accumulation_steps = {hint}"
    assert divide_step(batch, hint, processes)


@pytest.mark.parametrize("processes", [2, 3, 4])
@pytest.mark.parametrize("rows", [1, 11, 12, 13, 24, 29])
def test_together_they_take_the_rows_of_one(processes: int, rows: int) -> None:
    whole = StepSampler(rows, 12, seed=5)
    batch, times = divide_step(1, 12, processes)
    shares = [
        ProcessBatchSampler(StepSampler(rows, 12, seed=5), batch, Distributed(rank, processes))
        for rank in range(processes)
    ]
    for epoch in (0, 3):
        for each in (whole, *shares):
            each.set_epoch(epoch)
        taken = [list(share) for share in shares]
        assert [len(share) for share in shares] == [len(batches) for batches in taken] == [len(taken[0])] * processes
        steps = list(whole)
        for number, step in enumerate(steps):
            mine = [row for batches in taken for part in batches[number * times : (number + 1) * times] for row in part]
            assert sorted(mine) == sorted(step)
        assert sorted(row for step in steps for row in step) == list(range(rows))


def test_the_order_is_the_librarys() -> None:
    """One process shuffles with accelerate's sampler, whose seed is the recipe's and the epoch's number."""
    ours, theirs = StepSampler(50, 7, seed=3), SeedableRandomSampler(range(50), data_seed=3)
    for epoch in range(3):
        ours.set_epoch(epoch)
        theirs.set_epoch(epoch)
        assert [row for step in ours for row in step] == list(theirs)
