"""What a part of a film holds, and the whole film as chapters."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.video.answers.looking.seen import FilmScene
from sensorium.video.answers.phrases import Sense
from sensorium.video.answers.timeline import Timeline
from sensorium.video.answers.wording import clock_tenths
from sensorium.video.watch.evidence import TimedEvidence

SURE_NAME, SURE_TEXT = 0.5, 0.9
"""From which probability on a name of what is seen, and a line that was read, are told."""
_NEAR_SECONDS = 0.6  # around a time: what is said then
_AFTER_SECONDS = 0.3  # words that begin so much before an end still count as after it
_MOST_CHAPTERS, _SHORTEST_CHAPTER = 12, 10.0


def contents(
    timeline: Timeline, sense: Sense | None, relation: str, windows: Sequence[tuple[float, float]]
) -> list[TimedEvidence]:
    """Return what parts of a film hold, in order of time.

    Before or after something it is the next one of each sense; else all.

    Args:
        timeline: What is in the film.
        sense: Which is asked for; None for all.
        relation: How the parts are meant.
        windows: Their starts and ends, in seconds.
    """
    out: list[TimedEvidence] = []
    for each in ("seen", "read", "heard", "moves") if sense is None else (sense,):
        items = evidence_of(timeline, each)
        for start, end in windows:
            out += _within(items, relation, start, end)
    return sorted(dict.fromkeys(out), key=lambda item: (item.start, item.end))


def _within(items: Sequence[TimedEvidence], relation: str, start: float, end: float) -> list[TimedEvidence]:
    if relation == "after":
        later = [item for item in items if item.start >= start - _AFTER_SECONDS]
        return [item for item in later if item.start <= later[0].start + _AFTER_SECONDS] if later else []
    if relation == "before":
        sooner = [item for item in items if item.end <= end + _AFTER_SECONDS]
        last = max((item.end for item in sooner), default=0.0)
        return [item for item in sooner if item.end >= last - _AFTER_SECONDS]
    if relation == "at":
        start, end = start - _NEAR_SECONDS, end + _NEAR_SECONDS
        exact = [item for item in items if item.start <= (start + end) / 2 <= item.end]
        return exact or [item for item in items if item.source == "heard" and item.start <= end and item.end >= start]
    return [item for item in items if item.start < end and item.end > start]


def evidence_of(timeline: Timeline, sense: Sense) -> list[TimedEvidence]:
    """Return all that was perceived by one sense, as far as it is sure, in order of time."""
    if sense == "heard":
        score = timeline.heard.confidence
        return [TimedEvidence(s.start, max(s.start, s.end), s.text, "heard", score=score) for s in timeline.heard.spans]
    if sense == "read":
        return [
            TimedEvidence(text.start, text.end, text.text, "read", score=text.score)
            for text in timeline.seen.texts
            if text.score >= SURE_TEXT
        ]
    if sense == "moves":
        return [
            TimedEvidence(move.start, move.end, f"{move.mover} {move.direction}".strip(), "moves", score=move.score)
            for move in timeline.seen.movements or ()
        ]
    return [item for scene in timeline.seen.scenes for item in _named(timeline, scene)]


def _named(timeline: Timeline, scene: FilmScene) -> list[TimedEvidence]:
    """Return the surest name of a scene's frames, if one is sure."""
    names = [frame.names[0] for frame in timeline.seen.named if scene.start <= frame.at < scene.end and frame.names]
    if not names:
        return []
    name, score = max(names, key=lambda pair: pair[1])
    return [TimedEvidence(scene.start, scene.end, name, "seen", score=min(1.0, score))] if score >= SURE_NAME else []


def summary(timeline: Timeline) -> tuple[str, tuple[TimedEvidence, ...]]:
    """Return a film in words, and its chapters."""
    chapters = tuple(_chapter(timeline, start, end) for start, end in _parts(timeline))
    scenes = len(timeline.seen.scenes)
    length = clock_tenths(timeline.seconds - timeline.start)
    head = f"The film is {length} long and has {scenes} scene{'s' if scenes != 1 else ''}."
    lines = [f"{clock_tenths(chapter.start)} {chapter.text}" for chapter in chapters]
    return "\n".join([head, *lines]), chapters


def _parts(timeline: Timeline) -> list[tuple[float, float]]:
    """Return the film in at most a dozen parts that begin with scenes, as even as scenes allow."""
    scenes = timeline.seen.scenes
    if not scenes:
        return [(timeline.start, timeline.seconds)]
    least = max(_SHORTEST_CHAPTER, (timeline.seconds - timeline.start) / _MOST_CHAPTERS)
    starts = [scenes[0].start]
    for scene in scenes[1:]:
        if scene.start - starts[-1] >= least and timeline.seconds - scene.start >= least / 2:
            starts.append(scene.start)
    return list(zip(starts, [*starts[1:], max(timeline.seconds, starts[-1])], strict=True))


def _chapter(timeline: Timeline, start: float, end: float) -> TimedEvidence:
    """Return a part of a film in words: what is read, seen and said in it."""
    parts, sources = [], []
    for sense, form in (("seen", "{}"), ("read", "text: {}"), ("heard", "said: “{}”")):
        items = [item for item in evidence_of(timeline, sense) if start <= item.start < end]  # type: ignore[arg-type]
        texts = list(dict.fromkeys(item.text for item in items))
        if texts:
            sources.append(items[0].source)
            shown = texts[:1] if sense == "heard" else texts[:3]
            parts.append(form.format(_shortened(", ".join(shown))) + (" …" if len(texts) > len(shown) else ""))
    return TimedEvidence(start, end, "; ".join(parts) or "nothing recognised", sources[0] if sources else "seen")


def _shortened(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
