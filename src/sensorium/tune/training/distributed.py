"""The processes of one training, started by `accelerate launch` or torchrun, and what they tell each other.

For a single process nothing here does anything.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import gcd
from typing import TypeVar

from sensorium.core.errors import InputError, ServiceError, quoted
from sensorium.core.weights import importing
from sensorium.tune.device import available_memory
from sensorium.tune.recipe import Recipe

Value = TypeVar("Value")
_LAUNCHED = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
"""Variables of torchrun and accelerate, and of MPI's launchers."""
_LOCAL_SIZES = ["LOCAL_WORLD_SIZE", "MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE", "MV2_COMM_WORLD_LOCAL_SIZE"]
_GRACE_SECONDS = 10.0
"""A process waits this long before it reports an error: if the main process reports the same one, or another process
ended for a reason of its own, the launcher has ended this one by then."""


@dataclass(frozen=True)
class Distributed:
    """The processes that train together, as one of them sees them, in accelerate's words.

    Args:
        process_index: Number of this process; 0 is the main one, which alone writes, deletes and prints.
        num_processes: Number of processes.
        local_process_index: Number of this process on its machine, and of its GPU.
        local_num_processes: Number of processes on this machine.
    """

    process_index: int = 0
    num_processes: int = 1
    local_process_index: int = 0
    local_num_processes: int = 1

    @property
    def is_main_process(self) -> bool:
        """Whether this process writes, deletes and prints."""
        return self.process_index == 0

    def wait_for_everyone(self) -> None:
        """Go on when all processes have come here."""
        self.gather(None)

    def broadcast(self, value: Value) -> Value:
        """Return the main process's value in all processes."""
        if self.num_processes == 1:
            return value
        from accelerate.utils import broadcast_object_list

        box = [value]
        broadcast_object_list(box)
        return box[0]

    def gather(self, value: Value) -> list[Value]:
        """Return the values of all processes in their order, in all processes."""
        if self.num_processes == 1:
            return [value]
        from accelerate.utils import gather_object

        return list(gather_object([value]))


SINGLE_PROCESS = Distributed()


def current_process() -> Distributed:
    """Return which process of how many this is, from the environment; connects nothing."""
    if not any(name in os.environ for name in _LAUNCHED):
        return SINGLE_PROCESS
    with importing("tune"):
        from accelerate.utils.environment import get_cpu_distributed_information, get_int_from_env
    process = get_cpu_distributed_information()  # reads the same variables with and without GPUs
    local_size = get_int_from_env(_LOCAL_SIZES, process.world_size)
    if process.world_size == 1:
        return SINGLE_PROCESS
    return Distributed(process.rank, process.world_size, process.local_rank, local_size)


def per_process(recipe: Recipe, distributed: Distributed) -> Recipe:
    """Return what one of several processes trains: its part of the examples of a step, on a device of its own.

    Raises:
        InputError: when the examples of a step, or the devices, can't be divided among them.
    """
    size, times = divide_step(recipe.batch_size, recipe.gradient_accumulation_steps, distributed.num_processes)
    times *= distributed.num_processes  # the recipe counts those of all processes
    return replace(assign_device(recipe, distributed), batch_size=size, gradient_accumulation_steps=times)


def divide_step(batch_size: int, gradient_accumulation_steps: int, num_processes: int) -> tuple[int, int]:
    """Return batch_size and gradient_accumulation_steps of one process; the latter is divided as far as it goes.

    Raises:
        InputError: when the examples of a step can't be divided equally.
    """
    times = gcd(gradient_accumulation_steps, num_processes)
    if batch_size % (num_processes // times):
        raise InputError(
            f"A step takes batch_size × gradient_accumulation_steps = {batch_size} × {gradient_accumulation_steps} = "
            f"{batch_size * gradient_accumulation_steps} examples; {num_processes} processes can't share them equally.",
            "Write into the recipe: gradient_accumulation_steps = "
            f"{max(1, round(gradient_accumulation_steps / num_processes)) * num_processes}",
        )
    return batch_size // (num_processes // times), gradient_accumulation_steps // times


def assign_device(recipe: Recipe, distributed: Distributed) -> Recipe:
    """Return the recipe with the device, and on a CPU the memory, of one process: each loads the whole model.

    Raises:
        InputError: when the processes can't have a device each.
    """
    if distributed.num_processes == 1:
        return recipe
    import torch

    device = recipe.device
    if not device and os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true"):
        device = "cpu"  # accelerate launch --cpu
    if device not in ("", "cpu", "cuda"):
        raise InputError(
            f"{distributed.num_processes} processes can't all train on the device {quoted(device)}.",
            'Leave device out of the recipe (each takes a GPU of its own), or write: device = "cpu"',
        )
    if device == "cpu" or not torch.cuda.is_available():
        memory = available_memory(replace(recipe, device="cpu")) / distributed.local_num_processes
        return replace(recipe, device="cpu", memory_gb=recipe.memory_gb or memory / 1e9)
    gpus = torch.cuda.device_count()
    if distributed.local_process_index >= gpus:
        raise InputError(
            f"{distributed.local_num_processes} processes need as many GPUs, and this machine has {gpus}.",
            f'Start {gpus} processes, or write into the recipe: device = "cpu"',
        )
    return replace(recipe, device=f"cuda:{distributed.local_process_index}")


def connect(distributed: Distributed, device: str) -> None:
    """Connect the processes: NCCL between GPUs, gloo between CPUs."""
    if distributed.num_processes > 1:
        from accelerate import PartialState

        PartialState(cpu=device == "cpu")


@contextmanager
def report_once(distributed: Distributed) -> Iterator[None]:
    """Let one process report why a training ends: the main one if all know it, else the one that does.

    Raises:
        ServiceError: when another process has ended, and no launcher has ended this one.
    """
    try:
        yield
    except Exception as error:
        lost = _is_connection_error(error)
        if distributed.num_processes > 1 and (lost or not distributed.is_main_process):
            time.sleep(_GRACE_SECONDS)
        if distributed.num_processes > 1 and lost:
            raise ServiceError(
                "Another process of the training has ended.", "Its own message says why; start all of them again."
            ) from None
        raise


def _is_connection_error(error: Exception) -> bool:
    """Whether an error means that another process can't be reached: gloo and NCCL have few types, and words."""
    from sys import modules

    dist = modules.get("torch.distributed")
    known = tuple(getattr(dist, name) for name in ("DistBackendError", "DistNetworkError") if hasattr(dist, name))
    words = ("gloo", "nccl", "connection closed by peer", "connection reset by peer")
    return isinstance(error, known) or (
        isinstance(error, RuntimeError) and any(word in str(error).lower() for word in words)
    )
