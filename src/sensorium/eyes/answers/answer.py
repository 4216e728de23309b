"""Answer: the words, how sure, and what they rest on; without a confidence it says that it can't tell."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sensorium.core.reply import Evidence

SURE = 0.8
"""From this confidence on an answer is given without a doubt."""
MIN_CONFIDENCE = 0.5
"""Below this confidence the answer is "can't tell"."""
_UNCOUNTED = frozenset(
    "clothing fruit food furniture broccoli cauliflower guacamole espresso corn mashed hay dough".split()
)


@dataclass(frozen=True)
class Answer:
    """One answer.

    Args:
        text: The words, whole sentences.
        confidence: Probability that it is right, 0 to 1; None if the answer is that it can't tell.
        evidence: What it rests on.
        suggest_model: True if another model may be able to tell; False if another image is what is needed.
        literal: True if the question's own words leave no doubt about what it asks for.
    """

    text: str
    confidence: float | None
    evidence: tuple[Evidence, ...] = ()
    suggest_model: bool = False
    literal: bool = False

    @property
    def abstained(self) -> bool:
        return self.confidence is None

    def times(self, probability: float) -> Answer:
        """Return the same answer with another chance of error: that the question meant something else."""
        if self.confidence is None or self.literal:
            return self
        return replace(self, confidence=self.confidence * probability)


def cannot_tell(reason: str, evidence: tuple[Evidence, ...] = (), suggest_model: bool = False) -> Answer:
    """Return an answer that abstains, with one sentence on why."""
    return Answer(reason, None, evidence, suggest_model)


def a(noun: str) -> str:
    """Put the article before a noun: "an apple", "a dog"; none before plurals and what is not counted."""
    word = noun.casefold()
    if word.split()[-1] in _UNCOUNTED or (word.endswith("s") and not word.endswith(("ss", "us", "is"))):
        return noun
    vowel = word[0] in "aeiou" and not word.startswith(("uni", "use", "eu", "one", "uku"))
    return f"{'an' if vowel or word.startswith(('hour', 'honest')) else 'a'} {noun}"
