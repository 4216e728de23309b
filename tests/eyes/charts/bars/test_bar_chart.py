"""Charts: drawn here with known values, read back; what is not a chart is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest

from sensorium.core.messages import Image
from sensorium.eyes.charts import Refusal, Table, chart
from sensorium.media.image import encode

pytest.importorskip("matplotlib")

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


def draw(values: list[float], labels: list[str], horizontal: bool = False, style: str = "default", note: bool = False,
         limits: tuple[float, float] | None = None, title: str = "Visitors by day",
         change: Callable[[Any], None] = lambda axes: None, **bar: Any) -> Image:  # fmt: skip
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with plt.style.context(style, after_reset=True):
        figure, axes = plt.subplots(figsize=(6.4, 4.8), dpi=100)
        bars = (axes.barh if horizontal else axes.bar)(labels, values, **bar)
        if note:
            axes.bar_label(bars)
        if limits:
            (axes.set_xlim if horizontal else axes.set_ylim)(*limits)
        axes.set_title(title)
        change(axes)
        figure.tight_layout()
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        plt.close(figure)
    return Image(buffer.getvalue())


def table(image: Image) -> Table:
    found = chart(image)
    assert isinstance(found, Table), found
    return found


@pytest.mark.parametrize("style", ["default", "ggplot", "dark_background"])
def test_standing_bars_come_back_whole(style: str) -> None:
    values = [30.0, 45.0, 12.0, 60.0, 25.0]
    found = table(draw(values, DAYS, style=style))
    assert found.categories == tuple(DAYS)
    assert found.values == pytest.approx(values, rel=0.05)
    assert found.title == "Visitors by day"
    assert not found.horizontal
    assert found.confidence >= 0.5


def test_lying_bars_come_back_from_top_to_bottom() -> None:
    found = table(draw([300.0, 450.0, 120.0], ["Cats", "Dogs", "Sea turtles"], horizontal=True))
    assert found.horizontal
    assert found.categories == ("Sea turtles", "Dogs", "Cats")
    assert found.values == pytest.approx([120, 450, 300], rel=0.05)
    assert [box.top for box in found.boxes] == sorted(box.top for box in found.boxes)


def test_an_axis_that_does_not_start_at_zero() -> None:
    values = [92.0, 95.0, 97.5, 99.0, 94.0]
    found = table(draw(values, DAYS, limits=(90.0, 100.0)))
    assert found.values == pytest.approx(values, abs=0.1)


@pytest.mark.parametrize(("plain", "horizontal"), [(True, False), (False, True)])
def test_a_logarithmic_axis_is_refused_by_name(plain: bool, horizontal: bool) -> None:
    """Read as a linear one, the cat of 4 kg would weigh -1,159 kg, with a confidence of 0.94."""
    from matplotlib.ticker import ScalarFormatter

    def scale(axes: Any) -> None:
        (axes.set_xscale if horizontal else axes.set_yscale)("log")
        if plain:
            axes.yaxis.set_major_formatter(ScalarFormatter())

    animals = ["Cat", "Dog", "Horse", "Elephant"]
    refused = chart(draw([4.0, 30.0, 500.0, 5000.0], animals, horizontal, change=scale))
    assert isinstance(refused, Refusal) and "logarithmic" in refused.reason


def test_a_tick_at_the_top_is_no_title() -> None:
    found = table(draw([96.4, 97.1, 98.0, 99.2], DAYS[:4], limits=(96.0, 104.2), title=""))
    assert found.title == ""


def test_negative_values() -> None:
    values = [20.0, -15.0, 35.0, -28.0, 12.0]
    assert table(draw(values, DAYS)).values == pytest.approx(values, rel=0.06)


def test_numbers_at_the_bars_are_taken_exactly() -> None:
    values = [317.0, 452.0, 128.0, 604.0, 255.0]
    found = table(draw(values, DAYS, note=True))
    assert found.values == tuple(values)
    assert found.resolution == 0


def test_boxes_lie_on_the_bars() -> None:
    found = table(draw([30.0, 45.0, 60.0], ["Red", "Green", "Blue"], color="tab:blue"))
    bottoms = {round(box.bottom) for box in found.boxes}
    assert max(bottoms) - min(bottoms) <= 2
    assert found.boxes[2].height == pytest.approx(2 * found.boxes[0].height, rel=0.03)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_photos_are_no_charts(name: str) -> None:
    data = pytest.importorskip("skimage.data")
    found = chart(encode(getattr(data, name)()))
    assert isinstance(found, Refusal)
    assert found.confidence <= 0.1


def test_a_receipt_and_a_sign_are_no_charts() -> None:
    receipt = PIL.Image.new("RGB", (400, 600), "white")
    pen = PIL.ImageDraw.Draw(receipt)
    for line in range(12):
        pen.text((40, 40 + 40 * line), f"Item number {line}", fill="black", font_size=18)
        pen.text((300, 40 + 40 * line), f"{line * 3.25:.2f}", fill="black", font_size=18)
    sign = PIL.Image.new("RGB", (500, 300), "#003399")
    PIL.ImageDraw.Draw(sign).text((60, 100), "EXIT 12", fill="white", font_size=90)
    for picture in (receipt, sign):
        assert isinstance(chart(encode(picture)), Refusal)


def test_bars_without_numbers_or_words_are_refused() -> None:
    pixels = np.full((300, 400, 3), 255, dtype=np.uint8)
    for place in range(4):
        pixels[260 - 50 * (place + 1) : 260, 40 + 90 * place : 100 + 90 * place] = (30, 90, 160)
    found = chart(encode(pixels))
    assert isinstance(found, Refusal)
    assert found.reason.endswith(".")
