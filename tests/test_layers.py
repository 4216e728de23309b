"""Who may import whom: the house's table, read from the imports themselves."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from sensorium.cli.main import COMMANDS

SRC = Path(__file__).parents[1] / "src" / "sensorium"

GROUND = {"core", "media"}
FEATURES = GROUND | {"tasks", "ask"}
EYES = GROUND
# A room -> the rooms that it may import; "*" is every room but backends. A room may import itself. Folders that are
# rooms of their own are named with their path; a file belongs to the deepest room that holds it.
MAY: dict[str, set[str]] = {
    "core": set(),
    "media": {"core"},
    "tasks": GROUND,
    "ask": GROUND,
    "registry": {"core"},
    "hosted": GROUND,
    "checkpoint": GROUND,
    "eyes": set(),
    "eyes/ocr": EYES,
    "eyes/documents": EYES | {"eyes/ocr"},
    "eyes/photo": EYES | {"eyes/ocr"},
    "eyes/recognition": EYES | {"eyes/question"},
    "eyes/charts": EYES | {"eyes/ocr"},
    "eyes/detection": EYES,
    "eyes/question": EYES,
    "eyes/answers": EYES
    | {
        "eyes/ocr",
        "eyes/documents",
        "eyes/photo",
        "eyes/recognition",
        "eyes/charts",
        "eyes/detection",
        "eyes/question",
    },
    "evaluation": FEATURES,
    "voice": FEATURES,
    "fewshot": FEATURES | {"evaluation"},
    "retrieval": GROUND,
    "scaffold": GROUND,
    "video": FEATURES | {"evaluation", "retrieval"},
    "search": FEATURES | {"evaluation", "retrieval"},
    "tune": FEATURES | {"checkpoint", "evaluation"},
    "backends": GROUND | {"checkpoint", "hosted"},
    "lessons": GROUND | {"registry", "hosted"},
    "apps/http": GROUND,
    "apps/openai_api": GROUND | {"ask", "apps/http"},
    "apps/assist": FEATURES | {"apps/http", "apps/openai_api", "eyes/answers", "eyes/photo", "voice"},
    "apps/store": FEATURES | {"apps/http", "apps/openai_api", "voice", "search", "retrieval"},
    "apps": set(),
    "cli": {"*"},
    "__main__": {"cli"},
    "": {"*"},
}
ONE_BY_ONE = {"backends/offline.py": {"eyes/answers", "eyes/photo", "eyes/recognition"}}
ALONE = {"backends"}  # rooms whose files do not import each other
STDLIB_ONLY = {"core"}
# Imported where they are used, not when the room is.
LATE = {"core/schema.py": {"pydantic"}, "core/weights.py": {"onnxruntime"}}
NAME = re.compile(r"sensorium(\.[a-z]\w*)+")
TOP = {room.partition("/")[0] for room in MAY}
MOST_FILES = 12
"""Of a room, its `__init__` aside; the commands of the command line are one file each and do not count."""


def violations(root: Path) -> list[str]:
    """List what each file under `root` imports and may not."""
    return [
        f"{path.relative_to(root)}:{line} imports {name}"
        for path in sorted(root.rglob("*.py"))
        for line, name, typing_only in imports(path, root)
        if not allowed(path.relative_to(root), name, typing_only)
    ]


def imports(path: Path, root: Path) -> list[tuple[int, str, bool]]:
    """List (line, module, only for type checkers) of a file; a string that names a module of the house is one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        id(node)
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and "TYPE_CHECKING" in ast.unparse(guard.test)
        for node in ast.walk(guard)
    }
    package = ("sensorium", *path.relative_to(root).parent.parts)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            names = [f"{module}.{alias.name}" if is_room(module) else module for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            spelled = node.value.partition(":")[0]
            names = [spelled] if NAME.fullmatch(spelled) and spelled.split(".")[1] in TOP else []
        else:
            continue
        found += [(node.lineno, name, id(node) in guarded) for name in names]
    return found


def is_room(module: str) -> bool:
    """Whether a name that is imported from `module` may be a room."""
    top, _, rest = module.partition(".")
    return top == "sensorium" and (not rest or rest in ("eyes", "apps"))


def room_of(parts: tuple[str, ...]) -> str:
    """Return the deepest room of the table that holds a module, by the parts of its path."""
    rooms = ["/".join(parts[:depth]) for depth in range(len(parts), 0, -1)]
    return next((room for room in rooms if room in MAY), parts[0] if parts else "")


def allowed(inside: Path, name: str, typing_only: bool) -> bool:
    parts = inside.with_suffix("").parts
    room = room_of(parts[:-1] or (() if parts[0] == "__init__" else parts))
    top, *rest = name.split(".")
    if top != "sensorium":
        late = top in LATE.get(inside.as_posix(), set())
        return room not in STDLIB_ONLY or top in sys.stdlib_module_names or late or (typing_only and top == "numpy")
    target = room_of(tuple(rest))
    if rest == ["__version__"]:
        return room == "cli"
    if target == "backends":
        return room == "registry" or (room == "backends" and (room not in ALONE or ".".join(rest) == ".".join(parts)))
    if target == room:
        return True
    may = MAY[room] | ONE_BY_ONE.get(inside.as_posix(), set())
    return target in may or "*" in may


def circles(root: Path) -> list[list[str]]:
    """List the circles of files that import each other, each as its files in order."""
    names = {module(path, root): path for path in sorted(root.rglob("*.py"))}
    graph: dict[str, set[str]] = {
        name: {
            target
            for _, imported, typing_only in full_imports(path, root)
            for target in [next((m for m in longest(imported) if m in names), "")]
            if target and target != name and not typing_only
        }
        for name, path in names.items()
    }
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> None:
        if name in trail:
            found.append(trail[trail.index(name) :])
            return
        if name in done:
            return
        for target in sorted(graph[name]):
            visit(target, [*trail, name])
        done.add(name)

    for name in graph:
        visit(name, [])
    return found


def module(path: Path, root: Path) -> str:
    parts = ("sensorium", *path.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def longest(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:depth]) for depth in range(len(parts), 0, -1)]


