"""Whether a checkpoint's weights are there, and are those that its configuration describes.

The library fills what is missing with random numbers, and leaves out what it can't place, with a warning at most.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from sensorium.checkpoint.untrusted.pickles import check_pickles
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.files import check_regular, read_text

LANGUAGE, CONNECTOR, VISION, OTHER = "language", "connector", "vision", "other"

# By the library's classes, which name their parts alike; a part that isn't known is "other", never taken for language.
_SEGMENTS = (
    # before language: Q-Formers have layers, too, and BLIP-2's language_projection is no language
    (OTHER, re.compile(r"audio\w*|embed_audio|generation_\w+|vqmodel|lm_head|score|depth_decoder|router|detector\w*")),
    (CONNECTOR, re.compile(
        r"(?!patch_)\w*(projector|projection|aligner|connector|merger|resampler|abstractor|qformer|q_former)\w*|"
        r"\w*vision_adapter|deepstack\w*|mlp1|mlp_AR|embed_vision|vision_embed_tokens|query_tokens|latent_query")),
    (VISION, re.compile(r"\w*(vision|visual|image|video)_?(tower|model|encoder|embed)?|vpm|visual\w*|encoder")),
    (LANGUAGE, re.compile(r"language_model|text_model|text_decoder|decoder|llm|thinker|talker|layers|"
                          r"gated_cross_attn_layers|h|embed_tokens|norm")),
)  # fmt: skip

_VERSIONED = (".json", ".safetensors", ".bin", ".txt", ".model", ".jinja")
_INDEX = "model.safetensors.index.json"
_INDEX_BYTES = 64_000_000  # of a model of hundreds of thousands of weights
_LFS_POINTER, _POINTER_BYTES = b"version https://git-lfs.github.com/spec/", 1024
_FILES = "Take the whole checkpoint from one place: its config.json and weights don't belong together."


def check_files(folder: str | Path) -> None:
    """Check the files of a checkpoint's or adapter's folder before the library reads them.

    Raises:
        InputError: when one is a pointer of Git LFS, or a pickled file that holds code, or the weights' index can't be
            read.
        MediaError: when one is a pipe or a device: reading it might never end.
    """
    place = Path(folder)
    if not place.is_dir():
        return
    for file in place.iterdir():
        if file.exists() and not file.is_dir():
            check_regular(file)
    check_pickles(place)
    pointers = [file.name for file in sorted(place.iterdir()) if file.is_file() and _is_pointer(file)]
    if pointers:
        more = f" and {len(pointers) - 1} more" if len(pointers) > 1 else ""
        raise InputError(
            f"{quoted(str(folder))} was cloned without its large files: {quoted(pointers[0])}{more} is a pointer.",
            f"Type: git -C {place} lfs pull",
        )
    if (place / _INDEX).is_file() and not isinstance(_index(place / _INDEX).get("metadata"), dict):
        raise InputError(
            f"{quoted(str(place / _INDEX))} has no 'metadata', which transformers needs.",
            'Write into it, before "weight_map": "metadata": {},',
        )


def _is_pointer(file: Path) -> bool:
    if file.stat().st_size > _POINTER_BYTES:
        return False
    return file.read_bytes().startswith(_LFS_POINTER)


def _index(path: Path) -> dict[str, Any]:
    try:
        index = json.loads(read_text(path, _INDEX_BYTES))
    except (MediaError, InputError, ValueError, RecursionError):
        index = None
    if not isinstance(index, dict) or not isinstance(index.get("weight_map"), dict):
        raise InputError(f"{quoted(str(path))} isn't an index of weights.", "Download it again.")
    return index


def stored_bytes(base: str) -> int:
    """Return the bytes of a checkpoint's weights, by its index or its files; 0 if they are not on this machine."""
    from transformers.utils import cached_file

    silent: dict[str, Any] = dict.fromkeys(
        ("_raise_exceptions_for_missing_entries", "_raise_exceptions_for_connection_errors"), False
    )
    found = cached_file(base, _INDEX, **silent)
    if found is None:
        single = Path(base) / "model.safetensors"
        return single.stat().st_size if single.exists() else 0
    index = _index(Path(found))
    total = (index.get("metadata") or {}).get("total_size")
    if isinstance(total, int | float):
        return int(total)
    shards = [Path(found).parent / str(name) for name in set(index["weight_map"].values())]
    return sum(shard.stat().st_size for shard in shards if shard.exists())


