"""A conversation as a checkpoint reads it: the chat template's text, and the pictures in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image

from sensorium.checkpoint.checkpoint_name import CheckpointName
from sensorium.checkpoint.load import Checkpoint, quiet
from sensorium.core.errors import InputError, LimitError, quoted
from sensorium.core.messages import Conversation, Image, Message, Text, Video
from sensorium.media.image import pixels
from sensorium.media.video import frames, probe

FOLDS_SYSTEM = frozenset({"mllama"})
"""Model types whose template rejects a system message beside a picture."""


@dataclass(frozen=True)
class PromptImage:
    """A picture of a prompt.

    Args:
        key: Equal for equal pixels.
        open: Gives it as a Pillow picture, RGB.
    """

    key: str
    open: Callable[[], PIL.Image.Image]


@dataclass(frozen=True)
class PromptVideo:
    """A film of a prompt, for a model with a film input of its own.

    Args:
        pixels: (frames, height, width, 3) uint8 RGB.
        metadata: Which frames of how many, and how many a second: what the library calls its metadata.
    """

    pixels: Any
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Prompt:
    """What a processor is given.

    Args:
        text: The whole conversation, a placeholder where each picture stands.
        images: In the placeholders' order.
        messages: As the chat template was given them; None where the checkpoint has no template.
        plain: True where no text holds one of the model's own control tokens.
        videos: In their placeholders' order.
    """

    text: str
    images: tuple[PromptImage, ...]
    messages: list[dict[str, Any]] | None
    plain: bool
    videos: tuple[PromptVideo, ...] = ()


def render(loaded: Checkpoint, chat: Conversation) -> Prompt:
    """Render a conversation with the checkpoint's own chat template.

    A film goes in whole where the model has an input for films, else as frames with their times.
    A system message that the template rejects is put in front of the first user message. Without a template the
    pictures' placeholders and the texts follow each other, a line each.

    Raises:
        MediaError: when a film can't be opened.
        LimitError: when the template rejects the conversation.
    """
    pictures: list[PromptImage] = []
    films: list[PromptVideo] | None = [] if _takes_films(loaded, chat) else None
    turns = [_turn(message, pictures, films, loaded) for message in chat.messages]
    texts = [part["text"] for turn in turns for part in turn["content"] if part["type"] == "text"]
    plain = not any(token in text for token in loaded.special_tokens for text in texts)
    if not getattr(loaded.processor, "chat_template", None):
        return Prompt(_untemplated(loaded, turns), tuple(pictures), None, plain)
    if loaded.model_type in FOLDS_SYSTEM and pictures:
        turns = _folded(turns)
    try:
        text = _rendered(loaded, turns)
    except Exception as error:  # templates raise jinja2's errors with their makers' words
        folded = _folded(turns)
        if folded == turns:
            raise _rejected(loaded, error) from None
        turns = folded
        try:
            text = _rendered(loaded, turns)
        except Exception as second:
            raise _rejected(loaded, second) from None
    return Prompt(text, tuple(pictures), turns, plain, tuple(films or ()))


def encode_prompts(loaded: Checkpoint, prompts: Sequence[Prompt]) -> Any:
    """Return the processor's tensors for one prompt or a batch, which must all have pictures or all have none.

    Shorter prompts of a batch are padded at their left.

    Raises:
        InputError: when the processor rejects a conversation.
    """
    options: dict[str, Any] = {"return_tensors": "pt"}
    if len(prompts) > 1:
        options |= {"padding": True, "padding_side": "left"}
    if not all(prompt.plain for prompt in prompts):
        if any(prompt.videos for prompt in prompts):
            raise _control(loaded)
        return _sanitised(loaded, prompts, options)
    if _starts_itself(loaded, prompts[0].text):
        options["add_special_tokens"] = False
    if any(prompt.videos for prompt in prompts):
        options["videos"] = [[film.pixels for film in prompt.videos] for prompt in prompts]
        options["video_metadata"] = [[film.metadata for film in prompt.videos] for prompt in prompts]
        options["do_sample_frames"] = False
    return process(loaded, [p.text for p in prompts], [p.images for p in prompts], options)


def process(
    loaded: Checkpoint, texts: list[str], pictures: Sequence[Sequence[PromptImage]], options: dict[str, Any]
) -> Any:
    """Call the processor; InputError where it rejects what it is given."""
    images = [[picture.open() for picture in each] for each in pictures] if any(pictures) else None
    try:
        with quiet():
            found = loaded.processor(text=texts, images=images, **options)
    except (ValueError, IndexError, TypeError) as error:
        raise _unprocessed(loaded, error) from None
    found.pop("labels", None)  # PaliGemma's processor makes them for training
    return found


def _starts_itself(loaded: Checkpoint, text: str) -> bool:
    """Whether the template has written the beginning-of-sequence token, so that the tokenizer must not do it again."""
    start = loaded.processor.tokenizer.bos_token
    return start is not None and text.startswith(start)


def _takes_films(loaded: Checkpoint, chat: Conversation) -> bool:
    """Whether films go in whole: SmolVLM has one place for the pixels of both, and so takes none beside pictures."""
    processor = loaded.processor
    if getattr(processor, "video_processor", None) is None or "video" not in str(processor.chat_template):
        return False
    apart = "pixel_values_videos" in processor.model_input_names
    return apart or not any(isinstance(part, Image) for part in chat.parts)


def _turn(
    message: Message, pictures: list[PromptImage], films: list[PromptVideo] | None, loaded: Checkpoint
) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, Text):
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, Image):
            content += _seen(part.at, _still(part, loaded.name.side), pictures)
        elif isinstance(part, Video) and films is not None:
            films.append(_film(part, loaded.name))
            content.append({"type": "video"})
        elif isinstance(part, Video):
            for number, frame in enumerate(frames(part, loaded.name.frames, min(1280, loaded.name.side))):
                key = f"{part.blob.digest}@{frame.at}/{loaded.name.frames}/{number}"
                content += _seen(frame.at, PromptImage(key, _opener(frame.pixels)), pictures)
    return {"role": message.role, "content": content}


def _film(video: Video, name: CheckpointName) -> PromptVideo:
    seen = frames(video, name.frames, min(1280, name.side))
    told = probe(Video(video.blob))
    fps = told.fps or len(seen) / told.seconds
    last = max(1, round(told.seconds * fps))
    about = {
        "total_num_frames": last,
        "fps": fps,
        "duration": told.seconds,
        "frames_indices": [min(round(frame.at * fps), last - 1) for frame in seen],
    }
    return PromptVideo(np.stack([frame.pixels for frame in seen]), about)


def _seen(at: float | None, picture: PromptImage, pictures: list[PromptImage]) -> list[dict[str, Any]]:
    pictures.append(picture)
    said = [] if at is None else [{"type": "text", "text": f"Frame at {at:g} s:"}]
    return [*said, {"type": "image"}]


def _still(image: Image, side: int) -> PromptImage:
    return PromptImage(image.blob.digest, lambda: PIL.Image.fromarray(pixels(image, side)))


def _opener(frame: Any) -> Callable[[], PIL.Image.Image]:
    return lambda: PIL.Image.fromarray(frame)


def _rendered(loaded: Checkpoint, turns: list[dict[str, Any]]) -> str:
    text = str(loaded.processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False))
    if "{'type': " in text:  # a template for plain words (Phi-4's) has printed the parts as Python shows them
        token = getattr(loaded.processor, "image_token", None) or ""
        words = [turn | {"content": "".join(part.get("text", token) for part in turn["content"])} for turn in turns]
        text = str(loaded.processor.apply_chat_template(words, add_generation_prompt=True, tokenize=False))
    return text


def _folded(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put what the system messages say in front of the first user turn."""
    system = [part for turn in turns if turn["role"] == "system" for part in turn["content"]]
    others = [turn for turn in turns if turn["role"] != "system"]
    first = next((number for number, turn in enumerate(others) if turn["role"] == "user"), None)
    if not system or first is None:
        return turns
    said = [part | {"text": f"{part['text']}\n\n"} if part["type"] == "text" else part for part in system]
    others[first] = {"role": "user", "content": [*said, *others[first]["content"]]}
    return others


