"""A conversation as a checkpoint reads it: the chat template's text, and the images in their order."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import PIL.Image

from sensorium.checkpoint.checkpoint_name import CheckpointName
from sensorium.checkpoint.load import Checkpoint, load_config, quiet, resolve_base
from sensorium.checkpoint.untrusted.templates import bounded_template
from sensorium.checkpoint.video_input import PromptVideo, prompt_video
from sensorium.core.errors import InputError, LimitError, quoted
from sensorium.core.messages import Conversation, Image, Message, Text, Video
from sensorium.media.image import pixels
from sensorium.media.times import frame_label
from sensorium.media.video import frames

FOLDS_SYSTEM = frozenset({"mllama"})
"""Model types whose template rejects a system message beside an image."""
ADVISED_IMAGES = {"mllama": 1}
"""Model types whose makers advise fewer images than they take (Meta's model card of Llama 3.2 Vision)."""


@dataclass(frozen=True)
class PromptImage:
    """An image of a prompt.

    Args:
        key: Equal for equal pixels.
        open: Returns it as a Pillow image, RGB.
    """

    key: str
    open: Callable[[], PIL.Image.Image]


@dataclass(frozen=True)
class Prompt:
    """What a processor is given.

    Args:
        text: The whole conversation, with a placeholder for each image.
        images: In the placeholders' order.
        messages: As the chat template was given them; None if the checkpoint has no template.
        plain: True if no text contains one of the model's special tokens.
        videos: In their placeholders' order.
    """

    text: str
    images: tuple[PromptImage, ...]
    messages: list[dict[str, Any]] | None
    plain: bool
    videos: tuple[PromptVideo, ...] = ()


def render(checkpoint: Checkpoint, chat: Conversation) -> Prompt:
    """Return the prompt that the checkpoint's own chat template makes of a conversation.

    A video goes into the model's video input if it has one whose processor can tell the frames' times, else it goes in
    as frames with their times, numbered if a message has several videos.
    A system message that the template rejects is put in front of the first user message. Without a template the
    images' placeholders and the texts follow each other, a line each.

    Raises:
        MediaError: when a video can't be opened.
        LimitError: when the template rejects the conversation.
    """
    images: list[PromptImage] = []
    whole = _whole_videos(checkpoint, chat)
    turns = [_turn(message, images, whole, checkpoint.name) for message in chat.messages]
    texts = [part["text"] for turn in turns for part in turn["content"] if part["type"] == "text"]
    plain = not any(token in text for token in checkpoint.special_tokens for text in texts)
    if not getattr(checkpoint.processor, "chat_template", None):
        return Prompt(_without_template(checkpoint, turns), tuple(images), None, plain)
    if checkpoint.model_type in FOLDS_SYSTEM and images:
        turns = _fold_system(turns)
    try:
        text = _apply_template(checkpoint, turns)
    except LimitError:
        raise
    except Exception as error:  # templates raise jinja2's errors with their makers' words
        folded = _fold_system(turns)
        if folded == turns:
            raise _template_error(checkpoint, error) from None
        turns = folded
        try:
            text = _apply_template(checkpoint, turns)
        except Exception as second:
            raise _template_error(checkpoint, second) from None
    videos = tuple(whole[part] for part in chat.parts if isinstance(part, Video) and part in whole)
    return Prompt(text, tuple(images), turns, plain, videos)


def encode_prompts(checkpoint: Checkpoint, prompts: Sequence[Prompt]) -> Any:
    """Return the processor's tensors for one prompt or a batch, which must all have images or all have none.

    Shorter prompts of a batch are padded on the left.

    Raises:
        InputError: when the processor rejects a conversation.
    """
    options: dict[str, Any] = {"return_tensors": "pt"}
    has_videos = any(prompt.videos for prompt in prompts)
    if len(prompts) > 1:
        options |= {"padding": True, "padding_side": "left"}
    if not all(prompt.plain for prompt in prompts):
        if has_videos:
            raise _special_token_error(checkpoint)
        return _encode_sanitised(checkpoint, prompts, options)
    bos = checkpoint.processor.tokenizer.bos_token
    if bos is not None and prompts[0].text.startswith(bos):  # the template has written it already
        options["add_special_tokens"] = False
    if has_videos:
        options["videos"] = [[video.pixels for video in prompt.videos] for prompt in prompts]
        options["video_metadata"] = [[video.metadata for video in prompt.videos] for prompt in prompts]
        options["do_sample_frames"] = False
    return process(checkpoint, [p.text for p in prompts], [p.images for p in prompts], options)


def process(
    checkpoint: Checkpoint, texts: list[str], images: Sequence[Sequence[PromptImage]], options: dict[str, Any]
) -> Any:
    """Return what the processor makes of texts and their images; raise InputError if it rejects them."""
    opened = [[image.open() for image in of_text] for of_text in images] if any(images) else None
    try:
        with quiet():
            inputs = checkpoint.processor(text=texts, images=opened, **options)
    except (ValueError, IndexError, TypeError) as error:
        line = quoted(" ".join(str(error).split())[:200])
        raise InputError(
            f"The processor of {checkpoint.name.shown} rejects the conversation: {line}.",
            "Try fewer or other pictures, or choose another model.",
        ) from None
    inputs.pop("labels", None)  # PaliGemma's processor makes them for training
    return inputs


def _whole_videos(checkpoint: Checkpoint, chat: Conversation) -> dict[Video, PromptVideo]:
    """Return what goes into the video input: all videos, or none if one's times would be told too coarsely.

    SmolVLM has one input for the pixels of both, so it takes no videos beside images.
    """
    processor = checkpoint.processor
    if getattr(processor, "video_processor", None) is None or "video" not in str(processor.chat_template):
        return {}
    parts = tuple(chat.parts)
    separate = "pixel_values_videos" in processor.model_input_names
    if not separate and any(isinstance(part, Image) for part in parts):
        return {}
    merged = int(getattr(processor.video_processor, "temporal_patch_size", None) or 1)
    name, whole = checkpoint.name, {}
    for part in parts:
        if isinstance(part, Video):
            made = prompt_video(part, name.frames, min(1280, name.side), checkpoint.model_type, merged)
            if made is None:
                return {}
            whole[part] = made
    return whole


def _turn(message: Message, images: list[PromptImage], whole: Container[Video], name: CheckpointName) -> dict[str, Any]:
    """Return the template's form of a message; its images are appended to the list."""
    content: list[dict[str, Any]] = []
    several = sum(isinstance(part, Video) for part in message.parts) > 1
    number = 0

    def add_image(key: str, array: Callable[[], Any], at: float | None, film: str = "") -> None:
        images.append(PromptImage(key, lambda: PIL.Image.fromarray(array())))
        if at is not None:
            content.append({"type": "text", "text": frame_label(at, film)})
        content.append({"type": "image"})

    for part in message.parts:
        if isinstance(part, Text):
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, Image):
            add_image(part.blob.digest, partial(pixels, part, name.side), part.at)
        elif isinstance(part, Video):
            number += 1
            if part in whole:
                content.append({"type": "video"})
                continue
            for place, frame in enumerate(frames(part, name.frames, min(1280, name.side))):
                key = f"{part.blob.digest}@{frame.at}/{name.frames}/{place}"
                film = f"Video {number}" if several else ""
                add_image(key, partial(getattr, frame, "pixels"), frame.at, film)
    return {"role": message.role, "content": content}


