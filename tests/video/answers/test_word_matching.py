"""Words found in what was read and heard: misreadings are forgiven, other words and numbers are not."""

from __future__ import annotations

import pytest
from told_films import said

from sensorium.video.answers.looking.seen import ScreenText
from sensorium.video.answers.word_matching import alike, heard_moments, read_moments, tokens
from sensorium.video.watch.evidence import TimedEvidence

PLACE = (0.1, 0.1, 0.5, 0.2)
BELOW = (0.1, 0.22, 0.5, 0.32)


def line(
    text: str, start: float = 1.0, end: float = 2.0, share: tuple[float, float, float, float] = PLACE
) -> ScreenText:
    return ScreenText(text, start, end, 0.9, share)


@pytest.mark.parametrize(
    ("read", "wanted"),
    [
        ("PRESS START", "press start"), ("PRESSRSTART", "Press Start"), ("WET  PAINT!", "wet paint"),
        ("Café Müller", "cafe muller"), ("HARBCUR ROAD", "harbour road"), ("Platform nine", "PLATFORM 9"),
        ("NOW: THE NIGHT TRAIN LEAVES", "night train"),
    ],
)  # fmt: skip
def test_lines_that_hold_the_words(read: str, wanted: str) -> None:
    assert [(m.start, m.end, m.source) for m in read_moments([line(read)], wanted)] == [(1.0, 2.0, "read")]


@pytest.mark.parametrize(
    ("read", "wanted"),
    [
        ("PLATFORM 7", "platform 9"), ("START", "art"), ("PRICE 14.50", "price 14.80"), ("SALE", "sales office"),
        ("NIGHT BUS", "night train"), ("ROOM 204", "room 20"), ("", "exit"), ("EXIT", ""),
    ],
)  # fmt: skip
def test_lines_that_do_not(read: str, wanted: str) -> None:
    assert read_moments([line(read)], wanted) == []


def test_words_in_two_lines_below_each_other() -> None:
    texts = [line("MIND THE", 1.0, 4.0), line("STEP", 2.0, 5.0, BELOW)]
    assert [(m.start, m.end, m.text) for m in read_moments(texts, "mind the step")] == [(2.0, 4.0, "MIND THE / STEP")]
    apart = [line("MIND THE", 1.0, 2.0), line("STEP", 3.0, 5.0, BELOW)]
    assert read_moments(apart, "mind the step") == []


def test_a_line_that_was_lost_for_a_moment_is_one() -> None:
    assert [(m.start, m.end) for m in read_moments([line("EXIT", 1, 2), line("EXIT", 2.4, 3)], "exit")] == [(1.0, 3.0)]


WORDS = said("It was a season of darkness.", 2.0) + said("It was the spring of hope. Hope again.", 10.0)


@pytest.mark.parametrize(
    ("wanted", "starts"),
    [
        ("it was the season of darkness", [2.0]),  # "a" was heard for "the"
        ("it was the season of light", []),
        ("it was", [2.0, 10.0]),
        ("hope", [12.0, 12.4]),
        ("hoped", [12.0, 12.4]),
        ("darknes", [4.0]),
        ("hop", []),
        ("despair", []),
        ("darkness of season", []),
        ("", []),
    ],
)
def test_spoken_words(wanted: str, starts: list[float]) -> None:
    assert [round(m.start, 2) for m in heard_moments(WORDS, wanted)] == starts


def test_the_evidence_is_what_was_heard() -> None:
    assert heard_moments(WORDS, "the season of darkness")[0].text.endswith("season of darkness.")


def test_no_words_are_spoken_before_they_begin() -> None:
    assert isinstance(heard_moments(WORDS, "hope")[0], TimedEvidence)
    assert heard_moments((), "hope") == []


def test_tokens() -> None:
    assert tokens("It’s 14.50, Señor Nine-Ten!") == ["it's", "14.50", "senor", "9", "10"]


def test_numbers_are_never_alike() -> None:
    assert alike("42", "43") == 0.0
    assert alike("incredulity", "incredulitty") > 0.8
