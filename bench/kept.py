"""Everything that is kept, under kill -9 and on a full disk, at 20 moments each.

    python bench/kept.py [--seed 0] [--moments 20] [--only NAME,NAME]

Answers and settings are written for ever by one process; a saved task, an export, a merged checkpoint and a training on
a tiny random Idefics3 are each done once undisturbed, then disturbed at moments drawn over the whole of their time (or
sizes drawn over the whole of their bytes), and done again on a disk with room. It counts as right if nothing that was
acknowledged is lost, nothing half-written has the name of a whole, a full disk is named in the error, and the second
attempt gives the undisturbed files, byte for byte. The full disk is a small tmpfs (ENOSPC) where one can be mounted,
else a limit on the size of files (EFBIG).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import killed
import numpy as np
import PIL.Image
from figures import Figure

from sensorium.core.messages import Conversation, Image
from sensorium.tasks.jsonl import save
from sensorium.tasks.task import Example, Task
from sensorium.tune.export.adapter import merge
from sensorium.tune.export.export import export
from sensorium.tune.training.lora import train

BIG = 512 * 1024 * 1024
STEPS = 6
DISK_FULL = ("can't be written: No space left on device", "is full", "of disk; ")
"""What an error says of a full disk; the last is the refusal of a cache for which there is too little room."""
WRITER = """
import sys
from pathlib import Path
from sensorium.core.files import replace_file
from sensorium.evaluation.run_store import Record, RunStore
folder = Path(sys.argv[1])
with RunStore(folder / "run", {"model": "m"}) as kept:
    number = len(kept.records)
    while True:
        kept.add(Record("c", number, "answer " * 50))
        print(number, flush=True)
        replace_file(folder / "config.toml", f'model = "fake:{number} ' + "x" * 20_000 + '"\\n')
        replace_file(folder / "report.json", '{"answers": ' + str(number) + ', "page": "' + "y" * 50_000 + '"}')
        number += 1
"""
"""Writes answers, settings and a report for ever; prints each answer that is stored."""


@dataclass(frozen=True)
class Kept:
    """Something that is done once and then kept.

    Args:
        name: What it is.
        do: Does it in a folder of a disk; called again after a break, it goes on or begins again.
        whole: Returns the kept files as name -> bytes; {} if nothing has the name of a whole.
    """

    name: str
    do: Callable[[Path], object]
    whole: Callable[[Path], dict[str, bytes]]


class Disk:
    """A folder on a disk whose size can be set, or whose files can be limited where nothing can be mounted."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()
        self.mounted = self._mount("-t", "tmpfs", "-o", f"size={BIG}", "tmpfs")

    def _mount(self, *words: str) -> bool:
        try:
            return subprocess.run(["mount", *words, str(self.place)], capture_output=True).returncode == 0
        except OSError:
            return False

    def resize(self, size: int) -> None:
        """Set the size where it is mounted."""
        if self.mounted:
            subprocess.run(["mount", "-o", f"remount,size={size}", str(self.place)], check=True)

    def clean(self) -> None:
        """Remove everything."""
        self.resize(BIG)
        for path in self.place.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def close(self) -> None:
        """Unmount it."""
        if self.mounted:
            subprocess.run(["umount", str(self.place)], check=True)


def begun(kept: Kept, place: Path, errors: Path, limit: int = 0) -> int:
    """Do it in a process of its own, whose error goes into a file; gives its number."""
    child = os.fork()
    if child:
        return child
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        if limit:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        kept.do(place)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}"[:1000].replace("\n", " "), flush=True)
        if not limit:
            errors.write_text(f"{type(error).__name__}: {error}")
        os._exit(1)
    os._exit(0)


def files(folder: Path, mark: str = "") -> dict[str, bytes]:
    """Return all files of a folder by name; {} without the one that says it is whole."""
    if not (folder / mark).exists():
        return {}
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def disturbed(kept: Kept, moments: int, chance: random.Random, full: bool, work: Path) -> int:
    """Disturb it at so many moments; gives after how many all was right."""
    disk, errors = Disk(work / f"disk {kept.name} {full}"), work / "error.txt"
    try:
        start = time.perf_counter()
        assert killed.ended(begun(kept, disk.place, errors)) == 0, errors.read_text()
        seconds, undisturbed = time.perf_counter() - start, kept.whole(disk.place)
        size = sum(len(data) for data in files(disk.place).values())
        right = tried = 0
        while tried < moments:
            disk.clean()
            errors.unlink(missing_ok=True)
            if full:
                room = chance.randrange(4096, max(8192, size))
                disk.resize(room)
                code = killed.ended(begun(kept, disk.place, errors, 0 if disk.mounted else room))
                if code == 0:  # it fitted
                    continue
                words = errors.read_text() if errors.exists() else ""
                named = not disk.mounted or any(sign in words for sign in DISK_FULL)
            else:
                child = begun(kept, disk.place, errors)
                time.sleep(chance.uniform(0, seconds))
                os.kill(child, signal.SIGKILL)
                if killed.ended(child) != -signal.SIGKILL:
                    continue
                named = True
            tried += 1
            disk.resize(BIG)
            torn = kept.whole(disk.place) not in ({}, undisturbed)
            again = killed.ended(begun(kept, disk.place, errors)) == 0
            same = kept.whole(disk.place) == undisturbed
            right += named and not torn and again and same
            if not (named and not torn and again and same):
                why = errors.read_text()[:300] if errors.exists() else ""
                print(f"  WRONG: named {named}, torn {torn}, done again {again}, the same {same}: {why}", flush=True)
        print(f"  {kept.name}: {seconds:.1f} s and {size / 1e6:.1f} MB undisturbed; "
              f"{'a tmpfs' if disk.mounted else 'a limit on files'}")  # fmt: skip
        return right
    finally:
        disk.close()


