"""What is asked, and what is picked from: splits that are there, and those that aren't."""

from __future__ import annotations

import pytest

from sensorium.cli.comparing.questions import questions
from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation
from sensorium.tasks.task import Example, Task


def task(*splits: str) -> Task:
    rows = [Example(Conversation.of(f"Question {n}"), ("ab"[n % 2],), split) for n, split in enumerate(splits)]
    return Task("t", tuple(rows))


def test_a_task_without_splits_is_halved_only_for_examples() -> None:
    asked, pool, note = questions(task(*[""] * 8), "train", "test", False, 0, True)
    assert len(asked) == len(pool) == 8 and "no split 'train'" in note
    asked, pool, note = questions(task(*[""] * 8), "train", "test", True, 0, True)
    assert len(asked) == len(pool) == 4 and not note
    assert not {e.conversation for e in asked.examples} & {e.conversation for e in pool}


def test_splits_are_kept_apart() -> None:
    asked, pool, note = questions(task("train", "test", "test", "other"), "train", "test", False, 0, True)
    assert len(asked) == 2 and len(pool) == 1 and not note


def test_a_task_without_examples_to_pick_from() -> None:
    asked, pool, note = questions(task("test", "test"), "train", "test", False, 0, True)
    assert len(asked) == len(pool) == 2 and note
    with pytest.raises(InputError, match=r"no split 'train' to pick examples from; it has 'test'"):
        questions(task("test", "test"), "train", "test", True, 0, True)


def test_nothing_to_ask_is_refused() -> None:
    with pytest.raises(InputError, match=r"no split 'test' to ask; it has 'train'"):
        questions(task("train", "train"), "train", "test", False, 0, True)
    with pytest.raises(InputError, match=r"has one question"):
        questions(task(""), "train", "test", True, 0, True)
    asked, _, _ = questions(task(""), "train", "test", False, 0, True)
    assert len(asked) == 1
