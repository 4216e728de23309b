"""Naming clothes by few examples, offline. `python bench/fewshot.py [test|tune]` prints the figures and draws them.

Real photos, real weights, the public functions: each question is a conversation with k examples of each of the ten
labels before it, answered by offline:prototypes and offline:nearest; k = 0 goes by the labels' words alone. Beside
them: the vote of the k examples nearest to the question among all (RICES and no model at all), the majority vote of k
examples drawn by chance, and chance. Examples are drawn five times, by seed.

Test: 372 photos of the catalogue split, examples from the train split. Tune: halves of the train split. Photos of quite
other things, which should get no answer, are those of foolbox (test) and scikit-image (tune).
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from figures import share

from sensorium.ask import ask
from sensorium.core.messages import Conversation, Image
from sensorium.evaluation.metrics import fitting_metric
from sensorium.evaluation.run_store import Record
from sensorium.evaluation.statistics import Interval, bootstrap_interval
from sensorium.eyes.recognition.embedder import OfflineEmbedder
from sensorium.eyes.recognition.examples import METHODS, ExampleClassifier
from sensorium.fewshot import Plan, condition_name, measure, picker, place
from sensorium.tasks.readers import load_task
from sensorium.tasks.rows import RowFormat
from sensorium.tasks.task import Example, Task

ROOT = Path(__file__).parents[1]
CLOTHING = ROOT.parent / "shared/data/clothing"
PICTURE = ROOT / "docs/fewshot.svg"
KS = (0, 1, 4, 8, 16)
DRAWS = 5
SURE = 0.8
QUESTION = "Which garment is this?"
VOTE, NEAREST_VOTE = "majority vote of k random examples", "vote of the k nearest of all examples"
# name -> colour, mark, line: Okabe and Ito's colours, told apart by mark and line too
STYLES = {
    "prototypes": ("#0072B2", "o", "-"),
    "nearest": ("#E69F00", "^", "-"),
    NEAREST_VOTE: ("#009E73", "D", "-."),
    VOTE: ("#D55E00", "s", "--"),
}


@dataclass(frozen=True)
class Line:
    """One way to answer, at one k: the mean over draws, its interval over photos, the lowest and the highest draw."""

    name: str
    k: int
    score: Interval
    low_draw: float
    high_draw: float

    def __str__(self) -> str:
        draws = "" if self.low_draw == self.high_draw else f", draws {self.low_draw:.3f} to {self.high_draw:.3f}"
        return f"{self.name}, k={self.k}: {self.score} (n={self.score.n}{draws})"


def tasks(split: str) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Return (examples to pick from, questions), with the labels told as choices."""
    reading = RowFormat(columns={"image": "file", "answer": "label"}, question=QUESTION)
    whole = load_task(CLOTHING / "labels.csv", reading)
    labels = tuple(sorted(whole.labels))
    whole = Task(whole.name, tuple(replace(example, choices=labels) for example in whole.examples))
    if split == "test":
        return whole.split("train").examples, whole.split("catalogue").examples
    halves = whole.split("train").divided({"train": 0.5, "test": 0.5}, seed=11)
    return halves.split("train").examples, halves.split("test").examples


def others(split: str) -> list[Image]:
    """Return photos of quite other things: foolbox's to test, scikit-image's to tune; none where these are missing."""
    spec = find_spec("foolbox" if split == "test" else "skimage")
    folder = Path(spec.origin or "").parent / "data" if spec else Path()
    names = "imagenet_*.jpg" if split == "test" else "*.png"
    return [Image(path) for path in sorted(folder.glob(names))] if spec else []


def lines_of(pool: tuple[Example, ...], asked: tuple[Example, ...]) -> tuple[list[Line], dict[int, list[Scored]]]:
    """Return the lines, and for each k the first draw's records of the prototypes."""
    embedder = OfflineEmbedder()
    labels = len({example.answer for example in pool})
    most = min(sum(e.answer == answer for e in pool) for answer in {e.answer for e in pool})
    ks = tuple(k for k in KS if k <= most)
    found: list[Line] = []
    sure: dict[int, list[Scored]] = {}
    for way in METHODS:
        model = ExampleClassifier(way, embedder)
        for k in ks:
            plans = [Plan((k * labels,), "balanced", controls=(), seed=seed) for seed in range(DRAWS if k else 1)]
            records = [scored(model, pool, asked, plan) for plan in plans]
            found.append(line(way, k, records))
            sure |= {k: records[0]} if k and way == "prototypes" else {}
    for name, pick, draws in ((NEAREST_VOTE, "nearest", 1), (VOTE, "random", DRAWS)):
        for k in ks[1:]:
            plans = [Plan((k,), pick, metric="choice", controls=("vote",), seed=seed) for seed in range(draws)]
            model = ExampleClassifier("nearest", embedder)
            records = [scored(model, pool, asked, plan, embedder, "vote") for plan in plans]
            found.append(line(name, k, records))
    return found, sure


