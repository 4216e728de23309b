"""What is recorded of a question that fails, when failures are held back, and several questions at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sensorium import ask
from sensorium.backends.fake import Fake
from sensorium.core.errors import (
    AccessError,
    CutOffError,
    DeadlineError,
    InputError,
    LimitError,
    MediaError,
    MisfitError,
    NotAskedError,
    NoWordsError,
    RateLimitError,
    RefusalError,
    SensoriumError,
    ServiceError,
)
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Delta, Options
from sensorium.core.reply import Reply, Usage
from sensorium.evaluation.conditions import Condition
from sensorium.evaluation.run_store import RunStore
from sensorium.evaluation.runner import settings_of
from sensorium.evaluation.step_runner import MAX_FAILURES_IN_A_ROW, StepRunner, answer_record, failure_kind
from sensorium.tasks.task import Example, Task

TASK = Task("t", tuple(Example(Conversation.of(f"Number {n}?"), ("red",)) for n in range(8)))
LATE = DeadlineError("late", "")


def condition(*answers: str | SensoriumError, name: str = "a") -> Condition:
    """Return a condition that gives these in turn, the last one again and again."""
    left = list(answers)

    def answer(example: Example) -> Reply:
        given = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(given, SensoriumError):
            raise given
        return Reply(given)

    return Condition(name, answer, {"name": name})


def steps(made: Condition, count: int) -> list[tuple[Condition, int]]:
    return [(made, place) for place in range(count)]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DeadlineError, "timeout"), (RateLimitError, "rate limit"), (RefusalError, "refused"), (NoWordsError, "empty"),
        (MisfitError, "bad JSON"), (CutOffError, "cut off"), (ServiceError, "service error"), (LimitError, "limit"),
        (MediaError, "broken file"), (AccessError, ""), (InputError, ""), (NotAskedError, ""),
    ],
)  # fmt: skip
def test_each_error_has_its_kind(error: type[SensoriumError], kind: str) -> None:
    assert failure_kind(error("x", "")) == kind


def test_a_failure_is_charged_for_all_its_tries() -> None:
    model = Fake([Delta(usage=Usage(100, 0), reason="stop"), Delta(usage=Usage(100, 20), reason="stop")])
    options = Options(retries=0)

    def answer(example: Example) -> Reply:
        for _ in range(2):
            try:
                ask(model, example.conversation, options)
            except NoWordsError as error:
                wrong = error
        raise wrong

    priced = Condition("a", answer, price=lambda request: (request.usage.input_tokens or 0) / 1000)
    record, error = answer_record(priced, 3, TASK.examples[3])
    assert record.failure == "empty" and record.example == 3 and isinstance(error, NoWordsError)
    assert (record.usage.input_tokens, record.usage.output_tokens) == (200, 20)
    assert record.usage.usd == pytest.approx(0.2) and record.asked.endswith("Z")


def test_one_try_of_unknown_price_makes_the_money_unknown() -> None:
    unpriced = Condition("a", lambda example: ask(Fake("red"), example.conversation), price=lambda request: None)
    record, _ = answer_record(unpriced, 0, TASK.examples[0])
    assert record.text == "red" and record.usage.usd is None and record.usage.output_tokens == 1


def test_held_back_failures_are_stored_once_another_question_is_answered(tmp_path: Path) -> None:
    made = condition(LATE, LATE, "red")
    with RunStore(tmp_path, settings_of(TASK, [made])) as store, StepRunner(TASK, store, set()) as runner:
        work = runner.started(steps(made, 3))
        for place in range(2):
            record = work((made, place))
            assert record is not None and record.failure == "timeout" and not store.records
        work((made, 2))
        assert sorted(place for _, place in store.records) == [0, 1, 2]


def test_a_condition_without_any_answer_raises_and_stores_nothing(tmp_path: Path) -> None:
    made = condition(LATE)
    with RunStore(tmp_path, settings_of(TASK, [made])) as store, StepRunner(TASK, store, set()) as runner:
        runner.started(steps(made, 1))((made, 0))
        with pytest.raises(DeadlineError):
            runner.finish()
        assert not store.records


def test_five_failures_in_a_row_leave_one_condition_out_and_the_other_goes_on() -> None:
    left_out: dict[str, SensoriumError] = {}
    gone, good = condition("red", LATE, name="gone"), condition("red", name="good")
    with StepRunner(TASK, None, set(), left_out=left_out.__setitem__) as runner:
        work = runner.started([])
        kept = {each.name: [work((each, place)) for place in range(8)] for each in (gone, good)}
    assert left_out == {"gone": LATE}
    answered = [record is not None for record in kept["gone"]]
    assert answered == [True] * MAX_FAILURES_IN_A_ROW + [False] * (8 - MAX_FAILURES_IN_A_ROW)
    assert all(record is not None for record in kept["good"])


def test_a_limit_of_money_or_time_ends_the_asking_and_is_told() -> None:
    made = condition("red", NotAskedError("The budget was over.", ""), "red")
    with StepRunner(TASK, None, set()) as runner:
        work = runner.started(steps(made, 3))
        assert [work((made, place)) is not None for place in range(3)] == [True, False, False]
        assert runner.not_asked == "The budget was over."


def test_several_questions_are_asked_at_once_and_come_in_their_order() -> None:
    together = threading.Barrier(4)

    def answer(example: Example) -> Reply:
        together.wait(60)  # breaks, and the test with it, unless four are here at once
        return Reply(example.conversation.messages[-1].text)

    made = Condition("a", answer)
    todo = steps(made, 8)
    with StepRunner(TASK, None, set(), workers=4) as runner:
        work: Callable[..., object] = runner.started(todo)
        records = [work(step) for step in todo]
    assert [getattr(record, "text", None) for record in records] == [f"Number {n}?" for n in range(8)]


def test_what_is_made_ready_is_no_part_of_a_failures_seconds() -> None:
    seen: list[str] = []

    def answer(example: Example) -> Reply:
        seen.append("asked")
        raise LATE

    made = Condition("a", answer, prepare=lambda: seen.append("ready"))
    record, _ = answer_record(made, 0, TASK.examples[0])
    assert seen == ["ready", "asked"] and record.usage.seconds is not None

    def unreachable() -> None:
        raise ServiceError("The hub can't be reached.", "")

    record, _ = answer_record(Condition("b", answer, prepare=unreachable), 0, TASK.examples[0])
    assert record.failure == "service error" and record.usage.seconds is None and len(seen) == 2
