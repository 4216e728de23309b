"""Measures how often the reader is right, says "can't tell", or is wrong, on drawn labels, harmed as photos are.

    python measure_labels.py --first 1000 --count 200

Labels 0 to 119 were looked at while the rules were written; the README's figures are of 1000 to 1199.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections import Counter, defaultdict

from sensorium import Image

from draw_labels import FONTS, HARMS, Printed, draw, harmed, printed
from medicine_labels.reading import read_print
from medicine_labels.schema import VALUES, Value
from medicine_labels.sorting import sort_print

OUTCOMES = ("right", "can't tell", "wrong", "missed")


def truth(label: Printed) -> dict[str, str]:
    """Return what each value is; "" for what isn't printed."""
    date = re.sub(r"^(?:EXP|Exp\. date:|Expiry|Use before:) ", "", label.expiry)
    return {
        "name": label.name,
        "strength": label.strength,
        "expiry": date,
        "how_to_take": " ".join(label.how_to_take),
        "warnings": " ".join(label.warnings),
    }


def outcome(found: Value, right: str) -> str:
    """Return how a value came out, of OUTCOMES; "missed" is "not seen" for what is printed."""
    if found.state == "can't tell":
        return "can't tell"
    if found.state == "not seen":
        return "missed" if right else "right"
    return "right" if bare(found.text) == bare(right) else "wrong"


def bare(text: str) -> str:
    """Return a text without case and spaces."""
    return "".join(text.casefold().split())


def main() -> None:
    """Print a table: one row a value, then one a harm."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    table: dict[str, Counter[str]] = defaultdict(Counter)
    kinds = list(FONTS)
    for seed in range(options.first, options.first + options.count):
        harm, kind = HARMS[seed % len(HARMS)], kinds[seed // len(HARMS) % len(kinds)]
        label = printed(seed)
        file = io.BytesIO()
        harmed(draw(label, kind, seed), harm, seed).save(file, "PNG")
        found = sort_print(read_print(Image(file.getvalue())))
        for name, right in truth(label).items():
            value: Value = getattr(found, name)
            result = outcome(value, right)
            for row in (name, f"photo: {harm}", "all"):
                table[row][result] += 1
            if result in ("wrong", "missed"):
                print(f"label {seed} ({harm}, {kind}): {name} is {right!r}, {value}", file=sys.stderr)
    print(f"| | {' | '.join(OUTCOMES)} |", f"|---|{'---|' * len(OUTCOMES)}", sep="\n")
    for row in (*VALUES, *(f"photo: {harm}" for harm in HARMS), "all"):
        print(f"| {row} | {' | '.join(str(table[row][each]) for each in OUTCOMES)} |")


if __name__ == "__main__":
    main()
