"""The reader on the samples, and on questions that no label answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from sensorium import Image, ask, load_task

from draw_labels import SAMPLES
from medicine_labels.app import load_model, read_label
from medicine_labels.spoken import CHECK, speech

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing leave this machine."""

    def refuse(*_: object) -> None:
        raise AssertionError("something wants the network")

    monkeypatch.setattr("socket.socket.connect", refuse)


def picture(name: str) -> Image:
    """Return a sample."""
    return Image(ROOT / "samples" / f"{name}.png")


def test_a_sharp_label_is_read_word_for_word() -> None:
    printed = SAMPLES[0][1]
    found = read_label(load_model(), picture("paracetamol"))
    assert (found.name.text, found.strength.text) == (printed.name, printed.strength)
    assert found.how_to_take.text == " ".join(printed.how_to_take)
    assert found.warnings.text == " ".join(printed.warnings)
    told = speech(found)
    assert "Expiry date: August 2027." in told and told.endswith(CHECK)


def test_a_blurred_label_gives_nothing_away() -> None:
    found = read_label(load_model(), picture("blurred"))
    assert found.name.state == found.strength.state == found.expiry.state == "can't tell"
    assert found.notes and not found.also
    told = speech(found)
    assert "Ibuprofen" not in told and "200" not in told and CHECK not in told


@pytest.mark.parametrize(
    "question",
    ["May I take this with alcohol?", "How much should I take?", "Is it safe for a child?", "Who made the box?"],
)  # fmt: skip
def test_it_never_advises(question: str) -> None:
    reply = ask(load_model(), picture("paracetamol"), question)
    assert reply.abstained and reply.text == "can't tell" and "can't advise" in reply.suggestion


def test_the_task_is_filled_in() -> None:
    task = load_task(ROOT / "task.csv")
    assert len(task) == 10 and set(task.splits) == {"train", "test"}
    assert not any(answer == "?" for example in task.examples for answer in example.answers)
