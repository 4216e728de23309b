"""Names to backends: "scheme:name" is looked up, its packages are checked, its module is imported when needed."""

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
from typing import Literal, cast, overload
from urllib.parse import urlsplit

from sensorium.core.catalog import entries
from sensorium.core.errors import InputError, InstallError, quoted
from sensorium.core.files import read_text, replace_file
from sensorium.core.protocols import Embedder, Model, Speaker, Transcriber, Translator

GROUP = "sensorium.backends"
"""The entry-point group for other people's backends: scheme = "package.module"."""
DEFAULT = "offline"


@dataclass(frozen=True)
class Scheme:
    """A family of models of one module.

    Args:
        name: The part before the colon.
        module: Dotted name of the module; it has a function for each role, e.g. model(name).
        summary: One line.
        extra: The extra that installs its packages, or "".
        needs: Import names of its packages.
        server: Address of the default server, or "".
        checkpoint: Prefix of the name that the module is given, or "".
        roles: The functions of the module: "model", "embedder", "transcriber" …
        keys: Environment variables that may hold its service's key.
        server_variable: Environment variable that names another server than `server`, which may need no key, or "".
        own_names: Pattern of the names that are its models' even without the scheme, or "".
    """

    name: str
    module: str
    summary: str
    extra: str = ""
    needs: tuple[str, ...] = ()
    server: str = ""
    checkpoint: str = ""
    roles: tuple[str, ...] = ("model",)
    keys: tuple[str, ...] = ()
    server_variable: str = ""
    own_names: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The needed packages that are not installed."""
        return tuple(need for need in self.needs if not _is_installed(need))

    @property
    def is_checkpoint(self) -> bool:
        """Whether its names are checkpoints, hub names or folders."""
        return "transformers" in self.needs

    @property
    def address(self) -> str:
        """Address of its server, "" for none: of its variable, else the default.

        The variable's may lack "http://", the port, and the path, as OLLAMA_HOST does
        (https://docs.ollama.com/faq, "How do I configure Ollama server?"); the default's are then taken.

        Raises:
            InputError: if what the variable holds can't be an address.
        """
        named = os.environ.get(self.server_variable, "").strip() if self.server_variable else ""
        if not named or not self.server:
            return named or self.server
        default = urlsplit(self.server)
        try:
            parts = urlsplit(named if "://" in named else f"{default.scheme}://{named}")
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise InputError(
                f"{self.server_variable} is {quoted(named)}, which can't be a server's address.",
                f"Type: export {self.server_variable}={self.server}",
            )
        place = parts.netloc.replace("0.0.0.0", "127.0.0.1")  # a server listens there on every address
        if "://" not in named and not re.search(r":\d+$", place):
            place = f"{place}:{default.port}"
        return f"{parts.scheme}://{place}{parts.path.rstrip('/') or default.path}"

    @property
    def hint(self) -> str:
        """How to install it."""
        return f'Type: pip install "sensorium[{self.extra}]"' if self.extra else f"Install {self.module}."


def _is_installed(need: str) -> bool:
    try:
        return find_spec(need) is not None
    except ModuleNotFoundError:  # of google.genai even google is missing
        return False


@cache
def schemes() -> dict[str, Scheme]:
    """Return every scheme by name: Sensorium's own, then those of other installed packages."""
    from importlib.metadata import entry_points  # late: it takes a third of the time of --help

    known = {}
    for name, row in tomllib.loads(Path(__file__).with_name("schemes.toml").read_text(encoding="utf-8")).items():
        row |= {key: tuple(row[key]) for key in ("needs", "roles", "keys") if key in row}
        known[name] = Scheme(name, **({"summary": entries()[name].summary} if name in entries() else {}) | row)
    for point in entry_points(group=GROUP):
        if point.name not in known:
            known[point.name] = Scheme(
                point.name, point.value, f"from the package {point.dist.name if point.dist else '?'}"
            )
    return known


def full_name(name: str) -> str:
    """Return a model's name with its scheme, "gpt-4o" -> "openai:gpt-4o"; unchanged if the scheme can't be told."""
    if name.partition(":")[0] in schemes():
        return name
    for entry in entries():
        if entry.partition(":")[2] == name:
            return entry
    for scheme in schemes().values():
        if scheme.own_names and re.fullmatch(scheme.own_names, name):
            return f"{scheme.name}:{name}"
    return name


def scheme_of(name: str) -> Scheme | None:
    """Return the scheme of a model's name, with or without it; None if it is unknown."""
    return schemes().get(full_name(name).partition(":")[0])


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
    """Return the backend of a name, e.g. "offline" or "fake:A cat."; without a name, the chosen model.

    Args:
        name: "scheme", "scheme:name", or a name that only one scheme has, such as "gpt-4o".
        role: "model", "embedder", "transcriber", "speaker" or "translator".

    Raises:
        InputError: if the scheme is unknown, or has no such role.
        InstallError: if its packages are not installed.
    """
    full = chosen() if name is None else full_name(name)
    scheme_name, _, rest = full.partition(":")
    scheme = schemes().get(scheme_name)
    if scheme is None:
        close = difflib.get_close_matches(scheme_name, schemes(), n=1)
        checkpoint = re.fullmatch(r"[\w.-]+/[\w.-]+", full)
        likely = f"transformers:{full}" if checkpoint else close[0] if close else ""
        meant = f"Did you mean {quoted(likely)}? " if likely else ""
        raise InputError(f"Unknown model {quoted(full)}.", f"{meant}Type: sensorium models")
    if scheme.missing:
        raise InstallError(
            f"{quoted(full)} needs packages that are not installed: {', '.join(scheme.missing)}.", scheme.hint
        )
    make = getattr(import_module(scheme.module), role, None)
    if make is None:
        raise InputError(f"{quoted(scheme_name)} has no {role}.", "Type: sensorium models")
    if scheme.server and not re.search("@https?://", rest):
        rest = f"{rest}@{scheme.address}"
    return cast(object, make(scheme.checkpoint + rest))


def chosen() -> str:
    """Return the name of the default model: $SENSORIUM_MODEL, that of `sensorium use`, or "offline"."""
    if name := os.environ.get("SENSORIUM_MODEL"):
        return full_name(name)
    path = config_path()
    try:
        if not os.path.lexists(path):
            return DEFAULT
        name = tomllib.loads(read_text(path)).get("model", DEFAULT)
    except (InputError, ValueError, RecursionError) as error:
        reason = (error.message if isinstance(error, InputError) else str(error)).rstrip(".")
        raise InputError(f"The settings in {path} can't be read: {reason}.", f"Type: sensorium use {DEFAULT}") from None
    if not isinstance(name, str):
        raise InputError(
            f"The settings in {path} name the model {str(name)[:80]!r}, not a text.", f"Type: sensorium use {DEFAULT}"
        )
    return full_name(name)


def choose(name: str) -> Path:
    """Make `name` the default model; return the settings file.

    Raises:
        InputError: if the model is unknown.
    """
    if not name.isprintable():
        raise InputError(f"A model's name is printable text, not {quoted(name[:80])}.", "Type: sensorium models")
    name = full_name(name)
    scheme = schemes().get(name.partition(":")[0])
    if scheme is None:
        load(name)  # raises with the right hint
    elif "model" not in scheme.roles:
        what = " and ".join(f"a {role}" for role in scheme.roles)
        raise InputError(f"{quoted(name)} does not answer questions: it is {what}.", "Type: sensorium talk --help")
    path = config_path()
    if path.exists() and not path.is_file():
        raise InputError(f"The settings {path} aren't an ordinary file.", f"Type: rm {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, f"model = {json.dumps(name, ensure_ascii=False)}\n")
    return path


def config_path() -> Path:
    """Return the settings file: $SENSORIUM_CONFIG, or that of the system."""
    if path := os.environ.get("SENSORIUM_CONFIG"):
        return Path(path)
    from platformdirs import user_config_path

    return user_config_path("sensorium") / "config.toml"


@dataclass(frozen=True)
class ModelInfo:
    """A line of `sensorium models`.

    Args:
        name: Its name, "scheme:name".
        summary: What it is good for.
        parts: Part types that it takes, if the catalogue knows.
        ready: Whether its packages are installed.
        hint: How to install them, or "".
    """

    name: str
    summary: str
    parts: tuple[str, ...]
    ready: bool
    hint: str


def known_models() -> tuple[ModelInfo, ...]:
    """Return the known models: the catalogue's, then each further scheme."""
    models = []
    for name in dict.fromkeys((*entries(), *schemes())):
        scheme = schemes().get(name.partition(":")[0])
        if scheme is not None:
            source = entries().get(name) or scheme
            parts = entries()[name].parts if name in entries() else ()
            hint = scheme.hint if scheme.missing else ""
            models.append(ModelInfo(name, source.summary, parts, not scheme.missing, hint))
    return tuple(models)
