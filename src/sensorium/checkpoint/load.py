"""From a name to a model and its processor: bits, adapters, and errors that say what to type."""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from sensorium.checkpoint.checkpoint_name import EXAMPLE, CheckpointName
from sensorium.checkpoint.device import choose_device, choose_dtype
from sensorium.checkpoint.special_tokens import eos_token_ids, special_tokens
from sensorium.checkpoint.torchvision_install import hide_broken_torchvision, torchvision_error
from sensorium.checkpoint.untrusted.patterns import check_patterns
from sensorium.checkpoint.untrusted.pickles import refusing_code
from sensorium.checkpoint.untrusted.templates import check_template
from sensorium.checkpoint.weights import check_adapter, check_files, check_loaded
from sensorium.core.errors import (
    AccessError,
    InputError,
    InstallError,
    MediaError,
    SensoriumError,
    ServiceError,
    quoted,
)
from sensorium.core.files import read_text
from sensorium.core.weights import reinstall_hint, verified_file

logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # when imported on some CPUs it advises a package

HINT = 'Type: pip install "sensorium[hf]"'
OTHER_SCHEMES = ("vilt", "git", "blip", "videomae", "timesformer")
"""Model types with a scheme of their own, of the same name."""
_TASK_PROMPTS = "it takes the task words of its makers, not questions of any wording"
_OWN_PLACEHOLDERS = "its processor puts places for pictures into the text itself"
WITHOUT_CONVERSATIONS = {
    "blip-2": _OWN_PLACEHOLDERS, "instructblip": _OWN_PLACEHOLDERS, "instructblipvideo": _OWN_PLACEHOLDERS,
    "florence2": _TASK_PROMPTS, "kosmos-2": _TASK_PROMPTS, "kosmos-2.5": _TASK_PROMPTS, "udop": _TASK_PROMPTS,
    "vision-encoder-decoder": _TASK_PROMPTS,  # Donut
    "pix2struct": "it takes its question drawn into the picture", "pp_formulanet": "it takes a picture without a text",
    "pi0": "it answers with movements of a robot", "evolla": "it reads proteins",
}  # fmt: skip
"""Image-text-to-text model types that can't be asked as chat models are, and why."""
_READ_IMAGES = frozenset({"phi4_multimodal", "qwen2_5_omni", "qwen3_omni_moe"})
"""Types outside AutoModelForImageTextToText that read images; AutoModelForMultimodalLM knows others without eyes."""
STARTER = "starter"
"""The base name of the checkpoint of seven million weights that comes with Sensorium; see recipes/starter."""
STARTER_FOLDER = Path(__file__).parents[1] / "starter"
_STARTER_SHA256 = "40d408052281c0869848718cd4efcf40592d8a2cd8fc8c06af9e0dcafcc00202"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint in memory.

    Args:
        name: As it was asked for; `base` is filled in if only an adapter was named.
        model: The library's model, in evaluation mode.
        processor: The library's processor.
        model_type: The configuration's model type, e.g. "idefics3".
        special_tokens: The tokenizer's special tokens, the longest first.
        eos_token_ids: The tokens that end an answer.
        eos_fixed: True if the model's own `generate` sets them and takes no others.
    """

    name: CheckpointName
    model: Any
    processor: Any
    model_type: str
    special_tokens: tuple[str, ...] = ()
    eos_token_ids: tuple[int, ...] = ()
    eos_fixed: bool = False


def load_config(name: CheckpointName) -> Any:
    """Return a checkpoint's configuration.

    Raises:
        InputError: when the folder does not exist, or does not hold a model.
        AccessError: when the model is gated, or the present login may not read it.
        ServiceError: when the model is not on this machine and the hub can't be reached.
    """
    hide_broken_torchvision()
    try:
        from transformers import AutoConfig
    except ImportError:
        raise InstallError("Checkpoints need packages that are not installed.", HINT) from None
    check_folder(name.base)
    with loading_errors(name.base):
        return AutoConfig.from_pretrained(name.base, trust_remote_code=False)


def load(
    name: CheckpointName,
    auto_class: str,
    model_types: tuple[str, ...] = (),
    merge: bool = True,
    images_only: bool = False,
) -> Checkpoint:
    """Load a checkpoint with its processor.

    Args:
        name: The checkpoint's name and options.
        auto_class: The library's class that loads it, e.g. "AutoModelForImageTextToText".
        model_types: The model types that are allowed; empty for any.
        merge: False to keep an adapter apart; else it is merged into weights that are not quantised.
        images_only: True for a model that reads no text: its processor is the image processor for Pillow images.

    Raises:
        InputError, AccessError, ServiceError: as `load_config`; also when weights are missing, have no place in the
            model, or hold values that aren't numbers, of the base or of the adapter.
        InstallError: when a package is missing.
    """
    name = resolve_base(name)
    config = load_config(name)
    if model_types and config.model_type not in model_types:
        raise InputError(
            f"{name.shown} is of the type {config.model_type!r}, not {' or '.join(model_types)}.",
            f"Type transformers:{name.base} instead, or name another checkpoint.",
        )
    try:
        import torch
        import transformers
    except ImportError:
        raise InstallError("Checkpoints need packages that are not installed.", HINT) from None
    device = choose_device(name.device)
    arguments: dict[str, Any] = {"dtype": choose_dtype(name, config, device), "trust_remote_code": False}
    if name.bits is not None:
        arguments |= _quantisation(name, arguments["dtype"], device)
    elif device.startswith("cuda"):
        arguments["device_map"] = "auto" if device == "cuda" else device
    with loading_errors(name.base), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' notes to each other
        processor = (_image_processor if images_only else load_processor)(_processor_source(name))
        model, info = getattr(transformers, auto_class).from_pretrained(
            name.base, **arguments, output_loading_info=True
        )
        check_loaded(quoted(name.base), model, info)
    if name.adapter:
        model = _with_adapter(model, name, merge)
    if name.bits is None and device == "mps":
        model = model.to(torch.device("mps"))
    return Checkpoint(
        name, model.eval(), processor, config.model_type, special_tokens(processor), eos_token_ids(model, processor)
    )


def load_processor(source: str) -> Any:
    """Return a checkpoint's processor, its chat template checked; `loading_errors` has the errors."""
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(source, trust_remote_code=False)
    if getattr(processor, "chat_template", None) is None:  # Phi-4's processor does not read its own
        processor.chat_template = getattr(getattr(processor, "tokenizer", None), "chat_template", None)
    check_template(source, getattr(processor, "chat_template", None))
    return processor


