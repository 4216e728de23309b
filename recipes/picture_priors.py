"""Fit the prior odds before a picture: what it shows -> how much likelier each kind of question is.

    python recipes/picture_priors.py          cross-validate, then write the file that the parser loads

The tune set joins the phrasings of recipes/phrasings.jsonl, and the questions about drawn charts of bench/charts.py
(tune split), with drawn pictures of the sort that such a question is asked of. Probabilities come from classifiers
that were trained without the voice. Odds are fitted by log loss on a grid; of the values within one standard error of
the best the one nearest to 1 is taken (Breiman et al. 1984, the one-standard-error rule). Fitted odds are written only
if they beat the present ones on held-out voices by more than a standard error, and none lies at an end of the grid: an
end means that the join, not a person, decided (in it no field is asked of a chart). Else the present ones stay, and the
file says so.
Needs scikit-learn beside the offline extra, and matplotlib. No picture of a test split is used.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import understand
from numpy.typing import NDArray

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "bench"))

import charts  # noqa: E402
import pages  # noqa: E402
from chart_drawing import draw_charts  # noqa: E402

from sensorium.eyes.charts import Series, Table  # noqa: E402
from sensorium.eyes.charts.arithmetic import labels_in  # noqa: E402
from sensorium.eyes.question import KINDS  # noqa: E402
from sensorium.eyes.question.classifier import Classifiers, extract_features  # noqa: E402
from sensorium.eyes.question.priors import PATH, Priors, load_priors  # noqa: E402
from sensorium.eyes.question.thing_terms import content_words, names_code  # noqa: E402

SEED = 10
CHARTS, PAGES = 150, 60  # drawn pictures
PICTURES = 3  # of each sort, for each phrasing
GRID = 2.0 ** np.arange(-6, 7)
ROUNDS = 4  # of coordinate descent; no value moves after the third
ASKED_OF = {  # kind -> sorts of pictures that it is asked of
    "chart": ("chart",), "field": ("page", "code"), "read": ("page", "code", "photo"), "barcode": ("code",),
    "name": ("photo", "code"), "presence": ("photo",), "colour": ("photo",), "count": ("photo",),
    "quality": ("chart", "page", "code", "photo"), "describe": ("chart", "page", "code", "photo"),
    "decline": ("chart", "page", "code", "photo"),
}  # fmt: skip
FITTED = {  # odds -> kinds that they may move
    "chart": ("chart", "field", "count", "decline"), "no_chart": ("chart",),
    "label_named": ("chart", "field", "count", "decline"), "code_named": ("barcode",),
    "word_named": ("field", "read", "decline"),
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A question before a picture, with what is known of both."""

    text: str
    kind: str
    fold: int
    sort: str
    labels: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    weight: float = 1.0


def tune_set(rows: Sequence[understand.Row], fold: Mapping[str, int]) -> list[Asked]:
    """Return every single phrasing before pictures of each sort that it is asked of, and questions about charts."""
    rng = random.Random(SEED)
    truths = [truth for _, truth, _ in draw_charts("tune", CHARTS, SEED)]
    texts = [case.question for case in charts.cases("tune", CHARTS, SEED)]
    rows_of = [pages.page(kind, "tune", SEED + number).rows for kind in ("receipt", "label") for number in range(PAGES)]
    words = [frozenset(word for row in rows for word in content_words(row)) for rows in rows_of]
    asked = [
        Asked(text, "chart", number % understand.FOLDS, "chart", truth.labels)
        for number, (text, truth) in enumerate(zip(texts, truths, strict=True))
    ]
    for row in rows:
        if len(row["kinds"]) != 1:
            continue
        (kind,) = row["kinds"]
        for sort in ASKED_OF[kind]:
            weight = 1 / (PICTURES * len(ASKED_OF[kind]))
            for _ in range(PICTURES):
                labels = rng.choice(truths).labels if sort == "chart" else ()
                page = rng.choice(words) if sort in ("page", "code") else frozenset()
                asked.append(Asked(row["text"], kind, fold[row["voice"]], sort, labels, page, weight))
    return asked


def cues(asked: Asked) -> str:
    """Return which odds of the five hold; those of a word hold if a first parse without them declines."""
    if asked.sort == "chart":
        table = Table("bar", asked.labels, (Series((1.0,) * len(asked.labels)),))
        return "label_named" if labels_in(table, asked.text) else "chart"
    if asked.sort == "code" and names_code(asked.text.casefold()):
        return "code_named"
    return "word_named" if asked.words & content_words(asked.text) else "no_chart"


def posterior(probabilities: NDArray[np.float64], odds: Mapping[str, float]) -> NDArray[np.float64]:
    weighed = probabilities * np.array([0.0 if kind == "none" else odds.get(kind, 1.0) for kind in KINDS])
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Sample:
    """Questions under one cue: probabilities (n, kinds) without odds, true kinds, weights, folds."""

    probabilities: NDArray[np.float64]
    kinds: NDArray[np.int64]
    weights: NDArray[np.float64]
    folds: NDArray[np.int64]

    def losses(self, odds: Mapping[str, float]) -> NDArray[np.float64]:
        """Return the log loss of each question in nats."""
        chances = posterior(self.probabilities, odds)[np.arange(len(self.kinds)), self.kinds]
        return np.asarray(-np.log(np.maximum(chances, 1e-9)))

    def where(self, chosen: NDArray[np.bool_]) -> Sample:
        return Sample(self.probabilities[chosen], self.kinds[chosen], self.weights[chosen], self.folds[chosen])


