"""ViLT (Kim et al. 2021, arXiv 2102.03334): one of some thousand known answers, each with its probability.

"vilt:ORG/NAME" or "vilt:./folder", e.g. vilt:dandelin/vilt-b32-finetuned-vqa.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any

import PIL.Image

from sensorium.checkpoint.checkpoint_name import parse
from sensorium.checkpoint.load import Checkpoint, load, quiet
from sensorium.checkpoint.single_question import SingleQuestion, single_question
from sensorium.core.errors import LimitError, quoted
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.core.reply import Evidence, Usage
from sensorium.media.image import pixels

ALTERNATIVES = 5
"""How many answers are given as evidence, the best first."""


class Vilt:
    """A Model that chooses the answer from a fixed list; its confidence is that answer's probability.

    The probabilities are independent (a sigmoid each): they do not add up to 1, as several answers may be right.

    Args:
        checkpoint: From `sensorium.checkpoint.load`.
        name: Its name.
    """

    def __init__(self, checkpoint: Checkpoint, name: str) -> None:
        self.name = name
        self.checkpoint = checkpoint
        self.limits = Limits(max_images=1, languages=("en",), schema="none")
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Vilt({self.name!r})"

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the likeliest answer, its confidence, and the likeliest ones as evidence.

        Raises:
            LimitError: when there is more than one image and one question, or the question is too long.
        """
        yield from self.batch([chat], options)

    def batch(self, chats: Sequence[Conversation], options: Options) -> list[Delta]:
        """Return the answers to several questions at once; raises as `stream` does."""
        import torch

        questions = [self._question(chat) for chat in chats]
        processor, model = self.checkpoint.processor, self.checkpoint.model
        images = [_opened(question, self.checkpoint.name.side) for question in questions]
        with quiet(), self._lock, torch.inference_mode():
            inputs = processor(images, [question.text for question in questions], padding=True, return_tensors="pt")
            probabilities = torch.sigmoid(model(**inputs.to(model.device)).logits.float()).cpu()
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        return [self._delta(row, int(length)) for row, length in zip(probabilities, lengths, strict=True)]

    def _question(self, chat: Conversation) -> SingleQuestion:
        question = single_question(self.name, chat, needs_text=True)
        limit = self.checkpoint.model.config.max_position_embeddings
        length = len(self.checkpoint.processor.tokenizer(question.text)["input_ids"])
        if length > limit:
            raise LimitError(
                f"The question has {length} tokens; {quoted(self.name)} takes {limit}.", "Ask a shorter question."
            )
        return question

    def _delta(self, probabilities: Any, length: int) -> Delta:
        labels = self.checkpoint.model.config.id2label
        best = probabilities.topk(min(ALTERNATIVES, len(probabilities)))
        evidence = tuple(
            Evidence("answer", labels[index], score=probability)
            for probability, index in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        )
        usage = Usage(input_tokens=length, output_tokens=1)
        return Delta(evidence[0].text, evidence[0].score, evidence=evidence, usage=usage)


def model(name: str) -> Vilt:
    """Load the checkpoint of "vilt:NAME"; raises as `sensorium.checkpoint.load.load` does."""
    return Vilt(load(parse(name), "ViltForQuestionAnswering", ("vilt",)), f"vilt:{name}")


def _opened(question: SingleQuestion, side: int) -> PIL.Image.Image:
    (image,) = (part for part in question.media if isinstance(part, Image))
    return PIL.Image.fromarray(pixels(image, side))
