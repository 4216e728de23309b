from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import ImageDraw, ImageFont, features

from sensorium.eyes.ocr import SURE, read_pixels
from sensorium.eyes.ocr import tesseract as script
from sensorium.eyes.ocr.columns import spoken_text
from sensorium.eyes.ocr.tesseract import installed_languages, missing_languages, read_line
from sensorium.media.image import Pixels

NOTO = Path("/usr/share/fonts/truetype/noto")
SIGNS = {
    "hin": ("NotoSansDevanagari-Regular", "पीने का पानी", "devanagari"),
    "tam": ("NotoSansTamil-Regular", "பள்ளி அருகில்", "tamil"),
    "ben": ("NotoSansBengali-Regular", "প্রবেশ নিষেধ", "bengali"),
    "tel": ("NotoSansTelugu-Regular", "తాగునీరు", "telugu"),
    "ara": ("NotoNaskhArabic-Regular", "مرحبا بكم", "arabic"),
    "rus": ("NotoSans-Regular", "Добро пожаловать", "cyrillic"),
}


def sign(font: str, said: str, dark: bool = False, shadow: bool = False) -> Pixels:
    letters = ImageFont.truetype(str(NOTO / f"{font}.ttf"), 48)
    paper, ink = ((30, 60, 120), (250, 250, 250)) if dark else ((238, 236, 228), (25, 25, 35))
    picture = PIL.Image.new("RGB", (round(letters.getlength(said)) + 120, 150), paper)
    ImageDraw.Draw(picture).text((60, 40), said, fill=ink, font=letters)
    values = np.asarray(picture, dtype=np.float32)
    if shadow:
        values = values * np.linspace(1.0, 0.45, values.shape[1])[None, :, None]
    return values.astype(np.uint8)


def needs(language: str) -> None:
    if language not in installed_languages():
        pytest.skip(missing_languages().get(script.SCRIPTS[language][1], "not installed"))
    if not (NOTO / f"{SIGNS[language][0]}.ttf").exists() or not features.check("raqm"):
        pytest.skip("apt install fonts-noto-core, and a Pillow with raqm")


@pytest.mark.parametrize("language", SIGNS)
def test_a_sign_in_another_script_is_read(language: str) -> None:
    needs(language)
    font, said, name = SIGNS[language]
    lines = read_pixels(sign(font, said))
    assert spoken_text(lines) == said
    assert [line.script for line in lines if line.score >= SURE] == [name]


@pytest.mark.parametrize("look", ["dark", "shadow"])
def test_dark_signs_and_shadows(look: str) -> None:
    needs("hin")
    font, said, _ = SIGNS["hin"]
    assert spoken_text(read_pixels(sign(font, said, dark=look == "dark", shadow=look == "shadow"))) == said


def test_upside_down() -> None:
    needs("hin")
    font, said, _ = SIGNS["hin"]
    lines = read_pixels(np.ascontiguousarray(sign(font, said)[::-1, ::-1]))
    assert spoken_text(lines) == said
    assert lines[0].turned_degrees == 180


def test_capitals_that_look_latin_are_read_as_their_neighbours() -> None:
    needs("rus")
    font = SIGNS["rus"][0]
    stacked = [sign(font, said) for said in ("НОВАЯ КАРТА", "МЕТРО")]
    width = max(part.shape[1] for part in stacked)
    page = np.vstack([np.pad(p, ((0, 0), (0, width - p.shape[1]), (0, 0)), mode="edge") for p in stacked])
    assert spoken_text(read_pixels(page)) == "НОВАЯ КАРТА\nМЕТРО"


@pytest.mark.parametrize("said", ["Έξοδος", "ΕΙΣΟΔΟΣ", "ΚΑΦΕ ΜΠΑΡ", "Απαγορεύεται το κάπνισμα"])
def test_greek_is_read_as_greek_or_not_at_all(said: str) -> None:
    needs("rus")  # for the font
    assert spoken_text(read_pixels(sign("NotoSans-Regular", said))) in ("", said)


@pytest.mark.parametrize("said", ["Total 5 kΩ", "iPhone 15 Pro", "McDonald Road", "WiFi: aB3dE9"])
def test_latin_with_symbols_and_odd_capitals_stays_latin(said: str) -> None:
    needs("rus")  # for the font
    assert spoken_text(read_pixels(sign("NotoSans-Regular", said))) == said


def test_no_letters_no_reading() -> None:
    assert read_line(np.full((48, 200, 3), 200, np.uint8)) is None


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(script, "_FOLDERS", ())
    monkeypatch.setattr(script, "_own_folder", lambda: tmp_path / "own")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    script._data.cache_clear()
    yield tmp_path
    script._data.cache_clear()


def test_without_data_nothing_is_claimed_and_the_hint_can_be_typed(elsewhere: Path) -> None:
    assert installed_languages() == ()
    hints = missing_languages()
    assert set(hints) == {english for _, english in script.SCRIPTS.values()}
    if sys.platform == "linux":
        assert hints["Hindi"] == "apt install tesseract-ocr-hin"
    assert read_line(np.zeros((48, 200, 3), np.uint8)) is None


@pytest.mark.parametrize("folder", [".", "tessdata", "own"])
def test_data_is_found_where_it_is_put(elsewhere: Path, folder: str) -> None:
    pytest.importorskip("tesserocr")
    (elsewhere / folder).mkdir(exist_ok=True)
    (elsewhere / folder / "hin.traineddata").write_bytes(b"")
    script._data.cache_clear()
    assert installed_languages() == ("hin",)
    assert "Hindi" not in missing_languages()
    assert "Tamil" in missing_languages()


def test_broken_data_leaves_the_line_unread(elsewhere: Path) -> None:
    pytest.importorskip("tesserocr")
    (elsewhere / "hin.traineddata").write_bytes(b"no data")
    script._data.cache_clear()
    script._api.cache_clear()
    try:
        assert read_line(np.zeros((48, 200, 3), np.uint8)) is None
    finally:
        script._api.cache_clear()
