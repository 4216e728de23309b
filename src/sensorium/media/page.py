"""HTML pages that need neither network nor script, from Jinja2 templates: all is escaped, pictures are inside."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sensorium.core.messages import Image
from sensorium.media.image import decode, encode, fresh

MAX_SIDE = 384
"""The longest side of a picture on a page, in pixels."""
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class PageImage:
    """A picture for a template: its pixels as a data URI, its words, its size on the page."""

    src: str
    alt: str
    width: int
    height: int


def render(template: Path, **values: object) -> str:
    """Return a page from a template, which may extend `page.html` and include its neighbours.

    Args:
        template: The template's file.
        values: What it shows; a name that is missing raises an error.
    """
    loader = FileSystemLoader([template.parent, _TEMPLATES])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template.name).render(**values) + "\n"


def page_image(image: Image, name: str, caption: str = "", max_side: int = MAX_SIDE) -> PageImage:
    """Return a picture for a page, described by its name, size and caption.

    Raises:
        MediaError: when it can't be opened.
    """
    opened = decode(fresh(image), max_side)
    wide, tall = opened.original
    data = base64.b64encode(encode(opened.pixels, "jpeg", 85).blob.data).decode("ascii")
    height, width = opened.pixels.shape[:2]
    alt = f"{name}, {wide} by {tall} pixels{f': {caption}' if caption else ''}"
    return PageImage(f"data:image/jpeg;base64,{data}", alt, width, height)