def mean_and_error(values: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Return the weighted mean and its standard error."""
    mean = float(np.average(values, weights=weights))
    spread = float(np.sum((weights * (values - mean)) ** 2)) ** 0.5
    return mean, spread / float(weights.sum())


def fit(sample: Sample, names: Sequence[str], base: Mapping[str, float]) -> dict[str, float]:
    """Return the odds of the named kinds; `base` holds beside them."""
    odds = dict.fromkeys(names, 1.0)
    for _ in range(ROUNDS):
        for name in names:
            losses = [sample.losses({**base, **odds, name: float(factor)}) for factor in GRID]
            best = int(np.argmin([np.average(loss, weights=sample.weights) for loss in losses]))
            for index in sorted(range(len(GRID)), key=lambda i: abs(np.log(GRID[i]))):
                mean, error = mean_and_error(losses[index] - losses[best], sample.weights)
                if mean <= error:
                    odds[name] = float(GRID[index])
                    break
    return odds


def out_of_fold(
    rows: Sequence[understand.Row], fold: Mapping[str, int]
) -> Callable[[Sequence[Asked]], NDArray[np.float64]]:
    """Return a function: questions -> probabilities of the kinds, by classifiers that never saw the voice."""
    examples = understand.examples(list(rows))
    features = extract_features([e.text for e in examples])
    trained: list[Classifiers] = []
    for number in range(understand.FOLDS):
        texts = [str(row["text"]) for row in rows if fold.get(str(row["voice"])) == number]
        near = features[:, :384] @ extract_features(texts)[:, :384].T
        use = (near.max(axis=1) < understand.NEAR) & np.array([fold.get(e.voice) != number for e in examples])
        some = [e for e, used in zip(examples, use, strict=True) if used]
        trained.append(understand.fit(some, features[use], understand.TEMPERATURE))

    def probabilities(asked: Sequence[Asked]) -> NDArray[np.float64]:
        unique = list(dict.fromkeys((one.text, one.fold) for one in asked))
        rows = extract_features([text for text, _ in unique])
        known = {key: trained[key[1]].kind.probabilities(row[None])[0] for key, row in zip(unique, rows, strict=True)}
        return np.array([known[one.text, one.fold] for one in asked], dtype=np.float64)

    return probabilities


def main() -> None:
    rows = understand.load()
    voices = sorted({str(row["voice"]) for row in rows if row["kinds"]})
    fold = {voice: number % understand.FOLDS for number, voice in enumerate(voices)}
    asked = tune_set(rows, fold)
    every = Sample(
        out_of_fold(rows, fold)(asked),
        np.array([KINDS.index(one.kind) for one in asked]),
        np.array([one.weight for one in asked]),
        np.array([one.fold for one in asked]),
    )
    shown = np.array([cues(one) for one in asked])
    priors = load_priors()
    no_chart = posterior(every.probabilities, priors.no_chart)
    declined = no_chart.argmax(axis=1) == KINDS.index("decline")
    doubtful = declined & (no_chart.max(axis=1) < priors.declined_from)
    lines: list[str] = []
    for name in FITTED:
        chosen = (shown == name) & (doubtful if name == "word_named" else True)
        lines += compare(name, every.where(chosen), priors)
    head = PATH.read_text(encoding="utf-8").partition("[odds]")[0]
    PATH.write_text(f"{head}[odds]\n" + "\n".join(lines) + "\n", encoding="utf-8")


def compare(name: str, sample: Sample, priors: Priors) -> list[str]:
    """Return the lines of one kind of odds for the file: how present and fitted compare, and the better of the two."""
    base = priors.no_chart if name in ("code_named", "word_named") else {}
    present: Mapping[str, float] = getattr(priors, name)
    held_out = np.empty(len(sample.kinds))
    for number in range(understand.FOLDS):
        tested = sample.folds == number
        held_out[tested] = sample.where(tested).losses({**base, **fit(sample.where(~tested), FITTED[name], base)})
    before = sample.losses({**base, **present})
    gain, error = mean_and_error(before - held_out, sample.weights)
    fitted = fit(sample, FITTED[name], base)
    at_an_end = [kind for kind, factor in fitted.items() if factor in (GRID[0], GRID[-1])]
    if gain <= error:
        verdict, odds = "the present odds stay, the fit is not better", present
    elif at_an_end:
        verdict, odds = f"the present odds stay, the grid ends at the fitted ones of {', '.join(at_an_end)}", present
    else:
        verdict, odds = "fitted", {kind: factor for kind, factor in fitted.items() if factor != 1}
    questions = len(set(zip(sample.kinds, sample.probabilities[:, 0], strict=True)))
    means = [np.average(loss, weights=sample.weights) for loss in (sample.losses(base), before, held_out)]
    lines = [
        f"# {questions} questions; log loss of held-out voices {means[0]:.3f} without odds, {means[1]:.3f} present,",
        f"# {means[2]:.3f} fitted (gain {gain:.3f}, standard error {error:.3f}). Fitted on all: {_toml(fitted)}.",
        f"# Verdict: {verdict}.",
        f"{name} = {_toml(odds)}",
    ]
    print("\n".join(lines))
    return lines


def _toml(odds: Mapping[str, float]) -> str:
    return "{" + ", ".join(f"{kind} = {factor:g}" for kind, factor in odds.items()) + "}"


if __name__ == "__main__":
    main()
