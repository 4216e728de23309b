"""The pages of new projects in a real Chromium: used, and looked at by axe-core, in both themes, from 320 px on.

SENSORIUM_SCREENSHOTS=FOLDER keeps a picture of each.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import no_sideways, run_chromium, until, violations
from new_projects import package_of
from served import serve

from sensorium import load
from sensorium.backends.fake import Fake
from sensorium.scaffold import Answers, names, project_files, write_project

pytestmark = pytest.mark.slow
SIZES = ({"width": 1280, "height": 900}, {"width": 320, "height": 640})


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with run_chromium() as made:
        yield made


def app_of(answers: Answers, where: Path, monkeypatch: pytest.MonkeyPatch, model: Any) -> tuple[Any, Path]:
    """Write a project and return its app and its folder."""
    folder = where / names(answers.title).folder
    write_project(project_files(answers), folder)
    monkeypatch.syspath_prepend(str(folder))
    package = package_of(folder)
    try:
        return importlib.import_module(f"{package}.server").create_app(model), folder
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == package]:
            del sys.modules[name]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("gives", ["fields", "answer"])
def test_a_page_is_used_and_axe_finds_nothing(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, gives: str
) -> None:
    answers = Answers(f"{gives.title()} reader", ("picture",), gives)  # type: ignore[arg-type]
    model = load("offline") if gives == "fields" else Fake("A sign: Platform 7.")
    app, folder = app_of(answers, tmp_path, monkeypatch, model)
    with serve(app) as address:
        for size in SIZES:
            context = browser.new_context(viewport=size, color_scheme=scheme)
            page = context.new_page()
            wrong: list[str] = []
            page.on("pageerror", lambda error, to=wrong: to.append(str(error)))
            page.on("console", lambda said, to=wrong: to.append(said.text) if said.type == "error" else None)
            page.on(
                "request", lambda one, to=wrong: None if one.url.startswith((address, "blob:")) else to.append(one.url)
            )
            page.goto(address)
            assert violations(page) == []
            page.set_input_files("#file", str(folder / "samples" / "sample.png"))
            if gives == "answer":
                page.fill("#words", "What is it?")
            page.click("button.main")
            until(page, "!document.getElementById('result').hidden")
            text = page.inner_text("#result")
            assert ("2027-03-11" if gives == "fields" else "Platform 7") in text
            assert page.evaluate("document.activeElement.id") == "result-heading"
            assert violations(page) == [] and no_sideways(page) and wrong == []
            if kept := os.environ.get("SENSORIUM_SCREENSHOTS"):
                page.screenshot(path=f"{kept}/new-{gives}-{scheme}-{size['width']}.png", full_page=True)
            context.close()
