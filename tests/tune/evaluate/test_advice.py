"""Advice follows from figures: each sentence appears where they say so, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from compared import evaluation, skill

from sensorium.evaluation.judge import TIE, Verdicts
from sensorium.tune.evaluate.advice import advise
from sensorium.tune.evaluate.evaluate import report_of
from sensorium.tune.evaluate.result import BASE, FINE_TUNED

HALF = [0, 1] * 50
BAD, GOOD = [0] * 80 + [1] * 20, [0] * 20 + [1] * 80


@pytest.mark.parametrize(
    ("before", "after", "shown", "said"),
    [
        (BAD, GOOD, BAD, ("Fine-tuning helped: +0.600", "Fine-tuning is better than 4-shot prompting: +0.600")),
        (BAD, GOOD, GOOD, ("Fine-tuning helped", "Don't fine-tune: 4-shot prompting does as well, +0.000")),
        (BAD, GOOD, [1] * 100, ("Fine-tuning helped", "Don't fine-tune: 4-shot prompting does better, by +0.200")),
        (GOOD, BAD, GOOD, ("Fine-tuning did harm: −0.600", "Nor is 4-shot prompting")),
        (HALF, [1, 1, *HALF[2:]], HALF, ("Whether fine-tuning helped is unclear: +0.010", "Nor is 4-shot prompting")),
        (HALF, HALF, (), ("Fine-tuning changed no score: all 100", "Few-shot prompting was not tried")),
        (BAD, GOOD, [0, *GOOD[:-11], *[0] * 10], ("Fine-tuning helped", "Fine-tuning is better than 4-shot")),
        (BAD, GOOD, [1] * 6 + GOOD[6:90] + [0] * 10, ("Fine-tuning helped", "Whether fine-tuning or 4-shot")),
    ],
)  # fmt: skip
def test_of_tuning_and_of_examples_in_the_prompt(
    before: list[int], after: list[int], shown: list[int], said: tuple[str, ...]
) -> None:
    found = advise(evaluation(before, after, shown))
    assert [text for text, start in zip(found, said, strict=False) if not text.startswith(start)] == [], found


def test_what_examples_cost_is_said_where_they_do_as_well() -> None:
    found = advise(evaluation(BAD, GOOD, GOOD))[1]
    assert "It costs 600 tokens more a question, 1.50 s instead of 0.50 s an answer" in found


@pytest.mark.parametrize(
    ("before", "after", "replay", "said"),
    [
        (GOOD, BAD, False, "Other skills were lost: −0.600 (−0.690 to −0.500) on old. In the recipe, train again with"),
        (GOOD, BAD, True, "Other skills were lost"),
        (GOOD, GOOD, False, "Other skills stayed: +0.000"),
        (BAD, GOOD, False, "Other skills became better: +0.600"),
        (HALF, [0, 0, *HALF[2:]], False, "Whether other skills stayed is unclear: −0.010"),
        ([0] * 100, [0] * 100, False, "The base model can hardly do old: it had nothing to lose"),
    ],
)
def test_of_other_skills(before: list[int], after: list[int], replay: bool, said: str) -> None:
    found = replace(evaluation(BAD, GOOD, retained=skill({BASE: before, FINE_TUNED: after}, "old")), replay=replay)
    assert advise(found)[2].startswith(said), advise(found)[2]
    assert ("raise replay_share" in advise(found)[2]) == replay


def test_few_examples_no_width_and_a_judge_that_goes_by_the_order() -> None:
    few = advise(evaluation([0] * 10, [1] * 10))
    assert few[-2].startswith(
        "An interval without width means that all scores are alike; of 10 such answers up to 30.0%"
    )
    assert few[-1].startswith("Of 10 examples, fewer than 40")
    judged = replace(evaluation(BAD, GOOD), verdicts=Verdicts("j", (TIE,) * 100, 100, 60))
    assert any(line.startswith("The judge went by the order 60% of the time") for line in advise(judged))
    assert not any("order" in line for line in advise(replace(judged, verdicts=Verdicts("j", (TIE,) * 100, 100, 5))))


def test_lines_have_each_condition_with_its_figures() -> None:
    lines = report_of(evaluation(BAD, GOOD, BAD)).lines()
    assert lines[0] == (
        "100 examples of task, split test; scores by exact, with 95 % intervals; 20 both right, 20 both wrong, "
        "60 newly right."
    )
    assert lines[1] == "  base: 0.200 (0.130 to 0.280); 0.50 s an answer; 100 tokens a question"
    assert lines[2].startswith("  fine-tuned: 0.800 (0.720 to 0.870), +0.600 (+0.500 to +0.690) over it; p < 0.001, ")
    assert "smallest detectable difference 0.137; 0.50 s" in lines[2]
    assert lines[3].startswith("  4-shot: 0.200") and "700 tokens a question" in lines[3]
