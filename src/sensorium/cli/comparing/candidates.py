"""The rows of `sensorium compare`: models, numbers of examples, chains and adapters as candidates."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from sensorium.cli.comparing.chains import chain_step
from sensorium.core.errors import InputError, quoted
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Embedder, Limits, Options
from sensorium.evaluation.choosing.asking.candidate import MAJORITY, Candidate, majority
from sensorium.tasks.prompt import digest, to_conversation
from sensorium.tasks.task import Example

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
    """
    rows, notes = [], list[str]()
    names = [(name, "") for name in models] + [(f"transformers:+{folder}", folder) for folder in adapters]
    for name, adapter in names:
        if name == MAJORITY:
            rows.append(majority(pool))
            continue
        base = _model(name, adapter, how, asked)
        for shots in how.shots:
            if shots and _ignores_examples(base.model_name):
                notes.append(f"{base.name} doesn't use examples: it is asked without only.")
                continue
            shown = base if shots == 0 else _with_examples(base, shots, pool, how)
            rows.append(shown)
            rows += [
                replace(
                    shown, name=f"{shown.name}, {chain} first", kind="chain", chain=(chain_step(chain),),
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
    if local:
        settings |= {"weights": _weights(full)} if _weights(full) else {}
    kind = _kind(scheme.name, full, local, adapter)
    shown = f"{Path(adapter).name} (tuned)" if adapter else full
    model = None if local else load(full)
    made = Candidate(shown, kind, full, partial(load, full), model, settings, options=how.options)
    chat = to_conversation(asked[0])
    facts: dict[str, Any] = {"prompt": _prompt(chat), "image_tokens": _image_tokens(full, asked)}
    if adapter:
        facts["adapter"] = adapter
    return replace(made, model_name=full if model is None else model.name, facts=facts)


def _kind(scheme: str, name: str, local: bool, adapter: str) -> str:
    if adapter or "+" in name.partition("@")[0]:
        return "tuned"
    if scheme in CLASSIC:
        return "classic"
    return scheme if scheme in ("offline", "starter", "fake") else "local" if local else "hosted"


def _ignores_examples(name: str) -> bool:
    return name == "offline" or name.partition(":")[0] in CLASSIC


def _with_examples(base: Candidate, shots: int, pool: Sequence[Example], how: RowOptions) -> Candidate:
    from sensorium.fewshot import default_layout, picker, place

    limits = base.model.limits if base.model is not None else _local_limits(base.model_name)
    layout = how.place or default_layout(limits)[0]
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


def _local_limits(name: str) -> Limits:
    """Return what is known of a local model's limits before it is loaded."""
    import re

    return Limits(advised_images=1 if re.search(r"llama-?3\.2.*vision", name, re.I) else None)


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


def _weights(name: str) -> str:
    """Return a digest of a local checkpoint's or adapter's files; "" for a name that isn't a folder."""
    text = name.partition(":")[2].partition("?")[0]
    sha, any_file = hashlib.sha256(), False
    for part in (text, *text.split("+")):
        folder = Path(part)
        for file in sorted(folder.glob("*")) if part and folder.is_dir() else ():
            if file.is_file():
                any_file = True
                status = file.stat()
                sha.update(f"{file.name} {status.st_size} {status.st_mtime_ns}".encode())
    return sha.hexdigest()[:16] if any_file else ""


def _chain_key(chain: str) -> str:
    """Return a chain's name, with a digest of the user's own file."""
    file = Path(chain.rpartition(":")[0])
    return f"{chain} {hashlib.sha256(file.read_bytes()).hexdigest()[:12]}" if file.is_file() else chain


def check_names(names: Sequence[str]) -> None:
    """Raise InputError if a name is empty."""
    for name in names:
        if not name.strip():
            raise InputError(f"--models has an empty name: {quoted(','.join(names))}.", "Try --models majority,offline")
