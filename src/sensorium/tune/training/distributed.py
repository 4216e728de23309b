"""The processes of one training, started by `accelerate launch` or torchrun: who is the first, and what they tell
each other. One process is a team of one, for which nothing here does anything."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sensorium.core.errors import InputError, ServiceError
from sensorium.tune.device import available
from sensorium.tune.recipe import Recipe

Value = TypeVar("Value")
# What the launchers set: torchrun and accelerate, then those of MPI
_SIZE = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
_RANK = ("RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK")
_LOCAL = ("LOCAL_RANK", "MPI_LOCALRANKID", "OMPI_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_RANK")
_BESIDE = ("LOCAL_WORLD_SIZE", "MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE", "MV2_COMM_WORLD_LOCAL_SIZE")
_GRACE_SECONDS = 10.0
"""So long a process waits before it says what went wrong: where the first one says the same, or another one ended
for a reason of its own, the launcher has ended this one by then."""


@dataclass(frozen=True)
class Team:
    """The processes that train together, as one of them sees them.

    Args:
        rank: This one's number. 0 is the first, which alone writes, deletes and prints.
        size: How many there are.
        local: Its number on this machine: that of its GPU.
        beside: How many are on this machine.
    """

    rank: int = 0
    size: int = 1
    local: int = 0
    beside: int = 1

    @property
    def first(self) -> bool:
        """Whether this one writes, deletes and prints."""
        return self.rank == 0

    def wait(self) -> None:
        """Go on when all have come here."""
        if self.size > 1:
            self.gathered(None)

    def told(self, value: Value) -> Value:
        """Return what the first says, to all."""
        if self.size == 1:
            return value
        import torch.distributed as dist

        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def gathered(self, value: Value) -> list[Value]:
        """Return what each says, in their order, to all."""
        if self.size == 1:
            return [value]
        import torch.distributed as dist

        box: list[Any] = [None] * self.size
        dist.all_gather_object(box, value)
        return box


ALONE = Team()


def team() -> Team:
    """Read from the environment which process of how many this is; connects nothing."""
    size = _number(_SIZE, 1)
    return Team(_number(_RANK, 0), size, _number(_LOCAL, 0), _number(_BESIDE, size)) if size > 1 else ALONE


def placed(recipe: Recipe, team: Team) -> Recipe:
    """Return the recipe with the device, and on a CPU the memory, of one process: each loads the whole model.

    Raises:
        InputError: when the processes can't have a device each.
    """
    if team.size == 1:
        return recipe
    import torch

    asked = recipe.device
    if not asked and os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true"):
        asked = "cpu"  # accelerate launch --cpu
    if asked not in ("", "cpu", "cuda"):
        raise InputError(
            f"{team.size} processes can't all train on the device {asked!r}.",
            'Leave device out of the recipe (each takes a GPU of its own), or write: device = "cpu"',
        )
    if asked == "cpu" or not torch.cuda.is_available():
        share = available(replace(recipe, device="cpu")) / team.beside
        return replace(recipe, device="cpu", memory_gb=recipe.memory_gb or share / 1e9)
    if team.local >= torch.cuda.device_count():
        raise InputError(
            f"{team.beside} processes need as many GPUs; there are {torch.cuda.device_count()}.",
            f'Start {torch.cuda.device_count()} processes, or write into the recipe: device = "cpu"',
        )
    return replace(recipe, device=f"cuda:{team.local}")


def join(team: Team, device: str) -> None:
    """Connect the processes: NCCL between GPUs, gloo between CPUs."""
    if team.size > 1:
        from accelerate import PartialState

        PartialState(cpu=device == "cpu")


@contextmanager
def one_speaks(team: Team) -> Iterator[None]:
    """Let one process say why a training ends: the first where all know, else the one that does.

    Raises:
        ServiceError: when another process has ended, and no launcher has ended this one.
    """
    try:
        yield
    except Exception as error:
        lost = _lost(error)
        if team.size > 1 and (lost or not team.first):
            time.sleep(_GRACE_SECONDS)
        if team.size > 1 and lost:
            raise ServiceError(
                "Another process of the training has ended.", "Its own message says why; start all of them again."
            ) from None
        raise


def _lost(error: Exception) -> bool:
    """Whether an error says that another process can't be reached: gloo and NCCL have few types, and words."""
    from sys import modules

    dist = modules.get("torch.distributed")
    known = tuple(getattr(dist, name) for name in ("DistBackendError", "DistNetworkError") if hasattr(dist, name))
    said = str(error).lower()
    words = ("gloo", "nccl", "connection closed by peer", "connection reset by peer")
    return isinstance(error, known) or (isinstance(error, RuntimeError) and any(word in said for word in words))


def _number(names: tuple[str, ...], default: int) -> int:
    found = (os.environ.get(name, "") for name in names)
    return next((int(text) for text in found if text.isdecimal()), default)
