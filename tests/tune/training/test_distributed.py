"""Several real training processes against one: the same curve, one that writes, breaks that leave no trace."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("trl")
pytest.importorskip("peft")
import tiny

from sensorium.core.errors import InputError
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.distributed import SINGLE_PROCESS, Distributed, current_process, per_process
from sensorium.tune.training.lora import CHECKPOINTS, COMPLETE, last_checkpoint, train
from sensorium.tune.training.metrics_log import METRICS

ROWS = 17
"""To learn: not a multiple of a step's eight, so that an epoch's last step has one row, and one process none."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    place = tmp_path_factory.mktemp("several")
    base = tiny.idefics3(place / "base")
    rows = []
    for number in range(ROWS + 10):
        answer, shade = (("red", (200 + number, 0, 0)), ("blue", (0, 0, 200 + number)))[number % 2]
        PIL.Image.new("RGB", (32, 32), shade).save(place / f"{number}.png")
        long = answer if number % 3 else f"It is a {answer} one"  # so processes have unequally many tokens
        row = {"image": f"{number}.png", "question": "What colour is it?", "answer": long}
        rows.append(row | {"split": "train" if number < ROWS else "test"})
    (place / "task.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Recipe(
        base=str(base),
        task=str(place / "task.jsonl"),
        output_dir=str(place / "one"),
        lora_r=8,
        learning_rate=5e-3,
        max_steps=10,
        batch_size=2,
        gradient_accumulation_steps=4,
        eval_steps=3,
        early_stopping_patience=9,
        device="cpu",
        max_new_tokens=6,
        adapt=("language", "vision"),
    )


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"} | more


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / METRICS).read_text().splitlines()]


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.numpy import load_file

    return dict(load_file(folder / "adapter_model.safetensors"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "adapt", [pytest.param(("language", "vision"), marks=pytest.mark.long), ("language", "connector")]
)  # the second with kept pictures
def test_two_processes_give_the_curve_of_one(adapt: tuple[str, ...], plain: Recipe, tmp_path: Path) -> None:
    plain = replace(plain, adapt=adapt, output_dir=str(tmp_path / "one"))
    train(plain)
    two = replace(plain, output_dir=str(tmp_path / "two"))
    (tmp_path / "two.toml").write_text(two.to_toml())
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    launch += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    command = [*launch, "-m", "sensorium", "tune", str(tmp_path / "two.toml")]
    run = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"transformers:{plain.base}+{two.output_dir}\n"  # the first process's, once
    assert run.stderr.count("It trains ") == run.stderr.count("17 examples, 10 steps") == 1
    assert run.stderr.count("Held-out score: ") == 1
    one = Path(plain.output_dir)
    compared = list(zip(lines(one), lines(tmp_path / "two"), strict=True))
    assert [(mine["step"], "loss" in mine) for mine, _ in compared] == [
        (0, False), (3, False), (3, True), (6, False), (6, True), (9, False), (9, True), (10, False), (10, True)
    ]  # fmt: skip
    for alone, together in compared:
        assert alone.keys() == together.keys()
        for key in ("step", "heldout_score", "heldout_low", "heldout_n", "rate"):
            assert alone.get(key) == together.get(key)
        assert together.get("loss", 0) == pytest.approx(alone.get("loss", 0), rel=1e-5)
        assert together.get("grad_norm", 0) == pytest.approx(alone.get("grad_norm", 0), rel=1e-4)
    mine, theirs = weights(one), weights(tmp_path / "two")
    assert mine.keys() == theirs.keys()
    assert all(np.allclose(mine[key], theirs[key], atol=1e-4) for key in mine)


PAIR = """
import os, signal, sys
from dataclasses import replace
from sensorium.tune.training.lora import train
from sensorium.tune.recipe import load_recipe
plan, peer = load_recipe(sys.argv[1]), int(os.environ.get("PEER", 0))
def die(progress):
    if progress.step == 7:
        os.kill(peer, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
if peer or "DIES" in os.environ:
    train(replace(plan, output_dir=plan.output_dir + ".whole"))
    train(plan, die)
else:
    train(plan, lambda progress: print(progress.step, flush=True))
"""


def pair(file: Path, dies: bool) -> list[subprocess.Popen[str]]:
    """Start two processes without a launcher, which would end them; with `dies` the first kills both."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    found: list[subprocess.Popen[str]] = []
    for rank in (1, 0):
        own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
        own |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        own |= {"DIES": "1"} if dies else {}
        own |= {"PEER": str(found[0].pid)} if dies and rank == 0 else {}
        command = [sys.executable, "-c", PAIR, str(file)]
        found.append(subprocess.Popen(command, env=environment(**own), stdout=subprocess.PIPE, text=True))
    return found


@pytest.mark.slow
@pytest.mark.long
def test_two_killed_processes_go_on_as_if_nothing_had_been(plain: Recipe, tmp_path: Path) -> None:
    """With drop-out: each process goes on where its own chance stood."""
    planned = replace(plain, output_dir=str(tmp_path / "killed"), lora_dropout=0.1)
    (tmp_path / "killed.toml").write_text(planned.to_toml())
    other, first = pair(tmp_path / "killed.toml", dies=True)
    for each in (first, other):
        each.communicate(timeout=300)
    assert (first.returncode, other.returncode) == (-9, -9)
    start = last_checkpoint(tmp_path / "killed")
    assert start is not None and start.name == "checkpoint-6"
    assert {"rng_state_0.pth", "rng_state_1.pth", COMPLETE} <= {file.name for file in start.iterdir()}
    other, first = pair(tmp_path / "killed.toml", dies=False)
    said = [each.communicate(timeout=300)[0].split() for each in (other, first)]
    assert (first.returncode, other.returncode) == (0, 0)
    assert said == [[], ["7", "8", "9", "10"]]
    whole = tmp_path / "killed.whole"
    assert lines(tmp_path / "killed") == lines(whole)
    for folder in (Path(), Path(CHECKPOINTS, "checkpoint-10")):
        mine, theirs = weights(tmp_path / "killed" / folder), weights(whole / folder)
        assert mine.keys() == theirs.keys() and all(np.array_equal(mine[key], theirs[key]) for key in mine)
    chances = [(whole / CHECKPOINTS / "checkpoint-10" / f"rng_state_{rank}.pth").read_bytes() for rank in (0, 1)]
    assert chances[0] != chances[1]


@pytest.mark.parametrize(
    ("present", "said"),
    [pytest.param((), "not exist", marks=pytest.mark.long), ((0,), "not exist"), ((0, 1), "can't share")],
)
def test_an_error_in_one_or_all_is_said_once_and_ends_all(
    present: tuple[int, ...], said: str, plain: Recipe, tmp_path: Path
) -> None:
    for rank in present:
        (tmp_path / f"{rank}.toml").write_text(
            replace(plain, output_dir=str(tmp_path / "a"), gradient_accumulation_steps=3, batch_size=1).to_toml()
        )
    if present == (0,):  # a sound one: the first waits for the other
        (tmp_path / "0.toml").write_text(replace(plain, output_dir=str(tmp_path / "a")).to_toml())
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "--no-python"]
    command = [*launch, "sh", "-c", f"exec {sys.executable} -m sensorium tune {tmp_path}/$RANK.toml --quiet"]
    run = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)
    assert run.returncode != 0 and run.stdout == ""
    (line,) = [line for line in run.stderr.splitlines() if line.startswith("sensorium: ")]
    assert said in line
    assert not list(tmp_path.glob("a/*.safetensors"))


def test_the_environment_says_who_is_who(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert current_process() == SINGLE_PROCESS == Distributed(0, 1, 0, 1)
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert current_process() == SINGLE_PROCESS
    for name, value in {"WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    assert current_process() == Distributed(3, 4, 1, 2) and not current_process().is_main_process
    assert current_process().num_processes == 4


def test_each_process_has_its_share_of_steps_and_memory(plain: Recipe) -> None:
    assert per_process(plain, SINGLE_PROCESS) == plain
    mine = per_process(replace(plain, batch_size=4, gradient_accumulation_steps=2), Distributed(1, 4, 1, 4))
    assert (mine.batch_size, mine.gradient_accumulation_steps, mine.device) == (2, 4, "cpu")  # of 8 in all
    two = per_process(plain, Distributed(1, 2, 1, 2))
    assert two.memory_gb == pytest.approx(2 * per_process(plain, Distributed(1, 4, 1, 4)).memory_gb, rel=0.01)
    with pytest.raises(InputError, match="can't all train on the device 'cuda:1'"):
        per_process(replace(plain, device="cuda:1"), Distributed(1, 2, 1, 2))
