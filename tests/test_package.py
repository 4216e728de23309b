"""What is shipped, and what it needs: the wheel's files, the extras, the pinned versions."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "sensorium"
COURSE = ROOT / "course"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
PINS = {
    canonicalize_name(name): version
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
}
APART = {"ray"}  # large, and of use only to who has several machines
NO_TORCH = ("offline", "heic", "demo", "dev")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True, timeout=120, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        held = {name: info.file_size for info in file.infolist() if not (name := info.filename).endswith("/")}
    package = {name for name in held if name.startswith("sensorium/")}
    course = {path: f"sensorium/lessons/course/{path.relative_to(COURSE).as_posix()}" for path in COURSE.rglob("*")}
    assert package == {
        course[path] if path in course else f"sensorium/{path.relative_to(SRC).as_posix()}"
        for path in (*SRC.rglob("*"), *course)
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"sensorium/py.typed", "sensorium/catalog.toml", "sensorium/starter/model.safetensors"} <= package
    about = {re.sub(r"^[^/]+\.dist-info/", "", name) for name in set(held) - package}
    assert about == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE", "licenses/NOTICE"}
    assert wheel.stat().st_size < 40_000_000  # the starter: 14 MB, EfficientNet-Lite0: 19 MB; larger ones are packages


def test_the_wheel_works_by_itself(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        file.extractall(tmp_path / "site")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "import sensorium; from sensorium.core.catalog import entries\n"
        "from sensorium.eyes.recognition import efficientnet, vocabulary\n"
        "import numpy; efficientnet.infer(numpy.zeros((64, 64, 3), dtype=numpy.uint8))\n"
        "from sensorium.lessons import find_lesson; assert find_lesson(2).folder.parent.parent.name == 'lessons'\n"
        "print(sensorium.__file__, len(entries()), len(vocabulary.load_vocabulary().names))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=True)
    where, models, names = run.stdout.rsplit(maxsplit=2)
    assert where.startswith(str(tmp_path / "site")) and int(models) >= 1 and names == "1000"


def test_the_versions_agree() -> None:
    import sensorium

    assert sensorium.__version__ == PROJECT["version"]
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_needed_file_is_in_the_notice() -> None:
    """Data of other people is named with its licence; what recipes/ made is not others' work."""
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for path in SRC.rglob("data/*"):
        assert f"src/sensorium/{path.relative_to(SRC).as_posix()}" in notice, path


def test_what_is_named_is_pinned() -> None:
    named = [Requirement(line) for line in (*PROJECT["dependencies"], *(n for e in EXTRAS.values() for n in e))]
    others = [need for need in named if need.name != "sensorium"]
    assert len(others) > 15
    for need in others:
        pin = PINS.get(canonicalize_name(need.name))
        assert pin is not None, f"constraints.txt lacks {need.name}"
        assert need.specifier.contains(pin), f"{need} does not allow {pin} of constraints.txt"


def test_what_comes_along_is_pinned() -> None:
    found = set(_needed("sensorium", frozenset(EXTRAS)))
    assert len(found) > 30
    missing = {f"{name}=={version}" for name, version in found if name not in PINS}
    assert not missing, f"Add to constraints.txt: {sorted(missing)}"


def test_seeing_offline_needs_no_torch() -> None:
    for extra in NO_TORCH:
        names = {name for name, _ in _needed("sensorium", frozenset({extra}))}
        assert not names & {"torch", "transformers", "tensorflow"}, extra
    assert PINS["torch"] == "2.13.0"  # any other spelling brings the registry's newest build, of several gigabytes


def test_all_is_what_a_user_may_want() -> None:
    (everything,) = EXTRAS["all"]
    named = re.fullmatch(r"sensorium\[(.+)\]", everything)
    assert named is not None
    assert sorted(named.group(1).split(",")) == sorted(set(EXTRAS) - {"all", "dev"} - APART)


def _needed(
    name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]] | None = None
) -> Iterator[tuple[str, str]]:
    """Walk what an installed package needs with these extras: names and installed versions."""
    seen = set() if seen is None else seen
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    try:
        about = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return  # not installed here, e.g. an extra for a GPU
    if name != "sensorium":
        yield canonicalize_name(name), about.version.partition("+")[0]
    needs = about.requires or ()
    if name == "sensorium":  # as it is written now, not as it was when it was installed
        needs = [*PROJECT["dependencies"], *(line for extra in extras for line in EXTRAS[extra])]
    for line in needs:
        need = Requirement(line)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            yield from _needed(need.name, frozenset(need.extras), seen)
