"""The checks of "Visual questions"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sensorium.core.reply import Evidence

CASES: tuple[tuple[str, tuple[tuple[str, float], ...], str], ...] = (
    ("a red circle", (("red", 0.98), ("blue", 0.08), ("yellow", 0.01)), "red"),
    ("a picture in the dark", (("red", 0.67), ("green", 0.25), ("circle", 0.01)), "I can't tell"),
    ("a purple circle", (("blue", 0.97), ("red", 0.93), ("green", 0.02)), "blue or red"),
    ("a cross at exactly 0.8", (("cross", 0.8), ("triangle", 0.79)), "cross"),
    ("no evidence at all", (), "I can't tell"),
)


def ceiling(ceiling: float, wanted: Sequence[tuple[str, str]]) -> str | None:
    """0.4: four of the ten right answers are in the list. No training changes that; only another list does."""
    if isinstance(ceiling, bool) or not isinstance(ceiling, int | float):
        return "Give a number between 0 and 1."
    if abs(ceiling - 0.4) < 1e-9:
        return None
    if ceiling > 1:
        return f"A share is wanted: divide by the {len(wanted)} questions."
    if ceiling == 1:
        return "However long you teach it, it can't say a word that isn't in ANSWERS. Look for each right answer there."
    if abs(ceiling - 0.5) < 1e-9:
        return 'One too many. Is "can\'t tell" in the list of the first model? Is "square"?'
    return "Count the questions whose right answer is in ANSWERS, and divide by all ten."


def say(say: Callable[[Sequence[Evidence]], str]) -> str | None:
    """Each answer has its own probability, so several can be likely, and so can none."""
    for name, scores, right in CASES:
        evidence = tuple(Evidence("answer", text, score=score) for text, score in scores)
        try:
            told = say(evidence)
        except (IndexError, ZeroDivisionError, ValueError) as error:
            return f'With {name} it fails ({type(error).__name__}). Without evidence the answer is "I can\'t tell".'
        if told == right:
            continue
        shown = ", ".join(f"{text} {score}" for text, score in scores)
        if right == "I can't tell":
            hint = "None of them reaches 0.8, so nothing should be claimed."
        elif " or " in right and told == "I can't tell":
            hint = "The probabilities don't share a sum of 1. Don't divide by their sum."
        elif " or " in right:
            hint = "Two answers reach 0.8. Say both, the likelier first."
        else:
            hint = f"Say what reaches 0.8, and nothing else: {right!r}."
        return f"Of {name} ({shown}) it says {told!r}. {hint}"
    return None


def threshold(threshold: float, tried: Sequence[tuple[float, bool]]) -> str | None:
    """At 0.9 ten are answered, and one is wrong. That holds for pictures like these seventeen, not for others."""
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        return "Give a number between 0 and 1."
    answered = [right for confidence, right in tried if confidence >= threshold]
    wrong = answered.count(False)
    if not answered:
        return "Nothing is answered at that threshold. Such an app is never wrong, and nobody needs it."
    told = f"At {threshold:g}, {len(answered)} of {len(tried)} are answered, and {wrong} of these are wrong"
    if wrong > 0.1 * len(answered):
        return f"{told}: {wrong / len(answered):.0%}, more than one in ten."
    if len(answered) < 10:
        return f"{told}. That is good enough, but a lower threshold would be, too, and answers more."
    return None
