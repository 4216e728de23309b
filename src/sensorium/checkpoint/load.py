"""A name to a model and its processor: device, dtype, bits, adapter; errors that say what to type."""

from __future__ import annotations

import json
import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sensorium.checkpoint.checkpoint_name import EXAMPLE, CheckpointName
from sensorium.checkpoint.special_tokens import eos_token_ids, special_tokens
from sensorium.checkpoint.starter import STARTER, starter
from sensorium.core.errors import AccessError, InputError, InstallError, SensoriumError, ServiceError, quoted

logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # at its import it advises a package, on some CPUs

HINT = 'Type: pip install "sensorium[hf]"'
OTHER_SCHEMES = {"vilt": "vilt", "git": "git", "blip": "blip"}
"""Model types that answer through a scheme of their own."""
_AS_FLOAT = 0.5  # of the memory: what the weights may take as float32 on a CPU


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint in memory.

    Args:
        name: As it was asked for; `base` is filled in where only an adapter was named.
        model: The library's model, in evaluation mode.
        processor: The library's processor.
        model_type: The configuration's model type, e.g. "idefics3".
        special_tokens: The tokenizer's control tokens, the longest first.
        eos_token_ids: The tokens that end an answer.
        eos_fixed: True where the model's own `generate` sets them, and takes no others.
    """

    name: CheckpointName
    model: Any
    processor: Any
    model_type: str
    special_tokens: tuple[str, ...] = ()
    eos_token_ids: tuple[int, ...] = ()
    eos_fixed: bool = False


def load_config(name: CheckpointName) -> Any:
    """Read a checkpoint's configuration.

    Raises:
        InputError: when there is no such folder, or what is in it is no model.
        AccessError: when the model is gated, or may not be read with the present login.
        ServiceError: when the hub can't be reached and the model is not on this machine.
    """
    try:
        from transformers import AutoConfig
    except ImportError:
        raise InstallError("Checkpoints need packages that are not installed.", HINT) from None
    _check_folder(name.base)
    with loading_errors(name.base):
        return AutoConfig.from_pretrained(name.base, trust_remote_code=False)


def load(name: CheckpointName, auto: str, kinds: tuple[str, ...] = (), merged: bool = True) -> Checkpoint:
    """Load a checkpoint with its processor.

    Args:
        name: Which, and how.
        auto: The library's class that loads it, e.g. "AutoModelForImageTextToText".
        kinds: The model types that are allowed; empty for any.
        merged: False to keep an adapter beside the weights; else it is added to them where they are not quantised.

    Raises:
        InputError, AccessError, ServiceError: as `load_config`; also when the weights don't fit the configuration.
        InstallError: when a package is missing.
    """
    name = resolve_base(name)
    config = load_config(name)
    if kinds and config.model_type not in kinds:
        raise InputError(
            f"{name.shown} is of the type {config.model_type!r}, not {' or '.join(kinds)}.",
            f"Type transformers:{name.base} instead, or name another checkpoint.",
        )
    try:
        import torch
        import transformers
        from transformers import AutoProcessor
    except ImportError:
        raise InstallError("Checkpoints need packages that are not installed.", HINT) from None
    device = choose_device(name.device)
    arguments: dict[str, Any] = {"dtype": _dtype(name, config, device), "trust_remote_code": False}
    if name.bits is not None:
        arguments |= _quantised(name, arguments["dtype"], device)
    elif device.startswith("cuda"):
        arguments["device_map"] = "auto" if device == "cuda" else device
    with loading_errors(name.base), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' notes to each other
        processor = AutoProcessor.from_pretrained(_processor_source(name), trust_remote_code=False)
        model = getattr(transformers, auto).from_pretrained(name.base, **arguments)
    if getattr(processor, "chat_template", None) is None:  # Phi-4's processor does not read its own
        processor.chat_template = getattr(getattr(processor, "tokenizer", None), "chat_template", None)
    if name.adapter:
        model = _adapted(model, name, merged)
    if name.bits is None and device == "mps":
        model = model.to(torch.device("mps"))
    return Checkpoint(
        name, model.eval(), processor, config.model_type, special_tokens(processor), eos_token_ids(model, processor)
    )


@contextmanager
def loading_errors(shown: str) -> Iterator[None]:
    """Turn the library's errors about a checkpoint into ours."""
    try:
        yield
    except SensoriumError:
        raise
    except ImportError as error:
        raise _missing(shown, error) from None
    except (OSError, ValueError, RuntimeError, KeyError, _safetensor_error()) as error:
        raise _missing(shown, error) if "torchvision" in str(error) else _explanation(shown, error) from None


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the library's progress bars and notices from standard error while the block runs."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _safetensor_error() -> type[Exception]:
    from safetensors import SafetensorError

    return SafetensorError


def _missing(shown: str, error: Exception) -> InstallError:
    said = " ".join(str(error).split())
    if re.search("torchvision|num2words", said, re.I):
        return InstallError(
            f"{quoted(shown)} needs torchvision, and SmolVLM num2words, too.", "Type: pip install torchvision num2words"
        )
    return InstallError(f"{quoted(shown)} needs a package that is not installed: {said[:160]}", HINT)