def full_imports(path: Path, root: Path) -> list[tuple[int, str, bool]]:
    """List imports as `imports` does, with every imported name: it may be a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {
        (node.lineno, f"{node.module}.{alias.name}")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
    }
    found = imports(path, root)
    typing_only = {line for line, _, guarded in found if guarded}
    return [each for each in found if each[0] not in {line for line, _ in named}] + [
        (line, name, line in typing_only) for line, name in named
    ]


def crowded(root: Path) -> list[str]:
    """List the rooms with more files than `MOST_FILES`."""
    found = []
    for folder in [root, *(path for path in sorted(root.rglob("*")) if path.is_dir())]:
        files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
        if folder.name == "cli":
            files -= set(COMMANDS)
        if len(files) > MOST_FILES:
            found.append(f"{folder.relative_to(root)}: {len(files)} files")
    return found


def test_every_import_keeps_to_the_table() -> None:
    assert violations(SRC) == []


def test_every_room_is_in_the_table() -> None:
    rooms = {p.name.removesuffix(".py") for p in SRC.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms - {"__init__"} <= set(MAY)


def test_no_room_is_crowded() -> None:
    assert crowded(SRC) == []


def test_no_circle_of_files() -> None:
    assert circles(SRC) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("core/messages.py", "import numpy"),
        ("core/messages.py", "from sensorium.media import image"),
        ("media/image.py", "from sensorium.eyes.ocr.read import read"),
        ("media/image.py", "def late():\n    import sensorium.ask"),
        ("media/image.py", "METRICS = {'chrf': 'sensorium.evaluation.wording:chrf'}"),
        ("ask.py", "from sensorium.registry import load"),
        ("eyes/ocr/read.py", "from sensorium.ask import ask"),
        ("eyes/ocr/read.py", "from sensorium.eyes.documents.fields import find"),
        ("eyes/ocr/read.py", "from sensorium.eyes import answers"),
        ("eyes/charts/table.py", "from sensorium.eyes.photo.colour import colour"),
        ("tasks/task.py", "from sensorium.evaluation.metrics import metric"),
        ("evaluation/metrics.py", "from sensorium.fewshot import place"),
        ("voice/talk.py", "from sensorium.fewshot import place"),
        ("retrieval/query.py", "from sensorium.search import index"),
        ("retrieval/query.py", "from sensorium.ask import ask"),
        ("search/engine.py", "from sensorium.video import find"),
        ("video/find.py", "from sensorium.search.index import Index"),
        ("fewshot/run.py", "import importlib\nimportlib.import_module('sensorium.tune.recipe')"),
        ("apps/http/sse.py", "from sensorium.apps.assist.care import care"),
        ("backends/fake.py", "from sensorium.eyes.ocr.read import read"),
        ("backends/fake.py", "from sensorium.backends.offline import model"),
        ("backends/fake.py", "from . import offline"),
        ("registry.py", "from sensorium.tasks import task"),
        ("cli/main.py", "from sensorium.backends.offline import model"),
        ("cli/main.py", "from ..backends import offline"),
        ("__init__.py", "from sensorium import backends"),
    ],
)
def test_a_planted_violation_fails(tmp_path: Path, file: str, line: str) -> None:
    target = tmp_path / file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(line + "\n")
    assert len(violations(tmp_path)) == 1


def test_what_is_allowed_passes(tmp_path: Path) -> None:
    target = tmp_path / "backends" / "offline.py"
    target.parent.mkdir()
    target.write_text(
        "from sensorium.eyes.answers import answer\nfrom sensorium.core.protocols import Delta\nimport numpy\n"
    )
    assert violations(tmp_path) == []


def test_a_planted_circle_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from sensorium.b import x\n")
    (tmp_path / "b.py").write_text("def late():\n    from sensorium import a\n")
    assert circles(tmp_path) == [["sensorium.a", "sensorium.b"]]


def test_a_crowded_room_is_found(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 1):
        (tmp_path / f"f{number}.py").write_text("")
    assert crowded(tmp_path) == [".: 13 files"]
