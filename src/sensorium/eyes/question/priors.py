"""Prior odds: what an image shows makes some kinds of questions likelier."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PATH = Path(__file__).parent / "data" / "picture_priors.toml"


@dataclass(frozen=True)
class Priors:
    """Odds by what the image shows, each kind -> factor; `recipes/picture_priors.py` writes their file.

    Args:
        chart: It is a bar chart.
        no_chart: It isn't one.
        label_named: It is a bar chart, and the message names a label of it.
        code_named: It holds a code, and the message names codes.
        word_named: It holds a word of the message, and isn't a chart.
        chart_from: Probability of a chart from which on `chart` holds.
        no_chart_below: Probability of a chart below which `no_chart` holds.
        declined_from: Probability of a decline from which on it is declined whatever words the image holds.
    """

    chart: Mapping[str, float]
    no_chart: Mapping[str, float]
    label_named: Mapping[str, float]
    code_named: Mapping[str, float]
    word_named: Mapping[str, float]
    chart_from: float
    no_chart_below: float
    declined_from: float


@cache
def load_priors(path: Path = PATH) -> Priors:
    """Load the odds from their file."""
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    return Priors(**values["odds"], **values["thresholds"])
