"""BLIP (Li et al. 2022, arXiv 2201.12086): captions, or short answers to questions about one image.

"blip:ORG/NAME" or "blip:./folder", e.g. blip:Salesforce/blip-image-captioning-base, blip:Salesforce/blip-vqa-base.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Lock
from typing import Any

import PIL.Image

from sensorium.checkpoint.checkpoint_name import parse
from sensorium.checkpoint.device import to_device
from sensorium.checkpoint.load import Checkpoint, load, load_config, quiet
from sensorium.checkpoint.single_question import SingleQuestion, stream_single
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.media.image import pixels

_ANSWERING_MODEL = "blip:Salesforce/blip-vqa-base"
_ANSWERING_CLASS = "BlipForQuestionAnswering"


class Blip:
    """A Model that describes one image, or answers one question about it.

    Args:
        checkpoint: From `sensorium.checkpoint.load`.
        name: Its name.
        answers: True for one that answers questions, False for a captioner.
    """

    def __init__(self, checkpoint: Checkpoint, name: str, answers: bool) -> None:
        self.name = name
        # its own generate sets the end token, and accepts no other
        sep = checkpoint.model.config.text_config.sep_token_id
        self.checkpoint = replace(checkpoint, eos_token_ids=(sep,), eos_fixed=True)
        self.answers = answers
        self.limits = Limits(max_images=1, languages=("en",), schema="none")
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Blip({self.name!r})"

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the caption or the answer piece by piece.

        Raises:
            LimitError: when other turns come before it, or a captioner is asked a question.
        """
        model = "" if self.answers else _ANSWERING_MODEL
        return stream_single(self.checkpoint, self.name, chat, options, self._inputs, self._lock, model)

    def _inputs(self, question: SingleQuestion) -> dict[str, Any]:
        (image,) = (part for part in question.media if isinstance(part, Image))
        opened = PIL.Image.fromarray(pixels(image, self.checkpoint.name.side))
        text = question.text if self.answers else None
        with quiet():
            inputs = self.checkpoint.processor(images=opened, text=text, return_tensors="pt")
        return to_device(self.checkpoint.model, inputs)


def model(name: str) -> Blip:
    """Load the checkpoint of "blip:NAME"; raises as `sensorium.checkpoint.load.load` does."""
    parsed = parse(name)
    answers = _ANSWERING_CLASS in (load_config(parsed).architectures or ())
    auto_class = _ANSWERING_CLASS if answers else "BlipForConditionalGeneration"
    return Blip(load(parsed, auto_class, ("blip",)), f"blip:{name}", answers)
