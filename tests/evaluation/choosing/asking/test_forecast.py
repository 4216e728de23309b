"""What a comparison will cost, without asking; budgets that can't be kept are refused."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from sensorium.backends.fake import Fake
from sensorium.core.catalog import Price
from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Limits, Options
from sensorium.evaluation.choosing.asking.candidate import Candidate
from sensorium.evaluation.choosing.asking.forecast import forecast, require_prices
from sensorium.evaluation.choosing.asking.price_list import PriceList
from sensorium.tasks.task import Example, Task

TASK = Task("t", tuple(Example(Conversation.of(f"Which colour has number {n}?"), ("red",)) for n in range(4)))
PRICES = PriceList({"openai:m": (Price(1, 10, date(2026, 11, 29), "x"),)})
OPTIONS = Options(max_tokens=1000)


def hosted(name: str = "openai:m") -> tuple[Candidate, Fake]:
    model = Fake("red", Limits(parts=("text", "image")), name)
    return Candidate(name, "hosted", name, model=model, options=OPTIONS), model


def test_only_what_is_left_is_counted_and_nothing_is_asked() -> None:
    row, model = hosted()
    all_four, half = (forecast(TASK, [row], PRICES, lambda _, left=left: left)[0] for left in (range(4), (1, 3)))
    assert (all_four.questions, half.questions) == (4, 2) and model.asked == []
    assert all_four.usd is not None and half.usd == pytest.approx(all_four.usd / 2)
    assert all_four.input_tokens is not None
    expected_output = 4 * 9  # "red" is one token, and eight more
    assert all_four.usd == pytest.approx((all_four.input_tokens + 10 * expected_output) / 1e6)
    assert all_four.most_usd is not None and all_four.most_usd >= 4 * 1000 * 10 / 1e6


def test_a_row_of_this_machine_costs_no_money_and_an_unknown_price_stays_unknown() -> None:
    local, (other, _) = Candidate("offline", "offline", "offline"), hosted("openai:other")
    first, second = forecast(TASK, [local, other], PRICES, lambda _: range(4))
    assert first.is_local and first.usd == first.most_usd == 0.0 and "a machine of" in first.price
    assert second.usd is second.most_usd is None and second.price == "unknown"


def test_a_budget_needs_prices_and_bounds_of_pictures() -> None:
    require_prices([hosted()[0], Candidate("offline", "offline", "offline")], PRICES, TASK)
    with pytest.raises(InputError, match="The price of 'openai:other' is unknown"):
        require_prices([hosted("openai:other")[0]], PRICES, TASK)
    picture = Image(np.zeros((8, 8, 3), np.uint8))
    seen = Task("t", (Example(Conversation.of(picture, "Which colour?"), ("red",)),))
    with pytest.raises(InputError, match="What a picture costs 'openai:m' at most is unknown"):
        require_prices([hosted()[0]], PRICES, seen)


def test_a_broken_picture_is_left_out_of_the_sum() -> None:
    row, _ = hosted()
    broken = Example(Conversation.of(Image(b"no picture"), "Which colour?"), ("red",))
    with_broken = Task("t", (*TASK.examples, broken))
    whole = forecast(with_broken, [row], PRICES, lambda _: range(5))[0]
    rest = forecast(TASK, [row], PRICES, lambda _: range(4))[0]
    assert whole.questions == 5 and whole.usd == rest.usd and whole.usd
