"""ROUGE-L and chrF: by hand, against the libraries' published examples, by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("rouge_score")
pytest.importorskip("sacrebleu")

from sensorium.core.errors import InputError
from sensorium.core.messages import Conversation
from sensorium.evaluation.metrics import metric
from sensorium.evaluation.wording import chrf, rouge
from sensorium.tasks.task import Example
from sensorium.tune.recipe import Recipe


def test_rouge_by_hand() -> None:
    # "cat on the mat": four words in common, in order, of five said and six wanted
    assert rouge("a cat on the mat", ["the cat sat on the mat"]) == pytest.approx(2 * 4 / (5 + 6))
    assert rouge("A CAT, on the mat!", ["nothing alike", "a cat on the mat"]) == 1
    assert rouge("", ["a cat"]) == 0
    with pytest.raises(InputError, match="letters a to z only, and the answer 'बिल्ली' has none"):
        rouge("बिल्ली", ["बिल्ली"])


def test_chrf_by_hand() -> None:
    # "ab" against "abc", runs of one and two letters: all said are right, 2 of 3 and 1 of 2 wanted are said; recall
    # counts twice; runs longer than the text are left out
    precision, recall = 1, (2 / 3 + 1 / 2) / 2
    assert chrf("ab", ["abc"]) == pytest.approx(5 * precision * recall / (4 * precision + recall))
    assert chrf("बिल्ली", ["बिल्ली"]) == 1 and chrf("xyz", ["abc"]) == chrf("", ["a"]) == 0
    assert (
        chrf("two red tins", ["no", "two red tin"])
        > chrf("two red", ["no", "two red tin"])
        > chrf("red", ["two red tin"])
    )


def test_they_are_metrics_like_the_others() -> None:
    example = Example(Conversation.of("Describe it."), ("a red tin", "a tin"))
    assert metric("rouge")("a tin", example) == metric("chrf")("a tin", example) == 1
    assert Recipe("b", "t", "o", metric="chrf").metric == "chrf"


@pytest.mark.parametrize(("package", "name"), [("rouge_score", "rouge"), ("sacrebleu", "chrf")])
def test_what_is_not_installed_is_said(package: str, name: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from sensorium import Conversation, Example\nfrom sensorium.core.errors import InstallError\n"
        "from sensorium.evaluation.metrics import metric\n"
        f"try:\n    metric({name!r})('a', Example(Conversation.of('?'), ('a',)))\n"
        "except InstallError as error:\n    print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "is not installed" in said and 'pip install "sensorium[tune]"' in said
