"""The library's generation: streamed from a thread, or a batch at once; seeds, ends, deadlines."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from sensorium.checkpoint.detokenizer import Detokenizer
from sensorium.checkpoint.load import Checkpoint, quiet
from sensorium.core.errors import DeadlineError, InputError, LimitError, quoted
from sensorium.core.protocols import Delta, Options
from sensorium.core.reply import Usage

_JOIN_SECONDS = 0.5
_FEATURES = re.compile(r"[Ii]mage (?:features and image )?tokens.*?tokens: (\d+).*?features:? \D*(\d+)")
"""Of the library's own complaint: its tokens and features, the first number of each."""
_random_lock = Lock()  # the library draws from the process's one generator
_Jobs = SimpleQueue[Callable[[], None]]
_idle_threads: list[_Jobs] = []
_idle_lock = Lock()


def _run_in_thread(job: Callable[[], None]) -> None:
    """Run a job, which raises nothing, in an idle thread: in a new one large tensors need new memory pages (3 %)."""
    with _idle_lock:
        jobs = _idle_threads.pop() if _idle_threads else None
    if jobs is None:
        jobs = SimpleQueue()
        Thread(target=_serve, args=(jobs,), name="sensorium checkpoint", daemon=True).start()
    jobs.put(job)


def _serve(jobs: _Jobs) -> None:
    while True:
        jobs.get()()
        with _idle_lock:
            _idle_threads.append(jobs)


def stream_from_thread(
    work: Callable[[Callable[[Delta], None], Callable[[], bool]], None], name: str, seconds: float
) -> Iterator[Delta]:
    """Run `work(emit, cancelled)` in a thread and yield what it emits, as it comes.

    `cancelled()` is True once the reader has stopped or the time is over; the work ends at its next token.

    Raises:
        DeadlineError: after `seconds`.
        Exception: any that the work raises.
    """
    queue: SimpleQueue[Delta | BaseException | None] = SimpleQueue()
    cancelled, ended = Event(), Event()

    def run() -> None:
        try:
            work(queue.put, cancelled.is_set)
        except BaseException as error:
            queue.put(error)
        else:
            queue.put(None)
        finally:
            ended.set()

    deadline = time.monotonic() + seconds
    _run_in_thread(run)
    try:
        while True:
            try:
                item = queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise deadline_error(name, seconds) from None
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        cancelled.set()
        ended.wait(_JOIN_SECONDS)


def generate_stream(
    checkpoint: Checkpoint,
    inputs: Any,
    options: Options,
    emit: Callable[[Delta], None],
    cancelled: Callable[[], bool],
) -> None:
    """Generate one answer and emit it piece by piece; the last Delta has the usage.

    Args:
        checkpoint: The checkpoint.
        inputs: What the model's `generate` takes, for one conversation; it may include "past_key_values".
        options: As for `ask`.
        emit: Called with each piece.
        cancelled: Called after each token; True ends the answer.

    Raises:
        LimitError: when the prompt leaves no room for an answer, or does not fit into the device's memory.
    """
    emit(_generate_one(checkpoint, inputs, options, emit, cancelled))


def generate_whole(
    checkpoint: Checkpoint, inputs: Any, options: Options, start: float, cancelled: Callable[[], bool]
) -> Delta:
    """Generate one answer and return it: faster than piece by piece; arguments and errors as `generate_stream`.

    Args:
        start: When it was asked for, by `time.perf_counter`: the usage holds the time to the first token.
    """
    first: list[float] = []
    on_first = lambda: first.append(time.perf_counter() - start)  # noqa: E731
    delta = _generate_one(checkpoint, inputs, options, None, cancelled, on_first)
    return replace(delta, usage=replace(delta.usage or Usage(), first_seconds=first[0] if first else None))


def _generate_one(
    checkpoint: Checkpoint,
    inputs: Any,
    options: Options,
    emit: Callable[[Delta], None] | None,
    is_cancelled: Callable[[], bool],
    on_first: Callable[[], None] = lambda: None,
) -> Delta:
    length = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0  # a captioner starts from nothing
    max_tokens = max_new_tokens(checkpoint, length, options)
    text = Detokenizer(checkpoint.processor.tokenizer, options.stop, emit is not None)
    ended = cut = cancelled = False

    def on_token(input_ids: Any, scores: Any, **_: Any) -> Any:
        nonlocal ended, cut, cancelled
        if not ended:  # on some devices the library generates one token too many before it stops
            if not text.ids:
                on_first()
            token = int(input_ids[0, -1])
            piece = text.add(token)
            is_eos = token in checkpoint.eos_token_ids
            cut = len(text.ids) >= max_tokens and not is_eos and not text.stopped
            ended = cut or is_eos or text.stopped
            if piece and emit is not None:
                emit(Delta(piece))
        cancelled = is_cancelled()
        return input_ids.new_full((1,), text.stopped or cancelled, dtype=_bool())

    _generate(checkpoint, inputs, options, max_tokens, on_token)
    usage = Usage(input_tokens=length, output_tokens=len(text.ids), cached_tokens=inputs.get("cached_tokens"))
    return Delta(text.rest(), usage=usage, cut=cut and not cancelled)


