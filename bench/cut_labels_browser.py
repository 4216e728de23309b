"""Cut and whole labels in the real page: chosen in Chromium, and judged by what a screen reader would be told.

The server is `sensorium serve assist` in a process of its own, with the offline model. Each picture is chosen with the
keyboard; what the live regions say of it names the side or not. Then a question is asked about it, and all that
reaches a live region until the answer is there is counted, apart from the news of its progress ("Thinking."). Every
CHECKED_EVERY pictures axe-core looks at the page. At last the page is wiped. The library judges the same pictures, as
they are before the page prepares them.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cut_labels import ANGLES, SIDES, Label, checked, named
from figures import Figure, share

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from asking import type_question, wait_for_answer, wait_for_check
from browser import announcements, choose_picture, open_page, run_chromium, tab_to, violations

QUESTIONS = ("What does it say?", "What is this?", "What is the total?", "When does it expire?")
CHECKED_EVERY = 10


@dataclass(frozen=True)
class Heard:
    """What was heard of one picture.

    Args:
        checked: The messages about the picture itself.
        replied: The messages after a question was asked: the question as it was understood, and the answer.
        axe: What axe-core found, or None if it did not look.
    """

    checked: tuple[str, ...]
    replied: tuple[str, ...]
    axe: int | None

    @property
    def sides(self) -> tuple[str, ...]:
        return named(" ".join(self.checked))

    @property
    def called_cut(self) -> bool:
        return bool(self.sides) or "cut off" in " ".join(self.checked)


@contextmanager
def serve_assist() -> Iterator[str]:
    """Run `sensorium serve assist` while the block runs; gives the address."""
    command = [sys.executable, "-m", "sensorium", "serve", "assist", "-m", "offline", "--port", "0"]
    command += ["--hear", "none", "--voice", "none"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip().rstrip("/")
        finally:
            process.terminate()


def hear(page: Any, label: Label, question: str, axe: bool) -> Heard:
    """Choose a picture, ask about it, wipe the page; return what was heard."""
    announcements(page)
    choose_picture(page, label.image.blob.data, "label.jpg")
    wait_for_check(page)
    told = [text for region, text in announcements(page) if region != "status"]
    type_question(page, question)
    wait_for_answer(page)
    replied = [text for region, text in announcements(page) if region != "status"]
    found = len(violations(page)) if axe else None
    tab_to(page, "wipe")
    page.keyboard.press("Enter")
    return Heard(tuple(told), tuple(replied), found)


def browser_figures(labels: Sequence[Label], keep: Path | None = None) -> list[Figure]:
    """Return the shares of cut labels with the right side in the page, of whole ones called cut, and the messages."""
    heard: list[Heard] = []
    with serve_assist() as address, run_chromium() as browser, open_page(browser, address, "reader") as page:
        for number, label in enumerate(labels):
            heard.append(hear(page, label, QUESTIONS[number % len(QUESTIONS)], number % CHECKED_EVERY == 0))
            _report(number, label, heard[-1], keep)
    return [*_sides(labels, heard), *_messages(heard), *_in_library(labels)]


def _report(number: int, label: Label, heard: Heard, keep: Path | None) -> None:
    """Print and keep what went wrong."""
    if heard.sides == ((label.cut,) if label.cut else ()) and heard.called_cut == bool(label.cut):
        return
    print(f"{number}: cut {label.cut or 'nowhere'}, {label.degrees} degrees: {' '.join(heard.checked)}", flush=True)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{number}.jpg").write_bytes(label.image.blob.data)


def _sides(labels: Sequence[Label], heard: Sequence[Heard]) -> list[Figure]:
    pairs = list(zip(labels, heard, strict=True))
    cut = [(label, result.sides == (label.cut,), label.cut in result.sides) for label, result in pairs if label.cut]
    whole = [result.called_cut for label, result in pairs if not label.cut]
    out = [
        share("browser: the side is reported", sum(among for *_, among in cut), len(cut), 0.95),
        share("browser: the right side, and no other", sum(right for _, right, _ in cut), len(cut), 0.95),
    ]
    for degrees in ANGLES:
        at = [right for label, right, _ in cut if abs(label.degrees) == degrees]
        out.append(share(f"browser: right at {degrees} degrees", sum(at), len(at)))
    for side in SIDES:
        at = [right for label, right, _ in cut if label.cut == side]
        out.append(share(f"browser: right at the {side}", sum(at), len(at)))
    return [*out, share("browser: whole, called cut in any words", sum(whole), len(whole), 0.03, at_most=True)]


def _messages(heard: Sequence[Heard]) -> list[Figure]:
    """Return how many messages a reply took, and what axe-core found."""
    counts = Counter(len(result.replied) for result in heard)
    looked = [result.axe for result in heard if result.axe is not None]
    print(f"messages a reply: {dict(sorted(counts.items()))}", flush=True)
    return [
        share("browser: replies of 1 or 2 live-region messages", counts[1] + counts[2], len(heard), 1.0),
        share("browser: checks of one live-region message", sum(len(r.checked) == 1 for r in heard), len(heard), 1.0),
        Figure("browser: axe-core violations", sum(looked), len(looked), 0, at_most=True),
    ]


def _in_library(labels: Sequence[Label]) -> list[Figure]:
    """Return the same judgement of the pictures as the library has it, for comparison."""
    sides = [named(checked(label.image)) for label in labels]
    cut = [label.cut in found for label, found in zip(labels, sides, strict=True) if label.cut]
    whole = [bool(found) for label, found in zip(labels, sides, strict=True) if not label.cut]
    return [
        share("library: the side is reported", sum(cut), len(cut)),
        share("library: whole, said to run out", sum(whole), len(whole)),
    ]
