"""A data set's card: its contents, licence, source and faults."""

from __future__ import annotations

from sensorium.tune.dataset.report import CheckReport

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card(report: CheckReport, licence: str = "", source: str = "") -> str:
    """Return a data set's card in Markdown, with the header for the Hugging Face hub.

    Args:
        report: What `check.check` returned.
        licence: Its identifier, e.g. "cc-by-nc-4.0"; "" writes that it is not stated.
        source: Where the rows come from, in a sentence.
    """
    size = next((name for limit, name in _SIZES if report.rows < limit), "n>1M")
    lines = ["---", f"license: {licence.lower() or 'unknown'}", "task_categories: [visual-question-answering]"]
    lines += [f"size_categories: [{size}]", "---", "", f"# {report.name}", ""]
    lines += [f"{report.rows} rows with {report.pictures} different pictures.", "", "## Licence and source", ""]
    lines += [f"Licence: {licence}." if licence else "The licence is not stated: ask before you share or use it."]
    if "-nc" in licence.lower():
        lines.append("It allows no commercial use; a model trained on it should not be sold either.")
    lines += [f"Source: {source.rstrip('.')}." if source else "The source is not stated.", "", "## Splits", ""]
    lines += ["| split | rows |", "|---|---:|"]
    lines += [f"| {_cell(name or 'none')} | {count} |" for name, count in report.splits.items()]
    lines += ["", "## Answers", "", "| answer | rows |", "|---|---:|"]
    lines += [f"| {_cell(answer[:80])} | {count} |" for answer, count in report.answers[:10]]
    lines += ["", "## Figures", "", *(f"- {line}" for line in report.figures() if not line.startswith("Commonest"))]
    lines += ["", "## What a check found", ""]
    for finding in report.findings:
        lines.append(f"- {'To fix' if finding.must_fix else 'To look at'}, {finding.fault}: {finding.message}")
    return "\n".join([*lines, *([] if report.findings else ["Nothing."])]) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
