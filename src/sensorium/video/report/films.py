"""The films of a report: where the page finds them, their timelines, chapters, captions and spoken words."""

from __future__ import annotations

import base64
import math
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError
from sensorium.core.languages import Span
from sensorium.media.decoding import opened, video_stream
from sensorium.media.page import PageImage
from sensorium.media.sniff import media_type
from sensorium.video.report.chapters import chapters_vtt, evidence_vtt, speech_vtt
from sensorium.video.report.frames import NamedFilm, PlacedEvidence, placed, span_words
from sensorium.video.report.lanes import EvidenceLane, lanes
from sensorium.video.sheet import clock
from sensorium.video.watch.evidence import TimedEvidence, WatchReply

MAX_EMBED_BYTES = 20_000_000
"""The largest film that is put into a page."""
_SHORTEST = 0.006  # share of a timeline that a mark takes at least
_CODECS = {"h264": "H.264", "hevc": "HEVC (H.265)", "mpeg4": "MPEG-4 Part 2", "vp9": "VP9", "vp8": "VP8", "av1": "AV1"}


@dataclass(frozen=True)
class MomentView:
    """A moment that the page can play: a piece of evidence, a chapter, or spoken words.

    Args:
        film: The film's place, from 0.
        start: Seconds of the film.
        when: The time in words.
        words: What is there.
        name: Of its button, for a screen reader.
        told: What that is told when it is played.
        plays: Whether the page has the film.
        number: In the list of evidence, from 1; 0 elsewhere.
        source, label, score, where: Of evidence: its source, that and its confidence in words, its film's name.
        image: Of evidence: its frame.
    """

    film: int
    start: float
    when: str
    words: str
    name: str
    told: str
    plays: bool
    number: int = 0
    source: str = ""
    label: str = ""
    score: str = ""
    where: str = ""
    image: PageImage | None = None


@dataclass(frozen=True)
class MarkView:
    """A mark of a timeline: seconds, percent of the length, and its words."""

    start: float
    end: float
    x: float
    width: float
    words: str


@dataclass(frozen=True)
class LaneView:
    """A line of a timeline: its name ("" if the one above has it), its kind, and its marks."""

    name: str
    kind: str
    marks: tuple[MarkView, ...]


@dataclass(frozen=True)
class FilmView:
    """A film for the template.

    Args:
        place: Among the films, from 0.
        name, length, seconds: Its name, and its length in words and seconds.
        src: Its address, "" if the page can't play it.
        width, height: Of its frames.
        captions, captions_label, chapter_track: WebVTT as data URIs, "" for no chapters.
        problem, fix, command: What is wrong if it does not play, and how to make a copy that does.
        lanes, lanes_words, ticks: Its timeline.
        chapters, spoken: What can be played.
    """

    place: int
    name: str
    length: str
    seconds: float
    src: str
    width: int
    height: int
    captions: str
    captions_label: str
    chapter_track: str
    problem: str
    fix: str
    command: str
    lanes: tuple[LaneView, ...]
    lanes_words: str
    ticks: tuple[str, ...]
    chapters: tuple[MomentView, ...]
    spoken: tuple[MomentView, ...]


def film_views(
    reply: WatchReply, films: Sequence[NamedFilm], folder: Path, embed: bool, speech: Mapping[str, Sequence[Span]]
) -> tuple[FilmView, ...]:
    """Return the films for the template; the arguments are those of `watch_page`."""
    evidence = list(enumerate(placed(reply.evidence, films), 1))
    chapters = placed(reply.chapters, films)
    views = []
    for place, film in enumerate(films):
        src = _embedded(film) if embed else _address(film, folder)
        spans = [span for span in speech.get(film.name, speech.get("", ())) if span.text.strip()]
        own = [(number, each) for number, each in evidence if each.film == place]
        parts = [each for each in chapters if each.film == place]
        name = film.name if len(films) > 1 else ""
        captions = speech_vtt(spans) if spans else evidence_vtt(reply, name)
        rows, rows_words, ticks = _timeline(film, own, parts)
        problem, fix, command = _problem(film, src, embed)
        views.append(
            FilmView(
                place, film.name, _rough(film.seconds), film.seconds, src, *film.size,
                captions=_data(captions), captions_label="Speech" if spans else "Evidence",
                chapter_track=_data(chapters_vtt(reply, name)) if parts else "",
                problem=problem, fix=fix, command=command, lanes=rows, lanes_words=rows_words, ticks=ticks,
                chapters=tuple(_moment(each, bool(src)) for each in parts),
                spoken=tuple(_moment(_of_span(span, place, film), bool(src)) for span in spans),
            )
        )  # fmt: skip
    return tuple(views)


def _address(film: NamedFilm, folder: Path) -> str:
    """Return a film's address from the folder of the page, or "" if it isn't a file."""
    if film.blob.path is None:
        return ""
    path = os.path.abspath(film.blob.path)
    try:
        return quote(os.fsencode(os.path.relpath(path, os.path.abspath(folder)).replace(os.sep, "/")))
    except ValueError:  # another drive
        return Path(path).as_uri()


