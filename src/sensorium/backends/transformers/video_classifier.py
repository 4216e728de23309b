"""VideoMAE (Tong et al. 2022, arXiv 2203.12602) and TimeSformer (Bertasius et al. 2021, arXiv 2102.05095): the action.

"videomae:ORG/NAME", "timesformer:ORG/NAME" or a folder, e.g. videomae:MCG-NJU/videomae-base-finetuned-kinetics,
timesformer:facebook/timesformer-base-finetuned-k400.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any

import PIL.Image

from sensorium.checkpoint.checkpoint_name import parse
from sensorium.checkpoint.load import Checkpoint, load, quiet
from sensorium.checkpoint.single_question import SingleQuestion, describes, single_question
from sensorium.core.errors import LimitError, quoted
from sensorium.core.messages import Conversation, Video
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.core.reply import Evidence, Usage
from sensorium.media.image import pixels
from sensorium.media.video import frames, probe

MODEL_TYPES = ("videomae", "timesformer")
ALTERNATIVES = 5
"""How many actions are given as evidence, the likeliest first."""
_SIDE = 640
_CHOICES = re.compile(r"\s*Answer with one of: (.+)\.\s*$", re.I | re.S)
_WHO = r"(?:he|she|they|it|i|you|this|the|that|a|an|one|someone|somebody|people|everyone)(?:\s+[\w'-]+){0,3}?"
_ASKS_ACTION = re.compile(
    rf"""(?:please\s+|can\ you\s+|could\ you\s+)*(?:
        (?:name|classify|recogni[sz]e|identify|label)\b.*\b(?:action|activity|video|clip|film|exercise|sport)\b.* |
        (?:what|which)(?:\s+\w+){{0,3}}\s+(?:action|activity|exercise|sport|movement|gesture)s?\b.* |
        what(?:'s|\ is|\ are|'re)\ {_WHO}\ doing\b.* |
        what\ (?:does|do|did)\ {_WHO}\ do\b.* |
        what(?:'s|\ is)\ being\ done\b.* |
        what(?:'s|\ is)?\ (?:happens|happening|going\ on)\b.*
    )""",
    re.I | re.X | re.S,
)


class VideoClassifier:
    """A Model that names the action in one video: one of its labels; the confidence is that label's probability.

    It takes exactly as many frames as it was trained on, shown in the middle of equal parts of the clip; several images
    are taken as frames in their order. Fewer are repeated. Choices that the question ends with ("Answer with one of:
    …") are the only labels then.

    Args:
        checkpoint: From `sensorium.checkpoint.load`.
        name: Its name.
    """

    def __init__(self, checkpoint: Checkpoint, name: str) -> None:
        self.name = name
        self.checkpoint = checkpoint
        config = checkpoint.model.config
        self.frame_count = int(config.num_frames)
        self.labels = tuple(str(config.id2label[number]) for number in range(config.num_labels))
        self.limits = Limits(("text", "image", "video"), self.frame_count, ("en",), schema="none", may_think=False)
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"VideoClassifier({self.name!r})"

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the likeliest action, its confidence, and the likeliest ones as evidence.

        Raises:
            LimitError: if other turns come before it, if there are too many frames, if it is asked for something other
                than the action, or for actions that it doesn't know.
            MediaError: if the video can't be opened.
        """
        yield from self.batch([chat], options)

    def batch(self, chats: Sequence[Conversation], options: Options) -> list[Delta]:
        """Return the actions of several videos at once; raises as `stream` does."""
        import torch

        questions = [single_question(self.name, chat) for chat in chats]
        allowed = [self._allowed(question.text) for question in questions]
        clips = [self._frames(question) for question in questions]
        model = self.checkpoint.model
        with quiet(), self._lock, torch.inference_mode():
            values = self.checkpoint.processor(clips, return_tensors="pt")["pixel_values"]
            logits = model(pixel_values=values.to(model.device, model.dtype)).logits.float().cpu()
        return [self._delta(row, numbers) for row, numbers in zip(logits, allowed, strict=True)]

    def _frames(self, question: SingleQuestion) -> list[PIL.Image.Image]:
        videos = [part for part in question.media if isinstance(part, Video)]
        if videos and len(question.media) > 1:
            raise LimitError(
                f"The model {quoted(self.name)} takes one video or its frames, and the conversation has "
                f"{len(question.media)} videos and pictures.",
                "Ask about one at a time.",
            )
        if videos:
            return [PIL.Image.fromarray(shown) for shown in _evenly(videos[0], self.frame_count)]
        images = [
            PIL.Image.fromarray(pixels(part, self.checkpoint.name.side))
            for part in question.media
            if not isinstance(part, Video)
        ]
        sizes = {image.size for image in images}
        if len(sizes) > 1:
            raise LimitError(
                f"The pictures have different sizes ({', '.join(f'{w}×{h}' for w, h in sorted(sizes))}): they can't be "
                "frames of one video.",
                "Give one video, or its frames.",
            )
        return [images[number * len(images) // self.frame_count] for number in range(self.frame_count)]

    def _allowed(self, text: str) -> list[int]:
        """Return the labels that may be answered: all, or those that the question offers."""
        offered = _CHOICES.search(text)
        question = text[: offered.start()] if offered else text
        if not describes(question.strip()) and not _ASKS_ACTION.match(question.strip()):
            raise LimitError(
                f"The model {quoted(self.name)} names the action in a clip and can't answer questions such as "
                f"{question.strip()[:60]!r}.",
                "Ask what happens, or use a model that answers: sensorium models lists what each takes.",
            )
        if offered is None:
            return list(range(len(self.labels)))
        known = {_plain(label): number for number, label in enumerate(self.labels)}
        choices = re.split(r"\s*;\s*" if ";" in offered[1] else r"\s*,\s*", offered[1].strip())
        unknown = [choice for choice in choices if _plain(choice) not in known]
        if unknown:
            raise LimitError(
                f"The model {quoted(self.name)} doesn't know the action {quoted(unknown[0])}.",
                f"It knows {len(self.labels)}: {', '.join(self.labels[:5])} …",
            )
        return sorted({known[_plain(choice)] for choice in choices})

    def _delta(self, logits: Any, allowed: Sequence[int]) -> Delta:
        chosen = logits[list(allowed)]
        several = self.checkpoint.model.config.problem_type == "multi_label_classification"
        chances = chosen.sigmoid() if several else chosen.softmax(-1)
        best = chances.topk(min(ALTERNATIVES, len(chances)))
        evidence = tuple(
            Evidence("answer", self.labels[allowed[place]], score=chance)
            for chance, place in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        )
        return Delta(evidence[0].text, evidence[0].score, evidence=evidence, usage=Usage(output_tokens=1))


def model(name: str) -> VideoClassifier:
    """Load the checkpoint of "videomae:NAME" or "timesformer:NAME"; raises as `sensorium.checkpoint.load.load` does."""
    loaded = load(parse(name), "AutoModelForVideoClassification", MODEL_TYPES, images_only=True)
    return VideoClassifier(loaded, f"{loaded.model_type}:{name}")


def _evenly(video: Video, count: int) -> list[Any]:
    """Return the pixels shown in the middle of each equal part of a clip, repeated where the clip has fewer frames."""
    shown = frames(video, count, _SIDE)
    start, seconds = video.start or 0.0, probe(video).seconds
    times = [start + seconds * (2 * number + 1) / (2 * count) for number in range(count)]
    own = [frame.at for frame in shown]
    return [shown[max(0, bisect_right(own, time + 1e-6) - 1)].pixels for time in times]


def _plain(label: str) -> str:
    return re.sub(r"[\s_]+", " ", label).strip().casefold()
