"""Measures how often each check is right, calls a person, or is wrong without calling one, on drawn trays.

    python measure_camera.py --first 1000 --count 120

Trays 0 to 59 were looked at while the checks were set; the README's figures are of 1000 to 1119.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections import Counter, defaultdict

from sensorium import Image

from draw_trays import HARMS, draw, tray
from inspection_camera.app import inspect, load_model
from inspection_camera.checks import load_checks

OUTCOMES = ("right", "a person is called", "wrong")


def main() -> None:
    """Print a table: one row a check, then one a harm."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--count", type=int, default=120)
    options = parser.parse_args()
    table: dict[str, Counter[str]] = defaultdict(Counter)
    model, checks = load_model(), load_checks()
    for seed in range(options.first, options.first + options.count):
        harm, seen = HARMS[seed % len(HARMS)], tray(seed)
        file = io.BytesIO()
        draw(seen, harm, seed).save(file, "PNG")
        truth = {"parts": str(seen.parts), "lot": seen.lot, "pressure": seen.pressure}
        for finding in inspect(model, Image(file.getvalue()), checks).findings:
            unsure = finding.state == "unsure"
            result = OUTCOMES[1] if unsure else OUTCOMES[0] if finding.value == truth[finding.name] else OUTCOMES[2]
            for row in (finding.name, f"picture: {harm}", "all"):
                table[row][result] += 1
            if result == "wrong":
                print(f"tray {seed} ({harm}): {finding.name} is {truth[finding.name]}, {finding}", file=sys.stderr)
    print(f"| | {' | '.join(OUTCOMES)} |", f"|---|{'---|' * len(OUTCOMES)}", sep="\n")
    for row in (*(check.name for check in checks), *(f"picture: {harm}" for harm in HARMS), "all"):
        print(f"| {row} | {' | '.join(str(table[row][each]) for each in OUTCOMES)} |")


if __name__ == "__main__":
    main()
