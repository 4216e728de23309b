"""The rows of `sensorium compare`: models, numbers of examples, chains and adapters as candidates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.cli.comparing.chains import chain_step
from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Embedder, Limits, Options
from sensorium.evaluation.choosing.asking.candidate import MAJORITY, Candidate, majority
from sensorium.tasks.prompt import digest, to_conversation
from sensorium.tasks.task import Example

if TYPE_CHECKING:
    from sensorium.checkpoint.checkpoint_name import CheckpointName
    from sensorium.core.catalog import Price
    from sensorium.registry import Scheme

CLASSIC = ("vilt", "git", "blip")
_WORDS = 300


@dataclass(frozen=True)
class RowOptions:
    """What every row of a comparison shares.

    Args:
        shots: Numbers of examples before the question.
        pick: How they are selected.
        place: Their layout; "" for what fits each model.
        embedder: For picks that need one.
        chains: Names of chains; each model is also asked through each of them.
        seed: Of the selection.
        options: How to answer.
    """

    shots: tuple[int, ...] = (0,)
    pick: str = "nearest"
    place: str = ""
    embedder: Embedder | None = None
    chains: tuple[str, ...] = ()
    seed: int = 0
    options: Options = field(default_factory=Options)


def candidates(
    models: Sequence[str], adapters: Sequence[str], pool: Sequence[Example], asked: Sequence[Example], how: RowOptions
) -> tuple[list[Candidate], list[str]]:
    """Return the rows, and in words what was left out, since a model doesn't take examples.

    Args:
        models: Names of models; "majority" is the control.
        adapters: Folders of adapters, each of which names its base.
        pool: The examples that are picked from.
        asked: What is asked.
        how: What the rows share.

    Raises:
        InputError: if an adapter, a chain or so many examples don't exist.
    """
    from sensorium.fewshot import default_layout

    for folder in adapters:
        _require_adapter(folder)
    steps = {chain: chain_step(chain) for chain in how.chains}
    if max(how.shots) > len(pool):
        raise InputError(
            f"{max(how.shots)} examples were asked for, and {len(pool)} may be picked.", f"Try `shots={len(pool)}`."
        )
    rows, notes = [], list[str]()
    names = [(name, "") for name in models] + [(f"transformers:+{folder}", folder) for folder in adapters]
    for name, adapter in names:
        if name == MAJORITY:
            rows.append(majority(pool))
            continue
        base = _model(name, adapter, how, asked)
        counts = list(dict.fromkeys(how.shots))
        if any(counts) and _ignores_examples(base.model_name):
            notes.append(f"{base.name} doesn't use examples: it is asked without them.")
            counts = [0]
        layout = (how.place or default_layout(_limits(base))[0]) if any(counts) else ""
        for shots in counts:
            shown = base if shots == 0 else _with_examples(base, shots, pool, layout, how)
            rows.append(shown)
            rows += [
                replace(
                    shown, name=f"{shown.name}, {chain} first", kind="chain", chain=(steps[chain],),
                    settings={**shown.settings, "chain": _chain_key(chain)},
                )
                for chain in how.chains
            ]  # fmt: skip
    unique = {row.name: row for row in rows}
    return list(unique.values()), list(dict.fromkeys(notes))


def _model(name: str, adapter: str, how: RowOptions, asked: Sequence[Example]) -> Candidate:
    from sensorium.registry import full_name, load, scheme_of

    full = full_name(name)
    scheme = scheme_of(full)
    if scheme is None or scheme.missing:
        load(full)  # raises, with what to type
    assert scheme is not None
    settings: dict[str, Any] = {"shots": 0}
    local = not (scheme.keys or scheme.server or scheme.server_variable)
    if weights := _weights(full, scheme) if local else "":
        settings["weights"] = weights
    kind = _kind(scheme.name, full, local, adapter)
    shown = f"{Path(adapter).name} (tuned)" if adapter else full
    model = None if local else load(full)
    made = Candidate(shown, kind, full, partial(load, full), model, settings, options=how.options)
    chat = to_conversation(asked[0])
    facts: dict[str, Any] = {"prompt": _prompt(chat), "image_tokens": _image_tokens(full, asked)}
    if adapter:
        facts["adapter"] = adapter
    address = re.search("@(https?://.+)", full)
    server = address[1] if address else scheme.address
    return replace(made, model_name=full if model is None else model.name, facts=facts, server=server)


def _kind(scheme: str, name: str, local: bool, adapter: str) -> str:
    if adapter or "+" in name.partition("@")[0]:
        return "tuned"
    if scheme in CLASSIC:
        return "classic"
    return scheme if scheme in ("offline", "starter", "fake") else "local" if local else "hosted"


def _ignores_examples(name: str) -> bool:
    return name == "offline" or name.partition(":")[0] in CLASSIC


def _with_examples(
    base: Candidate, shots: int, pool: Sequence[Example], layout: str, how: RowOptions
) -> Candidate:  # fmt: skip
    from sensorium.fewshot import picker, place

    pick = picker(how.pick, pool, how.embedder, how.seed)
    positions = {id(example): position for position, example in enumerate(pool)}

    def conversation(example: Example) -> Conversation:
        return place(pick(example.conversation, shots), example, layout)

    def shown(example: Example) -> tuple[int, ...]:
        return tuple(positions[id(each.example)] for each in pick(example.conversation, shots))

    settings = {
        **base.settings, "shots": shots, "pick": how.pick, "place": layout, "pick_seed": how.seed, "pool": digest(pool),
        "embedder": how.embedder.name if how.embedder else "",
    }  # fmt: skip
    name = f"{base.name}, {shots} example{'s' * (shots != 1)}"
    return replace(base, name=name, kind="few-shot", settings=settings, conversation=conversation, demonstrations=shown)


def _limits(base: Candidate) -> Limits:
    """Return a model's limits: a checkpoint's by its configuration, those of others by loading them."""
    from sensorium.checkpoint.prompt import advised_images
    from sensorium.evaluation.choosing.asking.local_process import LocalProcess
    from sensorium.registry import scheme_of

    if base.model is not None:
        return base.model.limits
    scheme = scheme_of(base.model_name)
    if scheme is not None and scheme.is_checkpoint:
        return Limits(advised_images=advised_images(_checkpoint(base.model_name, scheme)))
    assert base.load is not None
    with LocalProcess(base.model_name, base.load) as process:
        return process.limits()


def _checkpoint(name: str, scheme: Scheme) -> CheckpointName:
    from sensorium.checkpoint.checkpoint_name import parse

    return parse(scheme.checkpoint + name.partition(":")[2])


def _prompt(chat: Conversation) -> str:
    """Return the first question in words, its media in brackets."""
    parts = [getattr(part, "text", None) or f"[{type(part).__name__.lower()}]" for part in chat.parts]
    text = " ".join(parts)
    return text if len(text) <= _WORDS else f"{text[: _WORDS - 1]}…"


def _image_tokens(name: str, asked: Sequence[Example]) -> str:
    """Return in words what a picture costs a model, by its maker's rule."""
    from sensorium.core.catalog import image_tokens
    from sensorium.core.errors import MediaError
    from sensorium.media.image import size

    images = [part for example in asked[:20] for part in example.conversation.parts if isinstance(part, Image)]
    costs = []
    for image in images:
        try:
            costs.append(image_tokens(name.partition("@")[0], *size(image)))
        except MediaError:
            continue
    known = [cost for cost in costs if cost is not None]
    if not known:
        return "in the input tokens; its maker states no rule"
    least, most = min(cost.least for cost in known), max(cost.most for cost in known)
    return f"{least}" if least == most else f"{least} to {most}"


