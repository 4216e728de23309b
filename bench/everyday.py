"""Everyday questions about everyday pictures, offline: right of all asked, false where sure, declined rightly.

    python bench/everyday.py [--part tune|final|all] [--set photos,texts,...] [--every N] [--own N]
                             [--json OUT.jsonl] [--against OLD.jsonl]

Asks the questions of ../shared/data/everyday (questions.jsonl, pictures/), graded by its own score.py, and, with --own,
about N pictures that are drawn here: things of known colour and number on plain white, on photographed grounds, and
pages that are sharp, blurred or glaring. Pictures whose file name begins with 0 to 7 are for tuning, the others for
the final figure. Every family has its Wilson interval; --against tells which answers another run's file had better.
"""

from __future__ import annotations

import argparse
import collections
import importlib.util
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from colours import pieces, scenes, thing, to_linear, to_srgb
from figures import Figure, calibration_error, share

from sensorium import Conversation, Image, ask, load
from sensorium.media.image import encode, pixels

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "everyday"
SURE = 0.8
Row = dict[str, Any]


def rows_of(folder: Path, part: str, sets: set[str], every: int) -> list[Row]:
    """Return the rows of a folder's questions that belong to a part and to some sets."""
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if part == "all" or (Path(row["picture"]).name[0] in "01234567") == (part == "tune")]
    rows = [row for row in rows if not sets or row["set"] in sets]
    return rows[::every]


