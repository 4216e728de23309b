"""The library's generation: streamed from a thread of its own, or a batch at once; seeds, ends, deadlines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import Empty, SimpleQueue
from threading import Event, Lock
from typing import Any

from sensorium.checkpoint import workers
from sensorium.checkpoint.load import Checkpoint, quiet
from sensorium.checkpoint.text import Words
from sensorium.core.errors import DeadlineError, LimitError
from sensorium.core.protocols import Delta, Options
from sensorium.core.reply import Usage

_GOODBYE_SECONDS = 0.5
_dice = Lock()  # the library draws from the process's one generator


def streamed(
    work: Callable[[Callable[[Delta], None], Callable[[], bool]], None], name: str, seconds: float
) -> Iterator[Delta]:
    """Run `work(give, over)` in a thread and yield what it gives, as it comes.

    Where nobody listens any more, or the time has run out, `over()` is True; the work ends at its next token.

    Raises:
        DeadlineError: after `seconds`.
        Exception: whatever the work raises.
    """
    box: SimpleQueue[Delta | BaseException | None] = SimpleQueue()
    cancelled, ended = Event(), Event()

    def run() -> None:
        try:
            work(box.put, cancelled.is_set)
        except BaseException as error:
            box.put(error)
        else:
            box.put(None)
        finally:
            ended.set()

    deadline = time.monotonic() + seconds
    workers.start(run)
    try:
        while True:
            try:
                item = box.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise late(name, seconds) from None
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        cancelled.set()
        ended.wait(_GOODBYE_SECONDS)


def answer(
    loaded: Checkpoint, inputs: Any, options: Options, give: Callable[[Delta], None], over: Callable[[], bool]
) -> None:
    """Generate one answer and give it piece by piece; the last Delta has the usage.

    Args:
        loaded: The checkpoint.
        inputs: What the model's `generate` takes, for one conversation; "past_key_values" may be among it.
        options: As for `ask`.
        give: Called with each piece.
        over: Asked after each token; True ends the answer.

    Raises:
        LimitError: when the prompt leaves no room for an answer, or does not fit into the device's memory.
    """
    give(_generated(loaded, inputs, options, give, over))


def whole(loaded: Checkpoint, inputs: Any, options: Options, start: float, over: Callable[[], bool]) -> Delta:
    """Generate one answer and give it whole: faster than piece by piece; arguments and errors as `answer`.

    Args:
        start: When it was asked for, by `time.perf_counter`: the usage tells the time to the first token.
    """
    first: list[float] = []
    delta = _generated(loaded, inputs, options, None, over, lambda: first.append(time.perf_counter() - start))
    return replace(delta, usage=replace(delta.usage or Usage(), first_seconds=first[0] if first else None))


def _generated(
    loaded: Checkpoint,
    inputs: Any,
    options: Options,
    give: Callable[[Delta], None] | None,
    over: Callable[[], bool],
    begun: Callable[[], None] = lambda: None,
) -> Delta:
    length = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0  # a captioner begins with nothing
    most = room(loaded, length, options)
    words = Words(loaded.processor.tokenizer, options.stop, give is not None)
    ended = cut = cancelled = False

    def listen(input_ids: Any, scores: Any, **_: Any) -> Any:
        nonlocal ended, cut, cancelled
        if not ended:  # on some devices the library looks one token too far before it stops
            if not words.ids:
                begun()
            token = int(input_ids[0, -1])
            piece = words.add(token)
            cut = len(words.ids) >= most and token not in loaded.eos_token_ids and not words.stopped
            ended = cut or token in loaded.eos_token_ids or words.stopped
            if piece and give is not None:
                give(Delta(piece))
        cancelled = over()
        return input_ids.new_full((1,), words.stopped or cancelled, dtype=_bool())

    _run(loaded, inputs, options, most, listen)
    usage = Usage(input_tokens=length, output_tokens=len(words.ids), cached_tokens=inputs.get("kept_tokens"))
    return Delta(words.rest(), usage=usage, cut=cut and not cancelled)


def answers(loaded: Checkpoint, inputs: Any, options: Options) -> list[Delta]:
    """Generate the answers to a batch at once, one Delta each.

    Raises:
        DeadlineError: after `options.timeout_seconds`.
        LimitError: as `answer`.
    """
    length = inputs["input_ids"].shape[1]
    most = room(loaded, length, options)
    tokenizer, ends = loaded.processor.tokenizer, loaded.eos_token_ids
    start = 1 if loaded.model.config.is_encoder_decoder else length  # such answers stand apart from the prompt
    deadline = time.monotonic() + options.timeout_seconds
    over = False

    def listen(input_ids: Any, scores: Any, **_: Any) -> Any:
        nonlocal over
        over = time.monotonic() > deadline
        done = input_ids.new_full((len(input_ids),), over, dtype=_bool())
        if options.stop and not over:
            texts = tokenizer.batch_decode(input_ids[:, start:], skip_special_tokens=True)
            for row, text in enumerate(texts):
                done[row] = any(stop in text for stop in options.stop if stop)
        return done

    out = _run(loaded, inputs, options, most, listen)
    if over:
        raise late(loaded.name.shown, options.timeout_seconds)
    found = []
    for mask, row in zip(inputs["attention_mask"].tolist(), out[:, start:].tolist(), strict=True):
        found.append(_whole(tokenizer, row, ends, most, options, sum(mask)))
    return found


def room(loaded: Checkpoint, length: int, options: Options) -> int:
    """Return how many tokens the answer may have after a prompt of `length`; LimitError where there is no room."""
    most = context(loaded)
    if most is None:
        return options.max_tokens
    if length >= most:
        raise LimitError(
            f"The conversation has {length:,} tokens; {loaded.name.shown} takes {most:,}, the answer included.",
            "Leave examples or pictures out, or make pictures cost less: add ?side=512 to the model's name.",
        )
    return min(options.max_tokens, most - length)


def context(loaded: Checkpoint) -> int | None:
    """Return the most tokens of prompt and answer together, or None where the configuration does not say."""
    found = getattr(loaded.model.config.get_text_config(), "max_position_embeddings", None)
    return found if isinstance(found, int) and found > 0 else None


def late(name: str, seconds: float) -> DeadlineError:
    """Make the error of an answer that took too long."""
    return DeadlineError(f"{name} gave no whole answer in {seconds:g} s.", "Ask for less, or allow more time.")


def _run(loaded: Checkpoint, inputs: Any, options: Options, most: int, listen: Callable[..., Any]) -> Any:
    import torch

    settings = loaded.model.generation_config
    ends = loaded.eos_token_ids
    arguments: dict[str, Any] = {"max_new_tokens": most, "num_beams": 1, "do_sample": options.temperature > 0}
    if options.temperature > 0:
        arguments["temperature"] = options.temperature
    else:
        arguments |= {"temperature": None, "top_p": None, "top_k": None}  # they have no meaning then, and are warned of
    if ends and not loaded.eos_fixed:
        arguments["eos_token_id"] = list(ends)
    if settings.pad_token_id is None and not loaded.eos_fixed:
        pad = loaded.processor.tokenizer.pad_token_id
        arguments["pad_token_id"] = ends[0] if pad is None and ends else pad
    given = {key: value for key, value in inputs.items() if key != "kept_tokens"}
    try:
        with quiet(), _seeded(loaded, options):
            return loaded.model.generate(**given, **arguments, stopping_criteria=[listen])
    except torch.OutOfMemoryError:
        raise LimitError(
            f"The conversation does not fit into the memory of {loaded.model.device}.",
            "Ask with fewer or smaller pictures (add ?side=512 to the model's name), or load it with ?bits=4",
        ) from None


@contextmanager
def _seeded(loaded: Checkpoint, options: Options) -> Iterator[None]:
    """Draw from the seed while the block runs, and leave the process's own randomness as it was."""
    import torch

    if options.temperature <= 0 or options.seed is None:
        yield
        return
    device = loaded.model.device
    devices = [device] if device.type == "cuda" else []
    with _dice, torch.random.fork_rng(devices):
        torch.manual_seed(options.seed)
        yield


def _whole(
    tokenizer: Any, row: list[int], ends: tuple[int, ...], most: int, options: Options, input_tokens: int
) -> Delta:
    last = next((number for number, token in enumerate(row) if token in ends), None)
    ids = row if last is None else row[: last + 1]
    words = Words(tokenizer, options.stop)
    words.ids = ids
    text = words.rest()
    stopped = len(text) < len(tokenizer.decode(ids, skip_special_tokens=True))
    cut = last is None and not stopped and len(ids) >= most
    return Delta(text, usage=Usage(input_tokens=input_tokens, output_tokens=len(ids)), cut=cut)


def _bool() -> Any:
    import torch

    return torch.bool
