"""What people hand in to be seen and heard: charts that mislead, long pictures, columns, transparency, odd audio."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import av
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
from films import film
from matplotlib.ticker import FuncFormatter

from sensorium import Conversation, ask, load
from sensorium.core.blob import Blob
from sensorium.core.messages import Audio, Image, Video
from sensorium.eyes.charts import Refusal, Table, chart
from sensorium.eyes.charts.bars.detection import find_bars
from sensorium.eyes.charts.bars.unread import unread_marks
from sensorium.eyes.charts.ink import Ink, find_ink
from sensorium.eyes.documents.values import amounts
from sensorium.eyes.ocr import SURE, read, spoken_text
from sensorium.media.audio import samples, seconds, wav
from sensorium.media.image import decode, encode, pixels, tiles
from sensorium.media.sniff import media_type, part
from sensorium.media.video import frames

# ---- charts ------------------------------------------------------------------------------------------------

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
VISITORS = (3, 7, 4, 6, 5)
FLOATING = "Some bars don't stand on zero or on the axis (as in a waterfall or range chart): I can't read those."
STACKED = "The bars are stacked, in several colours: I can't read those."
GROUPED = "The bars stand in groups, several for each label: I can't read those."
HOLLOW = "The bars are outlines without a filling: I can't read those."


def drawn(draw: Callable[[Any], object]) -> Image:
    figure, axes = plt.subplots(figsize=(6.4, 4.8), dpi=100)
    draw(axes)
    figure.tight_layout()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return Image(buffer.getvalue())


def waterfall(axes: Any) -> None:
    steps = np.array([120, -30, 45, -20, 60])
    after = np.cumsum(steps)
    before = after - steps
    axes.bar(("Start", "Costs", "Sales", "Tax", "Gift"), np.abs(steps), bottom=np.minimum(after, before))


def ranges(axes: Any) -> None:
    axes.bar(DAYS, (8, 9, 7, 10, 6), bottom=(3, 5, 2, 6, 4))
    axes.set_ylim(0, 20)


def candles(axes: Any) -> None:
    axes.bar(DAYS, (2, 3, -1, 4, -2), bottom=(20, 22, 25, 24, 28))
    axes.set_ylim(15, 32)


def on_ten(axes: Any) -> None:
    axes.bar(DAYS, VISITORS, bottom=10)
    axes.set_ylim(0, 20)


def one_outline(axes: Any) -> None:
    last = axes.bar(DAYS, VISITORS)[4]
    last.set(facecolor="none", edgecolor="tab:blue", linewidth=2)


def grouped(axes: Any, count: int = 2, gap: float = 0.0, legend: bool = True) -> None:
    values = np.array([VISITORS, (4, 5, 6, 3, 7), (2, 3, 5, 4, 6)])
    for number in range(count):
        places = np.arange(5) + number * 0.8 / count
        axes.bar(places, values[number], 0.8 / count - gap, label=f"Year {number}")
    axes.set_xticks(np.arange(5) + 0.4 - 0.4 / count, DAYS)
    if legend:
        axes.legend()


def grouped_across(axes: Any) -> None:
    axes.barh(np.arange(4) - 0.2, (3, 7, 4, 6), 0.4, label="a")
    axes.barh(np.arange(4) + 0.2, (4, 5, 6, 3), 0.4, label="b")
    axes.set_yticks(np.arange(4), ("North", "South", "East", "West"))
    axes.legend()


def stacked(axes: Any) -> None:
    axes.bar(DAYS, VISITORS, label="A")
    axes.bar(DAYS, (2, 3, 5, 1, 4), bottom=VISITORS, label="B")
    axes.legend()


def stacked_across(axes: Any) -> None:
    axes.barh(DAYS, VISITORS)
    axes.barh(DAYS, (2, 3, 5, 1, 4), left=VISITORS)


REFUSED = {
    "waterfall": (waterfall, FLOATING),
    "waterfall whose ends stand on the axis": (
        lambda axes: axes.bar(("Open", "Sales", "Costs", "Tax", "Close"), (100, 40, 30, 20, 90),
                              bottom=(0, 100, 110, 90, 0)), FLOATING),
    "ranges": (ranges, FLOATING),
    "ranges across": (lambda axes: axes.barh(("Plan", "Build", "Test", "Ship"), (3, 5, 4, 2), left=(0, 2, 6, 9)),
                      FLOATING),
    "candles on an axis without zero": (candles, FLOATING),
    "bars that stand on ten": (on_ten, FLOATING),
    "outlines": (lambda axes: axes.bar(DAYS, VISITORS, fill=False, edgecolor="black", linewidth=1.5), HOLLOW),
    "thick outlines": (lambda axes: axes.bar(DAYS, VISITORS, fill=False, edgecolor="black", linewidth=4), HOLLOW),
    "outlines across": (lambda axes: axes.barh(DAYS, VISITORS, fill=False, edgecolor="tab:blue", linewidth=2), HOLLOW),
    "one outline among bars": (one_outline, HOLLOW),
    "two series": (grouped, GROUPED),
    "three series": (lambda axes: grouped(axes, 3), GROUPED),
    "two series with gaps": (lambda axes: grouped(axes, gap=0.05), GROUPED),
    "two series without a legend": (lambda axes: grouped(axes, legend=False), GROUPED),
    "two series across": (grouped_across, GROUPED),
    "stacked": (stacked, STACKED),
    "stacked across": (stacked_across, STACKED),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bars_that_do_not_stand_alone_on_the_axis_are_refused(name: str) -> None:
    draw, reason = REFUSED[name]
    found = chart(drawn(draw))
    assert isinstance(found, Refusal)
    assert (found.reason, found.confidence >= 0.4) == (reason, True)


TITLE, X_NAME, Y_NAME = "Visitors by day", "Weekday", "Visitors in thousands"
TITLED = {
    "grouped": grouped,
    "grouped across": grouped_across,
    "stacked": stacked,
    "floating": ranges,
    "plain": lambda axes: axes.bar(DAYS, VISITORS),
}
ABOUT_TITLES = (
    ("What is the title of the chart?", TITLE),
    ("What is this chart called?", TITLE),
    ("What does the y axis show?", Y_NAME),
    ("What is the name of the x axis?", X_NAME),
    ("What is the label of the vertical axis?", Y_NAME),
)


@cache
def titled(name: str) -> Image:
    def draw(axes: Any) -> None:
        TITLED[name](axes)
        axes.set(title=TITLE, xlabel=X_NAME, ylabel=Y_NAME)

    return drawn(draw)


@pytest.mark.parametrize("name", TITLED)
@pytest.mark.parametrize(("question", "right"), ABOUT_TITLES)
def test_titles_of_charts_are_right_or_declined(name: str, question: str, right: str) -> None:
    """Of a chart whose bars are read they are right; of the others nothing else is said, no legend's or bar's words."""
    reply = ask(load("offline"), Conversation.of(titled(name), question))
    if reply.abstained:
        assert name != "plain", reply.text
        assert (reply.confidence or 0) < 0.5 and all(word not in reply.text for word in ("Year", '"a"', '"b"'))
    else:
        assert right in reply.text, reply.text


def numbered(write: Callable[[float], str], values: Sequence[float], step: float, across: bool = False) -> Any:
    def draw(axes: Any) -> None:
        (axes.barh if across else axes.bar)(DAYS, values)
        axis = axes.xaxis if across else axes.yaxis
        axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
        axis.set_ticks(np.arange(5) * step)

    return draw


def dotted(value: float) -> str:
    return f"{value:,.0f}".replace(",", ".")


THOUSANDS = (1200, 4300, 2500, 3700, 2900)
FRACTIONS = (1.2, 4.3, 2.5, 3.7, 2.9)
READ = {
    "1.200 beside 0 is a thousand": (numbered(dotted, THOUSANDS, 1200), THOUSANDS),
    "1.200 beside 0 is a thousand, across": (numbered(dotted, THOUSANDS, 1200, across=True), THOUSANDS[::-1]),
    "1'200 is a thousand": (numbered(lambda v: f"{v:,.0f}".replace(",", "'"), THOUSANDS, 1200), THOUSANDS),
    "1.200 beside 0.000 is a fraction": (numbered(lambda v: f"{v:.3f}", FRACTIONS, 1.2), FRACTIONS),  # held
    "1,2 is a fraction": (numbered(lambda v: f"{v:.1f}".replace(".", ","), FRACTIONS, 1.2), FRACTIONS),
}


@pytest.mark.parametrize("name", READ)
def test_axis_numbers_mean_what_their_axis_says(name: str) -> None:
    draw, values = READ[name]
    found = chart(drawn(draw))
    assert isinstance(found, Table)
    assert found.values == pytest.approx(values, rel=0.03)


def test_an_axis_that_may_be_thousands_or_fractions_is_refused() -> None:
    def draw(axes: Any) -> None:
        numbered(dotted, (1250, 1900, 1600, 2100, 1400), 500)(axes)
        axes.set_ylim(1000, 2200)
        axes.set_yticks((1000, 1400, 1800, 2200))

    found = chart(drawn(draw))
    assert isinstance(found, Refusal)
    assert found.reason == '"2.200" at the axis may be 2200 or a decimal fraction: I can\'t tell.'


ZEROS = {
    "between bars": ((3, 0, 4, 0, 5), {}),
    "beside gridlines": ((3, 0, 4, 0, 5), {"grid": True}),
    "of thousands": ((1200, 0, 3400, 0, 2500), {}),
    "with edges": ((3, 0, 4, 0, 5), {"edgecolor": "black"}),
    "beside negative bars": ((3, 0, -4, 0, 5), {"line": True}),
    "at the ends": ((0, 3, 4, 5, 0), {}),
}


@pytest.mark.parametrize("name", ZEROS)
def test_true_zeros_are_zero(name: str) -> None:
    values, style = ZEROS[name]

    def draw(axes: Any) -> None:
        axes.bar(DAYS, values, edgecolor=style.get("edgecolor"))
        axes.yaxis.grid(bool(style.get("grid")))
        if style.get("line"):
            axes.axhline(0, color="black")

    found = chart(drawn(draw))
    assert isinstance(found, Table)
    assert [value for value in found.values if abs(value) < 0.05 * max(values)] == [0.0, 0.0]


def photographed(degrees: float, ground: str) -> Image:
    upright = drawn(lambda axes: axes.bar(DAYS, VISITORS))
    page = (
        PIL.Image.open(io.BytesIO(upright.blob.data)).convert("RGBA").resize((1280, 960), PIL.Image.Resampling.BICUBIC)
    )
    turned = page.rotate(degrees, PIL.Image.Resampling.BICUBIC, expand=True)
    photo = PIL.Image.new("RGBA", (turned.width + 120, turned.height + 120), ground)
    photo.alpha_composite(turned, (60, 60))
    buffer = io.BytesIO()
    photo.convert("RGB").save(buffer, "JPEG", quality=90)
    return Image(buffer.getvalue())


@pytest.mark.parametrize("degrees", [1, 4, -8])
@pytest.mark.parametrize("ground", ["white", "#785f46"])
def test_a_tilted_photo_of_a_chart_is_straightened(degrees: float, ground: str) -> None:
    found = chart(photographed(degrees, ground))
    assert isinstance(found, Table)
    assert found.categories == DAYS
    assert found.values == pytest.approx(VISITORS, rel=0.03)
    left, _, right, bottom = found.boxes[0]
    assert 100 < left < right < 500 and 600 < bottom < 1250  # in the photo, not in what was straightened


# ---- reading -----------------------------------------------------------------------------------------------

WORDS = ("river stone garden window market winter silver orange yellow castle bridge forest summer island little "
         "button travel simple letter number").split()  # fmt: skip


def phrase(number: int, count: int = 4) -> str:
    return " ".join(WORDS[(number * 7 + i * 3) % len(WORDS)] for i in range(count))


def laid(size: tuple[int, int], *texts: tuple[float, float, str, int]) -> Image:
    """Draw texts at x, y, each in a size of its own."""
    picture = PIL.Image.new("RGB", size, "white")
    draw = PIL.ImageDraw.Draw(picture)
    for x, y, text, height in texts:
        font = PIL.ImageFont.truetype("DejaVuSans.ttf", height)
        draw.text((x, y), text, font=font, fill="black")
    return encode(picture)


def column(x: float, texts: Sequence[str], top: float = 60, step: float = 46, height: int = 26) -> list[Any]:
    return [(x, top + step * i, text, height) for i, text in enumerate(texts)]


def prices(right: float, texts: Sequence[str], top: float = 60, step: float = 46, height: int = 26) -> list[Any]:
    font = PIL.ImageFont.truetype("DejaVuSans.ttf", height)
    return [(right - font.getlength(text), top + step * i, text, height) for i, text in enumerate(texts)]


LEFT, RIGHT = [phrase(i) for i in range(8)], [phrase(i + 50) for i in range(8)]
ITEMS, MORE = [phrase(i, 2) for i in range(6)], [phrase(i + 20, 2) for i in range(6)]
COST, MORE_COST = [f"{i + 3}.50" for i in range(6)], [f"{i + 11}.20" for i in range(6)]
PAGES = {
    "two columns": ([*column(50, LEFT), *column(600, RIGHT)], LEFT + RIGHT),
    "two columns whose lines are not level": ([*column(50, LEFT), *column(600, RIGHT, 78)], LEFT + RIGHT),
    "three columns": (
        [*column(30, LEFT, height=20), *column(410, RIGHT, height=20), *column(790, LEFT[::-1], height=20)],
        LEFT + RIGHT + LEFT[::-1]),
    "two columns under a heading, over a foot": (
        [(150, 40, "THE DAILY MARKET REPORT OF SILVER", 40), *column(50, LEFT, 130), *column(600, RIGHT, 130),
         (300, 530, "printed in the north of the island", 30)],
        ["THE DAILY MARKET REPORT OF SILVER", *LEFT, *RIGHT, "printed in the north of the island"]),
    "prices at the right": (  # held
        [*column(50, ITEMS), *prices(1050, COST)], [f"{a} {b}" for a, b in zip(ITEMS, COST, strict=True)]),
    "two lists with prices": (
        [*column(50, ITEMS), *prices(480, COST), *column(620, MORE), *prices(1050, MORE_COST)],
        [f"{a} {b}" for a, b in zip(ITEMS + MORE, COST + MORE_COST, strict=True)]),
    "labels and values": (  # held
        [*column(50, ["Name", "Street", "City", "Phone"]),
         *column(400, ["Anna Maria Berg", "14 Mill Lane", "Leeds", "0113 496 0123"])],
        ["Name Anna Maria Berg", "Street 14 Mill Lane", "City Leeds", "Phone 0113 496 0123"]),
    "a table of words": (  # held
        [*column(50, ["Monday", "Tuesday", "Friday"]), *column(400, ["Maths", "Music", "Sport"]),
         *column(750, ["Room four", "Hall", "Field"])],
        ["Monday Maths Room four", "Tuesday Music Hall", "Friday Sport Field"]),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_columns_are_read_one_after_the_other_and_prices_stay_in_their_rows(name: str) -> None:
    texts, expected = PAGES[name]
    assert spoken_text(read(laid((1150, 620), *texts))).split("\n") == expected


@pytest.mark.parametrize("word", ["HOTEL", "HALTE"])
def test_letters_of_a_word_that_runs_downward_are_not_given_as_lines(word: str) -> None:
    image = laid((400, 140 + 110 * len(word)), *column(160, list(word), 50, 110, 90))
    lines = read(image)
    assert spoken_text(lines) == "" and lines
    assert "E" not in answer_text(image).split("\n")


def answer_text(image: Image) -> str:
    reply = ask(load("offline"), Conversation.of(image, "What does it say?"))
    return reply.text


@pytest.mark.parametrize("text", ["₹ 450", "₦2,500", "₺ 99,90", "₩12,000", "฿ 180", "Price ฿45", "Total ₦2,500.00",
                                  "₱120", "₽300", "₴70", "₪45", "TOTAL ₹1,250.00"])  # fmt: skip
def test_a_currency_sign_is_right_or_doubted(text: str) -> None:
    lines = read(laid((700, 160), (40, 50, text, 40)))
    assert lines
    assert all(line.score < SURE or line.text == text for line in lines), lines


@pytest.mark.parametrize(
    "text",
    ["₫ 12,000", "12,000 ₫", "₫2,500", "TOTAL ₫2,500", "₾ 12,000", "75 ₾", "99,90₴", "₴ 350.000", "6.50₽", "99,90₪",
     "₲6.50", "₸ 450", "450₱", "₭6.50", "₡450", "Price 75₾", "1 200₴", "14.20₺", "₮ 450", "350.000 ₼"],
)  # fmt: skip
def test_a_currency_sign_on_either_side_is_right_or_doubted(text: str) -> None:
    """Of amounts with these signs, 26 % were read surely and wrongly: ₫ dropped, ₴ as 2, ₽ as P."""
    lines = read(laid((700, 160), (40, 50, text, 40)))
    assert lines
    assert all(line.score < SURE or line.text == text.replace("₫", "đ") for line in lines), lines


@pytest.mark.parametrize("text", ["75 W", "5 kg", "330 ml", "Room 12", "€9.20", "14.20", "118", "1,250.00"])
def test_units_and_plain_amounts_are_sure(text: str) -> None:
    (line,) = read(laid((700, 160), (40, 50, text, 40)))
    assert (line.text.replace(" ", ""), line.score >= SURE) == (text.replace(" ", ""), True)


def test_the_head_of_the_next_column_is_no_opening_time() -> None:
    days = [
        ("Day", "Opens", "Closes"),
        ("Tuesday", "9:00", "17:00"),
        ("Saturday", "10:00", "14:00"),
        ("Sunday", "11:00", "13:00"),
    ]
    table = [(40 + 300 * x, 120 + 70 * y, cell, 32) for y, row in enumerate(days) for x, cell in enumerate(row)]
    image = laid((960, 460), (40, 30, "Library opening hours", 40), *table)
    reply = ask(load("offline"), Conversation.of(image, "When do they open on Saturday?"))
    assert reply.abstained or "10:00" in reply.text, reply.text  # "Opening hours: Closes", 0.87


@pytest.mark.parametrize(
    ("text", "amount"),
    [("Total ₫ 12,000", "12000.00"), ("₽300", "300.00"), ("14.20 zł", "14.20"), ("A$ 7.50", "7.50"), ("kr 75", "75.00"),
     ("₪45", "45.00"), ("Rs. 450", "450.00"), ("120 kr.", "120.00")],
)  # fmt: skip
def test_an_amount_may_carry_any_currency(text: str, amount: str) -> None:
    assert [str(number) for _, number in amounts(text)] == [amount]


@pytest.mark.parametrize("text", ["€ 12.50", "£3.20", "$5.00", "¥900", "N95", "B12", "W12", "P120", "Gate B4"])  # held
def test_other_signs_and_letters_before_numbers_are_sure(text: str) -> None:
    (line,) = read(laid((700, 160), (40, 50, text, 40)))
    assert (line.text, line.score >= SURE) == (text, True)


@pytest.mark.slow
def test_a_long_screenshot_is_read_line_by_line() -> None:
    texts = [f"{i + 1} {phrase(i)}" for i in range(100)]
    image = laid((1080, 8000), *column(40, texts, 20, 79, 34))
    lines = read(image)
    assert [line.text for line in lines] == texts
    top = decode(image).pixels.shape[0] * 20 / 8000  # boxes are in pixels of the image as it is opened otherwise
    assert abs(lines[0].box.top - top) < 10


def test_a_panorama_is_read_across_its_tiles() -> None:
    texts = [phrase(i, 5) for i in range(6)]
    image = laid((9000, 700), *[(60 + 1400 * i, 100 + 80 * i, text, 40) for i, text in enumerate(texts)])
    assert {line.text for line in read(image)} == set(texts)


def test_a_long_picture_that_is_shrunk_says_so_and_comes_in_tiles() -> None:
    image = laid((600, 9000), *column(40, LEFT))
    (note,) = decode(image, 2048).notes
    assert note.text.startswith("shrunk from 600×9000 to 137×2048 pixels; its text may be too small")
    assert note.text.endswith("unless it is given as 10 tiles")
    pieces = tiles(image)
    assert len(pieces) == 10
    assert sum(decode(piece).original[1] for piece in pieces) > 9000
    assert {decode(piece).original[0] for piece in pieces} == {600}


# ---- transparent and deep pictures ---------------------------------------------------------------------------


def ink_of(image: Image) -> Ink:
    found = find_ink(pixels(image))
    assert found is not None
    return found


def drawing(ink: int, alpha: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]], other: int | None = None) -> Image:
    """A disc of one grey, and another of a second, on a clear ground."""
    y, x = np.mgrid[:100, :200]
    first, second = (x - 50) ** 2 + (y - 50) ** 2 < 900, (x - 150) ** 2 + (y - 50) ** 2 < 900
    level = np.where(second & (other is not None), other or 0, ink)
    shown = first | (second & (other is not None))
    layers = np.stack([level, level, level, alpha(shown)], axis=2).astype(np.uint8)
    return encode(PIL.Image.fromarray(layers, "RGBA"))


@pytest.mark.parametrize(
    ("ink", "other", "ground"),
    [(0, None, 255), (255, None, 0), (128, None, 255), (255, 0, 128), (240, None, 0)],
    ids=["black", "white", "grey", "white and black", "nearly white"],
)
def test_a_transparent_picture_lies_on_a_ground_unlike_it(ink: int, other: int | None, ground: int) -> None:
    shown = decode(drawing(ink, lambda mask: mask * 255, other)).pixels
    assert shown[2, 2].tolist() == [ground] * 3
    assert shown[50, 50].tolist() == [ink] * 3


@pytest.mark.parametrize(("ink", "ground"), [("black", 255), ("white", 0)])
def test_a_pale_panel_does_not_decide_the_ground(ink: str, ground: int) -> None:
    """As pygal's charts: letters on nothing beside a panel of nearly white with dark bars; the letters were lost."""
    picture = PIL.Image.new("RGBA", (400, 300))
    draw = PIL.ImageDraw.Draw(picture)
    draw.rectangle((60, 30, 390, 260), fill="#f3f3f3")
    for left in (90, 190, 290):
        draw.rectangle((left, 120, left + 60, 260), fill="#506fb0")
    draw.text((100, 5), "Visitors in thousands", fill=ink, font_size=18)
    draw.text((5, 140), "1200", fill=ink, font_size=18)
    assert decode(encode(picture)).pixels[2, 2].tolist() == [ground] * 3


