"""How well Sensorium reads: receipts, signs, labels and menus, in Latin letters, Hindi and Tamil.

    python bench/reading.py [--split tune|test] [--n PAGES] [--seed N]

Pages are rendered (see pages.py) with other fonts, words, photographs and seeds in the two splits, fixed before any
tuning. The character error rate is taken over the whole text that would be said aloud: lines left out count as
deletions. White space and the length of dashes are not counted.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pages
from figures import Case, Figure, share

from sensorium.core.messages import Image
from sensorium.eyes.documents.fields import find_field
from sensorium.eyes.documents.values import fold_text
from sensorium.eyes.ocr import SURE, read, spoken_text
from sensorium.media.image import pixels

LATIN = ("receipt", "sign", "label", "menu")
TARGETS = {"latin": 0.02, "hindi": 0.15, "tamil": 0.15}
QUESTIONS = {
    "total": ("What is the total?", "how much do i have to pay"),
    "subtotal": ("What is the subtotal?",),
    "tax": ("How much tax is on this receipt?",),
    "change": ("How much change did I get?",),
    "date": ("What is the date on this receipt?", "when was this bought"),
    "time": ("What time is on the receipt?",),
    "phone": ("What is the phone number?", "can you find the telephone number"),
    "invoice number": ("What is the receipt number?",),
    "expiry date": ("When does it expire?", "what's the expiry date"),
    "dose": ("What is the dose?",),
    "name": ("What name is on it?",),
    "seat": ("Which seat is it?", "What is my seat?"),
    "gate": ("Which gate?",),
    "batch": ("What is the batch number?",),
}


@dataclass
class _Tally:
    errors: int = 0
    characters: int = 0
    pages: int = 0
    seconds: list[float] = field(default_factory=list)


def figures(n: int, seed: int = 0, split: pages.Split = "test") -> list[Figure]:
    """Read n pages of each kind; give error rates, field accuracy, seconds and how far the scores can be believed."""
    tallies = {kind: _Tally() for kind in pages.KINDS}
    right = wrong = not_found = false_alarms = absent = 0
    sure_lines = sure_right = sure_fields = sure_fields_right = 0
    for kind in pages.KINDS:
        for i in range(n):
            page = pages.page(kind, split, seed * 100_000 + i)
            image = Image(page.jpeg)
            pixels(image)  # opening the file is not reading
            start = time.perf_counter()
            lines = read(image)
            tally = tallies[kind]
            tally.seconds.append(time.perf_counter() - start)
            truth, spoken = normal(page.text), normal(spoken_text(lines))
            tally.errors += distance(truth, spoken)
            tally.characters += len(truth)
            tally.pages += 1
            padded = [f" {normal(row)} " for row in page.rows]
            for line in lines:
                if line.score >= SURE:
                    sure_lines += 1
                    sure_right += any(f" {normal(line.text)} " in row for row in padded)
            for name, value in page.fields.items():
                match = find_field(lines, name)
                fits = match is not None and same_value(match.value, value)
                right, wrong, not_found = (
                    right + fits,
                    wrong + (match is not None and not fits),
                    not_found + (match is None),
                )
                if match is not None and match.confidence >= 0.8:
                    sure_fields, sure_fields_right = sure_fields + 1, sure_fields_right + fits
            for name in page.absent:
                match = find_field(lines, name)
                absent += 1
                false_alarms += match is not None
                if match is not None and match.confidence >= 0.8:
                    sure_fields += 1
    return [
        *_error_rates(tallies),
        share("reading: fields right", right, right + wrong + not_found),
        share("reading: fields wrong", wrong, right + wrong + not_found),
        share("reading: fields not found", not_found, right + wrong + not_found),
        share("reading: fields found that are not there", false_alarms, absent),
        share("reading: fields at confidence >= 0.8 that are right", sure_fields_right, sure_fields, 0.95),
        share(f"reading: lines at score >= {SURE} that are right to the letter", sure_right, sure_lines, 0.95),
        *_speeds(tallies),
    ]


def _error_rates(tallies: dict[str, _Tally]) -> list[Figure]:
    groups = {
        "receipts": ("receipt",), "signs": ("sign",), "labels and menus": ("label", "menu"), "latin": LATIN,
        "hindi": ("hindi",), "tamil": ("tamil",),
    }  # fmt: skip
    out = []
    for name, kinds in groups.items():
        chosen = [tallies[kind] for kind in kinds]
        characters = sum(tally.characters for tally in chosen)
        rate = sum(tally.errors for tally in chosen) / characters
        target = TARGETS.get(name, TARGETS["latin"])
        out.append(Figure(f"reading: character error rate, {name} ({characters} characters)", rate,
                          sum(tally.pages for tally in chosen), target, at_most=True))  # fmt: skip
    return out


def _speeds(tallies: dict[str, _Tally]) -> list[Figure]:
    out = []
    for name, kinds in (("Latin", LATIN), ("Hindi and Tamil", ("hindi", "tamil"))):
        seconds = [second for kind in kinds for second in tallies[kind].seconds]
        for share_of, label in ((0.5, "p50"), (0.95, "p95")):
            out.append(Figure(f"reading: seconds a page, {name}, {label}", float(np.quantile(seconds, share_of)),
                              len(seconds)))  # fmt: skip
    return out


def cases(split: pages.Split, n: int, seed: int = 0) -> list[Case]:
    """Return n questions about rendered pages as a person would ask them, each with a judge of the reply's text."""
    rng = np.random.default_rng([pages.SEEDS[split], 99, seed])
    out: list[Case] = []
    number = 0
    while len(out) < n:
        kind = pages.KINDS[number % len(pages.KINDS)]
        page = pages.page(kind, split, 50_000 + seed * 1_000 + number)
        number += 1
        image = Image(page.jpeg)
        names = [name for name in page.fields if name in QUESTIONS or name.startswith("price of")]
        if names:
            name = str(rng.choice(names))
            questions = QUESTIONS.get(name) or (f"What is the {name}?", f"How much is the {name[9:]}?")
            out.append(Case("reading", image, str(rng.choice(questions)), _says(page.fields[name])))
        else:
            questions = ("What does the sign say?", "Read this to me", "what is written here")
            out.append(Case("reading", image, str(rng.choice(questions)), _reads(page.text)))
    return out


