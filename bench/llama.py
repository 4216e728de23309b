"""Llama 3.2 11B Vision's architecture with random weights, QLoRA of rank 8 on rows of one picture: peak memory and
examples a second of `sensorium.tune`, beside plain TRL and PEFT with the settings of the usual tutorials.

    python bench/llama.py [--tiny] [--steps 4] [--ways ours,plain,language]

Without a CUDA GPU, or with --tiny, a tiny model of the same architecture is trained instead: that shows that the script
runs, and measures nothing of the large one. The large one takes 22 GB of disk, and a GPU of 80 GB for batches of 4.
Each training runs in a process of its own; one that does not fit is tried again with half the batch.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import numpy as np
import PIL.Image
import tiny
import torch

WHOLE = 32
"""Examples of a step: 4 × 8, as the tutorials have it."""
WORDS = {
    "vocab_size": 128_256, "hidden_size": 4096, "num_hidden_layers": 40, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14_336, "max_position_embeddings": 131_072,
    "cross_attention_layers": [3, 8, 13, 18, 23, 28, 33, 38],
}  # fmt: skip
"""Of the configuration that is published with the weights, 2024-09-25; the vision part below, too."""
VISION = {
    "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_global_layers": 8,
    "attention_heads": 16, "image_size": 560, "patch_size": 14, "vision_output_dim": 7680, "max_num_tiles": 4,
    "intermediate_layers_indices": [3, 7, 15, 23, 30],
}  # fmt: skip
TINY_WORDS = {
    "vocab_size": 512, "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 128, "max_position_embeddings": 4096, "cross_attention_layers": [1],
}  # fmt: skip
TINY_VISION = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_global_layers": 1, "attention_heads": 2,
    "image_size": 28, "patch_size": 14, "vision_output_dim": 128, "max_num_tiles": 4,
    "intermediate_layers_indices": [1],
}  # fmt: skip
ANSWER = "a red bus and two cats left of a dog; " * 8
_SHARD_BYTES = 4_000_000_000


def checkpoint(folder: Path, small: bool) -> int:
    """Write a checkpoint of random bfloat16 weights, shard by shard, and its processor; gives its parameters."""
    from safetensors.torch import save_file
    from transformers import MllamaConfig, MllamaForConditionalGeneration, MllamaProcessor
    from transformers.models.mllama.image_processing_pil_mllama import MllamaImageProcessorPil

    words, vision = (TINY_WORDS, TINY_VISION) if small else (WORDS, VISION)
    tokenizer = tiny.tokenizer(("<|image|>", "<|python_tag|>"))
    side = vision["image_size"]
    looks = MllamaImageProcessorPil(size={"height": side, "width": side}, max_image_tiles=4)
    chat = tiny.CHAT.replace("@IMAGE@", "<|image|>")
    MllamaProcessor(looks, tokenizer, chat_template=chat).save_pretrained(folder)
    config = MllamaConfig(
        vision_config=vision,
        text_config=words | tiny.ids(tokenizer),
        image_token_index=tokenizer.convert_tokens_to_ids("<|image|>"),
        dtype="bfloat16",
        architectures=["MllamaForConditionalGeneration"],
    )
    config.save_pretrained(folder)
    with torch.device("meta"):
        model = MllamaForConditionalGeneration(config)
    shards: list[dict[str, torch.Tensor]] = [{}]
    size = 0
    for name, weight in model.state_dict().items():
        if size > _SHARD_BYTES:
            shards, size = [*shards, {}], 0
        shards[-1][name] = weight
        size += weight.numel() * 2
    index: dict[str, str] = {}
    device = torch.device("cuda" if torch.cuda.is_available() and not small else "cpu")
    chance = torch.Generator(device).manual_seed(0)
    for number, shard in enumerate(shards):
        file = f"model-{number + 1:05d}-of-{len(shards):05d}.safetensors"
        save_file(
            {name: drawn(name, weight, chance) for name, weight in shard.items()}, folder / file, {"format": "pt"}
        )
        index |= dict.fromkeys(shard, file)
    count = sum(weight.numel() for weight in model.state_dict().values())
    whole = {"metadata": {"total_size": count * 2}, "weight_map": index}
    (folder / "model.safetensors.index.json").write_text(json.dumps(whole))
    return count


def drawn(name: str, weight: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
    """Draw a weight as the library would; norms are 1, and gates are open: new ones hide the picture from the text."""
    made = torch.empty(weight.shape, dtype=torch.bfloat16, device=chance.device)
    if "norm" in name or weight.numel() == 1:
        return made.fill_(0.0 if name.endswith("bias") else 1.0).cpu()
    return made.normal_(0.0, 0.02, generator=chance).cpu()


def task(folder: Path, rows: int, side: int) -> None:
    """Write rows of one picture, a question and an answer of some sentences."""
    rng = np.random.default_rng(0)
    lines = []
    for number in range(rows):
        coarse = rng.integers(0, 255, (16, 16, 3)).astype(np.uint8)
        PIL.Image.fromarray(coarse).resize((side, side)).save(folder / f"{number}.jpg")
        lines.append({"image": f"{number}.jpg", "question": "Describe this picture.", "answer": ANSWER.strip()})
    (folder / "task.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def now() -> float:
    """Return the time when the GPU has done what it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def ours(folder: Path, batch: int, steps: int, device: str) -> list[float]:
    """Train by `sensorium.tune`; gives the moment after each step."""
    from sensorium.tune.recipe import Recipe
    from sensorium.tune.training.lora import train

    recipe = Recipe(
        base=str(folder / "base"),
        task=str(folder / "task.jsonl"),
        output_dir=str(folder / f"ours-{batch}"),
        eval_split="",
        bits=4,
        lora_r=8,
        lora_alpha=16,
        lora_dropout=0.05,
        max_steps=steps,
        eval_steps=steps,
        batch_size=batch,
        gradient_accumulation_steps=WHOLE // batch,
        gradient_checkpointing=True,
        device=device,
    )
    moments: list[float] = []
    train(recipe, lambda progress: moments.append(now()))
    return moments


