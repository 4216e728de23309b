"""Advice follows from figures: each sentence appears where they say so, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sides import gain, skill

from sensorium.tune.gain.advice import advise
from sensorium.tune.gain.found import TUNED, UNTOUCHED
from sensorium.tune.gain.judge import TIE, Verdicts
from sensorium.tune.gain.told import lines

HALF = [0, 1] * 50
BAD, GOOD = [0] * 80 + [1] * 20, [0] * 20 + [1] * 80


@pytest.mark.parametrize(
    ("before", "after", "shown", "said"),
    [
        (BAD, GOOD, BAD, ("Tuning helped: +0.600", "Tuning is better than 4 examples in the prompt: +0.600")),
        (BAD, GOOD, GOOD, ("Tuning helped", "Don't tune: 4 examples in the prompt do as well, +0.000")),
        (BAD, GOOD, [1] * 100, ("Tuning helped", "Don't tune: 4 examples in the prompt do better, by +0.200")),
        (GOOD, BAD, GOOD, ("Tuning did harm: −0.600", "Nor are 4 examples")),
        (HALF, [1, 1, *HALF[2:]], HALF, ("Whether tuning helped can't be told: +0.010", "Nor are 4 examples")),
        (HALF, HALF, (), ("Tuning changed no score: all 100", "Examples in the prompt were not tried")),
        (BAD, GOOD, [0, *GOOD[:-11], *[0] * 10], ("Tuning helped", "Tuning is better than 4 examples")),
        (BAD, GOOD, [1] * 6 + GOOD[6:90] + [0] * 10, ("Tuning helped", "Whether tuning or 4 examples")),
    ],
)  # fmt: skip
def test_of_tuning_and_of_examples_in_the_prompt(
    before: list[int], after: list[int], shown: list[int], said: tuple[str, ...]
) -> None:
    found = advise(gain(before, after, shown))
    assert [text for text, start in zip(found, said, strict=False) if not text.startswith(start)] == [], found


def test_what_examples_cost_is_said_where_they_do_as_well() -> None:
    found = advise(gain(BAD, GOOD, GOOD))[1]
    assert "They cost 600 tokens more a question, 1.50 s instead of 0.50 s an answer" in found


@pytest.mark.parametrize(
    ("before", "after", "replay", "said"),
    [
        (GOOD, BAD, False, "Other skills were lost: −0.600 (−0.690 to −0.500) on old. In the recipe, train again with"),
        (GOOD, BAD, True, "Other skills were lost"),
        (GOOD, GOOD, False, "Other skills stayed: +0.000"),
        (BAD, GOOD, False, "Other skills became better: +0.600"),
        (HALF, [0, 0, *HALF[2:]], False, "Whether other skills stayed can't be told: −0.010"),
        ([0] * 100, [0] * 100, False, "The untouched model can hardly do old: there was nothing to lose"),
    ],
)
def test_of_other_skills(before: list[int], after: list[int], replay: bool, said: str) -> None:
    found = replace(gain(BAD, GOOD, retained=skill({UNTOUCHED: before, TUNED: after}, "old")), replay=replay)
    assert advise(found)[2].startswith(said), advise(found)[2]
    assert ("raise replay_share" in advise(found)[2]) == replay


def test_few_examples_no_width_and_a_judge_that_goes_by_the_order() -> None:
    few = advise(gain([0] * 10, [1] * 10))
    assert few[-2].startswith(
        "An interval without width means that all scores are alike; of 10 such answers up to 30.0%"
    )
    assert few[-1].startswith("Of 10 examples, fewer than 40")
    judged = replace(gain(BAD, GOOD), verdicts=Verdicts("j", (TIE,) * 100, 100, 60))
    assert any(line.startswith("The judge went by the order 60% of the time") for line in advise(judged))
    assert not any("order" in line for line in advise(replace(judged, verdicts=Verdicts("j", (TIE,) * 100, 100, 5))))


def test_lines_have_each_side_with_its_figures() -> None:
    said = lines(gain(BAD, GOOD, BAD))
    assert said[0] == (
        "100 examples of task, split test; scores by exact, with 95 % intervals; 20 both right, 60 gained, "
        "20 neither right."
    )
    assert said[1] == "  untouched: 0.200 (0.130 to 0.280); 0.50 s an answer; 100 tokens a question"
    assert said[2].startswith("  tuned: 0.800 (0.720 to 0.870), +0.600 (+0.500 to +0.690) over it; 0.50 s")
    assert said[3].startswith("  4 examples: 0.200") and "700 tokens a question" in said[3]
