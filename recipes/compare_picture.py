"""Make the picture of docs/compare.md: a report of `sensorium compare` as it is made now.

    python recipes/compare_picture.py        writes docs/pictures/compare.png

It needs the extras all and dev, and Chromium.

Drawn scenes are asked of the offline model, the starter, and a stand-in for a service: a server on this machine that
answers three questions in four rightly, takes its time and counts tokens. Its price is made up, too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "pictures" / "compare.png"
PORT = 8765
NAME = f"openai:stand-in@http://127.0.0.1:{PORT}/v1"
SEEN = 1420
"""How much of the page is shown, in pixels: the recommendation and the pictures of accuracy against cost."""


def main() -> None:
    """Draw the scenes, compare, and take the picture; or only write the page into a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", metavar="FOLDER", help="keep the page and its answers here")
    folder = parser.parse_args().keep or tempfile.mkdtemp()
    page = report(Path(folder))
    OUT.write_bytes(shot(page, 1280, SEEN))
    print(OUT)


def report(folder: Path) -> Path:
    """Return the page of a comparison that is really made, with its task and answers in a folder."""
    sys.path.insert(0, str(ROOT / "recipes" / "starter"))
    from draw import task

    folder.mkdir(parents=True, exist_ok=True)
    file = task(folder, "taught", {"train": 17, "test": 80})
    right = {row["question"]: row["answer"] for row in map(json.loads, file.read_text(encoding="utf-8").splitlines())}
    server = ThreadingHTTPServer(("127.0.0.1", PORT), handler(right))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = [
        sys.executable, "-m", "sensorium", "compare", file.name, "--models", f"majority,offline,starter,{NAME}",
        "--shots", "0,4", "--pick", "random", "--price", f"{NAME}=0.25,2", "--max-tokens", "16", "--most", "80",
        "--report", "report.html",
    ]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, env=os.environ | {"OPENAI_API_KEY": "none"})
    server.shutdown()
    return folder / "report.html"


def handler(right: dict[str, str]) -> type[BaseHTTPRequestHandler]:
    """Return what answers as OpenAI's interface does: rightly, but for one question in four."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Print nothing."""

        def do_POST(self) -> None:
            """Answer the last question."""
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            parts = json.loads(raw)["messages"][-1]["content"]
            texts = [parts] if isinstance(parts, str) else [part["text"] for part in parts if part["type"] == "text"]
            chance = hashlib.sha256(raw).digest()
            answer = next((right[text] for text in reversed(texts) if text in right), "")
            answer = answer if chance[0] < 192 else "I think it is blue."
            time.sleep(0.25 + chance[1] / 400)
            usage = {"prompt_tokens": len(raw) // 40, "completion_tokens": 8, "total_tokens": len(raw) // 40 + 8}
            chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "stand-in"}
            choices = ({"delta": {"role": "assistant", "content": answer}}, {"delta": {}, "finish_reason": "stop"})
            lines = [chunk | {"choices": [{"index": 0, **choice}]} for choice in choices]
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for line in (*lines, chunk | {"choices": [], "usage": usage}):
                self.wfile.write(f"data: {json.dumps(line)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")

    return Handler


def shot(page: Path, width: int, height: int | None, scheme: str = "light") -> bytes:
    """Return a picture of a page in the system's Chromium, as PNG with few colours.

    Args:
        page: The file.
        width: Of the window, in pixels.
        height: How much of it is shown; None for all.
        scheme: "light" or "dark".
    """
    import io

    import PIL.Image
    from playwright.sync_api import sync_playwright

    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": width, "height": height or 900}, color_scheme=scheme)  # type: ignore[arg-type]
        tab.goto(page.resolve().as_uri())
        data = tab.screenshot(full_page=height is None)
        browser.close()
    buffer = io.BytesIO()
    PIL.Image.open(io.BytesIO(data)).convert("RGB").quantize(128).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
