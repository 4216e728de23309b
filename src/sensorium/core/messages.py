"""The one currency: a Conversation of Messages, each an ordered tuple of parts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from sensorium.core.blob import Array, Blob, PilImage, is_picture, picture_bytes
from sensorium.core.errors import InputError, quoted

Role = Literal["system", "user", "assistant"]
ROLES: tuple[Role, ...] = ("system", "user", "assistant")

Source = Blob | bytes | str | os.PathLike[str]
Picture = PilImage | Array
"""A Pillow image or a NumPy array; see `core.blob.picture_bytes`."""


def _blob(source: Source) -> Blob:
    return source if isinstance(source, Blob) else Blob(source)


def _image_blob(source: Source | Picture) -> Blob:
    if is_picture(source):
        return Blob(picture_bytes(source))  # type: ignore[arg-type]
    if not isinstance(source, Blob | bytes | bytearray | memoryview | str | os.PathLike):
        raise InputError(
            f"An image is a path, bytes, a PIL image or a uint8 array, not {type(source).__name__}.",
            'Try Image("photo.jpg").',
        )
    return _blob(source)


def is_unicode(text: str) -> bool:
    """Whether a text can be written in UTF-8: it has no lone surrogate, of which JSON and file names can be made."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class Text:
    """Words."""

    text: str

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError(f"A text is a str, not {type(self.text).__name__}.", 'Try Text("What is this?").')
        if not is_unicode(self.text):
            raise InputError(
                f"The text {quoted(self.text[:60])} holds half a character: a lone surrogate, or a byte not of UTF-8.",
                "Write it again in UTF-8.",
            )


@dataclass(frozen=True, init=False)
class Image:
    """An image; `at` is its time in seconds if it is a frame of a video.

    Args:
        blob: A Blob, bytes, or the path of a file, which is not read yet; or a PIL image or a uint8 array of shape
            (height, width), (height, width, 3) RGB or (height, width, 4) RGBA, taken as it is now.
        at: Seconds from the video's start, or None.
    """

    blob: Blob
    at: float | None = None

    def __init__(self, blob: Source | Picture, at: float | None = None) -> None:
        object.__setattr__(self, "blob", _image_blob(blob))
        object.__setattr__(self, "at", _seconds("at", at))


@dataclass(frozen=True, init=False)
class Audio:
    """Audio; see `Image` for `blob`."""

    blob: Blob

    def __init__(self, blob: Source) -> None:
        object.__setattr__(self, "blob", _blob(blob))


@dataclass(frozen=True, init=False)
class Video:
    """A video, or the clip of it from `start` to `end` seconds; see `Image` for `blob`.

    `fps` is how many frames of each second a model uses; None leaves it to the model.
    """

    blob: Blob
    start: float | None = None
    end: float | None = None
    fps: float | None = None

    def __init__(
        self, blob: Source, start: float | None = None, end: float | None = None, fps: float | None = None
    ) -> None:
        object.__setattr__(self, "blob", _blob(blob))
        object.__setattr__(self, "start", _seconds("start", start))
        object.__setattr__(self, "end", _seconds("end", end))
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise InputError(f"A clip from {self.start} s to {self.end} s has no length.", "Set `end` after `start`.")
        if fps is not None and (isinstance(fps, bool) or not isinstance(fps, int | float) or not 0 < fps < 1000):
            raise InputError(f"fps is a number of frames a second above 0, not {quoted(fps)}.", "Try `fps=1`.")
        object.__setattr__(self, "fps", None if fps is None else float(fps))


Part = Text | Image | Audio | Video
_MEDIA: dict[str, type[Image | Audio | Video]] = {"image": Image, "audio": Audio, "video": Video}


def kind(part: Part) -> str:
    """Return a part's type: "text", "image", "audio" or "video"."""
    return type(part).__name__.lower()


