"""Teaching a checkpoint with LoRA or QLoRA, by TRL's SFTTrainer and PEFT: from a recipe to an adapter, step by step.

LoRA: Hu et al. 2021 (arXiv 2106.09685). QLoRA: Dettmers et al. 2023 (arXiv 2305.14314).
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sensorium.checkpoint.load import Checkpoint, load, quiet
from sensorium.core.errors import InputError, InstallError, quoted
from sensorium.evaluation.metrics import fitting_metric
from sensorium.evaluation.statistics import Interval
from sensorium.tune.forecast import check_fits
from sensorium.tune.inputs import Data, auto_of, data_of, name_of
from sensorium.tune.modules import targets
from sensorium.tune.recipe import Recipe, from_toml, steps_of
from sensorium.tune.training import heldout as held
from sensorium.tune.training import vision_cache as features
from sensorium.tune.training.callback import COMPLETE, watcher
from sensorium.tune.training.collate import Collator, Row, batch, row_of
from sensorium.tune.training.distributed import Team, join, one_speaks, placed, team
from sensorium.tune.training.distributed_sampler import Shares, Steps, divided
from sensorium.tune.training.metrics_log import Log, Progress
from sensorium.tune.training.packing import packed

HINT = 'Type: pip install "sensorium[tune]"'
RECIPE, ABOUT, CHECKPOINTS, BEST = "recipe.toml", "sensorium.json", "checkpoints", "best"
_RETRIED = ("device", "memory_gb", "tensorboard", "keep")
"""What a training that goes on may have otherwise than the one that was broken off: it does not change the weights."""


@dataclass(frozen=True)
class Tuned:
    """What a training gave.

    Args:
        adapter: The adapter's folder, as in `transformers:BASE+ADAPTER`.
        steps: Optimiser steps done.
        before: The held-out score of the untouched model; None where nothing is held out.
        after: That of the adapter.
        best_step: The step that the adapter is of.
    """

    adapter: Path
    steps: int
    before: float | None
    after: float | None
    best_step: int


def train(recipe: Recipe, tell: Callable[[Progress], None] = lambda progress: None) -> Tuned:
    """Train an adapter; called again with the same recipe after a break, it goes on from the last whole checkpoint.

    In each of several processes that `accelerate launch` or torchrun started it trains its share of every step.

    Args:
        recipe: What is trained on what, and how.
        tell: Called after each step, in the first process.

    Raises:
        InputError: when the recipe names what can't be used, or `out` holds another training.
        LimitError: when it can't fit into the memory; before the weights are loaded.
        InstallError: when a package is missing.
        ServiceError: when another of several processes has ended.
    """
    _installed()
    us = team()
    with one_speaks(us), warnings.catch_warnings():
        data, mine = data_of(recipe), share(recipe, us)
        check_fits(mine, data)
        with quiet():
            warnings.simplefilter("ignore")  # the libraries' notes to each other
            join(us, mine.device)
            out = _opened(recipe, data) if us.first else Path(recipe.out)
            us.wait()
            return _trained(replace(recipe, device=mine.device), data, out, tell, us)


def share(recipe: Recipe, team: Team) -> Recipe:
    """Return what one of several processes trains: as many examples a step in all, on a device of its own.

    Raises:
        InputError: when the examples of a step or the devices can't be divided among them.
    """
    size, _ = divided(recipe.batch, recipe.accumulate, team.size)
    return replace(placed(recipe, team), batch=size, accumulate=recipe.batch * recipe.accumulate // size)


def _trained(recipe: Recipe, data: Data, out: Path, tell: Callable[[Progress], None], us: Team) -> Tuned:
    import torch
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from transformers import PrinterCallback, set_seed
    from trl.trainer.sft_trainer import SFTTrainer

    # 1. the base, as it is loaded to be asked
    set_seed(recipe.seed)
    loaded = load(name_of(recipe), auto_of(name_of(recipe)))
    _unpacked(loaded.model)
    rows = [row_of(loaded, example) for example in data.train]
    asked = [row_of(loaded, example) for example in data.held]

    # 2. the adapter, in single precision: small steps vanish in bfloat16
    names = targets(loaded.model, recipe.adapt)
    how = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, lora_dropout=recipe.dropout, target_modules=names)
    loaded = replace(loaded, model=get_peft_model(loaded.model, how))
    how.base_model_name_or_path = recipe.base  # as it is named, not where it lies
    encode = features.encoder(recipe, loaded, [*rows, *asked], out, tell, us)

    # 3. the trainer
    trainer = SFTTrainer(
        model=loaded.model,
        args=_arguments(recipe, loaded, rows, out, us),
        train_dataset=Dataset.from_dict({"row": list(range(len(rows)))}),
        data_collator=Collator(loaded, rows, encode, packed if recipe.packing else batch),
        processing_class=loaded.processor,
    )
    for weight in loaded.model.parameters():
        if weight.requires_grad:  # with 4-bit weights TRL made them bfloat16
            weight.data = weight.data.to(torch.float32)
    trainer.remove_callback(PrinterCallback)
    if us.size > 1:
        _divide(trainer, recipe, us)
    metric = recipe.metric or (fitting_metric(data.held) if data.held else "")

    def judge() -> Interval:
        return held.score(loaded, data.held, asked, metric, recipe.answer_tokens, encode, us)

    # 4. from the last whole checkpoint, if there is one
    log, start = Log(out, us.first), last_checkpoint(out) if us.first else None
    log.cut(None if start is None else int(start.name.rpartition("-")[2]))
    start, log.lines = us.told((start, log.lines))
    trainer.add_callback(watcher(recipe, out, log, judge if data.held else None, tell, us))
    if not (start is not None and log.stale(recipe.patience)):
        trainer.train(resume_from_checkpoint=None if start is None else str(start))

    # 5. the best adapter, with what is to be known of it
    found = Tuned(out, 0, None, None, 0)
    if us.first:
        found = _saved(recipe, data, out, loaded, log, trainer.state.global_step, encode.said)
    return us.told(found)


def _unpacked(model: Any) -> None:
    """Keep bitsandbytes from packing 4-bit weights anew, and rounding their scales, when the model answers on a CPU.

    It does so for good: after the first held-out score the training would go on with other weights.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def _divide(trainer: Any, recipe: Recipe, us: Team) -> None:
    """Return trainer the batches of this process; the library's own repeat rows where an epoch does not come out."""
    from torch.utils.data import DataLoader
    from transformers import set_seed

    args = trainer.args
    steps = Steps(len(trainer.train_dataset), recipe.batch * recipe.accumulate, recipe.seed)
    shares = Shares(steps, args.per_device_train_batch_size, us)
    loader = DataLoader(
        trainer.train_dataset,
        batch_sampler=shares,
        collate_fn=trainer.data_collator,
        pin_memory=args.dataloader_pin_memory,
    )
    trainer.get_train_dataloader = lambda: loader
    set_seed(recipe.seed + us.rank)  # a drop-out of its own; the first adapter is the first process's


