"""Larger models in a lesson: asked if their key, server or GPU is there, else skipped with one line."""

from __future__ import annotations

import os
import re
import socket
from typing import Any, Literal, overload
from urllib.parse import urlsplit

from sensorium import registry
from sensorium.core.errors import SensoriumError
from sensorium.core.protocols import Embedder, Model, Speaker, Transcriber, Translator
from sensorium.hosted.keys import find_key

VARIABLE = "SENSORIUM_HOSTED"
"""Set to 0, as `sensorium lesson run` and `check` do, nothing is sent anywhere and nothing is downloaded."""
_CONNECT_SECONDS = 1.0


@overload
def hosted(name: str, role: Literal["model"] = "model") -> Model | None: ...
@overload
def hosted(name: str, role: Literal["embedder"]) -> Embedder | None: ...
@overload
def hosted(name: str, role: Literal["transcriber"]) -> Transcriber | None: ...
@overload
def hosted(name: str, role: Literal["speaker"]) -> Speaker | None: ...
@overload
def hosted(name: str, role: Literal["translator"]) -> Translator | None: ...
def hosted(name: str, role: Any = "model") -> Any:
    """Return the model of a name as `sensorium.load` does; or print one line that says what it lacks, and return None.

    A service needs its key, a server (vllm, ollama, openai:…@http…) must answer, and a checkpoint by its name on the
    hub needs a GPU. Nothing is asked yet.

    Example:
        >>> if model := hosted("gemini:gemini-3.8-flash"):  # doctest: +SKIP
        ...     print(ask(model, chat).text)
        Skipped: gemini:gemini-3.8-flash needs GEMINI_API_KEY.
    """
    try:
        lacks = _lacks(name)
        if not lacks:
            return registry.load(name, role)
    except SensoriumError as error:  # a key that can't be one, a role that the model hasn't, a folder that isn't there
        lacks = f"{name}: {error.message}"
    print(f"Skipped: {lacks}")  # noqa: T201  (it is a notebook's output)
    return None


def _lacks(name: str) -> str:
    """Return what keeps a model from being asked, or ""."""
    if os.environ.get(VARIABLE) == "0":
        return f"{name}, a larger model. Add --hosted to ask it, or run this cell in a notebook."
    scheme = registry.scheme_of(name)
    if scheme is None:
        return f"{name} is unknown."
    if scheme.missing:
        return f"{name} isn't installed. {scheme.hint}"
    address = re.search(r"@(https?://\S+)", name)
    server = address[1] if address else os.environ.get(scheme.server_variable, "") or scheme.server
    if server and not _answers(server):
        return f"{name} needs a server at {server}, and none answers there."
    checkpoint = name.partition(":")[2]
    if "transformers" in scheme.needs and "/" in checkpoint and not os.path.exists(checkpoint) and not _has_gpu():
        return f"{name} needs a GPU and the Hugging Face hub."
    if scheme.keys and not server and not find_key(scheme.keys):
        return f"{name} needs {scheme.keys[0]}."
    return ""


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), _CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available() or torch.backends.mps.is_available())
