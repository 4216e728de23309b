"""Examples encoded once: the time of a question after eight examples with pictures, with and without reuse.

    python bench/prefix.py [--questions 20] [--examples 8] [--seed 0]

An Idefics3 of about 30 million random parameters, on the CPU. Prints each question's times and the figures.
"""

from __future__ import annotations

import argparse
import statistics
import time

import checkpoints
import numpy as np
from figures import Figure

from sensorium import Conversation, Image, Options, Reply, ask
from sensorium.backends.transformers.chat import ChatModel
from sensorium.media.image import encode

TOKENS = 8


def picture(rng: np.random.Generator) -> Image:
    """Draw a picture of 224 × 224 pixels: coarse noise, a pattern of its own each time."""
    coarse = rng.integers(0, 255, (14, 14, 3)).astype(np.uint8)
    return encode(np.kron(coarse, np.ones((16, 16, 1), dtype=np.uint8)))


def conversations(questions: int, examples: int, seed: int) -> list[Conversation]:
    """Return questions about a picture each, all after the same examples."""
    rng = np.random.default_rng(seed)
    shared = Conversation()
    for number in range(examples):
        shared = shared.then("user", picture(rng), "What is in this picture?").then("assistant", f"It is a {number}.")
    return [shared.then("user", picture(rng), f"What is in picture {number}?") for number in range(questions)]


def asked(model: ChatModel, chat: Conversation) -> tuple[float, float, Reply]:
    """Ask; gives wall seconds, CPU seconds (which other programs on the machine hardly change) and the reply."""
    wall, cpu = time.perf_counter(), time.process_time()
    reply = ask(model, chat, Options(max_tokens=TOKENS))
    return time.perf_counter() - wall, time.process_time() - cpu, reply


def main() -> None:
    """Ask each question with and without reuse, in turn, and print how the times compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--examples", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    keeping = checkpoints.idefics3(given.seed)
    whole = ChatModel(keeping.checkpoint, "whole", cache_prefix=False)
    chats = conversations(given.questions, given.examples, given.seed)
    asked(whole, chats[0])  # the first long prompt meets fresh memory
    rows, same = [], 0
    for number, chat in enumerate(chats):
        *ours, reply = asked(keeping, chat)
        *theirs, expected = asked(whole, chat)
        same += reply.text == expected.text
        rows.append((*ours, *theirs))
        kept = f"{reply.usage.cached_tokens or 0}/{reply.usage.input_tokens} tokens kept"
        print(f"question {number}: {ours[0]:.3f} s with, {theirs[0]:.3f} s without; {kept}")
    n, size = given.questions, f"{checkpoints.millions(keeping):.1f} M parameters"
    print(f"prefix, {size}, {given.examples} image examples, {TOKENS} tokens an answer, seed {given.seed}")
    for what, chosen in (
        ("all questions, also the first, which encodes the examples", rows),
        ("from the second", rows[1:]),
    ):
        wall, cpu, slow_wall, slow_cpu = (statistics.mean(column) for column in zip(*chosen, strict=True))
        print(Figure(f"times faster a question, {what}, wall", slow_wall / wall, len(chosen), 4))
        print(Figure(f"times faster a question, {what}, CPU", slow_cpu / cpu, len(chosen), 4))
    print(Figure("share of answers with the same text", same / n, n, 1, of=same))
    print(Figure("seconds a question with reuse, from the second, wall", wall, n - 1))
    print(Figure("seconds a question without, from the second, wall", slow_wall, n - 1))


if __name__ == "__main__":
    main()
