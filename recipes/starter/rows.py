"""What one step learns from: pictures, their dense labels, and sequences in which many questions share a picture.

A sequence begins with the picture's tokens; each question follows as a block that sees the picture and itself but no
other question, at the positions that it would have alone. So a picture is encoded once for all its questions, and each
question is learnt exactly as it is asked later. One step in eight holds conversations of several pictures instead.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import questions
import scenes
import torch
from architecture import IMAGE_TOKENS
from questions import Question
from torch import Tensor

IGNORED = -100
_CONVERSATIONS = 8  # one step in so many
_ASKED = 8
_LONGEST = 152
_SHARES = (("shapes", 50), ("writing", 30), ("chart", 8), ("easy", 12))


@dataclass(frozen=True)
class Sample:
    """A picture with what is asked about it.

    Args:
        pixels: (96, 96, 3) uint8.
        planes: (4, 12, 12) of dense labels; None where they are not known.
        asked: The questions.
    """

    pixels: np.ndarray[Any, Any]
    planes: np.ndarray[Any, Any] | None
    asked: tuple[Question, ...]


@dataclass(frozen=True)
class Batch:
    """Pictures and sequences.

    Args:
        pixels: (n, 3, 96, 96) uint8, in the order of the sequences' picture tokens.
        planes: (n, 4, 12, 12) int64, IGNORED where nothing is known.
        ids, labels, positions, blocks: (s, length); block 0 is what all of a sequence sees, -1 is padding.
    """

    pixels: Tensor
    planes: Tensor
    ids: Tensor
    labels: Tensor
    positions: Tensor
    blocks: Tensor

    @property
    def mask(self) -> Tensor:
        """(s, 1, length, length) bool: who may look at whom."""
        length = self.ids.shape[1]
        seen, looks = self.blocks[:, None, :], self.blocks[:, :, None]
        before = torch.ones(length, length, dtype=torch.bool, device=self.ids.device).tril()
        allowed = before & ((seen == 0) | (seen == looks)) & (seen >= 0)
        return (allowed | torch.eye(length, dtype=torch.bool, device=self.ids.device))[:, None]

    def to(self, device: str) -> Batch:
        """Bring it to a device."""
        return Batch(*(getattr(self, name).to(device, non_blocking=True) for name in self.__dataclass_fields__))


class Batches(torch.utils.data.IterableDataset):  # type: ignore[type-arg]
    """The batches from a step on; each is drawn from its number alone, so a training can go on anywhere."""

    def __init__(self, tokenizer: Any, size: int, start: int, stop: int, seed: int, seeing: bool = False) -> None:
        self._tokenizer, self._size, self._seed, self._seeing = tokenizer, size, seed, seeing
        self._steps = range(start, stop)

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        first, every = (worker.id, worker.num_workers) if worker else (0, 1)
        for step in self._steps[first::every]:
            yield self.at(step)

    def at(self, step: int) -> Batch:
        """Draw the batch of one step."""
        chance = random.Random(f"{self._seed} {step} {self._seeing}")
        several = not self._seeing and step % _CONVERSATIONS == _CONVERSATIONS - 1
        samples = [sample(chance, 0 if self._seeing else 2 if several else _ASKED) for _ in range(self._size)]
        return batch(self._tokenizer, samples, chance if several else None)


def sample(chance: random.Random, most: int) -> Sample:
    """Draw lots for a picture with up to so many questions."""
    (what,) = chance.choices([name for name, _ in _SHARES], [share for _, share in _SHARES])
    if what == "easy":
        return _easy(chance, most)
    if what == "shapes":
        scene = scenes.shapes(chance)
    elif what == "chart":
        scene = scenes.chart(chance)
    else:
        texts = (
            chance.choice(scenes.WORDS),
            str(chance.randrange(100)),
            scenes.letters(chance),
            scenes.letters(chance),
        )
        scene = scenes.writing(chance, chance.choice(texts))
    asked = questions.asked(scene, chance, most) if most else []
    if most and chance.random() < 0.6:
        asked.insert(chance.randint(0, len(asked)), questions.describe(scene, chance))
    return Sample(np.asarray(scenes.draw(scene)), scenes.dense(scene), tuple(asked))


def batch(tokenizer: Any, samples: Sequence[Sample], several: random.Random | None = None) -> Batch:
    """Make a batch: a sequence a picture, or conversations of two to four pictures where `several` draws them."""
    made: list[list[list[int]]]
    if several is None:
        made = [_sequence(tokenizer, each) for each in samples]
    else:
        made, rest = [], list(samples)
        while rest:
            number = several.randint(2, 4)
            made.append(_conversation(tokenizer, rest[:number], several))
            rest = rest[number:]
    length = max(len(each[0]) for each in made)
    fills = (tokenizer.pad_token_id, IGNORED, 0, -1)
    columns = [
        torch.tensor([row + [fill] * (length - len(row)) for row in rows])
        for rows, fill in zip(zip(*made, strict=True), fills, strict=True)
    ]
    pixels = torch.from_numpy(np.stack([each.pixels for each in samples])).permute(0, 3, 1, 2).contiguous()
    unknown = np.full((len(scenes.PLANES), scenes.GRID, scenes.GRID), IGNORED)
    planes = torch.from_numpy(
        np.stack([unknown if each.planes is None else each.planes.astype(np.int64) for each in samples])
    )
    return Batch(pixels, planes, *columns)


def _sequence(tokenizer: Any, each: Sample) -> list[list[int]]:
    """Token ids, labels, positions and blocks of a picture with its questions."""
    head, (user, assistant, end) = _picture(tokenizer), _turns(tokenizer)
    ids, labels = [user, *head], [IGNORED] * (1 + len(head))
    positions, blocks = list(range(len(ids))), [0] * len(ids)
    start = len(ids)
    for number, asked in enumerate(each.asked, 1):
        question, answer = _tokens(tokenizer, asked.text), _tokens(tokenizer, asked.answer)
        turn = [*question, end, assistant, *answer, end]
        if len(ids) + len(turn) > _LONGEST:
            break
        ids += turn
        labels += [IGNORED] * (len(question) + 2) + [*answer, end]
        positions += range(start, start + len(turn))
        blocks += [number] * len(turn)
    return [ids, labels, positions, blocks]


def _conversation(tokenizer: Any, samples: Sequence[Sample], chance: random.Random) -> list[list[int]]:
    """The same of several pictures in turn, each with its question before or behind it."""
    head, (user, assistant, end) = _picture(tokenizer), _turns(tokenizer)
    ids: list[int] = []
    labels: list[int] = []
    for each in samples:
        for number, asked in enumerate(each.asked[: chance.randint(1, 2)]):
            question, answer = _tokens(tokenizer, asked.text), _tokens(tokenizer, asked.answer)
            shown = [] if number else head
            told = [*question, *shown] if chance.random() < 0.3 else [*shown, *question]
            ids += [user, *told, end, assistant, *answer, end]
            labels += [IGNORED] * (len(told) + 3) + [*answer, end]
        if not each.asked:
            ids += [user, *head, end, assistant, end]
            labels += [IGNORED] * (len(head) + 3) + [IGNORED]
    return [ids, labels, list(range(len(ids))), [0] * len(ids)]


@cache
def _tokens(tokenizer: Any, text: str) -> tuple[int, ...]:
    return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])


@cache
def _picture(tokenizer: Any) -> tuple[int, ...]:
    around, whole, image = tokenizer.convert_tokens_to_ids(["<fake_token_around_image>", "<global-img>", "<image>"])
    return (around, whole, *[image] * IMAGE_TOKENS, around)


@cache
def _turns(tokenizer: Any) -> tuple[int, int, int]:
    user, assistant, end = tokenizer.convert_tokens_to_ids(["<user>", "<assistant>", "<end>"])
    return user, assistant, end


def _easy(chance: random.Random, most: int) -> Sample:
    everything, folder = _easy_vqa()
    number = chance.choice(list(everything)) if most else chance.randrange(len(everything))
    asked = everything[number][:]
    chance.shuffle(asked)
    pixels = _opened(str(folder / f"{number}.png"))
    made = []
    for question in asked[:most]:
        text = question.text
        made.append(Question("easy", text[0].upper() + text[1:] if chance.random() < 0.3 else text, question.answer))
    return Sample(pixels, None, tuple(made))


@cache
def _opened(path: str) -> np.ndarray[Any, Any]:
    with PIL.Image.open(path) as opened:
        size = (scenes.SIDE, scenes.SIDE)
        return np.asarray(opened.convert("RGB").resize(size, PIL.Image.Resampling.LANCZOS))


@cache
def _easy_vqa() -> tuple[dict[int, list[Question]], Path]:
    """The training questions of easy-VQA (Victor Zhou, MIT) by picture, and the folder of the pictures."""
    from importlib.util import find_spec

    spec = find_spec("easy_vqa")
    if spec is None or spec.origin is None:
        raise SystemExit("This needs easy-VQA. Type: pip install easy-vqa==1.0")
    folder = Path(spec.origin).parent / "data" / "train"
    found: dict[int, list[Question]] = {}
    for text, answer, number in json.loads((folder / "questions.json").read_text(encoding="utf-8")):
        found.setdefault(number, []).append(Question("easy", text, answer))
    return found, folder / "images"