def require_embeddable(film: Blob) -> None:
    """Raise InputError if a film is too large to be put into a page."""
    with film.open() as file:
        file.seek(0, os.SEEK_END)
        size = file.tell()
    if size > MAX_EMBED_BYTES:
        raise InputError(
            f"{film.shown} is too large to be put into a page: it has {size / 1e6:.1f} MB, "
            f"the most is {MAX_EMBED_BYTES / 1e6:.0f}.",
            "Leave `embed` out: the page then plays the film's own file.",
        )


def _embedded(film: NamedFilm) -> str:
    require_embeddable(film.blob)
    with film.blob.open() as file:
        data = file.read()
    return f"data:{media_type(data) or 'video/mp4'};base64,{base64.b64encode(data).decode('ascii')}"


def _problem(film: NamedFilm, src: str, embed: bool) -> tuple[str, str, str]:
    """Return what is wrong if a film does not play, what to do, and the command for that."""
    if not src:
        return f"{film.name} wasn't read from a file, so this page can't play it.", "", ""
    with opened(film.blob) as container:
        codec = video_stream(container, film.blob).codec_context.name
    cant = f"this browser can't play its {_CODECS.get(codec, codec)} video"
    if embed or film.blob.path is None:
        problem = f"{film.name} can't be played here: {cant}."
    else:
        problem = f"{film.name} can't be played here: it isn't where this page looks for it, or {cant}."
    source = film.blob.path.name if film.blob.path else "film.mp4"
    copy = f"{Path(source).stem}-copy.mp4"
    command = f"ffmpeg -i {shlex.quote(source)} -c:v libx264 -pix_fmt yuv420p -c:a aac {shlex.quote(copy)}"
    printable = command.encode("utf-8", "replace").decode("utf-8")
    return problem, "A copy that every browser plays:", printable


def _timeline(
    film: NamedFilm, evidence: Sequence[tuple[int, PlacedEvidence]], chapters: Sequence[PlacedEvidence]
) -> tuple[tuple[LaneView, ...], str, tuple[str, ...]]:
    """Return a film's timeline: its lines, what they hold in words, and the times under them."""
    by_number = dict(evidence)
    rows: list[LaneView] = []
    for row in lanes(evidence, film.seconds, _SHORTEST):
        rows.append(_lane(row, by_number, bool(rows) and rows[-1].kind == row.source))
    if chapters:
        share = 100 / max(film.seconds, 1e-6)
        marks = [
            MarkView(
                each.evidence.start, each.evidence.end, round(each.evidence.start * share, 3),
                round((each.evidence.end - each.evidence.start) * share, 3),
                f"{span_words(each)}: {each.evidence.text}",
            )
            for each in chapters
        ]  # fmt: skip
        rows.append(LaneView("Chapters", "chapter", tuple(marks)))
    counts = [
        f"{count} {name}"
        for name in dict.fromkeys(each.evidence.source for _, each in evidence)
        if (count := sum(each.evidence.source == name for _, each in evidence))
    ]
    counts += [f"{len(chapters)} chapter{'s' if len(chapters) > 1 else ''}"] if chapters else []
    words = f"Timeline of {film.name}, {_rough(film.seconds)} long: {', '.join(counts) or 'no evidence'}."
    ticks = tuple(_rough(film.seconds * quarter / 4) for quarter in range(5))
    return tuple(rows), f"{words} The lists have their times.", ticks


def _lane(row: EvidenceLane, evidence: Mapping[int, PlacedEvidence], is_more: bool) -> LaneView:
    marks = []
    for mark in row.marks:
        item = evidence[mark.number].evidence
        words = f"{mark.number}: {span_words(evidence[mark.number])}, {item.text}"
        width = round(100 * (mark.end - mark.start), 3)
        marks.append(MarkView(round(item.start, 3), round(item.end, 3), round(100 * mark.start, 3), width, words))
    return LaneView("" if is_more else row.source.capitalize(), row.source, tuple(marks))


def _of_span(span: Span, place: int, film: NamedFilm) -> PlacedEvidence:
    start = min(max(0.0, span.start), film.seconds)
    return PlacedEvidence(place, TimedEvidence(start, max(start, min(span.end, film.seconds)), span.text, "heard"))


def _moment(each: PlacedEvidence, plays: bool) -> MomentView:
    item = each.evidence
    text, when = " ".join(item.text.split()), clock(item.start)
    return MomentView(
        each.film, shown_start(item.start), when, text, f"Play from {when}: {text}", f"{when}. {text}", plays
    )


def shown_start(seconds: float) -> float:
    """Return a time rounded up to milliseconds: rounded down it would be the frame before."""
    return math.ceil(round(seconds * 1000, 3)) / 1000


def _rough(seconds: float) -> str:
    return clock(float(round(seconds))).partition(".")[0]


def _data(vtt: str) -> str:
    return f"data:text/vtt;base64,{base64.b64encode(vtt.encode('utf-8')).decode('ascii')}"
