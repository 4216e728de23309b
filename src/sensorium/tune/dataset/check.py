"""Look through a data set for what would spoil a training, before it is paid for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from functools import partial

from sensorium.core.messages import Image
from sensorium.core.protocols import Model
from sensorium.tune.dataset import lengths
from sensorium.tune.dataset.blind import Blind, blind
from sensorium.tune.dataset.data import Data, Doing, Row, place, silently
from sensorium.tune.dataset.duplicates import families
from sensorium.tune.dataset.faults import answers, pictures, table
from sensorium.tune.dataset.image_info import Seen, see
from sensorium.tune.dataset.lengths import Counting, Histogram, Length
from sensorium.tune.dataset.report import Checked, Finding

_MOST_ANSWERS = 20
_LEAST_GAIN = 0.1


def check(data: Data, model: Model | None = None, seed: int = 0, doing: Doing = silently) -> Checked:
    """Look at every row and every picture, once, and tell what is wrong.

    Args:
        data: What `data.read` or `data.of` gave.
        model: Whose limits the rows are held against; None for no limits.
        seed: Of the folds of the text-only baseline.
        doing: Does one thing after another; a command passes one that shows the time left.

    Raises:
        InstallError: without scikit-learn.
    """
    seen = looked(data.rows, doing)
    family = families(seen)
    blindly = _blindly(data.rows, family, seed)
    long, histograms = _lengths(data.rows, seen, model, doing)
    found = [
        *table.findings(data),
        *pictures.findings(data.rows, seen, family),
        *answers.findings(data.rows, seen),
        *_answerable(data.rows, blindly),
        *([] if model is None else _too_much(data.rows, long, model)),
    ]
    counts = Counter(answers.plain(row.example.answer) for row in data.rows)
    return Checked(
        data.name,
        len(data.rows) + len(data.refused),
        Counter(row.example.split for row in data.rows),
        len({each.digest for each in seen.values() if each.digest}),
        tuple(counts.most_common(_MOST_ANSWERS)),
        tuple(sorted(found, key=lambda each: not each.mend)),
        blindly,
        tuple(histograms),
    )


def looked(rows: Sequence[Row], doing: Doing = silently) -> dict[Hashable, Seen]:
    """Look once at each picture that rows have; give what was seen, by the place where the picture lies."""
    there: dict[Hashable, Image] = {}
    for row in rows:
        for image in row.images:
            there.setdefault(place(image), image)
    return {place(image): seen for image, seen in doing(list(there.values()), see, "Looking")}


def _blindly(rows: Sequence[Row], family: dict[Hashable, int], seed: int) -> Blind | str:
    with_pictures = [row for row in rows if row.images]
    if not with_pictures:
        return "no row has a picture"
    return blind(
        [row.question for row in with_pictures],
        [answers.plain(row.example.answer) for row in with_pictures],
        [family[place(row.images[0])] for row in with_pictures],
        seed,
    )


def _answerable(rows: Sequence[Row], found: Blind | str) -> list[Finding]:
    if isinstance(found, str) or found.gain.low <= _LEAST_GAIN:
        return []
    with_pictures = [row for row in rows if row.images]
    what = (
        f"The question's words alone give {found.words.mean:.0%} of the answers; its first two words give "
        f"{found.kind.mean:.0%}, the commonest answer {found.majority.mean:.0%}, chance {found.chance:.0%}."
    )
    hint = "Ask so that each question has different answers for different pictures, or leave such rows out."
    return [
        Finding("answerable-without-picture", what, tuple(with_pictures[i].number for i in found.guessed), hint, False)
    ]


def _lengths(
    rows: Sequence[Row], seen: dict[Hashable, Seen], model: Model | None, doing: Doing
) -> tuple[dict[int, Length], list[Histogram]]:
    whole = [row for row in rows if not any(seen[place(image)].broken for image in row.images)]
    if not whole:
        return {}, []
    out = [
        lengths.histogram("Words of the question", [lengths.words(row.question) for row in whole]),
        lengths.histogram("Words of the answer", [lengths.words(row.example.answer) for row in whole]),
    ]
    if model is None:
        return {}, out
    tokens = None
    if isinstance(model, Counting):
        there = {place(image): image for row in whole for image in row.images}
        costs = doing(list(there.values()), partial(lengths.cost, model), "Counting the tokens of pictures")
        by_place = {place(image): count for image, count in costs}
        tokens = lambda image: by_place[place(image)]  # noqa: E731 - one line that closes over the counts
    found = {row.number: lengths.measured(row, model, tokens) for row in whole}
    about = "" if isinstance(model, Counting) else ", estimated"
    several = list(found.values())
    out.append(lengths.histogram(f"Tokens of the pictures of a row{about}", [each.pictures for each in several]))
    out.append(lengths.histogram(f"Tokens of a row{about}", [each.tokens for each in several]))
    return found, out


def _too_much(rows: Sequence[Row], long: dict[int, Length], model: Model) -> list[Finding]:
    by_reason: dict[str, list[int]] = {}
    for row in rows:
        reason = lengths.outside(row, long.get(row.number), model.limits)
        if reason:
            by_reason.setdefault(reason, []).append(row.number)
    hint = "Shorten or leave out these rows, or choose another model: a row that is cut loses its answer first."
    return [
        Finding(
            "over-limit", f"{len(numbers)} rows are more than {model.name} takes: {reason}.", tuple(numbers), hint, True
        )
        for reason, numbers in by_reason.items()
    ]
