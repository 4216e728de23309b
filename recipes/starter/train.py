"""Trains the starter model: `python recipes/starter/train.py`, about two hours on two CPU cores.

The same command resumes an interrupted training, and uses a GPU if the machine has one. First the vision tower learns
to label each patch (`see`), then the whole model learns to answer (`answer`), with the patches as an auxiliary task.
Scenes are drawn from the step's number, so that none but easy-VQA's pictures comes twice.

Optimisers: Muon (Jordan et al. 2024, as in torch.optim) for the layers' matrices, AdamW for the rest. The learning rate
stays constant after the warm-up and falls to zero over the last third of the steps.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import architecture
import scenes
import torch
from rows import IGNORED, Batch, Batches
from torch import Tensor, nn

_WARM = 100  # steps
_FALL = 0.35  # of the steps
_BESIDE = 0.25  # how much the patches count while answering
_CHECKED = 16  # batches of the check, drawn with a seed of their own
_CHECK_SEED = 1_000_003


@dataclass
class State:
    """The state of a training, as checkpoints keep it."""

    model: Any
    heads: nn.ModuleList
    optimisers: list[torch.optim.Optimizer]
    phase: str = "see"
    step: int = 0


def main() -> None:
    """Train, from the last checkpoint if there is one."""
    options = _options()
    torch.manual_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    processor = architecture.processor()
    model = architecture.model(processor.tokenizer).to(device)
    if device == "cpu":
        model.set_attn_implementation("eager")  # its gradients are three times faster there than sdpa's
    width = model.config.vision_config.hidden_size
    heads = nn.ModuleList(nn.Linear(width, classes) for classes in scenes.PLANES).to(device)
    state = State(model, heads, _optimisers(model, heads, options.rate))
    _resume(state, out, device)
    for phase, steps in (("see", options.see), ("answer", options.answer)):
        if state.phase == phase:
            _run(state, processor.tokenizer, steps, options, out, device)
            state.phase, state.step = "answer" if phase == "see" else "done", 0
            _keep(state, out)
    model.to(torch.bfloat16).save_pretrained(out / "model")
    processor.save_pretrained(out / "model")
    print(f"Saved: {out / 'model'}")


def answer_loss(state: State, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Return the loss of the answers, that of the patches, and whether each token of the answers is the most likely."""
    model, inner = state.model, state.model.model
    seen = _seen(model, batch.pixels)
    features = inner.connector(seen)
    embedded = inner.text_model.get_input_embeddings()(batch.ids)
    places = batch.ids == model.config.image_token_id
    embedded = embedded.masked_scatter(places[..., None], features.to(embedded.dtype).flatten(0, 1))
    hidden = inner.text_model(
        inputs_embeds=embedded,
        attention_mask=(~batch.mask).to(torch.bfloat16) * -1e4,
        position_ids=batch.positions,
        use_cache=False,
    ).last_hidden_state
    wanted = batch.labels[:, 1:]
    asked = wanted != IGNORED
    scores = model.lm_head(hidden[:, :-1][asked])
    loss = nn.functional.cross_entropy(scores.float(), wanted[asked])
    right = torch.ones_like(wanted, dtype=torch.bool)
    right[asked] = scores.argmax(-1) == wanted[asked]
    return loss, see_loss(state, batch, seen), right


def see_loss(state: State, batch: Batch, seen: Tensor | None = None) -> Tensor:
    """Return the loss of the patches: the mean of all, plus that of those that aren't background, as most are."""
    seen = _seen(state.model, batch.pixels) if seen is None else seen
    total = seen.new_zeros((), dtype=torch.float32)
    there = batch.planes[:, 0].flatten() > 0
    for head, plane in zip(state.heads, batch.planes.unbind(1), strict=True):
        scores = head(seen).float().flatten(0, 1)
        each = nn.functional.cross_entropy(scores, plane.flatten(), reduction="none", ignore_index=IGNORED)
        known = plane.flatten() != IGNORED
        total = total + each.sum() / known.sum().clamp(min=1) + each[there].sum() / there.sum().clamp(min=1)
    return total / len(state.heads)


def _seen(model: Any, pixels: Tensor) -> Tensor:
    values = pixels.to(torch.float32) / 127.5 - 1
    there = torch.ones(len(pixels), scenes.GRID, scenes.GRID, dtype=torch.bool, device=pixels.device)
    return model.model.vision_model(pixel_values=values, patch_attention_mask=there).last_hidden_state


def _optimisers(model: Any, heads: nn.Module, rate: float) -> list[torch.optim.Optimizer]:
    layers, rest = [], list(heads.parameters())
    for name, weight in model.named_parameters():
        (layers if weight.ndim == 2 and ".layers." in name else rest).append(weight)
    muon = torch.optim.Muon(layers, lr=rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0)]


