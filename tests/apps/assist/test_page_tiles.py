"""A long picture in a real Chromium: sent in parts if the person ticks it, found by keyboard and by ear."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import PIL.Image
import PIL.ImageDraw
import pytest
from asking import type_question, wait_for_answer, wait_for_check
from browser import (
    announcements,
    choose_picture,
    no_sideways,
    open_page,
    run_chromium,
    tab_to,
    until,
    violations,
    wait_until_idle,
)
from pictures import plain
from served import serve

from sensorium import Limits
from sensorium.apps.assist.app import create_app
from sensorium.backends.fake import Fake
from sensorium.core.messages import Image
from sensorium.media.image import size

pytestmark = pytest.mark.slow
SIDE = 1000
OFFER = "It is long, and the model gets it shrunk. For small text, tick Send it in 7 parts."


def long_picture(width: int = 500, height: int = 4800) -> bytes:
    """Return a screenshot of a long page."""
    picture = PIL.Image.new("RGB", (width, height), "white")
    for line in range(30):
        PIL.ImageDraw.Draw(picture).text((20, 20 + line * height // 31), f"Line {line} of the page", "black")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with run_chromium() as made:
        yield made


@pytest.fixture
def hosted() -> Fake:
    return Fake("It is a page.", Limits(parts=("text", "image"), max_side=SIDE))


@pytest.fixture
def address(hosted: Fake) -> Iterator[str]:
    with serve(create_app(hosted)) as where:
        yield where


def pictures(model: Fake) -> list[tuple[int, int]]:
    return [size(part) for part in model.asked[-1].parts if isinstance(part, Image)]


def test_a_long_picture_is_sent_in_parts_once_that_is_ticked(browser: Any, address: str, hosted: Fake) -> None:
    """Before: the page made it 312 pixels wide, and the model got it shrunk again; nobody was told."""
    with open_page(browser, address, "reader") as page:
        choose_picture(page, long_picture())
        assert OFFER in wait_for_check(page)
        assert any(region == "checked" and OFFER in text for region, text in announcements(page))
        type_question(page, "What does it say?")
        wait_for_answer(page)
        assert pictures(hosted) == [(500, 4800)]  # as it was; the model's own code shrinks it

        tab_to(page, "tiles")
        name, role = page.evaluate("[document.activeElement.labels[0].textContent.trim(), document.activeElement.type]")
        assert (name, role) == ("Send it in 7 parts", "checkbox")
        page.keyboard.press("Space")
        assert violations(page) == [] and no_sideways(page)
        page.set_viewport_size({"width": 320, "height": 256})
        assert violations(page) == [] and no_sideways(page)
        page.set_viewport_size({"width": 1280, "height": 1024})
        type_question(page, "What does it say at the end?")
        wait_for_answer(page)
        assert len(pictures(hosted)) == 1 + 7
        assert all(max(each) <= SIDE for each in pictures(hosted)[1:])

        page.reload()
        until(page, "document.getElementById('model').textContent.startsWith('the model')")
        assert page.is_checked("#tiles") and page.is_visible("#tiles")
        type_question(page, "Who wrote it?")
        wait_for_answer(page)
        assert len(pictures(hosted)) == 8

        tab_to(page, "wipe")
        page.keyboard.press("Enter")
        wait_until_idle(page)
        assert not page.is_visible("#tiles") and not page.is_checked("#tiles")


def test_another_picture_is_not_sent_in_parts(browser: Any, address: str, hosted: Fake) -> None:
    with open_page(browser, address, "reader") as page:
        choose_picture(page, long_picture())
        wait_for_check(page)
        tab_to(page, "tiles")
        page.keyboard.press("Space")
        choose_picture(page, long_picture(500, 3000), "another.png")
        until(page, "document.getElementById('checked').textContent.includes('4 parts')")
        wait_until_idle(page)
        assert not page.is_checked("#tiles")
        choose_picture(page, plain(), "plain.png")
        until(page, "!document.getElementById('checked').textContent.includes('parts')")
        wait_for_check(page)
        assert not page.is_visible("#tiles")
        type_question(page, "What is it?")
        wait_for_answer(page)
        assert len(pictures(hosted)) == 1


def test_nothing_is_offered_for_a_model_that_gets_it_whole(browser: Any) -> None:
    with serve(create_app(Fake("A page."))) as address, open_page(browser, address, "reader") as page:
        choose_picture(page, long_picture())
        assert "parts" not in wait_for_check(page)
        assert not page.is_visible("#tiles")


PREPARED = """
async ([width, height]) => {
  const { prepare } = await import("/picture.js");
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").fillRect(9, 9, 99, 99);
  const bitmap = await createImageBitmap(await prepare(await new Promise((done) => canvas.toBlob(done))));
  return [bitmap.width, bitmap.height];
}
"""


@pytest.mark.parametrize(
    ("made", "sent"),
    [
        ((1080, 4800), (1080, 4800)),
        ((800, 16_300), (785, 16_000)),  # no phone's canvas is longer
        ((2700, 8000), (2324, 6886)),  # or has over 16 million pixels
        ((8000, 3000), (6532, 2449)),
        ((4000, 3000), (3000, 2250)),  # not a long one
    ],
)
def test_a_long_picture_keeps_what_a_phones_canvas_holds(
    browser: Any, address: str, made: tuple[int, int], sent: tuple[int, int]
) -> None:
    with open_page(browser, address, "reader") as page:
        assert tuple(page.evaluate(PREPARED, list(made))) == pytest.approx(sent, abs=1)
