from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from sensorium import Audio, Conversation, Evidence, Image, Message, Usage, ask, stream
from sensorium.ask import ask_all
from sensorium.backends.fake import Fake
from sensorium.core.catalog import Entry, Price, entries
from sensorium.core.errors import (
    DeadlineError,
    InputError,
    InstallError,
    LimitError,
    MediaError,
    MisfitError,
    RateLimitError,
    ServiceError,
)
from sensorium.core.protocols import Delta, Limits, Model, Options
from sensorium.core.retry import abandonable
from sensorium.media.image import encode

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
        (Conversation.of(Image(b"a"), Image(b"b"), "which?"), Limits(max_images=1), "at most 1 picture,"),
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
    monkeypatch.setitem(entries(), "paid", Entry("paid", "", ("text",), prices=(price,)))
    told = Fake(Delta("ok", usage=Usage(input_tokens=1_000_000, output_tokens=100_000)), name="paid")
    assert ask(told, HELLO).usage.usd == pytest.approx(2.0)
    assert ask(Fake("ok"), HELLO).usage.usd is None


def test_a_wait_that_the_service_asks_for_is_kept(naps: list[float]) -> None:
    busy = RateLimitError("Too many.", "Wait.", retryable=True, wait_seconds=7.5)
    assert ask(Fake([busy, "There."]), HELLO).text == "There."
    assert naps == [7.5]


def test_a_wait_beyond_the_deadline_is_not_begun(naps: list[float]) -> None:
    busy = RateLimitError("Too many.", "Wait.", retryable=True, wait_seconds=7.5)
    with pytest.raises(RateLimitError):
        ask(Fake([busy, "There."]), HELLO, Options(timeout_seconds=5))
    assert naps == []


def test_a_whole_answer_that_broke_off_is_asked_for_again(naps: list[float]) -> None:
    class Cut:
        name = "cut"
        limits = Limits()
        asked = 0

        def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
            self.asked += 1
            yield Delta("Half")
            if self.asked == 1:
                raise ServiceError("Cut.", retryable=True)
            yield Delta(" and half.", cut=True)

    reply = ask(Cut(), HELLO)
    assert (reply.text, reply.cut) == ("Half and half.", True)


def test_each_attempt_has_the_time_that_is_left() -> None:
    class Timed:
        name = "timed"
        limits = Limits()
        allowed: list[float] = []  # noqa: RUF012

        def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
            self.allowed.append(options.timeout_seconds)
            if len(self.allowed) == 1:
                raise ServiceError("Again.", retryable=True, wait_seconds=0.2)
            yield Delta("Done.")

    ask(Timed(), HELLO, Options(timeout_seconds=3))
    first, second = Timed.allowed
    assert first <= 3 and second < first - 0.19


def test_too_many_tokens_are_known_before_anything_is_sent() -> None:
    model = Fake("never", limits=Limits(context_tokens=1000, image_tokens=258))
    for chat in (Conversation.of("x" * 8009), Conversation.of(*[Image(b"a")] * 4, "?")):
        with pytest.raises(LimitError, match="at most 1,000 tokens") as caught:
            ask(model, chat)
        assert caught.value.hint
    assert ask(model, Conversation.of(*[Image(b"a")] * 3, "?")).text == "never"


def test_a_services_images_are_counted_by_their_size_as_sent() -> None:
    photo = encode(np.zeros((3024, 4032, 3), np.uint8))  # sent as 2048 × 1536: 64 × 48 patches, 3,687 tokens
    limits = Limits(context_tokens=10_000, max_side=2048)
    model = Fake("never", limits=limits, name="openai:gpt-6-luna")
    assert ask(model, Conversation.of(photo, photo, "?")).text == "never"
    with pytest.raises(LimitError, match="at most 10,000 tokens, and the conversation has at least 11,061"):
        ask(model, Conversation.of(photo, photo, photo, "?"))
    unshrunk = Fake("never", limits=replace(limits, max_side=None, image_tokens=5001), name="openai:gpt-6-luna")
    with pytest.raises(LimitError, match="at least 10,002"):  # not a service: its own least counts
        ask(unshrunk, Conversation.of(photo, photo, "?"))
    with pytest.raises(MediaError):
        ask(model, Conversation.of(Image(b"a"), "?"))


AGE = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


@dataclass
class Cat:
    name: str
    age: int


def test_an_answer_by_a_schema_is_checked_and_typed() -> None:
    reply = ask(Fake('{"age": 7}'), HELLO, Options(schema=AGE))
    assert (reply.data, reply.repaired, reply.text) == ({"age": 7}, False, '{"age": 7}')
    assert ask(Fake('```json\n{"name": "Tom", "age": 7}\n```'), HELLO, Options(schema=Cat)).data == Cat("Tom", 7)


