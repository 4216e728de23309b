"""A lesson as a page: its text, its cells, what they printed and showed, and the solutions folded away."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from sensorium.lessons import Lesson, LessonRun, run
from sensorium.lessons.notebook import Cell, read_cells

ROOT = Path(__file__).resolve().parents[2]


def write_page(lesson: Lesson, folder: Path, cache: Path) -> None:
    """Write a lesson's page and its pictures into a folder; a lesson that did not change isn't run again.

    Raises:
        RuntimeError: if a cell of the lesson fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in lesson.folder.iterdir():
        if path.suffix in (".png", ".svg", ".jpg"):
            (folder / path.name).write_bytes(path.read_bytes())
    outputs = _outputs(lesson, cache)
    rows: list[str] = []
    for number, cell in enumerate(read_cells(lesson.file), 1):
        rows.append(_shown(cell, lesson))
        text, pictures = outputs.get(str(number), ("", []))
        if text.strip():
            rows.append(_fence("text", text))
        for place, picture in enumerate(pictures):
            name = f"cell-{number}-{place}.png"
            (folder / name).write_bytes(base64.b64decode(picture["png"]))
            rows.append(f"![{picture['alt']}]({name})")
    (folder / "lesson.md").write_text("\n\n".join(rows) + "\n", encoding="utf-8")


def _shown(cell: Cell, lesson: Lesson) -> str:
    if not cell.is_code:
        return cell.source
    code = _fence("python", cell.source)
    solution = next((each.solution for each in lesson.exercises if each.name == cell.exercise), "")
    if not solution:
        return code
    return f"{code}\n\n<details><summary>A solution</summary>\n\n{_fence('python', solution.strip())}\n\n</details>"


def _fence(language: str, text: str) -> str:
    marks = "`" * (4 if "```" in text else 3)
    return f"{marks}{language}\n{text.rstrip()}\n{marks}"


def _outputs(lesson: Lesson, cache: Path) -> dict[str, tuple[str, list[dict[str, str]]]]:
    """Return what each cell printed and showed, by its number; kept under the digest of the lesson and the library."""
    seal = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(lesson.folder.glob("*.[pt]*"))))
    for path in sorted((ROOT / "src" / "sensorium").rglob("*.py")):
        seal.update(path.read_bytes())
    kept = cache / f"{lesson.name}-{seal.hexdigest()[:16]}.json"
    if not kept.exists():
        done: LessonRun = run(lesson)
        if done.error:
            raise RuntimeError(f"{lesson.name}: {done.error}")
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({cell.number: [cell.text, cell.pictures] for cell in done.cells}))
    return {number: (text, pictures) for number, (text, pictures) in json.loads(kept.read_text()).items()}
