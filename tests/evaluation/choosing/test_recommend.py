"""recommend: planted tables on which the right recommendation is known, and how often equal models make a winner."""

from __future__ import annotations

import random
import re

from planted_choices import PlantedRow, advice, paired_scores, planted, skilled

from sensorium.evaluation.choosing.model_row import UserLimits
from sensorium.evaluation.choosing.pairs import row_pairs
from sensorium.evaluation.choosing.recommend import (
    NO_WINNER,
    NONE_FITS,
    NOT_SHOWN,
    ONLY_ONE,
    WINNER,
    limits_in_words,
)

GOOD, FAIR = paired_scores(120, 60, 5, 15)  # 90.0 and 62.5 %
CLOSE, CLOSER = paired_scores(155, 13, 7, 25)  # 84 and 81 %: 10 % discordant, 3 points apart


def test_1_a_clear_winner_that_is_also_the_cheapest() -> None:
    told = advice(planted(PlantedRow("a", FAIR, 0.002), PlantedRow("b", GOOD, 0.001)))
    assert (told.verdict, told.take, told.winner, told.tied) == (WINNER, "b", "b", ("b",))
    assert told.headline == "Take b: it was shown to be more accurate than every other model that was asked."
    assert (
        "b was shown to be more accurate than a by +27.5 points" in told.sentences[1]
        and "p < 0.001" in told.sentences[1]
    )
    assert not any("can't tell" in sentence for sentence in told.sentences)


def test_2_a_winner_beyond_the_money_limit_is_ruled_out() -> None:
    dear = PlantedRow("dear", GOOD, 0.002)
    told = advice(planted(dear, PlantedRow("cheap", FAIR, 0.0001), limits=UserLimits(usd_per_1000=1)))
    assert (told.verdict, told.take, told.winner) == (ONLY_ONE, "cheap", "")
    assert told.ruled_out == {"dear": "it costs $2.00 for 1,000 questions"}
    assert told.headline == "Take cheap: there was nothing else to choose from within your limits."
    told = advice(planted(dear, PlantedRow("cheap", FAIR, 0.0001), limits=UserLimits(usd_per_1000=2)))
    assert (told.verdict, told.take) == (WINNER, "dear")  # exactly the limit fits
    assert "For less money: cheap costs $0.10 instead of $2.00 and got 27.5 points less right." in told.sentences


def test_3_no_winner_with_200_questions_and_how_many_would_settle_it() -> None:
    told = advice(planted(PlantedRow("a", CLOSE, 0.004), PlantedRow("b", CLOSER, 0.001)))
    assert (told.verdict, told.best, told.take, told.winner, told.tied) == (NO_WINNER, "a", "b", "", ("b", "a"))
    assert told.headline == "No winner with 200 questions. Take b: the cheapest that can't be told from the best, a."
    told_apart = told.sentences[1]
    assert told_apart.startswith(
        "You can't tell a from b with 200 questions: only a was right in 13, only b in 7 (+3.0 points ("
    )
    assert told_apart.endswith("about 920 would, if the true difference is 3.0 points.")
    assert re.fullmatch(
        r"For 1,000 questions b costs \$1\.00, a \$4\.00; b may be up to \d\.\d points less accurate than a\.",
        told.sentences[2],
    )


def test_4_no_winner_where_the_best_is_also_the_cheapest() -> None:
    told = advice(planted(PlantedRow("a", CLOSE, 0.001), PlantedRow("b", CLOSER, 0.004)))
    assert (told.verdict, told.take, told.winner) == (NO_WINNER, "a", "")
    assert "nothing that can't be told from it costs less" in told.headline
    assert any("four times out of five" in sentence for sentence in told.sentences)


def test_5_nothing_that_leaves_the_machine() -> None:
    rows = (PlantedRow("service", GOOD), PlantedRow("here", FAIR, private=True, kind="offline"))
    told = advice(planted(*rows, limits=UserLimits(private=True)))
    assert (told.verdict, told.take) == (ONLY_ONE, "here")
    assert told.ruled_out == {"service": "it sends the questions to a service"}


