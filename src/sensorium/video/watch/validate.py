"""Times that come back from a model: only those of what it was shown are taken, the rest is dropped with a note."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sensorium.core.languages import Span
from sensorium.video.watch.evidence import Source, TimedEvidence
from sensorium.video.watch.prompts import WatchQuestion, seconds
from sensorium.video.watch.segments import Segment, SourceFilm

MAX_EVIDENCE = 8
_TIME = r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)"
_LINE = re.compile(rf"^[\s\-*•\[(]*{_TIME}\s*s?\s*(?:-|–|—|to)\s*{_TIME}\s*s?[\])]*\s*(?=[:(,\-–]|\s)", re.I)
_SLACK_SECONDS = 0.5  # by which a model may round what it was shown
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class ShownFilm:
    """What a model was shown of a film.

    Args:
        film: The film.
        parts: The clips that were looked at.
        heard: What is said in it, as the model was told.
        hears: Whether the model heard the sound itself.
        read, moves: Texts on the screen and motion that the model was told of, of parts that it did not see, too.
    """

    film: SourceFilm
    parts: tuple[Segment, ...]
    heard: tuple[Span, ...] = ()
    hears: bool = False
    read: tuple[Span, ...] = ()
    moves: tuple[Span, ...] = ()

    def was_looked_at(self, source: str, start: float, end: float, slack: float) -> bool:
        """Whether something between two times was seen, or told, by the source that is named."""
        spans = {"read": self.read, "moves": self.moves}.get(source, ())
        return _is_told(spans, start, end) or any(
            start <= part.end + slack and end >= part.start - slack for part in self.parts
        )


@dataclass(frozen=True)
class ModelAnswer:
    """An answer whose times are those of what was shown.

    Args:
        text: The answer, "" if it can't be told.
        abstained: Whether it can't be told.
        evidence: The moments that prove it.
        chapters: The parts of a summary.
        notes: What was dropped, and why.
    """

    text: str
    abstained: bool
    evidence: tuple[TimedEvidence, ...] = ()
    chapters: tuple[TimedEvidence, ...] = ()
    notes: tuple[str, ...] = ()


def model_answer(data: Any, question: WatchQuestion, shown: Sequence[ShownFilm]) -> ModelAnswer:
    """Return the answer in the JSON values of `prompts.answer_schema`."""
    notes: list[str] = []
    evidence = []
    for row in data.get("evidence", ())[: 4 * MAX_EVIDENCE]:
        found = _moment(row, row.get("source", "described"), str(row.get("text", "")), shown, "Evidence", notes)
        if found is not None and found not in evidence:
            evidence.append(found)
    if len(evidence) > MAX_EVIDENCE:
        notes.append(f"Only the first {MAX_EVIDENCE} of {len(evidence)} pieces of evidence are given.")
    chapters = []
    for row in data.get("chapters", ()):
        found = _moment(row, "described", str(row.get("title", "")), shown, "A chapter", notes)
        if found is not None:
            chapters.append(found)
    text = str(data.get("answer", "")).strip()
    abstained = bool(data.get("cant_tell")) or not text
    if abstained:
        return ModelAnswer("", True, tuple(evidence[:MAX_EVIDENCE]), (), tuple(notes))
    chapters.sort(key=lambda each: (each.film, each.start))
    return ModelAnswer(text, False, tuple(evidence[:MAX_EVIDENCE]), tuple(chapters), tuple(notes))


def _moment(
    row: dict[str, Any], source: str, text: str, shown: Sequence[ShownFilm], what: str, notes: list[str]
) -> TimedEvidence | None:
    number = int(row.get("film", 1))
    start, end = float(row["start"]), float(row["end"])
    where = f"{what} at {seconds(start)} s to {seconds(end)} s" + (f" of film {number}" if len(shown) > 1 else "")
    if not 1 <= number <= len(shown):
        notes.append(f"{where} was dropped: it has no such film.")
        return None
    one = shown[number - 1]
    film = one.film
    slack = max(_SLACK_SECONDS, 1 / film.info.fps if film.info.fps else 0.0)
    reason = ""
    if not text.strip():
        reason = "it says nothing"
    elif end < start:
        reason = "it ends before it starts"
    elif start < film.start - slack or end > film.end + slack:
        reason = f"what was shown is {seconds(film.start)} s to {seconds(film.end)} s"
    elif source != "heard" and not one.was_looked_at(source, start, end, slack):
        reason = "this part was not looked at"
    elif source == "heard" and not one.hears and not _is_told(one.heard, start, end):
        reason = "nothing was heard then"
    if reason:
        notes.append(f"{where} was dropped: {reason}.")
        return None
    start, end = max(film.start, min(start, film.end)), min(film.end, max(end, film.start))
    name = film.name or f"film {number}" if len(shown) > 1 else ""
    return TimedEvidence(start, end, " ".join(text.split()), cast(Source, source), name)


def _is_told(spans: Sequence[Span], start: float, end: float) -> bool:
    return any(span.start <= end + _SLACK_SECONDS and span.end >= start - _SLACK_SECONDS for span in spans)


def is_quoted(text: str, heard: Sequence[Span], start: float, end: float) -> bool:
    """Whether a text is, word for word, among what is said around a time: it needs no second look."""
    spoken = [word for span in heard if _is_told([span], start, end) for word in _WORD.findall(span.text.casefold())]
    wanted = _WORD.findall(text.casefold())
    return len(wanted) > 2 and any(
        spoken[at : at + len(wanted)] == wanted for at in range(len(spoken) - len(wanted) + 1)
    )


def description_lines(text: str, start: float, end: float) -> tuple[str, int]:
    """Return a clip's description with only times of the clip, and how many others were replaced by the clip's."""
    lines, replaced = [], 0
    for line in text.strip().splitlines():
        match = _LINE.match(line)
        if match is not None:
            low, high = line_times(match)
            if not (start - _SLACK_SECONDS <= low <= high <= end + _SLACK_SECONDS):
                line = f"{seconds(start)}-{seconds(end)}{line[match.end() :]}"
                replaced += 1
        if line.strip():
            lines.append(line.strip())
    return "\n".join(lines), replaced


def condensed_lines(text: str, parts: Sequence[tuple[float, float]]) -> tuple[str, int]:
    """Return condensed notes without lines whose times lie outside of the clips, and how many these were."""
    lines, dropped = [], 0
    for line in text.strip().splitlines():
        match = _LINE.match(line)
        if match is not None:
            low, high = line_times(match)
            if low > high or not any(
                low <= end + _SLACK_SECONDS and high >= start - _SLACK_SECONDS for start, end in parts
            ):
                dropped += 1
                continue
        if line.strip():
            lines.append(line.strip())
    return "\n".join(lines), dropped


def line_times(match: re.Match[str]) -> tuple[float, float]:
    """Return the two times that a line begins with, in seconds; they may be written as clocks."""
    values = match.groups()
    return _clock(*values[:3]), _clock(*values[3:6])


def _clock(hours: str | None, minutes: str | None, rest: str) -> float:
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(rest)
