"""video/report/chapters: Chromium's own parser reads the cues back as they were."""

from __future__ import annotations

import base64
import itertools
import random
from typing import Any

import pytest

from sensorium.core.languages import Span
from sensorium.video.report.chapters import chapters_vtt, evidence_vtt, speech_vtt, webvtt
from sensorium.video.watch.evidence import TimedEvidence, WatchReply

Cues = list[list[Any]]
STRANGE = ("a < b && c > d", "<v Bob>not a voice</v>", "--> NOTE\n\nWEBVTT", "&amp; &lt;", "چای گرم 茶", "x\0y", "\n\n")


@pytest.fixture(scope="module")
def page(browser: Any) -> Any:
    made = browser.new_page()
    made.goto("about:blank")
    yield made
    made.close()


def parsed(page: Any, text: str, kind: str = "chapters") -> Cues:
    """Return (start, end, text) of each cue, as Chromium's `<track>` has them."""
    address = f"data:text/vtt;base64,{base64.b64encode(text.encode()).decode()}"
    cues: Cues = page.evaluate(
        """([address, kind]) => new Promise((resolve, reject) => {
          const track = document.createElement("track");
          track.onload = () => resolve([...track.track.cues].map(
            (cue) => [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent]));
          track.onerror = () => reject(new Error("it isn't WebVTT"));
          Object.assign(track, { kind, src: address });
          document.createElement("video").append(track);
          track.track.mode = "hidden";
        })""",
        [address, kind],
    )
    return cues


def part(start: float, end: float, text: str = "words", film: str = "") -> TimedEvidence:
    return TimedEvidence(start, end, text, "read", film)


def reply(*chapters: TimedEvidence, evidence: tuple[TimedEvidence, ...] = ()) -> WatchReply:
    return WatchReply("Parts.", None, False, evidence, "offline", "", chapters=chapters)


def test_chapters_are_read_back_in_order_with_hours(page: Any) -> None:
    made = reply(part(4000.25, 7300.5, "The end"), part(0, 59.9996, "The harbour"))
    assert "00:00:00.000 --> 00:01:00.000\n" in chapters_vtt(made)
    assert "01:06:40.250 --> 02:01:40.500\n" in chapters_vtt(made)
    assert parsed(page, chapters_vtt(made)) == [[0, 60, "The harbour"], [4000.25, 7300.5, "The end"]]


@pytest.mark.parametrize("text", STRANGE)
def test_no_text_is_markup_or_breaks_its_cue(page: Any, text: str) -> None:
    shown = " ".join(text.replace("\0", "�").split()) or "No words"
    assert parsed(page, chapters_vtt(reply(part(0, 1, text), part(1, 2)))) == [[0, 1, shown], [1, 2, "words"]]
    captions = parsed(page, evidence_vtt(reply(evidence=(part(0, 1, text),))), "captions")
    assert captions[0][2].startswith("Read:")


def test_chapters_never_overlap_whatever_the_answer_says(page: Any) -> None:
    chance = random.Random(0)
    for _ in range(10):
        starts = [round(chance.uniform(0, 50), 2) for _ in range(20)]
        made = reply(*(part(start, start + chance.choice((0, 0.5, 20)), f"at {start}") for start in starts))
        cues = parsed(page, chapters_vtt(made))
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(cues))
        assert all(start < end for start, end, _ in cues)
        assert [cue[0] for cue in cues] == sorted(set(starts))
        assert {f"at {start}" for start in starts} == {text for cue in cues for text in cue[2].split("; ")}


def test_a_film_has_its_own_chapters(page: Any) -> None:
    made = reply(part(0, 5, "ships", "a.mp4"), part(0, 5, "fruit", "b.mp4"))
    assert parsed(page, chapters_vtt(made, "b.mp4")) == [[0, 5, "fruit"]]


def test_without_chapters_the_evidence_is_jumped_to(page: Any) -> None:
    made = reply(evidence=(part(3, 9, "OPEN"), part(1, 4, "CLOSED")))
    assert parsed(page, chapters_vtt(made)) == [[1, 3, "Read: CLOSED"], [3, 9, "Read: OPEN"]]
    assert chapters_vtt(reply()) == "WEBVTT\n"
    assert parsed(page, chapters_vtt(reply())) == []


def test_captions_may_overlap_and_stand_long_enough(page: Any) -> None:
    made = reply(evidence=(part(3, 3, "OPEN"), part(1, 4, "CLOSED")))
    assert parsed(page, evidence_vtt(made), "captions") == [[1, 4, "Read: CLOSED"], [3, 4, "Read: OPEN"]]


def test_spoken_words_of_no_length_are_cues_too(page: Any) -> None:
    spans = [Span("it was", 0.0015, 0.0015), Span(" ", 1, 2), Span("the best", 2, 3)]
    assert parsed(page, speech_vtt(spans), "captions") == [[0.002, 0.003, "it was"], [2, 3, "the best"]]


def test_the_file_itself() -> None:
    assert webvtt([(1, 2, "a"), (0, 1, "b")]) == (
        "WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\nb\n\n2\n00:00:01.000 --> 00:00:02.000\na\n"
    )
