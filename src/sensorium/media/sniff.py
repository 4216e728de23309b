"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

from sensorium.core.blob import Blob
from sensorium.core.errors import MediaError
from sensorium.core.messages import Audio, Image, Part, Text, Video

# (offset, bytes, media type); https://www.iana.org/assignments/media-types and each format's own specification.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"\0\0\1\0", "image/x-icon"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"qoif", "image/qoi"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"\0\0\1\xba", "video/mpeg"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypmsf1", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftyp", "video/mp4"),
)
_PNM = (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6")


def media_type(data: bytes) -> str:
    """Name the media type of a file's bytes; "text/plain" for UTF-8 text, "" where it is none of these."""
    for offset, signature, name in _SIGNATURES:
        if data.startswith(signature, offset) and (offset != 8 or data.startswith(b"RIFF")):
            return name
    if data[:2] in _PNM and data[2:3].isspace():
        return "image/x-portable-anymap"
    head = data[:4096]
    if not data or b"\0" in head:
        return ""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else only the last character was cut
            return ""
    return "text/plain"


def part(source: Blob) -> Part:
    """Make the part that a file is, by its content: Image, Audio, Video, or Text for UTF-8 text.

    Raises:
        MediaError: when it is empty or none of these.
    """
    data = source.data
    shown = repr(str(source.path)) if source.path is not None else "The given data"
    if not data:
        raise MediaError(f"{shown} is empty.", "Give a picture, a sound, a film or a text file.")
    family = media_type(data).partition("/")[0]
    if family == "image":
        return Image(source)
    if family == "audio":
        return Audio(source)
    if family == "video":
        return Video(source)
    if family == "text":
        try:
            return Text(data.decode("utf-8"))
        except UnicodeDecodeError:
            pass
    raise MediaError(
        f"{shown} is neither picture, sound, film nor UTF-8 text; it starts with {data[:8]!r}.",
        "Convert it to PNG, JPEG, WAV or MP4 first.",
    )