def test_6_a_fast_median_with_a_slow_tail_breaks_a_limit_of_p95() -> None:
    rows = (PlantedRow("tail", GOOD, seconds=(0.1,) * 9 + (8.0,)), PlantedRow("steady", FAIR, seconds=(0.9,)))
    told = advice(planted(*rows, limits=UserLimits(p95_seconds=1)))
    assert told.take == "steady" and told.ruled_out == {"tail": "95 % of its answers come within 8.00 s"}


def test_7_an_accuracy_that_nothing_reaches() -> None:
    told = advice(planted(PlantedRow("a", GOOD), PlantedRow("b", FAIR), limits=UserLimits(accuracy=0.92)))
    assert (told.verdict, told.take, told.best) == (NONE_FITS, "", "")
    assert told.headline == "Nothing fits your limits (an accuracy of at least 92.0 %)."
    assert "so few questions can't tell" in told.ruled_out["a"] and "can't tell" not in told.ruled_out["b"]
    told = advice(planted(PlantedRow("a", GOOD), PlantedRow("b", FAIR), limits=UserLimits(accuracy=0.89)))
    assert told.take == "a" and any("reaches your 89.0 % isn't certain" in sentence for sentence in told.sentences)


def test_8_nothing_beats_the_commonest_answer() -> None:
    control = PlantedRow("commonest answer", CLOSER, 0.0, kind="majority", private=True)
    told = advice(planted(control, PlantedRow("a", CLOSE, 0.001), PlantedRow("b", skilled(200, 0.7, 1), 0.001)))
    assert (told.verdict, told.take, told.winner) == (NOT_SHOWN, "", "")
    assert told.headline.startswith("Don't choose yet: nothing was shown to be better than commonest answer")
    assert "You can't tell a from commonest answer with 200 questions" in told.sentences[1]


def test_9_a_control_is_never_taken_however_cheap() -> None:
    control = PlantedRow("commonest answer", FAIR, 0.0, kind="majority", private=True)
    told = advice(planted(control, PlantedRow("a", GOOD, 0.001)))
    assert (told.verdict, told.take) == (ONLY_ONE, "a")