@dataclass(frozen=True)
class Scored:
    """A record with its score."""

    record: Record
    score: float


def scored(
    model: ExampleClassifier,
    pool: tuple[Example, ...],
    asked: tuple[Example, ...],
    plan: Plan,
    embedder: OfflineEmbedder | None = None,
    control: str = "examples",
) -> list[Scored]:
    answers = measure(model, pool, asked, plan, embedder)
    records = answers.records[condition_name(plan.shots[0], control)]
    metric = plan.metric or fitting_metric(asked)
    return [Scored(record, answers.score(record, metric)) for record in records.values()]


def line(name: str, k: int, draws: list[list[Scored]]) -> Line:
    means = [sum(record.score for record in draw) / len(draw) for draw in draws]
    photos = [sum(scores) / len(scores) for scores in zip(*([r.score for r in d] for d in draws), strict=True)]
    return Line(name, k, bootstrap_interval(photos), min(means), max(means))


def draw(lines: list[Line], chance: float, asked: int, path: Path) -> None:
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams["svg.hashsalt"] = "fewshot"
    figure = Figure(figsize=(7.5, 5.2), layout="constrained")
    axes = figure.add_subplot()
    ks = sorted({one.k for one in lines})
    for nth, (name, (colour, mark, style)) in enumerate(STYLES.items()):
        own = [one for one in lines if one.name == name]
        at = [ks.index(one.k) + 0.06 * (nth - 1.5) for one in own]
        errors = [[o.score.mean - o.score.low for o in own], [o.score.high - o.score.mean for o in own]]
        label = f"{name}, k examples a label" if name in METHODS else name
        means = [one.score.mean for one in own]
        axes.errorbar(at, means, yerr=errors, color=colour, marker=mark, linestyle=style, capsize=3, label=label)
    axes.axhline(chance, color="#555555", linewidth=1, linestyle=(0, (6, 4)), label=f"chance, {chance:.2f}")
    axes.set_xticks(range(len(ks)), [str(k) if k else "0\n(the labels' words)" for k in ks])
    axes.set_xlabel("k, examples")
    axes.set_ylabel("Share of photos named rightly, 95 % intervals")
    axes.set_ylim(0, 1)
    axes.grid(axis="y", color="#dddddd")
    axes.set_axisbelow(True)
    axes.set_title(f"Ten kinds of clothes, {asked} photos, offline", fontsize=11)
    figure.legend(frameon=False, fontsize=9, loc="outside lower center", ncols=2)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=120)


def main() -> None:
    split = sys.argv[1] if len(sys.argv) > 1 else "test"
    if not CLOTHING.is_dir():
        print(f"No folder {CLOTHING}: nothing to measure.")
        return
    start = time.perf_counter()
    pool, asked = tasks(split)
    labels = len({example.answer for example in pool})
    lines, sure = lines_of(pool, asked)
    print(f"Few-shot on clothes, split {split}: {len(asked)} photos, {len(pool)} examples to pick from")
    for one in lines:
        print(f"  {one}")
    commonest = max(sum(e.answer == answer for e in asked) for answer in {e.answer for e in asked})
    print(f"  chance: {1 / labels:.3f}; always the commonest label of the asked: {commonest / len(asked):.3f}")
    for k, records in sure.items():
        refused = sum(one.record.abstained for one in records)
        said = [(one.record.confidence, one.score) for one in records if one.record.confidence is not None]
        if not said:
            continue
        high = [score for confidence, score in said if confidence >= SURE]
        print(
            f"  prototypes, k={k}, first draw: mean confidence {sum(c for c, _ in said) / len(said):.3f}, right"
            f" {sum(s for _, s in said) / len(said):.3f}; of {len(high)} that it is {SURE} sure of, right"
            f" {sum(high) / max(len(high), 1):.3f}; no answer for {refused} of the {len(records)} photos"
        )
        seconds = sorted(one.record.usage.seconds or 0.0 for one in records)[len(records) // 2]
        print(f"    {seconds:.4f} s a question with {k * labels} examples whose pictures were embedded before")
    strange = others(split)
    for k in (k for k in KS[2:] if strange and k * labels <= len(pool)):
        shots = picker("balanced", pool)(asked[0].conversation, k * labels)
        model, asking = ExampleClassifier("prototypes"), asked[0].conversation.messages[-1].text
        replies = [ask(model, place(shots, Conversation.of(image, asking))) for image in strange]
        refused = sum(reply.abstained for reply in replies)
        print(f"  {share(f'photos of quite other things that get no answer, k={k}', refused, len(strange))}")
    path = PICTURE if split == "test" else PICTURE.with_name(f"fewshot-{split}.svg")
    if split == "test":
        draw(lines, 1 / labels, len(asked), path)
        print(f"  drawn to {path.relative_to(ROOT)}")
    print(f"  {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
