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
_LARGE = ("transformers", "transformers-whisper")
"""Schemes whose checkpoints of the hub are too slow without a GPU; ViLT, GIT, BLIP and dual encoders are not."""
_MAX_NAMES = 120  # characters


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
    server = address[1] if address else scheme.address
    if server and not _answers(server):
        return f"{name} needs a server at {server}, and none answers there."
    checkpoint = registry.full_name(name).partition(":")[2].partition("@")[0]
    if server and (others := _served_instead(server, checkpoint)):
        return f"{name}: the server at {server} has {others}."
    if scheme.is_checkpoint and "/" in checkpoint and not os.path.exists(checkpoint):
        if scheme.name in _LARGE and not _has_gpu():
            return f"{name} needs a GPU and the Hugging Face hub."
        if not _has_checkpoint(checkpoint):
            return f"{name} needs the Hugging Face hub, which doesn't answer."
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


def _served_instead(address: str, model: str) -> str:
    """Return what a server of OpenAI's interface says that it holds, if that isn't the model; else ""."""
    import httpx

    try:
        listed = httpx.get(f"{address.rstrip('/')}/models", timeout=_CONNECT_SECONDS).json()["data"]
        names = [str(each["id"]) for each in listed]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return ""  # it doesn't say; asking tells
    known = {name.removesuffix(":latest") for name in names}  # Ollama's tag of a name without one
    return "" if not names or model.removesuffix(":latest") in known else f"only {', '.join(names)}"[:_MAX_NAMES]


def _has_checkpoint(name: str) -> bool:
    """Whether a checkpoint of the hub is in the cache, or the hub can be asked for it."""
    from huggingface_hub import constants, try_to_load_from_cache

    if isinstance(try_to_load_from_cache(name, "config.json"), str):
        return True
    return not constants.is_offline_mode() and _answers(constants.ENDPOINT)


def _has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available() or torch.backends.mps.is_available())
