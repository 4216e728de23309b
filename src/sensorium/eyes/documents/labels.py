"""The words that name a value on receipts, labels and tickets, from data/labels.toml.

All patterns are for text folded by `values.fold_text`: lower case, no accents, ss for ß.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_WORDS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "data" / "labels.toml").read_text("utf-8"))


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(words)})"


_LABELS = {name: _any(words) for name, words in _WORDS["labels"].items()}
NO = r"(?:\s*(?:no|nr|num|number|nummer|numero|n[o°º]|id|code|#)\b\.?|\s*[#№]|\s*n[°º]\.?)"
TOTALS = tuple(_any(words) for words in _WORDS["totals"])
SUBTOTAL, TAX, CHANGE = _LABELS["subtotal"], _LABELS["tax"], _LABELS["change"]
EXPIRY, MADE, DATE, TIME = _LABELS["expiry"], _LABELS["made"], _LABELS["date"], _LABELS["time"]
PHONE = rf"{_LABELS['phone']}(?:[\s.-]*(?:no|nr|number)\b)?"
INVOICE = rf"(?:{_LABELS['bill']}[\s.-]*(?:{NO}\s*)?|(?:no|nr|n[o°º])\.?\s*(?:de\s+)?{_LABELS['bill']})"
MONTHS: dict[str, int] = {name: number for number, names in enumerate(_WORDS["months"], 1) for name in names}
FIELD_NAMES = {field: "|".join(names) for field, names in _WORDS["names"].items()}
"""Field -> the names that people ask for it by."""


def synonyms(name: str) -> tuple[str, ...]:
    """Return the labels that mean the same as `name` (folded), itself first."""
    bare = re.sub(NO + r"$", "", name).strip() or name
    group = next((group for group in _WORDS["synonyms"] if bare in group), ())
    return (bare, *(label for label in group if label != bare))
