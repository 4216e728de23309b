"""What a question asks the eyes to do: read, name, count … or something that they cannot."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError
from sensorium.core.weights import reinstall_hint, verified_bytes
from sensorium.eyes.question.clauses import LONGEST, asks, clauses, pieces, refers_back, sentences
from sensorium.eyes.question.hashed_ngrams import grams
from sensorium.eyes.question.sentence_vectors import vectors
from sensorium.eyes.question.subject import subject

KINDS = (
    "read", "field", "name", "presence", "colour", "count", "quality", "barcode", "chart", "describe",
    "decline", "none",
)  # fmt: skip
"""Kinds of looking; "none" is a clause that asks nothing (a greeting, a story) and never leaves this module."""
OPERATIONS = (
    "value", "max", "min", "sum", "mean", "difference", "ratio", "trend", "comparison", "count", "table",
)  # fmt: skip
"""What is asked of a chart."""

SURE = 0.4
"""Below this probability a question counts as not understood, and is declined."""
_SECOND = 0.5  # a clause must be this likely to be a question of its own; chosen by cross-validation
_SECOND_DECLINE = 0.75
_STATED = 0.2  # how much a statement counts beside a question
_PIECES = 0.5  # how much the pieces count beside the whole
_PIECES_OF_STORY = 0.75  # … of three sentences or more, of which one asks
_FOLLOWS = {  # after the key, a clause of these kinds that only asks on about "it" is no question of its own
    "barcode": ("name", "read", "describe", "chart", "field", "presence", "decline"),
    "chart": ("name", "field", "chart", "count"),
    "field": ("name", "presence"),
    "presence": ("name", "presence"),
    "read": ("read", "name"),
}
_ALIKE = ("name", "describe")  # "what is in the picture": an answer to either answers both
_WEIGHTS = Path(__file__).parent / "data" / "understand.npz"
_SHA256 = "b6558cefd139a84890aad6a42e465293a4efce40125f1a98bfa5a69772a6cfd6"
_DECLINE, _NONE = KINDS.index("decline"), KINDS.index("none")


@dataclass(frozen=True)
class Intent:
    """One thing that is asked.

    Args:
        kind: One of `KINDS` but "none"; "decline" where the offline model cannot do it or did not understand.
        operation: One of `OPERATIONS`, where the kind is "chart".
        subject: What it is about: "total", "dog", "background"; None where nothing is named.
        probability: How likely the kind is the right one, 0 to 1, calibrated by cross-validation.
        text: The clause that asks it.
        understood: False where the kind is "decline" only because no kind was likely enough.
        operation_probability: How likely the operation is the right one, 0 to 1; 1 where there is none.
    """

    kind: str
    operation: str | None
    subject: str | None
    probability: float
    text: str
    understood: bool = True
    operation_probability: float = 1.0


@dataclass(frozen=True)
class Head:
    """A linear classifier: `weight` (classes, features), `bias` (classes,), softmax at `temperature`."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: float = 1.0

    def probabilities(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n, classes) float32, rows summing to 1, for (n, features) float32."""
        logits = (rows @ self.weight.T + self.bias) / self.temperature
        scaled = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(scaled / scaled.sum(axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True)
class Heads:
    """The two classifiers: of the kind (in the order of `KINDS`) and of the chart's operation (`OPERATIONS`)."""

    kind: Head
    operation: Head


def understand(question: str, odds: Mapping[str, float] | None = None) -> tuple[Intent, ...]:
    """Say what a question asks for: one intent, or two or more in the order asked; never none.

    English only. A multinomial logistic regression over MiniLM sentence vectors and hashed words and letters
    (`recipes/understand.py` trains it), over the whole question and its clauses.

    Args:
        question: As a person said it.
        odds: What the picture makes more or less likely, kind -> factor: {"chart": 8} where it shows a chart.

    Raises:
        InstallError: when the offline extra is not installed, or the trained weights are not the expected ones.
    """
    return judge(question, heads(), odds)


def judge(question: str, by: Heads, odds: Mapping[str, float] | None = None) -> tuple[Intent, ...]:
    """Do what `understand` does, with the given classifiers: for training and its cross-validation."""
    whole = re.sub(r"\s+", " ", question).strip()
    if not re.search(r"[^\W\d_]", whole):
        return (Intent("decline", None, None, 1.0, whole[:LONGEST]),)
    parts = [clause for sentence in sentences(whole) for clause in clauses(sentence)]
    told = [_ends(whole), *sentences(whole), *parts, *(p for s in sentences(whole) for p in pieces(s))]
    unique = list(dict.fromkeys(told))
    rows = features(unique)
    chances = dict(zip(unique, _weighed(by.kind.probabilities(rows), odds or {}), strict=True))
    features_of = dict(zip(unique, rows, strict=True))

    asked = _separate(parts, chances) if len(parts) > 1 else []
    if len(asked) < 2:
        asked = [(_clearest(told, chances), _pooled(told, chances))]
    alone = len(asked) < 2
    intents = [_intent(text, chance, by.operation, features_of[told[0] if alone else text]) for text, chance in asked]
    distinct = {(i.kind, i.operation, i.subject): i for i in reversed(intents)}
    if len(distinct) < 2 and len(intents) > 1:
        text = _clearest(told, chances)
        return (_intent(text, _pooled(told, chances), by.operation, features_of[told[0]]),)
    return tuple(i for i in intents if distinct.get((i.kind, i.operation, i.subject)) is i)


