from __future__ import annotations

import subprocess
import sys

import numpy as np
import PIL.Image
import pytest
from PIL import ImageDraw, ImageFont

from sensorium.core.errors import InstallError, MediaError
from sensorium.core.messages import Image
from sensorium.core.reply import Box
from sensorium.core.weights import package_file
from sensorium.eyes.ocr import SURE, ppocr, read, read_pixels, rows, spoken_text
from sensorium.eyes.ocr.lines import TextLine
from sensorium.media.image import Pixels, encode


def sheet(*written: tuple[int, int, str], size: tuple[int, int] = (640, 300), letters: int = 34) -> Pixels:
    picture = PIL.Image.new("RGB", size, (240, 238, 230))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(letters)
    for x, y, line in written:
        draw.text((x, y), line, fill=(25, 25, 30), font=font)
    return np.asarray(picture)


RECEIPT = sheet(
    (40, 30, "Corner Bakery"), (40, 100, "Brown bread"), (480, 100, "3.40"), (40, 170, "TOTAL"), (480, 170, "3.40")
)
SAID = "Corner Bakery\nBrown bread 3.40\nTOTAL 3.40"


def test_a_receipt_is_read_in_order_with_boxes() -> None:
    lines = read(encode(RECEIPT))
    assert spoken_text(lines) == SAID
    assert [line.text for line in lines] == ["Corner Bakery", "Brown bread", "3.40", "TOTAL", "3.40"]
    bread = lines[1]
    assert bread.score >= SURE
    assert bread.script == "latin"
    assert bread.turned_degrees == 0
    assert 20 < bread.box.left < 45 and 85 < bread.box.top < 112 and 128 < bread.box.bottom < 155
    assert 210 < bread.box.right < 300
    assert len(bread.corners) == 4


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_page_is_read_and_says_so(quarters: int) -> None:
    turned = np.ascontiguousarray(np.rot90(RECEIPT, -quarters))
    lines = read_pixels(turned)
    assert spoken_text(lines) == SAID
    assert {line.turned_degrees for line in lines} == {90 * quarters}
    height, width = turned.shape[:2]
    for line in lines:
        assert 0 <= line.box.left < line.box.right <= width
        assert 0 <= line.box.top < line.box.bottom <= height


def test_a_tilted_page_keeps_its_rows() -> None:
    tilted = PIL.Image.fromarray(RECEIPT).rotate(5, expand=True, fillcolor=(240, 238, 230), resample=3)
    assert spoken_text(read_pixels(np.asarray(tilted))) == SAID


def test_small_text_in_a_large_picture_is_read() -> None:
    large = sheet((1200, 900, "Gate closes at 17:45"), size=(2400, 1800), letters=22)
    assert spoken_text(read_pixels(large)) == "Gate closes at 17:45"


def test_nothing_is_read_where_nothing_stands() -> None:
    assert read_pixels(np.full((200, 300, 3), 128, np.uint8)) == ()
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    assert spoken_text(read_pixels(noise)) == ""


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (7, 9), (3, 2000)])
def test_odd_sizes_do_not_break_it(shape: tuple[int, int]) -> None:
    assert spoken_text(read_pixels(np.zeros((*shape, 3), np.uint8))) == ""


def test_a_line_without_corners_will_do() -> None:
    line = TextLine("出口", Box(0, 0, 10, 10), 0.99, "han")
    assert spoken_text((line,)) == "出口"
    assert (line.height_px, line.width_px, line.tilt_radians, line.middle) == (10, 10, 0, (5, 5))


def at(x: float, y: float, said: str, score: float = 0.99, width: float = 100, slope: float = 0.0) -> TextLine:
    corners = ((x, y), (x + width, y + slope * width), (x + width, y + 20 + slope * width), (x, y + 20))
    return TextLine(said, Box(x, y, x + width, y + 20 + slope * width), score, corners=corners)


def test_rows_join_what_stands_side_by_side() -> None:
    lines = (at(400, 31, "2.00"), at(0, 60, "Tea"), at(0, 30, "Rice"), at(400, 62, "1.50"))
    assert [[line.text for line in row] for row in rows(lines)] == [["Rice", "2.00"], ["Tea", "1.50"]]


def test_rows_follow_the_tilt_of_the_page() -> None:
    slope = 0.09  # about 5 degrees: over 600 pixels two rows lower
    lines = tuple(
        at(x, 28 * i + slope * x, f"{name}{i}", slope=slope)
        for i in range(5)
        for x, name in ((0, "item"), (600, "price"))
    )
    assert [[line.text for line in row] for row in rows(lines)] == [[f"item{i}", f"price{i}"] for i in range(5)]


def test_text_leaves_out_the_doubtful_and_the_ruled_lines() -> None:
    lines = (at(0, 0, "Sure"), at(0, 30, "doubtful", SURE - 0.01), at(0, 60, "-----"))
    assert spoken_text(lines) == "Sure"
    assert spoken_text(()) == ""


def test_arabic_rows_run_from_the_right() -> None:
    left, right = at(0, 0, "ب"), at(200, 0, "ا")
    made = tuple(TextLine(line.text, line.box, line.score, "arabic", line.corners) for line in (left, right))
    assert spoken_text(made) == "ا ب"


def test_a_broken_picture_is_an_error() -> None:
    with pytest.raises(MediaError):
        read(Image(b"no picture"))


def test_the_weights_are_checked() -> None:
    inside, sha256 = ppocr._RECOGNISER
    assert package_file("rapidocr", inside, sha256).is_file()
    with pytest.raises(InstallError, match="not the expected file"):
        package_file("rapidocr", inside, "0" * 64)


def test_importing_it_loads_no_runtime() -> None:
    code = (
        "import sys, sensorium.eyes.ocr.reader, sensorium.eyes.documents.fields, sensorium.eyes.ocr.tesseract;"
        "print([m for m in ('onnxruntime', 'rapidocr', 'cv2', 'tesserocr') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
