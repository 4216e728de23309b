"""What to do after a training, as its figures say: sentences, each with the figure that it follows from."""

from __future__ import annotations

from sensorium.evaluation.comparison import Comparison, ConditionResult, signed
from sensorium.tune.evaluate.result import BASE, FINE_TUNED, AdapterEvaluation

CLOSE = 0.05
"""Two scores whose difference lies within this, with its whole interval, count as equally good."""
RETAINED = 0.02
"""Another skill counts as retained if its interval begins no lower than this below 0."""
_FEW, _BIASED = 40, 0.2


def advise(evaluation: AdapterEvaluation) -> list[str]:
    """Return what follows from the figures, the most important first."""
    skill, verdicts = evaluation.skill, evaluation.verdicts
    out = [_fine_tuning(skill), *_few_shot(evaluation), *_retained(evaluation)]
    if verdicts is not None and (verdicts.bias or 0) > _BIASED:
        out.append(f"The judge went by the order {verdicts.bias:.0%} of the time: take another, or read the samples.")
    compared = [skill, evaluation.retained] if evaluation.retained else [skill]
    scores = [result.score(one.metrics[0]) for one in compared for result in one.results]
    alike = [score.n for score in scores if score.low == score.high]
    if alike:
        out.append(
            "An interval without width means that all scores are alike; "
            f"of {min(alike)} such answers up to {3 / min(alike):.1%} may still be otherwise elsewhere."
        )
    size = min(score.n for score in scores)
    if size < _FEW:
        out.append(f"Of {size} examples, fewer than {_FEW}, intervals are narrower than they should be: ask more.")
    return out


def _fine_tuning(skill: Comparison) -> str:
    difference = skill.difference(FINE_TUNED, BASE)
    if difference.low > 0:
        return f"Fine-tuning helped: {signed(difference)} over the base model."
    if difference.high < 0:
        return (
            f"Fine-tuning did harm: {signed(difference)}. Don't use this adapter; look at the data, or lower the "
            "learning rate."
        )
    if not any(skill.differences(FINE_TUNED, BASE)):
        return f"Fine-tuning changed no score: all {difference.n} answers are as right as before."
    return f"Whether fine-tuning helped is unclear: {signed(difference)}. {_needed(skill, BASE)}"


def _few_shot(evaluation: AdapterEvaluation) -> list[str]:
    skill = evaluation.skill
    if not evaluation.fewshot:
        return ["Few-shot prompting was not tried: if it does as well, fine-tuning is not needed."]
    best = max(evaluation.fewshot, key=lambda result: result.score(skill.metrics[0]).mean)
    difference = skill.difference(FINE_TUNED, best.name)
    tuning, prompting = skill.difference(FINE_TUNED, BASE), skill.difference(best.name, BASE)
    if tuning.low <= 0 and prompting.low <= 0:
        return [f"Nor is {best.name} prompting shown to be better than the base model: {signed(prompting)}."]
    if difference.low > 0:
        return [f"Fine-tuning is better than {best.name} prompting: {signed(difference)}."]
    if difference.high < 0:
        turned = skill.difference(best.name, FINE_TUNED)
        return [f"Don't fine-tune: {best.name} prompting does better, by {signed(turned)}.{_cost(skill, best)}"]
    if -CLOSE <= difference.low and difference.high <= CLOSE:
        return [f"Don't fine-tune: {best.name} prompting does as well, {signed(difference)}.{_cost(skill, best)}"]
    return [
        f"Whether fine-tuning or {best.name} prompting does better is unclear: {signed(difference)}. "
        f"{_needed(skill, best.name)}"
    ]


def _cost(skill: Comparison, fewshot: ConditionResult) -> str:
    tuned = skill.result(FINE_TUNED)
    if fewshot.input_tokens is None or tuned.input_tokens is None:
        return ""
    more = f" It costs {fewshot.input_tokens - tuned.input_tokens:.0f} tokens more a question"
    if fewshot.seconds is not None and tuned.seconds is not None:
        more += f", {fewshot.seconds:.2f} s instead of {tuned.seconds:.2f} s an answer"
    return f"{more}: with many questions, fine-tuning may still pay."


def _retained(evaluation: AdapterEvaluation) -> list[str]:
    skill = evaluation.retained
    if skill is None:
        return ["Other skills were not asked: what was lost is unknown (--retain OLD.jsonl)."]
    difference = skill.difference(FINE_TUNED, BASE)
    if skill.result(BASE).score(skill.metrics[0]).high <= CLOSE and difference.low <= 0:
        return [f"The base model can hardly do {skill.name}: it had nothing to lose, so ask what it can do."]
    if difference.high < 0:
        fix = "raise replay_share" if evaluation.replay else 'train again with replay = "OLD.jsonl"'
        return [f"Other skills were lost: {signed(difference)} on {skill.name}. In the recipe, {fix}."]
    if difference.low > 0:
        return [f"Other skills became better: {signed(difference)} on {skill.name}."]
    if difference.low >= -RETAINED:
        return [f"Other skills stayed: {signed(difference)} on {skill.name}."]
    return [f"Whether other skills stayed is unclear: {signed(difference)}. {_needed(skill, BASE)}"]


def _needed(skill: Comparison, baseline: str) -> str:
    differences = skill.differences(FINE_TUNED, baseline)
    asked, count, seen = len(differences), skill.needed(FINE_TUNED, baseline, CLOSE), abs(sum(differences)) > 1e-9
    if count is None or (not seen and count <= asked):
        return f"{asked} examples were asked, and a difference of {CLOSE} would have been seen."
    what = "such a difference" if seen else f"one of {CLOSE}"
    return f"{asked} examples were asked; to tell {what} takes about {count:,}."
