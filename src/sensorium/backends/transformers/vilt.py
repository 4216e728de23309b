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
from sensorium.checkpoint.single import Asked, asked
from sensorium.core.errors import LimitError
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.core.reply import Evidence, Usage
from sensorium.media.image import pixels

ALTERNATIVES = 5
"""How many answers are given as evidence, the best first."""


class Vilt:
    """A Model that chooses the answer from a fixed list; its confidence is the chosen answer's own probability.

    Each answer's probability is judged by itself (a sigmoid): they do not add up to 1, as several may be right.

    Args:
        loaded: A checkpoint, from `sensorium.checkpoint.load`.
        name: What it is called.
    """

    def __init__(self, loaded: Checkpoint, name: str) -> None:
        self.name = name
        self.checkpoint = loaded
        self.limits = Limits(max_images=1, languages=("en",), schema="none")
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Vilt({self.name!r})"

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Return the likeliest answer, its confidence, and the likeliest ones as evidence.

        Raises:
            LimitError: when there is more than one picture and one question, or the question is too long.
        """
        yield from self.batch([chat], options)

    def batch(self, chats: Sequence[Conversation], options: Options) -> list[Delta]:
        """Answer several questions at once; raises as `stream` does."""
        import torch

        questions = [self._checked(chat) for chat in chats]
        processor, model = self.checkpoint.processor, self.checkpoint.model
        seen = [_opened(question, self.checkpoint.name.side) for question in questions]
        with quiet(), self._lock, torch.inference_mode():
            given = processor(seen, [question.text for question in questions], padding=True, return_tensors="pt")
            chances = torch.sigmoid(model(**given.to(model.device)).logits.float()).cpu()
        lengths = given["attention_mask"].sum(dim=1).tolist()
        return [self._delta(row, int(length)) for row, length in zip(chances, lengths, strict=True)]

    def _checked(self, chat: Conversation) -> Asked:
        question = asked(self.name, chat)
        if not question.text:
            raise LimitError(f"The model {self.name!r} needs a question.", 'Ask, e.g. "What colour is the car?"')
        most = self.checkpoint.model.config.max_position_embeddings
        length = len(self.checkpoint.processor.tokenizer(question.text)["input_ids"])
        if length > most:
            raise LimitError(f"The question has {length} tokens; {self.name!r} takes {most}.", "Ask more shortly.")
        return question

    def _delta(self, chances: Any, length: int) -> Delta:
        names = self.checkpoint.model.config.id2label
        best = chances.topk(min(ALTERNATIVES, len(chances)))
        evidence = tuple(
            Evidence("answer", names[number], score=chance)
            for chance, number in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        )
        usage = Usage(input_tokens=length, output_tokens=1)
        return Delta(evidence[0].text, evidence[0].score, evidence=evidence, usage=usage)


def model(name: str) -> Vilt:
    """Load what stands after "vilt:"; raises as `sensorium.checkpoint.load.load` does."""
    return Vilt(load(parse(name), "ViltForQuestionAnswering", ("vilt",)), f"vilt:{name}")


def _opened(question: Asked, side: int) -> PIL.Image.Image:
    (image,) = (part for part in question.seen if isinstance(part, Image))
    return PIL.Image.fromarray(pixels(image, side))
