"""watch: direct and native routes, several films, pictures, examples, no model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coloured import ColoursAndWords, picture
from films import number_of
from planted_films import planted_film
from watched import BARS, Saying, answer, fake, film, luna, script, spoken_film, step_of, steps

from sensorium import Image, Limits, Text, Video
from sensorium.backends.fake import Fake
from sensorium.core.errors import InputError, InstallError, LimitError, MediaError
from sensorium.core.languages import Span
from sensorium.core.messages import Part
from sensorium.media.image import pixels
from sensorium.video.watch.evidence import WatchReply
from sensorium.video.watch.material import WatchSettings
from sensorium.video.watch.prompts import watch_question
from sensorium.video.watch.watch import ClipExample, Observer, WatchSetup, forecast, watch


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


WHEN_RED = "When is the red square seen?"
SHOWN = ((41.0, 43.0), (71.0, 72.5))


class CountedColours(ColoursAndWords):
    """Counts the pictures that it looks at."""

    def __init__(self) -> None:
        self.pictures = 0

    def embed(self, parts: Sequence[Part]) -> np.ndarray:
        self.pictures += sum(isinstance(part, Image) for part in parts)
        return super().embed(parts)


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> Video:
    """Return 80 s in which a red square is seen twice."""
    return Video(planted_film(tmp_path_factory.mktemp("red") / "red.mp4", 80.0, SHOWN))


def few(*arguments: Any, most: int = 8) -> Fake:
    return Fake(script(*arguments), Limits(max_images=most), name="few")


def times_of(model: Fake) -> list[float]:
    chat = next(chat for chat in model.asked if step_of(chat) == "answer")
    return [part.at or 0.0 for part in chat.parts if isinstance(part, Image)]


def is_red(at: float) -> bool:
    return any(start <= at < end for start, end in SHOWN)


def test_a_long_film_at_once_is_shown_where_the_question_is(red: Video) -> None:
    model = few(answer("twice", (41.5, 42.5, "a red square", "seen"), (20.0, 20.1, "a red square", "seen")))
    reply = watch([red], WHEN_RED, model, WatchSetup(route="direct", embedder=ColoursAndWords()))
    times = times_of(model)
    assert len(times) == 8 and times == sorted(times)
    assert any(41 <= at < 43 for at in times) and any(71 <= at < 72.5 for at in times)
    assert "It was asked for. 8 frames of 80 s. " in reply.why and "frames near to it" in reply.why
    assert any("8 frames were looked at" in note and "s between them were not" in note for note in reply.notes)
    even = few()
    watch([red], WHEN_RED, even, WatchSetup(route="direct", embedder=None))
    assert not any(map(is_red, times_of(even))) or times_of(even) != times
    for image in (part for part in model.asked[0].parts if isinstance(part, Image)):
        assert is_red(image.at or 0.0) == bool((pixels(image)[..., 0].astype(int) - pixels(image)[..., 1] > 90).any())


def test_a_question_about_the_whole_takes_frames_at_equal_distances(red: Video) -> None:
    model = few()
    reply = watch([red], "What is the film about?", model, WatchSetup(route="direct", embedder=ColoursAndWords()))
    assert times_of(model) == pytest.approx([5 + 10 * number for number in range(8)], abs=0.1)
    assert "equal distances" in reply.why


def test_what_lies_between_the_frames_is_no_evidence(red: Video) -> None:
    setup = WatchSetup(route="direct", embedder=ColoursAndWords())
    model = few(answer("twice", (30.4, 31.0, "a red square", "seen"), (5.0, 5.5, "a bar", "seen")))
    reply = watch([red], "What is the film about?", model, setup)
    assert [each.text for each in reply.evidence] == ["a bar"]
    assert any("30.40 s to 31.00 s was dropped: this part was not looked at" in note for note in reply.notes)
    reader = Observer("texts", lambda film: [Span("EXIT", 30.0, 31.0)])
    mover = Observer("motion", lambda film: [Span("something moves left", 60.0, 61.0)])
    told = few(answer("EXIT", (30.4, 30.8, "EXIT", "read"), (60, 61, "it moves", "moves"), (30.4, 30.8, "E", "seen")))
    reply = watch([red], "What is the film about?", told, replace(setup, reader=reader, motion=mover))
    assert [each.source for each in reply.evidence] == ["read", "moves"]  # the model was told of these


def test_the_frames_are_chosen_once_and_are_in_the_answers_key(red: Video, tmp_path: Path) -> None:
    model, eyes = few(), CountedColours()
    setup = WatchSetup(route="direct", embedder=eyes, folder=tmp_path)
    plan = forecast([red], WHEN_RED, model, setup)
    looked = eyes.pictures
    first = watch([red], WHEN_RED, model, setup)
    assert looked > 0 and eyes.pictures == looked and plan.why == first.why and plan.notes[-1] in first.notes
    asked = len(model.asked)
    assert watch([red], WHEN_RED, model, setup).answer == first.answer and len(model.asked) == asked
    watch([red], WHEN_RED, model, replace(setup, embedder=None))  # other frames: another question
    assert len(model.asked) > asked
    assert eyes.pictures == looked
    watch([red], "When is the blue square seen?", model, setup)
    assert eyes.pictures > looked


def test_the_plan_counts_the_frames_that_are_shown(red: Video) -> None:
    setup = WatchSetup(route="direct", embedder=ColoursAndWords(), settings=WatchSettings(check=False))
    plans = {}
    for most in (4, 8):
        limits = Limits(parts=("text", "image"), max_side=2048, max_images=most, schema="enforced")
        model = Fake(script(), limits, name="openai:gpt-6-luna")
        plans[most] = forecast([red], WHEN_RED, model, setup)
        assert f" {most} frames of 80 s." in plans[most].why and model.asked == []
        watch([red], WHEN_RED, model, setup)
        assert len(times_of(model)) == most
    image = 7 * 4 * 1.2  # frames of 200 × 120 pixels: patches of 32, 1.2 tokens each
    more = plans[8].steps[0].input_tokens - plans[4].steps[0].input_tokens
    assert 4 * image < more < 4 * (image + 12)


def test_a_budget_bounds_the_frames(red: Video) -> None:
    setup = WatchSetup(route="direct", embedder=ColoursAndWords(), settings=WatchSettings(check=False))
    all_of_them = forecast([red], WHEN_RED, luna(), setup).steps[0].most_tokens or 0
    model = luna()
    reply = watch([red], WHEN_RED, model, replace(setup, token_budget=all_of_them - 500))
    assert 1 < len(times_of(model)) < 32 and f"The budget allows {len(times_of(model))} frames" in reply.why
    with pytest.raises(InputError, match="budget has no room"):
        watch([red], WHEN_RED, luna(), replace(setup, token_budget=1000))


def test_a_part_of_a_long_film_at_once(red: Video) -> None:
    model = few(answer("once", (41.5, 42.0, "a red square", "seen"), (71.5, 72.0, "a red square", "seen")), most=4)
    clip = Video(red.blob, 30.0, 60.0)
    reply = watch([clip], WHEN_RED, model, WatchSetup(route="direct", embedder=ColoursAndWords()))
    times = times_of(model)
    assert all(30 <= at < 60 for at in times) and any(41 <= at < 43 for at in times)
    assert [each.start for each in reply.evidence] == [41.5]


def test_an_embedder_that_is_not_installed_is_said(red: Video) -> None:
    class Missing(ColoursAndWords):
        def embed(self, parts: Sequence[Part]) -> np.ndarray:
            raise InstallError("The eyes are not installed.", "Type: pip install it")

    model = few()
    reply = watch([red], WHEN_RED, model, WatchSetup(route="direct", embedder=Missing()))
    assert reply.answer and len(times_of(model)) == 8 and "The eyes are not installed." in reply.why


def test_one_sheet_holds_the_frames_of_a_long_film(red: Video) -> None:
    model = few(most=1)
    setup = WatchSetup(route="direct", embedder=ColoursAndWords())
    reply = watch([red], WHEN_RED, model, setup)
    told = " ".join(part.text for part in model.asked[0].parts if isinstance(part, Text))
    times = [float(at) for at in re.findall(r"frame \d+ at ([\d.]+) s", told)]
    assert len(times) == 12 and "12 frames of 80 s" in reply.why
    assert any(41 <= at < 43 for at in times) and any(71 <= at < 72.5 for at in times)


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


@pytest.mark.parametrize("limits", [Limits(), Limits(max_images=1)], ids=["frames", "one sheet"])
def test_a_frame_of_several_films_has_its_film_and_its_time(limits: Limits, tmp_path: Path) -> None:
    videos = []
    for name in ("left.mp4", "right.mp4"):
        (tmp_path / name).write_bytes(film(12).blob.data)
        videos.append(Video(tmp_path / name, *((3.0, 9.0) if name == "right.mp4" else ())))
    model = Fake(script(answer("both", evidence=[])), limits, name="asked")
    watch(
        videos,
        "What is the film about?",
        model,
        WatchSetup(route="direct", settings=WatchSettings(check=False, frames=4)),
    )
    parts = list(model.asked[0].parts)
    if limits.max_images == 1:
        words = next(part.text for part in parts if isinstance(part, Text))
        assert sum(isinstance(part, Image) for part in parts) == 1 and "8 frames of 2 films" in words
        told = re.findall(r"frame (\d): film (\d) \((\w+).mp4\) at ([\d.]+) s", words)
        assert [row[0] for row in told] == list("12345678")
        labels = [(f"film {row[1]} ({row[2]}.mp4)", float(row[3])) for row in told]
    else:
        labels = []
        for place in range(0, 16, 2):
            label, image = parts[place], parts[place + 1]
            assert isinstance(label, Text) and isinstance(image, Image) and image.at is None
            found = re.fullmatch(r"(.+), frame at ([\d.]+) s:", label.text)
            assert found is not None and number_of(pixels(image)) / 5 == pytest.approx(float(found[2]), abs=1e-3)
            labels.append((found[1], float(found[2])))
    assert [name for name, _ in labels] == ["film 1 (left.mp4)"] * 4 + ["film 2 (right.mp4)"] * 4
    assert [at for _, at in labels] == pytest.approx([1.4, 4.4, 7.4, 10.4, 3.6, 5.2, 6.6, 8.2], abs=0.21)


def test_frames_bound_what_is_shown_at_once(red: Video) -> None:
    for count, limits, shown in ((3, Limits(), 3), (1, Limits(), 1), (40, Limits(), 40), (40, Limits(max_images=6), 6)):
        model = Fake(script(), limits, name="few")
        setup = WatchSetup(route="direct", settings=WatchSettings(frames=count, check=False))
        reply = watch([red], "What is the film about?", model, setup)
        assert len(times_of(model)) == shown
        assert ("40 frames were wanted; few takes 6." in reply.why) == (shown == 6)
    short = fake()
    reply = watch([film(12)], "What?", short, WatchSetup(settings=WatchSettings(frames=4, check=False)))
    assert reply.route == "direct" and len(times_of(short)) == 4 and "show 4 frames" in reply.why


def test_films_that_do_not_fit_at_once_are_not_left_out() -> None:
    model = Fake(script(), Limits(max_images=4), name="few")
    with pytest.raises(LimitError, match="too few pictures at once for frames of 5 films"):
        watch([film(12)] * 5, "Which?", model, WatchSetup(route="direct"))


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
