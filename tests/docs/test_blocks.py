"""Every code block of README.md, the documentation and the course's page is run, here or by the test that is named for
it; what can't be run is listed with its reason in tests/support/page_ledger.py.

A block that is in neither list is run here as it stands, and fails if it needs what isn't there.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from billing import Billing
from loopback import Answer, serving
from page_blocks import DATA, PAGES, ROOT, Step, blocks, inline_commands, steps
from page_ledger import ELSEWHERE, LONG, NOT_RUN, STATUS, elsewhere, reason
from page_run import Typist, serves_once
from page_scenes import after_demo, prepare

from sensorium.cli.main import main

GUIDES = [page for page in PAGES if page.startswith("docs/guides/")]
HELP = [page for page in PAGES if page.startswith("docs/cli/")]
KEYS = ("OPENAI_API_KEY", "GEMINI_API_KEY", "SARVAM_API_KEY")


def own_steps(page: str) -> list[Step]:
    """Return the steps of a page that are run here."""
    return [
        step for step in steps(page)
        if step.kind == "file" or not (elsewhere(page, step.kind, step.source) or reason(page, step.source))
    ]  # fmt: skip


OWN = [page for page in PAGES if page not in HELP and any(step.kind != "file" for step in own_steps(page))]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder like a clone after `make demo`, as far as the guides see it."""
    folder = tmp_path_factory.mktemp("clone")
    after_demo(folder)
    return folder


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in (*KEYS, "GOOGLE_API_KEY", "OPENAI_BASE_URL", "SENSORIUM_MODEL", "SENSORIUM_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Billing]:
    """Give a server on this machine that answers as OpenAI and Gemini do; the real clients ask it."""
    with serving([Answer("")], Billing) as server:
        assert isinstance(server, Billing)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        for key in KEYS:
            monkeypatch.setenv(key, "unused")
        yield server


def marked(pages: list[str]) -> list[object]:
    return [pytest.param(page, marks=[pytest.mark.long, pytest.mark.slow] if page in LONG else []) for page in pages]


@pytest.mark.skipif(os.name != "posix", reason="the pages' lines are for a POSIX shell")
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
@pytest.mark.parametrize("page", marked([page for page in OWN if page not in GUIDES]))
def test_a_pages_blocks_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    serves_once(monkeypatch)
    typist = prepare(page, monkeypatch)
    for step in own_steps(page):
        typist.run(step)


@pytest.mark.skipif(os.name != "posix", reason="the pages' lines are for a POSIX shell")
@pytest.mark.parametrize("page", marked(GUIDES))
def test_a_guides_blocks_run(page: str, clone: Path, services: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    served = serves_once(monkeypatch)
    typist = Typist()
    for step in own_steps(page):
        typist.run(step)
    named = {name for name in ("openai:", "gemini:") if any(f"--model {name}" in s.source for s in own_steps(page))}
    dry = all("--dry-run" in step.source for step in own_steps(page) if "--model" in step.source)
    assert dry or len(services.bills) == len(named)
    assert len(served) == sum(step.source.startswith("sensorium serve") for step in own_steps(page))


def test_every_block_has_a_language_that_is_run_or_read() -> None:
    for page in PAGES:
        for block in blocks(page):
            known = DATA | {"sh", "console", "python"} | ({""} if page in HELP else set())
            assert block.language in known, f"{page}:{block.line}: ```{block.language}"


def test_blocks_of_data_can_be_read() -> None:
    for page in PAGES:
        for block in blocks(page):
            try:
                if block.language == "toml":
                    tomllib.loads(block.text)
                elif block.language == "csv":
                    assert len({len(row) for row in csv.reader(io.StringIO(block.text))}) == 1
                elif block.language in ("json", "jsonl"):
                    values(block.text)
            except ValueError as error:
                raise AssertionError(f"{page}:{block.line}: {error}") from error


def values(text: str) -> list[object]:
    """Return JSON values that follow each other."""
    found, place = [], 0
    while text[place:].strip():
        place += len(text[place:]) - len(text[place:].lstrip())
        value, place = json.JSONDecoder().raw_decode(text, place)
        found.append(value)
    return found


def test_the_lists_name_blocks_and_tests_that_are_there() -> None:
    used, unrun, typed = set(), set(), set()
    for page in PAGES:
        for step in steps(page):
            typed.add(step.source)
            if step.kind == "file":
                continue
            if found := reason(page, step.source):
                unrun.add((page, found[0]))
                assert len(found[1]) > 10, step.where
            elif there := elsewhere(page, step.kind, step.source):
                used.add((page, there[0]))
    assert used == set(ELSEWHERE), set(ELSEWHERE) - used
    assert unrun == set(NOT_RUN), set(NOT_RUN) - unrun
    assert set(STATUS) <= typed
    for (page, _), (test, name) in ELSEWHERE.items():
        text = (ROOT / test).read_text(encoding="utf-8")
        assert Path(name).name in text and Path(page).name == Path(name).name, test
        assert "```" in text or "blocks(" in text or "FENCE" in text, f"{test} takes no blocks from {page}"


@pytest.mark.parametrize("page", HELP)
def test_the_examples_of_a_help_text_are_understood(page: str) -> None:
    """They name files of the reader's; so they are parsed by their commands, not run."""
    examples = [
        line for block in blocks(page) for line in block.text.rpartition("Examples:")[2].splitlines()
        if "sensorium " in line and "Usage:" not in line
    ]  # fmt: skip
    assert len(examples) >= 3
    for line in examples:
        understood(line)


@pytest.mark.parametrize("page", [page for page in PAGES if page not in HELP and inline_commands(page)])
def test_the_commands_in_a_text_are_understood(page: str) -> None:
    for line in inline_commands(page):
        understood(line)


def understood(line: str) -> None:
    """Fail if a command of a line doesn't know an option, or the value of a choice."""
    tokens = shlex.shlex(line.replace("…", "x"), posix=True, punctuation_chars="|&<>;")
    tokens.whitespace_split = True
    command: list[str] = []
    for token in [*tokens, ";"]:
        if set(token) <= set("|&;<>"):
            if command[:1] == ["sensorium"]:
                parsed(line, command[1:])
            command = []
        else:
            command.append(token)


def parsed(line: str, words: list[str]) -> None:
    group: click.Command = main
    context = click.Context(main, info_name="sensorium")
    while isinstance(group, click.Group) and words and not words[0].startswith("-") and not words[0].isupper():
        command = group.get_command(context, words[0])
        assert command is not None, f"no command {words[0]!r}: {line}"
        context = click.Context(command, info_name=words[0], parent=context)
        group, words = command, words[1:]
    try:
        given, _, _ = group.make_parser(context).parse_args(args=list(words))
        for parameter in group.params:
            value = given.get(str(parameter.name))
            if isinstance(parameter, click.Option) and isinstance(value, str):
                if not re.fullmatch(r"[A-Z_.-]+", value):  # a name for what the reader puts there
                    parameter.type.convert(value, parameter, context)
    except click.UsageError as error:
        raise AssertionError(f"{line}: {error.format_message()}") from error
