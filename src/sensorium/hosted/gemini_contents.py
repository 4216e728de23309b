"""Conversations as Gemini's contents, and its pieces of an answer as Deltas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sensorium.core.blob import Blob
from sensorium.core.errors import LimitError, RefusalError, ServiceError
from sensorium.core.messages import Audio, Conversation, Image, Part, Text, Video
from sensorium.core.protocols import Delta, Options
from sensorium.core.reply import Usage
from sensorium.hosted import failures
from sensorium.hosted.google import Uploaded
from sensorium.hosted.pictures import packed
from sensorium.media.sniff import media_type

MOST_INLINE_BYTES = 15_000_000
"""What goes into a question itself; base64 makes 20 MB of it, the most that a request may have
(https://ai.google.dev/gemini-api/docs/files)."""
_FILTERS = ("SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "LANGUAGE")


def to_payload(
    chat: Conversation, options: Options, model: str, held: Mapping[str, Uploaded], kept: str = ""
) -> dict[str, Any]:
    """Return the arguments of `generate_content_stream` (https://ai.google.dev/api/generate-content).

    The order of the parts is kept; a picture with a time becomes "Frame at 1.5 s:" and the picture.

    Args:
        chat: The conversation, or what of it is not kept.
        options: How to answer.
        model: The model's name.
        held: Files that the service holds, by their digest.
        kept: The name of the conversation's beginning at the service, or "".

    Raises:
        MediaError: when a picture can't be opened.
    """
    config: dict[str, Any] = {"max_output_tokens": options.max_tokens, "temperature": options.temperature}
    if options.seed is not None:
        config["seed"] = options.seed
    if options.stop:
        config["stop_sequences"] = list(options.stop)
    if options.rules is not None:
        config |= {"response_mime_type": "application/json", "response_json_schema": options.rules}
    if "gemini-3" in model:
        config["thinking_config"] = {"thinking_level": "LOW"}  # thoughts count against the most tokens
    system = [message.text for message in chat.messages if message.role == "system"]
    if system:
        config["system_instruction"] = "\n".join(system)
    if kept:
        config["cached_content"] = kept
    turns = [
        {
            "role": "user" if message.role == "user" else "model",
            "parts": [one for part in message.parts for one in contents(part, held)],
        }
        for message in chat.messages
        if message.role != "system"
    ]
    return {"model": model, "contents": turns, "config": config}


def contents(part: Part, held: Mapping[str, Uploaded]) -> list[dict[str, Any]]:
    """Return a part, and the words that belong to it, as Gemini's parts."""
    if isinstance(part, Text):
        return [{"text": part.text}]
    if isinstance(part, Image):
        data, found = packed(part)
        shown = {"inline_data": {"data": data, "mime_type": found}}
        return [shown] if part.at is None else [{"text": f"Frame at {part.at:g} s:"}, shown]
    said: dict[str, Any]
    if part.blob.digest in held:
        file = held[part.blob.digest]
        said = {"file_data": {"file_uri": file.uri, "mime_type": file.media_type}}
    else:
        said = {"inline_data": {"data": part.blob.data, "mime_type": _named(part)}}
    if isinstance(part, Video) and (times := _times(part)):
        said["video_metadata"] = times
    return [said]


def _named(part: Audio | Video) -> str:
    found = media_type(part.blob.data)
    if not found.startswith(("audio/", "video/")):
        raise LimitError(f"{part.blob.shown} is no sound or film that Gemini takes.", "Convert it to WAV or MP4 first.")
    return found


def _times(part: Video) -> dict[str, Any]:
    times: dict[str, Any] = {} if part.fps is None else {"fps": part.fps}
    for name, seconds in (("start_offset", part.start), ("end_offset", part.end)):
        if seconds is not None:
            times[name] = f"{seconds:g}s"
    return times


def too_large(chat: Conversation) -> list[Blob]:
    """Choose which sounds and films are uploaded: the largest, until the rest fits into one request."""
    blobs = {part.blob.digest: part.blob for part in chat.parts if isinstance(part, Audio | Video)}
    pictures = sum(len(packed(part).data) for part in chat.parts if isinstance(part, Image))
    total = pictures + sum(len(blob.data) for blob in blobs.values())
    chosen = []
    for blob in sorted(blobs.values(), key=lambda one: -len(one.data)):
        if total <= MOST_INLINE_BYTES:
            break
        chosen.append(blob)
        total -= len(blob.data)
    if total > MOST_INLINE_BYTES:
        raise LimitError(
            f"The pictures have {total / 1e6:.0f} MB together; the most is {MOST_INLINE_BYTES / 1e6:.0f} MB.",
            "Leave some out, or make them smaller.",
        )
    return chosen


def deltas(name: str, chunks: Iterator[Any], options: Options) -> Iterator[Delta]:
    """Make Deltas of a stream's pieces; an answer that does not say how it ended has broken off."""
    ended, empty, any_chunk = "", True, False
    for chunk in _read(name, chunks):
        any_chunk = True
        delta, reason = to_delta(chunk)
        ended = reason or ended
        empty = empty and not delta.text
        yield delta
    if not any_chunk:
        raise failures.malformed(name, "nothing in the form of server-sent events.")
    if not ended:
        raise failures.cut(name)
    if ended in _FILTERS or ended.startswith("BLOCKED"):
        raise RefusalError(f"{name}'s filter stopped the answer ({ended}).", "Ask otherwise, or another model.")
    if ended == "MAX_TOKENS" and empty:
        raise ServiceError(
            f"{name} used all of {options.max_tokens} tokens for thinking, and none for an answer.",
            f"Allow more: --max-tokens {options.max_tokens * 8}",
        )


def _read(name: str, chunks: Iterator[Any]) -> Iterator[Any]:
    while True:
        try:
            chunk = next(chunks)
        except StopIteration:
            return
        except TypeError as error:  # the SDK walks through lists before it looks whether they are any
            raise failures.malformed(name, f"{error}.") from None
        yield chunk


def to_delta(chunk: Any) -> tuple[Delta, str]:
    """Read one of the SDK's GenerateContentResponses: its Delta, and how the answer ended ("" while it goes on)."""
    usage = None
    told = chunk.usage_metadata
    if told is not None:
        answered = (told.candidates_token_count or 0) + (told.thoughts_token_count or 0)
        usage = Usage(told.prompt_token_count, answered, cached_tokens=told.cached_content_token_count)
    blocked = chunk.prompt_feedback.block_reason if chunk.prompt_feedback else None
    if blocked:
        return Delta(usage=usage), f"BLOCKED: {getattr(blocked, 'value', blocked)}"
    if not chunk.candidates:
        return Delta(usage=usage), ""
    first = chunk.candidates[0]
    parts = (first.content.parts if first.content else None) or ()
    text = "".join(part.text for part in parts if part.text and not part.thought)
    reason = str(getattr(first.finish_reason, "value", first.finish_reason) or "")
    return Delta(text, usage=usage, cut=reason == "MAX_TOKENS" or None), reason
