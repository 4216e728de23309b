from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from sensorium import Audio, Conversation, Evidence, Image, Message, Usage, ask, stream
from sensorium.backends.fake import Fake
from sensorium.core.catalog import Entry, Price, entries
from sensorium.core.errors import DeadlineError, LimitError, RateLimitError, ServiceError
from sensorium.core.roles import Delta, Limits, Model, Options

HELLO = Conversation.of("hello")


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def test_a_reply_joins_the_pieces_and_times_them() -> None:
    reply = ask(Fake("A big red bus."), HELLO)
    assert reply.text == "A big red bus."
    assert reply.model == "fake"
    assert reply.usage.output_tokens == 4
    assert reply.usage.seconds is not None and reply.usage.first_seconds is not None
    assert 0 < reply.usage.first_seconds <= reply.usage.seconds


def test_the_last_of_each_field_counts_and_evidence_adds_up() -> None:
    class Pieces:
        name = "pieces"
        limits = Limits()

        def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
            yield Delta("A", confidence=0.2, evidence=(Evidence("read", "A"),))
            yield Delta("B", abstained=True)
            yield Delta(confidence=0.9, evidence=(Evidence("read", "B"),))

    assert isinstance(Pieces(), Model)
    reply = ask(Pieces(), HELLO)
    assert (reply.text, reply.confidence, reply.abstained) == ("AB", 0.9, True)
    assert [seen.text for seen in reply.evidence] == ["A", "B"]


@pytest.mark.parametrize(
    ("chat", "limits", "quoted"),
    [
        (Conversation.of(Audio(b"RIFF"), "what?"), Limits(parts=("text", "image")), "audio"),
        (Conversation.of(Image(b"a"), Image(b"b"), "which?"), Limits(most_images=1), "at most 1 picture,"),
        (Conversation(), Limits(), "user"),
        (Conversation((Message("assistant", "hello"),)), Limits(), "user"),
    ],
)
def test_limits_are_checked_before_anything_is_sent(chat: Conversation, limits: Limits, quoted: str) -> None:
    model = Fake("never", limits=limits)
    with pytest.raises(LimitError, match=quoted) as caught:
        ask(model, chat)
    assert model.asked == [] and caught.value.hint


def test_a_retryable_error_is_tried_again(naps: list[float]) -> None:
    busy = RateLimitError("Too many.", "Wait.", retryable=True)
    model = Fake([busy, busy, "There."])
    assert ask(model, HELLO).text == "There."
    assert len(model.asked) == 3
    assert 0.25 <= naps[0] <= 0.5 < naps[1] <= 1.0


def test_it_gives_up_after_the_allowed_tries(naps: list[float]) -> None:
    model = Fake(RateLimitError("Too many.", "Wait.", retryable=True))
    with pytest.raises(RateLimitError):
        ask(model, HELLO, Options(retries=1))
    assert len(model.asked) == 2


def test_other_errors_are_not_tried_again(naps: list[float]) -> None:
    model = Fake(ServiceError("Broken."))
    with pytest.raises(ServiceError):
        ask(model, HELLO)
    assert len(model.asked) == 1 and naps == []


def test_nothing_is_said_twice_when_an_answer_breaks_off(naps: list[float]) -> None:
    class Cut:
        name = "cut"
        limits = Limits()

        def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
            yield Delta("Half")
            raise ServiceError("Cut.", retryable=True)

    heard = []
    with pytest.raises(ServiceError):
        for delta in stream(Cut(), HELLO):
            heard.append(delta.text)
    assert heard == ["Half"]


def test_a_slow_answer_meets_its_deadline() -> None:
    class Slow:
        name = "slow"
        limits = Limits()

        def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
            for _ in range(100):
                time.sleep(0.01)
                yield Delta(".")

    with pytest.raises(DeadlineError, match=r"0\.05 s"):
        ask(Slow(), HELLO, Options(timeout_seconds=0.05))


def test_money_comes_from_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import date

    price = Price(1.0, 10.0, date(2026, 11, 1), "https://example.com/prices")
    monkeypatch.setitem(entries(), "paid", Entry("paid", "", ("text",), price=price))
    told = Fake(Delta("ok", usage=Usage(input_tokens=1_000_000, output_tokens=100_000)), name="paid")
    assert ask(told, HELLO).usage.usd == pytest.approx(2.0)
    assert ask(Fake("ok"), HELLO).usage.usd is None