def test_a_bar_beside_another_in_a_frame_is_not_an_outline() -> None:
    """A small screenshot: the next bar on one side and the frame on the other were taken for an outline."""
    picture = PIL.Image.new("RGB", (243, 172), "white")
    draw = PIL.ImageDraw.Draw(picture)
    draw.rectangle((31, 4, 239, 133), outline="#888888")
    heights = (30, 101, 52, 129, 84)
    for index, height in enumerate(heights):
        left = 32 + 42 * index
        draw.rectangle((left, 133 - height, left + 37, 133), fill="#4c78a8")
    bars = find_bars(ink := ink_of(encode(picture)))
    assert bars is not None and unread_marks(ink, bars) is None


def test_alpha_that_is_zero_throughout_is_ignored() -> None:
    shown = decode(drawing(200, lambda mask: mask * 0, 30)).pixels
    assert (int(shown[50, 50, 0]), int(shown[50, 150, 0])) == (200, 30)


@pytest.mark.parametrize("top", [1.0, 255.0, 4000.0])
def test_a_float_tiff_is_scaled_by_its_quantiles(top: float) -> None:
    values = np.tile(np.linspace(0, top, 200, dtype=np.float32), (100, 1))
    values[0, 0] = 1e9  # one wild pixel turned all others black
    buffer = io.BytesIO()
    PIL.Image.fromarray(values).save(buffer, "TIFF")
    row = decode(Image(buffer.getvalue())).pixels[50, :, 0]
    assert (int(row[20]), int(row[100]), int(row[180])) == pytest.approx((26, 128, 230), abs=3)