def _explanation(shown: str, error: BaseException) -> SensoriumError:
    names: set[str] = set()
    cause: BaseException | None = error
    while cause is not None:
        names |= {kind.__name__ for kind in type(cause).__mro__}
        cause = cause.__cause__ or cause.__context__
    name, line = quoted(shown), " ".join(str(error).split())[:200]
    if "GatedRepoError" in names:
        return AccessError(
            f"The model {name} is gated: its licence must be accepted first.",
            f"Accept it at https://huggingface.co/{shown} and type: hf auth login",
        )
    if "RepositoryNotFoundError" in names:
        return AccessError(
            f"There is no model {name} on the hub, or it is private.", "Check the spelling, or type: hf auth login"
        )
    if "LocalEntryNotFoundError" in names or "OfflineModeIsEnabled" in names:
        return ServiceError(
            f"The model {name} is not on this machine, and the hub can't be reached.",
            f"With a network, type: hf download {shown}",
        )
    if "HFValidationError" in names:
        return InputError(f"{name} is neither a folder nor a model's name.", EXAMPLE)
    if "custom code" in line:
        return InputError(
            f"{name} runs code of its own, which is not done here.",
            "Serve it with vLLM and use openai: instead, or name another model.",
        )
    return InputError(f"{name} can't be loaded: {line}", "Check the folder's files, or name another model.")


def _check_folder(base: str) -> None:
    folder = Path(base)
    if folder.is_dir():
        if not (folder / "config.json").exists():
            raise InputError(f"The folder {quoted(base)} holds no model: it has no config.json.", EXAMPLE)
    elif base.startswith((".", "/", "~")) or base.count("/") > 1:
        raise InputError(f"There is no folder {quoted(base)}.", "Check the spelling: ls lists what is there.")


def resolve_base(name: CheckpointName) -> CheckpointName:
    """Fill in where the base model lies: the starter's folder, or what an adapter that is named alone belongs to."""
    if name.base and not name.adapter and not (Path(name.base) / "config.json").exists():
        if (Path(name.base) / "adapter_config.json").exists():
            name = replace(name, base="", adapter=name.base)
    if name.base:
        return _placed(name)
    path = Path(name.adapter) / "adapter_config.json"
    try:
        base = json.loads(path.read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (OSError, ValueError, KeyError, TypeError):
        base = None
    if not isinstance(base, str) or not base:
        raise InputError(
            f"The adapter {quoted(name.adapter)} does not say which model it belongs to.",
            f"Name it: transformers:BASE+{name.adapter}",
        )
    return _placed(replace(name, base=base))


def _placed(name: CheckpointName) -> CheckpointName:
    own = name.base == STARTER and not Path(STARTER).is_dir()
    return replace(name, base=str(starter())) if own else name


def _processor_source(name: CheckpointName) -> str:
    """An adapter's folder may carry the processor that it was trained with, with its chat template."""
    own = name.adapter and (Path(name.adapter) / "processor_config.json").exists()
    return name.adapter if own else name.base


def choose_device(device: str = "") -> str:
    """Return a device's name as it is, or with "" the best device of this machine.

    Raises:
        InputError: when the machine does not have it.
    """
    import torch

    if not device:
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise InputError(
            f"This machine has no device {quoted(device)}.", "Leave the device out: the best one is taken."
        ) from None
    return device


def to_device(model: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's inputs on its device, floating-point ones in its dtype."""
    return {
        key: value.to(model.device, dtype=model.dtype if value.is_floating_point() else None)
        if hasattr(value, "is_floating_point")
        else value
        for key, value in inputs.items()
    }


def _dtype(name: CheckpointName, config: Any, device: str) -> Any:
    """Choose bfloat16 on a GPU that has it, float32 on a CPU as long as it fits: few CPUs are fast in bfloat16."""
    import torch

    if name.dtype:
        return getattr(torch, name.dtype)
    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device == "mps":
        return torch.float16
    stored = _stored_bytes(name.base)
    width = getattr(config.dtype, "itemsize", 4) if isinstance(config.dtype, torch.dtype) else 4
    fits = stored * 4 / width < _AS_FLOAT * memory_bytes()
    return torch.float32 if fits or name.bits is not None else torch.bfloat16


def _stored_bytes(base: str) -> int:
    from transformers.utils import cached_file

    quietly: dict[str, Any] = dict.fromkeys(
        ("_raise_exceptions_for_missing_entries", "_raise_exceptions_for_connection_errors"), False
    )
    index = cached_file(base, "model.safetensors.index.json", **quietly)
    if index is not None:
        return int(json.loads(Path(index).read_text(encoding="utf-8"))["metadata"]["total_size"])
    single = Path(base) / "model.safetensors"
    return single.stat().st_size if single.exists() else 0


def memory_bytes() -> int:
    """Return the bytes of memory that this machine has."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # no such question on this system
        return 16 * 2**30


def _quantised(name: CheckpointName, dtype: Any, device: str) -> dict[str, Any]:
    """NF4 with double quantisation, as QLoRA (Dettmers et al. 2023, arXiv 2305.14314), or LLM.int8()."""
    from importlib.util import find_spec

    from transformers import BitsAndBytesConfig

    if find_spec("bitsandbytes") is None or find_spec("accelerate") is None:
        raise InstallError(f"bits={name.bits} needs bitsandbytes and accelerate.", HINT)
    if name.bits == 4:
        how = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
    else:
        how = BitsAndBytesConfig(load_in_8bit=True)
    return {"quantization_config": how, "device_map": "auto" if device == "cuda" else device}


def _adapted(model: Any, name: CheckpointName, merged: bool) -> Any:
    try:
        from peft import PeftModel
    except ImportError:
        raise InstallError("Adapters need the package peft.", HINT) from None
    folder = Path(name.adapter)
    if folder.is_dir() and not (folder / "adapter_config.json").exists():
        raise InputError(
            f"The folder {quoted(name.adapter)} holds no adapter: it has no adapter_config.json.",
            "Name the folder that the training wrote.",
        )
    if not folder.is_dir():
        _check_folder(name.adapter)
    with loading_errors(name.adapter), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adapted = PeftModel.from_pretrained(model, name.adapter)
        # merged, an adapter costs no time; into quantised weights merging would round it away
        return adapted.merge_and_unload() if merged and name.bits is None else adapted