def _weights(name: str, scheme: Scheme) -> str:
    """Return a digest of what a local checkpoint's and adapter's files hold; "" for one that isn't a folder.

    Raises:
        InputError: if the folder is missing, before anything is asked of others.
    """
    from sensorium.checkpoint.load import check_folder, resolve_base
    from sensorium.checkpoint.weights import folders_digest

    if not scheme.is_checkpoint:
        return ""
    checkpoint = resolve_base(_checkpoint(name, scheme))
    check_folder(checkpoint.base)
    return folders_digest(Path(folder) for folder in (checkpoint.base, checkpoint.adapter) if folder)


def _require_adapter(folder: str) -> None:
    """Raise InputError if a folder isn't an adapter's."""
    if not Path(folder).is_dir():
        raise InputError(f"The folder {quoted(folder)} does not exist.", "Check the spelling: ls lists what is there.")
    if not (Path(folder) / "adapter_config.json").is_file():
        raise InputError(
            f"The folder {quoted(folder)} holds no adapter: it has no adapter_config.json.",
            "Fine-tune one: sensorium tune --help",
        )


def _chain_key(chain: str) -> str:
    """Return a chain's name, with a digest of the user's own file."""
    file = Path(chain.rpartition(":")[0])
    return f"{chain} {hashlib.sha256(file.read_bytes()).hexdigest()[:12]}" if file.is_file() else chain


def row_names(text: str) -> list[str]:
    """Return the names of "majority, offline"; InputError if one is empty."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise InputError(f"--models has an empty name: {quoted(text)}.", "Try --models majority,offline")
    return names


def prices_by_row(
    own: Mapping[str, Sequence[Price]], typed: Sequence[str], rows: Sequence[Candidate]
) -> dict[str, Sequence[Price]]:
    """Return the user's prices by the names that models give themselves: "vllm:m" may be one with its address.

    Args:
        own: As they were named.
        typed: Those of them that must belong to a row.
        rows: What is compared.

    Raises:
        InputError: if one that was typed belongs to no row that costs money.
    """
    from sensorium.registry import full_name

    hosted = [row for row in rows if not row.is_local]
    out = dict(own)
    for name, prices in own.items():
        full = full_name(name)
        meant = {row.model_name for row in hosted if full in (row.model_name, row.name.partition(", ")[0])}
        if not meant and name in typed:
            asked = ", ".join(dict.fromkeys(row.model_name for row in hosted)) or "none"
            raise InputError(
                f"--price names {quoted(name)}, which isn't compared.", f"Hosted models that are: {asked}."
            )
        out |= dict.fromkeys(meant, prices)
    return out
