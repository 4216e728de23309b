"""A page that needs no network and no script: its frame, its style, pictures inside of it."""

from __future__ import annotations

import base64
import html

from sensorium.core.messages import Image
from sensorium.media.image import decode, encode, fresh

MAX_SIDE = 384
"""The longest side of a picture on a page, in pixels."""
STYLE = """
:root { color-scheme: light dark; background: Canvas; color: CanvasText; }
a { color: inherit; }
body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 50rem; margin: 0 auto; padding: 1rem; }
article { border-top: 2px solid; padding: 1rem 0; }
img { max-width: 100%; height: auto; display: block; border: 1px solid; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1rem; padding: .6rem; margin: 0;
  border-left: .3rem solid #767676; }
"""


def sheet(title: str, body: str, style: str = "") -> str:
    """Make a page.

    Args:
        title: Of the page, as plain text.
        body: What stands in its main part, as HTML.
        style: Rules beside the common ones.
    """
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{html.escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{STYLE}{style}</style></head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def picture(image: Image, name: str, caption: str = "", max_side: int = MAX_SIDE) -> str:
    """Return a picture as HTML, its pixels inside, told by its name, size and caption.

    Raises:
        MediaError: when it can't be opened.
    """
    opened = decode(fresh(image), max_side)
    wide, tall = opened.original
    alt = html.escape(f"{name}, {wide} by {tall} pixels{f': {caption}' if caption else ''}", quote=True)
    data = base64.b64encode(encode(opened.pixels, "jpeg", 85).blob.data).decode("ascii")
    height, width = opened.pixels.shape[:2]
    return f'<img src="data:image/jpeg;base64,{data}" alt="{alt}" width="{width}" height="{height}">'
