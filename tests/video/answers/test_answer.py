"""Answers from a timeline: with times and sources, and declined where it doesn't hold them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from told_films import hand_made

from sensorium.media.decoding import BrokenPart
from sensorium.video.answers import KnownThing, answer
from sensorium.video.answers.answer import windows_of
from sensorium.video.answers.looking.hearing import HeardFilm
from sensorium.video.answers.timeline import Timeline
from sensorium.video.watch.evidence import TimedEvidence, WatchReply


def vocabulary(word: str) -> KnownThing | None:
    names = {"cat": {"tabby cat", "Siamese cat"}, "dog": {"poodle"}, "sofa": {"sofa"}}
    return KnownThing(frozenset(names[word])) if word in names else None


def ask(question: str, timeline: Timeline | None = None) -> WatchReply:
    return answer(timeline or hand_made(), question, None, vocabulary)


def times(reply: WatchReply) -> list[tuple[float, float, str]]:
    return [(round(item.start, 1), round(item.end, 1), item.source) for item in reply.evidence]


@pytest.mark.parametrize(
    ("question", "evidence"),
    [
        ("When is the cat seen?", [(0.0, 10.0, "seen"), (20.0, 30.0, "seen")]),
        ("When is the cat first seen?", [(0.0, 10.0, "seen")]),
        ("When is the cat seen for the last time?", [(20.0, 30.0, "seen")]),
        ("When is the cat seen after 0:15?", [(20.0, 30.0, "seen")]),
        ("When does the sign say PLATFORM 7?", [(12.0, 18.0, "read"), (50.0, 54.0, "read")]),
        ("When is PLATFORM 7 shown before 0:30?", [(12.0, 18.0, "read")]),
        ("When does she say wisdom?", [(5.0, 5.4, "heard"), (43.0, 43.4, "heard")]),
        ("When is 'night train' on the screen?", [(30.0, 36.0, "read")]),
        ("When is 'night train' said?", [(22.4, 23.2, "heard")]),
        ("When does something move to the left?", [(40.0, 44.0, "moves")]),
        ("What is said at 0:23?", [(22.0, 24.0, "heard")]),
        ("What is said after 0:10?", [(22.0, 24.0, "heard")]),
        ("What is said after the sign says PLATFORM 7?", [(22.0, 24.0, "heard")]),
        ("What is said before 0:30?", [(22.0, 24.0, "heard")]),
        ("What is said while the cat is seen?", [(3.0, 5.4, "heard"), (22.0, 24.0, "heard")]),
        ("What does the sign say at 0:31?", [(30.0, 36.0, "read")]),
        ("What text is shown between 0:10 and 0:40?", [(12.0, 18.0, "read"), (30.0, 36.0, "read")]),
        ("What is said at the end?", [(41.0, 43.4, "heard")]),
        ("What is said at the beginning?", [(3.0, 5.4, "heard")]),
    ],
)
def test_times(question: str, evidence: list[tuple[float, float, str]]) -> None:
    reply = ask(question)
    assert not reply.abstained, reply.answer
    assert times(reply) == evidence
    assert reply.route == "offline"


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("How many times is the cat seen?", "At least 2 times."),
        ("How often is NIGHT TRAIN on the screen?", "Once."),
        ("How long is PLATFORM 7 shown?", "For 10.0 seconds."),
        ("Is the cat seen?", "Yes."),
        ("How long is the cat seen?", "For at least 20"),
        ("Is 'night train' said?", "Yes."),
        ("Is 'last bus' said?", "No."),
        ("Is the cat seen before 'night train' is shown?", "Yes."),
        ("Is NIGHT TRAIN shown before PLATFORM 7?", "No."),
        ("Which comes first, the cat or 'night train'?", "The cat comes first."),
        ("Which comes last, the cat or 'night train'?", '"night train" comes later.'),
        ("Summarise the film", "The film is 1:00.0 long and has 6 scenes."),
    ],
)
def test_words(question: str, begins: str) -> None:
    reply = ask(question)
    assert not reply.abstained
    assert reply.answer.startswith(begins), reply.answer


@pytest.mark.parametrize(
    "question",
    [
        "When is the dog seen?", "When does the sign say EXIT?", "When does she say despair?", "Why is the cat here?",
        "When is the cat seen after 0:40?", "What is said after the dog is seen?", "What is said after 0:50?",
        "What is said at 0:35?", "When does something move to the right?", "Is the sofa happy?",
        "What is said at 5:00?",
        "Wann sieht man die Katze?", "Is there a giraffe?", "Is there a dog?", "Is the cat seen after 0:40?",
        "Does something move to the right?", "How long is the dog seen?",
        "Which comes first, the cat or the dog?",
    ],
)  # fmt: skip
def test_declined(question: str) -> None:
    reply = ask(question)
    assert reply.abstained, reply.answer
    assert reply.confidence is None


def test_what_was_not_seen_may_be_there() -> None:
    """Half of the things that are there aren't found: "No." was wrong as often as not."""
    missing = "I didn't see a dog in this film. That doesn't mean that it isn't there."
    assert ask("Is there a dog?").answer == missing
    later = ask("Is the cat seen after 0:40?")
    assert later.answer.startswith("I see the cat from 0:00.0") and later.answer.endswith("but not after 0:40.0.")


