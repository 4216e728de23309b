"""The chain from a script: order, prompts, sources, budgets, failures, second looks."""

from __future__ import annotations

import itertools
import json
import re
import threading
from pathlib import Path

import pytest
from films import number_of
from watched import (
    BARS,
    Saying,
    answer,
    clip_of,
    fake,
    film,
    luna,
    script,
    small,
    spoken_film,
    step_of,
    steps,
)

from sensorium import Conversation, Delta, Image, Video
from sensorium.ask.budget import ModelPrice
from sensorium.backends.fake import Fake
from sensorium.core.errors import InputError, RefusalError, ServiceError
from sensorium.core.languages import Span
from sensorium.core.reply import Usage
from sensorium.media.image import pixels
from sensorium.video.watch.chain import spread
from sensorium.video.watch.material import WatchSettings
from sensorium.video.watch.watch import Observer, WatchSetup, forecast, watch

ONE = WatchSetup(workers=1)


def test_order_and_prompts() -> None:
    model = fake()
    reply = watch([film()], "What is seen?", model, ONE)
    assert steps(model) == ["describe"] * 5 + ["condense", "answer", "check"]
    assert reply.answer == "bars" and not reply.abstained and reply.route == "chain"
    (evidence,) = reply.evidence
    assert (evidence.start, evidence.end, evidence.source, evidence.film) == (1.0, 2.0, "seen", "")
    assert [clip_of(chat) for chat in model.asked[:5]] == [(0, 18), (18, 36), (36, 54), (54, 72), (72, 90)]
    assert all("What is seen?" not in chat.messages[-1].text for chat in model.asked[:5])
    for start in (0, 18, 36, 54, 72):
        assert f"bars of {start}" in model.asked[5].messages[-1].text
    assert "1.00-2.00 (seen): black and white bars" in model.asked[6].messages[-1].text
    assert reply.usage.input_tokens == 8000 and reply.usage.output_tokens == 80


def test_the_time_told_with_every_frame_is_its_own() -> None:
    model = fake()
    watch([film()], "What is seen?", model, ONE)
    shown = [part for chat in model.asked for part in chat.parts if isinstance(part, Image)]
    assert len(shown) == 5 * 8 + 4
    for image in shown:
        assert image.at == pytest.approx(number_of(pixels(image)) / 5, abs=1e-3)


def test_a_clip_of_a_film_is_told_in_times_of_the_film() -> None:
    model = fake(answer("bars", (31.0, 32.0, "bars", "seen"), (5.0, 6.0, "bars", "seen")))
    reply = watch([Video(film().blob, 30, 70)], "What?", model, ONE)
    shown = [part for chat in model.asked for part in chat.parts if isinstance(part, Image)]
    assert all(
        30 <= (image.at or 0) < 70 and image.at == pytest.approx(number_of(pixels(image)) / 5) for image in shown
    )
    assert [each.start for each in reply.evidence] == [31.0]
    assert any("30.00 s to 70.00 s" in note for note in reply.notes)


def test_another_model_for_each_step() -> None:
    describer, answerer = fake(name="eyes"), fake(name="head")
    watch([film()], "What?", answerer, WatchSetup(describer=describer, workers=1))
    assert steps(describer) == ["describe"] * 5 + ["check"] and steps(answerer) == ["condense", "answer"]
    assert not any(isinstance(part, Image) for chat in answerer.asked for part in chat.parts)


def test_clips_are_described_side_by_side() -> None:
    inside, most, lock, three = [0], [0], threading.Lock(), threading.Event()

    def slow(chat: Conversation) -> str:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            if inside[0] == 3:
                three.set()
        three.wait(20)
        with lock:
            inside[0] -= 1
        return "bars"

    model = fake(describe=slow)
    reply = watch([film()], "What?", model, WatchSetup(workers=3))
    assert most[0] == 3 and reply.answer == "bars"
    text = model.asked[steps(model).index("condense")].messages[-1].text
    assert [float(start) for start in re.findall(r"Clip from ([\d.]+)", text)] == [0, 18, 36, 54, 72]  # in order again


