"""Pictures without what their metadata tells of persons."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import PIL.Image

from sensorium.core.messages import Conversation, Image, Message
from sensorium.media.image import decode, encode, fresh
from sensorium.tasks.task import Task
from sensorium.tune.dataset.image_info import personal

_ORIENTATION = 0x0112
_DROPPED = {0xE1, 0xED, 0xFE}  # Exif and XMP, Photoshop's IPTC, comments
_LONGEST = 100_000


def without_metadata(task: Task) -> Task:
    """Return a task whose pictures carry no personal metadata; the others stay as they are.

    JPEG pictures keep their pixels bit by bit and the side that is up; others are saved anew as PNG.

    Raises:
        MediaError: when a picture that carries some can't be opened.
    """
    made = []
    for example in task.examples:
        turns = [
            Message(turn.role, tuple(bare(part) if isinstance(part, Image) else part for part in turn.parts))
            for turn in example.conversation.messages
        ]
        made.append(replace(example, conversation=Conversation(tuple(turns))))
    return Task(task.name, tuple(made))


def bare(image: Image) -> Image:
    """Return a picture without personal metadata; itself where it has none."""
    data = fresh(image).blob.data
    if not personal(data):
        return image
    if data.startswith(b"\xff\xd8"):
        cleaned = _jpeg(data)
        if not personal(cleaned):
            return Image(cleaned, image.at)
    return Image(encode(decode(fresh(image), _LONGEST).pixels).blob, image.at)


def _jpeg(data: bytes) -> bytes:
    """Leave out a JPEG's segments of words; the orientation goes into a new, bare Exif segment."""
    with PIL.Image.open(io.BytesIO(data)) as opened:
        turned = opened.getexif().get(_ORIENTATION, 1)
    out = [data[:2]]
    if turned != 1:
        exif = PIL.Image.Exif()
        exif[_ORIENTATION] = turned
        words = exif.tobytes()
        out.append(b"\xff\xe1" + struct.pack(">H", len(words) + 2) + words)
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] not in _DROPPED:
            out.append(data[at:end])
        at = end
    return b"".join([*out, data[at:]])
