"""A training killed by SIGKILL at random moments and resumed: its adapter against that of an undisturbed one.

    python bench/killed.py [--kills 10] [--steps 40] [--seed 0]

LoRA and QLoRA on a tiny random Idefics3, with drop-out, on the CPU, a checkpoint every second step. Each training is
killed once, at a moment drawn over the whole of its run, the writing of checkpoints included, and is then resumed until
it ends. Compared bit for bit: the adapter, the last checkpoint's with its optimiser, and the log.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # the trainings are forks of this process
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import PIL.Image
import tiny
from figures import Figure

import trl.trainer.sft_trainer  # isort: skip  # noqa: F401  # imported once, before the forks
from sensorium.tune.recipe import Recipe
from sensorium.tune.training.lora import CHECKPOINTS, COMPLETE, train
from sensorium.tune.training.metrics_log import METRICS

WEIGHTS = "adapter_model.safetensors"


def plan(folder: Path, bits: int, steps: int, seed: int) -> Recipe:
    """Write a task of red and blue pictures, and give the recipe."""
    rows = []
    for number in range(20):
        answer, shade = (("red", (200 + number, 0, 0)), ("blue", (0, 0, 200 + number)))[number % 2]
        PIL.Image.new("RGB", (32, 32), shade).save(folder / f"{number}.png")
        row = {"image": f"{number}.png", "question": "What colour is it?", "answer": answer}
        rows.append(row | {"split": "train" if number < 13 else "test"})
    (folder / "task.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Recipe(
        base=str(folder / "base"),
        task=str(folder / "task.jsonl"),
        output_dir=str(folder / "whole"),
        bits=bits,
        lora_r=8,
        learning_rate=5e-3,
        max_steps=steps,
        batch_size=2,
        gradient_accumulation_steps=2,
        eval_steps=2,
        early_stopping_patience=0,
        lora_dropout=0.1,
        device="cpu",
        max_new_tokens=4,
        seed=seed,
    )


def base(folder: Path) -> None:
    """Make a checkpoint whose layers are wide enough for the 4-bit kernels."""
    tiny.idefics3(folder, wide=True)


def begun(work: object, *given: object) -> int:
    """Do some work in a process of its own; gives its number."""
    child = os.fork()
    if child:
        return child
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2 if "SENSORIUM_TRACEBACK" not in os.environ else 1)
        work(*given)  # type: ignore[operator]
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        os._exit(1)
    os._exit(0)


def ended(child: int) -> int:
    """Wait for a process; gives its exit code, -9 where it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def done(child: int) -> None:
    """Wait for a process that must do its work."""
    if ended(child):
        raise SystemExit("A training failed; SENSORIUM_TRACEBACK=1 shows more.")


def killed(recipe: Recipe, seconds: float) -> bool:
    """Train and kill it after so many seconds; False where it had ended before."""
    child = begun(train, recipe)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return ended(child) == -signal.SIGKILL


def left(out: Path) -> str:
    """Say what a break left."""
    folders = sorted((out / CHECKPOINTS).glob("checkpoint-*"), key=lambda each: int(each.name.rpartition("-")[2]))
    whole = [each.name for each in folders if (each / COMPLETE).exists()]
    torn = [each.name for each in folders if not (each / COMPLETE).exists()]
    half = [each.name for each in (out / "best.new", out / "best.old") if each.exists()]
    said = f"resumed from {whole[-1]}" if whole else "begun again"
    return said + "".join(f", {name} unfinished" for name in torn + half)


def same(out: Path, other: Path, steps: int) -> bool:
    """Whether two trainings gave the same files, bit for bit."""
    last = Path(CHECKPOINTS) / f"checkpoint-{steps}"
    files = (WEIGHTS, METRICS, last / WEIGHTS, last / "optimizer.pt")
    return all((out / file).read_bytes() == (other / file).read_bytes() for file in files)


def measured(folder: Path, bits: int, kills: int, steps: int, seed: int) -> None:
    """Kill and resume so many trainings, and print a line of each."""
    name = "LoRA" if bits == 16 else "QLoRA"
    recipe = plan(folder, bits, steps, seed)
    done(begun(base, folder / "base"))
    done(begun(train, replace(recipe, output_dir=str(folder / "warm"), max_steps=2)))
    start = time.perf_counter()
    done(begun(train, recipe))
    whole = time.perf_counter() - start
    print(f"{name}: undisturbed, {steps} steps in {whole:.1f} s")
    chance, equal, torn, number = random.Random(seed), 0, 0, 0
    while number < kills:
        out, moment = folder / "killed", chance.uniform(0, whole)
        shutil.rmtree(out, ignore_errors=True)
        if not killed(replace(recipe, output_dir=str(out)), moment):
            print(f"{name}: at {moment:.2f} s it had ended already; drawn again")
            continue
        number += 1
        found = left(out)
        torn += "unfinished" in found
        done(begun(train, replace(recipe, output_dir=str(out))))
        right = same(out, folder / "whole", steps)
        equal += right
        print(f"{name}: kill {number} at {moment:.2f} s: {found}: {'equal' if right else 'DIFFERENT'}", flush=True)
    print(Figure(f"{name}, seed {seed}: share of killed trainings that end bit for bit as the undisturbed one",
                 equal / kills, kills, 1, of=equal))  # fmt: skip
    print(f"{name}, seed {seed}: {torn} of {kills} kills came while a checkpoint or the best adapter was being written")


def main() -> None:
    """Do it for LoRA and for QLoRA."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for bits in (16, 4):
        with tempfile.TemporaryDirectory() as folder:
            measured(Path(folder), bits, given.kills, given.steps, given.seed)


if __name__ == "__main__":
    main()
