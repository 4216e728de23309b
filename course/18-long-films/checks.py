"""The checks of "Long films"."""

from __future__ import annotations

from collections.abc import Callable, Mapping

CASES = ((3.0, 32, 300.0, 0.32), (3.0, 120, 300.0, 1.0), (4.0, 8, 320.0, 0.1), (12.0, 32, 300.0, 1.0))
RIGHT = {"A": "here", "B": "direct", "C": "chain", "D": "here"}
WHY = {
    "A": "A asks for words on the screen: reading needs no language model, and costs nothing.",
    "B": "B is in any few frames: the whole film at once, coarsely, is enough, and the cheapest that understands it.",
    "C": "C compares all cards with all that is said: clip by clip. 32 frames miss cards, and offline such a question "
    "isn't understood.",
    "D": "D asks for a spoken word: that is transcribed here.",
}


def caught(caught: Callable[[float, int, float], float]) -> str | None:
    """The frames' gaps are length / frames; what lasts as long as a gap can't slip through it."""
    for seconds, frames, length, right in CASES:
        try:
            value = caught(seconds, frames, length)
        except (TypeError, ZeroDivisionError) as error:
            return f"With {seconds:g} s, {frames} frames and {length:g} s it fails: {error}."
        if not isinstance(value, int | float):
            return f"It returns a number; yours returned {type(value).__name__}."
        if abs(value - right) > 1e-9:
            case = f"With {seconds:g} s, {frames} frames of {length:g} s"
            if value > 1:
                return f"{case} it gives {value:.3g}; a probability is at most 1."
            if right == 1:
                return f"{case} it gives {value:.3g}, but the gap is {length / frames:.3g} s: it can't slip through."
            return f"{case} it gives {value:.3g}, and {right:g} is right: how much of a gap does the moment cover?"
    return None


def ways(ways: Mapping[str, str]) -> str | None:
    """Read and heard: here. The whole, coarsely: direct. Every step: the chain."""
    if not isinstance(ways, Mapping) or set(ways) != set(RIGHT):
        return 'Give a way for each of A, B, C and D: {"A": "chain", …}.'
    for letter, way in ways.items():
        if way not in ("here", "direct", "chain"):
            return f'{letter} is {str(way)[:20]!r}; the ways are "here", "direct" and "chain".'
    return next((WHY[letter] for letter, way in RIGHT.items() if ways[letter] != way), None)
