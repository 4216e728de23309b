"""Which rows each of several processes takes in each step: together those of one process, in the same steps."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, gcd

from sensorium.core.errors import InputError
from sensorium.tune.training.distributed import Team


def divided(batch: int, accumulate: int, processes: int) -> tuple[int, int]:
    """Return `batch` and `accumulate` of one of several processes: `accumulate` is divided as far as it goes.

    Raises:
        InputError: when a step's examples can't be divided equally.
    """
    times = gcd(accumulate, processes)
    if batch % (processes // times):
        whole = batch * accumulate
        raise InputError(
            f"A step takes batch × accumulate = {batch} × {accumulate} = {whole} examples, "
            f"which {processes} processes can't share equally.",
            f"Write into the recipe: accumulate = {max(1, round(accumulate / processes)) * processes}",
        )
    return batch // (processes // times), accumulate // times


class Steps:
    """The rows of each step of an epoch, as accelerate's SeedableRandomSampler draws them for one process.

    Args:
        rows: How many there are.
        size: Rows of a step; the last of an epoch may have fewer.
        seed: Of the order; each epoch has one of its own.
    """

    def __init__(self, rows: int, size: int, seed: int) -> None:
        self.rows, self.size, self.seed, self.epoch = rows, size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes; the trainer does."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        import torch

        order = torch.randperm(self.rows, generator=torch.Generator().manual_seed(self.seed + self.epoch)).tolist()
        for start in range(0, self.rows, self.size):
            yield order[start : start + self.size]


class Shares:
    """The batches of one process. Where a step has none left for it, an empty one: all must come to each step's end.

    Args:
        steps: What all take together.
        batch: The most rows of a batch.
        team: Whose share.
    """

    def __init__(self, steps: Steps, batch: int, team: Team) -> None:
        self.batch_sampler = steps  # the trainer looks for it under this name, to say the epoch
        self._batch = batch
        self._team = team

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes; the trainer does, where it goes on in the midst of one."""
        self.batch_sampler.set_epoch(epoch)

    def __len__(self) -> int:
        rows, size = self.batch_sampler.rows, self.batch_sampler.size
        return rows // size * self._times(size) + self._times(rows % size)

    def __iter__(self) -> Iterator[list[int]]:
        for rows in self.batch_sampler:
            for turn in range(self._times(len(rows))):
                start = (turn * self._team.size + self._team.rank) * self._batch
                yield rows[start : start + self._batch]

    def _times(self, rows: int) -> int:
        """Batches that each process makes of a step."""
        return ceil(rows / (self._batch * self._team.size))
