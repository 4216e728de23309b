"""The base weights of the registry's packages as a Hugging Face checkpoint: CTranslate2's file read and renamed.

Format: https://github.com/OpenNMT/CTranslate2/blob/master/python/ctranslate2/specs/model_spec.py (binary version 6).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.backends.whisper import LANGUAGES, base_files

TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


def tensors(data: bytes) -> dict[str, np.ndarray]:
    """Read CTranslate2's model.bin."""
    at = 4  # the version

    def take(form: str) -> Any:
        nonlocal at
        found = struct.unpack_from(form, data, at)
        at += struct.calcsize(form)
        return found[0]

    def text() -> str:
        nonlocal at
        size = take("<H")
        found = data[at : at + size].rstrip(b"\0").decode()
        at += size
        return found

    text()  # the specification's name
    take("<I")  # its revision
    made = {}
    for _ in range(take("<I")):
        name = text()
        shape = [take("<I") for _ in range(take("<B"))]
        kind = TYPES[take("<B")]
        size = take("<I")
        made[name] = np.frombuffer(data, kind, count=size // np.dtype(kind).itemsize, offset=at).reshape(shape)
        at += size
    return made


def state(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rename to what transformers calls them; fused projections are parted."""
    out = {
        "model.encoder.embed_positions.weight": found["encoder/position_encodings/encodings"],
        "model.decoder.embed_positions.weight": found["decoder/position_encodings/encodings"],
        "model.decoder.embed_tokens.weight": found["decoder/embeddings/weight"],
        "proj_out.weight": found["decoder/embeddings/weight"],
    }
    for conv in ("conv1", "conv2"):
        for kind in ("weight", "bias"):
            out[f"model.encoder.{conv}.{kind}"] = found[f"encoder/{conv}/{kind}"]

    def norm(theirs: str, own: str) -> None:
        out[f"{own}.weight"], out[f"{own}.bias"] = found[f"{theirs}/gamma"], found[f"{theirs}/beta"]

    def linear(theirs: str, *own: str) -> None:
        weights = np.split(found[f"{theirs}/weight"], len(own))
        biases = np.split(found[f"{theirs}/bias"], len(own))
        for name, weight, bias in zip(own, weights, biases, strict=True):
            out[f"{name}.weight"] = weight
            if not name.endswith("k_proj"):  # keys have no bias
                out[f"{name}.bias"] = bias

    for half in ("encoder", "decoder"):
        norm(f"{half}/layer_norm", f"model.{half}.layer_norm")
        for i in range(6):
            theirs, own = f"{half}/layer_{i}", f"model.{half}.layers.{i}"
            norm(f"{theirs}/self_attention/layer_norm", f"{own}.self_attn_layer_norm")
            projections = [f"{own}.self_attn.{one}_proj" for one in "qkv"]
            linear(f"{theirs}/self_attention/linear_0", *projections)
            linear(f"{theirs}/self_attention/linear_1", f"{own}.self_attn.out_proj")
            norm(f"{theirs}/ffn/layer_norm", f"{own}.final_layer_norm")
            linear(f"{theirs}/ffn/linear_0", f"{own}.fc1")
            linear(f"{theirs}/ffn/linear_1", f"{own}.fc2")
            if half == "decoder":
                norm(f"{theirs}/attention/layer_norm", f"{own}.encoder_attn_layer_norm")
                linear(f"{theirs}/attention/linear_0", f"{own}.encoder_attn.q_proj")
                linear(f"{theirs}/attention/linear_1", f"{own}.encoder_attn.k_proj", f"{own}.encoder_attn.v_proj")
                linear(f"{theirs}/attention/linear_2", f"{own}.encoder_attn.out_proj")
    return out


def write(folder: Path, multilingual: bool = True) -> Path:
    """Write the checkpoint as `save_pretrained` does."""
    import torch
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperProcessor,
        WhisperTokenizerFast,
    )

    files = base_files()
    weights = files["model.bin"]
    assert not isinstance(weights, bytes)
    folder.mkdir(parents=True, exist_ok=True)
    tokens = folder / "tokenizer.json"
    tokens.write_bytes(bytes(files["tokenizer.json"]))  # type: ignore[arg-type]
    tokenizer = WhisperTokenizerFast(tokenizer_file=str(tokens))
    config = WhisperConfig(
        vocab_size=51865, d_model=512, encoder_layers=6, decoder_layers=6, encoder_attention_heads=8,
        decoder_attention_heads=8, encoder_ffn_dim=2048, decoder_ffn_dim=2048, num_mel_bins=80,
    )  # fmt: skip
    with torch.device("meta"):  # nothing is drawn by chance first
        model = WhisperForConditionalGeneration(config)
    renamed = {
        name: torch.from_numpy(value.astype(np.float32)) for name, value in state(tensors(weights.getvalue())).items()
    }
    missing, unexpected = model.load_state_dict(renamed, strict=False, assign=True)
    assert not unexpected and not missing, (missing, unexpected)
    ids = {
        name: tokenizer.convert_tokens_to_ids(f"<|{name}|>")
        for name in ("startoftranscript", "endoftext", "notimestamps")
    }
    own = {"jv": "jw"}
    model.generation_config = GenerationConfig(
        decoder_start_token_id=ids["startoftranscript"], eos_token_id=ids["endoftext"], pad_token_id=ids["endoftext"],
        bos_token_id=ids["endoftext"], no_timestamps_token_id=ids["notimestamps"], max_length=448,
        is_multilingual=multilingual, begin_suppress_tokens=[220, ids["endoftext"]],
        prev_sot_token_id=tokenizer.convert_tokens_to_ids("<|startofprev|>"),
        lang_to_id={f"<|{own.get(c, c)}|>": tokenizer.convert_tokens_to_ids(f"<|{own.get(c, c)}|>") for c in LANGUAGES},
        task_to_id={task: tokenizer.convert_tokens_to_ids(f"<|{task}|>") for task in ("transcribe", "translate")},
    )  # fmt: skip
    model.half().save_pretrained(folder)
    WhisperProcessor(WhisperFeatureExtractor(feature_size=80), tokenizer).save_pretrained(folder)
    return folder
