"""Money is set aside on disk before a request, settled after it, and never exceeded: by a model that counts tokens."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from sensorium.backends.fake import Fake, FakeAnswer
from sensorium.core.catalog import Price
from sensorium.core.errors import InputError, InstallError, NotAskedError, RateLimitError, ServiceError
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.core.reply import Usage
from sensorium.evaluation.choosing.asking.paid import SPENDING, Ledger, PaidAsker
from sensorium.evaluation.choosing.asking.price_list import PriceList

CHAT = Conversation.of("Which colour?")
PRICES = PriceList({"openai:m": (Price(1, 10, date(2026, 11, 29), "x"),)})
RED = Delta("red", usage=Usage(1000, 100))  # $0.002
OPTIONS = Options(max_tokens=1000, retries=2)  # at most a little over $0.01


def model(*answers: FakeAnswer) -> Fake:
    return Fake(answers, Limits(parts=("text",)), "openai:m")


def written(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / SPENDING).read_text().splitlines()]


def test_what_a_request_may_cost_stands_on_disk_before_it_is_sent(tmp_path: Path) -> None:
    seen: list[dict[str, object]] = []

    def answer(chat: Conversation) -> Delta:
        seen.extend(written(tmp_path))
        return RED

    with Ledger(tmp_path, 1.0) as ledger:
        asked = PaidAsker(ledger, PRICES).ask(Fake(answer, Limits(parts=("text",)), "openai:m"), CHAT, OPTIONS, "q")
        assert asked.text == "red" and ledger.spending.usd == pytest.approx(0.002)
    assert list(seen[-1]) == ["sent", "usd"] and 0.01 < float(str(seen[-1]["usd"])) < 0.02
    assert written(tmp_path)[-1] == {"paid": seen[-1]["sent"], "usd": pytest.approx(0.002)}


def test_a_kill_between_both_lines_counts_at_the_most(tmp_path: Path) -> None:
    with Ledger(tmp_path, 1.0) as ledger:
        PaidAsker(ledger, PRICES).ask(model(RED), CHAT, OPTIONS, "q")
    lines = (tmp_path / SPENDING).read_text().splitlines()
    (tmp_path / SPENDING).write_text("\n".join(lines[:-1]) + "\n")
    with Ledger(tmp_path, 1.0) as again:
        assert again.nonce == ledger.nonce and again.spending.usd == pytest.approx(json.loads(lines[-2])["usd"])


def test_no_question_is_sent_for_which_the_budget_has_no_room(tmp_path: Path) -> None:
    asked = model(RED)
    with Ledger(tmp_path, 0.013) as ledger:
        asker = PaidAsker(ledger, PRICES)
        asker.ask(asked, CHAT, OPTIONS, "1")
        with pytest.raises(NotAskedError, match=r"The budget of \$0.013 has no room .* \(\$0.0040 is spent\)"):
            for number in range(2, 9):
                asker.ask(asked, CHAT, OPTIONS, str(number))
        assert ledger.spending.usd == pytest.approx(0.004) and len(asked.asked) == 2


def test_each_try_is_paid_for_and_the_last_one_answers(tmp_path: Path) -> None:
    busy = ServiceError("busy", "", retryable=True, wait_seconds=0)
    with Ledger(tmp_path, 1.0) as ledger:
        assert PaidAsker(ledger, PRICES).ask(model(busy, RED), CHAT, OPTIONS, "q").text == "red"
        assert ledger.spending.usd > 0.01  # nothing was counted of the first: it stays at its most
    assert [next(iter(row)) for row in written(tmp_path)] == ["nonce", "sent", "paid", "sent", "paid"]


def test_a_request_that_was_not_worked_on_is_free(tmp_path: Path) -> None:
    limited = RateLimitError("slow down", "", retryable=True, wait_seconds=0)
    with Ledger(tmp_path, 1.0) as ledger:
        asker = PaidAsker(ledger, PRICES)
        with pytest.raises(RateLimitError):
            asker.ask(asked := model(limited), CHAT, OPTIONS, "q")
        assert len(asked.asked) == 3 and ledger.spending.usd == 0


def test_after_the_time_and_without_its_package_nothing_is_set_aside(tmp_path: Path) -> None:
    class Missing(Fake):
        def prepare(self) -> None:
            raise InstallError("The package 'sdk' is not installed.", "")

    with Ledger(tmp_path, 1.0) as ledger:
        with pytest.raises(NotAskedError, match="The time of 5 s was over"):
            PaidAsker(ledger, PRICES, deadline=0.0, time_limit="5 s").ask(asked := model(RED), CHAT, OPTIONS, "q")
        with pytest.raises(InstallError):
            PaidAsker(ledger, PRICES).ask(Missing("x", name="openai:m"), CHAT, OPTIONS, "q")
        assert asked.asked == [] and ledger.spending.usd == 0
    assert len(written(tmp_path)) == 1


def test_one_process_at_a_time_writes_payments(tmp_path: Path) -> None:
    with Ledger(tmp_path), pytest.raises(InputError):
        Ledger(tmp_path)
    Ledger(tmp_path).close()
