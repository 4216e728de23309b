"""What a comparison will cost before anything is asked, and whether a budget can be kept at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sensorium.ask.budget import request_cost
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.evaluation.choosing.asking.candidate import Candidate, expected_tokens
from sensorium.evaluation.choosing.asking.price_list import PriceList
from sensorium.tasks.task import Example, Task


@dataclass(frozen=True)
class RowForecast:
    """What asking one candidate costs.

    Args:
        name: The candidate's.
        is_local: Whether it runs on this machine, and so costs time only.
        questions: How many are still to be asked.
        usd: US dollars as expected; None if the price is unknown. Thoughts of the model are not in it.
        most_usd: At most, if every question is asked once; None if that is unknown.
        input_tokens: As expected, of all questions.
        price: In words.
    """

    name: str
    is_local: bool
    questions: int
    usd: float | None
    most_usd: float | None
    input_tokens: int | None
    price: str


def forecast(
    task: Task, candidates: Sequence[Candidate], prices: PriceList, left: Callable[[Candidate], Sequence[int]]
) -> tuple[RowForecast, ...]:
    """Return what asking costs; nothing is asked.

    Args:
        task: What would be asked, in its order.
        candidates: Whom.
        prices: What models cost.
        left: Returns the positions of the questions that are still to be asked of a candidate.
    """
    rows = []
    for each in candidates:
        places, price = left(each), each.price(prices)
        if each.is_local:
            rows.append(RowForecast(each.name, True, len(places), 0.0, 0.0, None, price))
            continue
        costs = [cost for place in places if (cost := _cost(each, task.examples[place], prices)) is not None]
        expected, most = [cost[0] for cost in costs], [cost[1] for cost in costs]
        rows.append(
            RowForecast(
                each.name, False, len(places),
                None if None in expected else math.fsum(value for value in expected if value is not None),
                None if None in most else math.fsum(value for value in most if value is not None),
                sum(cost[2] for cost in costs),
                price,
            )
        )  # fmt: skip
    return tuple(rows)


def _cost(candidate: Candidate, example: Example, prices: PriceList) -> tuple[float | None, float | None, int] | None:
    """Return what a question costs, expected and at most, and its tokens; None if its picture is broken."""
    assert candidate.model is not None
    try:
        cost = request_cost(
            candidate.model, candidate.chat(example), candidate.options, expected_tokens(candidate, example)
        )
    except MediaError:
        return None
    name, seconds = candidate.model_name, candidate.options.timeout_seconds
    return prices.expected_usd(name, cost), prices.most_usd(name, cost, seconds), cost.input_tokens


def require_prices(candidates: Sequence[Candidate], prices: PriceList, task: Task) -> None:
    """Raise InputError if a budget can't be kept: a model's price, or what its pictures cost at most, is unknown."""
    for each in candidates:
        if each.is_local:
            continue
        if not prices.prices(each.model_name):
            raise InputError(
                f"The price of {quoted(each.model_name)} is unknown, so a budget can't be kept.",
                f"Say what a million tokens in and out cost: `price='{each.model_name}=0.1,0.5'`",
            )
        first = next((cost for example in task.examples if (cost := _cost(each, example, prices)) is not None), None)
        if first is not None and first[1] is None:
            raise InputError(
                f"What a picture costs {quoted(each.model_name)} at most is unknown, so a budget can't be kept.",
                "Leave `max_usd` out, or choose another model: sensorium models",
            )
