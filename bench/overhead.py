"""What `ask` adds to the library's own call, and what a batch saves.

    python bench/overhead.py [--n 30] [--seed 0]

An Idefics3 of about 30 million random parameters, on the CPU. The library's call is: open the picture, apply the chat
template, generate, decode. Both are timed in turn, in CPU seconds (other programs do not count) and in wall seconds.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable
from typing import Any

import checkpoints
import numpy as np
import PIL.Image
from figures import Figure
from prefix import picture

from sensorium import Conversation, Image, Options, ask
from sensorium.ask import ask_all
from sensorium.backends.transformers.chat import ChatModel

TOKENS = 64
QUESTION = "What is in this picture?"


def library(model: ChatModel, image: Image) -> str:
    """Ask the library itself."""
    processor = model.checkpoint.processor
    opened = PIL.Image.open(io.BytesIO(image.blob.data)).convert("RGB")
    content = [{"type": "image", "image": opened}, {"type": "text", "text": QUESTION}]
    given = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    out = model.checkpoint.model.generate(**given, max_new_tokens=TOKENS, do_sample=False)
    return str(processor.decode(out[0, given["input_ids"].shape[1] :], skip_special_tokens=True))


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return CPU seconds, wall seconds and the result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.process_time() - cpu, time.perf_counter() - wall, result


def overhead(model: ChatModel, n: int, seed: int) -> None:
    """Print what `ask` takes beside the library."""
    rng = np.random.default_rng(seed)
    options = Options(max_tokens=TOKENS)
    rows, same = [], 0
    for number in range(n + 1):
        image = picture(rng)
        order = [
            lambda i=image: library(model, i),
            lambda i=image: ask(model, Conversation.of(i, QUESTION), options).text,
        ]
        first = number % 2  # each goes first in turn: the second finds warmer caches
        one, two = timed(order[first]), timed(order[1 - first])
        theirs, ours = (two, one) if first else (one, two)
        same += ours[2] == theirs[2]
        if number:  # the first warms up
            rows.append((ours[0] / theirs[0] - 1, ours[1] / theirs[1] - 1, theirs[1]))
    cpu, wall, seconds = (statistics.median(column) for column in zip(*rows, strict=True))
    print(Figure("share of time that ask adds, CPU, median", cpu, n, 0.02, at_most=True))
    print(Figure("share of time that ask adds, wall, median", wall, n, 0.02, at_most=True))
    print(Figure("seconds of the library's call, wall, median", seconds, n))
    print(Figure("share of answers with the same text", same / (n + 1), n + 1, 1, of=same))


def batches(model: ChatModel, n: int, seed: int) -> None:
    """Print what a batch of eight takes beside eight single questions."""
    rng = np.random.default_rng(seed + 1)
    options = Options(max_tokens=TOKENS)
    rows, same = [], 0
    for _ in range(n):
        chats = [Conversation.of(picture(rng), QUESTION) for _ in range(8)]
        singles = timed(lambda c=chats: [ask(model, chat, options).text for chat in c])
        together = timed(lambda c=chats: [reply.text for reply in ask_all(model, c, options)])
        same += sum(a == b for a, b in zip(singles[2], together[2], strict=True))
        rows.append((singles[0] / together[0], singles[1] / together[1]))
    cpu, wall = (statistics.median(column) for column in zip(*rows, strict=True))
    print(Figure("times faster in a batch of 8, CPU, median", cpu, n, 1.5))
    print(Figure("times faster in a batch of 8, wall, median", wall, n, 1.5))
    print(Figure("share of answers in batches with the same text", same / (8 * n), 8 * n, of=same))


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    model = checkpoints.idefics3(given.seed)
    print(f"overhead, {checkpoints.millions(model):.1f} M parameters, {TOKENS} tokens an answer, seed {given.seed}")
    overhead(model, given.n, given.seed)
    batches(model, max(2, given.n // 5), given.seed)


if __name__ == "__main__":
    main()
