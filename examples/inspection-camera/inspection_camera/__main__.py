"""The command: serves the page, or inspects the pictures of a folder as a camera writes them.

python -m inspection_camera                   the page, for this machine
python -m inspection_camera --watch pictures  each new picture of the folder, until Ctrl+C
python -m inspection_camera --once pictures   those that are there and were not inspected yet
python -m inspection_camera --csv             the log as CSV
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sensorium import Image, Model, SensoriumError

from inspection_camera.app import inspect, load_model
from inspection_camera.checks import load_checks
from inspection_camera.log import Log

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}
POLL_SECONDS = 1.0
LOG = Path("inspection-log")


def main() -> None:
    """Inspect, or serve the page until Ctrl+C; print its address once it listens."""
    parser = argparse.ArgumentParser(prog="inspection_camera")
    parser.add_argument("--watch", metavar="FOLDER", type=Path, help="inspect each new picture of a folder")
    parser.add_argument("--once", metavar="FOLDER", type=Path, help="inspect what is there, then end; 1 if flagged")
    parser.add_argument("--csv", action="store_true", help="print the log as CSV")
    parser.add_argument("--log", metavar="FOLDER", type=Path, default=LOG, help=f"the log's folder (default: {LOG})")
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    options = parser.parse_args()
    log = Log(options.log)
    try:
        if options.csv:
            sys.stdout.write(log.as_csv())
        elif options.once or options.watch:
            flagged = 0
            for line, is_flagged in inspected(load_model(), options.once or options.watch, log, bool(options.watch)):
                flagged += is_flagged
                print(line, flush=True)
            sys.exit(1 if flagged else 0)
        else:
            serve(options.port, log)
    except KeyboardInterrupt:
        sys.exit(130)
    except SensoriumError as error:
        raise SystemExit(f"{error.message} {error.hint}") from None


def inspected(model: Model, folder: Path, log: Log, forever: bool) -> Iterator[tuple[str, bool]]:
    """Yield a line for each new picture of a folder, and whether it calls a person."""
    checks, known = load_checks(), log.known()
    sizes: dict[Path, int] = {}
    while True:
        for path in sorted(each for each in folder.iterdir() if each.suffix.lower() in SUFFIXES):
            size = path.stat().st_size
            if forever and sizes.get(path) != size:
                sizes[path] = size  # the camera may still be writing it
                continue
            picture = Image(path.read_bytes())
            if picture.blob.digest[:16] in known:
                continue
            known.add(picture.blob.digest[:16])
            result = inspect(model, picture, checks)
            log.add(picture, path.name, result)
            told = "; ".join(f"{each.name} {each.value or '?'} {each.state}" for each in result.findings)
            yield f"{'LOOK ' if result.flagged else 'ok   '}{path.name}: {told}", result.flagged
        if not forever:
            return
        time.sleep(POLL_SECONDS)


def serve(port: int, log: Log) -> None:
    """Serve the page until Ctrl+C."""
    from sensorium.apps.http.server import leave, run

    from inspection_camera.server import create_app

    try:
        run(create_app(log=log), "127.0.0.1", port, None, None, lambda address: print(address, flush=True))
    except KeyboardInterrupt:
        leave()


if __name__ == "__main__":
    main()
