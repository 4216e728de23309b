"""A message -> its questions: clauses, the kind of each, and what their words name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, quoted
from sensorium.eyes.question import chart_terms, place_terms, terms, thing_terms
from sensorium.eyes.question.classifier import Classifiers, extract_features, load_classifiers
from sensorium.eyes.question.clauses import MAX_CHARACTERS, asks, clauses, pieces, refers_back, sentences
from sensorium.eyes.question.question import KINDS, OPERATIONS, Question

MIN_PROBABILITY = 0.4
"""Below this probability a question counts as not understood, and is declined."""
_SECOND = 0.5  # a clause must be this likely to be a question of its own; chosen by cross-validation
_SECOND_DECLINE = 0.75
_STATEMENT = 0.2  # weight of a statement beside a question
_PIECES = 0.5  # weight of the pieces beside the whole
_PIECES_OF_STORY = 0.75  # … of three sentences or more, of which one asks
_OPERATION_DOUBT = 0.3  # share of the doubt about an operation that stays if its own word is in the clause
_FOLLOW_UPS = {  # after the key, a clause of these kinds that only asks on about "it" isn't a question of its own
    "barcode": ("name", "read", "describe", "chart", "field", "presence", "decline"),
    "chart": ("name", "field", "chart", "count"),
    "field": ("name", "presence"),
    "presence": ("name", "presence"),
    "read": ("read", "name"),
}
_ALIKE = ("name", "describe")  # "what is in the picture": an answer to either answers both
_DECLINE, _NONE = KINDS.index("decline"), KINDS.index("none")
Probabilities = NDArray[np.float32]


def parse(
    message: str, odds: Mapping[str, float] | None = None, classifiers: Classifiers | None = None
) -> tuple[Question, ...]:
    """Return the questions of a message in the order asked; at least one.

    English only. A multinomial logistic regression over MiniLM sentence vectors and hashed words and characters
    (`recipes/understand.py` trains it) finds the kinds, over the whole message and its clauses; regular expressions
    find what the words name.

    Args:
        message: As a person said it.
        odds: What the image makes more or less likely, kind -> factor: {"chart": 8} if it shows a chart.
        classifiers: Others than the shipped ones, for training and its cross-validation.

    Raises:
        InputError: when `odds` names an unknown kind.
        InstallError: when the offline extra is not installed, or the trained weights are not the expected ones.
    """
    whole = re.sub(r"\s+", " ", message).strip()
    if not re.search(r"[^\W\d_]", whole):
        return (Question("decline", whole[:MAX_CHARACTERS], whole),)
    classifiers = classifiers or load_classifiers()
    parts = [clause for sentence in sentences(whole) for clause in clauses(sentence)]
    texts = [_ends(whole), *sentences(whole), *parts, *(p for s in sentences(whole) for p in pieces(s))]
    unique = list(dict.fromkeys(texts))
    rows = extract_features(unique)
    features = dict(zip(unique, rows, strict=True))
    probabilities = dict(zip(unique, _posterior(classifiers.kind.probabilities(rows), odds or {}), strict=True))

    def question(text: str, probability: Probabilities, features_of: str) -> Question:
        operations = classifiers.operation.probabilities(features[features_of][None])[0]
        return _read(text, whole, probability, operations)

    separate = _separate(parts, probabilities) if len(parts) > 1 else []
    if len(separate) > 1:
        questions = [question(text, probability, text) for text, probability in separate]
        first = {_key(q): q for q in reversed(questions)}
        if len(first) > 1:
            return tuple(q for q in questions if first[_key(q)] is q)
    return (question(_clearest(texts, probabilities), _pooled(texts, probabilities), texts[0]),)


def is_english_script(text: str) -> bool:
    """Whether at least half of the letters are Latin; True without letters."""
    letters = [c for c in text if c.isalpha()]
    return 2 * sum(unicodedata.name(c, "").startswith("LATIN") for c in letters) >= len(letters)


def _posterior(probabilities: Probabilities, odds: Mapping[str, float]) -> Probabilities:
    """Return the probabilities weighed by the odds (Bayes' rule)."""
    unknown = sorted(set(odds) - set(KINDS))
    if unknown:
        raise InputError(f"Unknown kind of question {quoted(unknown[0])}.", f"Use some of {', '.join(KINDS)}.")
    posterior = probabilities * np.array([odds.get(kind, 1.0) for kind in KINDS], dtype=np.float32)
    return np.asarray(posterior / posterior.sum(axis=1, keepdims=True), dtype=np.float32)


def _ends(text: str) -> str:
    """Return a long text's beginning and end: people come to the point there."""
    half = MAX_CHARACTERS // 2
    return text if len(text) <= MAX_CHARACTERS else f"{text[:half]} {text[-half:]}"


def _separate(parts: Sequence[str], probabilities: Mapping[str, Probabilities]) -> list[tuple[str, Probabilities]]:
    """Return the clauses that are each a question with little doubt."""
    separate: list[tuple[str, Probabilities]] = []
    for part in parts:
        best = int(probabilities[part].argmax())
        min_probability = _SECOND_DECLINE if best == _DECLINE else _SECOND
        if best == _NONE or probabilities[part][best] < min_probability or not asks(part):
            continue
        before = KINDS[int(separate[-1][1].argmax())] if separate else ""
        if KINDS[best] in _FOLLOW_UPS.get(before, ()) and refers_back(part):
            return []
        separate.append((part, probabilities[part]))
    return separate


def _pooled(texts: Sequence[str], probabilities: Mapping[str, Probabilities]) -> Probabilities:
    """Mix the whole's probabilities with those of its pieces, each weighed by how surely it asks anything."""
    whole = probabilities[texts[0]]
    pieces = list(dict.fromkeys(texts[1:]))
    weight = np.array([(1 - probabilities[p][_NONE]) * (1 if asks(p) else _STATEMENT) for p in pieces], np.float32)
    stacked = np.array([probabilities[p] for p in pieces])
    mixed = (weight[:, None] * stacked).sum(axis=0) / max(float(weight.sum()), 1e-6)
    story = sum(p.endswith((".", "?")) for p in pieces) > 2 and any(asks(p) for p in pieces)
    share = _PIECES_OF_STORY if story else _PIECES
    pooled = (1 - share) * whole + share * mixed
    pooled[_NONE] = 0
    return np.asarray(pooled / pooled.sum(), dtype=np.float32)


def _clearest(texts: Sequence[str], probabilities: Mapping[str, Probabilities]) -> str:
    """Return the shortest piece that the pooled probabilities fit, the whole if none does."""
    best = int(_pooled(texts, probabilities).argmax())
    return min((t for t in texts if probabilities[t][best] >= 0.6), key=len, default=texts[0])


def _key(question: Question) -> tuple[str | None, ...]:
    """Return what makes two questions of a message the same."""
    colour = question.colour if question.kind == "presence" else None
    return question.kind, question.operation, question.field, question.subject, colour


def _kind(probabilities: Probabilities) -> tuple[str, float, bool]:
    """Return the kind, its probability, and whether the question was understood."""
    known = probabilities.copy()
    known[_NONE] = 0
    known /= known.sum()
    best = int(known.argmax())
    kind, probability = KINDS[best], float(known[best])
    if kind in _ALIKE:
        probability = sum(float(known[KINDS.index(same)]) for same in _ALIKE)
    if kind == "decline" or probability < MIN_PROBABILITY:
        return "decline", max(probability, float(known[_DECLINE])), kind == "decline"
    return kind, probability, True


def _read(text: str, message: str, probabilities: Probabilities, operations: Probabilities) -> Question:
    """Return the question of a clause, given the probabilities of `KINDS` and of `OPERATIONS`."""
    kind, probability, understood = _kind(probabilities)
    words, all_words = _normal(text), _normal(message)
    place = place_terms.find_place(words) if kind == "decline" else None
    anybody = kind == "decline" and place is None and place_terms.asks_for_anybody(words)
    people = kind == "decline" and place_terms.counts_people(words)
    if place is not None or anybody or people:  # the classifier has learnt to decline these: the detector sees them
        kind, understood = "count" if people else "presence", True
        probability = max(probability, place_terms.UNDERSTOOD)
    which_image = bool(terms.WHICH_IMAGE.search(all_words))
    operation, operation_probability = None, 1.0
    if kind == "chart":
        operation, operation_probability = OPERATIONS[int(operations.argmax())], float(operations.max())
        if chart_terms.names_only(words, operation):
            operation_probability = 1 - _OPERATION_DOUBT * (1 - operation_probability)
    subject = thing_terms.find_thing(kind, words)
    topic = thing_terms.find_topic(kind, subject or "thing")
    colour = thing_terms.find_colour(words)
    if kind == "presence" and subject is not None:
        colour, subject = thing_terms.split_colour(subject)
    if place is not None or anybody:
        subject, topic = ("person", "people") if place is None else (place.subject, None)
    return Question(
        kind=kind,
        text=text,
        message=message,
        probability=probability,
        understood=understood,
        operation=operation,
        operation_probability=operation_probability,
        field=thing_terms.find_field(words) if kind == "field" else None,
        subject=subject,
        topic=topic,
        item=thing_terms.find_item(words) if kind == "field" else None,
        colour=colour,
        aspects=terms.find_aspects(words),
        alternative=bool(terms.ALTERNATIVE.search(words)),
        polarity=terms.find_polarity(words),
        ordinals=chart_terms.find_ordinals(words),
        extremes=chart_terms.find_extremes(words),
        comparison=chart_terms.find_comparison(words),
        which=bool(chart_terms.WHICH.search(words)),
        bound=chart_terms.find_bound(words),
        axis=chart_terms.find_axis(words),
        title=bool(chart_terms.TITLE.search(words)),
        divides=bool(chart_terms.DIVIDES.search(words)),
        text_units=bool(chart_terms.TEXT_UNITS.search(words)),
        reason=terms.find_reason(words),
        sensitive=bool(terms.SENSITIVE.search(all_words)),
        which_image=which_image,
        compares_images=bool(terms.BETWEEN_IMAGES.search(all_words)) and not which_image,
        ranking=terms.find_ranking(all_words),
        place=place,
    )


def _normal(text: str) -> str:
    """Return a text in lower case, with plain apostrophes and single spaces."""
    return re.sub(r"\s+", " ", text.casefold().replace("’", "'")).strip()