def check_loaded(shown: str, model: Any, info: Mapping[str, Any]) -> None:
    """Check what the library reports of loading, and that every weight is a number.

    Args:
        shown: The checkpoint's name in messages.
        model: As it was loaded; tied weights don't count as missing.
        info: What `from_pretrained(…, output_loading_info=True)` gives.

    Raises:
        InputError: when weights are missing, of another shape, of layers that the model lacks, or aren't numbers.
    """
    tied = set(getattr(model, "all_tied_weights_keys", None) or ())
    missing = {key for key in info["missing_keys"] if key not in tied}
    unexpected = set(info["unexpected_keys"])
    shapes = {key if isinstance(key, str) else key[0] for key in info["mismatched_keys"]}
    names = [name for name, _ in model.named_parameters()]
    if missing:
        stored = f"; it holds {len(unexpected):,} others, e.g. {_example(unexpected)}" if unexpected else ""
        raise InputError(
            f"{shown} lacks {len(missing):,} of the {len(names):,} weights that its configuration describes, "
            f"{_parts(missing)}, e.g. {_example(missing)}{stored}.",
            "They are renamed: save the model with save_pretrained." if unexpected else _FILES,
        )
    if shapes:
        raise InputError(
            f"{shown} holds {_count(shapes)} of another shape than its configuration describes, "
            f"{_parts(shapes)}, e.g. {_example(shapes)}.",
            _FILES,
        )
    kinds = {_numberless(name) for name in names}
    layers = {key for key in unexpected if re.search(r"\.\d+\.", key) and _numberless(key) in kinds}
    if layers:
        raise InputError(
            f"{shown} holds {_count(layers)} of layers that its configuration does not have, {_parts(layers)}, "
            f"e.g. {_example(layers)}.",
            _FILES,
        )
    check_numbers(shown, model.named_parameters())


def check_numbers(shown: str, weights: Iterable[tuple[str, Any]]) -> None:
    """Raise InputError if a weight is infinite or not a number; quantised weights are whole numbers."""
    import torch

    broken = {
        name
        for name, weight in weights
        if weight.is_floating_point() and weight.device.type != "meta" and not _is_finite(torch, weight)
    }
    if broken:
        raise InputError(
            f"{shown} holds {_count(broken)} with values that aren't numbers (NaN or infinite), "
            f"{_parts(broken)}, e.g. {_example(broken)}.",
            "Its training diverged, or the file is damaged: download it again, or take an earlier checkpoint.",
        )


def _is_finite(torch: Any, weight: Any) -> bool:
    return bool(torch.isfinite(weight.detach().sum(dtype=torch.float32)))  # a sum needs no memory for a mask


def check_adapter(shown: str, adapted: Any, folder: str) -> None:
    """Check that an adapter's weights are exactly those that its configuration adds to the model.

    Args:
        shown: The adapter's name in messages.
        adapted: The PeftModel, with the adapter "default".
        folder: The adapter's folder or hub name: its weights are read once more for PEFT's own report.

    Raises:
        InputError: when some are missing, have no place in the model, or aren't numbers.
    """
    from peft import load_peft_weights, set_peft_model_state_dict

    prefix = getattr(adapted.base_model, "prefix", None) or "lora_"
    own = {key for key in adapted.state_dict() if ".default" in key and (prefix in key or "modules_to_save" in key)}
    result = set_peft_model_state_dict(adapted, load_peft_weights(folder, device="cpu"))
    missing, unexpected = own & set(result.missing_keys), set(result.unexpected_keys)
    if missing or unexpected:
        faults = []
        if missing:
            faults.append(f"lacks {len(missing):,} of {len(own):,} weights, e.g. {_example(missing)}")
        if unexpected:
            faults.append(f"holds {_count(unexpected)} without a place in the base, e.g. {_example(unexpected)}")
        raise InputError(
            f"The adapter {shown} {' and '.join(faults)}.",
            "Name the base that it was trained on, BASE+ADAPTER, and take adapter_config.json and weights of one run.",
        )
    check_numbers(f"The adapter {shown}", ((name, w) for name, w in adapted.named_parameters() if ".default" in name))


def _count(keys: Collection[str]) -> str:
    return f"{len(keys):,} weight{'s' if len(keys) != 1 else ''}"


def _example(keys: Collection[str]) -> str:
    key = min(keys)
    return quoted(key if len(key) <= 80 else f"…{key[-79:]}")


def _parts(keys: Collection[str]) -> str:
    """Return how many keys are of each part, in words."""
    counts: dict[str, int] = {}
    for key in keys:
        counts[part_of(key)] = counts.get(part_of(key), 0) + 1
    return "those of " + ", ".join(f"its {part} part ({count:,})" for part, count in sorted(counts.items()))


def _numberless(key: str) -> str:
    return re.sub(r"\.\d+(?=\.)", ".#", key)


def part_of(name: str) -> str:
    """Return the part of a module or weight by its name: "language", "connector", "vision" or "other".

    The first segment that names a part decides; within a vision part a connector may follow (Qwen's merger).
    """
    part = ""
    for segment in name.split("."):
        kind = next((kind for kind, pattern in _SEGMENTS if pattern.fullmatch(segment)), "")
        if kind == OTHER and (not part or segment in ("router", "lm_head")):
            return OTHER  # a mixture's router returns a pair, which LoRA can't add to
        if kind in (CONNECTOR, LANGUAGE) and not part:
            part = kind
        elif kind == VISION and not part:
            part = VISION
        elif kind == CONNECTOR and part == VISION:
            return CONNECTOR
    return part or OTHER


def folders_digest(folders: Iterable[Path]) -> str:
    """Return a digest of the configuration and weights in folders (about a second a gigabyte); "" without any.

    Subfolders, such as a training's checkpoints, aren't part of it. A file is read once a process, unless it changes.
    """
    digest, any_file = hashlib.sha256(), False
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix in _VERSIONED and path.is_file():
                any_file = True
                status = path.stat()
                content = _file_digest(path.resolve(), status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                digest.update(f"{path.name} {content}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:12] if any_file else ""


@lru_cache(maxsize=1024)
def _file_digest(path: Path, *_: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
