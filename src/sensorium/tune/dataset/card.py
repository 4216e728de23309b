"""A data set's card: what is in it, whose it is, what is wrong with it."""

from __future__ import annotations

from sensorium.tune.dataset.report import Checked

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card(found: Checked, licence: str = "", source: str = "") -> str:
    """Write a data set's card in Markdown, with the header that the Hugging Face hub reads.

    Args:
        found: What `check.check` told of it.
        licence: By its identifier, e.g. "cc-by-nc-4.0"; where it is not given the card says so.
        source: Where the rows come from, in a sentence.
    """
    size = next((name for most, name in _SIZES if found.rows < most), "n>1M")
    lines = ["---", f"license: {licence.lower() or 'unknown'}", "task_categories: [visual-question-answering]"]
    lines += [f"size_categories: [{size}]", "---", "", f"# {found.name}", ""]
    lines += [f"{found.rows} rows with {found.pictures} different pictures.", "", "## Licence and source", ""]
    lines += [f"Licence: {licence}." if licence else "The licence is not stated: ask before you share or use it."]
    if "-nc" in licence.lower():
        lines.append("It allows no commercial use; a model that is trained on it should not be sold either.")
    lines += [f"Source: {source.rstrip('.')}." if source else "The source is not stated.", "", "## Splits", ""]
    lines += ["| split | rows |", "|---|---:|"]
    lines += [f"| {_cell(name or 'none')} | {count} |" for name, count in found.splits.items()]
    lines += ["", "## Answers", "", "| answer | rows |", "|---|---:|"]
    lines += [f"| {_cell(answer[:80])} | {count} |" for answer, count in found.answers[:10]]
    lines += ["", "## Figures", "", *(f"- {line}" for line in found.figures() if not line.startswith("Commonest"))]
    lines += ["", "## What a check found", ""]
    for each in found.findings:
        lines.append(f"- {'To be mended' if each.mend else 'To be looked at'}, {each.fault}: {each.what}")
    return "\n".join([*lines, *([] if found.findings else ["Nothing."])]) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
