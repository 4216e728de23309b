"""Which rows each of several processes takes in each step: together those of one process, in the same steps.

accelerate's own sharding repeats rows where an epoch does not divide evenly.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from sensorium.tune.training.distributed import Distributed


class StepSampler:
    """The rows of each step of an epoch, as accelerate's SeedableRandomSampler draws them for one process.

    Args:
        rows: Number of rows.
        step_size: Rows of a step; the last of an epoch may have fewer.
        seed: Random seed; each epoch has an order of its own.
    """

    def __init__(self, rows: int, step_size: int, seed: int) -> None:
        self.rows, self.step_size, self.seed, self.epoch = rows, step_size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch; the trainer calls it."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        import torch

        order = torch.randperm(self.rows, generator=torch.Generator().manual_seed(self.seed + self.epoch)).tolist()
        for start in range(0, self.rows, self.step_size):
            yield order[start : start + self.step_size]


class ProcessBatchSampler:
    """The batches of one process; an empty one if a step has none left for it: all must come to each step's end.

    Args:
        steps: Rows of each step.
        batch_size: Maximum rows of a batch.
        distributed: This process.
    """

    def __init__(self, steps: StepSampler, batch_size: int, distributed: Distributed) -> None:
        self.batch_sampler = steps  # the trainer looks for it under this name to set the epoch
        self._batch_size = batch_size
        self._distributed = distributed

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch; the trainer calls it when it resumes within one."""
        self.batch_sampler.set_epoch(epoch)

    def __len__(self) -> int:
        rows, step_size = self.batch_sampler.rows, self.batch_sampler.step_size
        return rows // step_size * self._batches(step_size) + self._batches(rows % step_size)

    def __iter__(self) -> Iterator[list[int]]:
        for rows in self.batch_sampler:
            for number in range(self._batches(len(rows))):
                start = number * self._distributed.num_processes + self._distributed.process_index
                yield rows[start * self._batch_size : (start + 1) * self._batch_size]

    def _batches(self, rows: int) -> int:
        """Return the number of batches that each process makes of a step."""
        return ceil(rows / (self._batch_size * self._distributed.num_processes))