def _image_processor(source: str) -> Any:
    from transformers import AutoImageProcessor

    return AutoImageProcessor.from_pretrained(source, backend="pil", trust_remote_code=False)


def auto_class(name: CheckpointName) -> str:
    """Return the library's class that loads a vision-language checkpoint: AutoModelForMultimodalLM where that knows it.

    Raises:
        InputError: when it isn't a vision-language model, or one that takes no conversations.
    """
    config = load_config(name)
    kind = config.model_type
    if kind in OTHER_SCHEMES:
        raise InputError(
            f"{name.shown} is a {kind.upper()} model, which takes no conversations.", f"Type {kind}:{name.base}"
        )
    if kind in WITHOUT_CONVERSATIONS:
        raise InputError(
            f"{name.shown} is a {kind!r} model: {WITHOUT_CONVERSATIONS[kind]}. Sensorium does not run it.", EXAMPLE
        )
    try:
        import transformers
    except ImportError:
        raise InstallError("Checkpoints need packages that are not installed.", HINT) from None
    reads_images = type(config) in transformers.AutoModelForImageTextToText._model_mapping
    for auto in ("AutoModelForMultimodalLM", "AutoModelForImageTextToText", "AutoModelForCausalLM"):
        known = getattr(transformers, auto, None)
        if known is not None and type(config) in known._model_mapping and (reads_images or kind in _READ_IMAGES):
            return auto
    raise InputError(
        f"{name.shown} isn't a vision-language model: its type is {kind!r}.",
        "Name an image-text-to-text checkpoint, e.g. transformers:HuggingFaceTB/SmolVLM-Instruct",
    )


@contextmanager
def loading_errors(shown: str) -> Iterator[None]:
    """Turn the library's errors in the block into ours; `shown` is the checkpoint's name in them."""
    try:
        with refusing_code(shown):
            yield
    except SensoriumError:
        raise
    except ImportError as error:
        raise _missing_package(shown, error) from None
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, _safetensor_error()) as error:
        raise _missing_package(shown, error) if "torchvision" in str(error) else _load_error(shown, error) from None
    except Exception as error:
        if type(error) is not Exception:  # tokenizers raises that of a broken tokenizer.json
            raise
        raise _load_error(shown, error) from None


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


def _missing_package(shown: str, error: Exception) -> InstallError:
    reason = " ".join(str(error).split())
    if re.search("torchvision|num2words", reason, re.I):
        return torchvision_error(shown)
    return InstallError(f"{quoted(shown)} needs a package that is not installed: {reason[:160]}", HINT)


def _load_error(shown: str, error: BaseException) -> SensoriumError:
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
            f"The hub has no model {name}, or it is private.", "Check the spelling, or type: hf auth login"
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
            f"{name} runs code of its own, which Sensorium does not allow.",
            "Serve it with vLLM and use openai: instead, or name another model.",
        )
    return InputError(f"{name} can't be loaded: {line}", "Check the folder's files, or name another model.")


