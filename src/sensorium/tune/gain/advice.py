"""What to do after a training, as its figures say: sentences, each with the figure that it follows from."""

from __future__ import annotations

from sensorium.evaluation.metrics import Interval
from sensorium.tune.gain.found import TUNED, UNTOUCHED, Gain, Side, Skill, enough

CLOSE = 0.05
"""Two scores whose difference lies within this, with its whole interval, count as equally good."""
KEPT = 0.02
"""Another skill counts as kept where its interval begins no lower than this below 0."""
_FEW, _BIASED = 40, 0.2


def advise(gain: Gain) -> list[str]:
    """Return what follows from the figures, the most important first."""
    out = [_gained(gain.skill), *_few_shot(gain.skill), *_retained(gain)]
    if gain.verdicts is not None and (gain.verdicts.bias or 0) > _BIASED:
        out.append(
            f"The judge went by the order {gain.verdicts.bias:.0%} of the time: take another, or read the samples."
        )
    skills = [skill for skill in (gain.skill, gain.retained) if skill is not None]
    alike = [len(skill.examples) for skill in skills for side in skill.sides if _alike(side.score(skill.metrics[0]))]
    if alike:
        out.append(
            "An interval without width means that all scores are alike; "
            f"of {min(alike)} such answers up to {3 / min(alike):.1%} may still be otherwise elsewhere."
        )
    sizes = [len(skill.examples) for skill in skills]
    if min(sizes) < _FEW:
        out.append(
            f"Of {min(sizes)} examples, fewer than {_FEW}, intervals are narrower than they should be: ask more."
        )
    return out


def signed(found: Interval) -> str:
    """Write a difference with its interval; with a true minus, which screen readers do not pass over as a hyphen."""
    return f"{found.mean:+.3f} ({found.low:+.3f} to {found.high:+.3f})".replace("-", "−")


def _alike(score: Interval) -> bool:
    return score.low == score.high


def _gained(skill: Skill) -> str:
    found = skill.difference(TUNED, UNTOUCHED)
    if found.low > 0:
        return f"Tuning helped: {signed(found)} over the untouched model."
    if found.high < 0:
        return f"Tuning did harm: {signed(found)}. Don't use this adapter; look at the data, or lower the rate."
    if not any(skill.differences(TUNED, UNTOUCHED)):
        return f"Tuning changed no score: all {found.n} answers are as right as before."
    return f"Whether tuning helped can't be told: {signed(found)}. {_needed(skill, UNTOUCHED)}"


def _few_shot(skill: Skill) -> list[str]:
    if not skill.shots:
        return ["Examples in the prompt were not tried: where they do as well, tuning is not needed (--shots 4)."]
    best = max(skill.shots, key=lambda side: side.score(skill.metrics[0]).mean)
    found = skill.difference(TUNED, best.name)
    tuning, showing = skill.difference(TUNED, UNTOUCHED), skill.difference(best.name, UNTOUCHED)
    if tuning.low <= 0 and showing.low <= 0:
        return [f"Nor are {best.name} in the prompt shown to be better than the untouched model: {signed(showing)}."]
    if found.low > 0:
        return [f"Tuning is better than {best.name} in the prompt: {signed(found)}."]
    if found.high < 0:
        return [f"Don't tune: {best.name} in the prompt do better, by {signed(_turned(found))}.{_cost(skill, best)}"]
    if -CLOSE <= found.low and found.high <= CLOSE:
        return [f"Don't tune: {best.name} in the prompt do as well, {signed(found)}.{_cost(skill, best)}"]
    return [
        f"Whether tuning or {best.name} in the prompt do better can't be told: {signed(found)}. "
        f"{_needed(skill, best.name)}"
    ]


def _turned(found: Interval) -> Interval:
    return Interval(-found.mean, -found.high, -found.low, found.n, found.level)


def _cost(skill: Skill, shots: Side) -> str:
    tuned = skill.side(TUNED)
    if shots.input_tokens is None or tuned.input_tokens is None:
        return ""
    more = f" They cost {shots.input_tokens - tuned.input_tokens:.0f} tokens more a question"
    if shots.seconds is not None and tuned.seconds is not None:
        more += f", {shots.seconds:.2f} s instead of {tuned.seconds:.2f} s an answer"
    return f"{more}: where many are asked, tuning may still pay."


def _retained(gain: Gain) -> list[str]:
    skill = gain.retained
    if skill is None:
        return ["Other skills were not asked: what was lost is not known (--retain OLD.jsonl)."]
    found = skill.difference(TUNED, UNTOUCHED)
    if skill.side(UNTOUCHED).score(skill.metrics[0]).high <= CLOSE and found.low <= 0:
        return [f"The untouched model can hardly do {skill.name}: there was nothing to lose, so ask what it can do."]
    if found.high < 0:
        mend = "raise replay_share" if gain.replay else 'train again with replay = "OLD.jsonl"'
        return [f"Other skills were lost: {signed(found)} on {skill.name}. In the recipe, {mend}."]
    if found.low > 0:
        return [f"Other skills became better: {signed(found)} on {skill.name}."]
    if found.low >= -KEPT:
        return [f"Other skills stayed: {signed(found)} on {skill.name}."]
    return [f"Whether other skills stayed can't be told: {signed(found)}. {_needed(skill, UNTOUCHED)}"]


def _needed(skill: Skill, over: str) -> str:
    differences = skill.differences(TUNED, over)
    asked, count, seen = len(differences), enough(differences), abs(sum(differences)) > 1e-9
    if count is None or (not seen and count <= asked):
        return f"{asked} examples were asked, and a difference of {CLOSE} would have been seen."
    what = "such a difference" if seen else f"one of {CLOSE}"
    return f"{asked} examples were asked; to tell {what} takes about {count:,}."
