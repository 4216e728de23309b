"""The checks of "Gemini with pictures and films"."""

from __future__ import annotations

from datetime import date

from sensorium import Usage, Video
from sensorium.core.catalog import usd, video_tokens

MODEL = "gemini:gemini-3.8-flash"
EARLIEST, LATEST, LASTS, MOST = 5.0, 7.0, 0.2, 1500


def catch(clip: Video) -> str | None:
    """From 5 to 7 seconds, with more than five frames a second: no gap is as long as the lorry's passing."""
    if not isinstance(clip, Video):
        return f"`clip` is a Video with start, end and fps, not {type(clip).__name__}."
    start, end, fps = clip.start or 0.0, clip.end or 12.0, clip.fps or 1.0
    cost = video_tokens(MODEL, end - start, fps, has_sound=False)
    assert cost is not None
    if fps * LASTS <= 1:
        return f"With {fps:g} frames a second the gap is {1 / fps:.2f} s. The lorry, there for {LASTS} s, fits into it."
    if start > EARLIEST or end < LATEST:
        return f"Your clip goes from {start:g} to {end:g} s. The lorry may come from {EARLIEST:g} to {LATEST:g} s."
    if cost.most > MOST:
        return f"That takes {cost.most:,} tokens; {MOST:,} are allowed. Look finely only where it may be."
    return None


def next_year(cost: float) -> str | None:
    """2,000 × (30 × 77 + 25 = 2,335 tokens in, 40 out): 7.61 dollars. In December 2026 it would be half of that."""
    if not isinstance(cost, int | float) or isinstance(cost, bool):
        return "Give a number of dollars."

    def total(day: date, sound: bool = False, questions: int = 2000, words: int = 25, out: int = 40) -> float:
        tokens = video_tokens(MODEL, 30, 1, has_sound=sound)
        assert tokens is not None
        return questions * (usd(MODEL, Usage(tokens.most + words, out), day) or 0.0)

    later, sooner = date(2027, 2, 1), date(2026, 12, 1)
    known = {
        total(sooner): "That is the price of 2026. Give `usd` the day: date(2027, 2, 1).",
        total(later, questions=1): "That is one clip. There are 2,000.",
        total(later, sound=True): "That counts sound; these clips have none: has_sound=False.",
        total(later, out=0): "The answers cost, too: output_tokens=40.",
        total(later, words=0): "The question's words are tokens, too: 25.",
    }
    if abs(cost - total(later)) < 0.005:
        return None
    for amount, message in known.items():
        if abs(cost - amount) < max(1e-6, amount * 1e-4):
            return message
    return f"{cost:.4g} isn't it. One clip: 30 frames and their times, 25 tokens of words, 40 out; then 2,000 of them."
