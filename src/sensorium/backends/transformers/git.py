"""GIT (Wang et al. 2022, arXiv 2205.14100): captions of pictures and films, or short answers.

"git:ORG/NAME" or "git:./folder", e.g. git:microsoft/git-base-coco (captions), git:microsoft/git-base-vatex (films),
git:microsoft/git-base-vqav2 (questions); "?task=caption" or "?task=question" where the name does not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

import PIL.Image

from sensorium.checkpoint import generate
from sensorium.checkpoint.checkpoint_name import parse
from sensorium.checkpoint.load import Checkpoint, load, quiet
from sensorium.checkpoint.single import Asked, asked, check_caption
from sensorium.core.errors import LimitError
from sensorium.core.messages import Conversation, Video
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.media.image import pixels
from sensorium.media.video import frames

_ANSWERS = "git:microsoft/git-base-vqav2, or ?task=question after the name"


class Git:
    """A Model that describes one picture, or one film where it was trained on films, or answers one question.

    A checkpoint for films looks at a fixed number of frames, of each equal part the middle one; several pictures are
    taken as frames in their order, and where there are too few the last is shown again.

    Args:
        loaded: A checkpoint, from `sensorium.checkpoint.load`.
        name: What it is called.
        answers: True for one that answers questions, False for one that describes.
    """

    def __init__(self, loaded: Checkpoint, name: str, answers: bool) -> None:
        self.name = name
        self.checkpoint = loaded
        self.answers = answers
        self._frames: int | None = loaded.model.config.num_image_with_embedding
        parts = ("text", "image", "video") if self._frames else ("text", "image")
        self.limits = Limits(parts, max_images=self._frames or 1, languages=("en",), schema="none")
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Git({self.name!r})"

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Return the caption or the answer piece by piece.

        Raises:
            LimitError: when there are earlier turns or too many pictures, or a captioner is asked a question.
        """
        question = asked(self.name, chat)
        if not self.answers:
            check_caption(self.name, question.text, _ANSWERS)
        elif not question.text:
            raise LimitError(f"The model {self.name!r} needs a question.", 'Ask, e.g. "What does the sign say?"')

        def work(give: Callable[[Delta], None], over: Callable[[], bool]) -> None:
            with self._lock:
                if not over():
                    generate.answer(self.checkpoint, self._inputs(question), options, give, over)

        return generate.streamed(work, self.name, options.timeout_seconds)

    def _inputs(self, question: Asked) -> dict[str, Any]:
        import torch

        processor, model = self.checkpoint.processor, self.checkpoint.model
        with quiet():
            seen = processor(images=self._pictures(question), return_tensors="pt")["pixel_values"]
        if self._frames and seen.ndim == 4:
            seen = seen.unsqueeze(0)  # one film of several frames, not several pictures
        inputs = {"pixel_values": seen.to(model.device, model.dtype)}
        if self.answers:
            tokenizer = processor.tokenizer
            ids = [tokenizer.cls_token_id, *tokenizer(question.text, add_special_tokens=False)["input_ids"]]
            inputs["input_ids"] = torch.tensor([ids], device=model.device)
        return inputs

    def _pictures(self, question: Asked) -> list[PIL.Image.Image]:
        side = self.checkpoint.name.side
        found: list[PIL.Image.Image] = []
        for part in question.seen:
            if isinstance(part, Video):
                found += [PIL.Image.fromarray(frame.pixels) for frame in frames(part, self._frames or 1)]
            else:
                found.append(PIL.Image.fromarray(pixels(part, side)))
        most = self._frames or 1
        if len(found) > most:
            raise LimitError(
                f"The model {self.name!r} looks at {most} frames, and the conversation has {len(found)}.",
                "Give one film, or fewer pictures.",
            )
        return found + [found[-1]] * (most - len(found))


def model(name: str) -> Git:
    """Load what stands after "git:"; raises as `sensorium.checkpoint.load.load` does."""
    parsed = parse(name)
    answers = parsed.task == "question" or (not parsed.task and "vqa" in parsed.base.lower())
    return Git(load(parsed, "GitForCausalLM", ("git",)), f"git:{name}", answers)
