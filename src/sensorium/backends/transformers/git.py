"""GIT (Wang et al. 2022, arXiv 2205.14100): captions of images and videos, or short answers.

"git:ORG/NAME" or "git:./folder", e.g. git:microsoft/git-base-coco (captions), git:microsoft/git-base-vatex (videos),
git:microsoft/git-base-vqav2 (questions); "?task=caption" or "?task=question" if the name does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any

import PIL.Image

from sensorium.checkpoint.checkpoint_name import parse
from sensorium.checkpoint.load import Checkpoint, load, quiet
from sensorium.checkpoint.single_question import SingleQuestion, stream_single
from sensorium.core.errors import LimitError, quoted
from sensorium.core.messages import Conversation, Video
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.media.image import pixels
from sensorium.media.video import frames

_ANSWERING_MODEL = "git:microsoft/git-base-vqav2, or ?task=question after the name"


class Git:
    """A Model that describes one image, or one video if it was trained on videos, or answers one question.

    A checkpoint for videos takes a fixed number of frames, the middle one of each equal part; several images are taken
    as frames in their order, and the last one is repeated if there are too few.

    Args:
        checkpoint: From `sensorium.checkpoint.load`.
        name: Its name.
        answers: True for one that answers questions, False for a captioner.
    """

    def __init__(self, checkpoint: Checkpoint, name: str, answers: bool) -> None:
        self.name = name
        self.checkpoint = checkpoint
        self.answers = answers
        self._frames: int | None = checkpoint.model.config.num_image_with_embedding
        parts = ("text", "image", "video") if self._frames else ("text", "image")
        self.limits = Limits(parts, max_images=self._frames or 1, languages=("en",), schema="none")
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Git({self.name!r})"

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the caption or the answer piece by piece.

        Raises:
            LimitError: when other turns come before it, or too many images, or a captioner is asked a question.
        """
        model = "" if self.answers else _ANSWERING_MODEL
        return stream_single(self.checkpoint, self.name, chat, options, self._inputs, self._lock, model)

    def _inputs(self, question: SingleQuestion) -> dict[str, Any]:
        import torch

        processor, model = self.checkpoint.processor, self.checkpoint.model
        with quiet():
            values = processor(images=self._images(question), return_tensors="pt")["pixel_values"]
        if self._frames and values.ndim == 4:
            values = values.unsqueeze(0)  # one video of several frames, not several images
        inputs = {"pixel_values": values.to(model.device, model.dtype)}
        if self.answers:
            tokenizer = processor.tokenizer
            ids = [tokenizer.cls_token_id, *tokenizer(question.text, add_special_tokens=False)["input_ids"]]
            inputs["input_ids"] = torch.tensor([ids], device=model.device)
        return inputs

    def _images(self, question: SingleQuestion) -> list[PIL.Image.Image]:
        count = self._frames or 1
        images: list[PIL.Image.Image] = []
        for part in question.media:
            if isinstance(part, Video):
                images += [PIL.Image.fromarray(frame.pixels) for frame in frames(part, count)]
            else:
                images.append(PIL.Image.fromarray(pixels(part, self.checkpoint.name.side)))
        if len(images) > count:
            raise LimitError(
                f"The model {quoted(self.name)} takes {count} frames, and the conversation has {len(images)}.",
                "Give one video, or fewer pictures.",
            )
        return images + [images[-1]] * (count - len(images))


def model(name: str) -> Git:
    """Load the checkpoint of "git:NAME"; raises as `sensorium.checkpoint.load.load` does."""
    parsed = parse(name)
    answers = parsed.task == "question" or (not parsed.task and "vqa" in parsed.base.lower())
    return Git(load(parsed, "GitForCausalLM", ("git",)), f"git:{name}", answers)
