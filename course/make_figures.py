"""Draw the figures of the lessons: python course/make_figures.py [NUMBER...] [--to FOLDER]."""

from __future__ import annotations

import argparse
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

HERE = Path(__file__).resolve().parent


def draw(lesson: Path, folder: Path) -> None:
    """Draw a lesson's figures into a folder."""
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))  # for figure_style
    spec = spec_from_file_location(f"figures_{lesson.name.replace('-', '_')}", lesson / "figures.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.draw(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, help="which lessons; all without one")
    parser.add_argument("--to", type=Path, help="another folder than the lessons' own")
    args = parser.parse_args()
    for file in sorted(HERE.glob("[0-9][0-9]-*/figures.py")):
        if not args.numbers or int(file.parent.name[:2]) in args.numbers:
            folder = args.to / file.parent.name if args.to else file.parent
            folder.mkdir(parents=True, exist_ok=True)
            draw(file.parent, folder)


if __name__ == "__main__":
    main()
