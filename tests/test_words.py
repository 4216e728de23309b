"""The house's words: phrases that nobody reads, one class of a name, modules named as the field names them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "sensorium"
PAGES = ("README.md", "CONTRIBUTING.md", "docs/**/*.md")
ASSETS = ("*.html", "*.j2", "*.jinja", "*.js", "*.toml")
"""Files in src that hold sentences besides the modules."""

FORBIDDEN = re.compile(
    r"\b(?:is|are) no [^\n]"
    r"|\bwhere there (?:is|are)\b"
    r"|\bcan(?:'|no)t be had\b"
    r"|(?-i:\b(?:is|are) none\b)"  # but "is None" is Python
    r"|\bof it all\b"
    r"|\bbroke off\b"
    r"|\bby chance drawn\b",
    re.I,
)
"""Translated, not chosen: write "isn't a", "has no", "if"; "No file 'x'." for "There is no file 'x'."."""
RENAMED = {"roles", "patience", "timely", "beside", "kinds", "grams", "bare", "divide", "finding"}
"""Names of modules that are field words now: protocols, retry, http_client, layout, vocabulary, hashed_ngrams …"""


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of every string and docstring of a module, or of every line of another file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.lineno, " ".join(node.value.split()) + node.value[len(node.value.rstrip()) :][:1]
    else:
        code = False
        for number, line in enumerate(text.splitlines(), 1):
            code ^= path.suffix == ".md" and line.lstrip().startswith("```")
            if not code:
                yield number, line


def offences() -> list[str]:
    """Return "file:line: phrase" for every forbidden phrase."""
    files = [*SRC.rglob("*.py"), *(file for kind in ASSETS for file in SRC.rglob(kind))]
    files += [file for pattern in PAGES for file in ROOT.glob(pattern)]
    found: list[str] = []
    for file in sorted(files):
        for line, text in sentences(file):
            for phrase in FORBIDDEN.finditer(f"{text} …" if text.endswith(" ") else text):
                shown = text[max(0, phrase.start() - 30) : phrase.end() + 30]
                found.append(f"{file.relative_to(ROOT)}:{line}: …{shown}…")
    return found


def twice() -> set[str]:
    """Return the names of classes that src defines more than once at the top of a module."""
    names = Counter(
        node.name
        for path in SRC.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    return {name for name, count in names.items() if count > 1}


def test_nobody_reads_a_forbidden_phrase() -> None:
    assert offences() == []


def test_no_class_is_defined_twice() -> None:
    assert twice() == set()


def test_modules_have_the_words_of_the_field() -> None:
    assert [str(path) for path in SRC.rglob("*.py") if path.stem in RENAMED] == []


@pytest.mark.parametrize(
    "phrase",
    ["There is no file ", "It is none.", "on a GPU where there is one", "That can't be had.", "here are no words"],
)
def test_a_planted_phrase_is_found(phrase: str, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(f"def f(name):\n    return f'{phrase.replace(chr(39), chr(92) + chr(39))}{{name}}'\n")
    ((_, text),) = ((line, text) for line, text in sentences(path) if text.strip())
    assert FORBIDDEN.search(f"{text} …")


def test_comments_and_code_blocks_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("# there is no file\nX = 'No file.'\n")
    assert [text for _, text in sentences(path)] == ["No file."]
    page = tmp_path / "page.md"
    page.write_text("Words.\n```\nis no file\n```\n")
    assert [line for line, _ in sentences(page)] == [1, 4]