def test_where_picture_and_sound_disagree_the_answer_names_its_source() -> None:
    said = ask("When is the train seen?")
    assert said.abstained
    assert "is said from 0:22.8" in said.answer or "is on the screen" in said.answer
    read = ask("When is money on the screen?")
    assert read.abstained or read.evidence[0].source != "heard"
    both = ask("Is 'night train' there at all?")
    assert {"on the screen", "said"} <= {word for word in ("on the screen", "said") if word in both.answer}


def test_a_longer_time_than_the_film_is_named() -> None:
    assert "ends at 1:00.0" in ask("What is said at 5:00?").answer


def test_what_was_not_perceived_is_said_not_denied() -> None:
    timeline = replace(hand_made(), was_heard=False, notes=("The sound was not heard: no ears.",))
    reply = ask("Is 'wisdom' said?", timeline)
    assert reply.abstained
    assert "no ears" in reply.answer
    assert reply.notes == timeline.notes
    assert ask("What is said at 0:04?", timeline).abstained
    unmoved = ask("Does something move?", hand_made(None))
    assert unmoved.abstained
    assert "movement was not looked at" in unmoved.answer


def test_chapters_begin_with_scenes_and_cover_the_film() -> None:
    reply = ask("What happens in the film?")
    assert reply.chapters[0].start == 0.0 and reply.chapters[-1].end == 60.0
    assert all(a.end == b.start for a, b in zip(reply.chapters, reply.chapters[1:], strict=False))
    assert "tabby cat" in reply.chapters[0].text and "wisdom" in reply.chapters[0].text


@pytest.mark.parametrize(
    ("relation", "windows"),
    [
        ("", [(0.0, float("inf"))]), ("before", [(-float("inf"), 2.0)]), ("after", [(3.0, float("inf"))]),
        ("between", [(3.0, 8.0)]), ("while", [(2.0, 3.0), (5.0, 6.0)]),
    ],
)  # fmt: skip
def test_windows(relation: str, windows: list[tuple[float, float]]) -> None:
    cats = [TimedEvidence(2.0, 3.0, "", "seen"), TimedEvidence(5.0, 6.0, "", "seen")]
    assert windows_of(relation, [cats, [TimedEvidence(8.0, 9.0, "", "read")]]) == windows


@pytest.mark.parametrize(
    ("question", "is_no"),
    [
        ("Is EXIT on the screen?", False),
        ("Is EXIT on the screen after 0:45?", False),
        ("Is EXIT on the screen before 0:30?", True),  # that part is whole
        ('Is "submarine" said after 0:45?', False),
    ],
)
def test_a_no_needs_the_whole_of_what_is_asked_about(question: str, is_no: bool) -> None:
    whole = hand_made()
    broken = replace(whole, seen=replace(whole.seen, faults=(BrokenPart(40.0, 60.0, "the file ends early"),)))
    assert answer(whole, question).answer.startswith("No.")
    reply = answer(broken, question)
    assert reply.abstained is not is_no and reply.answer.startswith("No.") is is_no
    assert is_no or ("from 0:4" in reply.answer and "to 1:00.0 can't be decoded" in reply.answer)
    flaw = replace(whole, seen=replace(whole.seen, faults=(BrokenPart(40.0, 40.1, "frames are damaged"),)))
    assert answer(flaw, question).answer.startswith("No.")


def test_what_to_type_for_the_sound_is_told_as_it_is_typed() -> None:
    hint = 'The sound was not heard: whisper needs a package. Type: pip install "sensorium[voice]"'
    deaf = replace(hand_made(), heard=HeardFilm(), was_heard=False, notes=(hint,))
    reply = answer(deaf, "What is said?")
    assert reply.abstained and "t" + hint[1:] in reply.answer
