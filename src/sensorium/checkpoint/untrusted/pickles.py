"""Pickled files, which may hold code that runs when they are loaded."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sensorium.core.errors import InputError, quoted

_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill")
_READ_SAFELY = re.compile(r"(pytorch_model|adapter_model).*\.bin")  # torch.load(…, weights_only=True) reads them
_SAFETENSORS = "Take its weights in safetensors; whoever made them can: model.save_pretrained(FOLDER)."


def check_pickles(folder: Path, safetensors_only: bool = False) -> None:
    """Raise InputError if a folder holds weights only as pickled files that nothing reads without running their code.

    Args:
        folder: Of a checkpoint or an adapter.
        safetensors_only: Whether those are refused, too, that PyTorch reads without running code.
    """
    files = [file.name for file in sorted(folder.iterdir()) if file.is_file()] if folder.is_dir() else []
    if any(name.endswith(".safetensors") for name in files):
        return
    if not safetensors_only and any(map(_READ_SAFELY.fullmatch, files)):
        return
    pickled = [name for name in files if name.lower().endswith(_PICKLED)]
    if pickled:
        raise InputError(
            f"{quoted(str(folder))} has its weights as a pickled file, {quoted(pickled[0])}, which holds code.",
            _SAFETENSORS,
        )


@contextmanager
def refusing_code(shown: str) -> Iterator[None]:
    """Turn PyTorch's refusal of a pickled file that would run code into ours; `shown` is its folder's name.

    PyTorch's own message advises to load it anyway.
    """
    try:
        yield
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]{1,80})", str(error))
        what = f", {quoted(named[1])}," if named else ""
        raise InputError(
            f"{quoted(shown)} has a pickled file that holds code{what} which would run when it is loaded.", _SAFETENSORS
        ) from None
