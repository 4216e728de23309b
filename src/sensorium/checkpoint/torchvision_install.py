"""torchvision: which checkpoints need it, what to type, and what to do about one that does not import."""

from __future__ import annotations

import re
import sys
import warnings
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from sensorium.core.errors import InstallError, quoted

_NEED_TORCHVISION = (
    "Qwen-VL, SmolVLM, LLaVA-OneVision, InternVL, GLM-4V, MiniCPM-V, Gemma 4, LFM2-VL, Llama 4, Phi-4 and all others "
    "whose processors read videos"
)
"""Those of transformers 5.23 whose processor has a video processor, or an image processor without a PIL form."""


@cache
def hide_broken_torchvision() -> str:
    """Hide an installed torchvision that does not import, and return why it does not; "" if it does or is missing.

    transformers takes every torchvision that it finds for one that works: beside one that was built for another torch
    none of its models would import, not even those that don't need it.
    """
    if find_spec("torchvision") is None:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module("torchvision.transforms.v2.functional")
    except Exception as error:  # RuntimeError: an operator that the other torch does not have
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        sys.modules["torchvision"] = None  # type: ignore[assignment]  # as if it were not installed
        looked_up = sys.modules.get("transformers.utils.import_utils")
        for function in ("is_torchvision_available", "is_torchvision_v2_available"):
            getattr(getattr(looked_up, function, None), "cache_clear", lambda: None)()
        return " ".join(str(error).split()) or type(error).__name__
    return ""


def torchvision_error(shown: str) -> InstallError:
    """Return the error of a checkpoint that needs torchvision; `shown` is its name."""
    install = f"pip install torchvision num2words{_keep_torch()}"
    if broken := hide_broken_torchvision():
        return InstallError(
            f"{quoted(shown)} needs torchvision, and the installed one does not import: {quoted(broken)}.",
            f"Type: pip uninstall --yes torchvision && {install}",
        )
    return InstallError(
        f"{quoted(shown)} needs torchvision, and SmolVLM num2words, too. So do {_NEED_TORCHVISION}.",
        f"Type: {install}",
    )


def _keep_torch() -> str:
    """Return what keeps pip from replacing the installed torch by the one that the newest torchvision wants.

    A build such as 2.13.0+cpu, and the torchvision that fits it, are on PyTorch's own index only.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        torch = version("torch")
    except PackageNotFoundError:
        return ""
    build = torch.partition("+")[2]
    is_published = re.fullmatch(r"cpu|xpu|cu\d+|rocm[\d.]+", build)
    index = f" --extra-index-url https://download.pytorch.org/whl/{build}" if is_published else ""
    return f" torch=={torch}{index}"