# ---- audio and video -----------------------------------------------------------------------------------------


def tone(channels: int = 1, rate: int = 22_050, opposite: bool = False) -> np.ndarray[Any, Any]:
    wave_form = (0.4 * 32767 * np.sin(2 * np.pi * 440 * np.arange(int(2.7 * rate)) / rate)).astype("<i2")
    return np.stack([wave_form, -wave_form if opposite else wave_form][:channels], axis=1)


def encoded(format: str, codec: str, pcm: np.ndarray[Any, Any], rate: int = 22_050, **options: str) -> bytes:
    layout = "mono" if pcm.shape[1] == 1 else "stereo"
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=format, options=options) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm).reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        context = stream.codec_context
        change = av.AudioResampler(context.format, layout, rate, context.frame_size or None)
        for piece in (*change.resample(frame), *change.resample(None)):
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return buffer.getvalue()


FILES = {
    "AIFF": ("aiff", "pcm_s16be", "audio/aiff", {}),
    "CAF": ("caf", "pcm_s16be", "audio/x-caf", {}),
    "AU": ("au", "pcm_s16be", "audio/basic", {}),
    "RF64": ("wav", "pcm_s16le", "audio/wav", {"rf64": "always"}),
    "W64": ("w64", "pcm_s16le", "audio/x-w64", {}),
    "MPEG layer II": ("mp2", "mp2", "audio/mpeg", {}),
    "MPEG-TS": ("mpegts", "mp2", "video/mp2t", {}),
    "MPEG-2.5": ("mp3", "libmp3lame", "audio/mpeg", {"write_xing": "0", "id3v2_version": "0"}),
}