def test_what_is_said_reaches_every_step_with_its_source() -> None:
    model = fake(
        answer("at noon", (9.0, 10.0, "the meeting is at noon", "heard"), (9, 10, "a blank", "seen")),
        describe=lambda chat: "a blank wall",
    )
    setup = WatchSetup(transcriber=Saying(), workers=1)
    reply = watch([Video(spoken_film())], "When is the meeting?", model, setup)
    assert all("(heard): the meeting is at noon" in chat.messages[-1].text for chat in model.asked[:3])
    condense = model.asked[steps(model).index("condense")].messages[-1].text
    assert condense.count("(heard): the meeting is at noon") == 3 and "a blank wall" in condense
    assert [each.source for each in reply.evidence] == ["heard", "seen"]
    assert steps(model).count("check") == 1  # what is quoted word for word is not asked about
    assert not any("not heard" in note for note in reply.notes)


def test_sound_is_never_dropped_in_silence() -> None:
    reply = watch([Video(spoken_film(40))], "What?", fake(), ONE)
    assert any("sound was not heard" in note for note in reply.notes)
    failed = watch([Video(spoken_film(40))], "What?", fake(), WatchSetup(transcriber=Saying(fails_at=1), workers=1))
    assert any("The line was bad" in note for note in failed.notes)


def test_what_is_claimed_to_be_heard_without_a_word_is_dropped() -> None:
    reply = watch([film()], "What?", fake(answer("x", (1, 2, "a bang", "heard"), (1, 2, "bars", "seen"))), ONE)
    assert [each.source for each in reply.evidence] == ["seen"]
    assert any("nothing was heard then" in note for note in reply.notes)


def test_texts_motion_and_scenes_come_from_observers_once() -> None:
    calls: list[str] = []

    def seeing(name: str, *spans: Span) -> Observer:
        return Observer(name, lambda blob: calls.append(name) or spans)  # type: ignore[func-returns-value]

    setup = WatchSetup(
        workers=1,
        cutter=seeing("cuts", Span("cut", 12.0, 12.0), Span("cut", 30.0, 30.0)),
        reader=seeing("texts", Span("EXIT", 13.0, 14.0)),
        motion=seeing("motion", Span("a square moves left", 31.0, 33.0)),
    )
    model = fake(answer("EXIT", (13.0, 14.0, "EXIT", "read")))
    reply = watch([film(50)], "What is read?", model, setup)
    assert [clip_of(chat) for chat in model.asked[:3]] == [(0, 12), (12, 30), (30, 50)]
    assert "(read): EXIT" in model.asked[1].messages[-1].text and "EXIT" not in model.asked[0].messages[-1].text
    assert "a square moves left" in model.asked[2].messages[-1].text
    assert reply.evidence[0].source == "read" and sorted(calls) == ["cuts", "motion", "texts"]


def test_a_clip_that_failed_twice_is_said_and_its_sound_stays() -> None:
    def broken(chat: Conversation) -> object:
        start, _ = clip_of(chat)
        return ServiceError("The service is down.", retryable=True) if start == 20 else "a blank wall"

    model = fake(answer("x", (25, 26, "a wall", "seen"), (5, 6, "a wall", "seen")), describe=broken)
    reply = watch([Video(spoken_film())], "What?", model, WatchSetup(transcriber=Saying(), workers=1))
    assert sum(step_of(chat) == "describe" for chat in model.asked) == 4  # one of them twice
    assert any("The clip from 20.00 s to 40.00 s failed: The service is down." in note for note in reply.notes)
    assert [each.start for each in reply.evidence] == [5.0]  # nobody has looked at 25 s
    condense = model.asked[steps(model).index("condense")].messages[-1].text
    assert condense.count("(heard)") >= 3 and "not looked at" in condense


def test_a_service_that_is_gone_ends_it() -> None:
    model = fake(describe=lambda chat: RefusalError("It declined."))
    with pytest.raises(ServiceError, match="It declined"):
        watch([film()], "What?", model, ONE)
    assert steps(model) == ["describe"] * 5


