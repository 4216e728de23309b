"""Make the pictures of the README's tour and of the guides that no other recipe makes: what the commands show now.

    python recipes/tour_pictures.py [search] [watch] [compare] [new]     writes docs/pictures/tour-*

Needs the extras offline, video, search, serve, demo and dev, and Chromium.
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
from demo import QUESTIONS, encoded
from demo_find import film
from demo_search import search_lines

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "pictures"
GUIDES = ROOT / "docs" / "guides"
SIGN = "samples/sample.png"


def sensorium(*words: str) -> None:
    """Type a command into the present folder."""
    subprocess.run([sys.executable, "-m", "sensorium", *words], check=True)


def watch(browser: Any) -> None:
    """The strip of the guide's first question to the demo's film."""
    Path("demo").mkdir()
    film(Path("demo/film.mp4"))
    sensorium("watch", "demo/film.mp4", "When is the cat seen?", "--strip", "cat.jpg")
    strip = PIL.Image.open("cat.jpg").convert("RGB")
    strip.thumbnail((640, 640), PIL.Image.Resampling.LANCZOS)
    strip.save(OUT / "tour-watch.jpg", quality=82, optimize=True)


def search(browser: Any) -> None:
    """What a search of the demo's pictures writes with --sheet."""
    folder = Path("demo")
    (folder / "pictures").mkdir(parents=True)
    for picture, _ in QUESTIONS:
        (folder / "pictures" / f"{picture.name}.png").write_bytes(encoded(picture))
    list(search_lines(folder))
    sensorium("search", "demo/pictures.index", "something to drink", "-k", "3", "--sheet", "found.html")
    page = browser.new_page(viewport={"width": 760, "height": 300}, color_scheme="light")
    page.goto(Path("found.html").resolve().as_uri())
    small(page.screenshot(full_page=True), "tour-search.png", 600)
    page.close()


def compare(browser: Any) -> None:
    """Accuracy against money, of the report of the guide's first command."""
    Path("course").symlink_to(ROOT / "course")
    guide = (GUIDES / "compare.md").read_text(encoding="utf-8")
    command = guide.partition("```sh\n")[2].partition("```")[0].replace("\\\n", "")
    sensorium(*shlex.split(command)[1:])
    page = browser.new_page(viewport={"width": 700, "height": 800})
    page.goto(Path("choice.html").resolve().as_uri())
    small(page.locator("figure svg:visible").first.screenshot(), "tour-compare.png", 480)
    page.close()


def new(browser: Any) -> None:
    """The page of a new project, asked about its own sample."""
    sensorium("new", "Sign reader", "--takes", "picture", "--gives", "answer", "--yes")
    command = [sys.executable, "-u", "-m", "sign_reader", "--port", "0"]
    with subprocess.Popen(command, cwd="sign-reader", stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        page = browser.new_page(viewport={"width": 560, "height": 400}, color_scheme="light")
        page.goto(server.stdout.readline().strip())
        page.set_input_files("#file", str(Path("sign-reader") / SIGN))
        page.fill("#words", "What does it say?")
        page.press("#words", "Enter")
        page.locator("#sure").wait_for(state="visible", timeout=120_000)
        small(page.screenshot(full_page=True), "tour-new.png", 300)
        page.close()
        server.terminate()


def small(shot: bytes, name: str, width: int) -> None:
    """Save a screenshot of this width, with a palette."""
    picture = PIL.Image.open(io.BytesIO(shot)).convert("RGB")
    height = round(picture.height * width / picture.width)
    picture.resize((width, height), PIL.Image.Resampling.LANCZOS).quantize(96).save(OUT / name, optimize=True)


PICTURES: dict[str, Callable[[Any], None]] = {"search": search, "watch": watch, "compare": compare, "new": new}


def main(names: list[str]) -> None:
    """Make the named ones, or all, each in a folder of its own."""
    from playwright.sync_api import sync_playwright

    os.environ["PYTHONPATH"] = str(ROOT / "src")
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for name in names or list(PICTURES):
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                os.environ["SENSORIUM_CONFIG"] = str(Path(folder) / "config.toml")
                PICTURES[name](browser)
                os.chdir(ROOT)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