@pytest.mark.parametrize("name", FILES)
def test_sound_in_other_files_is_known_and_heard(name: str) -> None:
    format, codec, expected, options = FILES[name]
    rate = 11_025 if name == "MPEG-2.5" else 22_050
    data = encoded(format, codec, tone(rate=rate), rate, **options)
    assert media_type(data) == expected
    assert isinstance(part(Blob(data)), Video if expected.startswith("video") else Audio)
    assert samples(Audio(data)).size / 16_000 == pytest.approx(2.7, abs=0.15)
    assert seconds(Audio(data)) == pytest.approx(2.7, abs=0.15)


@pytest.mark.parametrize("claimed", [0xFFFFFFFF, 0x7FFFFFFF, 0], ids=["greatest", "half", "none"])
def test_the_length_of_a_wav_is_that_of_its_bytes(claimed: int) -> None:
    data = bytearray(wav(tone(rate=16_000)[:, 0] / 32768).blob.data)
    data[40:44] = claimed.to_bytes(4, "little")
    assert seconds(Audio(bytes(data))) == pytest.approx(2.7, abs=0.01)


@pytest.mark.parametrize("rate", [16_000, 22_050])
def test_stereo_in_opposite_phase_is_heard(rate: int) -> None:
    data = encoded("wav", "pcm_s16le", tone(2, rate, opposite=True), rate)
    assert float(np.abs(samples(Audio(data))).max()) == pytest.approx(0.4, abs=0.02)


