"""Settings that a recipe leaves at 0: they depend on the size of the base and on the examples."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

from sensorium.checkpoint.load import load_config, loading_errors, quiet, resolve_base
from sensorium.tune.inputs import TrainingData, name_of
from sensorium.tune.recipe import Recipe

_LEARNING_RATE, _WIDTH, _EXPONENT = 5e-4, 2000, 0.781
"""Schulman et al. 2025, "LoRA Without Regret" (https://thinkingmachines.ai/blog/lora), with the exponent that Tinker's
documentation gives for Llama models: the best rate of LoRA falls with the width of the model."""
_UNKNOWN_WIDTH_LEARNING_RATE = 2e-4  # QLoRA (Dettmers et al. 2023) for 7B and 13B
_MIN_ANSWER_TOKENS, _MAX_ANSWER_TOKENS, _ROOM = 32, 512, 1.25
_LONGEST = 64  # answers whose tokens are counted: those with the most bytes


def with_defaults(recipe: Recipe, data: TrainingData) -> Recipe:
    """Return the recipe with a number for every setting that is 0 for "what fits".

    Raises:
        InputError, AccessError, ServiceError: as `checkpoint.load.load_config`.
    """
    if recipe.learning_rate and recipe.max_new_tokens:
        return recipe
    name = resolve_base(name_of(recipe))
    config = load_config(name)
    return replace(
        recipe,
        learning_rate=recipe.learning_rate or fitting_learning_rate(_width(config)),
        max_new_tokens=recipe.max_new_tokens or _answer_tokens(name.base, data),
    )


def fitting_learning_rate(width: int) -> float:
    """Return a learning rate for LoRA with lora_alpha = 32.

    Args:
        width: The language model's hidden size; 0 if it is unknown.
    """
    if not width:
        return _UNKNOWN_WIDTH_LEARNING_RATE
    return float(f"{_LEARNING_RATE * (_WIDTH / width) ** _EXPONENT:.2g}")


def fitting_answer_tokens(longest: int) -> int:
    """Return how many tokens an answer may have where the longest right one has so many: a quarter more, 32 to 512."""
    return min(_MAX_ANSWER_TOKENS, max(_MIN_ANSWER_TOKENS, round(_ROOM * longest)))


def _width(config: Any) -> int:
    text = config.get_text_config()
    widths = (getattr(text, name, None) for name in ("hidden_size", "d_model", "n_embd"))
    return next((width for width in widths if isinstance(width, int)), 0)


def _answer_tokens(base: str, data: TrainingData) -> int:
    from transformers import AutoProcessor

    answers = {example.answer for example in (*data.train, *data.heldout)}
    longest = sorted(answers, key=lambda answer: len(answer.encode()))[-_LONGEST:]
    with loading_errors(base), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's notes
        processor = AutoProcessor.from_pretrained(base, trust_remote_code=False)
        tokenizer = getattr(processor, "tokenizer", processor)
        tokens = [len(tokenizer(answer, add_special_tokens=False)["input_ids"]) + 1 for answer in longest]
    return fitting_answer_tokens(max(tokens, default=0))