def test_refuted_evidence_is_dropped_and_the_answer_asked_again() -> None:
    first = answer("a dog", (1, 2, "a dog runs", "seen"))
    second = answer("bars", (3, 4, "bars change", "seen"))

    def final(chat: Conversation) -> str:
        return second if "a dog runs" in chat.messages[-1].text else first

    model = fake(final, lambda chat: "No." if "a dog" in chat.messages[-1].text else "Yes, they do.")
    reply = watch([film()], "What?", model, ONE)
    assert steps(model)[-4:] == ["answer", "check", "answer", "check"]
    assert reply.answer == "bars" and [each.text for each in reply.evidence] == ["bars change"]
    assert any("Not confirmed by a second look: a dog runs (1.00 s to 2.00 s)." in note for note in reply.notes)


def test_refuted_twice_it_can_not_be_told() -> None:
    model = fake(answer("a dog", (1, 2, "a dog runs", "seen")), "no")
    reply = watch([film()], "What?", model, ONE)
    assert reply.abstained and reply.evidence == () and reply.confidence is None
    assert steps(model).count("answer") == 2 and any("twice" in note for note in reply.notes)


def test_an_answer_whose_times_were_never_shown_is_asked_again() -> None:
    model = fake(lambda chat: BARS if "lie outside" in chat.messages[-1].text else answer("x", (900, 901, "y", "seen")))
    reply = watch([film()], "What?", model, ONE)
    assert reply.answer == "bars" and any("900.00 s" in note for note in reply.notes)


def test_the_second_look_can_be_turned_off() -> None:
    model = fake(answer("a dog", (1, 2, "a dog runs", "seen")), "no")
    reply = watch([film()], "What?", model, WatchSetup(workers=1, settings=WatchSettings(check=False)))
    assert reply.answer == "a dog" and "check" not in steps(model)


def test_it_can_not_tell() -> None:
    reply = watch([film()], "What?", fake(answer("", cant_tell=True)), ONE)
    assert reply.abstained and reply.answer == "I can't tell."


def test_wrong_times_of_a_description_do_not_reach_the_next_step() -> None:
    model = fake(describe=lambda chat: "500-510: a dog")
    reply = watch([film()], "What?", model, ONE)
    condense = model.asked[5].messages[-1].text
    assert "500" not in condense and "18.00-36.00: a dog" in condense
    assert any("5 times that lie outside" in note for note in reply.notes)


def test_long_films_are_condensed_in_groups() -> None:
    words = " ".join(["bars"] * 300)
    model = fake(describe=lambda chat: words)
    watch([film(90)], "What?", model, WatchSetup(workers=1, settings=WatchSettings(segment_seconds=5)))
    groups = [chat for chat in model.asked if step_of(chat) == "condense"]
    assert len(groups) == 3 and all(len(chat.messages[-1].text) < 16_000 for chat in groups)


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_a_budget_is_never_exceeded_and_what_was_not_looked_at_is_said(share: float) -> None:
    bills: list[float] = []

    def billed(chat: Conversation) -> Delta:
        text = script()(chat)
        usage = Usage(1400, 50, usd=None)
        bills.append((usage.input_tokens * 0.1 + usage.output_tokens * 0.5) / 1e6)  # type: ignore[operator]
        return Delta(text.text, usage=usage)

    model = Fake(billed, luna().limits, name="openai:gpt-6-luna")
    plan = forecast([film()], "What?", model, WatchSetup(settings=small()))
    budget = share * sum(step.most_usd or 0 for step in plan.steps)
    reply = watch([film()], "What?", model, WatchSetup(workers=3, settings=small(), budget=budget))
    described = [clip_of(chat)[0] for chat in model.asked if step_of(chat) == "describe"]
    assert 1 < len(described) < 18 and sum(bills) <= budget
    assert max(described) >= 45 and min(described) < 20  # spread over the film
    assert reply.answer == "bars" and reply.usage.usd == pytest.approx(sum(bills))
    assert sum("Not looked at, for the budget" in note for note in reply.notes) >= 1


