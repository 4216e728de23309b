"""What README.md and CONTRIBUTING.md say to type is run, and the answers that they show are the ones that come."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from page_scenes import after_demo

from sensorium import Conversation, ask, registry
from sensorium.cli.main import main
from sensorium.core.errors import AccessError

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.M | re.S)
OWN_PICTURE = "photo.jpg"  # stands for the reader's


def blocks(name: str) -> list[tuple[str, str]]:
    """Return (language, text) of each fenced block of a page."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [(language, textwrap.dedent(body)) for _, language, body in FENCE.findall(text)]


def typed(name: str) -> list[tuple[str, str | None]]:
    """Return each line to type, and what the page shows that it prints, if it does."""
    found: list[tuple[str, str | None]] = []
    for language, text in blocks(name):
        if language == "sh":
            found += [(line, None) for line in text.splitlines()]
        elif language == "text":
            found[-1] = (found[-1][0], text)
    return found


SAID = [(page, *row) for page in ("README.md", "CONTRIBUTING.md") for row in typed(page)]
COMMANDS = [
    (line.removeprefix(".venv/bin/"), shown) for _, line, shown in SAID if re.match(r"(\.venv/bin/)?sensorium ", line)
]
PYTHON = [text for language, text in blocks("README.md") if language == "python"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder like a clone after `make demo`, as far as the examples see it."""
    folder = tmp_path_factory.mktemp("clone")
    after_demo(folder)
    (folder / OWN_PICTURE).write_bytes((folder / "demo/pictures/cat.png").read_bytes())
    return folder


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in ("SENSORIUM_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(variable, raising=False)


def test_there_are_five_things_to_try_and_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    tries = text.partition("## Five things to try")[2].partition("\n## ")[0]
    assert re.findall(r"^(\d)\. ", tries, re.M) == ["1", "2", "3", "4", "5"]
    assert len(FENCE.findall(tries)) >= 5
    two = text.partition("## Two commands")[2].partition("\n## ")[0]
    assert [language for _, language, _ in FENCE.findall(two)] == ["sh", "sh"]


@pytest.mark.parametrize(("command", "shown"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_a_command_does_what_the_page_says(
    command: str, shown: str | None, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clone)
    result = CliRunner().invoke(main, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip()
    if shown is not None:
        assert result.stdout == shown


def test_what_it_cannot_know_is_declined(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (question,) = (command for command, _ in COMMANDS if "safe" in command)
    monkeypatch.chdir(clone)
    assert '"abstained": true' in CliRunner().invoke(main, [*shlex.split(question)[1:], "--json"]).stdout


def test_other_lines_to_type_are_known() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for page, line, _ in SAID:
        words = line.removeprefix("sudo ").split()
        if words[0] == "make":
            assert words[1] in targets, f"{page}: {line}"
        elif words[:2] == ["apt-get", "install"]:
            run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
            for package in words[2:]:
                name, _, language = package.partition("-ocr-")
                assert (package if not language else f"{name}-ocr-{{") in run, package
                assert language in run, package
        elif page == "CONTRIBUTING.md" and ".venv-" in line:  # an environment of its own
            assert words[0] in ("python3", "grep") or re.fullmatch(r"\.venv-\w+/bin/(pip|python)", words[0]), line
        else:
            assert words[0].removeprefix(".venv/bin/") == "sensorium", f"{page}: {line}"


@pytest.mark.parametrize("text", PYTHON, ids=range(len(PYTHON)))
def test_the_python_runs(text: str, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(text, "README.md", "exec"), {})
    assert said.getvalue().strip()
    if "fake:" in text:
        assert re.search(r"^offline .*\bcat\b", said.getvalue(), re.M) and "A horse." in said.getvalue()


def test_the_names_of_other_models_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keyring.get_password", lambda service, name: None)  # the developer's own keys stay unused
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| [^|]+ \| (\S+) \| ([^|]+) \|$", text, re.M)
    assert len(rows) >= 5
    for name, extra, key in rows:
        scheme = registry.schemes()[name.partition(":")[0]]
        assert extra.strip("`") == (scheme.extra or "none"), name
        variables = re.findall(r"`(\w+)`", key)
        if variables:  # without a key nothing is sent: the hint says which one is wanted
            with pytest.raises(AccessError) as caught:
                ask(registry.load(name), Conversation.of("What is this?"))
            assert variables[0] in caught.value.hint


def test_the_numbers_of_the_demo_are_right() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    program = "import demo; print(len(demo.QUESTIONS), sum(len(questions) for _, questions in demo.QUESTIONS))"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "recipes", check=True, capture_output=True, text=True
    )
    assert run.stdout.split() == ["10", "17"] and text.count("ten pictures seventeen questions") == 2


def test_the_links_lead_somewhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for link in re.findall(r"\]\(([^)]+)\)", (ROOT / page).read_text(encoding="utf-8")):
            assert link.startswith("https://") or (ROOT / link).exists(), f"{page}: {link}"


def test_the_entry_point_in_contributing_is_the_one_that_is_looked_for() -> None:
    from sensorium.registry import GROUP

    (text,) = (text for language, text in blocks("CONTRIBUTING.md") if language == "toml")
    assert tomllib.loads(text)["project"]["entry-points"][GROUP] == {"mine": "my_package.my_module"}
