"""Amounts that may carry a currency sign the recogniser lacks: it reads ₦ as N, ₴ as 2, and ₫ or ₾ not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

# Tuned on amounts drawn with 30 signs in 42 faces, seed 1 of `bench/seeing_hard.py --only currency`, and on the lines
# with digits of 96 ordinary pages (`bench/speed.py`), of which at most one in a hundred may be doubted for a sign.
_SURE_DIGIT, _SURE_SIGN, _SURE_LETTER, _SURE_POUND = 0.9, 0.96, 0.998, 0.5
_NEVER = "₹¢"  # known to the recogniser, and what it makes of others
_KNOWN = "°ºª%$€£¥￥²³½¼¾×)]}>»”\"'’*+-–—/:;,.!?…&=<|~@_^\\"  # after a number; not taken for a letter or a CJK sign
_BEFORE = "-–—([{/:;,.+~=*&@•·«<>\"'’"  # before a number; no sign is read as these
_LIKE_MONEY = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d\d)?|\d+[.,]\d\d")
_LETTERS = frozenset("NWBPKGTFECDMtpmzdken")  # what missing signs are read as; x, g, l, A are none
_SURELY = frozenset("NWBPKGTF")  # ₦ ₩ ฿ ₿ ₽ ₱ ₭ ₲ ₸ ₮ are read as these, surely
_UNITS = "W"  # 1,200 W
# Of the model of struck letters: under this are 0 to 7 % of ₦ ₱ ₮ ₸ ₭ ฿ and 91 to 98 % of plain letters, in families of
# faces that it hasn't seen (recipes/struck_letters.py); of ₩ 28 %, so that a W which isn't sure is doubted as before.
_CLEARED = 0.1
_SHOWN = frozenset("NPTKB")  # a shape that isn't struck clears these
# From here on a letter before or after any number is doubted: on the 96 pages K and T reached .09 and .7.
_STRUCK = {"N": 0.1, "W": 0.1, "P": 0.1, "K": 0.5, "B": 0.5, "#": 0.5, "T": 0.9}
_ZEROED = re.compile(r"0\d\d+[.,]\d\d")  # 014.20: ₼14.20
_LOOKALIKES = {"1": frozenset("lIıi|!íì")}  # another form of the same stroke, not a sign
_TALL = 0.55  # of the height of the line's ink: neither comma nor dash
_WIDE = 0.85  # of the height of a digit: further than its middle is from its side
_MARGIN = 3  # pixels, at a line of 48, by which the place of a character may miss its ink
_DARK = 0.45  # of the way from ground to ink


def is_doubtful_amount(
    read: Sequence[str],
    best: NDArray[np.float32],
    second: Sequence[str],
    twins: NDArray[np.float32],
    struck: Mapping[int, float] | None = None,
) -> bool:
    """Whether what stands beside a number, or its first or last digit, may be a sign that the recogniser lacks.

    Args:
        read: The characters that were read, spaces among them.
        best: The probability of each.
        second: The next likely character of each.
        twins: The probability of each together with its other case.
        struck: By place, the probability that a letter is struck through, where it can be judged from its shape.
    """
    text = "".join(character if len(character) == 1 else "?" for character in read)
    for match in re.finditer(r"\d(?:[\d.,' ]*\d)?", text):
        first, last = match.start(), match.end() - 1
        money = _LIKE_MONEY.fullmatch(match.group()) is not None
        if any(
            best[i] < (_SURE_SIGN if text[i] == "2" else _SURE_DIGIT) and second[i] not in _LOOKALIKES.get(text[i], ())
            for i in {first, last}
            if (money or text[i] == "2" or _stands_apart(text, i, first, last))
            and (_ends_word(text, i - 1) or i == last)
        ):
            return True
        if _ZEROED.fullmatch(match.group()):
            return True
        word = re.compile(r" ?[^\W\d_]{2,3}(?!\w)").match(text, last + 1)
        if word is not None and any(
            not text[i].isascii() and best[i] < _SURE_SIGN for i in range(last + 1, word.end())
        ):
            return True
        for step, i in ((-1, first - 1), (1, last + 1)):
            i += step * (0 <= i < len(text) and text[i] == " ")
            if not 0 <= i < len(text) or not _ends_word(text, i + step):
                continue
            if _may_be_sign(text[i], float(best[i]), float(twins[i]), money, step > 0, (struck or {}).get(i)):
                return True
    return False


def _stands_apart(text: str, i: int, first: int, last: int) -> bool:
    """Whether the first or last digit of a number has a space between itself and the rest, as 75 ₾ read as "75 0"."""
    return first < last and text[i + 1 if i == first else i - 1] == " "


def _ends_word(text: str, i: int) -> bool:
    return not 0 <= i < len(text) or not (text[i].isalnum() or text[i] in ".,:/-")


def _may_be_sign(character: str, best: float, twins: float, money: bool, after: bool, struck: float | None) -> bool:
    if character in _NEVER:
        return True
    if character in "£¥￥":  # hardly another sign looks like these
        return twins < _SURE_POUND
    if character == "#":
        return after or money or (struck is not None and struck >= _STRUCK[character])  # Order # 196092; a bold ₦
    if not after and character in _BEFORE:
        return False
    if character.isascii() and character.isalpha():
        surely = money and character in _SURELY and not (after and character in _UNITS)
        if surely or (struck is not None and struck >= _STRUCK[character]):
            return True
        cleared = struck is not None and struck < _CLEARED and character in _SHOWN
        return not cleared and character in _LETTERS and twins < _SURE_LETTER
    if after and character not in "$€" and (character in _KNOWN or character.isdigit()):
        return False
    return (money and character.isalpha()) or best < _SURE_SIGN


def has_unread_ink(line: NDArray[np.float32], positions: NDArray[np.float64], read: Sequence[str]) -> bool:
    """Whether a tall piece of ink beside a number was not read at all.

    Args:
        line: The line as the recogniser takes it, (3, height, width), from -1 to 1.
        positions: Where each character was read, x in its pixels.
        read: The characters.
    """
    if not any(character.isdigit() for character in read):
        return False
    grey = line.mean(axis=0)
    ground = float(np.median(np.concatenate([grey[:2].ravel(), grey[-2:].ravel()])))
    away = np.abs(grey - ground)
    inked = away > _DARK * float(np.quantile(away, 0.98))
    edges = np.flatnonzero(np.diff(np.pad(inked.any(axis=0).astype(np.int8), 1)))
    pieces = [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
    heights = [int(inked[:, start:end].any(axis=1).sum()) for start, end in pieces]
    shown = [(x, character) for x, character in zip(positions, read, strict=True) if character.strip()]
    tall = _TALL * max(heights, default=0)
    for (start, end), height in zip(pieces, heights, strict=True):
        if height < tall or end - start < 0.25 * height or start < 2 or end > line.shape[2] - 2:
            continue  # a comma, a stroke, or cut off at an end
        within = sorted(pair for pair in shown if start - _MARGIN <= pair[0] <= end + _MARGIN)
        if within:  # a sign that touches the number: ink reaches further than a digit is wide
            if within[0][1].isdigit() and within[0][0] - start > _WIDE * height:
                return True
            if within[-1][1].isdigit() and end - within[-1][0] > _WIDE * height:
                return True
            continue
        before = max((pair for pair in shown if pair[0] < start), default=None)
        behind = min((pair for pair in shown if pair[0] > end), default=None)
        if any(pair is not None and pair[1].isdigit() for pair in (before, behind)):
            return True
    return False