def plain(folder: Path, batch: int, steps: int, device: str, leave: str | None = None) -> list[float]:
    """Train by TRL and PEFT as the tutorials do: all linear layers, the loss on all but padding and picture tokens.

    Args:
        leave: The layers that are not adapted, as a regular expression.
    """
    from peft import LoraConfig
    from transformers import AutoModelForImageTextToText, AutoProcessor, BitsAndBytesConfig, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    gpu = device.startswith("cuda")
    dtype = torch.bfloat16 if gpu else torch.float32
    four = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
                              bnb_4bit_compute_dtype=dtype)  # fmt: skip
    where = {"": 0} if gpu else "cpu"
    model = AutoModelForImageTextToText.from_pretrained(
        folder / "base", dtype=dtype, quantization_config=four, device_map=where
    )
    processor = AutoProcessor.from_pretrained(folder / "base")
    image_token = model.config.image_token_index

    def collate(rows: list[dict[str, Any]]) -> Any:
        texts = []
        for row in rows:
            asked = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": row["question"]}]}
            said = {"role": "assistant", "content": [{"type": "text", "text": row["answer"]}]}
            texts.append(processor.apply_chat_template([asked, said], tokenize=False))
        pictures = [[PIL.Image.open(folder / row["image"]).convert("RGB")] for row in rows]
        made = processor(text=texts, images=pictures, padding=True, add_special_tokens=False, return_tensors="pt")
        labels = made["input_ids"].clone()
        labels[(labels == processor.tokenizer.pad_token_id) | (labels == image_token)] = -100
        return made | {"labels": labels}

    moments: list[float] = []

    class Clock(TrainerCallback):  # type: ignore[misc]  # the library is not typed
        def on_step_end(self, *_: Any, **__: Any) -> None:
            moments.append(now())

    from datasets import Dataset

    lines = [json.loads(line) for line in (folder / "task.jsonl").read_text().splitlines()]
    args = SFTConfig(
        output_dir=str(folder / f"plain-{batch}"), max_steps=steps, per_device_train_batch_size=batch,
        gradient_accumulation_steps=WHOLE // batch, gradient_checkpointing=True, optim="adamw_torch_fused",
        learning_rate=2e-4, bf16=gpu, use_cpu=not gpu, max_grad_norm=0.3, warmup_steps=1,
        lr_scheduler_type="constant_with_warmup", save_strategy="no", report_to=[], max_length=None,
        remove_unused_columns=False, dataset_kwargs={"skip_prepare_dataset": True}, disable_tqdm=True,
    )  # fmt: skip
    lora = LoraConfig(r=8, lora_alpha=16, lora_dropout=0.05, target_modules="all-linear", exclude_modules=leave,
                      task_type="CAUSAL_LM")  # fmt: skip
    trainer = SFTTrainer(model=model, args=args, train_dataset=Dataset.from_list(lines), data_collator=collate,
                         processing_class=processor, peft_config=lora)  # fmt: skip
    trainer.add_callback(Clock())
    trainer.train()
    return moments