def test_a_budget_in_tokens(tmp_path: Path) -> None:
    setup = WatchSetup(workers=1, settings=small(), token_budget=60_000, folder=tmp_path)
    model = luna()
    reply = watch([film()], "What?", model, setup)
    spent = (reply.usage.input_tokens or 0) + (reply.usage.output_tokens or 0)
    count = len(model.asked)
    assert 0 < spent <= 60_000 and steps(model).count("describe") < 18
    watch([film()], "What?", model, setup)  # more of the film with the next budget: what is stored costs nothing
    assert steps(model)[count:].count("describe") > 0


def test_a_budget_for_nothing_is_refused_before_anything_is_sent() -> None:
    model = luna()
    with pytest.raises(InputError, match="too small to describe one clip"):
        watch([film()], "What?", model, WatchSetup(budget=1e-6))
    with pytest.raises(InputError, match="price of 'scripted' is unknown"):
        watch([film()], "What?", fake(), WatchSetup(budget=1.0))
    assert model.asked == []


def test_models_on_this_machine_cost_a_budget_nothing() -> None:
    setup = WatchSetup(budget=0.1, describer=fake(), prices={"scripted": ModelPrice(0, 0)}, workers=1)
    reply = watch([film()], "What?", luna(), setup)
    assert reply.answer == "bars" and not any("budget" in note for note in reply.notes)


def test_a_second_question_pays_for_what_is_new_only(tmp_path: Path) -> None:
    model, setup = fake(), WatchSetup(folder=tmp_path, workers=1)
    watch([film()], "What is seen?", model, setup)
    before = len(model.asked)
    reply = watch([film()], "What else?", model, setup)
    assert steps(model)[before:] == ["condense", "answer"]  # the same moment was looked at before
    again = watch([film()], "What else?", model, setup)
    assert len(model.asked) == before + 2 and again.usage.input_tokens == 0
    assert (again.answer, again.evidence) == (reply.answer, reply.evidence)
    assert "8 of 8 answers came from an earlier run." in again.notes
    watch([film()], "What else?", fake(name="other"), setup)
    watch([film(60)], "What else?", model, setup)
    assert steps(model)[before + 2 :].count("describe") == 3  # another film


def test_ctrl_c_keeps_what_was_answered(tmp_path: Path) -> None:
    def interrupting(step: str, done: int, of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    model, setup = fake(), WatchSetup(folder=tmp_path, workers=1, step_done=interrupting)
    with pytest.raises(KeyboardInterrupt):
        watch([film()], "What?", model, setup)
    count = len(model.asked)
    assert 3 <= count < 8
    watch([film()], "What?", model, WatchSetup(folder=tmp_path, workers=1))
    assert len(model.asked) == 8


def test_choices_and_chapters() -> None:
    def final(chat: Conversation) -> str:
        assert "a; b" in chat.messages[-1].text
        return answer("b", (1, 2, "bars", "seen"))

    from sensorium.video.watch.prompts import watch_question

    reply = watch([film()], watch_question("Which?", ("a", "b")), fake(final), ONE)
    assert reply.answer == "b"
    chapters = [{"start": 0, "end": 45, "title": "First"}, {"start": 45, "end": 90, "title": "Second"}]
    told = watch([film()], "Give a summary.", fake(answer("two parts", chapters=chapters)), ONE)
    assert [each.text for each in told.chapters] == ["First", "Second"] and told.answer == "two parts"
    assert json.dumps(told.to_json())


def test_clips_are_spread_however_many_are_affordable() -> None:
    order = spread(18)
    assert sorted(order) == list(range(18)) and spread(1) == [0] and spread(2) == [0, 1]
    for count in (2, 4, 8):
        first = sorted(order[:count])
        assert max(b - a for a, b in itertools.pairwise(first)) <= 2 * 18 / count
