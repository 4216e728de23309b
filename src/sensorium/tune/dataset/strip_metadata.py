"""Removes personal metadata from pictures."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import PIL.Image

from sensorium.core.messages import Conversation, Image, Message
from sensorium.media.image import decode, encode, fresh
from sensorium.tasks.task import Task
from sensorium.tune.dataset.image_info import personal_data

_ORIENTATION = 0x0112
_DROPPED = {0xE1, 0xED, 0xFE}  # Exif and XMP, Photoshop's IPTC, comments
_MAX_SIDE = 100_000


def without_metadata(task: Task) -> Task:
    """Return a task whose pictures have no personal metadata; pictures without any stay as they are.

    JPEG pictures keep their pixels bit by bit and their orientation; others are saved again as PNG.

    Raises:
        MediaError: when a picture with personal metadata can't be opened.
    """
    examples = []
    for example in task.examples:
        turns = [
            Message(turn.role, tuple(strip_metadata(part) if isinstance(part, Image) else part for part in turn.parts))
            for turn in example.conversation.messages
        ]
        examples.append(replace(example, conversation=Conversation(tuple(turns))))
    return Task(task.name, tuple(examples))


def strip_metadata(image: Image) -> Image:
    """Return a picture without personal metadata; itself if it has none."""
    data = fresh(image).blob.data
    if not personal_data(data):
        return image
    if data.startswith(b"\xff\xd8"):
        cleaned = _jpeg(data)
        if not personal_data(cleaned):
            return Image(cleaned, image.at)
    return Image(encode(decode(fresh(image), _MAX_SIDE).pixels).blob, image.at)


def _jpeg(data: bytes) -> bytes:
    """Remove a JPEG's metadata segments; the orientation goes into a new Exif segment."""
    with PIL.Image.open(io.BytesIO(data)) as opened:
        turned = opened.getexif().get(_ORIENTATION, 1)
    out = [data[:2]]
    if turned != 1:
        exif = PIL.Image.Exif()
        exif[_ORIENTATION] = turned
        segment = exif.tobytes()
        out.append(b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment)
    start = 2
    while start + 4 <= len(data) and data[start] == 0xFF and data[start + 1] != 0xDA:
        end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
        if data[start + 1] not in _DROPPED:
            out.append(data[start:end])
        start = end
    return b"".join([*out, data[start:]])
