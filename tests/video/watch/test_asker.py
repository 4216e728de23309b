"""Steps asked once, side by side, within limits: stored answers, failures, too many requests, Ctrl-C."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensorium import Conversation, Delta, Limits, Options
from sensorium.ask.budget import ModelPrice, OverBudgetError, Spending
from sensorium.backends.fake import Fake
from sensorium.core.errors import AccessError, DeadlineError, InputError, RateLimitError, RefusalError, ServiceError
from sensorium.core.reply import Usage
from sensorium.core.retry import idempotency_key
from sensorium.video.watch import asker as module
from sensorium.video.watch.asker import Asker, Gate
from sensorium.video.watch.steps import StepStore

CHAT = Conversation.of("How many?")
OPTIONS = Options(max_tokens=50)


def ask(asker: Asker, model: Fake, number: int = 0, options: Options = OPTIONS):  # type: ignore[no-untyped-def]
    return asker.ask({"number": number}, model, lambda: CHAT, options, 5)


def test_an_answer_is_asked_for_once_also_in_the_next_run(tmp_path: Path) -> None:
    model = Fake(["one", "two"])
    for run in range(2):
        with StepStore(tmp_path) as store:
            asker = Asker(store)
            found = ask(asker, model)
            assert (found.text, found.is_stored) == ("one", run == 1)
            assert (asker.asked, asker.from_store) == (1 - run, run)
    with StepStore(tmp_path) as store:  # another model, other options or another key are other questions
        assert ask(Asker(store), Fake("other", name="b")).text == "other"
        assert ask(Asker(store), model, options=Options(max_tokens=60)).text == "two"
        assert ask(Asker(store), model, 1).text == "two"
    assert len(model.asked) == 3


def test_two_threads_with_one_question_ask_it_once() -> None:
    def slow(chat: Conversation) -> str:
        time.sleep(0.05)
        return "yes"

    model, asker = Fake(slow), Asker(StepStore())
    results = [answer for _, answer in asker.side_by_side([0] * 6, lambda _: ask(asker, model))]
    assert len(results) == 6 and len(model.asked) == 1


def test_they_are_asked_side_by_side_up_to_the_limit() -> None:
    inside, most, lock = [0], [0], threading.Lock()

    def counting(chat: Conversation) -> str:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        time.sleep(0.02)
        with lock:
            inside[0] -= 1
        return "yes"

    for workers in (1, 3):
        asker, most[0] = Asker(StepStore(), workers=workers), 0
        model = Fake(counting)
        done = dict(asker.side_by_side(range(9), lambda n, a=asker, m=model: ask(a, m, n).text))
        assert done == dict.fromkeys(range(9), "yes") and most[0] == workers


def test_jobs_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(50):
            taken.append(number)
            yield number

    asker = Asker(StepStore(), workers=2)
    for _, _ in asker.side_by_side(jobs(), lambda number: number):
        assert len(taken) <= 50
        break
    assert len(taken) <= 6


def test_a_question_that_failed_twice_raises_its_error_and_the_rest_goes_on() -> None:
    asker = Asker(StepStore())
    broken = Fake(ServiceError("down", retryable=True))
    with pytest.raises(ServiceError, match="down"):
        ask(asker, broken)
    assert len(broken.asked) == 2
    refusing = Fake(RefusalError("no"))
    with pytest.raises(RefusalError):
        ask(asker, refusing)
    assert len(refusing.asked) == 1  # it would refuse again
    once = Fake([ServiceError("down", retryable=True), "fine"])
    assert ask(asker, once).text == "fine"
    results = dict(asker.side_by_side([1, 2], lambda n: ask(asker, broken if n == 1 else Fake("ok", name="c"), n)))
    assert isinstance(results[1], ServiceError) and results[2].text == "ok"  # type: ignore[union-attr]


def test_too_many_requests_slow_everybody_down_and_cost_nothing() -> None:
    busy = RateLimitError("busy", retryable=True, wait_seconds=0.05)
    spending = Spending(max_tokens=10_000)
    asker = Asker(StepStore(), spending, workers=4)
    start = time.monotonic()
    found = ask(asker, Fake([busy, busy, Delta("yes", usage=Usage(5, 2))]))
    assert found.text == "yes" and time.monotonic() - start >= 0.1
    assert asker.gate.limit == 1 and spending.tokens == 7
    with pytest.raises(RateLimitError):
        ask(Asker(StepStore()), Fake(RateLimitError("busy", retryable=True, wait_seconds=0.0)), 1)


def test_a_gate_opens_again() -> None:
    gate = Gate(4)
    gate.slow_down(0.0)
    assert gate.limit == 2
    for _ in range(40):
        with gate.slot():
            pass
    assert gate.limit == 4
    with pytest.raises(InputError, match="At least one question"):
        Gate(0)


def test_what_concerns_every_question_is_not_tried_again() -> None:
    model = Fake(AccessError("no key"))
    with StepStore() as store, pytest.raises(AccessError):
        ask(Asker(store), model)
    assert len(model.asked) == 1


def test_a_budget_holds_side_by_side() -> None:
    def spending_all(chat: Conversation) -> Delta:
        time.sleep(0.005)
        return Delta("yes", usage=Usage(20, 50))

    prices = {"fake": ModelPrice(100.0, 1000.0)}
    one = (20 * 100 + 50 * 1000) / 1e6
    spending = Spending(max_usd=7.5 * one)
    asker = Asker(StepStore(), spending, prices, workers=4)
    model = Fake(spending_all)
    results = [answer for _, answer in asker.side_by_side(range(20), lambda n: ask(asker, model, n))]
    over = [each for each in results if isinstance(each, OverBudgetError)]
    assert spending.usd <= 7.5 * one and len(model.asked) + len(over) == 20 and over
    assert asker.usage().usd == pytest.approx(spending.usd) and 4 <= len(model.asked) <= 7


def test_an_answer_that_never_came_counts_at_its_most() -> None:
    spending = Spending(max_tokens=2000)
    asker = Asker(StepStore(), spending)
    with pytest.raises(DeadlineError):
        ask(asker, Fake(DeadlineError("late", retryable=True)))
    assert spending.tokens >= 2 * 50


class Recording(Fake):
    """A model that notes the key that its request carries."""

    def __init__(self, *answers: object) -> None:
        super().__init__(list(answers), Limits(), name="recording")  # type: ignore[arg-type]
        self.keys: list[str] = []

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        self.keys.append(idempotency_key())
        yield from super().stream(chat, options)


def test_a_lost_request_is_repeated_under_its_key_and_a_failed_one_under_another(tmp_path: Path) -> None:
    late = DeadlineError("late", retryable=True)
    model = Recording(late, "yes")
    with StepStore(tmp_path) as store:
        ask(Asker(store), model)
    assert model.keys[0] == model.keys[1] != ""
    failing = Recording(ServiceError("down", retryable=True), "yes")
    with StepStore(tmp_path) as store:
        ask(Asker(store), failing, 1)
    assert failing.keys[0] != failing.keys[1]


def test_what_an_earlier_run_sent_is_repeated_under_its_key_or_not_at_all(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    model = Recording("yes")
    with StepStore(tmp_path) as store:
        store.failed = lambda key: None  # type: ignore[method-assign]  # a kill leaves no time to note it
        asker = Asker(store)
        real = model.stream

        def killed(chat: Conversation, options: Options) -> Iterator[Delta]:
            yield from real(chat, options)
            raise Killed

        model.stream = killed  # type: ignore[method-assign]
        with pytest.raises(Killed):
            ask(asker, model)
        model.stream = real  # type: ignore[method-assign]
    with StepStore(tmp_path) as store:
        with pytest.raises(ServiceError, match="not asked again"):
            ask(Asker(store, may_repeat=False), model)
        asker = Asker(store)
        assert ask(asker, model).text == "yes" and asker.repeated == 1
    assert len(model.keys) == 2 and model.keys[0] == model.keys[1]


def test_ctrl_c_asks_nothing_more_and_keeps_what_was_on_its_way(tmp_path: Path) -> None:
    begun = threading.Semaphore(0)

    def slow(chat: Conversation) -> str:
        begun.release()
        time.sleep(0.2)
        return "yes"

    model = Fake(slow)
    with StepStore(tmp_path) as store:
        asker = Asker(store, workers=2)

        def jobs() -> Iterator[int]:
            yield from range(3)
            assert begun.acquire(timeout=20) and begun.acquire(timeout=20)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            list(asker.side_by_side(jobs(), lambda n: ask(asker, model, n)))
        kept = [n for n in range(3) if asker.is_stored({"number": n}, model, OPTIONS)]
    assert len(kept) == len(model.asked) == 2


def test_a_hanging_answer_is_given_up_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.05)
    begun = threading.Event()

    class Hanging(Fake):
        def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
            begun.set()
            while True:
                yield Delta(" ")
                time.sleep(0.01)

    asker, model = Asker(StepStore(), workers=1), Hanging("x")

    def jobs() -> Iterator[int]:
        yield 0
        begun.wait()
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(asker.side_by_side(jobs(), lambda n: ask(asker, model, n)))
    assert time.monotonic() - start < 5
