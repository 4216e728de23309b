"""What requests cost at most, and a limit that holds whatever comes back."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from coloured import picture

from sensorium import Conversation, Image, Limits, Options
from sensorium.ask.budget import (
    ModelPrice,
    OverBudgetError,
    Spending,
    picture_tokens,
    request_cost,
    require_bounds,
    text_tokens,
    usage_usd,
)
from sensorium.backends.fake import Fake
from sensorium.core.errors import InputError
from sensorium.core.reply import Usage

LUNA = Fake("x", Limits(max_side=2048, schema="enforced"), name="openai:gpt-6-luna")


def test_a_request_costs_its_text_its_images_and_all_the_answer_that_it_may_have() -> None:
    chat = Conversation.of(Image(np.zeros((320, 640, 3), np.uint8), at=1.5), "What is seen?" * 20)
    cost = request_cost(LUNA, chat, Options(max_tokens=700), 100)
    image = picture_tokens(LUNA.name, LUNA.limits, 640, 320)[0]
    assert image == 240 and cost.output_tokens == 100 and cost.most_output == 700
    assert image < cost.input_tokens < image + 100
    assert cost.most_input is not None and cost.most_input >= image + 13 * 20
    assert cost.usd(LUNA.name, {}) == pytest.approx((cost.input_tokens * 0.1 + 100 * 0.5) / 1e6)
    assert cost.most_tokens == cost.most_input + 700


def test_a_schema_may_be_sent_twice() -> None:
    chat = Conversation.of("What is seen?")
    plain, shaped = (
        request_cost(LUNA, chat, Options(max_tokens=100, schema=schema), 50) for schema in (None, {"type": "object"})
    )
    assert shaped.most_output == 200 and shaped.most_input > 2 * plain.most_input


def test_large_images_are_counted_as_they_are_sent() -> None:
    assert picture_tokens(LUNA.name, LUNA.limits, 4096, 2048) == picture_tokens(LUNA.name, LUNA.limits, 2048, 1024)


def test_a_server_that_runs_a_known_model_is_taken_to_count_like_it_but_has_no_price() -> None:
    name = "openai:gpt-6-luna@http://127.0.0.1:1/v1"
    assert picture_tokens(name, Limits(), 320, 320)[0] == 120
    assert usage_usd(name, Usage(10, 10), {}) is None
    assert usage_usd(name, Usage(10**6, 10**6), {name: ModelPrice(0.25, 1)}) == 1.25


def test_an_unknown_image_has_no_bound() -> None:
    expected, most = picture_tokens("ollama:llava", Limits(), 512, 512)
    assert expected > 0 and most is None
    cost = request_cost(Fake("x"), Conversation.of(picture("red"), "?"), Options(), 1)
    assert cost.most_input is None and cost.most_tokens is None and cost.most_usd("fake", {}) is None


def test_what_runs_here_costs_nothing_however_many_tokens_a_picture_has() -> None:
    cost = request_cost(Fake("x"), Conversation.of(picture("red"), "?"), Options(), 1)
    assert cost.most_usd("fake", {"fake": ModelPrice(0, 0)}) == 0.0
    assert cost.most_usd("fake", {"fake": ModelPrice(0, 1)}) is None


def test_text_is_counted_by_words_and_other_scripts_cost_more() -> None:
    assert text_tokens("word " * 100) == pytest.approx(100, abs=10)
    assert text_tokens("शब्द " * 100) > 2 * text_tokens("word " * 100)


def test_what_is_reserved_is_replaced_by_what_was_spent() -> None:
    spending = Spending(max_usd=1.0, max_tokens=100)
    first = spending.reserve(60, 0.5)
    with pytest.raises(OverBudgetError):
        spending.reserve(41, 0.1)
    with pytest.raises(OverBudgetError):
        spending.reserve(1, 0.51)
    spending.settle(first, 10, 0.1)
    assert (spending.tokens, spending.usd) == (10, 0.1)
    second = spending.reserve(90, 0.9)
    spending.release(second)
    third = spending.reserve(90, 0.9)
    spending.settle(third, None, None)  # not counted: it may have cost all
    assert (spending.tokens, spending.usd) == (100, 1.0)


def test_what_is_unknown_never_fits_a_limit() -> None:
    assert not Spending(max_usd=1).fits(1, None) and not Spending(max_tokens=1).fits(None, 0.0)
    assert Spending().fits(None, None) and Spending(max_usd=1).fits(None, 0.5)


def test_many_threads_never_exceed_it() -> None:
    spending, over = Spending(max_tokens=1000), []

    def spend() -> None:
        for _ in range(200):
            try:
                hold = spending.reserve(10, None)
            except OverBudgetError:
                over.append(1)
            else:
                spending.settle(hold, 7, None)

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 990 - 7 < spending.tokens <= 1000 and over


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")])
def test_a_limit_is_over_nothing(value: float) -> None:
    with pytest.raises(InputError, match="A budget is over 0"):
        Spending(max_usd=value)


def test_a_budget_that_can_not_be_kept_is_refused() -> None:
    with pytest.raises(InputError, match="The price of 'fake' is unknown") as error:
        require_bounds(Spending(max_usd=1), Fake("x"), {}, True)
    assert "`price=" in error.value.hint
    with pytest.raises(InputError, match="What a picture costs 'fake' is unknown"):
        require_bounds(Spending(max_tokens=10), Fake("x"), {}, True)
    with pytest.raises(InputError, match="What a picture costs"):
        require_bounds(Spending(max_usd=1), Fake("x"), {"fake": ModelPrice(1, 1)}, True)
    require_bounds(Spending(max_usd=1), Fake("x"), {"fake": ModelPrice(0, 0)}, True)  # it runs here, for nothing
    require_bounds(Spending(max_usd=1), Fake("x"), {"fake": ModelPrice(1, 1)}, False)
    require_bounds(Spending(), Fake("x"), {}, True)
    require_bounds(Spending(max_usd=1, max_tokens=5), LUNA, {}, True)
