"""Examples and tasks: what they refuse, splits that are alike for each answer, mixing."""

from __future__ import annotations

from collections import Counter

import pytest

from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation, Image, Message
from sensorium.tasks.task import Example, Task, mix


def example(number: int, answer: str, split: str = "") -> Example:
    return Example(Conversation.of(Image(b"%d" % number), "What is it?"), (answer,), split, id=str(number))


TASK = Task("garments", tuple(example(n, ["hat", "shoe", "coat"][n % 3 if n < 60 else 0]) for n in range(90)))


def test_one_answer_may_be_given_as_words() -> None:
    assert Example(Conversation.of("Red?"), "yes").answers == ("yes",)  # type: ignore[arg-type]


def test_the_answer_is_the_commonest_and_of_several_the_first() -> None:
    chat = Conversation.of("Red?")
    assert Example(chat, ("no", "yes", "yes")).answer == "yes"
    assert Example(chat, ("no", "yes")).answer == "no"


@pytest.mark.parametrize(
    ("chat", "answers", "said"),
    [
        (Conversation.of("Red?"), (), "no answer"),
        (Conversation.of("Red?"), ("",), "answers hold ''"),
        (Conversation.of("Red?"), (3,), "answers hold 3"),
        (Conversation(), ("yes",), "does not end with a user's message"),
        (Conversation((Message("user", "Red?"), Message("assistant", "Yes"))), ("yes",), "does not end with a user's"),
    ],
)
def test_what_is_no_example_is_refused(chat: Conversation, answers: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Example(chat, answers)


def test_splits_and_labels() -> None:
    task = Task("t", (example(0, "hat", "train"), example(1, "shoe", "test"), example(2, "shoe", "train")))
    assert task.splits == ("train", "test") and task.labels == ("shoe", "hat") and len(task) == 3
    assert [e.id for e in task.split("train").examples] == ["0", "2"]
    with pytest.raises(InputError, match=r"no split 'dev'; it has 'train', 'test'\."):
        task.split("dev")


def test_dividing_is_alike_for_each_answer_and_repeatable() -> None:
    divided = TASK.divided({"train": 0.7, "dev": 0.1, "test": 0.2}, seed=1)
    assert [e.id for e in divided.examples] == [e.id for e in TASK.examples]
    sizes = Counter(e.split for e in divided.examples)
    assert sizes == {"train": 63, "dev": 9, "test": 18}
    for answer, count in Counter(e.answer for e in TASK.examples).items():
        held = sum(e.answer == answer for e in divided.split("test").examples)
        assert abs(held - 0.2 * count) <= 1
    assert divided == TASK.divided({"train": 0.7, "dev": 0.1, "test": 0.2}, seed=1)
    assert divided != TASK.divided({"train": 0.7, "dev": 0.1, "test": 0.2}, seed=2)
    with pytest.raises(InputError, match="do not add up to 1"):
        TASK.divided({"train": 0.7})


def test_a_closed_task_tells_its_answers_where_no_choices_were_given() -> None:
    own = Example(Conversation.of("Red or blue?"), ("red",), choices=("red", "blue"))
    closed = Task("t", (example(0, "shoe"), example(1, "hat"), own)).closed()
    assert [e.choices for e in closed.examples] == [("hat", "red", "shoe")] * 2 + [("red", "blue")]


def test_a_sample_keeps_the_order() -> None:
    ids = [int(e.id) for e in TASK.sample(10, seed=3).examples]
    assert len(ids) == 10 and ids == sorted(ids) != list(range(10))
    assert TASK.sample(10, seed=3) == TASK.sample(10, seed=3) and TASK.sample(1000) is TASK
    with pytest.raises(InputError):
        TASK.sample(0)


def test_mixing_keeps_the_proportions_and_repeats_nothing() -> None:
    old = Task("old", tuple(example(n, "coin") for n in range(1000, 1040)))
    mixed = mix([(TASK, 1), (old, 1)], seed=1)
    assert mixed.name == "garments+old" and len(mixed) == 80 == len({e.id for e in mixed.examples})
    assert sum(e.answer == "coin" for e in mixed.examples) == 40
    assert sum(e.answer == "coin" for e in mixed.examples[:40]) not in (0, 40)
    assert sum(e.answer == "coin" for e in mix([(TASK, 3), (old, 1)], max_examples=50).examples) in (12, 13)
    assert mix([(TASK, 1), (old, 1)], seed=1) == mixed != mix([(TASK, 1), (old, 1)], seed=2)


@pytest.mark.parametrize(
    ("weights", "most", "said"), [((1, 0), None, "the weight 0"), ((1, 1), 500, "at most"), ((1, -1), None, "-1")]
)
def test_mixing_refuses(weights: tuple[float, float], most: int | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        mix([(TASK, weights[0]), (TASK, weights[1])], most)
    with pytest.raises(InputError, match="No tasks"):
        mix([])
