"""What a file is, by its content."""

from __future__ import annotations

import io
import time
from pathlib import Path

import PIL.Image
import pytest

from sensorium.core.blob import Blob
from sensorium.core.errors import MediaError
from sensorium.core.messages import Audio, Image, Text, Video
from sensorium.media import sniff
from sensorium.media.sniff import media_type, part


def picture(format: str) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), "red").save(buffer, format)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("format", "name"),
    [
        ("JPEG", "image/jpeg"), ("PNG", "image/png"), ("GIF", "image/gif"), ("WEBP", "image/webp"),
        ("TIFF", "image/tiff"), ("BMP", "image/bmp"), ("ICO", "image/x-icon"), ("AVIF", "image/avif"),
        ("JPEG2000", "image/jp2"), ("PPM", "image/x-portable-anymap"), ("MPO", "image/jpeg"),
    ],
)  # fmt: skip
def test_real_pictures(format: str, name: str) -> None:
    assert media_type(picture(format)) == name
    assert isinstance(part(Blob(picture(format))), Image)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "image/avif"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isomavc1", "video/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/mp4"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42", "audio/mp4"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\x24\0\0\0AVI LIST", "video/x-msvideo"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<svg/>", "image/svg+xml"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by\nhand -->\n<svg xmlns="x">', "image/svg+xml"),
        (b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN">\n<svg>', "image/svg+xml"),
        (b"\n <!doctype HTML>\n<p>", "text/html"),
        (b"<HTML lang=en>", "text/html"),
        (b"<p>not a page</p>", "text/plain"),
        (b"P1 is the first prize", "text/plain"),
        (b"BM is a mark, and this is a sentence of words.", "text/plain"),
        (b"1 < 2 and <svg> is a word", "text/plain"),
        ("größe".encode(), "text/plain"),
        ("größe".encode("utf-16"), "text/plain"),
        ("é".encode() * 4095, "text/plain"),
        (b"a" * 4095 + "é".encode(), "text/plain"),
        (b"a" * 4096 + b"\xff", "text/plain"),
        ("größe".encode("latin-1"), ""),
        (b"a\0b", ""),
        (b"", ""),
        (b"RIFF\x24\0\0\0ABCD", ""),
    ],
)
def test_first_bytes(data: bytes, name: str) -> None:
    assert media_type(data) == name


def test_markup_that_never_ends_takes_no_time() -> None:
    start = time.process_time()
    for head in (b"<?xml" * 10_000, b"<!--" * 10_000, b"<!doctype " * 10_000, b" " * 100_000, b"<?a?>" * 10_000):
        media_type(head)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("data", "made"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt ", Audio),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isomavc1", Video),
        (b"Hello?", Text),
        (b"<svg/>", Image),
    ],
)
def test_each_kind_of_part(data: bytes, made: type) -> None:
    assert type(part(Blob(data))) is made


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_decoded_without_its_mark(encoding: str) -> None:
    assert part(Blob("Größe?\n".encode(encoding))) == Text("Größe?\n")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \n\t", "only blank space"),
        (b"%PDF-1.7", "is a PDF"),
        (b"PK\3\4", "ZIP archive"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x7fELF\2\1\1\0", r"starts with b'\\x7fELF"),
        (b"a" * 5000 + b"\xff", "isn't text"),
        ("x".encode("utf-16") + b"\0", "isn't text"),
    ],
)
def test_what_is_no_part(data: bytes, said: str) -> None:
    with pytest.raises(MediaError, match=said) as caught:
        part(Blob(data))
    assert caught.value.hint


@pytest.mark.parametrize("name", ["a.jpg", "a.PNG", "a.mp3", "a.mp4"])
def test_text_that_is_named_like_media_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("404 Not Found")
    with pytest.raises(MediaError, match=r"is text, not an? (picture|audio file|video)"):
        part(Blob(tmp_path / name))


def test_the_name_counts_for_nothing_else(tmp_path: Path) -> None:
    for name in ("a.txt", "a.mp3", "a", "a.pdf"):
        (tmp_path / name).write_bytes(picture("PNG"))
        assert isinstance(part(Blob(tmp_path / name)), Image)


def test_much_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(part(Blob(b"a" * sniff.MAX_TEXT_BYTES)), Text)
    with pytest.raises(MediaError, match="of text; the maximum is 1 MB"):
        part(Blob(b"a" * (sniff.MAX_TEXT_BYTES + 1)))


def test_what_is_unfit_has_a_hint_for_each_type() -> None:
    refused = {name for _, _, name in sniff._SIGNATURES if name.startswith("application/")}
    assert refused <= set(sniff.UNFIT)
