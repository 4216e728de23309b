"""Train the parser of questions: phrasings -> two linear classifiers, with cross-validation by voice.

    python recipes/understand.py          cross-validate, then train, save and print the digest
    python recipes/understand.py --cv     cross-validate only

Needs scikit-learn beside the offline extra. The same phrasings and seed give the same weights, to the byte.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from augment import plain, swap, variants
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from sensorium.eyes.question import KINDS, OPERATIONS, Question, parse
from sensorium.eyes.question.classifier import WEIGHTS, Classifiers, LinearClassifier, extract_features
from sensorium.eyes.question.hashed_ngrams import BUCKETS
from sensorium.eyes.question.thing_terms import find_thing

Row = dict[str, Any]
HERE = Path(__file__).parent
SEED = 0
FOLDS = 6
PHRASING, VARIANT = 2.0, 0.6  # weights of a phrasing and of a variant of it
STRENGTH = 4.0  # C, inverse of the L2 penalty; 2 to 30 were tried by cross-validation
VECTOR_SHARE = 0.7  # the sentence vector's length beside the hashed words'; 0.5 to 2 were tried
TEMPERATURE = 1.0  # flattens what a linear model is too sure of; fitted to the cross-validated answers
COPIES = 4  # variants of a phrasing
NEAR = 0.95  # cosine above which a training phrasing counts as the tested one


@dataclass(frozen=True)
class Example:
    """One clause to learn from: its kind, its chart operation or "", and whose phrasing it is."""

    text: str
    kind: str
    operation: str
    voice: str
    subject: str = ""
    weight: float = PHRASING


def load(path: Path = HERE / "phrasings.jsonl") -> list[Row]:
    """Read the phrasings: one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def examples(rows: list[Row], copies: int = COPIES, seed: int = SEED) -> list[Example]:
    """Return every phrasing, the halves of the double ones, and `copies` variants of each."""
    phrasings = []
    for row in rows:
        for part in row.get("parts") or [row]:
            kind = part["kinds"][0] if part["kinds"] else "none"
            phrasings.append(
                Example(part["text"], kind, part.get("operation", ""), row["voice"], part.get("subject", ""))
            )
    stories = [e.text for e in phrasings if e.kind == "none"]
    rng = random.Random(seed)
    made = []
    for e in phrasings:
        field = e.subject if e.kind == "field" else ""
        others = (
            variants(e.text, stories, rng, copies, field)
            if e.kind != "none"
            else [swap(e.text, rng), plain(e.text, rng)]
        )
        made += [Example(text, e.kind, e.operation, e.voice, weight=VARIANT) for text in others]
    return phrasings + made


def fit(learnt: list[Example], rows: NDArray[np.float32], temperature: float = 1.0) -> Classifiers:
    """Fit both classifiers: the kind on every example, the operation on those about charts."""
    charts = [i for i, e in enumerate(learnt) if e.kind == "chart"]
    weights = np.array([e.weight for e in learnt])
    return Classifiers(
        _classifier(rows, [e.kind for e in learnt], weights, KINDS, temperature),
        _classifier(rows[charts], [learnt[i].operation for i in charts], weights[charts], OPERATIONS, 1.0),
    )


def _classifier(
    rows: NDArray[np.float32],
    labels: list[str],
    weights: NDArray[np.float64],
    classes: tuple[str, ...],
    temperature: float,
) -> LinearClassifier:
    from scipy.sparse import csr_matrix

    share = np.ones(rows.shape[1], dtype=np.float32)
    share[: max(0, rows.shape[1] - BUCKETS)] = VECTOR_SHARE
    model = LogisticRegression(C=STRENGTH, max_iter=200, tol=1e-3).fit(csr_matrix(rows * share), labels, weights)
    order = [list(model.classes_).index(c) for c in classes]
    return LinearClassifier(
        (model.coef_[order] * share).astype(np.float32), model.intercept_[order].astype(np.float32), temperature
    )


