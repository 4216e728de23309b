"""Take the pictures of docs/assistive.md: the assistive page in Chromium, as it is now.

    python recipes/assistive_pictures.py [FOLDER]      writes docs/assistive; needs the extras offline, voice and dev

A page of 500 pixels, light, with the offline model and a second one that is prepared, on pictures that are drawn here.
"""

from __future__ import annotations

import io
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import PIL.Image  # noqa: E402
import PIL.ImageDraw  # noqa: E402
import PIL.ImageFont  # noqa: E402
from pictures import blurred, danger, receipt  # noqa: E402

from sensorium import Delta, Limits, Options, load  # noqa: E402
from sensorium.apps.assist.app import create_app  # noqa: E402
from sensorium.apps.http.server import AppServer, uvicorn_config  # noqa: E402
from sensorium.backends.fake import Fake  # noqa: E402
from sensorium.core.messages import Conversation  # noqa: E402

OUT = ROOT / "docs" / "assistive"
WIDTH, HEIGHT = 500, 1000
MAX_SIDE = 2048  # of the picture that a hosted model is sent
ZOOMED = {"width": 320, "height": 256}  # 1280 pixels at 400 %
SETTINGS = 'localStorage.setItem("sensorium-settings", JSON.stringify({voice: "reader", speed: 1}));'
IDLE = "document.getElementById('stop').getAttribute('aria-disabled') === 'true'"


class Slow:
    """A model that thinks until it is stopped."""

    name, limits = "slow", Limits()

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        while True:
            time.sleep(0.02)
            yield Delta("")


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Serve while the block runs; gives the address."""
    addresses: list[str] = []
    server = AppServer(uvicorn_config(app, "127.0.0.1", 0, None, None), addresses.append)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not addresses:
        time.sleep(0.02)
    try:
        yield addresses[0]
    finally:
        server.should_exit = True
        thread.join(20)


def until(page: Any, true: str) -> None:
    """Wait for an expression; the page's policy forbids Playwright's own way."""
    end = time.monotonic() + 90
    while not page.evaluate(true):
        if time.monotonic() > end:
            raise SystemExit(f"The page was never so: {true}")
        page.wait_for_timeout(50)


def choose(page: Any, picture: bytes, name: str = "photo.png") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "image/png", "buffer": picture})
    until(page, "document.querySelector('#checked:not(:empty), #problem:not(:empty)') !== null")
    until(page, IDLE)


def ask(page: Any, question: str) -> None:
    page.fill("#question", question)
    page.press("#question", "Enter")
    until(page, "document.querySelector('#by:not(:empty), #problem:not(:empty)') !== null")
    until(page, IDLE)


def answered(page: Any) -> None:
    choose(page, receipt())
    ask(page, "What is the total?")
    page.focus("#second")
    page.keyboard.press("Enter")
    until(page, "document.getElementById('answer').textContent.includes('models')")
    until(page, IDLE)


def bad_picture(page: Any) -> None:
    choose(page, blurred())


def warning(page: Any) -> None:
    choose(page, danger())
    ask(page, "What does it say?")


def error(page: Any) -> None:
    choose(page, b"no picture", "notes.png")


def recording(page: Any) -> None:
    page.focus("#record")
    page.keyboard.press("Enter")
    until(page, "document.getElementById('record').textContent === 'Stop recording'")


def thinking(page: Any) -> None:
    choose(page, receipt())
    page.fill("#question", "What is it?")
    page.press("#question", "Enter")
    until(page, "document.getElementById('status').textContent.includes('hinking')")


def long_picture(page: Any) -> None:
    picture = PIL.Image.new("RGB", (700, 4800), "white")
    pen, font = PIL.ImageDraw.Draw(picture), PIL.ImageFont.load_default(40)
    for line in range(60):
        pen.text((40, 20 + 79 * line), f"Line {line + 1} of a long page", "black", font)
    file = io.BytesIO()
    picture.save(file, "PNG")
    choose(page, file.getvalue())
    page.focus("#tiles")
    page.keyboard.press("Space")


STATES: dict[str, Callable[[Any], None]] = {
    "empty": lambda page: None, "answered": answered, "bad-picture": bad_picture, "warning": warning, "error": error,
    "recording": recording, "thinking": thinking, "zoomed": answered, "long-picture": long_picture,
}  # fmt: skip


def main() -> None:
    """Take all of them."""
    from playwright.sync_api import sync_playwright

    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out.mkdir(parents=True, exist_ok=True)
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    ears = load("whisper", "transcriber")
    real = create_app(load("offline"), second=Fake("The total is 14.25."), transcriber=ears)
    slow = create_app(Slow(), transcriber=ears)
    hosted = create_app(Fake("A page.", Limits(max_side=MAX_SIDE)), transcriber=ears)
    with serve(real) as address, serve(slow) as thinks, serve(hosted) as shrinks, sync_playwright() as play:
        addresses = {"thinking": thinks, "long-picture": shrinks}
        browser = play.chromium.launch(executable_path=executable, args=arguments)
        for name, state in STATES.items():
            viewport = ZOOMED if name == "zoomed" else {"width": WIDTH, "height": HEIGHT}
            context = browser.new_context(viewport=viewport, color_scheme="light")
            context.add_init_script(SETTINGS)
            page = context.new_page()
            page.goto(addresses.get(name, address))
            until(page, "document.getElementById('model').textContent.startsWith('the model')")
            state(page)
            page.evaluate("scrollTo(0, 0)")
            end = "about" if name == "empty" else "history"
            below = page.evaluate(f"document.getElementById('{end}-heading').parentElement.getBoundingClientRect().top")
            clip = {"x": 0, "y": 0, "width": viewport["width"], "height": below}
            taken = PIL.Image.open(io.BytesIO(page.screenshot(clip=clip, full_page=True))).convert("RGB")
            taken.quantize(128, dither=PIL.Image.Dither.NONE).save(out / f"{name}.png", optimize=True)
            print(out / f"{name}.png", flush=True)
            page.keyboard.press("Escape")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
