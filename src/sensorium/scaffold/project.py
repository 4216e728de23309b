"""The files of a project: templates filled with what its answers need, and nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sensorium.scaffold import code, samples
from sensorium.scaffold.answers import Answers
from sensorium.scaffold.engines import Engines, engines
from sensorium.scaffold.names import Names, names
from sensorium.scaffold.words import words_of

TEMPLATES = Path(__file__).with_name("templates")


def project_files(answers: Answers) -> dict[str, bytes]:
    """Return the files of a project, path -> contents, in the order of their paths.

    Raises:
        InputError: if the title or a field can't be used.
    """
    named, chosen = names(answers.title), engines(answers)
    values = context(answers, named, chosen)
    made = {path: _rendered(template, values) for path, template in _templates(answers, named, chosen).items()}
    return dict(sorted((made | samples.sample_files(answers)).items()))


def context(answers: Answers, named: Names, chosen: Engines) -> dict[str, Any]:
    """Return what the templates are filled with."""
    takes = {part: part in answers.takes for part in ("picture", "video", "speech", "catalogue")}
    is_reading = answers.gives == "fields"
    by_question = is_reading and chosen.model == "offline"
    is_english = answers.languages == ("en",)
    values: dict[str, Any] = {
        **takes,
        "answers": answers, "engines": chosen, "title": named.title, "package": named.package, "folder": named.folder,
        "takes": answers.takes, "gives": answers.gives, "language": answers.languages[0],
        "budget": chosen.is_hosted and answers.usd_a_day is not None,
        "usd": _number(answers.usd_a_day), "seconds": _number(answers.seconds), "options": answers.seconds is not None,
        "by_question": by_question,
        "film_offline": answers.gives == "answer" and takes["video"] and chosen.model == "offline",
        "tells_language": answers.gives == "answer" and not is_english and (takes["video"] or not takes["speech"]),
        "has_language": _has_language(answers),
        "private": answers.is_private,
        "local_heavy": not chosen.is_hosted,
    }  # fmt: skip
    return values | words_of(answers, chosen, values)


def _has_language(answers: Answers) -> bool:
    """Whether a request says which language it is in: where one is spoken or answered, and there is a choice."""
    is_used = "speech" in answers.takes or answers.gives == "answer"
    return len(answers.languages) > 1 and is_used and answers.gives != "hits"


def _templates(answers: Answers, named: Names, chosen: Engines) -> dict[str, str]:
    """Return which template makes which file."""
    package, gives = named.package, answers.gives
    found = {
        ".gitignore": "root/gitignore", ".github/workflows/test.yml": "root/test.yml", "README.md": "root/README.md",
        "pyproject.toml": "root/pyproject.toml",
        f"{package}/__init__.py": "package/__init__.py", f"{package}/__main__.py": "package/__main__.py",
        f"{package}/app.py": f"package/{gives}.py",
        f"{package}/server.py": "package/store_server.py" if gives == "hits" else "package/server.py",
        "tests/test_app.py": f"tests/{gives}.py", "tests/test_server.py": "tests/server.py",
        "tests/test_task.py": "tests/task.py",
    }  # fmt: skip
    if gives != "hits":
        found |= {
            f"{package}/page/{name}": f"page/{name}" for name in ("index.html", "page.css", "page.js", "icon.svg")
        }
    if gives == "fields":
        found[f"{package}/schema.py"] = "package/schema.py"
    if chosen.is_hosted and answers.usd_a_day is not None:
        found |= {f"{package}/budget.py": "package/budget.py", "tests/test_budget.py": "tests/budget.py"}
    if "video" in answers.takes:
        found["tests/conftest.py"] = "tests/conftest.py"
    if answers.is_private:
        found["tests/test_privacy.py"] = "tests/privacy.py"
    return found


def _rendered(name: str, values: dict[str, Any]) -> bytes:
    plain = TEMPLATES / name
    if plain.is_file():
        return plain.read_bytes()
    text = _environment().get_template(f"{name}.j2").render(values)
    return (code.tidy(text, values["package"]) if name.endswith(".py") else text).encode()


@cache
def _environment() -> Environment:
    made = Environment(  # code is written, and HTML where it says |e
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals |= {"imported": code.imported, "laid": code.laid}
    made.filters |= {"py": code.string, "pytuple": code.tuple_of, "toml": code.toml, "markdown": code.markdown}
    return made


def _number(value: float | None) -> str:
    """Return a number as code, "" for none."""
    return "" if value is None else f"{value:g}" if value != int(value) else str(int(value))
