"""The code blocks of a Markdown page, as steps: what is typed or run, and what the page shows that it prints."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md", "CONTRIBUTING.md", "course/README.md", "src/sensorium/starter/README.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")),
)  # fmt: skip
"""Every page that has code blocks: what people read. Lessons are run by tests/course."""
DATA = {"json", "jsonl", "toml", "csv", "text"}
_FENCE = re.compile(r"^( *)```(\S*)[^\n]*\n(.*?)^\1```$", re.M | re.S)
_FILE = re.compile(r"`([\w./-]+\.(?:toml|jsonl|json|csv|py|md|txt))`[^`]*:\s*$")
"""A block whose introduction ends in a file's name and a colon is that file."""


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Args:
        page: Its page, from the root.
        line: The line on which its text begins.
        language: "sh", "console", "python", "text" …
        text: What stands in it.
        file: The file that it is, by the words before it, or "".
    """

    page: str
    line: int
    language: str
    text: str
    file: str


@dataclass(frozen=True)
class Step:
    """Something to do.

    Args:
        where: "page:line".
        kind: "command", "python" or "file".
        source: A line to type, a program, or a file's content.
        shown: What the page shows that it prints, or None.
        file: The name of the file.
    """

    where: str
    kind: str
    source: str
    shown: str | None = None
    file: str = ""


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        before = text[: match.start()].rstrip().rsplit("\n\n", 1)[-1].replace("\n", " ")
        named = _FILE.search(before)
        line = text.count("\n", 0, match.start(3)) + 1
        found.append(Block(page, line, match[2], textwrap.dedent(match[3]), named[1] if named else ""))
    return found


def steps(page: str) -> list[Step]:
    """Return what a page says to do, in order."""
    found: list[Step] = []
    for block in blocks(page):
        where = f"{page}:{block.line}"
        if block.file:
            found.append(Step(where, "file", block.text, file=block.file))
        elif block.language == "python":
            found.append(Step(where, "python", block.text))
        elif block.language == "sh":
            found += [Step(where, "command", line) for line in command_lines(block.text)]
        elif block.language == "console":
            found += [Step(where, "command", line, shown) for line, shown in _typed(block.text)]
        elif block.language == "text" and found and _follows(page, block):
            found[-1] = Step(found[-1].where, found[-1].kind, found[-1].source, block.text)
    return found


def command_lines(text: str) -> Iterator[str]:
    """Yield the lines to type, those that end in a backslash joined, without comments."""
    for line in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s+)# .*$", "", line).strip()
        if line:
            yield line


def _typed(text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        line, _, shown = part.partition("\n")
        yield line, shown


def _follows(page: str, block: Block) -> bool:
    """Whether nothing but a few words stand between a block and the one before it: then it is what that one printed."""
    text = (ROOT / page).read_text(encoding="utf-8").splitlines()
    between = text[: block.line - 2]
    while between and not between[-1].strip():
        between.pop()
    return bool(between) and between[-1].strip() == "```"


def inline_commands(page: str) -> list[str]:
    """Return the commands that stand in the text itself, between backticks."""
    text = _FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    return [found.replace("\n", " ") for found in re.findall(r"`(sensorium [^`]+)`", text)]