def _untemplated(loaded: Checkpoint, turns: list[dict[str, Any]]) -> str:
    token = getattr(loaded.processor, "image_token", None) or ""
    lines = []
    for turn in turns:
        texts = [part["text"] for part in turn["content"] if part["type"] == "text"]
        seen = token * sum(part["type"] == "image" for part in turn["content"])
        lines.append(seen + "\n".join(texts))
    return "\n".join(lines)


def _sanitised(loaded: Checkpoint, prompts: Sequence[Prompt], options: dict[str, Any]) -> Any:
    """Let the library encode control tokens in the texts as the letters that they are."""
    chats = []
    for prompt in prompts:
        if prompt.messages is None:
            raise _control(loaded)
        left = iter(prompt.images)
        chats.append(
            [
                turn
                | {
                    "content": [
                        part | {"image": next(left).open()} if part["type"] == "image" else part
                        for part in turn["content"]
                    ]
                }
                for turn in prompt.messages
            ]
        )
    try:
        with quiet():
            return loaded.processor.apply_chat_template(
                chats,
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                sanitize_control_tokens=True,
                return_tensors=options.pop("return_tensors"),
                processor_kwargs=options,
            )
    except (ValueError, TypeError, NotImplementedError):
        raise _control(loaded) from None


def _control(loaded: Checkpoint) -> InputError:
    return InputError(
        f"A text of the conversation holds a control token of {loaded.name.shown}.",
        "Write it apart, e.g. < image > for <image>.",
    )


def _rejected(loaded: Checkpoint, error: Exception) -> LimitError:
    line = " ".join(str(error).split())[:200]
    return LimitError(
        f"The chat template of {loaded.name.shown} rejects the conversation: {line}",
        "Let user and assistant take turns, or choose another model.",
    )


def _unprocessed(loaded: Checkpoint, error: Exception) -> InputError:
    line = quoted(" ".join(str(error).split())[:200])
    return InputError(
        f"The processor of {loaded.name.shown} rejects the conversation: {line}.",
        "Try fewer or other pictures, or choose another model.",
    )
