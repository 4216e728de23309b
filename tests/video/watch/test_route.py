"""Which way a question goes, and why."""

from __future__ import annotations

import pytest
from watched import film

from sensorium import Limits, Video
from sensorium.backends.fake import Fake
from sensorium.core.errors import LimitError
from sensorium.video.watch.material import WatchSettings
from sensorium.video.watch.route import choose_route, hears_itself
from sensorium.video.watch.segments import SourceFilm

SHORT, LONG = film(12), film(90)


def route(video: Video, limits: Limits | None = None, name: str = "fake", **more: object):  # type: ignore[no-untyped-def]
    model = Fake("x", limits or Limits(), name=name)
    return choose_route(model, [SourceFilm.of(video)], WatchSettings(), **more)  # type: ignore[arg-type]


def test_without_a_model_it_is_offline() -> None:
    for model in (None, Fake("x", name="offline")):
        choice = choose_route(model, [SourceFilm.of(SHORT)], WatchSettings())
        assert choice.route == "offline" and choice.why


def test_a_short_film_goes_in_as_frames() -> None:
    choice = route(SHORT)
    assert choice.route == "direct" and choice.frames == 32 and "12 s" in choice.why
    assert route(SHORT, Limits(max_images=12)).frames == 12


def test_a_long_film_goes_through_the_chain() -> None:
    choice = route(LONG)
    assert choice.route == "chain" and "90 s" in choice.why


def test_a_model_of_few_pictures_sees_short_films_clip_by_clip() -> None:
    assert route(film(20), Limits(max_images=10)).route == "chain"
    assert "too few pictures" in route(film(20), Limits(max_images=10)).why
    assert route(SHORT, Limits(advised_images=1)).frames == 12  # on one sheet
    assert route(film(20), Limits(advised_images=1)).route == "chain"
    assert route(film(20), Limits(context_tokens=4000)).route == "chain"


def test_a_long_film_that_is_to_be_shown_at_once_has_as_many_frames_as_the_model_takes() -> None:
    for limits, frames in (
        (Limits(), 32), (Limits(max_images=10), 10), (Limits(advised_images=1), 12), (Limits(context_tokens=4000), 12),
        (Limits(max_images=1, max_side=300), 3),
    ):  # fmt: skip
        choice = route(LONG, limits, wanted="direct")
        assert (choice.route, choice.frames) == ("direct", frames), limits


def test_gemini_takes_whole_films() -> None:
    limits = Limits(parts=("text", "image", "audio", "video"), context_tokens=1_048_576)
    choice = route(LONG, limits, "gemini:gemini-3.8-flash")
    assert choice.route == "native" and "whole" in choice.why
    assert hears_itself(Fake("x", name="gemini:gemini-3.8-flash")) and not hears_itself(Fake("x"))
    small = Limits(parts=("text", "image", "audio", "video"), context_tokens=8_000)
    choice = route(LONG, small, "gemini:gemini-3.8-flash")
    assert choice.route == "chain" and "9,810 of the 8,000 tokens" in choice.why


def test_a_server_of_unknown_models_is_not_sent_whole_films_unasked() -> None:
    limits = Limits(parts=("text", "image", "audio", "video"))
    assert route(LONG, limits, "openai:m@http://127.0.0.1:1/v1").route == "chain"
    assert route(LONG, limits, "openai:m@http://127.0.0.1:1/v1", wanted="native").route == "native"


def test_a_model_without_eyes_answers_what_another_one_describes() -> None:
    blind, eyes = Limits(parts=("text",)), Fake("x", name="eyes")
    choice = route(SHORT, blind, describer=eyes)
    assert choice.route == "chain" and "eyes describes" in choice.why
    assert route(LONG, blind, wanted="chain", describer=eyes).route == "chain"
    with pytest.raises(LimitError, match="eyes takes text, not image"):
        route(LONG, describer=Fake("x", blind, name="eyes"))


def test_a_route_that_a_model_can_not_take_is_refused() -> None:
    with pytest.raises(LimitError, match="takes text and image, not video"):
        route(LONG, wanted="native")
    with pytest.raises(LimitError, match="not image"):
        route(LONG, Limits(parts=("text",)))
    with pytest.raises(LimitError, match="does not answer by a schema"):
        route(LONG, Limits(schema="none"))