def test_a_model_that_does_not_keep_to_schemas_by_itself_is_told() -> None:
    model = Fake('{"age": 7}', limits=Limits(schema="prompted"))
    ask(model, HELLO, Options(schema=AGE))
    assert model.asked[0].messages[-1].text.startswith("hello\nAnswer with JSON only")
    model = Fake('{"age": 7}', limits=Limits(schema="enforced"))
    ask(model, HELLO, Options(schema=AGE))
    assert model.asked == [HELLO]
    model = Fake('{"age": 7}', limits=Limits(schema="none"))
    with pytest.raises(LimitError, match="schema"):
        ask(model, HELLO, Options(schema=AGE))
    assert model.asked == []


def test_an_answer_that_does_not_fit_is_sent_back_once() -> None:
    model = Fake(['{"age": "seven"}', '{"age": 7}'], limits=Limits(schema="enforced"))
    reply = ask(model, HELLO, Options(schema=AGE))
    assert reply.data == {"age": 7} and reply.repaired
    assert model.asked[1].messages[:2] == (*HELLO.messages, Message("assistant", '{"age": "seven"}'))
    assert "'seven' is not of type 'integer' at $.age" in model.asked[1].messages[2].text
    assert reply.usage.output_tokens == 4


@pytest.mark.parametrize("answers", ["I think he is 7.", '{"age": "seven"}', "{}"])
def test_a_second_answer_that_does_not_fit_is_an_error(answers: str) -> None:
    model = Fake(answers)
    with pytest.raises(MisfitError, match="does not fit the schema, even") as caught:
        ask(model, HELLO, Options(schema=AGE))
    assert len(model.asked) == 2 and caught.value.hint and caught.value.message.endswith(f"It is '{answers}'.")


def test_neither_an_abstention_nor_a_cut_answer_is_repaired() -> None:
    model = Fake(Delta("I can't tell.", abstained=True))
    reply = ask(model, HELLO, Options(schema=AGE))
    assert (reply.data, reply.abstained, len(model.asked)) == (None, True, 1)
    model = Fake(Delta('{"age', cut=True))
    with pytest.raises(ServiceError, match="cut") as caught:
        ask(model, HELLO, Options(schema=AGE))
    assert "max_tokens=2048" in caught.value.hint and len(model.asked) == 1


@pytest.mark.parametrize("rules", [{"type": "nonsense"}, {"$ref": "#/nowhere"}, {"$ref": "http://127.0.0.1:9/x"}])
def test_a_schema_that_is_none_is_the_users_mistake(rules: dict[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        ask(Fake("7"), HELLO, Options(schema=rules))
    assert caught.value.hint


def test_without_jsonschema_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    model = Fake('{"age": 7}')
    with pytest.raises(InstallError) as caught:
        ask(model, HELLO, Options(schema=AGE))
    assert caught.value.hint == "Type: pip install jsonschema" and model.asked == []


def test_several_questions_go_at_once_where_the_model_takes_them() -> None:
    class Batches(Fake):
        def batch(self, chats: Sequence[Conversation], options: Options) -> list[Delta]:
            self.asked += chats
            return [Delta(chat.messages[-1].text.upper(), usage=Usage(output_tokens=2)) for chat in chats]

    chats = [Conversation.of("one"), Conversation.of("two")]
    model = Batches("never", limits=Limits(parts=("text",)))
    replies = ask_all(model, chats)
    assert [reply.text for reply in replies] == ["ONE", "TWO"]
    assert replies[0].usage.seconds and replies[0].usage.first_seconds is None
    with pytest.raises(LimitError):
        ask_all(model, [*chats, Conversation.of(Image(b"a"))])
    assert model.asked == chats  # the second time nothing was sent
    plain = Fake(lambda chat: chat.messages[-1].text)
    assert [reply.text for reply in ask_all(plain, chats)] == ["one", "two"]
    assert ask_all(model, []) == []


def test_a_stream_that_nobody_waits_for_ends_at_a_delta_without_words() -> None:
    left, closed = [], []

    class Slow(Fake):
        def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
            try:
                yield Delta("It is a cup. ")
                for _ in range(100):
                    yield Delta("")
            finally:
                closed.append(True)

    with abandonable(lambda: bool(left)):
        deltas = stream(Slow("never"), HELLO)
        assert next(deltas).text == "It is a cup. "
        left.append(True)
        with pytest.raises(DeadlineError, match="Nobody waits"):
            next(deltas)
    assert closed == [True]