def _run(state: State, tokenizer: Any, steps: int, options: argparse.Namespace, out: Path, device: str) -> None:
    seeing = state.phase == "see"
    data = Batches(tokenizer, options.batch, state.step, steps, options.seed, seeing)
    loader = torch.utils.data.DataLoader(
        data,
        batch_size=None,
        num_workers=options.workers,
        prefetch_factor=4 if options.workers else None,
        worker_init_fn=_single,
    )
    start = kept = time.monotonic()
    first, losses = state.step, []
    for batch in loader:
        batch = batch.to(device)
        for optimiser in state.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = options.rate * _share(state.step, steps)
        with torch.autocast(device, torch.bfloat16):
            if seeing:
                loss = see_loss(state, batch)
            else:
                answers, patches, _ = answer_loss(state, batch)
                loss = answers + _BESIDE * patches
        loss.backward()
        nn.utils.clip_grad_norm_([*state.model.parameters(), *state.heads.parameters()], 1.0)
        for optimiser in state.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        state.step += 1
        losses.append(loss.item() if seeing else answers.item())
        if state.step % 25 == 0:
            left = (time.monotonic() - start) / (state.step - first) * (steps - state.step)
            line = {"phase": state.phase, "step": state.step, "loss": round(sum(losses) / len(losses), 4)}
            losses = []
            if state.step % options.check == 0 or state.step == steps:
                line |= _check(state, tokenizer, options, device)
            with (out / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line | {"seconds": round(time.monotonic() - start)}) + "\n")
            print(f"{line}, about {left / 60:.0f} min left", file=sys.stderr, flush=True)
        if time.monotonic() - kept > options.keep:
            _keep(state, out)
            kept = time.monotonic()


def _single(worker: int) -> None:
    torch.set_num_threads(1)


def _share(step: int, steps: int) -> float:
    """Return the learning rate as a share of the highest."""
    return min(1.0, (step + 1) / _WARM, max(0.0, (steps - step) / (_FALL * steps)))


@torch.no_grad()
def _check(state: State, tokenizer: Any, options: argparse.Namespace, device: str) -> dict[str, Any]:
    """Return the loss and the accuracy on held-out pictures."""
    seeing = state.phase == "see"
    data = Batches(tokenizer, 64, 0, _CHECKED, _CHECK_SEED, seeing)
    total, right, all_answers = 0.0, 0, 0
    with torch.autocast(device, torch.bfloat16):
        for number in range(_CHECKED):
            batch = data.at(number).to(device)
            if seeing:
                total += see_loss(state, batch).item()
                continue
            loss, _, said = answer_loss(state, batch)
            total += loss.item()
            for row, blocks in zip(said, batch.blocks[:, 1:], strict=True):
                for block in range(1, int(blocks.max()) + 1):
                    right += bool(row[blocks == block].all())
                    all_answers += 1
    found: dict[str, Any] = {"check_loss": round(total / _CHECKED, 4)}
    return found if seeing else found | {"right": round(right / max(1, all_answers), 4), "of": all_answers}


def _keep(state: State, out: Path) -> None:
    held = {
        "model": state.model.state_dict(),
        "heads": state.heads.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in state.optimisers],
        "phase": state.phase,
        "step": state.step,
    }
    torch.save(held, out / "state.new")
    os.replace(out / "state.new", out / "state.pt")


def _resume(state: State, out: Path, device: str) -> None:
    if not (out / "state.pt").exists():
        return
    held = torch.load(out / "state.pt", map_location=device, weights_only=True)
    state.model.load_state_dict(held["model"])
    state.heads.load_state_dict(held["heads"])
    for optimiser, kept in zip(state.optimisers, held["optimisers"], strict=True):
        optimiser.load_state_dict(kept)
    state.phase, state.step = held["phase"], held["step"]
    print(f"Resuming from step {state.step} of the phase {state.phase!r}.", file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="build/starter", help="folder of the checkpoints, the log and the model")
    parser.add_argument("--see", type=int, default=1800, help="steps of the first phase, which labels patches")
    parser.add_argument("--answer", type=int, default=5000, help="steps of the second phase, which answers")
    parser.add_argument("--batch", type=int, default=32, help="pictures in a batch")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="highest learning rate")
    parser.add_argument("--check", type=int, default=250, help="steps between evaluations")
    parser.add_argument("--keep", type=float, default=300, help="seconds between checkpoints")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw scenes")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch (default: its own choice)")
    parser.add_argument("--seed", type=int, default=0, help="random seed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
