"""Times that come back: those of what was shown are taken, all others dropped by name."""

from __future__ import annotations

import pytest
from watched import film

from sensorium.core.languages import Span
from sensorium.video.watch.prompts import WatchQuestion
from sensorium.video.watch.segments import Segment, SourceFilm
from sensorium.video.watch.validate import (
    ShownFilm,
    condensed_lines,
    description_lines,
    is_quoted,
    model_answer,
)

ASKED = WatchQuestion("What is seen?")


@pytest.fixture(scope="module")
def source() -> SourceFilm:
    return SourceFilm.of(film())


def shown(source: SourceFilm, heard: tuple[Span, ...] = (), **more: bool) -> ShownFilm:
    return ShownFilm(source, (Segment(0, 0.0, 20.0), Segment(0, 40.0, 60.0)), heard, **more)


def moment(start: float, end: float, source: str = "seen", **more: object) -> dict[str, object]:
    return {"start": start, "end": end, "text": "a red car", "source": source} | more


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (moment(500, 520), "what was shown is 0.00 s to 90.00 s"),
        (moment(25, 30), "this part was not looked at"),
        (moment(70, 80, "read"), "this part was not looked at"),
        (moment(10, 5), "it ends before it starts"),
        (moment(5, 6, "heard"), "nothing was heard then"),
        (moment(5, 6, film=2), "it has no such film"),
        (moment(5, 6) | {"text": " "}, "it says nothing"),
    ],
)
def test_a_moment_that_was_not_shown_is_dropped_and_named(source: SourceFilm, row: dict, reason: str) -> None:
    found = model_answer({"answer": "a car", "cant_tell": False, "evidence": [row]}, ASKED, [shown(source)])
    assert found.evidence == () and found.text == "a car"
    (note,) = found.notes
    assert reason in note and f"{row['start']:.2f} s" in note


def test_what_was_shown_is_taken_and_fitted_to_the_film(source: SourceFilm) -> None:
    rows = [moment(5, 6), moment(5, 6), moment(58.4, 60.3), moment(19.8, 20.2)]
    found = model_answer({"answer": "yes", "cant_tell": False, "evidence": rows}, ASKED, [shown(source)])
    assert [(each.start, each.end) for each in found.evidence] == [(5, 6), (58.4, 60.3), (19.8, 20.2)]
    late = ShownFilm(source, (Segment(0, 70.0, 90.0),))
    found = model_answer({"answer": "yes", "cant_tell": False, "evidence": [moment(89, 90.4)]}, ASKED, [late])
    assert found.evidence[0].end == 90.0 and found.notes == ()


def test_speech_counts_where_it_was_heard_even_of_clips_that_were_not_looked_at(source: SourceFilm) -> None:
    said = (Span("the car is red", 25.0, 27.0),)
    data = {"answer": "yes", "cant_tell": False, "evidence": [moment(25, 26, "heard")]}
    assert model_answer(data, ASKED, [shown(source, said)]).evidence[0].source == "heard"
    assert model_answer(data, ASKED, [shown(source, hears=True)]).evidence  # it heard the film itself


def test_texts_and_motion_count_where_the_model_was_told_of_them(source: SourceFilm) -> None:
    one = ShownFilm(source, (), read=(Span("EXIT", 25.0, 27.0),), moves=(Span("it moves", 50.0, 51.0),))
    rows = [moment(25, 26, "read"), moment(50, 51, "moves")]
    others = [moment(25, 26), moment(25, 26, "moves"), moment(50, 51, "read"), moment(30, 31, "read")]
    data = {"answer": "yes", "cant_tell": False, "evidence": [*rows, *others]}
    found = model_answer(data, ASKED, [one])
    assert [each.source for each in found.evidence] == ["read", "moves"] and len(found.notes) == 4


def test_films_are_told_apart(source: SourceFilm) -> None:
    row = moment(5, 6, film=2)
    found = model_answer({"answer": "x", "cant_tell": False, "evidence": [row]}, ASKED, [shown(source), shown(source)])
    assert found.evidence[0].film == "film 2"


def test_chapters_come_in_order_and_only_of_what_was_shown(source: SourceFilm) -> None:
    rows = [{"start": 40, "end": 60, "title": "Second"}, {"start": 0, "end": 20, "title": "First"},
            {"start": 100, "end": 120, "title": "Never"}]  # fmt: skip
    data = {"answer": "two parts", "cant_tell": False, "evidence": [], "chapters": rows}
    found = model_answer(data, ASKED, [shown(source)])
    assert [each.text for each in found.chapters] == ["First", "Second"] and "A chapter at 100.00 s" in found.notes[0]


@pytest.mark.parametrize("data", [{"answer": "", "cant_tell": False}, {"answer": "red", "cant_tell": True}])
def test_an_answer_that_can_not_tell_has_no_words(source: SourceFilm, data: dict) -> None:
    found = model_answer(data, ASKED, [shown(source)])
    assert found.abstained and found.text == ""


def test_more_evidence_than_anybody_reads_is_cut(source: SourceFilm) -> None:
    rows = [moment(at / 10, at / 10 + 1) for at in range(12)]
    found = model_answer({"answer": "x", "cant_tell": False, "evidence": rows}, ASKED, [shown(source)])
    assert len(found.evidence) == 8 and "first 8 of 12" in found.notes[-1]


def test_a_description_keeps_its_clips_times_only() -> None:
    text = "40.00-45.5: a car\n- [0:50 - 0:55] a dog\n3-7: of the clip's own clock\nA man waits.\n(1:20-1:30) too late"
    clean, replaced = description_lines(text, 40.0, 60.0)
    assert clean.splitlines() == [
        "40.00-45.5: a car", "- [0:50 - 0:55] a dog", "40.00-60.00: of the clip's own clock", "A man waits.",
        "40.00-60.00 too late",
    ]  # fmt: skip
    assert replaced == 2


def test_condensed_facts_of_no_clip_are_dropped() -> None:
    text = "41-42 (seen): a car\n30-31 (heard): a voice\nNOTHING"
    assert condensed_lines(text, [(40, 60)]) == ("41-42 (seen): a car\nNOTHING", 1)


def test_numbers_at_the_start_of_a_line_that_are_no_times_are_left_alone() -> None:
    text = "3 dogs run\n2 - a title\n10-year-old boy waves"
    assert description_lines(text, 40, 60) == (text, 0)


def test_what_is_quoted_word_for_word_needs_no_second_look() -> None:
    heard = (Span("Well, the meeting is at noon, he said.", 10.0, 12.0),)
    assert is_quoted("The meeting is at noon", heard, 10.5, 11)
    assert not is_quoted("The meeting is at one", heard, 10.5, 11)
    assert not is_quoted("The meeting is at noon", heard, 30, 31)
    assert not is_quoted("noon", heard, 10, 11)  # one word may stand in any sentence