def _says(value: str) -> Callable[[str], bool]:
    """Judge an answer right where the value stands in it, whatever its spacing."""

    pattern = r"[\s£$€]*".join(re.escape(character) for character in _bare(value))

    def judge(reply: str) -> bool:
        return re.search(rf"(?<!\d)(?<!\d[.,]){pattern}(?![.,]?\d)", fold_text(reply)) is not None

    return judge


def _reads(truth: str) -> Callable[[str], bool]:
    """Judge a reading right where the best stretch of the reply is within 5 % (at least one letter) of the truth."""

    def judge(reply: str) -> bool:
        expected = normal(truth)
        return _best_stretch(expected, normal(reply)) <= max(1, 0.05 * len(expected))

    return judge


def same_value(match: str, expected: str) -> bool:
    """Whether two values are the same but for spaces, currency signs and marks at their ends."""
    return _bare(match) == _bare(expected)


def _bare(value: str) -> str:
    return re.sub(r"[\s£$€]+", "", fold_text(value)).strip(".,:;-")


def normal(spoken: str) -> str:
    """Fold white space and the length of dashes."""
    return " ".join(re.sub(r"[–—−]", "-", spoken).split())


def distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Count the insertions, deletions and substitutions that make a into b (Levenshtein 1966)."""
    row = np.arange(len(b) + 1)
    codes = np.array([ord(character) for character in b])
    for i, character in enumerate(a, 1):
        above = row
        row = np.empty_like(above)
        row[0] = i
        row[1:] = np.minimum(above[1:] + 1, above[:-1] + (codes != ord(character)))
        row = np.minimum.accumulate(row - np.arange(len(row))) + np.arange(len(row))
    return int(row[-1])


def _best_stretch(expected: str, reply: str) -> int:
    """Return the least distance of `wanted` to any stretch of `reply` (Sellers 1980)."""
    above = np.zeros(len(reply) + 1, dtype=int)
    codes = np.array([ord(character) for character in reply])
    for i, character in enumerate(expected, 1):
        row = np.empty_like(above)
        row[0] = i
        row[1:] = np.minimum(above[1:] + 1, above[:-1] + (codes != ord(character)))
        above = np.minimum.accumulate(row - np.arange(len(row))) + np.arange(len(row))
    return int(above.min())


def main() -> None:
    """Print the figures of one split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("tune", "test"), default="test")
    parser.add_argument("--n", type=int, default=60, help="pages of each kind")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    missing = pages.ready()
    if missing:
        print(f"Skipped: {missing}.")
        return
    for figure in figures(args.n, args.seed, args.split):
        print(figure)


if __name__ == "__main__":
    main()
