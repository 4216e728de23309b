"""BLIP (Li et al. 2022, arXiv 2201.12086): captions, or short answers to questions about one picture.

"blip:ORG/NAME" or "blip:./folder", e.g. blip:Salesforce/blip-image-captioning-base, blip:Salesforce/blip-vqa-base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Lock
from typing import Any

import PIL.Image

from sensorium.checkpoint import generate
from sensorium.checkpoint.checkpoint_name import parse
from sensorium.checkpoint.load import Checkpoint, load, load_config, quiet, to_device
from sensorium.checkpoint.single import Asked, asked, check_caption
from sensorium.core.errors import LimitError
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.media.image import pixels

_ANSWERS = "blip:Salesforce/blip-vqa-base"
_QUESTIONS = "BlipForQuestionAnswering"


class Blip:
    """A Model that describes one picture, or answers one question about it.

    Args:
        loaded: A checkpoint, from `sensorium.checkpoint.load`.
        name: What it is called.
        answers: True for one that answers questions, False for one that describes.
    """

    def __init__(self, loaded: Checkpoint, name: str, answers: bool) -> None:
        self.name = name
        # its own generate sets the end token, and lets nobody set another
        self.checkpoint = replace(loaded, eos_token_ids=(loaded.model.config.text_config.sep_token_id,), eos_fixed=True)
        self.answers = answers
        self.limits = Limits(max_images=1, languages=("en",), schema="none")
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Blip({self.name!r})"

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Return the caption or the answer piece by piece.

        Raises:
            LimitError: when there are earlier turns, or a captioner is asked a question.
        """
        question = asked(self.name, chat)
        if not self.answers:
            check_caption(self.name, question.text, _ANSWERS)
        elif not question.text:
            raise LimitError(f"The model {self.name!r} needs a question.", 'Ask, e.g. "What colour is the car?"')

        def work(give: Callable[[Delta], None], over: Callable[[], bool]) -> None:
            with self._lock:
                if not over():
                    generate.answer(self.checkpoint, self._inputs(question), options, give, over)

        return generate.streamed(work, self.name, options.timeout_seconds)

    def _inputs(self, question: Asked) -> dict[str, Any]:
        (image,) = (part for part in question.seen if isinstance(part, Image))
        picture = PIL.Image.fromarray(pixels(image, self.checkpoint.name.side))
        text = question.text if self.answers else None
        with quiet():
            given = self.checkpoint.processor(images=picture, text=text, return_tensors="pt")
        return to_device(self.checkpoint.model, given)


def model(name: str) -> Blip:
    """Load what stands after "blip:"; raises as `sensorium.checkpoint.load.load` does."""
    parsed = parse(name)
    answers = _QUESTIONS in (load_config(parsed).architectures or ())
    auto = _QUESTIONS if answers else "BlipForConditionalGeneration"
    return Blip(load(parsed, auto, ("blip",)), f"blip:{name}", answers)
