"""What a check found, in sentences and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sensorium.tune.dataset.blind import Blind
from sensorium.tune.dataset.lengths import Histogram

_SHOWN_ROWS = 8


@dataclass(frozen=True)
class Finding:
    """One fault of a data set.

    Args:
        fault: Its name, e.g. "broken-picture".
        what: One sentence that says what is wrong and how often.
        rows: The numbers of the rows that have it; empty where it is the whole that has it.
        hint: What to type or to do.
        mend: True where training on it would mislead or hurt somebody; False where it is to be looked at.
    """

    fault: str
    what: str
    rows: tuple[int, ...]
    hint: str
    mend: bool


@dataclass(frozen=True)
class Checked:
    """What was found of a data set.

    Args:
        name: Of the task.
        rows: How many it has, refused ones included.
        splits: Split -> its rows; "" where a row has none.
        pictures: How many different pictures.
        answers: The commonest answers with how often each comes.
        findings: What is wrong, what must be mended first.
        blind: What the questions' words alone tell, or why that was not measured.
        histograms: Of lengths.
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
    def to_mend(self) -> bool:
        """Whether something must be mended."""
        return any(finding.mend for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"splits": dict(self.splits), "to_mend": self.to_mend}

    def lines(self) -> list[str]:
        """Put all in sentences: what it is, what is wrong, then the figures."""
        splits = ", ".join(f"{count} {name or 'without a split'}" for name, count in self.splits.items())
        out = [f"{self.name}: {self.rows} rows ({splits or 'none can be used'}), {self.pictures} different pictures."]
        for finding in self.findings:
            out.append(f"{'Mend' if finding.mend else 'Look at'} {finding.fault}: {finding.what}{_at(finding.rows)}")
            out.append(f"  {finding.hint}")
        if not self.findings:
            out.append("Nothing to mend was found.")
        return [*out, *self.figures()]

    def figures(self) -> list[str]:
        """Put the figures in sentences: what the words alone tell, answers, lengths."""
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
            said = ", ".join(f"{answer[:40]!r} {count}" for answer, count in self.answers[:_SHOWN_ROWS])
            out.append(f"Commonest answers: {said}.")
        return [*out, *(f"{each.line()}." for each in self.histograms)]


def _at(rows: Sequence[int]) -> str:
    if not rows:
        return ""
    shown = ", ".join(map(str, rows[:_SHOWN_ROWS]))
    more = f" and {len(rows) - _SHOWN_ROWS} more" if len(rows) > _SHOWN_ROWS else ""
    return f" {'Row' if len(rows) == 1 else 'Rows'} {shown}{more}."