def own(n: int, seed: int = 4) -> Iterator[tuple[Row, Image]]:
    """Draw things, pieces and pages, and yield questions about them with what a right answer holds."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))
    from photo_quality import page, spoil

    for k, scene in enumerate(scenes(thing, "test", n, seed)):
        rgb, mask = pixels(scene.image), scene.mask
        assert mask is not None
        cover = np.asarray(PIL.Image.fromarray((mask * 255).astype(np.uint8)), dtype=float)[:, :, None] / 255
        white = to_srgb(to_linear(rgb)) * cover + 255 * (1 - cover)
        expected = "|".join(scene.truth).replace("grey", "gr[ae]y") + "|\\A\\b\\B"  # a pattern, as score.py reads it
        for ground, image in (("scene", scene.image), ("white", encode(PIL.Image.fromarray(white.astype(np.uint8))))):
            row = {
                "set": "own",
                "family": f"own/colour on {ground}",
                "question": "What colour is it?",
                "kind": "colour",
            }
            yield row | {"kind": "colour", "expected": expected, "picture": f"own thing {k} {ground}"}, image
    for k, scene in enumerate(scenes(pieces, "test", n, seed)):
        row = {"set": "own", "family": "own/count", "question": "How many things are there?", "kind": "count"}
        yield row | {"expected": {"num": int(scene.truth[0]), "tol": 0}, "picture": f"own pieces {k}"}, scene.image
    rng = random.Random(1000 + seed)
    for k in range(n):
        drawn, fault = page(rng), ("", "blurred", "motion", "glare")[k % 4]
        image = encode(spoil(drawn, fault, rng), "jpeg", 85)
        row = {"set": "own", "family": f"own/is the page clear, {fault or 'sharp'}", "question": "Is this photo clear?"}
        yield row | {"kind": "quality", "expected": "NO" if fault else "YES", "picture": f"own page {k}"}, image


def grader(folder: Path) -> Callable[[Row, str, bool], str]:
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    if spec is None or spec.loader is None or not (folder / "score.py").is_file():
        raise SystemExit(f"No score.py in {folder}, which grades these answers.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.grade  # type: ignore[no-any-return]


def run(asked: Iterable[tuple[Row, Image]], grade: Callable[[Row, str, bool], str]) -> list[Row]:
    """Ask every question, and return the rows with text, confidence, grade, wall and CPU seconds."""
    model, out = load("offline"), []
    for row, image in asked:
        start, cpu = time.perf_counter(), time.process_time()
        reply = ask(model, Conversation.of(image, row["question"]))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        answer = {"text": reply.text, "confidence": reply.confidence, "grade": grade(row, reply.text, reply.abstained)}
        out.append(row | answer | {"seconds": round(seconds, 3), "cpu": round(cpu, 3)})
    return out


def figures(rows: list[Row]) -> list[Figure]:
    """Return right of all asked by family, false where sure, declined rightly, calibration, seconds."""
    by = collections.defaultdict(list)
    for row in rows:
        by[f"{row['set']}: {row['family']}"].append(row)
    asked = [row for row in rows if row["kind"] != "decline"]
    groups = {**dict(sorted(by.items())), "all asked but declines": asked}
    groups["outside charts"] = [row for row in asked if row["kind"] != "chart"]
    out = []
    for name, of in groups.items():
        wanted = "declined" if of and of[0]["kind"] == "decline" else "right"
        out.append(share(name, sum(row["grade"] == wanted for row in of), len(of)))
    answered = [row for row in asked if row["grade"] in ("right", "wrong")]
    sure = [row for row in answered if (row["confidence"] or 0) >= SURE]
    out.append(share("false at confidence >= .8", sum(r["grade"] == "wrong" for r in sure), len(sure), 0.03, True))
    declines = [row for row in rows if row["kind"] == "decline"]
    out.append(share("declined rightly", sum(r["grade"] == "declined" for r in declines), len(declines), 0.95))
    if answered:
        confidence = np.array([row["confidence"] or 0.0 for row in answered])
        right = np.array([row["grade"] == "right" for row in answered], dtype=float)
        error = calibration_error(confidence, right)
        out.append(Figure("expected calibration error", error, len(answered), 0.05, at_most=True))
    for name in ("seconds", "cpu"):
        values = [row[name] for row in rows if name in row]
        if values:
            out.append(Figure(f"{name}, median", float(np.median(values)), len(values)))
    return out


def compare(rows: list[Row], old: list[Row]) -> None:
    """Print how many answers became right, and which stopped being so or became false."""
    before = {(row["picture"], row["question"]): row for row in old}
    pairs = [
        (row, before[row["picture"], row["question"]]) for row in rows if (row["picture"], row["question"]) in before
    ]
    moves = collections.Counter((was["grade"], row["grade"]) for row, was in pairs)
    print(f"of {len(pairs)} asked in both: " + ", ".join(f"{a} -> {b} {n}" for (a, b), n in sorted(moves.items())))
    for row, was in pairs:
        if row["grade"] != was["grade"] and (was["grade"] == "right" or row["grade"] == "wrong"):
            text = row["text"].replace("\n", " / ")[:110]
            print(f"  {was['grade']} -> {row['grade']}: {row['picture']} {row['question']!r}: {text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("tune", "final", "all"), default="final")
    parser.add_argument("--set", default="", help="sets of the folder, by commas")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--own", type=int, default=0, help="drawn pictures of each sort")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--json", type=Path, help="write every row with its answer here")
    parser.add_argument("--against", type=Path, help="rows of another run, as --json or score.py wrote them")
    chosen = parser.parse_args()
    grade = grader(chosen.folder)
    sets = {name for name in chosen.set.split(",") if name}
    rows = [] if sets == {"none"} else rows_of(chosen.folder, chosen.part, sets, chosen.every)
    done = run(((row, Image(str(chosen.folder / row["picture"]))) for row in rows), grade)
    done += run(own(chosen.own), grade) if chosen.own else []
    for figure in figures(done):
        print(figure)
    if chosen.json:
        chosen.json.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in done), encoding="utf-8")
    if chosen.against:
        old = [json.loads(line) for line in chosen.against.read_text(encoding="utf-8").splitlines()]
        compare(done, old)
        kept = {(row["picture"], row["question"]) for row in done}
        print("before:")
        for figure in figures([row for row in old if (row["picture"], row["question"]) in kept]):
            print(" ", figure)


if __name__ == "__main__":
    main()
