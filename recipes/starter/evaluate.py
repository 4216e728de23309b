"""Measures the starter's accuracy by family of questions: `python recipes/starter/evaluate.py [MODEL]`.

The model is loaded and asked like any other, by `sensorium.load` and `ask_all`. Scenes are drawn with a seed that
isn't used in training; those of easy-VQA are its own test pictures. Beside each figure stand two baselines that don't
see the picture: a linear model of the question's words, cross-validated, and the most frequent answer of that kind.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import questions
import scenes

from sensorium import Conversation, Image, ask, ask_all, load
from sensorium.core.blob import Blob
from sensorium.core.errors import NoWordsError, SensoriumError
from sensorium.core.protocols import Model, Options
from sensorium.evaluation.statistics import bootstrap_interval
from sensorium.tune.dataset.blind import blind

SEED = 3_000_017
"""Random seed of the test; training evaluates with another. 2,000,003 was used before the training's last part."""
_TIMED = 40


@dataclass(frozen=True)
class Asked:
    """A question with its picture and right answer."""

    image: Image
    text: str
    answer: str
    kind: str


def drawn(family: str, count: int, seed: int = SEED) -> list[Asked]:
    """Return a family's questions on scenes drawn for them."""
    return [
        Asked(Image(Blob(png(scene))), question.text, question.answer, question.kind)
        for scene, question in questions.balanced(family, count, seed)
    ]


def easy(count: int) -> list[Asked]:
    """Return a random sample of easy-VQA's test questions; all of them if `count` is 0."""
    spec = find_spec("easy_vqa")
    if spec is None or spec.origin is None:
        raise SystemExit("This needs easy-VQA. Type: pip install easy-vqa==1.0")
    folder = Path(spec.origin).parent / "data" / "test"
    rows = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    if count:
        rows = random.Random(SEED).sample(rows, min(count, len(rows)))
    return [Asked(Image(str(folder / "images" / f"{number}.png")), text, answer, "") for text, answer, number in rows]


def png(scene: scenes.Scene) -> bytes:
    """Return a scene as a PNG file."""
    file = io.BytesIO()
    scenes.draw(scene).save(file, "PNG")
    return file.getvalue()


def main() -> None:
    """Ask all questions, print a line for each family, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "model", nargs="?", default="starter", help="model name, as in sensorium.load (default: starter)"
    )
    parser.add_argument("--count", type=int, default=500, help="questions of each family")
    parser.add_argument("--easy", type=int, default=0, help="questions of easy-VQA (default: all 9,673)")
    parser.add_argument("--out", default="", help="write the figures to this JSON file")
    args = parser.parse_args()
    start = time.monotonic()
    model = load(args.model)
    families = [*questions.FAMILIES, "easy-VQA", *questions.LEFT_OUT]
    found = []
    for number, family in enumerate(families):
        asked = easy(args.easy) if family == "easy-VQA" else drawn(family, args.count)
        said = _answers(model, asked)
        found.append(_figures(family, asked, said))
        print(_line(found[-1]), flush=True)
        left = (time.monotonic() - start) / (number + 1) * (len(families) - number - 1)
        print(f"about {left / 60:.0f} min left", file=sys.stderr)
    times = _times(args.model)
    print(f"Warm, one thread, n={_TIMED}: " + ", ".join(f"{key} {value * 1000:.0f} ms" for key, value in times.items()))
    if args.out:
        text = json.dumps({"families": found, "seconds": times}, indent=1)
        Path(args.out).write_text(text + "\n", encoding="utf-8")


def _said(model: Model, chat: Conversation, options: Options) -> str:
    """Return the answer; one without words counts as wrong."""
    try:
        return ask(model, chat, options).text
    except NoWordsError:
        return ""


def _answers(model: Model, asked: Sequence[Asked]) -> list[str]:
    chats = [Conversation.of(each.image, each.text) for each in asked]
    options = Options(max_tokens=16, timeout_seconds=3600)
    said: list[str] = []
    for at in range(0, len(chats), 64):
        some = chats[at : at + 64]
        try:
            try:
                said += [reply.text for reply in ask_all(model, some, options)]
            except NoWordsError:
                said += [_said(model, chat, options) for chat in some]
        except SensoriumError as error:
            raise SystemExit(str(error)) from None
    return said


def _figures(family: str, asked: Sequence[Asked], said: Sequence[str]) -> dict[str, object]:
    right = [float(text.strip() == each.answer) for text, each in zip(said, asked, strict=True)]
    score = bootstrap_interval(right)
    kinds = {}
    for kind in dict.fromkeys(each.kind for each in asked):
        own = [value for value, each in zip(right, asked, strict=True) if each.kind == kind]
        kinds[kind or family] = round(sum(own) / len(own), 4)
    pictures: dict[str, int] = {}
    groups = [pictures.setdefault(each.image.blob.digest, len(pictures)) for each in asked]
    words = blind([each.text for each in asked], [each.answer for each in asked], groups)
    alone = {"note": words} if isinstance(words, str) else {"words": words.words.mean, "kind": words.kind.mean}
    return {
        "family": family, "right": score.mean, "low": score.low, "high": score.high, "n": len(asked),
        "question_alone": alone, "kinds": kinds,
    }  # fmt: skip


def _line(found: dict[str, object]) -> str:
    return (
        f"{found['family']}: {found['right']:.3f} [{found['low']:.3f}, {found['high']:.3f}] n={found['n']}"
        f"  question alone {found['question_alone']}  {found['kinds']}"
    )


def _times(name: str) -> dict[str, float]:
    """Return the seconds of loading and of answering on one thread, all packages imported."""
    import torch

    torch.set_num_threads(1)
    loads, answers = [], []
    for each in drawn("position", _TIMED, SEED + 1):
        start = time.perf_counter()
        model = load(name)
        loaded = time.perf_counter()
        _said(model, Conversation.of(each.image, each.text), Options())
        loads.append(loaded - start)
        answers.append(time.perf_counter() - loaded)
    both = [load + answer for load, answer in zip(loads, answers, strict=True)]
    return {
        "load, p50": statistics.median(loads), "answer, p50": statistics.median(answers),
        "both, p50": statistics.median(both), "both, p95": sorted(both)[int(_TIMED * 0.95)],
    }  # fmt: skip


if __name__ == "__main__":
    main()