def check_folder(base: str) -> None:
    """Raise InputError if a name can only be a folder's, and that is missing or doesn't hold a model."""
    folder = Path(base)
    if folder.is_dir():
        if not (folder / "config.json").exists():
            raise InputError(f"The folder {quoted(base)} does not hold a model: it has no config.json.", EXAMPLE)
        check_files(folder)
    elif base.startswith((".", "/", "~")) or base.count("/") > 1:
        raise InputError(f"The folder {quoted(base)} does not exist.", "Check the spelling: ls lists what is there.")


def resolve_base(name: CheckpointName) -> CheckpointName:
    """Return the name with its base filled in: the starter's folder, or the base that an adapter's config names."""
    if name.base and not name.adapter and not (Path(name.base) / "config.json").exists():
        if (Path(name.base) / "adapter_config.json").exists():
            name = replace(name, base="", adapter=name.base)
    if name.base:
        return _with_starter(name)
    path = Path(name.adapter) / "adapter_config.json"
    try:
        base = json.loads(read_text(path))["base_model_name_or_path"]
    except (MediaError, InputError, ValueError, KeyError, TypeError, RecursionError):
        base = None
    if not isinstance(base, str) or not base:
        raise InputError(
            f"The adapter {quoted(name.adapter)} does not say which model it belongs to.",
            f"Name it: transformers:BASE+{name.adapter}",
        )
    return _with_starter(replace(name, base=find_base(base, name.adapter)))


def find_base(base: str, adapter: str | Path) -> str:
    """Return the base that an adapter names; a relative folder is looked for beside and above the adapter, too.

    Raises:
        InputError: when it can only be a folder, and is nowhere there.
    """
    if Path(base).is_absolute() or base == STARTER:
        return base
    above = Path(adapter).resolve()
    for folder in (*(place / base for place in (above, *above.parents)), Path(base)):
        if (folder / "config.json").is_file():
            return base if folder.resolve() == Path(base).resolve() else str(folder)
    if base.startswith((".", "~")) or "/" not in base:
        raise InputError(
            f"The adapter {quoted(str(adapter))} belongs to the folder {quoted(base)}, which is neither here "
            "nor beside it.",
            f"Name it: transformers:FOLDER+{adapter}",
        )
    return base


def _with_starter(name: CheckpointName) -> CheckpointName:
    carried = name.base == STARTER and not Path(STARTER).is_dir()
    return replace(name, base=str(starter_folder())) if carried else name


@cache
def starter_folder() -> Path:
    """Return the folder of the starter's checkpoint, its weights verified.

    Raises:
        InstallError: when the weights are missing, or not the expected ones.
    """
    verified_file(STARTER_FOLDER / "model.safetensors", _STARTER_SHA256, reinstall_hint("sensorium"))
    return STARTER_FOLDER


def _processor_source(name: CheckpointName) -> str:
    """An adapter's folder may hold the processor that it was trained with, with its chat template."""
    own = name.adapter and (Path(name.adapter) / "processor_config.json").exists()
    return name.adapter if own else name.base


def _quantisation(name: CheckpointName, dtype: Any, device: str) -> dict[str, Any]:
    """NF4 with double quantisation, as QLoRA (Dettmers et al. 2023, arXiv 2305.14314), or LLM.int8()."""
    from importlib.util import find_spec

    from transformers import BitsAndBytesConfig

    if find_spec("bitsandbytes") is None or find_spec("accelerate") is None:
        raise InstallError(f"bits={name.bits} needs bitsandbytes and accelerate.", HINT)
    if name.bits == 4:
        config = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
    else:
        config = BitsAndBytesConfig(load_in_8bit=True)
    return {"quantization_config": config, "device_map": "auto" if device == "cuda" else device}


def _with_adapter(model: Any, name: CheckpointName, merge: bool) -> Any:
    try:
        from peft import PeftConfig, PeftModel
    except ImportError:
        raise InstallError("Adapters need the package peft.", HINT) from None
    folder = Path(name.adapter)
    if folder.is_dir() and not (folder / "adapter_config.json").exists():
        raise InputError(
            f"The folder {quoted(name.adapter)} does not hold an adapter: it has no adapter_config.json.",
            "Name the folder that the training wrote.",
        )
    if not folder.is_dir():
        check_folder(name.adapter)
    with loading_errors(name.adapter), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_files(folder)
        settings = PeftConfig.from_pretrained(name.adapter)
        check_patterns(name.adapter, settings, (module for module, _ in model.named_modules()))
        adapted = PeftModel.from_pretrained(model, name.adapter)
        check_adapter(quoted(name.adapter), adapted, name.adapter)
        # merged, an adapter costs no time; quantised weights would round it away
        return adapted.merge_and_unload() if merge and name.bits is None else adapted