def _arguments(recipe: Recipe, loaded: Checkpoint, rows: Sequence[Row], out: Path, us: Team) -> Any:
    import torch
    from trl.trainer.sft_config import SFTConfig

    device, dtype = loaded.model.device.type, loaded.model.dtype
    if recipe.dtype != "float32" and recipe.bits == 4 and device == "cuda":
        dtype = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    # rows with and without pictures can't go together: then one at a time, as many before each step
    alike = recipe.packing or len({row.kind for row in rows}) == 1
    size, times = (recipe.batch, recipe.accumulate) if alike else (1, recipe.batch * recipe.accumulate)
    size, times = divided(size, times, us.size)
    steps = steps_of(recipe, len(rows))
    return SFTConfig(
        output_dir=str(out / CHECKPOINTS),
        max_steps=steps,
        per_device_train_batch_size=size,
        gradient_accumulation_steps=times,
        learning_rate=recipe.rate,
        lr_scheduler_type=recipe.schedule if recipe.schedule != "constant" else "constant_with_warmup",
        warmup_steps=round(recipe.warmup * steps),
        weight_decay=recipe.decay,
        max_grad_norm=recipe.clip,
        bf16=device == "cuda" and dtype == torch.bfloat16,
        fp16=device == "cuda" and dtype == torch.float16,
        gradient_checkpointing=recipe.activation_checkpointing,
        max_length=None,  # cutting would cut pictures
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        logging_steps=min(10, recipe.check_steps),
        save_strategy="no",  # the watcher says when
        save_total_limit=recipe.keep + 1,  # the newest is not whole while the older ones are taken away
        eval_strategy="no",
        report_to=["tensorboard"] if recipe.tensorboard else [],
        use_cpu=device == "cpu",
        dataloader_pin_memory=device == "cuda",
        disable_tqdm=True,
        log_level_replica="error",  # the other processes speak no more than the first
        seed=recipe.seed,
        data_seed=recipe.seed,
    )


