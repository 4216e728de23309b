"""The shop's page in a real Chromium: typing, a photo, a voice, the keyboard, what a screen reader hears, and axe-core
(https://github.com/dequelabs/axe-core) in every state, in both themes, from 320 px on.

SENSORIUM_SCREENSHOTS=FOLDER keeps a picture of each state.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lancedb")
from browser import EAR, FOCUS, announcements, no_sideways, record_speech, run_chromium, text_of, until, violations
from served import serve
from shop import TITLES, photos
from shop_catalogue import made_shop

from sensorium import load
from sensorium.apps.store.app import create_app
from sensorium.apps.store.shop import Shop

pytestmark = pytest.mark.slow
SIZES = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
    "zoomed": {"width": 320, "height": 256},
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with run_chromium(record_speech("A red flower", tmp_path_factory.mktemp("sound") / "query.wav")) as made:
        yield made


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return made_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def address(shop: Shop) -> Iterator[str]:
    with serve(create_app(shop, transcriber=load("whisper", "transcriber"))) as where:
        yield where


@contextmanager
def opened(browser: Any, address: str, path: str = "/", **how: Any) -> Iterator[Any]:
    """Open the shop in a fresh profile; fails where the console or a request to elsewhere tells of trouble."""
    context = browser.new_context(**({"viewport": SIZES["desktop"]} | how))
    context.add_init_script(EAR)
    context.add_init_script(FOCUS)
    page = context.new_page()
    page.set_default_timeout(30_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    own = (address, "blob:", "data:")
    page.on("request", lambda asked: None if asked.url.startswith(own) else wrong.append(asked.url))
    try:
        page.goto(f"{address}{path}")
        until(page, "document.querySelectorAll('.product').length > 0 || !document.getElementById('no-match').hidden")
        yield page
        assert wrong == []
    finally:
        context.close()


def names(page: Any) -> list[str]:
    found: list[str] = page.evaluate("[...document.querySelectorAll('.product h3')].map((each) => each.textContent)")
    return found


def wait_for_results(page: Any, of: str) -> None:
    until(
        page,
        f"document.getElementById('results-heading').textContent.includes({of!r}) && "
        "document.getElementById('results').ariaBusy === 'false'",
    )


def test_what_is_typed_is_searched_as_one_types_and_said_once(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        assert len(names(page)) == len(TITLES) and text_of(page, "status") == f"{len(TITLES)} products in all"
        announcements(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "query"
        page.keyboard.type("espresso", delay=30)
        wait_for_results(page, "espresso")
        assert names(page)[0] == "Espresso cup and saucer"
        page.wait_for_timeout(500)
        heard = announcements(page)
        assert [text for region, text in heard if region == "status" and "products" in text] == [
            text_of(page, "status")
        ]
        assert page.evaluate("document.activeElement.id") == "query"  # typing goes on
        page.keyboard.press("Enter")
        until(page, "document.activeElement.id === 'results-heading'")
        assert "q=espresso" in page.url


def test_a_photo_finds_its_product_and_back_leads_back(browser: Any, address: str) -> None:
    with opened(browser, address, "/?q=a+cat") as page:
        wait_for_results(page, "a cat")
        page.fill("#query", "")
        photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photos()["rocket"]}
        page.set_input_files("#file", photo)
        wait_for_results(page, "your photo")
        assert names(page)[0] == "Model of a rocket" and text_of(page, "chips").startswith("Your photo")
        page.click("#chips button")
        until(page, "document.getElementById('results-heading').textContent === 'Some of what is here'")
        page.go_back()
        page.evaluate("history.length")
        wait_for_results(page, "a cat")
        assert "tabby cat" in names(page)[0]


def test_a_spoken_query_is_searched(browser: Any, address: str) -> None:
    with opened(browser, address, permissions=["microphone"]) as page:
        page.click("#voice")
        until(page, "document.getElementById('voice').ariaPressed === 'true'")
        assert "Listening" in text_of(page, "status")
        page.wait_for_timeout(3_500)
        page.click("#voice")
        wait_for_results(page, "flower")
        assert "flower" in page.input_value("#query").lower() and names(page)[0] == "Red dahlia in a pot"


def test_the_camera_takes_a_photo_and_is_off_afterwards(browser: Any, address: str) -> None:
    with opened(browser, address, permissions=["camera"]) as page:
        page.click("#camera")
        until(page, "document.getElementById('viewfinder').videoWidth > 0")
        page.evaluate("globalThis.__track = document.getElementById('viewfinder').srcObject.getTracks()[0]")
        page.click("#shoot")
        until(page, "document.getElementById('results-heading').textContent.includes('your photo')")
        assert page.evaluate("__track.readyState") == "ended"


def test_filters_narrow_the_search_and_can_be_removed(browser: Any, address: str) -> None:
    with opened(browser, address, "/?q=a+sack") as page:
        wait_for_results(page, "a sack")
        page.check("#filters input[value=garden]")
        until(page, "document.querySelectorAll('.product').length === 3")
        page.fill("#filters input[data-bound=least][name=price]", "105")
        page.keyboard.press("Tab")
        until(page, "document.querySelectorAll('.product').length === 1")
        assert names(page) == ["Gravel by the sack"] and text_of(page, "filter-count") == "2 set"
        page.reload()
        until(page, "document.querySelectorAll('.product').length === 1")  # the address holds them
        assert page.is_checked("#filters input[value=garden]")
        page.click("#clear")
        until(page, "document.querySelectorAll('.product').length > 3")


def test_nothing_that_fits_says_what_to_do_and_shows_the_nearest_if_asked(browser: Any, address: str) -> None:
    with opened(browser, address, "/?q=hydraulic+excavator+bucket") as page:
        until(page, "!document.getElementById('no-match').hidden")
        assert "Nothing in this shop is a good match" in text_of(page, "advice") and names(page) == []
        page.focus("#nearest")
        page.keyboard.press("Enter")
        until(page, "document.querySelectorAll('.product').length > 0")
        assert "none of them is a good match" in text_of(page, "status")
        assert page.evaluate("document.activeElement.closest('.product') !== null")


def test_a_product_opens_by_keyboard_and_leads_to_more_like_it(browser: Any, address: str) -> None:
    with opened(browser, address, "/?q=tabby+cat") as page:
        wait_for_results(page, "tabby cat")
        page.focus(".product h3 button")
        page.keyboard.press("Enter")
        until(page, "document.getElementById('product').open")
        assert text_of(page, "product-title") == names(page)[0] and text_of(page, "product-price").endswith("10.00")
        assert "home" in text_of(page, "product-details")
        page.keyboard.press("Escape")
        until(page, "!document.getElementById('product').open")
        assert page.evaluate("document.activeElement.textContent") == names(page)[0]  # back where one was
        page.click(".product .like")
        wait_for_results(page, "products like")
        assert text_of(page, "chips").startswith("Like: ") and page.url.count("like=") == 1


def test_a_token_in_the_link_opens_a_guarded_shop_and_leaves_the_address(browser: Any, shop: Shop) -> None:
    with serve(create_app(shop, token="a-token-of-20-letters")) as where:
        with opened(browser, where, "/#token=a-token-of-20-letters") as page:
            until(page, "document.querySelector('.product img').naturalWidth > 0")
            assert "token" not in page.url
        context = browser.new_context()
        page = context.new_page()
        page.goto(where)
        until(page, "!document.getElementById('token-field').hidden")
        page.fill("#token", "a-token-of-20-letters")
        page.keyboard.press("Tab")
        until(page, "document.querySelectorAll('.product').length > 0")
        context.close()


def test_words_of_a_catalogue_are_text_and_never_markup(browser: Any, tmp_path: Path) -> None:
    hostile = made_shop(tmp_path, "<img src=x onerror=alert(1)>")
    with serve(create_app(hostile)) as where, opened(browser, where) as page:
        assert text_of(page, "title") == "<img src=x onerror=alert(1)>"
        assert page.evaluate("document.querySelectorAll('#title img').length") == 0


AXE = [
    pytest.param(size, scheme, marks=() if scheme == ("dark" if size == "phone" else "light") else pytest.mark.long)
    for size in SIZES
    for scheme in ("light", "dark")
]


@pytest.mark.parametrize(("size", "scheme"), AXE)
def test_axe_finds_nothing_in_any_state(browser: Any, address: str, size: str, scheme: str) -> None:
    with opened(browser, address, viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce") as page:
        check(page, f"{size}-{scheme}-start")
        page.fill("#query", "espresso cup")
        wait_for_results(page, "espresso")
        check(page, f"{size}-{scheme}-results")
        page.evaluate("document.getElementById('filter-details').open = true")
        page.check("#filters input[value=kitchen]")
        until(page, "document.getElementById('filter-count').textContent === '1 set'")
        check(page, f"{size}-{scheme}-filters")
        page.click(".product h3 button")
        until(page, "document.getElementById('product').open")
        check(page, f"{size}-{scheme}-product")
        page.click("#product-like")
        wait_for_results(page, "products like")
        check(page, f"{size}-{scheme}-like")
        page.click("#clear")
        page.click("#chips button")
        page.fill("#query", "hydraulic excavator bucket")
        until(page, "!document.getElementById('no-match').hidden")
        check(page, f"{size}-{scheme}-no-match")
        page.evaluate("document.getElementById('problem').textContent = 'The shop can\\'t be reached.'")
        check(page, f"{size}-{scheme}-problem")


def check(page: Any, state: str) -> None:
    until(page, "document.getElementById('results').ariaBusy === 'false'")
    folder = os.environ.get("SENSORIUM_SCREENSHOTS")
    if folder:
        page.wait_for_timeout(800)
        page.screenshot(path=str(Path(folder) / f"store-{state}.png"))
    assert violations(page) == [], state
    assert no_sideways(page), state
