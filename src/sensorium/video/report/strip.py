"""The evidence strip: a picture of the frames that an answer rests on, over a bar that shows where they lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import PIL.Image
import PIL.ImageDraw

from sensorium.core.blob import Blob
from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.media.image import encode
from sensorium.video.report.frames import LABELS, NamedFilm, PlacedEvidence, frames_of, named_films, placed, span_words
from sensorium.video.report.lanes import lanes
from sensorium.video.sheet import (
    FAINT,
    GAP,
    GROUND,
    INK,
    MAX_CELLS,
    WIDTH,
    Ink,
    SheetCell,
    clock,
    grid,
    length_of,
    wrapped,
    write_line,
)
from sensorium.video.watch.evidence import Source, WatchReply

COLOURS: dict[Source, Ink] = {
    "seen": (96, 165, 250),
    "read": (251, 191, 36),
    "heard": (52, 211, 153),
    "moves": (244, 114, 182),
    "described": (167, 139, 250),
    "told": (161, 161, 170),
}
"""Of a source on the bar; its cell names it too."""
_TRACK = (63, 63, 70)
_BAR, _LANE, _AXIS, _NAMES = 21, 25, 20, 84
_SHORTEST = 26  # pixels of a mark: its number fits


def evidence_strip(reply: WatchReply, question: str, films: Sequence[Blob]) -> Image:
    """Return a JPEG of the frame of each piece of evidence with its time, source and words, and of where it lies.

    Of an answer without evidence the chapters are shown. At most `MAX_CELLS` are shown.

    Args:
        reply: The answer.
        question: What was asked.
        films: The films that it was asked of.

    Raises:
        InputError: if there is neither evidence nor a chapter, or it is of another film.
        MediaError: if a film isn't a video.
    """
    known = named_films(films)
    evidence = placed(reply.evidence or reply.chapters, known)
    if not evidence:
        raise InputError("The answer has no evidence that a strip could show.", "Ask when something is seen or said.")
    left, evidence = len(evidence) - MAX_CELLS, evidence[:MAX_CELLS]
    cells = []
    for number, (each, frame) in enumerate(zip(evidence, frames_of(evidence, known, WIDTH), strict=True), 1):
        pixels = np.full((WIDTH * 9 // 16, WIDTH, 3), _TRACK, np.uint8) if frame is None else frame
        cells.append(SheetCell(pixels, f"{number}   {span_words(each)}", _detail(each, known, frame is None)))
    pictures = grid(cells)
    width = max(pictures.width, 2 * WIDTH + 3 * GAP)
    notes = [f"{left} more pieces of evidence are not shown."] if left > 0 else []
    parts = [_header(question, reply, notes, width), pictures]
    parts += [
        _timeline(film, [(n, each) for n, each in enumerate(evidence, 1) if each.film == place], width, len(known) > 1)
        for place, film in enumerate(known)
    ]
    page = PIL.Image.new("RGB", (width, sum(part.height for part in parts) + GAP), GROUND)
    top = 0
    for part in parts:
        page.paste(part, (0, top))
        top += part.height
    return encode(page, "jpeg", 88)


def _detail(each: PlacedEvidence, films: Sequence[NamedFilm], is_broken: bool) -> str:
    source = f"{LABELS[each.evidence.source]}: {each.evidence.text}"
    where = f"{films[each.film].name}. " if len(films) > 1 else ""
    return f"{where}{'This frame is broken. ' if is_broken else ''}{source}"


def _header(question: str, reply: WatchReply, notes: Sequence[str], width: int) -> PIL.Image.Image:
    sure = "" if reply.confidence is None else f" ({reply.confidence:.0%} sure)"
    room = width - 2 * GAP
    lines = [(line, 20, INK, 27) for line in wrapped(question, 20, room, 2)]
    lines += [(line, 17, FAINT, 23) for line in wrapped(f"{reply.answer}{sure}", 17, room, 3)]
    lines += [(line, 13, FAINT, 18) for line in notes]
    page = PIL.Image.new("RGB", (width, 12 + sum(height for *_, height in lines) + 8), GROUND)
    draw, top = PIL.ImageDraw.Draw(page), 12
    for text, size, ink, height in lines:
        write_line(draw, (GAP, top), text, size, ink, room)
        top += height
    return page


def _timeline(
    film: NamedFilm, evidence: Sequence[tuple[int, PlacedEvidence]], width: int, is_named: bool
) -> PIL.Image.Image:
    """Draw a film's length, a lane for each source of its evidence, with the numbers of the cells."""
    left, room = GAP + _NAMES, width - 2 * GAP - _NAMES
    rows = lanes(evidence, film.seconds, _SHORTEST / room)
    first = GAP + (24 if is_named else 0)
    page = PIL.Image.new("RGB", (width, first + _LANE * max(1, len(rows)) + _AXIS), GROUND)
    draw = PIL.ImageDraw.Draw(page)
    if is_named:
        write_line(draw, (GAP, GAP), film.name, 16, INK, width - 2 * GAP)
    for place, row in enumerate(rows):
        top = first + _LANE * place
        if not place or rows[place - 1].source != row.source:
            write_line(draw, (GAP, top + 2), row.source.capitalize(), 14, FAINT, _NAMES - GAP)
        draw.rounded_rectangle((left, top, width - GAP, top + _BAR), 4, fill=_TRACK)
        for mark in row.marks:
            start, end = left + room * mark.start, left + room * mark.end
            draw.rounded_rectangle((start, top, end - 1, top + _BAR), 4, fill=COLOURS[row.source])
            write_line(draw, (start + 5, top + 2), str(mark.number), 14, GROUND, _SHORTEST)
    if not rows:
        write_line(draw, (GAP, first), "No evidence in this film", 14, FAINT, width)
    for quarter in range(5):
        text = clock(round(film.seconds * quarter / 4)).partition(".")[0]
        length = length_of(text, 12)
        at = min(max(left, left + room * quarter / 4 - length / 2), width - GAP - length)
        write_line(draw, (at, page.height - _AXIS + 1), text, 12, FAINT, 100)
    return page
