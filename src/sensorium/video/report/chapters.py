"""WebVTT files: the chapters of a film, and its evidence as captions (https://www.w3.org/TR/webvtt1/)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from html import escape

from sensorium.core.languages import Span
from sensorium.video.report.frames import LABELS
from sensorium.video.watch.evidence import TimedEvidence, WatchReply

SHORTEST_SECONDS = 1.0
"""A caption stands at least this long, so that the evidence of a single frame can be read."""


def chapters_vtt(reply: WatchReply, film: str = "") -> str:
    """Return the chapters of a film as WebVTT, in order and none over another; those of other films are left out.

    If the answer has no chapters, its evidence becomes them: a player then jumps from one piece to the next.

    Args:
        reply: The answer.
        film: The film's name, as the evidence has it; "" if there is only one.
    """
    parts = reply.chapters or tuple(replace(item, text=_with_source(item)) for item in reply.evidence)
    own = sorted((part for part in parts if not film or part.film in ("", film)), key=lambda part: part.start)
    merged: list[tuple[float, float, str]] = []
    for part in own:
        start, end = round(part.start, 3), round(part.end, 3)
        if merged and start <= merged[-1][0]:  # two that begin together are one
            merged[-1] = (start, max(end, merged[-1][1]), f"{merged[-1][2]}; {part.text}")
            continue
        if merged and merged[-1][1] > start:
            merged[-1] = (merged[-1][0], start, merged[-1][2])
        merged.append((start, end, part.text))
    return webvtt(merged)


def evidence_vtt(reply: WatchReply, film: str = "") -> str:
    """Return the evidence of a film as WebVTT captions that say the source, in the order of time.

    Args:
        reply: The answer.
        film: The film's name, as the evidence has it; "" if there is only one.
    """
    own = [item for item in reply.evidence if not film or item.film in ("", film)]
    return webvtt((item.start, max(item.end, item.start + SHORTEST_SECONDS), _with_source(item)) for item in own)


def speech_vtt(spans: Iterable[Span]) -> str:
    """Return spoken words as WebVTT captions."""
    return webvtt((span.start, span.end, span.text) for span in spans if span.text.strip())


def webvtt(cues: Iterable[tuple[float, float, str]]) -> str:
    """Return a WebVTT file of cues, each with its start and end in seconds and its text; sorted by start.

    A text becomes one line, and none of it markup.
    """
    rows = [(round(start * 1000), round(end * 1000), text) for start, end, text in cues]
    blocks = [
        f"{number}\n{_timestamp(start)} --> {_timestamp(max(end, start + 1))}\n{_line(text) or 'No words'}\n"
        for number, (start, end, text) in enumerate(sorted(rows, key=lambda row: row[:2]), 1)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _with_source(item: TimedEvidence) -> str:
    return f"{LABELS[item.source]}: {item.text}"


def _timestamp(thousandths: int) -> str:
    """Return hh:mm:ss.mmm, which every parser takes; hours are never left out."""
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def _line(text: str) -> str:
    """Return a text on one line, as a parser reads it back: a blank line would end its cue, "<" begin a tag."""
    printable = "".join("�" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
    return escape(" ".join(printable.split()), quote=False)