def features(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return what the classifiers see, (n, 384 + BUCKETS) float32: sentence vectors beside hashed words and letters."""
    return np.hstack([vectors(texts), grams(texts)])


def _weighed(chances: NDArray[np.float32], odds: Mapping[str, float]) -> NDArray[np.float32]:
    """Bring in what is known of the picture (Bayes' rule)."""
    unknown = sorted(set(odds) - set(KINDS))
    if unknown:
        raise InputError(f"There is no kind of looking {unknown[0]!r}.", f"Use some of {', '.join(KINDS)}.")
    posterior = chances * np.array([odds.get(kind, 1.0) for kind in KINDS], dtype=np.float32)
    return np.asarray(posterior / posterior.sum(axis=1, keepdims=True), dtype=np.float32)


def _ends(text: str) -> str:
    """Return a long text's beginning and end: people come to the point there."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}"


def _separate(parts: Sequence[str], chances: dict[str, NDArray[np.float32]]) -> list[tuple[str, NDArray[np.float32]]]:
    """Return the clauses that are each a question with little doubt."""
    found: list[tuple[str, NDArray[np.float32]]] = []
    for part in parts:
        best = int(chances[part].argmax())
        least = _SECOND_DECLINE if best == _DECLINE else _SECOND
        if best == _NONE or chances[part][best] < least or not asks(part):
            continue
        before = KINDS[int(found[-1][1].argmax())] if found else ""
        if KINDS[best] in _FOLLOWS.get(before, ()) and refers_back(part):
            return []
        found.append((part, chances[part]))
    return found


def _pooled(told: Sequence[str], chances: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Mix the whole's chances with its sentences' and clauses', each by how surely it asks anything."""
    whole = chances[told[0]]
    pieces = list(dict.fromkeys(told[1:]))
    weight = np.array([(1 - chances[p][_NONE]) * (1 if asks(p) else _STATED) for p in pieces], dtype=np.float32)
    stacked = np.array([chances[p] for p in pieces])
    mixed = (weight[:, None] * stacked).sum(axis=0) / max(float(weight.sum()), 1e-6)
    story = sum(p.endswith((".", "?")) for p in pieces) > 2 and any(asks(p) for p in pieces)
    share = _PIECES_OF_STORY if story else _PIECES
    pooled = (1 - share) * whole + share * mixed
    pooled[_NONE] = 0
    return np.asarray(pooled / pooled.sum(), dtype=np.float32)


def _clearest(told: Sequence[str], chances: dict[str, NDArray[np.float32]]) -> str:
    """Return the shortest piece that says what the pooled chances say, the whole if none does."""
    best = int(_pooled(told, chances).argmax())
    fit = [t for t in told if chances[t][best] >= 0.6]
    return min(fit, key=len) if fit else told[0]


def _intent(text: str, chance: NDArray[np.float32], operations: Head, row: NDArray[np.float32]) -> Intent:
    known = chance.copy()
    known[_NONE] = 0
    known /= known.sum()
    best = int(known.argmax())
    kind, probability = KINDS[best], float(known[best])
    if kind in _ALIKE:
        probability = sum(float(known[KINDS.index(same)]) for same in _ALIKE)
    if kind == "decline" or probability < SURE:
        return Intent("decline", None, None, max(probability, float(known[_DECLINE])), text, kind == "decline")
    operation, sure_of_operation = None, 1.0
    if kind == "chart":
        chances = operations.probabilities(row[None])[0]
        operation = OPERATIONS[int(chances.argmax())]
        sure_of_operation = float(chances.max())
    return Intent(kind, operation, subject(kind, text), probability, text, True, sure_of_operation)


@cache
def heads(path: Path = _WEIGHTS, sha256: str = _SHA256) -> Heads:
    """Load the trained classifiers once their file's digest has been found right.

    Raises:
        InstallError: when the file is missing or not the expected one.
    """
    data = verified_bytes(path, sha256, reinstall_hint("sensorium"))
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        return Heads(
            *(
                Head(
                    held[f"{name}_weight"].astype(np.float32) * held[f"{name}_scale"],
                    held[f"{name}_bias"],
                    float(held[f"{name}_temperature"]),
                )
                for name in ("kind", "operation")
            )
        )
