"""A clip's frames asked of any model: in order and with their times, as pictures or on numbered collages."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.core.errors import InputError, LimitError
from sensorium.core.messages import Conversation, Image, Message, Part, Text, Video
from sensorium.core.protocols import Limits
from sensorium.media.image import encode
from sensorium.media.times import frame_label, moment
from sensorium.media.video import MAX_SIDE, Frame, frames, probe
from sensorium.video.actions.collage import SIDE, collage, most_frames

_QUALITY = 90
_OTHER = "choose another model: sensorium models lists what each takes."


def clip_conversation(clip: Sequence[Frame], question: str, limits: Limits, film: str = "") -> Conversation:
    """Return a question about frames of a clip, every frame with its time in the film.

    A model that takes, or is advised to take, fewer pictures than there are frames gets them on numbered collages; if
    they would be too small there, evenly chosen frames are left out.

    Args:
        clip: Frames in order, of one film.
        question: What is asked.
        limits: What the model takes.
        film: The film's name if there are several, e.g. "Film 2".

    Raises:
        InputError: if the clip is empty.
        LimitError: if the model takes no pictures.
    """
    return Conversation.of(*clip_parts(clip, limits, film), Text(question))


def clip_parts(clip: Sequence[Frame], limits: Limits, film: str = "", room: int | None = None) -> tuple[Part, ...]:
    """Return the parts that show a clip; see `clip_conversation`.

    Args:
        clip, limits, film: As there.
        room: Most pictures; None for what the limits say.
    """
    if not clip:
        raise InputError("A clip needs a frame.", "Choose another part of the film.")
    if "image" not in limits.parts:
        raise LimitError("The model takes no pictures.", f"{_OTHER[0].upper()}{_OTHER[1:]}")
    most = limits.max_images if limits.advised_images is None else limits.advised_images
    most = most if room is None else room if most is None else min(room, most)
    of = film or "a film"
    if most is None or len(clip) <= most:
        images = [Image(encode(frame.pixels, "jpeg", _QUALITY).blob, frame.at) for frame in clip]
        if len(clip) == 1:
            return Text(f"This is a frame of {of}."), *_labelled(images, film)
        return Text(f"These are {len(clip)} frames of {of}, in order of time."), *_labelled(images, film)
    side = min(SIDE, limits.max_side or SIDE)
    shown = spread(clip, max(1, most) * most_frames(clip[0], side))
    return _collages(shown, max(1, most), side, of)


def as_frames(chat: Conversation, limits: Limits, count: int = 8, max_side: int = MAX_SIDE) -> Conversation:
    """Return a conversation with frames instead of its videos, each with its time in the film, not in the clip.

    So models and servers that take no videos, or no clips of them, are asked about films. Several videos of a message
    are numbered.

    Args:
        chat: The conversation.
        limits: What the model takes; the pictures that it takes are shared among the videos.
        count: Most frames of each video.
        max_side: Longer sides are shrunk to it, in pixels.

    Raises:
        MediaError: if a video can't be opened.
        LimitError: if the model takes too few pictures, or none.
    """
    parts = list(chat.parts)
    videos = sum(isinstance(part, Video) for part in parts)
    if not videos:
        return chat
    others = sum(isinstance(part, Image) for part in parts)
    most = limits.max_images
    if most is not None and most < others + videos:
        raise LimitError(
            f"The model takes {most} picture{'s' * (most != 1)}, and the conversation has {others} and "
            f"{videos} video{'s' * (videos != 1)}.",
            f"Leave some out, or {_OTHER}",
        )
    room = None if most is None else (most - others) // videos
    return Conversation(tuple(_without_videos(message, limits, count, max_side, room) for message in chat.messages))


def spread(clip: Sequence[Frame], count: int) -> tuple[Frame, ...]:
    """Return at most `count` frames, evenly chosen: the middle one of each equal part."""
    if len(clip) <= count:
        return tuple(clip)
    return tuple(clip[(2 * i + 1) * len(clip) // (2 * count)] for i in range(count))


def _without_videos(message: Message, limits: Limits, count: int, max_side: int, room: int | None) -> Message:
    several = sum(isinstance(part, Video) for part in message.parts) > 1
    parts: list[Part] = []
    number = 0
    for part in message.parts:
        if not isinstance(part, Video):
            parts.append(part)
            continue
        number += 1
        chosen = frames(part, count if part.fps is None else _at_rate(part, count), max_side)
        parts += clip_parts(chosen, limits, f"Video {number}" if several else "", room)
    return Message(message.role, parts)


def _at_rate(video: Video, most: int) -> int:
    """Return how many frames a video's own `fps` asks for, at most `most`."""
    return max(1, min(most, round(probe(video).seconds * (video.fps or 1.0))))


def _labelled(images: Sequence[Image], film: str) -> list[Part]:
    """Return frames, with the film's name in words if there is one: backends only write the time of a frame."""
    if not film:
        return list(images)
    return [part for image in images for part in (Text(frame_label(image.at or 0.0, film)), Image(image.blob))]


def shared_collages(clips: Sequence[Sequence[Frame]], names: Sequence[str], limits: Limits) -> tuple[Part, ...]:
    """Return several films' frames on as few collages as a model takes, numbered throughout, each with its film.

    Args:
        clips: The frames of each film, in order.
        names: What the films are called in words.
        limits: What the model takes.
    """
    most = limits.max_images if limits.advised_images is None else limits.advised_images
    rows = [
        (frame, name, f"film {number}, ")
        for number, (own, name) in enumerate(zip(clips, names, strict=True), 1)
        for frame in own
    ]
    side = min(SIDE, limits.max_side or SIDE)
    times = [f"frame {number}: {name} at {moment(frame.at)} s" for number, (frame, name, _) in enumerate(rows, 1)]
    frames, films = [frame for frame, _, _ in rows], [film for _, _, film in rows]
    of = f"{len(clips)} films, film by film"
    return _collages(frames, max(1, most or 1), side, of, times, films)


def _collages(
    clip: Sequence[Frame], most: int, side: int, of: str, named: Sequence[str] = (), films: Sequence[str] = ()
) -> tuple[Part, ...]:
    """Return frames on at most `most` collages, and the number and time of each in words.

    Args:
        clip: The frames.
        most: Collages at most.
        side: Their longest side, in pixels.
        of: What the frames are of, in words.
        named: Of several films, the number, film and time of each frame in words.
        films: Of several films, what stands before the time of each frame on the collage.
    """
    size = -(-len(clip) // most)
    pages = [clip[start : start + size] for start in range(0, len(clip), size)]
    pictures = "The picture holds" if len(pages) == 1 else f"The {len(pages)} pictures hold"
    times = "; ".join(named or [f"frame {number} at {moment(frame.at)} s" for number, frame in enumerate(clip, 1)])
    words = (
        f"{pictures} {len(clip)} frames of {of}, numbered in order of time, from left to right and from top to "
        f"bottom: {times}."
    )
    images = [
        collage(page, side, 1 + size * place, films[size * place : size * (place + 1)])
        for place, page in enumerate(pages)
    ]
    return (*images, Text(words))
