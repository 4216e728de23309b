"""watch: direct and native routes, several films, pictures, examples, no model."""

from __future__ import annotations

import pytest
from coloured import picture
from films import number_of
from watched import BARS, Saying, answer, fake, film, script, spoken_film, step_of, steps

from sensorium import Image, Limits, Video
from sensorium.backends.fake import Fake
from sensorium.core.errors import InputError, InstallError, MediaError
from sensorium.media.image import pixels
from sensorium.video.watch.evidence import WatchReply
from sensorium.video.watch.watch import ClipExample, Observer, WatchSetup, forecast, watch, watch_question


def test_a_short_film_is_asked_at_once() -> None:
    model = fake()
    reply = watch([film(12)], "What?", model)
    assert steps(model) == ["answer", "check"] and reply.route == "direct" and "12 s" in reply.why
    shown = [part for part in model.asked[0].parts if isinstance(part, Image)]
    assert len(shown) == 32
    assert all(image.at == pytest.approx(number_of(pixels(image)) / 5) for image in shown)


def test_a_short_film_on_one_sheet() -> None:
    model = Fake(script(), Limits(max_images=1), name="one")
    reply = watch([film(12)], "What?", model)
    shown = [part for part in model.asked[0].parts if isinstance(part, Image)]
    assert reply.route == "direct" and len(shown) == 1 and reply.answer == "bars"


def test_what_is_said_in_a_short_film() -> None:
    model = fake(answer("noon", (9.5, 10.5, "the meeting is at noon", "heard")))
    reply = watch([Video(spoken_film(20))], "When?", model, WatchSetup(transcriber=Saying()))
    assert reply.route == "direct" and "(heard): the meeting is at noon" in model.asked[0].messages[-1].text
    assert reply.evidence[0].source == "heard"


def gemini() -> Fake:
    limits = Limits(("text", "image", "audio", "video"), context_tokens=1_048_576, schema="enforced")
    return Fake(script(answer("noon", (9, 10, "noon is said", "heard"))), limits, name="gemini:gemini-3.8-flash")


def test_gemini_gets_the_film_itself() -> None:
    model = gemini()
    reply = watch([Video(spoken_film())], "When?", model)
    (video,) = [part for part in model.asked[0].parts if isinstance(part, Video)]
    assert (video.start, video.end) == (None, None) and reply.route == "native"
    assert reply.evidence[0].source == "heard"  # it hears the film itself
    assert not any("not heard" in note for note in reply.notes)
    assert step_of(model.asked[1]) == "check"
    clip = gemini()
    watch([Video(spoken_film(), 5, 25)], "When?", clip)
    (video,) = [part for part in clip.asked[0].parts if isinstance(part, Video)]
    assert (video.start, video.end) == (5.0, 25.0)
    plan = forecast([Video(spoken_film())], "When?", model)
    assert plan.route == "native" and 60 * 109 < plan.steps[0].input_tokens < 60 * 109 + 700


def test_a_native_model_that_may_be_deaf_is_told_what_is_said() -> None:
    limits = Limits(("text", "image", "video"))
    model = Fake(script(), limits, name="own")
    setup = WatchSetup(route="native", transcriber=Saying())
    watch([Video(spoken_film())], "When?", model, setup)
    assert "the meeting is at noon" in model.asked[0].messages[-1].text
    reply = watch([Video(spoken_film())], "When?", model, WatchSetup(route="native"))
    assert any("sound was not heard" in note for note in reply.notes)


def test_several_films_and_a_picture() -> None:
    model = fake(answer("in the second", evidence=[
        {"start": 1, "end": 2, "text": "bars", "source": "seen", "film": 2},
        {"start": 35, "end": 36, "text": "bars", "source": "seen", "film": 2},
    ]))  # fmt: skip
    question = watch_question("In which one is this?", pictures=[picture("blue")])
    reply = watch([film(60), film(20)], question, model, WatchSetup(workers=1))
    assert steps(model)[:5] == ["describe"] * 4 + ["condense"]
    assert "of film 2" in model.asked[4].messages[-1].text
    assert [(each.film, each.start) for each in reply.evidence] == [("film 2", 1.0)]  # the film has 20 s
    assert picture("blue") in list(model.asked[5].parts)


def test_clips_as_examples() -> None:
    model = fake()
    setup = WatchSetup(workers=1, examples=(ClipExample(Video(film(30).blob, 5, 15), "What was it?", "stripes"),))
    watch([film()], "What?", model, setup)
    final = model.asked[steps(model).index("answer")]
    assert [message.role for message in final.messages] == ["user", "assistant", "user"]
    assert "bars of 5" in final.messages[0].text and final.messages[1].text == "stripes"


def test_without_a_model() -> None:
    told = WatchReply("Yes.", 0.9, False, (), "offline", "")
    reply = watch([film(12)], "Is it?", None, WatchSetup(offline=lambda films, question: told))
    assert reply.answer == "Yes." and reply.route == "offline" and reply.why
    with pytest.raises(InputError, match="without a model"):
        watch([film(12)], "Is it?", None)
    assert forecast([film(12)], "Is it?", None).steps == ()


def test_an_observer_that_fails_is_noted() -> None:
    for error in (MediaError("It is torn."), InstallError("No package.", "Type: pip install it")):

        def failing(blob: object, error: Exception = error) -> list:
            raise error

        reply = watch([film(40)], "What?", fake(), WatchSetup(reader=Observer("texts", failing), workers=1))
        assert f"texts failed: {error}" in reply.notes and reply.answer == "bars"


def test_what_can_not_be_watched_is_refused() -> None:
    for films, question, message in (
        ([], "What?", "No film"), ([film(4)], " ", "question is empty"), ([Video(b"RIFF")], "What?", "isn't a video"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            watch(films, question, fake())


def test_a_model_that_says_it_can_not_tell_has_no_evidence_to_give() -> None:
    assert BARS and watch([film(12)], "What?", fake(answer("", cant_tell=True))).abstained