def generate_batch(checkpoint: Checkpoint, inputs: Any, options: Options) -> list[Delta]:
    """Generate the answers of a batch, one Delta each.

    Raises:
        DeadlineError: after `options.timeout_seconds`.
        LimitError: as `generate_stream`.
    """
    length = inputs["input_ids"].shape[1]
    max_tokens = max_new_tokens(checkpoint, length, options)
    tokenizer = checkpoint.processor.tokenizer
    start = 1 if checkpoint.model.config.is_encoder_decoder else length  # there, outputs do not repeat the prompt
    deadline = time.monotonic() + options.timeout_seconds
    late = False

    def on_token(input_ids: Any, scores: Any, **_: Any) -> Any:
        nonlocal late
        late = time.monotonic() > deadline
        done = input_ids.new_full((len(input_ids),), late, dtype=_bool())
        if options.stop and not late:
            texts = tokenizer.batch_decode(input_ids[:, start:], skip_special_tokens=True)
            for row, text in enumerate(texts):
                done[row] = any(stop in text for stop in options.stop if stop)
        return done

    out = _generate(checkpoint, inputs, options, max_tokens, on_token)
    if late:
        raise deadline_error(checkpoint.name.shown, options.timeout_seconds)
    rows = zip(inputs["attention_mask"].tolist(), out[:, start:].tolist(), strict=True)
    return [_row_delta(checkpoint, row, max_tokens, options, sum(mask)) for mask, row in rows]


def max_new_tokens(checkpoint: Checkpoint, length: int, options: Options) -> int:
    """Return how many tokens an answer may have after a prompt of `length`; raise LimitError without room for one."""
    limit = context_tokens(checkpoint)
    if limit is None:
        return options.max_tokens
    if length >= limit:
        raise LimitError(
            f"The conversation has {length:,} tokens; {checkpoint.name.shown} takes {limit:,}, the answer included.",
            "Leave examples or pictures out, or make pictures cost less: add ?side=512 to the model's name.",
        )
    return min(options.max_tokens, limit - length)


def context_tokens(checkpoint: Checkpoint) -> int | None:
    """Return the most tokens of prompt and answer together, or None if the configuration does not say."""
    limit = getattr(checkpoint.model.config.get_text_config(), "max_position_embeddings", None)
    return limit if isinstance(limit, int) and limit > 0 else None


def deadline_error(name: str, seconds: float) -> DeadlineError:
    """Return the error of an answer that took too long."""
    return DeadlineError(f"{name} gave no complete answer in {seconds:g} s.", "Ask for less, or allow more time.")


def _generate(
    checkpoint: Checkpoint, inputs: Any, options: Options, max_tokens: int, on_token: Callable[..., Any]
) -> Any:
    ends = checkpoint.eos_token_ids
    arguments: dict[str, Any] = {"max_new_tokens": max_tokens, "num_beams": 1, "do_sample": options.temperature > 0}
    if options.temperature > 0:
        arguments["temperature"] = options.temperature
        if options.top_p < 1:
            arguments["top_p"] = options.top_p
    else:
        arguments |= {"temperature": None, "top_p": None, "top_k": None}  # the library warns of them in greedy search
    if ends and not checkpoint.eos_fixed:
        arguments["eos_token_id"] = list(ends)
    if checkpoint.model.generation_config.pad_token_id is None and not checkpoint.eos_fixed:
        pad = checkpoint.processor.tokenizer.pad_token_id
        arguments["pad_token_id"] = ends[0] if pad is None and ends else pad
    tensors = {key: value for key, value in inputs.items() if key != "cached_tokens"}
    with running_errors(checkpoint), quiet(), _seeded(checkpoint, options):
        return checkpoint.model.generate(**tensors, **arguments, stopping_criteria=[on_token])


@contextmanager
def running_errors(checkpoint: Checkpoint) -> Iterator[None]:
    """Turn the errors that a model raises in the block into ours, in words.

    Raises:
        LimitError: when the device's memory is full.
        InputError: when image tokens and features differ, or the model fails in another way.
    """
    import torch

    shown = checkpoint.name.shown
    try:
        yield
    except torch.OutOfMemoryError:
        raise LimitError(
            f"The conversation does not fit into the memory of {checkpoint.model.device}.",
            "Ask with fewer or smaller pictures (add ?side=512 to the model's name), or load it with ?bits=4",
        ) from None
    except (RuntimeError, ValueError, IndexError, TypeError, KeyError, AttributeError) as error:
        line = " ".join(str(error).split()) or type(error).__name__
        counts = _FEATURES.search(line)
        if counts:
            raise InputError(
                f"The prompt of {shown} has {counts[1]} image tokens, and its vision part makes {counts[2]} features: "
                "its processor and its weights are not of one checkpoint.",
                "Take all files of one checkpoint: processor_config.json, preprocessor_config.json and config.json.",
            ) from None
        raise InputError(
            f"{shown} failed while it answered: {type(error).__name__}: {quoted(line[:160])}.",
            "Its processor or configuration may not fit its weights: take all files of one checkpoint, "
            "or choose another model.",
        ) from error


@contextmanager
def _seeded(checkpoint: Checkpoint, options: Options) -> Iterator[None]:
    """Draw from the seed while the block runs, and leave the process's own random state as it was."""
    import torch

    if options.temperature <= 0 or options.seed is None:
        yield
        return
    device = checkpoint.model.device
    devices = [device] if device.type == "cuda" else []
    with _random_lock, torch.random.fork_rng(devices):
        torch.manual_seed(options.seed)
        yield


def _row_delta(checkpoint: Checkpoint, row: list[int], max_tokens: int, options: Options, input_tokens: int) -> Delta:
    tokenizer = checkpoint.processor.tokenizer
    end = next((index for index, token in enumerate(row) if token in checkpoint.eos_token_ids), None)
    ids = row if end is None else row[: end + 1]
    detokenizer = Detokenizer(tokenizer, options.stop)
    detokenizer.ids = ids
    text = detokenizer.rest()
    stopped = len(text) < len(tokenizer.decode(ids, skip_special_tokens=True))
    cut = end is None and not stopped and len(ids) >= max_tokens
    return Delta(text, usage=Usage(input_tokens=input_tokens, output_tokens=len(ids)), cut=cut)


def _bool() -> Any:
    import torch

    return torch.bool
