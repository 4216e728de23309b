"""What a file is, by its first bytes and never by its name."""

from __future__ import annotations

import re

from sensorium.core.blob import Blob
from sensorium.core.errors import MediaError
from sensorium.core.messages import Audio, Image, Part, Text, Video

MAX_TEXT_BYTES = 1_000_000
"""The longest text file that becomes a part of a conversation."""

# (offset, bytes, media type); https://www.iana.org/assignments/media-types and each format's own specification.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"II+\0", "image/tiff"),
    (0, b"MM\0+", "image/tiff"),
    (0, b"\0\0\1\0", "image/x-icon"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\xff\x4f\xff\x51", "image/jp2"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"qoif", "image/qoi"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xfa", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (0, b"\xff\xe3", "audio/mpeg"),  # MPEG-2.5
    (0, b"\xff\xe2", "audio/mpeg"),
    (0, b"\xff\xfd", "audio/mpeg"),  # layer II
    (0, b"\xff\xfc", "audio/mpeg"),
    (0, b"\xff\xf5", "audio/mpeg"),
    (0, b"\xff\xf4", "audio/mpeg"),
    (8, b"AIFF", "audio/aiff"),
    (8, b"AIFC", "audio/aiff"),
    (0, b"caff", "audio/x-caf"),
    (0, b".snd", "audio/basic"),
    (0, b"riff\x2e\x91\xcf\x11", "audio/x-w64"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"\0\0\1\xba", "video/mpeg"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"PK\3\4", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (4, b"moov", "video/quicktime"),
    (4, b"mdat", "video/quicktime"),
)
# The brands of ISO base media files (ISO/IEC 14496-12): HEIF, AVIF and MP4 are told apart by them.
_BRANDS = (
    ((b"avif", b"avis"), "image/avif"),
    ((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "image/heic"),
    ((b"M4A ", b"M4B "), "audio/mp4"),
)
_CONTAINERS = (b"RIFF", b"RF64", b"BW64", b"FORM")
_PACKETS = ((0, 188), (4, 192))  # of MPEG transport streams: where the first begins, and their size
_PNM = re.compile(rb"P[1-6][ \t\r\n]+(?:#|\d)")
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # sizes of the known information headers, at byte 14
_OPENING = re.compile(rb"\s*<(?:\?[^>]*>|!--.*?-->|!doctype\s+(\w+)[^>]*>|(\w+)[\s>/])", re.S | re.I)
_ROOTS = {b"svg": "image/svg+xml", b"html": "text/html", b"head": "text/html", b"body": "text/html"}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"
_CONTROL = re.compile(rb"[\0-\x06\x0e-\x1a\x1c-\x1f]")  # what no text holds; \x1b begins a terminal's colours

_NAMED = {
    "image": (
        ".jpg",
        ".jpeg",
        ".png",
        ".gif",
        ".webp",
        ".bmp",
        ".tif",
        ".tiff",
        ".heic",
        ".heif",
        ".avif",
        ".ico",
        ".jfif",
        ".jfi",
        ".jpe",
        ".jp2",
        ".j2k",
        ".jpx",
        ".pbm",
        ".pgm",
        ".ppm",
        ".pnm",
        ".qoi",
        ".dib",
    ),
    "audio": (".mp3", ".wav", ".m4a", ".flac", ".ogg", ".opus", ".aac", ".amr", ".aiff", ".caf", ".au", ".w64", ".mp2"),
    "video": (".mp4", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".3gp", ".ts", ".mts", ".m2ts"),
}
UNFIT = {
    "image/svg+xml": ("is an SVG drawing, not pixels", "Save it as PNG first."),
    "application/pdf": ("is a PDF, not a picture", "Save the page as PNG first: pdftoppm -png FILE page"),
    "application/postscript": ("is PostScript, not a picture", "Save it as PNG first."),
    "application/zip": ("is a ZIP archive or an office document", "Unpack it, or save the page as PNG or text."),
    "application/gzip": ("is packed with gzip", "Type: gunzip FILE"),
    "text/html": ("is a web page, not a picture", "Download the picture itself."),
    "text/plain": ("is text, not a picture", "Give the picture's file."),
}
"""Media type that isn't an image -> what to say of it, and the hint."""
SUFFIXES = frozenset(suffix for family in _NAMED.values() for suffix in family)
"""Suffixes of image, audio and video files; for messages, never for opening."""
IMAGE_SUFFIXES = frozenset(_NAMED["image"])
"""Suffixes of image files, to find them in a folder."""

_SUFFIX_OF = {
    "image/jpeg": ".jpg", "image/x-icon": ".ico", "image/x-portable-anymap": ".pnm", "image/svg+xml": ".svg",
    "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "video/quicktime": ".mov", "video/x-msvideo": ".avi",
    "text/plain": ".txt",
}  # fmt: skip
"""Media type -> suffix, where it isn't the subtype's name."""


def suffix_of(data: bytes) -> str:
    """Return the suffix of a file of these bytes, e.g. ".jpg", or "" if their type isn't known."""
    detected = media_type(data)
    return _SUFFIX_OF.get(detected, f".{detected.partition('/')[2]}" if detected else "")


def media_type(data: bytes) -> str:
    """Return the media type of a file's bytes, "text/plain" for UTF-8 or marked UTF-16, or ""."""
    for offset, signature, name in _SIGNATURES:
        if data.startswith(signature, offset) and (offset != 8 or data.startswith(_CONTAINERS)):
            return name
    if any(all(data[first + i * size : first + i * size + 1] == b"G" for i in range(4)) for first, size in _PACKETS):
        return "video/mp2t"
    if data[4:8] == b"ftyp":
        return _brand(data)
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "image/bmp"
    if _PNM.match(data, 0, 200):
        return "image/x-portable-anymap"
    return _kind_of_text(data)


def _brand(data: bytes) -> str:
    size = min(max(16, int.from_bytes(data[:4], "big")), 256)
    major, others = data[8:12], data[16:size]
    for brands, name in _BRANDS:
        if major in brands:
            # a file of the general brand mif1 says among its other brands what it is
            return "image/avif" if b"avif" in others and name == "image/heic" else name
    return "video/mp4"


def _kind_of_text(data: bytes) -> str:
    head = data[:4096]
    if not head:
        return ""
    if head.startswith(_UTF16):
        return "text/plain"
    if _CONTROL.search(head):
        return ""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(data) <= len(head) or error.start < len(head) - 3:  # else only the last character was cut
            return ""
    return _markup(head.removeprefix(_UTF8_MARK)) or "text/plain"


def _markup(head: bytes) -> str:
    """Return the type that the first element, or the document type before it, stands for, or ""."""
    detected = _OPENING.match(head)
    while detected is not None:
        root = detected.group(1) or detected.group(2)
        if root is not None:
            return _ROOTS.get(root.lower(), "")
        detected = _OPENING.match(head, detected.end())
    return ""


def part(source: Blob) -> Part:
    """Return a file as a part by its content: Image, Audio, Video, or Text for UTF-8 (or marked UTF-16) text.

    Raises:
        MediaError: if it is empty or something else, or is text although its name says image, audio or video.
    """
    data = source.data
    if not data:
        raise MediaError(f"{source.shown} is empty.", "Give a picture, an audio, video or text file.")
    detected = media_type(data)
    family = detected.partition("/")[0]
    if family == "image":
        return Image(source)
    if family == "audio":
        return Audio(source)
    if family == "video":
        return Video(source)
    if family == "text":
        return _text(source, detected)
    if detected:
        raise MediaError(f"{source.shown} {UNFIT[detected][0]}.", UNFIT[detected][1])
    raise MediaError(
        f"{source.shown} is neither a picture, audio, video nor UTF-8 text; it starts with {data[:8]!r}.",
        "Convert it to PNG, JPEG, WAV or MP4 first.",
    )


def _text(source: Blob, detected: str) -> Text:
    data = source.data
    suffix = source.path.suffix.lower() if source.path is not None else ""
    for family, suffixes in _NAMED.items():
        if suffix in suffixes:
            what = "a web page" if detected == "text/html" else "text"
            expected = {"image": "a picture", "audio": "an audio file", "video": "a video"}[family]
            raise MediaError(f"{source.shown} is {what}, not {expected}.", "Get the file itself again.")
    if len(data) > MAX_TEXT_BYTES:
        raise MediaError(
            f"{source.shown} has {len(data) / 1e6:.1f} MB of text; the maximum is {MAX_TEXT_BYTES / 1e6:.0f} MB.",
            "Give the relevant part.",
        )
    try:
        text = data.decode("utf-16" if data.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise MediaError(f"{source.shown} isn't text: {error.reason}.", "Save it as UTF-8 text.") from None
    if not text.strip():
        raise MediaError(f"{source.shown} holds only blank space.", "Write something into it.")
    return Text(text)