@dataclass(frozen=True, init=False)
class Message:
    """One turn of a conversation.

    Args:
        role: "system", "user" or "assistant".
        parts: Parts; a str among them becomes a Text, a PIL image or an array an Image. The order is kept.
    """

    role: Role
    parts: tuple[Part, ...]

    def __init__(self, role: Role, parts: Iterable[Part | str | Picture] | Part | str | Picture) -> None:
        if role not in ROLES:
            raise InputError(f"{quoted(role)} isn't a role.", "Use one of: system, user, assistant.")
        alone = isinstance(parts, str | Text | Image | Audio | Video) or is_picture(parts) or not _several(parts)
        members = tuple(map(_part, (parts,) if alone else parts))  # type: ignore[arg-type]
        for part in members:
            if not isinstance(part, Text | Image | Audio | Video):
                raise InputError(
                    f"A message holds Text, Image, Audio and Video, not {type(part).__name__}.",
                    'Try Image("photo.jpg").',
                )
        object.__setattr__(self, "role", role)
        object.__setattr__(self, "parts", members)

    @property
    def text(self) -> str:
        """The texts of this turn, joined by newlines."""
        return "\n".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(frozen=True)
class Conversation:
    """Messages in order. Frozen, hashable, JSON both ways.

    Example:
        >>> Conversation.of(Image("sign.jpg"), "What does it say?").messages[0].role
        'user'
    """

    messages: tuple[Message, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "messages", tuple(self.messages) if _several(self.messages) else (self.messages,))
        for message in self.messages:
            if not isinstance(message, Message):
                raise InputError(
                    f"A conversation holds messages, not {type(message).__name__}.", 'Try Message("user", ["Hello"]).'
                )

    @classmethod
    def of(cls, *parts: Part | str | Picture) -> Conversation:
        """Return a conversation of one user turn."""
        return cls((Message("user", parts),))

    def then(self, role: Role, *parts: Part | str | Picture) -> Conversation:
        """Return this conversation with one more turn at its end."""
        return Conversation((*self.messages, Message(role, parts)))

    @property
    def parts(self) -> Iterator[Part]:
        """Every part of every message, in order."""
        return (part for message in self.messages for part in message.parts)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; blobs are carried whole."""
        return {
            "messages": [{"role": m.role, "parts": [_part_to_json(p) for p in m.parts]} for m in self.messages],
        }

    @classmethod
    def from_json(cls, value: object) -> Conversation:
        """Return the conversation of `to_json`; InputError if the value isn't one."""
        try:
            messages = value["messages"]  # type: ignore[index]
            return cls(tuple(Message(m["role"], tuple(_part_from_json(p) for p in m["parts"])) for m in messages))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"Not the JSON of a conversation: {type(error).__name__} {error} in {str(value)[:60]!r}.",
                'It needs {"messages": [{"role": "user", "parts": [{"text": "…"}]}]}.',
            ) from None


def _part(value: Part | str | Picture) -> Part:
    if isinstance(value, str):
        return Text(value)
    return Image(value) if is_picture(value) else value  # type: ignore[arg-type, return-value]


def _several(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, Message)


def _seconds(name: str, value: float | None) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise InputError(f"{name} is a number of seconds from 0 up, not {quoted(value)}.", f"Try `{name}=1.5`.")
    return float(value)


def _part_to_json(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"text": part.text}
    out: dict[str, Any] = {kind(part): part.blob.to_json()}
    times = {name: getattr(part, name, None) for name in ("at", "start", "end", "fps")}
    return out | {name: seconds for name, seconds in times.items() if seconds is not None}


def _part_from_json(value: dict[str, Any]) -> Part:
    rest = dict(value)
    if "text" in rest:
        return Text(**rest)
    for name, make in _MEDIA.items():
        if name in rest:
            return make(Blob.from_json(rest.pop(name)), **rest)
    raise KeyError(f"none of text, {', '.join(_MEDIA)}")
