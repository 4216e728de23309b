"""The dispatcher over kinds of charts, and the table that all kinds share."""

from __future__ import annotations

import numpy as np
import pytest

from sensorium.core.messages import Image
from sensorium.eyes import charts
from sensorium.eyes.charts import Refusal, Series, Table, chart
from sensorium.eyes.charts.ink import Ink
from sensorium.eyes.charts.text import ChartText
from sensorium.media.image import encode

TABLE = Table("bar", ("A", "B"), (Series((1.0, 2.0)),))


@pytest.fixture
def blank() -> Image:
    return encode(np.full((60, 80, 3), 255, dtype=np.uint8))


def refuse(confidence: float) -> charts.Reader:
    return lambda ink, text: Refusal(f"Not mine ({confidence}).", confidence)


def test_the_first_reader_with_a_table_wins(blank: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[ChartText] = []

    def lines(ink: Ink, text: ChartText) -> Table:
        texts.append(text)
        return TABLE

    monkeypatch.setattr(charts, "READERS", (refuse(0.4), lines, lines))
    assert chart(blank) is TABLE
    assert len(texts) == 1


def test_the_refusal_of_the_most_certain_reader_counts(blank: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "READERS", (refuse(0.1), refuse(0.5), refuse(0.02)))
    assert chart(blank) == Refusal("Not mine (0.5).", 0.5)


def test_single_series_tables_have_values() -> None:
    assert TABLE.values == (1.0, 2.0)
    assert TABLE.boxes == ()
    assert TABLE.select() is TABLE.series[0]
