"""What `sensorium compare` asks, and the examples that it picks from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensorium.core.errors import InputError, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensorium.tasks.task import Example, Task


def questions(
    whole: Task, train: str, test: str, needs_examples: bool, seed: int, quiet: bool
) -> tuple[Task, Sequence[Example], str]:
    """Return what is asked, the examples to pick from, and a note for the report or "".

    Only if examples are needed, a task without splits is halved, and a split to pick from must be there. Otherwise the
    questions themselves say which answer is the commonest.

    Args:
        whole: The task.
        train: The split to pick from.
        test: The split to ask.
        needs_examples: Whether examples stand before questions.
        seed: Of the halves.
        quiet: Whether nothing is printed.

    Raises:
        InputError: if there is nothing to ask, or nothing to pick from.
    """
    from sensorium.cli.fewshot import halves

    itself = (
        "majority gives the commonest answer of the questions themselves: the task has no split {} to take it from."
    )
    if whole.splits == ("",):
        if not needs_examples:
            return whole, whole.examples, itself.format(quoted(train))
        if len(whole) < 2:
            raise InputError(
                f"The task {quoted(whole.name)} has one question: there is nothing to pick examples from.",
                "Add rows, or leave `shots` out.",
            )
    else:
        _require(whole, test, "to ask", "test")
        if train not in whole.splits and not needs_examples:
            asked = whole.split(test)
            return asked, asked.examples, itself.format(quoted(train))
        _require(whole, train, "to pick examples from", "train")
    pool, asked = halves(whole, train, test, seed, quiet)
    return asked, pool.examples, ""


def _require(whole: Task, split: str, purpose: str, option: str) -> None:
    if split not in whole.splits:
        have = ", ".join(quoted(name) for name in whole.splits)
        raise InputError(
            f"The task {quoted(whole.name)} has no split {quoted(split)} {purpose}; it has {have}.",
            f"Name another: `{option}={whole.splits[0]!r}`",
        )
