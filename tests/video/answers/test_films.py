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
        ("Why?", ["blue", "red"], ""),
    ],
)  # fmt: skip
def test_choices(question: str, choices: list[str], answered: str) -> None:
    from sensorium.video.answers.films import _chosen

    reply = _chosen(answer(hand_made(), question), choices)
    assert reply.abstained is not bool(answered)
    assert not answered or reply.answer == answered
