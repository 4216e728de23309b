"""Trains a checkpoint with LoRA or QLoRA, by TRL's SFTTrainer and PEFT: from a recipe to an adapter, step by step.

LoRA: Hu et al. 2021 (arXiv 2106.09685). QLoRA: Dettmers et al. 2023 (arXiv 2305.14314).
"""

from __future__ import annotations

import json
import re
import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from sensorium.checkpoint.load import Checkpoint, load, quiet
from sensorium.checkpoint.untrusted.pickles import refusing_code
from sensorium.core.errors import InputError, InstallError, quoted
from sensorium.core.files import replace_file, write_errors
from sensorium.evaluation.statistics import Interval
from sensorium.tune.defaults import with_defaults
from sensorium.tune.forecast import check_fits
from sensorium.tune.inputs import TrainingData, auto_of, data_of, name_of
from sensorium.tune.modules import target_modules
from sensorium.tune.recipe import Recipe, load_recipe
from sensorium.tune.training import vision_cache
from sensorium.tune.training.callback import BEST, COMPLETE, make_callback, restore_best
from sensorium.tune.training.collate import Collator, Encode, TrainRow, batch, check_lengths, row_of
from sensorium.tune.training.distributed import (
    Distributed,
    connect,
    current_process,
    divide_step,
    per_process,
    report_once,
)  # fmt: skip
from sensorium.tune.training.distributed_sampler import ProcessBatchSampler, StepSampler
from sensorium.tune.training.heldout import FREE_TEXT, heldout_loss, heldout_score, training_metric
from sensorium.tune.training.metrics_log import MetricsLog, TrainingProgress
from sensorium.tune.training.packing import packed

RECIPE, ABOUT, DATA, CHECKPOINTS = "recipe.toml", "sensorium.json", "data.txt", "checkpoints"
_PACKAGES = ("torch", "transformers", "peft", "trl", "datasets", "accelerate")
_MAY_CHANGE = ("device", "memory_gb", "tensorboard", "save_total_limit")
"""Keys that may differ when an interrupted training is resumed: they do not change the weights."""


@dataclass(frozen=True)
class TrainingResult:
    """The result of a training.

    Args:
        adapter: The adapter's folder, as in `transformers:BASE+ADAPTER`.
        steps: Optimiser steps done.
        score_before: Held-out score of the base model; None without held-out examples.
        score_after: That of the adapter.
        best_step: The step at which the adapter was saved.
        loss_before: Held-out loss of the base model; None without held-out examples.
        loss_after: That of the adapter.
        by_loss: Whether the loss chose the adapter, not the score.
    """

    adapter: Path
    steps: int
    score_before: float | None
    score_after: float | None
    best_step: int
    loss_before: float | None = None
    loss_after: float | None = None
    by_loss: bool = False


def train(recipe: Recipe, on_progress: Callable[[TrainingProgress], None] = lambda progress: None) -> TrainingResult:
    """Train an adapter; called again with the same recipe after a break, it resumes from the last complete checkpoint.

    In each of several processes that `accelerate launch` or torchrun started it trains its part of every step.

    Args:
        recipe: The recipe.
        on_progress: Called after each step, in the main process.

    Raises:
        InputError: when the recipe can't be used, or its folder contains another training.
        LimitError: when it can't fit into the memory; before the weights are loaded.
        InstallError: when a package is missing.
        ServiceError: when another of several processes has ended.
    """
    from importlib.util import find_spec

    missing = [name for name in _PACKAGES if not find_spec(name)]
    if missing:
        raise InstallError(
            f"Training needs packages that are not installed: {', '.join(missing)}.",
            'Type: pip install "sensorium[tune]"',
        )
    distributed = current_process()
    with report_once(distributed), warnings.catch_warnings():
        data = data_of(recipe)
        recipe = with_defaults(recipe, data)
        own = per_process(recipe, distributed)
        check_fits(own, data)
        with quiet():
            warnings.simplefilter("ignore")  # the libraries' notes to each other
            connect(distributed, own.device)
            out = _open_folder(recipe, data) if distributed.is_main_process else Path(recipe.output_dir)
            distributed.wait_for_everyone()
            return _train(replace(recipe, device=own.device), data, out, on_progress, distributed)