def last_checkpoint(out: Path) -> Path | None:
    """Return the newest checkpoint that is whole, and take away those that a break left unfinished."""
    found = []
    for folder in (out / CHECKPOINTS).glob("checkpoint-*"):
        if (folder / COMPLETE).exists():
            found.append(folder)
        else:
            shutil.rmtree(folder)
    return max(found, key=lambda folder: int(folder.name.rpartition("-")[2]), default=None)


def _opened(recipe: Recipe, data: Data) -> Path:
    """Make the folder, or see that it holds the same training, unfinished."""
    out, written = Path(recipe.out), Path(recipe.out) / RECIPE
    free = f"Choose another out, or type: rm -r {quoted(recipe.out)}"
    if (out / ABOUT).exists():
        raise InputError(f"The folder {quoted(recipe.out)} holds a finished adapter.", free)
    beside = out / "data.txt"
    if written.exists():
        before = from_toml(written.read_text(encoding="utf-8"))
        same = replace(before, **{key: getattr(recipe, key) for key in _RETRIED}) == recipe
        if not same or beside.read_text(encoding="utf-8") != data.fingerprint:
            raise InputError(f"The folder {quoted(recipe.out)} holds another training, or one on other data.", free)
    elif out.exists() and any(out.iterdir()):
        raise InputError(f"The folder {quoted(recipe.out)} is not empty.", "Choose another out.")
    out.mkdir(parents=True, exist_ok=True)
    beside.write_text(data.fingerprint, encoding="utf-8")
    written.write_text(recipe.to_toml(), encoding="utf-8")
    return out


def _saved(recipe: Recipe, data: Data, out: Path, loaded: Checkpoint, log: Log, steps: int, pictures: str) -> Tuned:
    best = log.best
    if best is not None and (out / BEST).exists():
        for file in (out / BEST).iterdir():
            shutil.copy2(file, out / file.name)
    else:
        loaded.model.save_pretrained(str(out))
    loaded.processor.save_pretrained(str(out))
    (out / "README.md").unlink(missing_ok=True)  # PEFT's card has nothing but blanks
    steps = max(steps, *(line["step"] for line in log.lines)) if log.lines else steps
    before = next((line["held_score"] for line in log.lines if "held_score" in line and not line["step"]), None)
    found = Tuned(out, steps, before, best[1] if best else None, best[0] if best else steps)
    about = {
        "base": recipe.base,
        "load_as": f"transformers:{recipe.base}+{out}",
        "steps": found.steps,
        "best_step": found.best_step,
        "held_score_before": found.before,
        "held_score": found.after,
        "metric": recipe.metric or (fitting_metric(data.held) if data.held else None),
        "data": data.fingerprint,
        "licence_of_data": recipe.licence or "not stated",
        "licence_of_base": "as its makers say; an adapter is used under it, too",
        "pictures": pictures,
        "versions": _versions(),
    }
    (out / ABOUT).write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    shutil.rmtree(out / features.FOLDER, ignore_errors=True)  # it serves no other training
    return found


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("sensorium", "torch", "transformers", "peft", "trl")}


def _installed() -> None:
    from importlib.util import find_spec

    missing = [
        name for name in ("torch", "transformers", "peft", "trl", "datasets", "accelerate") if not find_spec(name)
    ]
    if missing:
        raise InstallError(f"Training needs packages that are not installed: {', '.join(missing)}.", HINT)