def test_10_questions_that_share_a_picture_are_not_so_many() -> None:
    first, second = paired_scores(130, 40, 14, 16)
    order = [place for run in range(20) for place in range(run * 10, run * 10 + 10)]
    alone = advice(planted(PlantedRow("a", first), PlantedRow("b", second)))
    pictures = advice(planted(PlantedRow("a", first), PlantedRow("b", second), clusters=[n // 20 for n in order]))
    assert alone.verdict == WINNER and pictures.verdict == NO_WINNER
    assert " such questions, 20 on a picture, would, if the true difference is " in pictures.sentences[1]


def test_11_failures_stay_in_the_denominator() -> None:
    late = {place: "timeout" for place in range(0, 200, 3)}
    told = advice(planted(PlantedRow("brilliant", [1] * 200, failures=late), PlantedRow("plain", GOOD)))
    assert (told.verdict, told.take) == (WINNER, "plain")
    told = advice(
        planted(PlantedRow("brilliant", [1] * 200, failures={3: "timeout", 4: "refused"}), PlantedRow("p", FAIR))
    )
    assert "brilliant failed in 2 of 200 questions (1 timeout, 1 refused); they count as wrong." in told.sentences


def test_12_what_is_unknown_does_not_fit_a_limit() -> None:
    rows = (PlantedRow("a", GOOD, None), PlantedRow("b", FAIR, 0.001))
    told = advice(planted(*rows, limits=UserLimits(usd_per_1000=5)))
    assert told.take == "b" and told.ruled_out == {"a": "its price is unknown"}
    assert advice(planted(*rows)).take == "a"
    equal = advice(planted(PlantedRow("a", CLOSE, None), PlantedRow("b", CLOSER, 0.001)))
    assert equal.take == "b"  # what has a price comes before what has none


def test_13_equal_answers_are_no_winner_and_the_faster_of_two_that_cost_nothing_is_taken() -> None:
    told = advice(planted(PlantedRow("slow", GOOD, seconds=(2.0,)), PlantedRow("fast", GOOD, seconds=(1.0,))))
    assert (told.verdict, told.take) == (NO_WINNER, "fast")
    assert (
        "the fastest of the cheapest" in told.headline and "these questions can't tell them apart" in told.sentences[1]
    )


def test_14_scores_between_0_and_1() -> None:
    chance = random.Random(3)
    first = [chance.choice((0.3, 0.6, 1.0)) for _ in range(200)]
    second = [max(0.0, score - chance.choice((0.0, 0.3))) for score in first]
    assert advice(planted(PlantedRow("a", first), PlantedRow("b", second))).winner == "a"
    mixed = advice(planted(PlantedRow("a", first), PlantedRow("b", [chance.choice((0.3, 0.6, 1.0)) for _ in first])))
    assert mixed.winner == "" and "was better in" in mixed.sentences[1]


def test_15_three_rows_of_which_two_cannot_be_told_apart() -> None:
    rows = (
        PlantedRow("a", CLOSE, 0.004),
        PlantedRow("b", CLOSER, 0.002),
        PlantedRow("c", skilled(200, 0.4, 2), 0.0001),
    )
    told = advice(planted(*rows))
    assert (told.verdict, told.take, told.tied) == (NO_WINNER, "b", ("b", "a"))
    assert any(sentence.startswith("a was shown to be more accurate than c by +") for sentence in told.sentences)
    assert any(sentence.startswith("For less money: c costs") for sentence in told.sentences)


def test_a_row_that_did_not_beat_the_commonest_answer_is_not_taken_for_being_cheap() -> None:
    strong, control = paired_scores(100, 50, 20, 30)  # 75 and 60 %
    weak = (
        [1] * 80 + [0] * 20 + [1] * 36 + [0] * 14 + [1] * 12 + [0] * 8 + [1] * 8 + [0] * 22
    )  # 68 %: told from neither
    rows = (PlantedRow("strong", strong, 0.01), PlantedRow("weak", weak), PlantedRow("m", control, kind="majority"))
    told = advice(planted(*rows))
    assert (told.verdict, told.take, told.tied) == (NO_WINNER, "strong", ("strong",))
    assert "what costs less wasn't shown to be better than the commonest answer" in told.headline
    assert advice(planted(*rows[:2])).take == "weak"


def test_equal_models_make_a_winner_in_at_most_one_of_twenty() -> None:
    runs, n = 200, 100
    tables = [[PlantedRow(str(row), skilled(n, 0.7, run * 10 + row)) for row in range(4)] for run in range(runs)]
    alarms = [t for t in tables if any(pair.is_settled for pair in row_pairs([own.row() for own in t], range(n)))]
    assert 0 < len(alarms) / runs <= 0.05
    winners = [told.winner for table in [*alarms, *tables[:3]] if (told := advice(planted(*table))).winner]
    assert len(winners) / runs <= 0.01  # a winner must beat all three


def test_a_model_that_is_better_is_named() -> None:
    for run in range(10):
        rows = (PlantedRow("a", skilled(100, 0.9, run)), PlantedRow("b", skilled(100, 0.5, -run - 1)))
        assert advice(planted(*rows)).winner == "a"


def test_limits_in_words() -> None:
    limits = UserLimits(1.5, 2, 0.8, True)
    assert limits_in_words(limits) == (
        "nothing leaves this machine, at most $1.50 for 1,000 questions, 95 % of the answers within 2.00 s, "
        "an accuracy of at least 80.0 %"
    )
    assert limits_in_words(UserLimits()) == ""