def cross_validate(rows: list[Row], learnt: list[Example], rows_of: NDArray[np.float32], temperature: float) -> None:
    """Print the figures of each voice by classifiers that were trained without it."""
    voices = sorted({str(r["voice"]) for r in rows if r["kinds"]})
    fold = {voice: i % FOLDS for i, voice in enumerate(voices)}
    asked, answered = [], []
    for f in range(FOLDS):
        tested = [r for r in rows if fold.get(str(r["voice"])) == f]
        rest = np.array([fold.get(e.voice) != f for e in learnt])
        near = rows_of[:, :384] @ extract_features([str(r["text"]) for r in tested])[:, :384].T
        rest &= near.max(axis=1) < NEAR
        classifiers = fit([e for e, used in zip(learnt, rest, strict=True) if used], rows_of[rest], temperature)
        asked += tested
        answered += [parse(str(r["text"]), classifiers=classifiers) for r in tested]
    report(asked, answered)
    for voice in voices:
        heard = [i for i, r in enumerate(asked) if r["voice"] == voice]
        right = sum([x.kind for x in answered[i]] == asked[i]["kinds"] for i in heard)
        print(f"  {voice}: {right}/{len(heard)} = {right / len(heard):.2f}")


def _named(question: Question) -> str | None:
    return question.field if question.kind == "field" else find_thing(question.kind, question.text.lower())


def report(asked: list[Row], answered: list[tuple[Question, ...]]) -> None:
    """Print shares right, calibration and the commonest confusions."""
    got = [[i.kind for i in a] for a in answered]
    want = [list(r["kinds"]) for r in asked]
    single = [i for i, w in enumerate(want) if len(w) == 1 and w != ["decline"]]
    double = [i for i, w in enumerate(want) if len(w) > 1]
    declined = [i for i, w in enumerate(want) if w == ["decline"]]

    def show(name: str, which: list[int], right: list[bool]) -> None:
        print(f"{name}: {sum(right)}/{len(which)} = {sum(right) / max(1, len(which)):.3f}")

    show("right kind, one question", single, [got[i] == want[i] for i in single])
    show("right kinds, two questions", double, [got[i] == want[i] for i in double])
    show("declined rightly", declined, [got[i] == ["decline"] for i in declined])
    show("declined wrongly", single + double, [set(got[i]) == {"decline"} for i in single + double])
    charts = [i for i in single if want[i] == ["chart"] and got[i] == ["chart"]]
    show(
        "operation, of charts seen as charts",
        charts,
        [answered[i][0].operation == asked[i]["operation"] for i in charts],
    )
    slots = [i for i in single if "subject" in asked[i] and got[i] == want[i]]
    show("subject, where the kind is right", slots, [_named(answered[i][0]) == asked[i]["subject"] for i in slots])
    for kind in KINDS[:-1]:
        which = [i for i in single + declined if want[i] == [kind]]
        show(f"  {kind}", which, [got[i] == [kind] for i in which])
    chance = np.array([answered[i][0].probability for i in single + declined])
    right = np.array([got[i] == want[i] for i in single + declined])
    for low, high in ((0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01)):
        inside = (chance >= low) & (chance < high)
        if inside.any():
            print(
                f"  probability {low:.1f}-{high:.1f}: stated {chance[inside].mean():.2f}, "
                f"right {right[inside].mean():.2f} (n={inside.sum()})"
            )
    print(Counter(("+".join(w), "+".join(g)) for w, g in zip(want, got, strict=True) if w != g).most_common(25))


def save(classifiers: Classifiers, path: Path = WEIGHTS) -> str:
    """Write both classifiers as int8 rows with a scale each, without pickle and without a clock; give the SHA-256."""
    arrays = {}
    for name, classifier in (("kind", classifiers.kind), ("operation", classifiers.operation)):
        scale = np.abs(classifier.weight).max(axis=1, keepdims=True) / 127
        arrays[f"{name}_weight"] = np.round(classifier.weight / scale).astype(np.int8)
        arrays[f"{name}_scale"] = scale.astype(np.float32)
        arrays[f"{name}_bias"] = classifier.bias
        arrays[f"{name}_temperature"] = np.float32(classifier.temperature)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, np.asarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), data.getvalue(), zipfile.ZIP_DEFLATED)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Cross-validate; then train on every phrasing and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cv", action="store_true", help="cross-validate only")
    parser.add_argument("--no-cv", action="store_true", help="train only")
    parser.add_argument("--temperature", type=float, default=TEMPERATURE)
    chosen = parser.parse_args()
    rows = load()
    learnt = examples(rows)
    features = extract_features([e.text for e in learnt])
    print(f"{len(rows)} phrasings, {len(learnt)} examples")
    if not chosen.no_cv:
        cross_validate(rows, learnt, features, chosen.temperature)
    if not chosen.cv:
        print("sha256", save(fit(learnt, features, chosen.temperature)))


if __name__ == "__main__":
    main()
