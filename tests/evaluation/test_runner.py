"""The runner: every question under every condition once; failures count as wrong; what must stop it stops it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from compared import examples

from sensorium.backends.fake import Fake
from sensorium.core.errors import (
    AccessError,
    DeadlineError,
    InputError,
    InstallError,
    LimitError,
    MediaError,
    NoWordsError,
    RateLimitError,
    RefusalError,
    SensoriumError,
    ServiceError,
)
from sensorium.core.messages import Conversation, Message, Text
from sensorium.core.protocols import Delta, Model, Options
from sensorium.core.reply import Reply, Usage
from sensorium.evaluation import Condition, ModelSlot, RunStore, model_condition, run, settings_of
from sensorium.tasks.task import Task

TASK = Task("colours", tuple(examples(8)))
KINDS = {
    "timeout": DeadlineError("slow"),
    "rate limit": RateLimitError("later"),
    "refused": RefusalError("no"),
    "service error": ServiceError("gone"),
    "limit": LimitError("long"),
    "broken file": MediaError("torn"),
    "empty": NoWordsError("no words"),
}
STOP = {"timeout", "rate limit", "service error", "limit"}
"""Five of these in a row stop a run; the others are the answer to one question."""


def asking(name: str, answer: Callable[[int], Reply | SensoriumError]) -> tuple[Condition, list[int]]:
    """Make a condition that answers by the number of the question, and the numbers that it was asked."""
    asked: list[int] = []

    def reply(example: object) -> Reply:
        number = next(n for n, own in enumerate(TASK.examples) if own is example)
        asked.append(number)
        given = answer(number)
        if isinstance(given, SensoriumError):
            raise given
        return given

    return Condition(name, reply, {"name": name}), asked


def test_one_record_an_answer_one_condition_after_another() -> None:
    right, _ = asking("right", lambda number: Reply("red"))
    half, _ = asking("half", lambda number: Reply(("red", "blue")[number % 2], confidence=0.5))
    order: list[str] = []

    def progress(items, work, label):  # type: ignore[no-untyped-def]
        for item in items:
            order.append(item[0].name)
            yield item, work(item)

    answers = run(TASK, [right, half], ["exact"], progress=progress)
    assert order == ["right"] * 8 + ["half"] * 8
    assert answers.scores("right", "exact") == (1.0,) * 8 and sum(answers.scores("half", "exact")) == 4
    assert answers.records["half"][3].text == "blue" and answers.records["half"][3].confidence == 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_is_a_record_of_its_kind_and_scores_zero(kind: str) -> None:
    condition, asked = asking("c", lambda number: KINDS[kind] if number == 2 else Reply("red"))
    answers = run(TASK, [condition], ["exact"])
    assert answers.failures("c") == {kind: 1} and answers.records["c"][2].detail == KINDS[kind].message
    assert answers.scores("c", "exact") == (1.0, 1.0, 0.0, *[1.0] * 5) and asked == list(range(8))


def test_an_empty_answer_is_a_failure_and_one_that_cannot_tell_is_none() -> None:
    condition, _ = asking("c", lambda number: Reply(" ") if number == 1 else Reply("", abstained=True))
    assert run(TASK, [condition]).failures("c") == {"empty": 1}


@pytest.mark.parametrize("cut", [False, True])
def test_a_model_that_runs_here_and_says_nothing_scores_zero_and_is_asked_once(cut: bool, tmp_path: Path) -> None:
    model = Fake(Delta(" ", usage=Usage(output_tokens=12), cut=cut))
    condition = model_condition("c", lambda: model, {}, options=Options(max_tokens=12))
    with RunStore(tmp_path, {}) as store:
        answers = run(TASK, [condition], ["exact"], store=store)
        assert len(store.records) == len(model.asked) == 8
    assert answers.failures("c") == {"empty": 8} and answers.scores("c", "exact") == (0.0,) * 8
    assert answers.records["c"][0].detail == ("fake gave no words in its 12 tokens." if cut else "fake gave no words.")


@pytest.mark.parametrize("error", [AccessError("no key"), InstallError("no package"), InputError("a mistake")])
def test_what_must_stop_a_run_stops_it(error: SensoriumError, tmp_path: Path) -> None:
    condition, asked = asking("c", lambda number: error if number == 3 else Reply("red"))
    with RunStore(tmp_path, {}) as store, pytest.raises(type(error)):
        run(TASK, [condition], store=store)
    assert asked == [0, 1, 2, 3]
    with RunStore(tmp_path, {}) as store:
        assert len(store.records) == 3


def test_a_service_that_is_gone_stops_it_and_is_asked_again(tmp_path: Path) -> None:
    condition, asked = asking("c", lambda number: Reply("red") if number < 2 else ServiceError("gone"))
    with RunStore(tmp_path, {}) as store, pytest.raises(ServiceError):
        run(TASK, [condition], store=store)
    assert asked == list(range(7))  # five failures in a row
    again, more = asking("c", lambda number: Reply("red"))
    with RunStore(tmp_path, {}) as store:
        assert run(TASK, [again], store=store).failures("c") == {}
    assert more == list(range(2, 8))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_with_one_question_never_stops_a_run(kind: str, tmp_path: Path) -> None:
    condition, asked = asking("c", lambda number: Reply("red") if number < 2 else KINDS[kind])
    with RunStore(tmp_path, {}) as store:
        if kind in STOP:
            with pytest.raises(type(KINDS[kind]), match=KINDS[kind].message):
                run(TASK, [condition], store=store)
        else:
            assert run(TASK, [condition], store=store).failures("c") == {kind: 6}
        assert len(asked) == (7 if kind in STOP else 8) and len(store.records) == (2 if kind in STOP else 8)


def test_a_few_failures_in_a_row_are_stored(tmp_path: Path) -> None:
    condition, _ = asking("c", lambda number: ServiceError("gone") if number in (1, 2, 7) else Reply("red"))
    with RunStore(tmp_path, {}) as store:
        run(TASK, [condition], store=store)
    again, more = asking("c", lambda number: Reply("red"))
    with RunStore(tmp_path, {}) as store:
        assert run(TASK, [again], store=store).failures("c") == {"service error": 3}
    assert more == []


def test_a_condition_without_any_answer_stops_it() -> None:
    few = replace(TASK, examples=TASK.examples[:2])
    condition, _ = asking("c", lambda number: LimitError("too long"))
    with pytest.raises(LimitError):
        run(few, [condition])


def test_what_is_stored_is_not_asked_again(tmp_path: Path) -> None:
    first, asked = asking("a", lambda number: Reply("red"))
    second, _ = asking("b", lambda number: Reply("blue"))
    settings = settings_of(TASK, [first, second])
    with RunStore(tmp_path, settings) as store:
        whole = run(TASK, [first, second], store=store)
    with RunStore(tmp_path, settings) as store:
        again, more = asking("a", lambda number: ServiceError("never asked"))
        assert run(TASK, [again, second], store=store) == whole
    assert (asked, more) == (list(range(8)), [])


def test_a_metric_that_does_not_fit_is_said_before_anything_is_asked() -> None:
    condition, asked = asking("c", lambda number: Reply("red"))
    with pytest.raises(InputError, match="has no choices"):
        run(TASK, [condition], ["choice"])
    with pytest.raises(InputError, match="Unknown metric"):
        run(TASK, [condition], ["bleu"])
    with pytest.raises(InputError, match="has no questions"):
        run(Task("none"), [condition])
    with pytest.raises(InputError, match="same name"):
        run(TASK, [condition, condition])
    assert asked == []


def test_a_chain_is_a_condition() -> None:
    def shout(chat: Conversation) -> Conversation:
        return Conversation(tuple(Message(m.role, (Text(m.text.upper()),)) for m in chat.messages))

    model = Fake("red")
    condition = model_condition("loud", lambda: model, {"model": "fake"}, options=Options(max_tokens=5), chain=[shout])
    run(TASK, [condition])
    assert model.asked[0].messages[-1].text == "WHICH COLOUR IS 0?"
    assert condition.key["model"] == "fake" and condition.key["options"]["max_tokens"] == 5
    assert "timeout_seconds" not in condition.key["options"]


def test_one_model_at_a_time_is_loaded_and_only_when_it_is_asked() -> None:
    loaded: list[str] = []

    def loading(name: str) -> Callable[[], Model]:
        def load() -> Model:
            loaded.append(name)
            return Fake(name)

        return load

    slot = ModelSlot()
    first, second = slot.lazy(loading("a")), slot.lazy(loading("b"))
    assert loaded == []
    run(
        TASK, [model_condition("a", first, {}), model_condition("a again", first, {}), model_condition("b", second, {})]
    )
    assert loaded == ["a", "b"]
