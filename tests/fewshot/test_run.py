"""Measuring with a Fake model: the scores are what its rule must give, each control changes what it should."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from coloured import Colours, copier, pool, questions

from sensorium.backends.fake import Fake
from sensorium.core.errors import InputError, LimitError, ServiceError
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Delta, Limits
from sensorium.core.reply import Usage
from sensorium.evaluation.runner import Run
from sensorium.fewshot import Plan, run
from sensorium.fewshot.plot import draw
from sensorium.fewshot.report import report
from sensorium.tasks.task import Task

ASKED = questions()


def most(chat: Conversation) -> str:
    """Answer what most of the examples before the question answer; without one, "none"."""
    counts = Counter(m.text for m in chat.messages if m.role == "assistant").most_common(1)
    return counts[0][0] if counts else "none"


def test_a_model_that_copies_the_nearest_example_is_right_and_without_examples_wrong() -> None:
    model = Fake(copier)
    found = run(model, pool(), ASKED, Plan((0, 1, 3)), Colours())
    assert (found.metric, found.place, found.pick, found.questions) == ("exact", "interleave", "nearest", 8)
    assert found.row(0).score.mean == 0
    assert found.row(1).score.mean == found.row(3).score.mean == found.row(3, "majority vote").score.mean == 1
    assert [(row.shots, row.condition) for row in found.rows] == [
        (0, "examples"), (1, "examples"), (1, "majority vote"), (1, "without pictures"), (3, "examples"),
        (3, "majority vote"), (3, "without pictures"), (3, "shuffled order"),
    ]  # fmt: skip
    assert len(model.asked) == 8 * 6  # the vote costs nothing
    assert found.row(1, "majority vote").seconds is None and found.row(1, "majority vote").input_tokens is None


def test_every_control_reaches_the_model_as_it_says() -> None:
    model = Fake(copier)
    controls = ("vote", "images", "order", "answers")
    run(model, pool(), ASKED[:1], Plan((4,), pick="random", controls=controls, seed=2), Colours())
    plain, images, order, answers = model.asked
    own = ASKED[0].conversation

    def pairs(chat: Conversation) -> list[tuple[tuple[object, ...], str]]:
        turns = chat.messages[:-1]
        return [(turns[i].parts, turns[i + 1].text) for i in range(0, len(turns), 2)]

    assert all(chat.messages[-1] == own.messages[0] for chat in model.asked)
    assert sum(isinstance(part, Image) for part in images.parts) == 1
    assert [answer for _, answer in pairs(images)] == [answer for _, answer in pairs(plain)]
    assert pairs(order) != pairs(plain) and sorted(map(str, pairs(order))) == sorted(map(str, pairs(plain)))
    assert [parts for parts, _ in pairs(answers)] == [parts for parts, _ in pairs(plain)]
    assert sorted(a for _, a in pairs(answers)) == sorted(a for _, a in pairs(plain))


def test_the_order_matters_to_a_copier_and_not_to_a_counter() -> None:
    plan = Plan((5,), controls=("order",))
    assert run(Fake(copier), pool(), ASKED, plan, Colours()).row(5, "shuffled order").score.mean < 1
    counted = run(Fake(most), pool(), ASKED, plan, Colours())
    assert counted.row(5, "shuffled order").score == counted.row(5).score


def test_tokens_money_and_abstentions_are_counted() -> None:
    red = Delta("red", usage=Usage(input_tokens=100, output_tokens=3, usd=0.002))
    none = Delta("I can't tell.", abstained=True, usage=Usage(input_tokens=200, output_tokens=5, usd=0.004))
    model = Fake([red, none])
    row = run(model, pool(), ASKED, Plan((0,)), Colours()).row(0)
    assert (row.abstained, row.output_tokens, row.score.mean) == (7, (3 + 7 * 5) / 8, 1 / 8)
    assert row.input_tokens == (100 + 7 * 200) / 8 and row.usd == pytest.approx(0.002 + 7 * 0.004)


def test_a_model_that_takes_one_picture_gets_a_canvas_and_is_never_asked_more(tmp_path: Path) -> None:
    model = Fake(lambda chat: "red", Limits(max_images=1))
    found = run(model, pool(), ASKED, Plan((0, 4)), Colours())
    assert found.place == "collage" and found.row(4).score.mean == 0.25
    assert all(sum(isinstance(part, Image) for part in chat.parts) == 1 for chat in model.asked)


def test_too_much_is_said_before_anything_is_asked() -> None:
    model = Fake(copier, Limits(max_images=3))
    with pytest.raises(LimitError, match="at most 3 pictures"):
        run(model, pool(), ASKED, Plan((0, 8)), Colours())
    with pytest.raises(InputError, match="13 examples were asked for, and 12 may be picked"):
        run(model, pool(), ASKED, Plan((0, 13)), Colours())
    assert model.asked == []


def test_text_placing_is_its_own_control_of_the_pictures() -> None:
    found = run(Fake(copier), pool(), ASKED, Plan((2,), place="text"), Colours())
    assert [row.condition for row in found.rows] == ["examples", "majority vote", "shuffled order"]


def test_a_broken_off_measurement_goes_on_where_it_was(tmp_path: Path) -> None:
    plan = Plan((0, 2), controls=("vote", "order"))
    whole = run(Fake(copier), pool(), ASKED, plan, Colours())
    broken = Fake([*["red"] * 5, ServiceError("It went away.")])
    with pytest.raises(ServiceError):
        run(broken, pool(), ASKED, plan, Colours(), folder=tmp_path)
    kept = tmp_path / "records.jsonl"
    assert len(kept.read_text().splitlines()) == 5
    kept.write_text(kept.read_text()[:-2])  # the last line was cut off by the break, after a brace
    model = Fake(copier)
    found = run(model, pool(), ASKED, plan, Colours(), folder=tmp_path)
    assert len(model.asked) == 3 * 8 - 4
    assert found.row(2).score == whole.row(2).score and found.row(0).score.mean == 2 / 8
    again = Fake(copier)
    assert run(again, pool(), ASKED, plan, Colours(), folder=tmp_path) == found and again.asked == []


def test_answers_with_any_letters_are_kept(tmp_path: Path) -> None:
    model = Fake("red\u2028or\nблакитний }", name="strange")
    first = run(model, pool(), ASKED, Plan((0,)), Colours(), folder=tmp_path)
    assert run(model, pool(), ASKED, Plan((0,)), Colours(), folder=tmp_path) == first and len(model.asked) == 8


def test_another_measurement_in_the_folder_is_refused(tmp_path: Path) -> None:
    run(Fake("red"), pool(), ASKED, Plan((0,)), Colours(), folder=tmp_path)
    for model, plan, asked in [
        (Fake("red", name="other"), Plan((0,)), ASKED),
        (Fake("red"), Plan((0,), seed=1), ASKED),
        (Fake("red"), Plan((0,)), ASKED[1:]),
    ]:
        with pytest.raises(InputError, match="holds another run: its"):
            run(model, pool(), asked, plan, Colours(), folder=tmp_path)


def test_steps_can_be_done_by_someone_else() -> None:
    def half(items: Sequence[Any], work: Callable[[Any], Any], label: str) -> Iterator[tuple[Any, Any]]:
        return ((item, work(item)) for item in items[::2])

    found = run(Fake(copier), pool(), ASKED, Plan((1,), controls=()), Colours(), progress=half)
    assert found.row(1).score.n == 4


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (lambda: Plan(()), "must be numbers from 0 up"),
        (lambda: Plan((-1, 2)), "must be numbers from 0 up"),
        (lambda: Plan(controls=("magic",)), "Unknown control 'magic'"),
        (lambda: run(Fake("x"), pool(), [], Plan()), "has no questions to ask"),
        (lambda: run(Fake("x"), pool(), ASKED, Plan(metric="bleu"), Colours()), "Unknown metric 'bleu'"),
        (lambda: run(Fake("x"), pool(), ASKED, Plan(place="pile"), Colours()), "Unknown layout 'pile'"),
    ],
)
def test_plans_that_cannot_be_done_are_refused(plan: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        plan()  # type: ignore[operator]


def test_the_reports_files_and_sentences(tmp_path: Path) -> None:
    found = run(Fake(copier), pool(), ASKED, Plan((0, 1, 2)), Colours())
    saved, table = found.save(tmp_path / "out")
    assert json.loads(saved.read_text())["rows"][1]["score"]["mean"] == 1.0
    rows = table.read_text().splitlines()
    assert rows[0] == "shots,condition,score,low,high,questions,abstained,input_tokens,output_tokens,seconds,usd"
    assert rows[2].startswith("1,examples,1.0000,1.0000,1.0000,8,0,5.000000,1.000000,0.0000")
    assert rows[3].startswith("1,majority vote,1.0000,")
    lines = found.lines()
    assert lines[0].startswith("No examples: 0.000 (0.000 to 0.000, n=8); 2 tokens in and 1 out a question, cost unk")
    assert lines[1].startswith("1 example: 1.000") and lines[2] == "  majority vote: 1.000 (1.000 to 1.000, n=8)"


def test_the_picture_shows_every_condition(tmp_path: Path) -> None:
    found = run(Fake(copier), pool(), ASKED, Plan((0, 1, 2)), Colours())
    drawn = draw(found, tmp_path / "scores.svg", chance=0.25).read_text()
    for words in ("examples", "majority vote", "without pictures", "shuffled order", "chance"):
        assert f"<!-- {words} -->" in drawn
    assert draw(found, tmp_path / "scores.png").read_bytes().startswith(b"\x89PNG")


def test_a_condition_without_answers_has_no_row() -> None:
    assert report("m", Plan((0, 1)), Run(Task("t"), {})).rows == ()
