"""What watching answers: evidence with times, and the reply's JSON."""

import json

import pytest

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError
from sensorium.core.reply import Usage
from sensorium.video.watch.evidence import TimedEvidence, WatchReply, film_names


def test_evidence_as_json_has_a_film_and_a_score_only_if_known():
    assert TimedEvidence(1.23456, 2, "a red car", "seen").to_json() == {
        "start": 1.235, "end": 2, "text": "a red car", "source": "seen",
    }  # fmt: skip
    named = TimedEvidence(0, 0, "“stop”", "read", film="b.mp4", score=0.5).to_json()
    assert (named["film"], named["score"]) == ("b.mp4", 0.5)


def test_a_score_of_zero_is_kept():
    assert TimedEvidence(0, 1, "x", "heard", score=0.0).to_json()["score"] == 0.0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((2, 1, "x", "seen"), "'2 to 1'"),
        ((-1, 1, "x", "seen"), "'-1 to 1'"),
        ((0, float("inf"), "x", "seen"), "'0 to inf'"),
        ((float("nan"), 1, "x", "seen"), "'nan to 1'"),
        ((0, 1, "x", "smelt"), "'smelt' isn't a source"),
        ((0, 1, "x", "seen", "", 1.5), "not 1.5"),
    ],
)
def test_evidence_that_cannot_be_is_refused(fields, message):
    with pytest.raises(InputError) as error:
        TimedEvidence(*fields)
    assert message in error.value.message


def test_reply_as_json_is_the_documented_record():
    reply = WatchReply(
        "At 0:03.", 0.9, False, (TimedEvidence(3, 4, "a cup", "seen"),), "chain", "The film is long.",
        Usage(input_tokens=7), ("Clip 2 failed twice.",), (TimedEvidence(0, 9, "A table.", "described"),),
    )  # fmt: skip
    out = json.loads(json.dumps(reply.to_json()))
    assert list(out) == [
        "answer", "confidence", "abstained", "evidence", "route", "why", "usage", "notes", "chapters",
    ]  # fmt: skip
    assert out["evidence"] == [{"start": 3, "end": 4, "text": "a cup", "source": "seen"}]
    assert out["usage"]["input_tokens"] == 7 and out["usage"]["usd"] is None
    assert out["notes"] == ["Clip 2 failed twice."] and out["chapters"][0]["text"] == "A table."


@pytest.mark.parametrize(
    ("films", "names"),
    [
        (["a/door.mp4"], ("door.mp4",)),
        ([b"x"], ("",)),
        (["a/door.mp4", "a/cat.mp4"], ("door.mp4", "cat.mp4")),
        (["a/door.mp4", "b/door.mp4", "cat.mp4"], ("a/door.mp4", "b/door.mp4", "cat.mp4")),
        (["x/a/door.mp4", "y/a/door.mp4"], ("x/a/door.mp4", "y/a/door.mp4")),
        (["door.mp4", "door.mp4"], ("door.mp4 (1)", "door.mp4 (2)")),
        (["a/door.mp4", "b/door.mp4", "b/door.mp4"], ("a/door.mp4", "b/door.mp4 (1)", "b/door.mp4 (2)")),
        ([b"x", b"y"], ("film 1", "film 2")),
        ([b"x", "door.mp4"], ("film 1", "door.mp4")),
    ],
)
def test_each_of_several_films_has_a_name_of_its_own(films, names):
    """Before, evidence of the second of two films of one name was looked for, shown and played in the first."""
    assert film_names([Blob(film) for film in films]) == names


def test_a_films_name_is_one_line():
    assert film_names([Blob("two\nlines.mp4")]) == (r"two\nlines.mp4",)
    assert film_names([Blob("a/\x1b[31mred.mp4"), Blob("a/grün ü.mp4")]) == (r"\x1b[31mred.mp4", "grün ü.mp4")
