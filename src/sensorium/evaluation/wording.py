"""How close the wording of a long answer is to a right one: ROUGE-L and chrF, by the libraries that define them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sensorium.core.errors import InputError, quoted
from sensorium.core.weights import importing


def rouge(answer: str, answers: Sequence[str]) -> float:
    """Return ROUGE-L's F measure against the best-fitting answer: the longest common subsequence of words.

    Case is ignored, words are not stemmed, and all characters but a to z and digits are dropped.

    Source: Lin 2004, "ROUGE", as Google's rouge-score computes it (HELM's and T5's).

    Raises:
        InputError: when a right answer has no such character: every text would score 0.
        InstallError: without rouge-score.
    """
    for right in answers:
        if not re.search("[a-z0-9]", right.lower()):
            raise InputError(
                f"ROUGE knows the letters a to z only, and the answer {quoted(right[:40])} has none.",
                "Use chrf instead.",
            )
    return float(max(_rouge().score(right, answer)["rougeL"].fmeasure for right in answers))


def chrf(answer: str, answers: Sequence[str]) -> float:
    """Return chrF against the best-fitting answer, 0 to 1: common character n-grams up to six, for any language.

    Source: Popović 2015, "chrF", with sacrebleu's settings (chrF2: recall counts twice).

    Raises:
        InstallError: without sacrebleu.
    """
    return float(max(_chrf().sentence_score(answer, [right]).score for right in answers)) / 100


@lru_cache(maxsize=1)
def _rouge() -> Any:
    with importing("tune"):
        from rouge_score.rouge_scorer import RougeScorer
    return RougeScorer(["rougeL"])


@lru_cache(maxsize=1)
def _chrf() -> Any:
    with importing("tune"):
        from sacrebleu.metrics.chrf import CHRF
    return CHRF()