def _train(
    recipe: Recipe,
    data: TrainingData,
    out: Path,
    on_progress: Callable[[TrainingProgress], None],
    distributed: Distributed,
) -> TrainingResult:
    from transformers import set_seed

    # 1. the base, as it is loaded for inference, and the adapter on it
    set_seed(recipe.seed)
    loaded = load(name_of(recipe), auto_of(name_of(recipe)))
    _keep_unpacked(loaded.model)
    rows = [row_of(loaded, example) for example in data.train]
    heldout_rows = [row_of(loaded, example) for example in data.heldout]
    check_lengths(loaded, [*rows, *heldout_rows])
    loaded = _with_adapter(recipe, loaded)
    encode = vision_cache.make_encoder(recipe, loaded, [*rows, *heldout_rows], out, on_progress, distributed)

    # 2. the trainer, and what it calls at each evaluation
    trainer = _trainer(recipe, loaded, rows, encode, out, distributed)
    metric = training_metric(recipe, data.heldout)

    def evaluate() -> tuple[Interval, float]:
        score = heldout_score(loaded, data.heldout, heldout_rows, metric, recipe.max_new_tokens, encode, distributed)
        return score, heldout_loss(loaded, heldout_rows, recipe.batch_size, encode, distributed)

    # 3. from the last complete checkpoint, if there is one
    main = distributed.is_main_process
    if main:
        restore_best(out / BEST)
    log, start = MetricsLog(out, main, metric in FREE_TEXT), last_checkpoint(out) if main else None
    log.truncate(None if start is None else _step_of(start))
    start, log.lines = distributed.broadcast((start, log.lines))
    trainer.add_callback(make_callback(recipe, out, log, evaluate if data.heldout else None, on_progress, distributed))
    if not (start is not None and log.stalled(recipe.early_stopping_patience)):
        with refusing_code("" if start is None else str(start)), write_errors(out):
            trainer.train(resume_from_checkpoint=None if start is None else str(start))

    # 4. the best adapter, with its description
    result = TrainingResult(out, 0, None, None, 0)
    if main:
        with write_errors(out):
            result = _save(recipe, data, out, loaded, log, trainer.state.global_step, encode.note)
    return distributed.broadcast(result)


def _with_adapter(recipe: Recipe, loaded: Checkpoint) -> Checkpoint:
    """Return the checkpoint with a new adapter, which names the base as the recipe does."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=recipe.lora_r,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=recipe.lora_dropout,
        target_modules=target_modules(loaded.model, recipe.adapt),
    )
    adapted = replace(loaded, model=get_peft_model(loaded.model, config))
    config.base_model_name_or_path = recipe.base  # its name, not its folder on this machine
    return adapted


def _trainer(
    recipe: Recipe, loaded: Checkpoint, rows: Sequence[TrainRow], encode: Encode, out: Path, distributed: Distributed
) -> Any:
    """Return TRL's trainer; the adapter is in single precision: small steps vanish in bfloat16."""
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback, Trainer
    from trl.trainer.sft_trainer import SFTTrainer

    trainer = SFTTrainer(
        model=loaded.model,
        args=_arguments(recipe, loaded, rows, out, distributed),
        train_dataset=Dataset.from_dict({"row": list(range(len(rows)))}),
        data_collator=Collator(loaded, rows, encode, packed if recipe.packing else batch),
        processing_class=loaded.processor,
    )
    for weight in loaded.model.parameters():
        if weight.requires_grad:  # with 4-bit weights TRL made them bfloat16
            weight.data = weight.data.to(torch.float32)
    trainer.remove_callback(PrinterCallback)
    base = loaded.model.get_base_model()
    if base.base_model is base:  # Llama 4 has no backbone that TRL's own loss could run without the output embeddings
        trainer.compute_loss = partial(Trainer.compute_loss, trainer)
    if distributed.num_processes > 1:
        _shard_batches(trainer, recipe, distributed)
    return trainer


def _keep_unpacked(model: Any) -> None:
    """Keep bitsandbytes from repacking 4-bit weights, and rounding their scales, when the model answers on a CPU.

    It does so for good: after the first held-out score the training would continue with other weights.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def _shard_batches(trainer: Any, recipe: Recipe, distributed: Distributed) -> None:
    """Give the trainer the batches of this process; the library's own repeat rows if an epoch does not divide."""
    from torch.utils.data import DataLoader
    from transformers import set_seed

    args = trainer.args
    steps = StepSampler(len(trainer.train_dataset), recipe.examples_per_step, recipe.seed)
    loader = DataLoader(
        trainer.train_dataset,
        batch_sampler=ProcessBatchSampler(steps, args.per_device_train_batch_size, distributed),
        collate_fn=trainer.data_collator,
        pin_memory=args.dataloader_pin_memory,
    )
    trainer.get_train_dataloader = lambda: loader
    # dropout of its own; the first adapter is the main process's
    set_seed(recipe.seed + distributed.process_index)