def written(moments: int, chance: random.Random, full: bool, work: Path) -> int:
    """Disturb the writer of answers, settings and reports, again and again in one folder."""
    import json
    import tomllib

    from sensorium.evaluation.run_store import RunStore

    disk, right, acknowledged = Disk(work / f"disk written {full}"), 0, 0
    try:
        for _ in range(moments):
            if full and disk.mounted:
                disk.resize(
                    sum(4096 + len(data) for data in files(disk.place).values()) + chance.randrange(90_000, 200_000)
                )
            prefix = ""
            if full and not disk.mounted:
                room = chance.randrange(1, 12_000) + sum(len(data) for data in files(disk.place).values())
                prefix = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
            with subprocess.Popen(
                [sys.executable, "-c", prefix + WRITER, str(disk.place)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as writer:
                assert writer.stdout is not None and writer.stderr is not None
                first = writer.stdout.readline()
                if not full:
                    time.sleep(chance.uniform(0, 0.3))
                    writer.kill()
                lines = [line for line in (first + writer.stdout.read()).split(b"\n")[:-1] if line]
                error = writer.stderr.read().decode()
            acknowledged = max([acknowledged, *(int(line) + 1 for line in lines)])
            disk.resize(BIG)
            with RunStore(disk.place / "run", {"model": "m"}) as kept:
                numbers = {number for _, number in kept.records}
            config, report = disk.place / "config.toml", disk.place / "report.json"
            right += (
                numbers >= set(range(acknowledged))
                and (not config.exists() or tomllib.loads(config.read_text())["model"].endswith("x" * 20_000))
                and (not report.exists() or json.loads(report.read_text())["page"] == "y" * 50_000)
                and (not full or "can't be written" in error or "is nearly full" in error)
            )
        return right
    finally:
        disk.close()


def everything(work: Path) -> tuple[Kept, ...]:
    """Prepare a base, an adapter and a task; give what is done with them."""
    place = work / "prepared"
    place.mkdir()
    recipe = killed.plan(place, 16, STEPS, 0)
    killed.done(killed.begun(killed.base, place / "base"))
    killed.done(killed.begun(train, replace(recipe, max_steps=2, output_dir=str(place / "adapter"))))
    chance = np.random.default_rng(0)
    pictures = [place / f"noise{number}.png" for number in range(60)]
    for picture in pictures:
        PIL.Image.fromarray(chance.integers(0, 255, (96, 96, 3), dtype=np.uint8)).save(picture)
    task = Task("noise", tuple(Example(Conversation.of(Image(p), "What?"), ("noise",)) for p in pictures))
    last = Path("checkpoints") / f"checkpoint-{STEPS}"

    def training(folder: Path) -> dict[str, bytes]:
        names = (killed.WEIGHTS, killed.METRICS, str(last / killed.WEIGHTS), str(last / "optimizer.pt"))
        out = folder / "out"
        return {name: (out / name).read_bytes() for name in names} if (out / "sensorium.json").exists() else {}

    return (
        Kept("a saved task", lambda folder: save(task, folder / "out"), lambda f: files(f / "out", "rows.jsonl")),
        Kept("an export", lambda f: export(place / "adapter", f / "out", licence="MIT"), lambda f: files(f / "out")),
        Kept("a merged checkpoint", lambda f: merge(place / "adapter", f / "out"), lambda f: files(f / "out")),
        Kept("a training", lambda f: train(replace(recipe, output_dir=str(f / "out"))), training),
    )


def main() -> None:
    """Kill and fill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--only", default="", help="Words of names, with commas.")
    options = parser.parse_args()
    only = [word for word in options.only.split(",") if word]
    print(f"load average: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        kinds: list[tuple[str, Callable[..., int]]] = [("answers, settings and a report", written)]
        if not only or any(word not in kinds[0][0] for word in only):
            kinds += [(kept.name, partial(disturbed, kept)) for kept in everything(work)]
        for name, disturb in kinds:
            if only and not any(word in name for word in only):
                continue
            for harm, full in (("kill -9", False), ("a full disk", True)):
                right = disturb(options.moments, random.Random(options.seed), full, work)
                print(Figure(f"{name}, {harm}, seed {options.seed}: moments after which all is right",
                             right / options.moments, options.moments, 1, of=right), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
