"""A real Chromium that hears a recording, and an ear for what a screen reader would be told."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium import load
from sensorium.media.audio import samples, wav

RATE = 48_000
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

# What assistive technology is told: text that is added to a live region which was there before it. Regions that are
# made together with their text are not heard by every screen reader, so they do not count here.
EAR = """
(() => {
  const heard = (globalThis.__heard = []);
  const polite = { status: "polite", log: "polite", alert: "assertive" };
  addEventListener("DOMContentLoaded", () => {
    for (const region of document.querySelectorAll("[aria-live], [role=status], [role=alert], [role=log]")) {
      new MutationObserver((changes) => {
        const live = region.getAttribute("aria-live") ?? polite[region.getAttribute("role")];
        if (live === "off") return;
        for (const change of changes) {
          for (const node of change.addedNodes) {
            const text = node.textContent.trim();
            if (text) heard.push([region.id, live, text]);
          }
        }
      }).observe(region, { childList: true, subtree: true });
    }
  });
})();
"""
# Every change of the focus that no key or pointer made would be a theft.
FOCUS = """
(() => {
  globalThis.__stolen = [];
  let pressed = 0;
  const press = () => { pressed = performance.now(); };
  for (const kind of ["keydown", "pointerdown", "keyup"]) addEventListener(kind, press, true);
  addEventListener("focusin", (event) => {
    if (performance.now() - pressed > 300) globalThis.__stolen.push(event.target.id || event.target.tagName);
  }, true);
})();
"""


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("Chromium is not installed: apt install chromium")
    return found


def record_speech(text: str, path: Path) -> Path:
    """Write a question as a microphone would hear it: a moment of silence, Piper's voice, silence."""
    voice = samples(load("piper", "speaker").speak(text, "en"), RATE)
    noise = np.random.default_rng(1).normal(0, 2e-4, len(voice) + 3 * RATE).astype(np.float32)
    noise[RATE // 2 : RATE // 2 + len(voice)] += voice
    path.write_bytes(wav(noise, RATE).blob.data)
    return path


@contextmanager
def run_chromium(microphone: Path | None = None) -> Iterator[Any]:
    """Run Chromium while the block runs; `microphone` is the recording that it hears."""
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    if microphone is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(
    browser: Any, address: str, voice: str = "page", fragment: str = "", speed: float = 1, script: str = "", **how: Any
) -> Iterator[Any]:
    """Open the page in a fresh profile; fails where the console or a page error tells of trouble."""
    context = browser.new_context(**({"viewport": {"width": 1280, "height": 1024}} | how))
    context.add_init_script(EAR)
    context.add_init_script(FOCUS + script)
    setting = f'localStorage.setItem("sensorium-settings", JSON.stringify({{voice: "{voice}", speed: {speed}}}));'
    context.add_init_script(f"if (!localStorage.getItem('sensorium-settings')) {{ {setting} }}")
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.choosers = []
    page.on(
        "filechooser", lambda chooser: page.choosers.append(chooser)
    )  # before it is needed: asked for late, Playwright may miss it
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    foreign: list[str] = []
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((address, "blob:", "data:")) else foreign.append(asked.url),
    )
    try:
        page.goto(f"{address}/{fragment}")
        until(page, "document.getElementById('model').textContent.startsWith('the model')")
        yield page
        assert wrong == [] and foreign == []
        stolen = page.evaluate("__stolen")
        assert stolen == [], stolen
    finally:
        context.close()


def until(page: Any, true: str, seconds: float = 40.0) -> None:
    """Wait until an expression is true; the page's policy forbids Playwright's own way, which evaluates in the page."""
    end = time.monotonic() + seconds
    while not page.evaluate(true):
        assert time.monotonic() < end, f"never {true}"
        page.wait_for_timeout(30)


def announcements(page: Any) -> list[tuple[str, str]]:
    """Return what live regions said since the last call: which region, and the text."""
    return [(region, text) for region, _, text in page.evaluate("__heard.splice(0)")]


def focused_element(page: Any) -> str:
    found: str = page.evaluate("document.activeElement.id || document.activeElement.textContent")
    return found


def tab_to(page: Any, identity: str, most: int = 40) -> None:
    """Press Tab until the focus is there."""
    for _ in range(most):
        if focused_element(page) == identity:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {identity}")


def choose_picture(page: Any, picture: bytes, name: str = "photo.png", by: str = "choose") -> None:
    """Choose a picture by keyboard alone."""
    tab_to(page, by)
    page.keyboard.press("Enter")
    end = time.monotonic() + 20
    while not page.choosers:
        assert time.monotonic() < end, "no chooser of files opened"
        page.wait_for_timeout(20)
    page.choosers.pop().set_files({"name": name, "mimeType": "image/png", "buffer": picture})


def text_of(page: Any, identity: str) -> str:
    found: str = page.inner_text(f"#{identity}")
    return found


def wait_until_idle(page: Any) -> None:
    """Wait until nothing is asked and nothing is said."""
    until(page, "document.getElementById('stop').getAttribute('aria-disabled') === 'true'")


def violations(page: Any) -> list[str]:
    """Return what axe-core (https://github.com/dequelabs/axe-core) finds against WCAG 2.2 AA."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=RULES).response
    assert len(found["passes"]) > 15  # it has looked
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:100] for node in each['nodes']][:3]}"
        for each in found["violations"]
    ]


def no_sideways(page: Any) -> bool:
    inside = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    return bool(inside)
