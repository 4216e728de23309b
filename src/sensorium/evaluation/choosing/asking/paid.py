"""Paid questions: what each may cost is set aside on disk before it is sent, and settled by what was counted."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

from sensorium.ask import ask
from sensorium.ask.budget import OverBudgetError, Spending, request_cost
from sensorium.ask.ready import prepare
from sensorium.ask.request_log import RequestUsage, logged_requests
from sensorium.core.errors import (
    AccessError,
    InputError,
    NotAskedError,
    RateLimitError,
    RefusalError,
    SensoriumError,
)
from sensorium.core.files import LineLog
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Model, Options
from sensorium.core.reply import Reply
from sensorium.core.retry import FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS, idempotent, seconds_left
from sensorium.evaluation.choosing.asking.price_list import PriceList

SPENDING = "spending.jsonl"


class Ledger:
    """What was spent in a folder, by all runs: a line before each request, one after it; use it in a `with` block.

    A request that a kill left without its second line counts at the most that it can have cost.

    Args:
        folder: Created if it is missing.
        max_usd: US dollars of all runs together, or None.

    Raises:
        InputError: if another process writes to it, or a line can't be read.
    """

    def __init__(self, folder: Path, max_usd: float | None = None) -> None:
        self.spending = Spending(max_usd)
        self.nonce = secrets.token_hex(8)
        self._lock = Lock()
        self._open: dict[str, float] = {}
        self._spent: list[float] = []
        self._number = 0
        self._log = LineLog(folder / SPENDING, self._take, "a payment")
        if not self._log.lines:
            self._append({"nonce": self.nonce})
        self.spending.usd = math.fsum((*self._spent, *self._open.values()))

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, which lets other processes write to the folder."""
        self._log.close()

    def pay(self, most_usd: float | None, send: Callable[[], Reply], cost: Callable[[], float | None]) -> Reply:
        """Return what `send` returns, with money set aside for it before, on disk.

        Args:
            most_usd: What it can cost at most; None if that is unknown.
            send: Sends the request.
            cost: Says afterwards what was counted, in US dollars, or None if nothing was.

        Raises:
            OverBudgetError: if it might exceed the budget; nothing is sent.
            SensoriumError: whatever `send` raises; if nothing was counted it stays at its most, unless it was refused
                before it was worked on.
        """
        hold = self.spending.reserve(None if self.spending.max_usd is None else 0, most_usd)
        with self._lock:
            self._number += 1
            number = f"{self.nonce}-{secrets.token_hex(4)}-{self._number}"
            self._append({"sent": number, "usd": most_usd or 0.0})
        paid: float | None = None
        try:
            reply = send()
            paid = cost()
            return reply
        except SensoriumError as error:
            paid = cost()
            if paid is None and _is_free(error):
                paid = 0.0
            raise
        finally:
            self.spending.settle(hold, 0, paid)
            with self._lock:
                self._append({"paid": number, "usd": (most_usd or 0.0) if paid is None else paid})

    def _append(self, row: dict[str, Any]) -> None:
        self._log.append(row)

    def _take(self, row: dict[str, Any]) -> None:
        if "nonce" in row:
            self.nonce = str(row["nonce"])
        elif "sent" in row:
            self._open[row["sent"]] = float(row["usd"])
        else:
            self._open.pop(row["paid"], None)
            self._spent.append(float(row["usd"]))


def _is_free(error: SensoriumError) -> bool:
    """Whether a service charges nothing for a failure of which it counted nothing."""
    return isinstance(error, RateLimitError | AccessError | InputError) and not isinstance(error, RefusalError)


class PaidAsker:
    """Asks hosted models within limits of money and time.

    Args:
        ledger: Where it is written down what was spent.
        prices: What models cost.
        deadline: When, by `time.monotonic`, no further question is asked.
        time_limit: The same in words, for the note of what was not asked.
    """

    def __init__(self, ledger: Ledger, prices: PriceList, deadline: float = math.inf, time_limit: str = "") -> None:
        self.ledger, self.prices, self.deadline, self.time_limit = ledger, prices, deadline, time_limit

    def ask(self, model: Model, chat: Conversation, options: Options, key: str, expected_tokens: int = 32) -> Reply:
        """Return a model's answer; what is retryable is tried again as by `sensorium.ask`, each try paid for by itself.

        The seconds of the answer are those of the try that gave it.

        Args:
            model: Whom to ask.
            chat: What.
            options: How; `retries` and `timeout_seconds` are for all tries together.
            key: Names the question: a try that a kill interrupted is repeated with the same `Idempotency-Key`.
            expected_tokens: How long the answer is expected to be.

        Raises:
            NotAskedError: if the budget or the time doesn't allow it; nothing is sent.
            SensoriumError: as `sensorium.ask`.
        """
        prepare(model)  # before the money is set aside, too
        until = time.monotonic() + options.timeout_seconds
        cost = request_cost(model, chat, options, expected_tokens)
        attempt = 0
        while True:
            if time.monotonic() > self.deadline:
                raise NotAskedError(f"The time of {self.time_limit} was over.", "Allow more: `max_seconds`")
            try:
                return self._try(model, chat, replace(options, timeout_seconds=seconds_left(until)), key, attempt, cost)
            except OverBudgetError:
                spent, most = self.ledger.spending.usd, self.ledger.spending.max_usd
                raise NotAskedError(
                    f"The budget of ${most:g} has no room for another question (${spent:.4f} is spent).",
                    "Allow more: `max_usd`",
                ) from None
            except SensoriumError as error:
                wait = min(MAX_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**attempt)
                wait = wait if error.wait_seconds is None else error.wait_seconds
                if not error.retryable or attempt >= options.retries or time.monotonic() + wait > until:
                    raise
                time.sleep(wait)
            attempt += 1

    def _try(
        self, model: Model, chat: Conversation, options: Options, key: str, attempt: int, cost: Any
    ) -> Reply:  # fmt: skip
        requests: list[RequestUsage] = []

        def send() -> Reply:
            with logged_requests() as logged, idempotent(f"{self.ledger.nonce}-{key}-{attempt}"):
                try:
                    return ask(model, chat, replace(options, retries=0))
                finally:
                    requests.extend(logged)

        def counted() -> float | None:
            known = [self.prices.request_usd(model.name, request) for request in requests]
            return None if not known or None in known else math.fsum(value for value in known if value is not None)

        return self.ledger.pay(self.prices.most_usd(model.name, cost, options.timeout_seconds), send, counted)
