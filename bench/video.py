"""All figures of watching films: `python bench/video.py [--only cuts frames offline …] [-- OPTIONS]`.

Each part is a file of its own with more options, bench/video_PART.py. That models are told right times is no figure:
`tests/video/test_told_times.py` holds it for every frame, at each rate, through each backend's real payload.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

PARTS = ("cuts", "frames", "actions", "offline", "chain", "second")


def main(arguments: list[str] | None = None) -> int:
    """Run the parts one after another, each in a process of its own; return 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="after --: options of the part, with one --only")
    options = parser.parse_args(arguments)
    rest = [word for word in options.rest if word != "--"]
    if rest and len(options.only) != 1:
        parser.error(f"{' '.join(rest)} can go to one part only; add --only PART.")
    failed = []
    for part in options.only:
        print(f"\n== {part}", flush=True)
        script = Path(__file__).with_name(f"video_{part}.py")
        if subprocess.run([sys.executable, str(script), *rest]).returncode:
            failed.append(part)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
