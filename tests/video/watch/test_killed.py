"""A command killed by SIGKILL in the middle of its questions, and a service that counts them."""

from __future__ import annotations

from pathlib import Path

import pytest
from film_server import FilmServer, billed_input, killed_watch, tokenizer
from loopback import serving
from watched import film

from sensorium.backends.openai import OpenAI
from sensorium.video.watch.material import WatchSettings
from sensorium.video.watch.watch import WatchSetup, forecast, watch

pytest.importorskip("openai")


@pytest.mark.slow
def test_killed_and_started_again_nothing_is_charged_twice_and_the_answer_is_the_same(tmp_path: Path) -> None:
    outcome = killed_watch(tmp_path, kills=3, seed=1, seconds=60)
    assert outcome.kills == 3 and outcome.answers > 15
    assert outcome.charged_twice == 0 and outcome.paid_again == 0 and outcome.repeated <= outcome.on_their_way
    assert outcome.same_answer and outcome.same_bill


@pytest.mark.slow
def test_once_nothing_is_sent_again_and_what_is_missing_is_said(tmp_path: Path) -> None:
    outcome = killed_watch(tmp_path, kills=3, seed=2, once=True, seconds=60)
    assert outcome.repeated == 0 and outcome.charged_twice == 0
    assert outcome.on_their_way == 0 or any("not asked again" in note for note in outcome.notes)


def test_the_forecast_is_within_a_twentieth_of_the_bill() -> None:
    with serving([], FilmServer) as server:
        assert isinstance(server, FilmServer)
        model = OpenAI("gpt-6-luna", f"{server.url}/v1")
        setup = WatchSetup(settings=WatchSettings(segment_seconds=10))
        plan = forecast([film()], "Who walks past the car?", model, setup)
        reply = watch([film()], "Who walks past the car?", model, setup)
        assert server.tokens == (reply.usage.input_tokens or 0) + (reply.usage.output_tokens or 0)
        assert len(server.asked) == sum(step.questions for step in plan.steps)
        assert server.tokens == pytest.approx(plan.tokens, rel=0.05)
        most = sum(step.most_tokens or 0 for step in plan.steps)
        assert server.tokens < most


def test_too_many_requests_are_waited_out() -> None:
    class Busy(FilmServer):
        fails = staticmethod(lambda number: number % 3 == 0)

    with serving([], Busy) as server:
        assert isinstance(server, Busy)
        model = OpenAI("gpt-6-luna", f"{server.url}/v1")
        reply = watch([film()], "Who walks?", model, WatchSetup(settings=WatchSettings(segment_seconds=10)))
        assert not reply.abstained and not any("failed" in note for note in reply.notes)


def test_the_server_counts_words_and_patches() -> None:
    body = {"messages": [{"role": "user", "content": "Hello there, world"}]}
    assert tokenizer().get_vocab_size() > 50_000 and billed_input(body) == 3 + 3 + len(
        tokenizer().encode("Hello there, world", add_special_tokens=False).ids
    )