def test_stereo_in_phase_is_the_mean() -> None:  # held
    assert float(np.abs(samples(Audio(encoded("wav", "pcm_s16le", tone(2))))).max()) == pytest.approx(0.4, abs=0.02)


def shown_as(matrix: Sequence[int]) -> np.ndarray[Any, Any]:
    """Return a frame of a film, blue at its right, whose track header holds a display matrix (a, b, c, d)."""
    data = film(4, 10, (64, 48))
    a, b, c, d = matrix
    at = data.index(b"tkhd") + 44
    numbers = (a * 65536, b * 65536, 0, c * 65536, d * 65536, 0, 0, 0, 0x40000000)
    data = data[:at] + b"".join(number.to_bytes(4, "big", signed=True) for number in numbers) + data[at + 36 :]
    (frame,) = frames(Video(data), 1)
    return frame.pixels[..., 2].astype(int) - frame.pixels[..., 0]


@pytest.mark.parametrize(
    ("matrix", "blue"),
    [((1, 0, 0, 1), "right"), ((-1, 0, 0, 1), "left"), ((1, 0, 0, -1), "right"), ((-1, 0, 0, -1), "left"),
     ((0, 1, -1, 0), "bottom"), ((0, -1, 1, 0), "top"), ((0, 1, 1, 0), "bottom"), ((0, -1, -1, 0), "top")],
    ids=["upright", "mirrored", "upside down and mirrored", "half a turn", "quarter turn", "three quarters",
         "quarter turn and mirrored", "three quarters and mirrored"],
)  # fmt: skip
def test_turned_and_mirrored_films_are_upright(matrix: Sequence[int], blue: str) -> None:
    shown = shown_as(matrix)
    sides = {"left": shown[:, :16], "right": shown[:, -16:], "top": shown[:16], "bottom": shown[-16:]}
    assert max(sides, key=lambda side: float(sides[side].mean())) == blue
