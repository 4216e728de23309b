"""Frozen pictures encoded once, against plain TRL: samples a second, loss step by step, peak memory.

    python bench/frozen.py [--rows 20] [--epochs 5] [--pairs 2] [--like 256M] [--seed 0]

Both learn the same rows from the same random Idefics3 with the same seed, adapter, optimiser, batches and steps, each
in a process of its own, in turn. Plain is TRL's SFTTrainer with its own vision collator, `messages` and
`assistant_only_loss`; its template marks the assistant's turn, so that its loss covers the same tokens. Timed is
everything from loading the model to the saved adapter, the encoding of the pictures included; imports are not.

The model is small and random; in what it asks of eyes and words it is like SmolVLM-256M (`--like 256M`: 0.8 numbers
in the tower to each in the language part) or SmolVLM-500M (0.26): 16 patches to each token of a picture, four tiles
and the whole picture, here in 256 pixels each.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import numpy as np
import PIL.Image
from figures import Figure

SIDE, PATCH, TOKENS = 256, 16, 16
VISION = {"hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 3, "num_attention_heads": 6}
WORDS = {
    "hidden_size": 384, "intermediate_size": 1024, "num_attention_heads": 6, "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
}  # fmt: skip
LAYERS = {"256M": 4, "500M": 13}
"""Of the language part: what it is like -> so many."""
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ '<turn>' + m['role'] + '\n' }}{% if m['role'] == 'assistant' %}"
    "{% generation %}{% for c in m['content'] %}{{ c['text'] }}{% endfor %}{{ '<end>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{% for c in m['content'] %}{% if c['type'] == 'image' %}{{ '@IMAGE@' }}{% else %}{{ c['text'] }}"
    "{% endif %}{% endfor %}{{ '<end>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<turn>assistant\n' }}{% endif %}"
)
BATCH, LOGGED, RANK, RATE, CLIP, WARMUP = 2, 4, 8, 1e-3, 1.0, 0.03
QUESTIONS = ("What is in this picture?", "Describe this picture: what stands left, and what right?", "Is it a dog?")
ANSWERS = ("a red bus and two cats", "no", "It is a horse. It stands left.", "yes, two")


def made(place: Path, rows: int, layers: int, seed: int) -> None:
    """Make the checkpoint, the pictures (JPEG, 640 x 480) and the task."""
    import tiny

    tiny.SPREAD = 1.0  # ordinary new weights
    tiny.idefics3(place / "base", TEMPLATE, SIDE, PATCH, TOKENS, VISION, seed, num_hidden_layers=layers, **WORDS)
    rng, lines = np.random.default_rng(seed), []
    for number in range(rows):
        coarse = PIL.Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8))
        coarse.resize((640, 480), PIL.Image.Resampling.BICUBIC).save(place / f"{number}.jpg", quality=90)
        question, answer = QUESTIONS[number % len(QUESTIONS)], ANSWERS[number % len(ANSWERS)]
        lines.append(json.dumps({"image": f"{number}.jpg", "question": question, "answer": answer}))
    (place / "task.jsonl").write_text("\n".join(lines) + "\n")


def plain(place: Path, out: Path, epochs: int, seed: int) -> dict[str, Any]:
    """Train with TRL alone."""
    from datasets import Dataset, Image, List
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText, AutoProcessor, TrainerCallback, set_seed
    from trl import SFTConfig, SFTTrainer

    from sensorium.tune.modules import target_modules

    start = begun()
    set_seed(seed)
    model = AutoModelForImageTextToText.from_pretrained(place / "base")
    processor = AutoProcessor.from_pretrained(place / "base")
    how = LoraConfig(r=RANK, lora_alpha=2 * RANK, lora_dropout=0.0, target_modules=target_modules(model, ("language",)))
    model = get_peft_model(model, how)
    lines = [json.loads(line) for line in (place / "task.jsonl").read_text().splitlines()]
    rows = Dataset.from_list(
        [
            {
                "images": [str(place / line["image"])],
                "messages": [
                    {"role": "user", "content": line["question"]},
                    {"role": "assistant", "content": line["answer"]},
                ],
            }
            for line in lines
        ]
    ).cast_column("images", List(Image()))
    steps = round(len(lines) * epochs / BATCH)
    args = SFTConfig(
        output_dir=str(out), max_steps=steps, per_device_train_batch_size=BATCH, learning_rate=RATE,
        gradient_accumulation_steps=1, lr_scheduler_type="cosine", warmup_steps=round(WARMUP * steps),
        weight_decay=0.0, max_grad_norm=CLIP, bf16=False, gradient_checkpointing=False, max_length=None,
        assistant_only_loss=True, logging_steps=LOGGED, save_steps=LOGGED, save_total_limit=3, report_to=[],
        use_cpu=True, dataloader_pin_memory=False, disable_tqdm=True, seed=seed, data_seed=seed,
    )  # fmt: skip
    times: list[tuple[float, float]] = []

    class Watch(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            times.append((time.perf_counter(), time.process_time()))

    trainer = SFTTrainer(model=model, args=args, train_dataset=rows, processing_class=processor, callbacks=[Watch()])
    trainer.train()
    model.save_pretrained(str(out))
    losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    return ended(start, times, losses, len(lines))


def kept(place: Path, out: Path, epochs: int, seed: int) -> dict[str, Any]:
    """Train with a recipe."""
    import peft  # noqa: F401  # imported before the clock starts, as the others are
    import trl  # noqa: F401
    from datasets import Dataset  # noqa: F401

    from sensorium.tune.recipe import Recipe
    from sensorium.tune.training.lora import train
    from sensorium.tune.training.metrics_log import MetricsLog

    start = begun()
    recipe = Recipe(
        base=str(place / "base"),
        task=str(place / "task.jsonl"),
        output_dir=str(out),
        eval_split="",
        lora_r=RANK,
        lora_alpha=2 * RANK,
        num_train_epochs=epochs,
        batch_size=BATCH,
        gradient_accumulation_steps=1,
        learning_rate=RATE,
        max_grad_norm=CLIP,
        warmup_ratio=WARMUP,
        eval_steps=LOGGED,
        device="cpu",
        seed=seed,
    )
    times: list[tuple[float, float]] = []
    train(recipe, lambda progress: times.append((time.perf_counter(), time.process_time())) if progress.step else None)
    losses = [line["loss"] for line in MetricsLog(out).lines if "loss" in line]
    rows = (place / "task.jsonl").read_text().count("\n")
    return ended(start, times, losses, rows)


def begun() -> tuple[float, float, int]:
    """Return wall and CPU seconds and the peak memory at the beginning."""
    return time.perf_counter(), time.process_time(), peak()


def peak() -> int:
    """Return the most memory that this process had, in bytes."""
    status = Path("/proc/self/status").read_text()  # getrusage's would begin with the parent's
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]


def ended(
    start: tuple[float, float, int], times: list[tuple[float, float]], losses: list[float], rows: int
) -> dict[str, Any]:
    """Say what it took: all of it, and wall and CPU seconds from the beginning to the end of each epoch."""
    each = rows // BATCH
    epochs = [[times[n][0] - start[0], times[n][1] - start[1]] for n in range(each - 1, len(times), each)]
    whole = [time.perf_counter() - start[0], time.process_time() - start[1]]
    return {
        "whole": whole, "epochs": epochs, "losses": losses, "peak": peak(), "imports": start[2],
        "samples": len(times) * BATCH,
    }  # fmt: skip


def run(way: str, place: Path, number: int, epochs: int, seed: int) -> dict[str, Any]:
    """Train in a process of its own."""
    out = place / f"{way}{number}"
    command = [sys.executable, __file__, "--way", way, "--place", str(place), "--out", str(out)]
    command += ["--epochs", str(epochs), "--seed", str(seed)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def per_process(place: Path, seed: int) -> float:
    """Measure what share of the time of a plain step without its processor the frozen part takes, CPU seconds."""
    import torch

    from sensorium import Conversation, Example, Image
    from sensorium.backends.transformers.chat import model
    from sensorium.tune.training.collate import batch, row_of

    loaded = model(f"{place / 'base'}?device=cpu").checkpoint
    rows = [row_of(loaded, Example(Conversation.of(Image(place / "0.jpg"), QUESTIONS[0]), ("no",)))] * BATCH
    made = batch(loaded, rows)
    for name, weight in loaded.model.named_parameters():
        weight.requires_grad_("text_model" in name and "q_proj" in name)
    spent: list[tuple[float, float]] = []
    for _ in range(4):
        begin = time.process_time()
        loaded.model(**made).loss.backward()
        whole = time.process_time() - begin
        begin = time.process_time()
        with torch.no_grad():
            loaded.model.model.get_image_features(made["pixel_values"], made["pixel_attention_mask"])
        spent.append((time.process_time() - begin, whole))
    return statistics.median(part / whole for part, whole in spent[1:])


def main() -> None:
    """Measure in turn and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--like", choices=LAYERS, default="256M")
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--way", choices=("plain", "kept"))
    parser.add_argument("--place", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.way:
        work = plain if given.way == "plain" else kept
        print(json.dumps(work(given.place, given.out, given.epochs, given.seed)))
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        made(place, given.rows, LAYERS[given.like], given.seed)
        from safetensors.numpy import load_file

        sizes = {name: weight.size for name, weight in load_file(place / "base" / "model.safetensors").items()}
        tower = sum(size for name, size in sizes.items() if "vision_model" in name or "connector" in name)
        print(
            f"{sum(sizes.values()) / 1e6:.1f} M parameters, {tower / 1e6:.1f} M of them frozen eyes; seed {given.seed}"
        )
        print(Figure("share of a plain step, processor aside, in the frozen eyes", per_process(place, given.seed), 3))
        found: dict[str, list[dict[str, Any]]] = {"plain": [], "kept": []}
        for number in range(given.pairs):
            for way in ("plain", "kept") if number % 2 == 0 else ("kept", "plain"):  # each goes first in turn
                found[way].append(run(way, place, number, given.epochs, given.seed))
                print(way, {key: value for key, value in found[way][-1].items() if key != "losses"}, file=sys.stderr)
    told(found)


def told(found: dict[str, list[dict[str, Any]]]) -> None:
    """Print the figures of all pairs."""
    pairs = list(zip(found["plain"], found["kept"], strict=True))
    samples = pairs[0][0]["samples"]
    for clock, name in enumerate(("wall", "CPU")):
        for way, runs in found.items():
            rate = statistics.median(each["samples"] / each["whole"][clock] for each in runs)
            print(Figure(f"samples a {name} second, {way}, median of {len(pairs)} runs", rate, samples))
            sums = [statistics.median(run["epochs"][e][clock] for run in runs) for e in range(len(runs[0]["epochs"]))]
            spent = [f"{now - before:.1f}" for before, now in zip([0, *sums], sums, strict=False)]
            print(f"{name} seconds of each epoch, {way}, loading and encoding in the first: {', '.join(spent)}")
        for number in range(len(pairs[0][0]["epochs"])):
            ratio = statistics.median(
                one["epochs"][number][clock] / other["epochs"][number][clock] for one, other in pairs
            )
            print(Figure(f"times as many samples a {name} second by the end of epoch {number + 1}", ratio, samples))
        ratio = statistics.median(one["whole"][clock] / other["whole"][clock] for one, other in pairs)
        print(Figure(f"times as many samples a {name} second, all, the saving too", ratio, samples, 1.8))
    one, other = (np.array(found[way][0]["losses"]) for way in ("plain", "kept"))
    points = min(len(one), len(other))  # an end that is no full stretch only one of them logs
    one, other = one[:points], other[:points]
    for number, (first, second) in enumerate(zip(one, other, strict=True), 1):
        print(f"loss to step {number * LOGGED:3}: plain {first:.5f}, kept {second:.5f}")
    print(
        Figure("largest difference of the loss, share", float(np.max(np.abs(one - other) / one)), len(one), 0.005, True)
    )
    peaks = [max(each["peak"] for each in found[way]) / 1e6 for way in ("plain", "kept")]
    print(Figure("peak memory, plain, MB", peaks[0], len(pairs)))
    print(Figure("peak memory, kept, MB", peaks[1], len(pairs), peaks[0], True))
    print(f"of these at the beginning, imports alone: {[round(found[way][0]['imports'] / 1e6) for way in found]} MB")


if __name__ == "__main__":
    main()
