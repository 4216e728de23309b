"""The checks of "Short films"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sensorium import Conversation, Text, Video
from sensorium.video.watch import TimedEvidence

SPANS = ((0.0, 4.0, "a"), (4.0, 6.0, "b"), (5.0, 12.0, "c"), (7.0, 8.0, "d"), (9.0, 10.0, "e"))


def order(clip_vector: Callable[[np.ndarray], np.ndarray]) -> str | None:
    """Early and late are told apart. Models of whole clips, such as VideoMAE, learn finer differences."""
    rows = np.random.default_rng(5).normal(size=(8, 16)).astype(np.float32)
    try:
        forth, back, short = (np.asarray(clip_vector(each.copy())) for each in (rows, rows[::-1], rows[:4]))
    except (TypeError, ValueError, IndexError) as error:
        return f"With eight rows of 16 numbers it fails: {error}."
    if forth.ndim != 1 or not forth.size or forth.dtype == object:
        return "One vector is wanted, a row of numbers."
    if forth.shape != short.shape:
        return f"Eight frames give {forth.size} numbers, four give {short.size}. They couldn't be compared."
    if np.allclose(forth, back, atol=1e-5):
        return "Backwards it gives the same vector: standing up and sitting down are one to it."
    changed = rows.copy()
    changed[-1] += 3
    if np.allclose(forth, clip_vector(changed), atol=1e-5):
        return "The last frame doesn't count in it. Where the clip ends is half of what happens."
    return None


def shots(chat: Conversation) -> str | None:
    """Film, answer, film, answer, film, question: the pattern is the instruction."""
    if not isinstance(chat, Conversation):
        return f"`chat` is a Conversation, made by Conversation.of(…), not {type(chat).__name__}."
    parts = list(chat.parts)
    clips = [(place, part.start) for place, part in enumerate(parts) if isinstance(part, Video)]
    if len(clips) != 3:
        return f"Three clips are wanted, two examples and the question's; there are {len(clips)}."
    starts = [start for _, start in clips]
    if starts[-1] != 16:
        return "The clip that is asked about, `clip(2, …)`, comes last, after the examples."
    if starts[:2] != [0, 10]:
        return 'The examples are clip(0, "stands up") and clip(1, "sits down"): one of each, or a habit is shown.'
    for (place, start), (after, _), answer in zip(clips, clips[1:], ("stand", "sit"), strict=False):
        words = " ".join(part.text for part in parts[place + 1 : after] if isinstance(part, Text)).lower()
        if answer not in words:
            return (
                f"After the clip from {start:g} s its answer is missing in words: an example without it shows nothing."
            )
    if not any(isinstance(part, Text) for part in parts[clips[-1][0] + 1 :]):
        return "Ask the question after the last clip."
    return None


def during(during: Callable[[Sequence[TimedEvidence], float, float], Sequence[TimedEvidence]]) -> str | None:
    """Two spans share time if each begins before the other ends. This line of code joins sound and sight."""
    notes = [TimedEvidence(start, end, name, "moves") for start, end, name in SPANS]
    for start, end, right in ((6.0, 9.0, "cd"), (4.0, 5.0, "b"), (7.2, 7.5, "cd")):
        try:
            found = "".join(sorted(note.text for note in during(notes, start, end)))
        except (TypeError, AttributeError) as error:
            return f"It fails: {error}. A note has start, end and text."
        if found == right:
            continue
        shown = ", ".join(f"{name} {first:g}-{last:g} s" for first, last, name in SPANS)
        missing, extra = sorted(set(right) - set(found)), sorted(set(found) - set(right))
        why = f"{missing[0]} is going on in that time" if missing else f"{extra[0]} only touches it"
        return f"Of {shown}, from {start:g} to {end:g} s yours returns {found or 'none'}: {why}."
    return None