def _arguments(
    recipe: Recipe, loaded: Checkpoint, rows: Sequence[TrainRow], out: Path, distributed: Distributed
) -> Any:
    import torch
    from trl.trainer.sft_config import SFTConfig

    device, dtype = loaded.model.device.type, loaded.model.dtype
    if recipe.dtype != "float32" and recipe.bits == 4 and device == "cuda":
        dtype = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    size, times = recipe.batch_size, recipe.gradient_accumulation_steps
    if not recipe.packing and len({row.kind for row in rows}) > 1:
        # rows with and without pictures can't share a batch: then one at a time, as many before each step
        size, times = 1, recipe.examples_per_step
    size, times = divide_step(size, times, distributed.num_processes)
    steps = recipe.steps(len(rows))
    return SFTConfig(
        output_dir=str(out / CHECKPOINTS),
        max_steps=steps,
        per_device_train_batch_size=size,
        gradient_accumulation_steps=times,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.lr_scheduler_type.replace("constant", "constant_with_warmup"),
        warmup_steps=round(recipe.warmup_ratio * steps),
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_grad_norm,
        bf16=device == "cuda" and dtype == torch.bfloat16,
        fp16=device == "cuda" and dtype == torch.float16,
        gradient_checkpointing=recipe.gradient_checkpointing,
        max_length=None,  # cutting would cut pictures
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        logging_steps=min(10, recipe.eval_steps),
        save_strategy="no",  # the callback decides
        save_total_limit=recipe.save_total_limit,
        eval_strategy="no",
        report_to=["tensorboard"] if recipe.tensorboard else [],
        use_cpu=device == "cpu",
        dataloader_pin_memory=device == "cuda",
        disable_tqdm=True,
        log_level_replica="error",  # the other processes print no more than the main one
        seed=recipe.seed,
        data_seed=recipe.seed,
    )


def last_checkpoint(out: Path) -> Path | None:
    """Return the newest complete checkpoint, and delete those that a break left unfinished."""
    complete = []
    for folder in (out / CHECKPOINTS).glob("checkpoint-*"):
        if (folder / COMPLETE).exists():
            complete.append(folder)
        else:
            shutil.rmtree(folder)
    return max(complete, key=_step_of, default=None)


def _step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _open_folder(recipe: Recipe, data: TrainingData) -> Path:
    """Create the folder, or check that it holds the same training, unfinished."""
    out, shown = Path(recipe.output_dir), quoted(recipe.output_dir)
    free = f"Choose another output_dir, or type: rm -r {shown}"
    if (out / ABOUT).exists():
        raise InputError(f"The folder {shown} contains a finished adapter.", free)
    if (out / RECIPE).exists():
        before = load_recipe(out / RECIPE)
        same = replace(before, **{key: getattr(recipe, key) for key in _MAY_CHANGE}) == recipe
        if not same or (out / DATA).read_text(encoding="utf-8") != data.fingerprint:
            raise InputError(f"The folder {shown} contains another training, or one on other data.", free)
    elif out.exists() and not all(_is_left_over(path, data) for path in out.iterdir()):
        raise InputError(f"The folder {shown} is not empty.", "Choose another output_dir.")
    out.mkdir(parents=True, exist_ok=True)
    replace_file(out / DATA, data.fingerprint)  # before the recipe, which says that this is a training's folder
    replace_file(out / RECIPE, recipe.to_toml())
    return out


def _is_left_over(path: Path, data: TrainingData) -> bool:
    """Whether a file is from a training that was killed before its recipe was written."""
    if path.name == DATA:
        return path.read_text(encoding="utf-8", errors="replace") == data.fingerprint
    return re.fullmatch(rf"\.({re.escape(DATA)}|{re.escape(RECIPE)})\.\d+\.new", path.name) is not None


def _save(
    recipe: Recipe, data: TrainingData, out: Path, loaded: Checkpoint, log: MetricsLog, steps: int, pictures: str
) -> TrainingResult:
    from importlib.metadata import version

    best = log.best
    if best is not None and (out / BEST).exists():
        for file in (out / BEST).iterdir():
            replace_file(out / file.name, file.read_bytes())
    else:
        loaded.model.save_pretrained(str(out))
    loaded.processor.save_pretrained(str(out))
    (out / "README.md").unlink(missing_ok=True)  # PEFT's card has nothing but blanks
    steps = max(steps, *(line["step"] for line in log.lines)) if log.lines else steps
    first: dict[str, Any] = next((line for line in log.lines if "heldout_score" in line and not line["step"]), {})
    before, losses = first.get("heldout_score"), dict(log.losses)
    loss = losses.get(best[0]) if best else None
    result = TrainingResult(
        out, steps, before, best[1] if best else None, best[0] if best else steps,
        first.get("heldout_loss"), loss, log.by_loss,
    )  # fmt: skip
    about = {
        "base": recipe.base,
        "load_as": f"transformers:{recipe.base}+{out}",
        "steps": result.steps,
        "best_step": result.best_step,
        "heldout_score_before": result.score_before,
        "heldout_score": result.score_after,
        "heldout_loss_before": result.loss_before,
        "heldout_loss": result.loss_after,
        "metric": training_metric(recipe, data.heldout) or None,
        "data": data.fingerprint,
        "licence_of_data": recipe.licence or "not stated",
        "licence_of_base": "see the base; it binds an adapter, too",
        "pictures": pictures,
        "versions": {name: version(name) for name in ("sensorium", "torch", "transformers", "peft", "trl")},
    }
    replace_file(out / ABOUT, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    shutil.rmtree(out / vision_cache.FOLDER, ignore_errors=True)  # no other training can use it
    return result
