"""What people really hand in: how many of the rows of tests/hard are right, by letter.

    python bench/hard.py            every row (several minutes; a row that fails is a wrong or unexplained result)
    python bench/hard.py -k charts  those whose names hold a word

A row is an input made by a few lines and the right value: an answer, or the sentence of a refusal. A row that
fails gave another value, so the list at the end names what may have been wrong in silence. Rows marked `# held` in the
sources were right before the faults were fixed.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import pytest
from figures import share

HARD = Path(__file__).parents[1] / "tests" / "hard"
LETTERS = {
    "a": "learning and checkpoints",
    "b": "hosted models",
    "c": "seeing, hearing, charts",
    "d": "the page",
    "e": "the command line and library",
    "f": "under attack and under load",
}


class Counts:
    """A pytest plugin that counts the outcomes of rows by letter."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[str]] = {letter: Counter() for letter in LETTERS}
        self.failures: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a row once: its call, or a set-up that failed or was skipped."""
        if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
            letter = Path(report.fspath).name.removeprefix("test_")[0]
            self.outcomes[letter][report.outcome] += 1
            if report.failed:
                self.failures.append(report.nodeid)


def main() -> int:
    """Run the rows and print the table; exit with 1 if one is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-k", default="", help="Only rows whose names match.")
    arguments = parser.parse_args()
    counts = Counts()
    selection = ["-k", arguments.k] if arguments.k else []
    pytest.main([str(HARD), "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", *selection], plugins=[counts])
    total: Counter[str] = Counter()
    for letter, title in LETTERS.items():
        outcomes = counts.outcomes[letter]
        total += outcomes
        rows = outcomes["passed"] + outcomes["failed"]
        if rows:
            print(share(f"{letter.upper()} {title}: rows right", outcomes["passed"], rows))
    rows = total["passed"] + total["failed"]
    print(share("all rows right", total["passed"], rows) if rows else "no rows")
    print(f"skipped: {total['skipped']}; not as they should be: {', '.join(counts.failures) or 'none'}")
    return int(total["failed"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
