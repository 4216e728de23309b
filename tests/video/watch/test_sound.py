"""What is said: film's times, stored pieces, failures that are told, sound that is never dropped in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from watched import Saying, numbered_film, spoken_film

from sensorium import Blob
from sensorium.video.watch.sound import hear, sound_offset


class Kept(dict[str, Any]):
    def __call__(self, key: dict[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        name = repr(sorted(key.items(), key=str))
        if name not in self:
            self[name] = make()
        return dict(self[name])


def test_words_have_the_films_times_and_are_heard_once() -> None:
    film, kept, saying = Blob(spoken_film()), Kept(), Saying()
    heard = hear(film, "d", saying, "en", kept)
    assert saying.pieces == 3 and len(heard.spans) == 3 and heard.note == "" and heard.by == "saying"
    assert [round(span.start) for span in heard.spans] == [9, 29, 49]
    assert [span.text for span in heard.between(25, 35)] == ["the meeting is at noon"]
    assert hear(film, "d", saying, "en", kept) == heard and saying.pieces == 3
    hear(film, "d", saying, "de", kept)
    assert saying.pieces == 6  # another language is another question


def test_sound_that_begins_later_keeps_the_films_times() -> None:
    film = Blob(spoken_film(40, sound_from=2.0))
    assert sound_offset(film) == pytest.approx(2.0, abs=0.01)
    spans = hear(film, "d", Saying(), "en", Kept()).spans
    assert spans[0].start == pytest.approx(2 + 17.5 / 2 - 0.5, abs=0.5)


def test_a_piece_that_fails_is_told_and_asked_again_the_next_time() -> None:
    film, kept = Blob(spoken_film()), Kept()
    heard = hear(film, "d", Saying(fails_at=2), "en", kept)
    assert len(heard.spans) == 2 and "The line was bad." in heard.note and "What is said from" in heard.note
    again = Saying()
    assert len(hear(film, "d", again, "en", kept).spans) == 3 and again.pieces == 1


def test_without_a_transcriber_it_is_said_that_sound_was_not_heard() -> None:
    assert "not heard" in hear(Blob(spoken_film(4)), "d", None, None, Kept()).note


def test_a_film_without_sound_needs_no_note() -> None:
    assert hear(Blob(numbered_film(4)), "d", None, None, Kept()).note == ""


def test_words_without_times_get_those_of_their_piece() -> None:
    class Untimed(Saying):
        def transcribe(self, audio: Any, language: Any) -> Any:
            from dataclasses import replace

            return replace(super().transcribe(audio, language), spans=())

    spans = hear(Blob(spoken_film()), "d", Untimed(), "en", Kept()).spans
    assert len(spans) == 3 and spans[1].start == pytest.approx(19.5, abs=0.6)
