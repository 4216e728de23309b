"""What a person asks about images: a message parsed once, to `Question`s."""

from __future__ import annotations

from sensorium.eyes.question.parse import is_english_script, parse
from sensorium.eyes.question.question import KINDS, OPERATIONS, Question

__all__ = ["KINDS", "OPERATIONS", "Question", "is_english_script", "parse"]
