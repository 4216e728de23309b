"""An Idefics3 of any size with random weights, made on the spot, for measurements of time."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import tiny

from sensorium.backends.transformers.chat import ChatModel, model


def idefics3(seed: int) -> ChatModel:
    """Make an Idefics3 of about 30 million parameters: pictures of 224 pixels, 49 tokens each."""
    vision = {"hidden_size": 256, "intermediate_size": 1024, "num_hidden_layers": 8, "num_attention_heads": 4}
    words = {
        "hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 7, "num_attention_heads": 8,
        "num_key_value_heads": 4, "max_position_embeddings": 4096,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        tiny.idefics3(Path(folder), side=224, patch=16, tokens=49, vision=vision, seed=seed, **words)
        made = model(f"{folder}?device=cpu")
    return made


def millions(made: ChatModel) -> float:
    """Count the parameters, in millions."""
    return sum(weight.numel() for weight in made.checkpoint.model.parameters()) / 1e6
