"""Amounts whose sign the recogniser lacks are doubted; the numbers of ordinary pages are not."""

from __future__ import annotations

import numpy as np
import pytest

from sensorium.eyes.ocr.amounts import is_doubtful_amount


def doubted(text: str, struck: dict[int, float] | None = None, **unsure: tuple[float, str]) -> bool:
    """Whether a line is doubted; `unsure` has by position ("at5") the probability of a character and the next one."""
    best = np.full(len(text), 0.999, np.float32)
    second = [" "] * len(text)
    for name, (probability, next_likely) in unsure.items():
        best[int(name[2:])], second[int(name[2:])] = probability, next_likely
    return is_doubtful_amount(text, best, second, best, struck)


@pytest.mark.parametrize(
    ("text", "unsure"),
    [  # lines of pages with blur and noise, as they were read
        ("Order # 196092", {"at6": (0.99, "＃")}),
        ("£17.96", {"at0": (0.89, "f")}),
        ("£11.35", {"at0": (0.567, "f")}),
        ("8 am - 6 pm", {"at5": (0.625, "–"), "at0": (0.86, "&")}),
        ("Sat 10:00 - 14:00", {"at10": (0.878, "–"), "at13": (0.86, "O")}),
        ("Razón: 2º derecha", {"at8": (0.528, "°")}),
        ("(12) rooms", {"at0": (0.8, "[")}),
    ],
)
def test_ordinary_numbers_are_believed(text: str, unsure: dict[str, tuple[float, str]]) -> None:
    assert not doubted(text, **unsure)


@pytest.mark.parametrize(
    ("text", "unsure"),
    [
        ("N2,500.00", {}),  # ₦2,500.00
        ("W12,000", {}),  # ₩12,000
        ("270", {"at0": (0.9, "€")}),  # ₴70
        ("1 2002", {"at5": (0.867, "z")}),  # 1 200₴
        ("75 0", {"at3": (0.774, "")}),  # 75 ₾
        ("014.20", {}),  # ₼14.20
        ("#1,200", {}),  # ₩1,200
        ("£1.20", {"at0": (0.4, "₺")}),
        ("19.90", {"at0": (0.7, "₹")}),
    ],
)
def test_amounts_that_may_carry_a_sign_are_doubted(text: str, unsure: dict[str, tuple[float, str]]) -> None:
    assert doubted(text, **unsure)


@pytest.mark.parametrize(
    ("text", "struck", "probability", "is_doubted"),
    [
        ("T81000", {0: 0.02}, 0.9, False),  # a T that isn't sure, and has no stroke more
        ("T81000", {0: 0.5}, 0.9, True),
        ("T81000", {0: 0.5}, 0.999, False),
        ("T81000", {0: 0.95}, 0.999, True),  # ₸81000
        ("N180", {0: 0.01}, 0.9, False),
        ("N180", {0: 0.3}, 0.999, True),  # ₦180, read as N, and surely
        ("W450", {0: 0.05}, 0.999, False),
        ("W450", {0: 0.05}, 0.9, True),
        ("W450", {0: 0.2}, 0.999, True),  # ₩450
        ("P75", {0: 0.9}, 0.999, True),  # ₱75
        ("75 P", {3: 0.9}, 0.999, True),
        ("N2,500.00", {0: 0.01}, 0.999, True),  # money: doubted whatever its shape
        ("PN180", {}, 0.999, False),
    ],
)
def test_a_letter_is_judged_by_its_shape(
    text: str, struck: dict[int, float], probability: float, is_doubted: bool
) -> None:
    """Before: ₦180, ₩450 and ₱75 were N180, W450 and P75, and counted as read; T81000 was doubted."""
    at = next((i for i in struck), 0)
    assert doubted(text, struck, **{f"at{at}": (probability, " ")}) == is_doubted
