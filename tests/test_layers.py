"""Who may import whom: the house's table, read from the imports themselves."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "sensorium"

ABOVE_CORE = {"core", "media"}
FEATURES = {"core", "media", "ask"}
# The room of a module -> the rooms that it may import; "*" is every room but backends. A room may import itself.
MAY = {
    "core": set[str](),
    "media": {"core"},
    "ask": ABOVE_CORE,
    "eyes": ABOVE_CORE,
    "index": ABOVE_CORE,
    "service": ABOVE_CORE,
    "checkpoint": ABOVE_CORE,
    "backends": ABOVE_CORE | {"checkpoint", "service"},
    "voice": FEATURES,
    "fewshot": FEATURES,
    "video": FEATURES,
    "tune": FEATURES | {"checkpoint"},
    "compare": FEATURES,
    "apps": {"core", "media", "ask", "eyes", "index", "voice", "fewshot", "video", "tune", "compare"},
    "registry": {"core"},
    "cli": {"*"},
    "__main__": {"cli"},
    "": {"*"},
}
ONE_BY_ONE = {"backends/offline.py": {"eyes"}}
ALONE = {"backends"}  # rooms whose files do not import each other
STDLIB_ONLY = {"core"}


def violations(root: Path) -> list[str]:
    """List what each file under `root` imports and may not."""
    return [
        f"{path.relative_to(root)}:{line} imports {name}"
        for path in sorted(root.rglob("*.py"))
        for line, name, typing_only in imports(path, root)
        if not allowed(path.relative_to(root), name, typing_only)
    ]


def imports(path: Path, root: Path) -> list[tuple[int, str, bool]]:
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
            names = [f"{module}.{alias.name}" if module == "sensorium" else module for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("import_module", "__import__") and node.args:
            literal = node.args[0]
            names = [literal.value] if isinstance(literal, ast.Constant) and isinstance(literal.value, str) else []
        else:
            continue
        found += [(node.lineno, name, id(node) in guarded) for name in names]
    return found


def allowed(inside: Path, name: str, typing_only: bool) -> bool:
    room = inside.parts[0].removesuffix(".py") if inside.parts[0] != "__init__.py" else ""
    top, *rest = name.split(".")
    if top != "sensorium":
        return room not in STDLIB_ONLY or top in sys.stdlib_module_names or (typing_only and top == "numpy")
    target = rest[0] if rest else ""
    if target == "__version__":
        return room == "cli"
    if target == room:
        return room not in ALONE or ".".join(rest) == ".".join(inside.with_suffix("").parts)
    may = MAY[room] | ONE_BY_ONE.get(inside.as_posix(), set())
    return target in may or ("*" in may and target != "backends")


def test_every_import_keeps_to_the_table() -> None:
    assert violations(SRC) == []


def test_every_room_is_in_the_table() -> None:
    rooms = {p.name.removesuffix(".py") for p in SRC.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms - {"__init__"} <= set(MAY)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("core/messages.py", "import numpy"),
        ("core/messages.py", "from sensorium.media import image"),
        ("media/image.py", "from sensorium.eyes.read import read"),
        ("media/image.py", "def late():\n    import sensorium.ask"),
        ("ask.py", "from sensorium.registry import load"),
        ("eyes/read.py", "from sensorium.ask import ask"),
        ("backends/fake.py", "from sensorium.eyes.read import read"),
        ("backends/fake.py", "from sensorium.backends.offline import model"),
        ("backends/fake.py", "from . import offline"),
        ("registry.py", "from sensorium.backends import offline"),
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
    target.write_text("from sensorium.eyes.read import read\nfrom sensorium.core.roles import Delta\nimport numpy\n")
    assert violations(tmp_path) == []
