"""Timelines of short films: what is read and heard with times, decoded once, kept, resumed and noted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from planted_films import CountingColours
from told_films import BrightReader, ToneTranscriber, told_film

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError, InstallError
from sensorium.core.languages import Transcript
from sensorium.core.messages import Audio
from sensorium.video import Sampling, index_film
from sensorium.video.answers import Senses, answer, timeline_of
from sensorium.video.answers.looking.store import RunNotes

WORDS = (("HARBOUR", 1.0, 5.0), ("EXIT", 6.4, 8.0), ("TICKETS", 6.4, 10.2))
TONES = ((2.0, 2.5), (7.0, 7.5), (9.0, 9.5))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return told_film(tmp_path_factory.mktemp("film") / "told.mp4", 12.0, WORDS, TONES)


def senses(**others: object) -> Senses:
    reader = BrightReader([text for text, _, _ in WORDS])
    return Senses(**{"reader": reader, "transcriber": ToneTranscriber(["hello", "wide", "world"])} | others)  # type: ignore[arg-type]


def test_text_is_read_with_its_times_to_a_fifth_of_a_second(film: Path, tmp_path: Path) -> None:
    ours = senses(transcriber=None)
    timeline = timeline_of(Blob(film), ours, tmp_path)
    found = {text.text: (text.start, text.end) for text in timeline.seen.texts}
    assert set(found) == {text for text, _, _ in WORDS}
    for text, start, end in WORDS:
        assert found[text] == pytest.approx((start, end), abs=0.2)
    assert ours.reader.readings < 20  # type: ignore[union-attr]  # of 240 frames


def test_speech_keeps_the_times_of_the_film(film: Path, tmp_path: Path) -> None:
    timeline = timeline_of(Blob(film), senses(reader=None), tmp_path)
    assert [word.text for word in timeline.words] == ["hello", "wide", "world"]
    assert [word.start for word in timeline.words] == pytest.approx([start for start, _ in TONES], abs=0.1)


def test_the_second_question_decodes_and_asks_nothing(film: Path, tmp_path: Path) -> None:
    embedder = CountingColours()
    first = timeline_of(Blob(film), senses(embedder=embedder), tmp_path)
    assert first.decoded == pytest.approx(12.0, abs=0.1)
    looked = embedder.pictures
    assert looked > 0
    ours = senses(embedder=embedder)
    again = timeline_of(Blob(film), ours, tmp_path)
    assert again.decoded == 0.0
    assert (again.seen, again.heard, again.notes) == (first.seen, first.heard, first.notes)
    assert embedder.pictures == looked
    assert ours.reader.readings == 0 and ours.transcriber.seconds == 0.0  # type: ignore[union-attr]


def test_answers_come_from_it(film: Path, tmp_path: Path) -> None:
    timeline = timeline_of(Blob(film), senses(), tmp_path)
    reply = answer(timeline, "What is said while TICKETS is on the screen?")
    assert [item.text for item in reply.evidence] == ["wide", "world"]


def test_a_killed_run_reads_nothing_twice(film: Path, tmp_path: Path) -> None:
    class Killed(BrightReader):
        def __call__(self, pixels):  # type: ignore[no-untyped-def]
            if self.readings == 3:
                raise KeyboardInterrupt
            return super().__call__(pixels)

    words = [text for text, _, _ in WORDS]
    whole = timeline_of(Blob(film), senses(transcriber=None), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        timeline_of(Blob(film), senses(reader=Killed(words), transcriber=None), tmp_path / "killed")
    ours = senses(transcriber=None)
    resumed = timeline_of(Blob(film), ours, tmp_path / "killed")
    assert resumed.seen == whole.seen
    undisturbed = senses(transcriber=None)
    timeline_of(Blob(film), undisturbed, tmp_path / "count")
    assert ours.reader.readings == undisturbed.reader.readings - 3  # type: ignore[union-attr]
    assert not list((tmp_path / "killed").rglob("*.jsonl"))


def test_what_is_left_out_is_noted(film: Path, tmp_path: Path) -> None:
    bare = timeline_of(Blob(film), Senses(), tmp_path / "bare")
    assert len(bare.notes) == 3 and "sound" in bare.notes[0]
    assert not bare.was_heard and not bare.was_read
    missing = timeline_of(Blob(film), Senses(missing=("The sound was not heard: no package.",)), tmp_path / "missing")
    assert sum("sound was not heard" in note for note in missing.notes) == 1


def test_a_transcriber_that_is_not_installed_is_noted_and_asked_again(film: Path, tmp_path: Path) -> None:
    class Missing(ToneTranscriber):
        def transcribe(self, audio: Audio, language: str | None) -> Transcript:
            raise InstallError("tones needs ears.", "Type: pip install ears")

    timeline = timeline_of(Blob(film), senses(transcriber=Missing([])), tmp_path)
    assert any("pip install ears" in note for note in timeline.notes)
    assert not timeline.was_heard
    assert timeline_of(Blob(film), senses(), tmp_path).was_heard


def test_a_film_without_sound_says_so(tmp_path: Path) -> None:
    silent = told_film(tmp_path / "silent.mp4", 2.0, ())
    timeline = timeline_of(Blob(silent), senses(), tmp_path)
    assert "The film has no sound." in timeline.notes
    assert answer(timeline, "When is hello said?").abstained


def test_a_timeline_that_is_something_else_is_an_error(film: Path, tmp_path: Path) -> None:
    timeline_of(Blob(film), senses(), tmp_path)
    next(tmp_path.rglob("seen-*.json")).write_text('{"scenes": 3}')
    with pytest.raises(InputError, match="can't be read") as error:
        timeline_of(Blob(film), senses(), tmp_path)
    assert "rm " in error.value.hint


def test_the_pass_also_makes_the_index_that_find_uses(film: Path, tmp_path: Path) -> None:
    embedder = CountingColours()
    timeline = timeline_of(Blob(film), Senses(embedder=embedder), tmp_path)
    assert timeline.index is not None
    times = [at for part in timeline.index.parts() for at in part.times.tolist()]
    assert times[:12] == pytest.approx(range(12), abs=0.06)
    kept, decoded = index_film(Blob(film), embedder, tmp_path, Sampling(1.0))
    assert kept == timeline.index
    assert decoded == 0.0


def test_notes_of_a_run_survive_a_line_that_was_being_written(tmp_path: Path) -> None:
    notes = RunNotes(tmp_path / "run.jsonl")
    notes.put("text", 1.0, ["EXIT"])
    with (tmp_path / "run.jsonl").open("a") as file:
        file.write(json.dumps({"at": "text 2.000", "found": []})[:-4])
    again = RunNotes(tmp_path / "run.jsonl")
    assert again.get("text", 1.0) == ["EXIT"]
    assert again.get("text", 2.0) is None
