"""Conversations as Gemini's contents, and the chunks of its responses as Deltas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sensorium.core.blob import Blob
from sensorium.core.errors import LimitError, NoWordsError
from sensorium.core.messages import Audio, Conversation, Image, Part, Text, Video
from sensorium.core.protocols import Delta, Options
from sensorium.hosted import failures
from sensorium.hosted.gemini_client import UploadedFile
from sensorium.hosted.images import encode_image
from sensorium.media.sniff import media_type
from sensorium.media.times import decimal, frame_label

MAX_INLINE_BYTES = 15_000_000
"""What goes into a request itself; base64 makes 20 MB of it, the most that a request may have
(https://ai.google.dev/gemini-api/docs/files)."""
_THINKING_LEVEL = re.compile(r"gemini-(?:[3-9]|\d\d)[.-]")
"""Models with a thinking level; older ones have a budget."""
_RESOLUTIONS = ("low", "medium", "high")
"""Of a whole request (https://ai.google.dev/gemini-api/docs/media-resolution)."""
_ENDS = ("STOP", "MAX_TOKENS", "FINISH_REASON_UNSPECIFIED")
_FILTERS = ("SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "LANGUAGE", "BLOCKED")


def to_payload(
    chat: Conversation, options: Options, model: str, files: Mapping[str, UploadedFile], cache: str = ""
) -> dict[str, Any]:
    """Return the arguments of `generate_content_stream` (https://ai.google.dev/api/generate-content).

    The order of the parts is kept; an image with a time becomes "Frame at 1.5 s:" and the image.

    Args:
        chat: The conversation, without the messages in `cache`.
        options: How to answer.
        model: The model's name.
        files: Uploaded files, by their digest.
        cache: The name of the cached start of the conversation, or "".

    Raises:
        MediaError: when an image can't be opened.
    """
    config: dict[str, Any] = {"max_output_tokens": options.max_tokens, "temperature": options.temperature}
    if options.top_p < 1:
        config["top_p"] = options.top_p
    if options.seed is not None:
        config["seed"] = options.seed
    if options.stop:
        config["stop_sequences"] = list(options.stop)
    if options.rules is not None:
        config |= {"response_mime_type": "application/json", "response_json_schema": options.rules}
    if options.detail != "auto":
        config["media_resolution"] = _resolution(options.detail)
    if _THINKING_LEVEL.search(model):
        config["thinking_config"] = {"thinking_level": "LOW"}  # thoughts count against max_output_tokens
    system = [message.text for message in chat.messages if message.role == "system"]
    if system:
        config["system_instruction"] = "\n".join(system)
    if cache:
        config["cached_content"] = cache
    turns = [
        {
            "role": "user" if message.role == "user" else "model",
            "parts": [item for part in message.parts for item in to_parts(part, files)],
        }
        for message in chat.messages
        if message.role != "system"
    ]
    return {"model": model, "contents": turns, "config": config}


def _resolution(detail: str) -> str:
    if detail not in _RESOLUTIONS:
        raise LimitError(f"Gemini has no media resolution {detail!r}.", f"Use one of: {', '.join(_RESOLUTIONS)}.")
    return f"MEDIA_RESOLUTION_{detail.upper()}"


def to_parts(part: Part, files: Mapping[str, UploadedFile]) -> list[dict[str, Any]]:
    """Return a part, and the words that belong to it, as Gemini's parts."""
    if isinstance(part, Text):
        return [{"text": part.text}]
    if isinstance(part, Image):
        data, kind = encode_image(part)
        inline = {"inline_data": {"data": data, "mime_type": kind}}
        return [inline] if part.at is None else [{"text": frame_label(part.at)}, inline]
    item: dict[str, Any]
    if part.blob.digest in files:
        file = files[part.blob.digest]
        item = {"file_data": {"file_uri": file.uri, "mime_type": file.media_type}}
    else:
        item = {"inline_data": {"data": part.blob.data, "mime_type": _audio_or_video_type(part)}}
    if isinstance(part, Video) and (metadata := _video_metadata(part)):
        item["video_metadata"] = metadata
    return [item]


def _audio_or_video_type(part: Audio | Video) -> str:
    kind = media_type(part.blob.data)
    if not kind.startswith(("audio/", "video/")):
        raise LimitError(
            f"{part.blob.shown} isn't audio or video that Gemini takes.", "Convert it to WAV or MP4 first."
        )
    return kind


def _video_metadata(part: Video) -> dict[str, Any]:
    metadata: dict[str, Any] = {} if part.fps is None else {"fps": part.fps}
    for name, seconds in (("start_offset", part.start), ("end_offset", part.end)):
        if seconds is not None:
            metadata[name] = f"{decimal(seconds, 9)}s"
    return metadata


def blobs_to_upload(chat: Conversation) -> list[Blob]:
    """Return the largest audio and video files, as many as it takes until the rest fits into one request."""
    blobs = {part.blob.digest: part.blob for part in chat.parts if isinstance(part, Audio | Video)}
    images = sum(len(encode_image(part).data) for part in chat.parts if isinstance(part, Image))
    total = images + sum(len(blob.data) for blob in blobs.values())
    large = []
    for blob in sorted(blobs.values(), key=lambda blob: -len(blob.data)):
        if total <= MAX_INLINE_BYTES:
            break
        large.append(blob)
        total -= len(blob.data)
    if total > MAX_INLINE_BYTES:
        raise LimitError(
            f"The pictures have {total / 1e6:.0f} MB together; the most is {MAX_INLINE_BYTES / 1e6:.0f} MB.",
            "Leave some out, or make them smaller.",
        )
    return large


def deltas(name: str, chunks: Iterator[Any]) -> Iterator[Delta]:
    """Yield the Deltas of a stream's chunks, and check how it ended."""
    pieces = (to_delta(chunk) for chunk in _read(name, chunks))
    return failures.until_finished(
        name,
        pieces,
        lambda reason: reason.partition(":")[0] in _FILTERS,
        lambda reason: reason not in _ENDS,
        NoWordsError,
    )


def _read(name: str, chunks: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from chunks
    except TypeError as error:  # the SDK iterates over values before it checks that they are lists
        raise failures.unexpected_response(name, str(error)) from None


def to_delta(chunk: Any) -> tuple[Delta, str]:
    """Return the Delta of one of the SDK's GenerateContentResponses, and its finish reason ("" while it goes on)."""
    usage = None
    counts = chunk.usage_metadata
    if counts is not None:
        output = (counts.candidates_token_count or 0) + (counts.thoughts_token_count or 0)
        usage = failures.token_usage(
            counts.prompt_token_count, output, counts.cached_content_token_count, counts.thoughts_token_count
        )
    blocked = chunk.prompt_feedback.block_reason if chunk.prompt_feedback else None
    if blocked:
        return Delta(usage=usage), f"BLOCKED: {getattr(blocked, 'value', blocked)}"
    if not chunk.candidates:
        return Delta(usage=usage), ""
    first = chunk.candidates[0]
    parts = (first.content.parts if first.content else None) or ()
    text = "".join(part.text for part in parts if part.text and not part.thought)
    thoughts = "".join(part.text for part in parts if part.text and part.thought)
    reason = str(getattr(first.finish_reason, "value", first.finish_reason) or "")
    told = "function_call" if any(part.function_call for part in parts) else ""
    cut = reason == "MAX_TOKENS" or None
    return Delta(text, usage=usage, cut=cut, thoughts=thoughts, reason=told), reason
