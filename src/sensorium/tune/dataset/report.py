"""The report of a check, in sentences and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sensorium.tune.dataset.blind import Blind
from sensorium.tune.dataset.lengths import Histogram

_MAX_SHOWN = 8


@dataclass(frozen=True)
class Finding:
    """One fault of a data set.

    Args:
        fault: Its name, e.g. "broken-picture".
        message: One sentence: what is wrong and how often.
        rows: Numbers of the rows; empty if the data set as a whole has the fault.
        hint: What to do.
        must_fix: Whether training on it would mislead or hurt somebody; else it is worth a look.
    """

    fault: str
    message: str
    rows: tuple[int, ...]
    hint: str
    must_fix: bool


@dataclass(frozen=True)
class CheckReport:
    """The result of a check.

    Args:
        name: Name of the task.
        rows: Number of rows, unusable ones included.
        splits: Split -> number of rows; "" for rows without one.
        pictures: Number of different pictures.
        answers: The commonest answers with their counts.
        findings: The faults, first those that must be fixed.
        blind: How well the questions' words alone predict the answers, or why that was not measured.
        histograms: Lengths of the rows.
    """

    name: str
    rows: int
    splits: Mapping[str, int]
    pictures: int
    answers: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]
    blind: Blind | str
    histograms: tuple[Histogram, ...]

    @property
    def must_fix(self) -> bool:
        """Whether something must be fixed."""
        return any(finding.must_fix for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"splits": dict(self.splits), "must_fix": self.must_fix}

    def lines(self) -> list[str]:
        """Return it in sentences: counts, faults, figures."""
        splits = ", ".join(f"{count} {name or 'without a split'}" for name, count in self.splits.items())
        out = [f"{self.name}: {self.rows} rows ({splits or 'none can be used'}), {self.pictures} different pictures."]
        for finding in self.findings:
            verb = "Fix" if finding.must_fix else "Look at"
            out += [f"{verb} {finding.fault}: {finding.message}{_row_numbers(finding.rows)}", f"  {finding.hint}"]
        return [*out, *([] if self.findings else ["No problems found."]), *self.figures()]

    def figures(self) -> list[str]:
        """Return the figures in sentences: text-only baseline, answers, lengths."""
        out = []
        if isinstance(self.blind, str):
            out.append(f"Answerable without the picture: not measured, {self.blind}.")
        else:
            b = self.blind
            out.append(
                f"Answered right without the picture: {b.words} by the question's words, {b.kind} by its first two "
                f"words, {b.majority} by the commonest answer, {b.chance:.3f} by chance (n={b.words.n})."
            )
        if self.answers:
            common = ", ".join(f"{answer[:40]!r} {count}" for answer, count in self.answers[:_MAX_SHOWN])
            out.append(f"Commonest answers: {common}.")
        return [*out, *(f"{histogram.line()}." for histogram in self.histograms)]


def _row_numbers(rows: Sequence[int]) -> str:
    if not rows:
        return ""
    shown = ", ".join(map(str, rows[:_MAX_SHOWN]))
    more = f" and {len(rows) - _MAX_SHOWN} more" if len(rows) > _MAX_SHOWN else ""
    return f" {'Row' if len(rows) == 1 else 'Rows'} {shown}{more}."
