"""A picture of a measurement: score against the number of examples, with intervals, the controls beside it."""

from __future__ import annotations

from pathlib import Path

from sensorium.core.weights import importing
from sensorium.fewshot.report import Report

# colour, mark, line: conditions differ in all three; Okabe and Ito's colours, safe for colour-blind eyes
_STYLES = {
    "examples": ("#0072B2", "o", "-"),
    "majority vote": ("#D55E00", "s", "--"),
    "without pictures": ("#009E73", "^", ":"),
    "shuffled order": ("#CC79A7", "D", "-."),
    "shuffled answers": ("#56B4E9", "v", (0, (1, 3))),
}


def draw(report: Report, path: Path, title: str = "", chance: float | None = None) -> Path:
    """Draw a report to a .png or .svg file and return its path; `chance` becomes a level line.

    Raises:
        InstallError: when matplotlib is not installed.
    """
    with importing("plot"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot()
    ticks = sorted({row.shots for row in report.rows})
    shown = [condition for condition in _STYLES if any(row.condition == condition for row in report.rows)]
    for index, condition in enumerate(shown):
        rows = sorted((row for row in report.rows if row.condition == condition), key=lambda row: row.shots)
        shift = 0.06 * (index - (len(shown) - 1) / 2)  # so that intervals do not cover each other
        colour, mark, line = _STYLES[condition]
        means = [row.score.mean for row in rows]
        below = [row.score.mean - row.score.low for row in rows]
        above = [row.score.high - row.score.mean for row in rows]
        positions = [ticks.index(row.shots) + shift for row in rows]
        axes.errorbar(
            positions, means, yerr=[below, above], color=colour, marker=mark, linestyle=line, capsize=3, label=condition
        )
    if chance is not None:
        axes.axhline(chance, color="#555555", linewidth=1, linestyle=(0, (6, 4)), label="chance")
    axes.set_xticks(range(len(ticks)), [str(tick) for tick in ticks])
    axes.set_xlabel("Examples before the question")
    axes.set_ylabel(f"Score ({report.metric}), with 95 % intervals")
    axes.set_ylim(-0.03, 1.03)
    axes.grid(axis="y", color="#dddddd")
    axes.set_axisbelow(True)
    axes.set_title(title or f"{report.model}, {report.pick} examples, n={report.questions}", fontsize=11)
    figure.legend(frameon=False, fontsize=9, loc="outside lower center", ncols=3)  # never over the data
    figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
    return path
