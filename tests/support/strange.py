"""Strange files, one row each: how to make it, and what the front door must say of it."""

from __future__ import annotations

import io
import os
import socket
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.PngImagePlugin

Make = Callable[[Path], None]


@dataclass(frozen=True)
class Row:
    """One strange file.

    Args:
        name: The file's name.
        make: Writes it.
        error: What the error's line must hold, or "" where the picture must open and show `scene`.
        grey: True where it shows the scene without its colours.
        note: What must be told about a picture that opens.
    """

    name: str
    make: Make
    error: str = ""
    grey: bool = False
    note: str = ""


def scene() -> PIL.Image.Image:
    """Draw what every good picture here shows: 48×32, four flat quarters, no two alike, in colour and in grey."""
    colours = np.array([[[250, 20, 20], [20, 200, 20]], [[20, 20, 230], [240, 230, 20]]], dtype=np.uint8)
    return PIL.Image.fromarray(colours.repeat(16, axis=0).repeat(24, axis=1))


def saved(format: str, mode: str = "RGB", **options: object) -> bytes:
    """Return the scene's file in a format and a mode of Pillow's."""
    buffer = io.BytesIO()
    scene().convert(mode).save(buffer, format, **options)
    return buffer.getvalue()


def written(data: bytes) -> Make:
    """Make a file of these bytes."""
    return lambda path: path.write_bytes(data) and None


def made(build: Callable[[], bytes]) -> Make:
    """Make a file of what `build` gives when the row's turn comes."""
    return lambda path: path.write_bytes(build()) and None


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int = 8, colour: int = 0, *more: bytes, packed: bytes = b"") -> bytes:
    """Return a PNG of the given header and chunks; `packed` is its compressed data."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def png_with(*more: bytes) -> bytes:
    """Return the scene as PNG with further chunks after its header."""
    plain = saved("PNG")
    return plain[:33] + b"".join(more) + plain[33:]


def text_bomb() -> bytes:
    return png_with(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000), 9)))


def profile_bomb() -> bytes:
    return png_with(chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(50_000_000), 9)))


def bomb_png() -> bytes:
    """Return a whole, valid 30,000×30,000 one-bit PNG: 112 MB of zeros in 110 kB."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(3751) * 1000) for _ in range(30))
    return png(30000, 30000, 1, 0, packed=rows + packer.flush())


def tiff(*tags: tuple[int, int, int, int], data: bytes = b"", next_at: int = 0) -> bytes:
    """Return a little-endian TIFF of (tag, type, count, value) rows; its data begins right after them."""
    body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<I", 8) + body + struct.pack("<I", next_at) + data


def grey_tiff(width: int, height: int, data: bytes, bits: int = 8, kind: int = 1, next_at: int = 0) -> bytes:
    at = 8 + 2 + 9 * 12 + 4
    return tiff(
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, at),
        (278, 4, 1, height), (279, 4, 1, len(data)), (339, 3, 1, kind), data=data, next_at=next_at,
    )  # fmt: skip


