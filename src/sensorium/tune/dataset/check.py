"""Checks a data set for what would spoil a training, before it is paid for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from functools import partial

from sensorium.core.messages import Image
from sensorium.core.protocols import Model, Progress, no_progress
from sensorium.tune.dataset import lengths
from sensorium.tune.dataset.blind import Blind, blind
from sensorium.tune.dataset.data import DataRow, Dataset, media_key
from sensorium.tune.dataset.duplicates import duplicate_groups
from sensorium.tune.dataset.faults import answers, pictures, table
from sensorium.tune.dataset.image_info import ImageInfo, inspect_image
from sensorium.tune.dataset.lengths import Histogram, RowLength, TokenCounter
from sensorium.tune.dataset.report import CheckReport, Finding

_MAX_ANSWERS = 20
_MIN_GAIN = 0.1


def check(dataset: Dataset, model: Model | None = None, seed: int = 0, progress: Progress = no_progress) -> CheckReport:
    """Check every row and every picture once.

    Args:
        dataset: What `data.read_dataset` or `data.from_task` returned.
        model: Its limits are checked; None for no limits.
        seed: Random seed for the folds of the text-only baseline.
        progress: Works on one picture after another; a command passes one that shows the time left.

    Raises:
        InstallError: without scikit-learn.
    """
    rows = dataset.rows
    infos = inspect_images(rows, progress)
    groups = duplicate_groups(infos)
    blindly = _blindly(rows, groups, seed)
    row_lengths, histograms = _lengths(rows, infos, model, progress)
    findings = [
        *table.findings(dataset),
        *pictures.findings(dataset, infos, groups),
        *answers.findings(rows, infos),
        *_answerable(rows, blindly),
        *([] if model is None else _over_limit(rows, row_lengths, model)),
    ]
    return CheckReport(
        name=dataset.name,
        rows=len(rows) + len(dataset.unusable),
        splits=Counter(row.example.split for row in rows),
        pictures=len({info.digest for info in infos.values() if info.digest}),
        answers=tuple(Counter(answers.normalise(row.example.answer) for row in rows).most_common(_MAX_ANSWERS)),
        findings=tuple(sorted(findings, key=lambda finding: not finding.must_fix)),
        blind=blindly,
        histograms=tuple(histograms),
    )


def inspect_images(rows: Sequence[DataRow], progress: Progress = no_progress) -> dict[Hashable, ImageInfo]:
    """Return the properties of each picture in the rows, by `media_key`."""
    images = {media_key(image): image for row in rows for image in row.images}
    inspected = progress(list(images.values()), inspect_image, "Checking pictures")
    return {media_key(image): info for image, info in inspected}


def _blindly(rows: Sequence[DataRow], groups: dict[Hashable, int], seed: int) -> Blind | str:
    with_images = [row for row in rows if row.images]
    if not with_images:
        return "no row has a picture"
    return blind(
        [row.question for row in with_images],
        [answers.normalise(row.example.answer) for row in with_images],
        [groups[media_key(row.images[0])] for row in with_images],
        seed,
    )


def _answerable(rows: Sequence[DataRow], blindly: Blind | str) -> list[Finding]:
    if isinstance(blindly, str) or blindly.gain.low <= _MIN_GAIN:
        return []
    with_images = [row for row in rows if row.images]
    message = (
        f"The question's words alone give {blindly.words.mean:.0%} of the answers; its first two words give "
        f"{blindly.kind.mean:.0%}, the commonest answer {blindly.majority.mean:.0%}, chance {blindly.chance:.0%}."
    )
    hint = "Ask so that each question has different answers for different pictures, or leave such rows out."
    numbers = tuple(with_images[index].number for index in blindly.guessed)
    return [Finding("answerable-without-picture", message, numbers, hint, False)]


def _lengths(
    rows: Sequence[DataRow], infos: dict[Hashable, ImageInfo], model: Model | None, progress: Progress
) -> tuple[dict[int, RowLength], list[Histogram]]:
    whole = [row for row in rows if not any(infos[media_key(image)].broken for image in row.images)]
    if not whole:
        return {}, []
    histograms = [
        lengths.histogram("Words of the question", [len(row.question.split()) for row in whole]),
        lengths.histogram("Words of the answer", [len(row.example.answer.split()) for row in whole]),
    ]
    if model is None:
        return {}, histograms
    tokens, note = None, ", estimated"
    if isinstance(model, TokenCounter):
        images: dict[Hashable, Image] = {media_key(image): image for row in whole for image in row.images}
        costs = progress(list(images.values()), partial(lengths.image_tokens, model), "Counting the tokens of pictures")
        tokens, note = {media_key(image): count for image, count in costs}, ""
    found = {row.number: lengths.measure(row, model, tokens) for row in whole}
    histograms += [
        lengths.histogram(f"Tokens of the pictures of a row{note}", [length.pictures for length in found.values()]),
        lengths.histogram(f"Tokens of a row{note}", [length.tokens for length in found.values()]),
    ]
    return found, histograms


def _over_limit(rows: Sequence[DataRow], row_lengths: dict[int, RowLength], model: Model) -> list[Finding]:
    by_reason: dict[str, list[int]] = {}
    for row in rows:
        reason = lengths.exceeded_limit(row, row_lengths.get(row.number), model.limits)
        if reason:
            by_reason.setdefault(reason, []).append(row.number)
    hint = "Shorten or leave out these rows, or choose another model: a row that is cut loses its answer first."
    return [
        Finding(
            "over-limit", f"{len(numbers)} rows exceed what {model.name} takes: {reason}.", tuple(numbers), hint, True
        )
        for reason, numbers in by_reason.items()
    ]
