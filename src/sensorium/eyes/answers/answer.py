"""Said: one answer in words, how sure, and what it rests on; an answer without a confidence says that it can't tell."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sensorium.core.reply import Evidence

SURE = 0.8
"""From this confidence on an answer is said without a doubt."""
LEAST = 0.5
"""Under this confidence nothing is said but that it can't tell."""


@dataclass(frozen=True)
class Said:
    """One answer.

    Args:
        text: The words, whole sentences.
        confidence: Probability that it is right, 0 to 1; None where the answer is that it can't tell.
        evidence: What it rests on.
        limit: True where another model may be able to tell; False where another picture is what is needed.
        literal: True where the question's own words leave no doubt about what it asks for.
    """

    text: str
    confidence: float | None
    evidence: tuple[Evidence, ...] = ()
    limit: bool = False
    literal: bool = False

    @property
    def abstained(self) -> bool:
        return self.confidence is None

    def times(self, probability: float) -> Said:
        """Return the same answer with another chance of error: that the question meant something else."""
        return (
            self if self.confidence is None or self.literal else replace(self, confidence=self.confidence * probability)
        )


def cannot_tell(why: str, evidence: tuple[Evidence, ...] = (), limit: bool = False) -> Said:
    """Abstain, with one sentence on why."""
    return Said(why, None, evidence, limit)


def a(noun: str) -> str:
    """Put the article before a noun: "an apple", "a dog"; none before plurals and what is not counted."""
    word = noun.casefold()
    if word.split()[-1] in _BARE or (word.endswith("s") and not word.endswith(("ss", "us", "is"))):
        return noun
    vowel = word[0] in "aeiou" and not word.startswith(("uni", "use", "eu", "one", "uku"))
    return f"{'an' if vowel or word.startswith(('hour', 'honest')) else 'a'} {noun}"


_BARE = set("clothing fruit food furniture broccoli cauliflower guacamole espresso corn mashed hay dough".split())