def language(folder: Path, batch: int, steps: int, device: str) -> list[float]:
    """Train as `plain`, and adapt what `ours` adapts: the language part."""
    return plain(folder, batch, steps, device, r".*(vision_model|multi_modal_projector).*")


def one(which: str, folder: Path, batch: int, steps: int, device: str) -> None:
    """Do one training in this process and print what it took, as JSON; {"fits": false} where it does not fit."""
    from sensorium.core.errors import LimitError

    try:
        moments = {"ours": ours, "plain": plain, "language": language}[which](folder, batch, steps, device)
    except (torch.OutOfMemoryError, LimitError) as error:
        print(json.dumps({"fits": False, "why": str(error).split("\n")[0][:200]}))
        return
    found = {"fits": True, "rate": WHOLE * (len(moments) - 1) / (moments[-1] - moments[0])}
    if device.startswith("cuda"):
        found |= {"allocated": torch.cuda.max_memory_allocated(), "reserved": torch.cuda.max_memory_reserved()}
    else:
        found["resident"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(found))


def tried(which: str, folder: Path, steps: int, device: str) -> str:
    """Train with the largest batch of 4, 2 and 1 that fits, each try in a process of its own; gives a sentence."""
    for batch in (4, 2, 1):
        command = [sys.executable, __file__, "--one", which, "--folder", str(folder), "--batch", str(batch)]
        command += ["--steps", str(steps), "--device", device]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            return f"{which}: failed: {run.stderr.strip().splitlines()[-1][:300]}"
        found = json.loads(run.stdout.strip().splitlines()[-1])
        if not found["fits"]:
            print(f"{which}, batch {batch}: does not fit: {found['why']}", flush=True)
            continue
        sizes = {
            key: f"{key} {found[key] / 1e9:.2f} GB" for key in ("allocated", "reserved", "resident") if key in found
        }
        rate, timed = f"{found['rate']:.3f} examples a second", WHOLE * (steps - 1)
        return f"{which}, batch {batch} × {WHOLE // batch}: {rate} (n={timed}), peak memory {', '.join(sizes.values())}"
    return f"{which}: does not fit"


def main() -> None:
    """Make the checkpoint and the rows, and train both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--ways", default="ours,plain,language")
    for name in ("--one", "--folder", "--device", "--batch"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        return one(given.one, Path(given.folder), int(given.batch), given.steps, given.device)
    small = given.tiny or not torch.cuda.is_available()
    device = "cpu" if small else "cuda:0"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "base").mkdir()
        count = checkpoint(folder / "base", small)
        task(folder, 64, 56 if small else 1120)
        what = "a tiny model of Llama 3.2 Vision's architecture" if small else "Llama 3.2 11B Vision's architecture"
        where = "on the CPU" if small else f"on {torch.cuda.get_device_name(0)}"
        print(f"{what}, {count:,} random parameters, {where}: NF4 QLoRA, rank 8, {given.steps} steps of {WHOLE}")
        for which in given.ways.split(","):
            print(tried(which, folder, given.steps, device), flush=True)
    print("ours: sensorium.tune, the language part's linear layers, single-precision adapters, the loss on the answers")
    print("plain: TRL's SFTTrainer and PEFT, all linear layers, the loss on all but padding and picture tokens")
    print("language: as plain, but only the language part's linear layers are adapted")
    if small:
        print("The figure of the 11B model HAS NOT BEEN MEASURED: that takes a CUDA GPU.")
    return None


if __name__ == "__main__":
    main()
