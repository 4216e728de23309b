"""The plan: nothing is sent, what is stored costs nothing, what will be asked is counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from watched import Saying, fake, film, luna, small, spoken_film, steps

from sensorium import Limits, Video
from sensorium.backends.fake import Fake
from sensorium.video.watch.watch import WatchSetup, forecast, watch


def test_nothing_is_sent_and_every_step_is_counted() -> None:
    model, saying = luna(), Saying()
    plan = forecast([film()], "What?", model, WatchSetup())
    assert model.asked == [] and plan.route == "chain" and plan.clips == 5 and plan.seconds == pytest.approx(90)
    by_name = {step.name: step for step in plan.steps}
    assert {name: step.questions for name, step in by_name.items()} == {
        "describe": 5, "condense": 1, "answer": 1, "check": 3,
    }  # fmt: skip
    image = 10 * 3 * 1.2  # frames of 320 × 96 pixels: patches of 32, 1.2 tokens each
    assert 8 * 5 * image < by_name["describe"].input_tokens < 8 * 5 * (image + 12) + 5 * 250
    assert plan.usd is not None and 0 < plan.usd < sum(step.most_usd or 0 for step in plan.steps)
    text = "\n".join(plan.lines())
    assert "Route: chain." in text and "describe: 5 to openai:gpt-6-luna" in text and "US dollars (at most" in text
    assert plan.to_json()["steps"][0]["questions"] == 5
    forecast([Video(spoken_film(40))], "What?", model, WatchSetup(transcriber=saying))
    assert saying.pieces == 0 and model.asked == []


def test_an_unknown_price_is_said() -> None:
    plan = forecast([film()], "What?", fake(), WatchSetup())
    assert plan.usd is None and "price unknown" in plan.lines()[-1] and plan.tokens > 0


def test_what_is_stored_is_not_planned_again(tmp_path: Path) -> None:
    model, setup = luna(), WatchSetup(folder=tmp_path)
    watch([film()], "What?", model, setup)
    by_name = {step.name: step for step in forecast([film()], "What?", model, setup).steps}
    assert by_name["describe"].questions == 0 and by_name["describe"].stored == 5
    assert by_name["condense"].questions == 0 and by_name["condense"].stored == 1
    other = {step.name: step for step in forecast([film()], "Another?", model, setup).steps}
    assert other["describe"].questions == 0 and other["condense"].questions == 1


def test_the_most_is_more_than_what_came_whatever_the_models_say(tmp_path: Path) -> None:
    model = luna(describe=lambda chat: "bars " * 500)
    setup = WatchSetup(settings=small())
    plan = forecast([film()], "What?", model, setup)
    reply = watch([film()], "What?", model, setup)
    most = sum(step.most_tokens or 0 for step in plan.steps)
    assert (reply.usage.input_tokens or 0) + (reply.usage.output_tokens or 0) < most
    assert len(model.asked) <= sum(step.questions for step in plan.steps) + 3  # longer notes, in more groups


def test_a_short_film_is_planned_from_its_frames() -> None:
    plan = forecast([film(12)], "What?", luna(), WatchSetup())
    assert plan.route == "direct" and [step.name for step in plan.steps] == ["answer", "check"]
    assert plan.steps[0].input_tokens > 32 * 36
    assert steps(luna()) == []


def test_a_model_of_one_image_pays_for_one_sheet_a_clip() -> None:
    one = Fake("x", Limits(max_images=1, max_side=2048), name="openai:gpt-6-luna")
    many, sheet = (forecast([film()], "What?", model, WatchSetup()).steps[0] for model in (luna(), one))
    assert sheet.questions == many.questions and sheet.input_tokens != many.input_tokens
