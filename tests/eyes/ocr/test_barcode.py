import numpy as np
import PIL.Image
import pytest

from sensorium.core.errors import MediaError
from sensorium.core.messages import Image
from sensorium.eyes.ocr.barcode import barcodes
from sensorium.media.image import encode

zxingcpp = pytest.importorskip("zxingcpp")


def printed(text, kind, degrees=0.0, scale=3, size=(640, 560), at=None):
    """Draw a code on a white label, turned, over a grey ramp; give the picture and where the code lies."""
    made = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind))
    drawn = PIL.Image.fromarray(np.array(zxingcpp.write_barcode_to_image(made, scale=scale))).convert("RGBA")
    drawn = drawn.rotate(degrees, PIL.Image.Resampling.BICUBIC, expand=True)
    ramp = np.linspace(90, 170, size[0]).astype(np.uint8)[None, :, None].repeat(size[1], 0).repeat(3, 2)
    scene = PIL.Image.fromarray(np.ascontiguousarray(ramp)).convert("RGBA")
    left, top = at or ((size[0] - drawn.width) // 2, (size[1] - drawn.height) // 2)
    scene.alpha_composite(drawn, (left, top))
    return scene.convert("RGB"), (left, top, left + drawn.width, top + drawn.height)


CODES = [
    ("4006381333931", "EAN13", "EAN-13"),
    ("HTTPS://EXAMPLE.ORG", "QRCode", "QR Code"),
    ("036000291452", "UPCA", "UPC-A"),
    ("LOT 42/A", "Code128", "Code 128"),
    ("sensorium", "DataMatrix", "Data Matrix"),
]


@pytest.mark.parametrize(("text", "kind", "name"), CODES)
@pytest.mark.parametrize("degrees", [0, 30, 90, 135, 180])
def test_a_code_is_read_at_any_angle_and_boxed(text, kind, name, degrees):
    picture, place = printed(text, kind, degrees)
    (code,) = barcodes(encode(picture))
    assert (code.text, code.format, code.valid) == (text, name, True)
    middle = ((code.box.left + code.box.right) / 2, (code.box.top + code.box.bottom) / 2)
    assert middle == pytest.approx(((place[0] + place[2]) / 2, (place[1] + place[3]) / 2), abs=25)
    assert code.box.left >= place[0] - 5 and code.box.bottom <= place[3] + 5


def test_a_small_code_is_read():
    picture, _ = printed("4006381333931", "EAN13", 10, scale=2)
    small = picture.resize((420, 368), PIL.Image.Resampling.LANCZOS)
    assert [code.text for code in barcodes(encode(small)) if code.valid] == ["4006381333931"]


def test_two_codes_come_from_the_top():
    picture, _ = printed("4006381333931", "EAN13", size=(640, 900), at=(60, 560))
    other, _ = printed("second", "QRCode", at=(200, 60))
    both = PIL.Image.new("RGB", (640, 900))
    both.paste(picture)
    both.paste(other.crop((0, 0, 640, 400)))
    assert [code.text for code in barcodes(encode(both))] == ["second", "4006381333931"]


def test_a_wrong_check_digit_is_never_given_as_valid():
    picture, place = printed("4006381333931", "EAN13")
    spoilt = np.array(picture)
    middle = (place[0] + place[2]) // 2
    spoilt[:, middle + 20 : middle + 60] = spoilt[:, middle + 60 : middle + 100]  # digits copied over others
    assert [code for code in barcodes(encode(spoilt)) if code.valid] == []


def test_a_picture_without_a_code_gives_none():
    ramp = np.linspace(0, 255, 300).astype(np.uint8)[None, :, None].repeat(200, 0).repeat(3, 2)
    assert [code for code in barcodes(encode(np.ascontiguousarray(ramp))) if code.valid] == []
    assert barcodes(encode(np.zeros((1, 1, 3), dtype=np.uint8))) == ()


def test_no_picture_is_an_error():
    with pytest.raises(MediaError):
        barcodes(Image(b"no picture"))


@pytest.mark.parametrize("degrees", [0, 30, 90])
def test_at_a_glance_a_large_code_is_read_all_the_same(degrees):
    picture, _ = printed("4006381333931", "EAN13", degrees)
    (code,) = barcodes(encode(picture), small=False)
    assert (code.text, code.valid) == ("4006381333931", True)
