"""Build the site of the documentation and the course: python recipes/site/build.py [FOLDER]. Nothing is requested.

What lessons print is kept in build/site/outputs, so that a lesson is run again only if it or the library has changed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from lesson_page import write_page

from sensorium.lessons import lessons

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXAMPLES = tuple(sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("examples/*/README.md")))
PAGES = (*EXAMPLES, "CONTRIBUTING.md", "CHANGELOG.md", "NOTICE", "LICENSE", "bench/LOG.md",
         "src/sensorium/starter/README.md", "recipes/llama32-products.toml", "recipes/qwen3-vl.toml")  # fmt: skip
"""What pages link to besides docs/ and course/; each is where it is in the repository, so that links hold."""
GUIDES = ("ask", "read", "search", "watch", "speak", "tune", "compare", "serve")

CORRECTIONS = {
    ' role="heading">': ' role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="On this page">',
    '<th class="head"><p></p></th>': "<td></td>",
    '<div id="search-results">': '<h1>Search</h1><div id="search-results">',
}
"""What the theme writes -> what a screen reader needs: levels of headings, names of landmarks, no empty headers."""


def stage(source: Path, outputs: Path) -> None:
    """Write the pages to be built into a new folder, as the repository has them; keep in another what lessons print."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source / "docs")
    for name in PAGES:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    shutil.copytree(HERE, source / "_static", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copyfile(HERE / "conf.py", source / "conf.py")
    (source / "course").mkdir()
    for lesson in lessons():
        write_page(lesson, source / "course" / lesson.name, outputs)
    course = (ROOT / "course" / "README.md").read_text(encoding="utf-8")
    course += _toc([f"{lesson.name}/lesson" for lesson in lessons()], "Lessons")
    (source / "course" / "README.md").write_text(_linked(course), encoding="utf-8")
    guides = [f"docs/guides/{name}" for name in GUIDES if (source / "docs" / "guides" / f"{name}.md").exists()]
    others = sorted(path.relative_to(source).with_suffix("").as_posix() for path in (source / "docs").glob("*.md"))
    commands = sorted(path.stem for path in (source / "docs" / "cli").glob("*.md") if path.stem != "README")
    _append(source / "docs" / "cli" / "README.md", _toc(commands, "Commands"))
    for page in (source / "docs").rglob("*.md"):  # the README is the site's first page
        up = "../" * (len(page.relative_to(source).parts) - 1)
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(f"({up}README.md", f"({up}index.md"), encoding="utf-8")
    home = (ROOT / "README.md").read_text(encoding="utf-8")
    home += _toc(guides, "Guides") + _toc(["course/README"], "Course") + _toc(others, "In depth")
    home += _toc([name.removesuffix(".md") for name in EXAMPLES], "Finished examples")
    home += _toc(
        ["docs/cli/README", "bench/LOG", "CONTRIBUTING", "CHANGELOG", "src/sensorium/starter/README"], "Reference"
    )
    (source / "index.md").write_text(home, encoding="utf-8")


def _toc(names: Iterable[str], caption: str) -> str:
    rows = "\n".join(names)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{rows}\n```\n" if rows else ""


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def _linked(course: str) -> str:
    """Return the list of lessons with those that are there as links."""
    course = course.replace("| | folder |", "| | lesson |")
    for lesson in lessons():
        course = course.replace(f"| `{lesson.name}` |", f"| [{lesson.title}]({lesson.name}/lesson.md) |")
    return re.sub(r"\| `\d\d-[\w-]+` \|", "| (to come) |", course)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", type=Path, default=ROOT / "site", metavar="FOLDER")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "site", help="where it works")
    arguments = parser.parse_args()
    target, build = arguments.target, arguments.build
    stage(build / "source", build / "outputs")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", "-d", str(build / "doctrees")]
    done = subprocess.run([*command, str(build / "source"), str(target)], check=False)
    for page in target.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for theirs, ours in CORRECTIONS.items():
            text = text.replace(theirs, ours)
        page.write_text(text, encoding="utf-8")
    if not done.returncode:
        print(f"Open {target / 'index.html'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