def turned(orientation: int, format: str = "JPEG", **options: object) -> bytes:
    """Return the scene stored turned, with the EXIF orientation that turns it upright again."""
    undo = {
        2: PIL.Image.Transpose.FLIP_LEFT_RIGHT, 3: PIL.Image.Transpose.ROTATE_180,
        4: PIL.Image.Transpose.FLIP_TOP_BOTTOM, 5: PIL.Image.Transpose.TRANSPOSE, 6: PIL.Image.Transpose.ROTATE_90,
        7: PIL.Image.Transpose.TRANSVERSE, 8: PIL.Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = scene().transpose(undo[orientation]) if orientation in undo else scene()
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    stored.save(buffer, format, exif=exif, **options)
    return buffer.getvalue()


def animated(format: str) -> bytes:
    """Return three frames, of which the first shows the scene."""
    others = [PIL.Image.new("RGB", (48, 32), colour) for colour in ("black", "white")]
    options = {"lossless": True} if format == "WEBP" else {}
    return saved(format, save_all=True, append_images=others, duration=100, **options)


def grey16(step: int = 257) -> PIL.Image.Image:
    """Draw the scene in grey with 16 bits; a step of 16 leaves the upper four unused, as cameras do."""
    return PIL.Image.fromarray(np.asarray(scene().convert("L")).astype(np.uint16) * step)


def interlaced() -> bytes:
    """Return the scene as Adam7 PNG (ISO/IEC 15948, 8.2), which Pillow does not write."""
    pixels = np.asarray(scene())
    rows = b""
    for left, top, right, down in (
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
    ):  # fmt: skip
        rows += b"".join(b"\0" + row.tobytes() for row in pixels[top::down, left::right])
    head = struct.pack(">IIBBBBB", 48, 32, 8, 2, 0, 0, 1)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def as_bytes(picture: PIL.Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def with_exif(data: bytes) -> bytes:
    """Return the scene as JPEG with these bytes for EXIF."""
    plain = saved("JPEG", quality=95, subsampling=0)
    body = b"Exif\0\0" + data
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + plain[2:]


def profiled_jpeg(size: int) -> bytes:
    return saved("JPEG", quality=95, subsampling=0, icc_profile=bytes(range(256)) * (size // 256))


def many_scans() -> bytes:
    """Return a small file that asks for 5,000 passes over 36 million pixels."""
    plain = bytearray(saved("JPEG", progressive=True))
    at = plain.index(b"\xff\xc2")
    plain[at + 5 : at + 9] = struct.pack(">HH", 6000, 6000)
    scan = bytes(plain[plain.rindex(b"\xff\xda") : -2])
    return bytes(plain[:-2]) + scan * 5000 + b"\xff\xd9"


def icon_that_lies() -> bytes:
    """Return an icon that says 16×16 and holds a PNG of 13,000×13,000."""
    inner = png(13000, 13000, 8, 6, packed=zlib.compress(bytes(1000)))
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(inner), 22) + inner


def fifo(path: Path) -> None:
    os.mkfifo(path)


def listener(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.fspath(path))


_GIF_30000 = b"GIF89a" + struct.pack("<HHBBB", 30000, 30000, 0x80, 0, 0) + bytes(6)
_GIF_30000 += b"\x2c" + struct.pack("<HHHHB", 0, 0, 30000, 30000, 0) + b"\x02\x02\x4c\x01\x00;"
_JPEG = saved("JPEG", quality=95, subsampling=0)
_PNG = saved("PNG")
_LONG_JPEG = as_bytes(scene().resize((960, 640)), "JPEG", quality=90)
_FLOATS = (np.asarray(scene().convert("L"), dtype="<f4") / 255).copy()
_FLOATS_WITH_NAN = _FLOATS.copy()
_FLOATS_WITH_NAN[0, 0], _FLOATS_WITH_NAN[0, 1] = np.nan, np.inf

_TOO_LARGE = "too large to open safely"
_SIZE = struct.pack(">HH", 32, 48)

BROKEN = (
    Row("missing.jpg", lambda path: None, "No file"),
    Row("empty.jpg", written(b""), "is empty"),
    Row("folder.jpg", lambda path: path.mkdir(), "is a folder"),
    Row("pipe.jpg", fifo, "is a pipe"),
    Row("socket.jpg", listener, "isn't an ordinary file"),
    Row("device.jpg", lambda path: path.symlink_to("/dev/zero"), "isn't an ordinary file"),
    Row("null.jpg", lambda path: path.symlink_to("/dev/null"), "isn't an ordinary file"),
    Row("loop.jpg", lambda path: path.symlink_to(path), "can't be read"),
    Row("dangling.jpg", lambda path: path.symlink_to(path.with_name("gone.jpg")), "No file"),
    Row("text.jpg", written(b"This is only a text.\n"), "is text, not a picture"),
    Row("page.png", written(b"<!DOCTYPE html>\n<html><h1>404 Not Found</h1></html>"), "is a web page"),
    Row("json.png", written(b'{"error": "not found"}'), "is text, not a picture"),
    Row("noise.png", written(bytes(range(128, 256)) * 8), "neither a picture"),
    Row("zeros.jpg", written(bytes(4096)), "neither a picture"),
    Row("archive.jpg", written(b"PK\3\4" + bytes(64)), "is a ZIP archive"),
    Row("drawing.svg", written(b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'), "SVG drawing"),
    Row("paper.pdf", written(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), "is a PDF"),
    Row("print.png", written(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"), "is PostScript"),
    Row("sparse.tif", lambda path: _sparse(path, 600_000_000), "the maximum is"),
    Row("heavy.bmp", lambda path: _sparse(path, 101_000_000, b"BM" + bytes(12) + b"\x28\0\0\0"), "at most 100 MB"),
    Row("half.jpg", written(_LONG_JPEG[: len(_LONG_JPEG) // 2]), "truncated"),
    Row("nearly.jpg", written(_LONG_JPEG[:-200]), "truncated"),
    Row("half-zeros.jpg", written(_LONG_JPEG[: len(_LONG_JPEG) // 2] + bytes(5000)), "partly there"),
    Row("head.jpg", written(_JPEG[:20]), "broken"),
    Row("three.jpg", written(_JPEG[:3]), "broken"),
    Row("half-progressive.jpg", written(saved("JPEG", progressive=True)[:-300]), "broken"),
    Row("half.png", written(_PNG[: len(_PNG) // 2]), "broken"),
    Row("head.png", written(_PNG[:8]), "broken"),
    Row("no-data.png", written(_PNG[:33]), "broken"),
    Row("bad-sum.png", written(_PNG[:45] + b"\xff" + _PNG[46:]), "broken"),
    Row("half.gif", written(saved("GIF")[:60]), "broken"),
    Row("half.webp", written(saved("WEBP")[:40]), "broken"),
    Row("half.tif", written(saved("TIFF")[:-2000]), "broken"),
    Row("half.bmp", written(saved("BMP")[:100]), "broken"),
    Row("half.avif", written(saved("AVIF")[:300]), "broken"),
    Row("zero.png", written(png(0, 0)), "broken"),
    Row("zero.gif", written(b"GIF89a" + bytes(7) + b";"), "broken"),
    Row("zero.jpg", written(_JPEG.replace(_SIZE, bytes(4), 1)), "broken"),
    Row("bomb.png", made(bomb_png), _TOO_LARGE),
    Row("bomb.gif", written(_GIF_30000), _TOO_LARGE),
    Row("bomb.tif", written(grey_tiff(30000, 30000, b"\0")), _TOO_LARGE),
    Row(
        "bomb.jpg",
        written(_JPEG.replace(_SIZE, struct.pack(">HH", 30000, 30000), 1)),
        _TOO_LARGE,
    ),
    Row(
        "bomb.bmp",
        written(saved("BMP")[:18] + struct.pack("<ii", 30000, 30000) + saved("BMP")[26:]),
        _TOO_LARGE,
    ),
    Row("bomb.ppm", written(b"P6 30000 30000 255\n" + bytes(100)), _TOO_LARGE),
    Row("bomb.ico", made(icon_that_lies), "13000×13000 pixels"),
    Row("scans.jpg", made(many_scans), "scans"),
    Row("line\nbreak.jpg", written(b""), "is empty"),
    Row(os.fsdecode(b"caf\xe9.jpg"), written(b""), r"caf\xe9.jpg"),
)

OPEN = (
    Row("jpeg.txt", written(_JPEG)),
    Row("no-name", written(_PNG)),
    Row("png.jpg", written(_PNG)),
    Row(os.fsdecode(b"\xff\xfe.png"), written(_PNG)),
    Row("with space 'and' quotes\".png", written(_PNG)),
    Row("link.png", lambda path: _linked(path)),
    *(Row(f"turned{n}.jpg", written(turned(n, quality=95, subsampling=0))) for n in range(1, 9)),
    *(Row(f"turned{n}.png", written(turned(n, "PNG"))) for n in (3, 5, 6, 8)),
    *(Row(f"turned{n}.webp", written(turned(n, "WEBP", lossless=True))) for n in (2, 6)),
    *(Row(f"turned{n}.tif", written(turned(n, "TIFF"))) for n in (4, 6, 7)),
    *(Row(f"turned-packed{n}.tif", written(turned(n, "TIFF", compression="tiff_lzw"))) for n in (3, 5, 6)),
    Row("turned9.jpg", written(turned(9, quality=95, subsampling=0))),
    Row("exif-noise.jpg", written(with_exif(bytes(range(255, 55, -1))))),
    Row("exif-cut.jpg", written(with_exif(b"MM\0*\0\0\0\x08\0\x09"))),
    Row("exif-loop.jpg", written(with_exif(b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0"))),
    Row("padded.jpg", written(_JPEG + bytes(5000))),
    Row("cmyk.jpg", written(saved("JPEG", "CMYK", quality=95, subsampling=0))),
    Row("cmyk.tif", written(saved("TIFF", "CMYK"))),
    Row("grey.jpg", written(saved("JPEG", "L", quality=95)), grey=True),
    Row("progressive.jpg", written(saved("JPEG", progressive=True, quality=95, subsampling=0))),
    Row("profile.jpg", written(profiled_jpeg(5_000_000))),
    Row("profile-bomb.png", made(profile_bomb)),
    Row("text-bomb.png", made(text_bomb)),
    Row("deep.png", written(as_bytes(grey16(), "PNG")), grey=True),
    Row("deep.tif", written(as_bytes(grey16(), "TIFF")), grey=True),
    Row("twelve-bit.tif", written(as_bytes(grey16(16), "TIFF")), grey=True),
    Row("float.tif", written(grey_tiff(48, 32, _FLOATS.tobytes(), 32, 3)), grey=True),
    Row("nan.tif", written(grey_tiff(48, 32, _FLOATS_WITH_NAN.tobytes(), 32, 3)), grey=True),
    Row("palette.png", written(as_bytes(scene().quantize(8), "PNG"))),
    Row("palette-clear.png", written(as_bytes(scene().quantize(8), "PNG", transparency=200))),
    Row("interlaced.png", written(interlaced())),
    Row("alpha.png", written(saved("PNG", "RGBA"))),
    Row("grey-alpha.png", written(saved("PNG", "LA")), grey=True),
    Row("alpha.webp", written(saved("WEBP", "RGBA", lossless=True))),
    Row("alpha.tif", written(saved("TIFF", "RGBA"))),
    Row("colour.ico", written(saved("ICO", sizes=[(48, 32)]))),
    Row("colour.avif", written(saved("AVIF", quality=100, subsampling="4:4:4"))),
    Row("colour.jp2", written(saved("JPEG2000"))),
    Row("colour.ppm", written(saved("PPM"))),
    Row("colour.bmp", written(saved("BMP"))),
    Row("two.mpo", written(saved("MPO", save_all=True, append_images=[scene()], quality=95, subsampling=0))),
    Row("moving.gif", written(animated("GIF")), note="shows the first of 3 frames"),
    Row("moving.webp", written(animated("WEBP")), note="shows the first of 3 frames"),
    Row("moving.png", written(animated("PNG")), note="shows the first of 3 frames"),
    Row("pages.tif", written(animated("TIFF"))),
    Row("ring.tif", written(grey_tiff(48, 32, scene().convert("L").tobytes(), next_at=8)), grey=True),
)


def _sparse(path: Path, size: int, head: bytes = b"II*\0") -> None:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)


def _linked(path: Path) -> None:
    target = path.with_name("target")
    target.write_bytes(_PNG)
    path.symlink_to(target)
