"""Several films, clips of films and choices, offline."""

from __future__ import annotations

from pathlib import Path

import pytest
from told_films import BrightReader, ToneTranscriber, hand_made, told_film

from sensorium import Video
from sensorium.video.answers import Senses, answer, watch_offline, within


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("films")
    one = told_film(folder / "one.mp4", 4.0, [("HARBOUR", 1.0, 3.0)])
    return [one, told_film(folder / "two.mp4", 4.0, [("TICKETS", 0.5, 2.0), ("HARBOUR", 2.5, 3.5)])]


def senses() -> Senses:
    return Senses(reader=BrightReader(["HARBOUR", "TICKETS"]), transcriber=ToneTranscriber([]))


def test_evidence_names_the_film_if_there_are_several(films: list[Path], tmp_path: Path) -> None:
    reply = watch_offline([Video(film) for film in films], "When does the sign say TICKETS?", senses(), tmp_path)
    assert [(item.film, item.text) for item in reply.evidence] == [("two.mp4", "TICKETS")]
    assert reply.answer.startswith("two.mp4: ")
    both = watch_offline([Video(film) for film in films], "When does the sign say HARBOUR?", senses(), tmp_path)
    assert [item.film for item in both.evidence] == ["one.mp4", "two.mp4"]
    neither = watch_offline([Video(film) for film in films], "When does the sign say EXIT?", senses(), tmp_path)
    assert neither.abstained


def test_what_no_film_could_answer_is_declined_before_anything_is_looked_at(films: list[Path], tmp_path: Path) -> None:
    ours = senses()
    for question in ("बिल्ली कब दिखती है?", "Why is he sad?"):
        reply = watch_offline([Video(film) for film in films], question, ours, tmp_path)
        assert reply.abstained and "I can tell when" in reply.answer
    assert ours.reader.readings == 0 and not list(tmp_path.iterdir())  # type: ignore[union-attr]


def test_a_clip_is_answered_from_the_films_timeline(films: list[Path], tmp_path: Path) -> None:
    question = "When does the sign say HARBOUR?"
    watch_offline([Video(films[1])], question, senses(), tmp_path)
    ours = senses()
    clip = watch_offline([Video(films[1], 3.0, 4.0)], question, ours, tmp_path)
    assert [item.start for item in clip.evidence] == [3.0]
    assert clip.evidence[0].end == pytest.approx(3.5, abs=0.2)
    assert ours.reader.readings == 0  # type: ignore[union-attr]
    assert watch_offline([Video(films[1], 0.0, 2.0)], question, ours, tmp_path).abstained


def test_a_part_of_a_timeline_keeps_the_times_of_the_film() -> None:
    part = within(hand_made(), 20.0, 40.0)
    assert [item.text for item in answer(part, "What is said?").evidence] == ["The night train is late."]
    assert answer(part, "When does she say wisdom?").abstained
    reply = answer(part, "Summarise the film")
    assert (reply.chapters[0].start, reply.chapters[-1].end) == (20.0, 40.0)
    assert within(hand_made(), 0.0, None) == hand_made()


@pytest.mark.parametrize(
    ("question", "choices", "answered"),
    [
        ("Which comes first, 'platform 7' or 'night train'?", ["the night train", "platform 7"], "platform 7"),
        ("Is NIGHT TRAIN on the screen?", ["Yes", "No"], "Yes"),
        ("Is EXIT on the screen?", ["yes", "no"], "no"),
        ("How many times does the sign say PLATFORM 7?", ["1 times", "2 times"], "2 times"),
        ("Is NIGHT TRAIN on the screen?", ["blue", "red"], ""),
        ("What is on the screen from 0:00 to 10:00?", ["PLATFORM 7", "NIGHT TRAIN"], ""),  # both are
        ("Why?", ["blue", "red"], ""),
    ],
)  # fmt: skip
def test_choices(question: str, choices: list[str], answered: str) -> None:
    from sensorium.video.answers.films import _chosen

    reply = _chosen(answer(hand_made(), question), choices)
    assert reply.abstained is not bool(answered)
    assert not answered or reply.answer == answered


@pytest.mark.parametrize(
    ("text", "choices", "answered"),
    [
        ("For 4.9 seconds. I see it from 0:02.5 to 0:07.4.", ["4", "5"], "5"),
        ("For 4.9 seconds. I see it from 0:02.5 to 0:07.4.", ["4 seconds", "about 5 s", "7 s"], "about 5 s"),
        ("For 4.5 seconds. I see it from 0:02.5 to 0:07.0.", ["4", "5"], ""),
        ("For 4.9 seconds. I see it from 0:02.5 to 0:07.4.", ["50", "100"], ""),
        ("For 4.9 seconds. I see it from 0:02.5 to 0:07.4.", ["4.9 minutes", "4"], ""),
        ('On the screen: "DR. WHO" (from 0:02.5 to 0:07.4); on the screen: "EXIT" (at 0:09.0).', ["Who", "Exit"], ""),
        ("Twice. I see the cat at 0:01.0 and at 0:03.0.", ["once", "twice"], "twice"),
    ],
)  # fmt: skip
def test_a_choice_is_named_by_the_whole_first_sentence(text: str, choices: list[str], answered: str) -> None:
    from sensorium.video.answers.films import _named_choice

    assert (_named_choice(text, choices) or "") == answered


def test_a_films_name_is_not_an_answer_and_what_was_missed_is_said_of_all(films: list[Path], tmp_path: Path) -> None:
    from sensorium.video.answers.films import _chosen, _together

    cat, dog = answer(hand_made(), "When is NIGHT TRAIN on the screen?"), answer(hand_made(), "Is EXIT on the screen?")
    both = _together([("cat.mp4", cat), ("dog.mp4", dog)])
    assert _chosen(both, ["cat", "dog"], [cat.answer, dog.answer]).abstained
    missing = answer(hand_made(), "When is EXIT on the screen?")
    assert missing.abstained and missing.answer.endswith("in this film.")
    assert _together([("a.mp4", missing), ("b.mp4", missing)]).answer == (
        missing.answer.replace("in this film", "in these films")
    )
    other = answer(hand_made(), "When is GATE on the screen?")
    words = _together([("a.mp4", missing), ("b.mp4", other)])
    assert words.abstained and words.answer == f"a.mp4: {missing.answer}\nb.mp4: {other.answer}"


def test_what_was_missed_in_a_part_is_not_said_of_the_film() -> None:
    reply = answer(within(hand_made(), 0.0, 0.1), "Is NIGHT TRAIN on the screen?")
    assert reply.answer.startswith("No.") and "in this part of the film" in reply.answer
