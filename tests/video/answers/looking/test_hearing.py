"""Sound in windows and words in sentences: nothing is lost, doubled or moved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from told_films import ToneTranscriber, said, told_film

from sensorium.core.blob import Blob
from sensorium.core.languages import Span
from sensorium.media.audio import RATE
from sensorium.video.answers.looking.hearing import Listener, estimated_words, sentences_of, sound_windows
from sensorium.video.answers.looking.store import RunNotes

TONES = ((0.5, 0.8), (3.2, 3.6), (6.5, 6.9), (8.0, 8.2))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return told_film(tmp_path_factory.mktemp("film") / "tones.mp4", 9.0, (), TONES)


def test_windows_join_to_the_whole_sound(film: Path) -> None:
    windows = list(sound_windows(Blob(film), 2.0))
    assert len(windows) > 4
    assert all(sound.size <= 2.0 * RATE for _, sound in windows)
    ends = [start + sound.size / RATE for start, sound in windows]
    assert [start for start, _ in windows[1:]] == pytest.approx(ends[:-1], abs=0.001)
    whole = next(sound_windows(Blob(film), 60.0))[1]
    assert np.array_equal(np.concatenate([sound for _, sound in windows]), whole)


def test_no_tone_is_cut(film: Path) -> None:
    for start, sound in list(sound_windows(Blob(film), 2.0))[1:]:
        assert np.abs(sound[:400]).max() < 0.05, start


@pytest.mark.parametrize("exact", [True, False])
def test_words_have_times_of_the_film(film: Path, exact: bool) -> None:
    listener = Listener(Blob(film), 9.0, ToneTranscriber(["one", "two", "three", "four"], exact), None, RunNotes())
    for window in listener.windows:
        listener.hear(window)
    heard = listener.heard()
    assert [word.start for word in heard.words] == pytest.approx([start for start, _ in TONES], abs=0.1)
    assert heard.exact is exact
    assert (heard.language, heard.confidence) == ("en", 0.9)


def test_a_span_across_a_pause_is_two_sentences() -> None:
    words = [*said("in short, the present period,", 33.0), *said("we were all going. To heaven", 70.0)]
    sentences = sentences_of(words)
    assert [span.text for span in sentences] == ["in short, the present period,", "we were all going.", "To heaven"]
    assert sentences[0].end == pytest.approx(35.0)
    assert sentences[1].start == 70.0


def test_estimated_words_share_their_span_by_letters() -> None:
    words = estimated_words(Span("a bbb", 10.0, 16.0))
    assert [(word.text, word.start, word.end) for word in words] == [("a", 10.0, 12.0), ("bbb", 12.0, 16.0)]
    assert estimated_words(Span("", 1.0, 2.0)) == []