def _apply_template(checkpoint: Checkpoint, turns: list[dict[str, Any]]) -> str:
    def apply(turns: list[dict[str, Any]]) -> str:
        with bounded_template(checkpoint.name.base):
            made = checkpoint.processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        return str(made)

    text = apply(turns)
    if "{'type': " in text:  # a template for plain strings (Phi-4's) has printed the parts as Python shows them
        token = _image_token(checkpoint)
        strings = [turn | {"content": "".join(part.get("text", token) for part in turn["content"])} for turn in turns]
        text = apply(strings)
    return text


def _image_token(checkpoint: Checkpoint) -> str:
    return getattr(checkpoint.processor, "image_token", None) or ""


def _fold_system(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the system messages in front of the first user turn."""
    system = [part for turn in turns if turn["role"] == "system" for part in turn["content"]]
    others = [turn for turn in turns if turn["role"] != "system"]
    first = next((number for number, turn in enumerate(others) if turn["role"] == "user"), None)
    if not system or first is None:
        return turns
    paragraphs = [part | {"text": f"{part['text']}\n\n"} if part["type"] == "text" else part for part in system]
    others[first] = {"role": "user", "content": [*paragraphs, *others[first]["content"]]}
    return others


def _without_template(checkpoint: Checkpoint, turns: list[dict[str, Any]]) -> str:
    lines = []
    for turn in turns:
        texts = [part["text"] for part in turn["content"] if part["type"] == "text"]
        placeholders = _image_token(checkpoint) * sum(part["type"] == "image" for part in turn["content"])
        lines.append(placeholders + "\n".join(texts))
    return "\n".join(lines)


def _encode_sanitised(checkpoint: Checkpoint, prompts: Sequence[Prompt], options: dict[str, Any]) -> Any:
    """Have the library encode special tokens in the texts as plain characters."""
    chats = []
    for prompt in prompts:
        if prompt.messages is None:
            raise _special_token_error(checkpoint)
        images = iter(prompt.images)
        chats.append([turn | {"content": _with_images(turn["content"], images)} for turn in prompt.messages])
    try:
        with quiet(), bounded_template(checkpoint.name.base):
            return checkpoint.processor.apply_chat_template(
                chats,
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                sanitize_control_tokens=True,
                return_tensors=options.pop("return_tensors"),
                processor_kwargs=options,
            )
    except (ValueError, TypeError, NotImplementedError):
        raise _special_token_error(checkpoint) from None


def _with_images(content: list[dict[str, Any]], images: Any) -> list[dict[str, Any]]:
    return [part | {"image": next(images).open()} if part["type"] == "image" else part for part in content]


def _special_token_error(checkpoint: Checkpoint) -> InputError:
    return InputError(
        f"A text of the conversation contains a special token of {checkpoint.name.shown}.",
        "Write it apart, e.g. < image > for <image>.",
    )


def _template_error(checkpoint: Checkpoint, error: Exception) -> LimitError:
    line = " ".join(str(error).split())[:200]
    return LimitError(
        f"The chat template of {checkpoint.name.shown} rejects the conversation: {line}",
        "Let user and assistant take turns, or choose another model.",
    )


def count_image_tokens(checkpoint: Checkpoint, image: Image) -> int:
    """Return the tokens that one image costs.

    They are positions of a prompt with this image alone: LLaVA-OneVision takes several in less detail. For Llama 3.2
    Vision, whose images are not in the prompt, they are the vision tokens that cross-attention reads.

    Raises:
        MediaError: when the image can't be opened.
    """
    opened = PIL.Image.fromarray(pixels(image, checkpoint.name.side))
    if checkpoint.model_type == "mllama":
        return _tiles(checkpoint, opened) * _tokens_per_tile(checkpoint)
    token = getattr(checkpoint.processor, "image_token", None)
    if not isinstance(token, str) or not token:
        raise InputError(
            f"{checkpoint.name.shown} does not say how its images are counted.", "Ask, and read the usage."
        )
    if checkpoint.model_type == "paligemma":
        return int(checkpoint.processor.image_seq_length)  # its processor adds more to a prompt than the image
    with quiet():  # the x on both sides keeps other tokens from merging with the image's
        inputs = checkpoint.processor(text=[f"x{token}x"], images=[[opened]], return_tensors="pt")
    return int(inputs["input_ids"].shape[1]) - len(checkpoint.processor.tokenizer("xx")["input_ids"])


def _tiles(checkpoint: Checkpoint, opened: PIL.Image.Image) -> int:
    with quiet():
        out = checkpoint.processor.image_processor([[opened]], return_tensors="pt")
    return int(out["num_tiles"][0][0])


def _tokens_per_tile(checkpoint: Checkpoint) -> int:
    config: Any = checkpoint.model.config.vision_config
    return int((config.image_size // config.patch_size) ** 2 + 1)


def advised_images(name: CheckpointName) -> int | None:
    """Return how many images a checkpoint's makers advise, by its configuration; raises as `load_config`."""
    return ADVISED_IMAGES.get(load_config(resolve_base(name)).model_type)
