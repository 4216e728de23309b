"""axe-core (https://github.com/dequelabs/axe-core): no violation of WCAG 2.2 AA in any state of the page, in both
themes, at the usual size and at 400 %; and what axe can't see: reflow, targets, reduced motion.

SENSORIUM_SCREENSHOTS=FOLDER keeps a picture of each state.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import Declining, Gated, type_question, wait_for_answer, wait_for_check
from browser import (
    choose_picture,
    no_sideways,
    open_page,
    record_speech,
    run_chromium,
    tab_to,
    until,
    violations,
    wait_until_idle,
)
from pictures import blurred, danger, plain, receipt
from served import serve

from sensorium import Conversation, Delta, Limits, Options, load
from sensorium.apps.assist.app import create_app
from sensorium.backends.fake import Fake

pytestmark = pytest.mark.slow
SIZES = {"usual": {"width": 1280, "height": 1024}, "zoomed": {"width": 320, "height": 256}}  # 1280 px at 400 %
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True
}  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with run_chromium(record_speech("What is this?", tmp_path_factory.mktemp("sound") / "question.wav")) as made:
        yield made


@pytest.fixture(scope="module")
def gated() -> Gated:
    return Gated()


@pytest.fixture(scope="module")
def address(gated: Gated) -> Iterator[str]:
    second = Fake("The total is 14.25.")
    with serve(create_app(load("offline"), second=second, transcriber=load("whisper", "transcriber"))) as where:
        yield where


class Silent:
    """A model that thinks until it is stopped."""

    name = "silent"
    limits = Limits()

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        while True:
            time.sleep(0.02)
            yield Delta("")


@pytest.fixture(scope="module")
def silent_address() -> Iterator[str]:
    with serve(create_app(Silent())) as where:
        yield where


@pytest.fixture(scope="module")
def gated_address(gated: Gated) -> Iterator[str]:
    with serve(create_app(gated, transcriber=load("whisper", "transcriber"))) as where:
        yield where


@pytest.fixture(scope="module")
def declining_address() -> Iterator[str]:
    with serve(create_app(Declining())) as where:
        yield where


def empty(page: Any) -> None:
    pass


def recording(page: Any) -> None:
    tab_to(page, "record")
    page.keyboard.press("Enter")
    until(page, "document.getElementById('record').textContent === 'Stop recording'")


def thinking(page: Any) -> None:
    choose_picture(page, plain())
    wait_for_check(page)
    type_question(page, "What is it?")
    until(page, "document.getElementById('status').textContent.includes('hinking')")


def answering(page: Any) -> None:
    choose_picture(page, plain())
    wait_for_check(page)
    type_question(page, "What is it?")
    until(page, "document.querySelectorAll('#answer p').length === 2")


def done(page: Any) -> None:
    choose_picture(page, receipt())
    wait_for_check(page)
    type_question(page, "What is the total?")
    wait_for_answer(page)
    tab_to(page, "second")
    page.keyboard.press("Enter")
    wait_for_answer(page)


def warned(page: Any) -> None:
    choose_picture(page, danger())
    wait_for_check(page)
    type_question(page, "What does it say?")
    wait_for_answer(page)


def declined(page: Any) -> None:
    choose_picture(page, plain())
    wait_for_check(page)
    type_question(page, "What is it?")
    wait_for_answer(page)
    assert page.is_visible("#suggestion")


def bad_picture(page: Any) -> None:
    choose_picture(page, blurred())
    wait_for_check(page)


def error(page: Any) -> None:
    choose_picture(page, b"no picture", "notes.png")
    until(page, "document.getElementById('problem').textContent")
    wait_until_idle(page)


def from_history(page: Any) -> None:
    """An earlier answer chosen, then spelled out and placed."""
    done(page)
    tab_to(page, "Hear again: What is the total?")
    page.keyboard.press("Enter")
    until(page, "document.getElementById('by').textContent === 'Answered by offline.'")
    for button in ("spell", "where"):
        tab_to(page, button)
        page.keyboard.press("Enter")


def set_up(page: Any) -> None:
    """The settings as they are not at first."""
    tab_to(page, "wipe")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    assert page.is_checked("#voice-page")
    page.select_option("#speed", "1.7")


def lost(page: Any) -> None:
    """The server gone in the middle."""
    choose_picture(page, plain())
    wait_for_check(page)
    page.context.set_offline(True)
    type_question(page, "What is it?")
    until(page, "document.getElementById('problem').textContent")


def wiped(page: Any) -> None:
    error(page)
    tab_to(page, "wipe")
    page.keyboard.press("Enter")


STATES: tuple[Callable[[Any], None], ...] = (
    empty,
    recording,
    thinking,
    answering,
    done,
    from_history,
    warned,
    declined,
    bad_picture,
    error,
    lost,
    wiped,
    set_up,
)


SMALL_TARGETS = """
[...document.querySelectorAll("button, input:not([hidden]), select, a")]
  .filter((one) => one.offsetParent !== null)
  .map((one) => [one.id || one.textContent, one.getBoundingClientRect()])
  .filter(([, box]) => Math.min(box.width, box.height) < 24)
  .map(([name]) => name)
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_no_violation_in_any_state(
    browser: Any,
    address: str,
    silent_address: str,
    gated_address: str,
    declining_address: str,
    state: Callable[[Any], None],
    theme: str,
) -> None:
    addresses = {thinking: silent_address, answering: gated_address, declined: declining_address}
    where = addresses.get(state, address)
    with open_page(browser, where, "reader", color_scheme=theme, viewport=SIZES["usual"]) as page:
        state(page)
        look(page, f"{state.__name__}-{theme}")
        page.keyboard.press("Escape")


def look(page: Any, name: str) -> None:
    """Nothing is wrong at any size."""
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        assert violations(page) == [], size
        assert no_sideways(page), size
        assert page.evaluate(SMALL_TARGETS) == [], size
        keep(page, f"{name}-{size}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_without_the_token_is_asked_for_it(browser: Any, theme: str) -> None:
    """What `serve assist --phone` shows if the link was opened without its end."""
    with serve(create_app(Fake("A cup."), token="s3cret")) as where:
        page = browser.new_page(color_scheme=theme, **PHONE)
        page.goto(where)
        until(page, "document.getElementById('problem').textContent")
        assert page.is_visible("#token")
        look(page, f"token-{theme}")
        page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_on_a_phone_that_reads_aloud_itself(browser: Any, address: str, theme: str) -> None:
    with open_page(browser, address, "page", color_scheme=theme, **PHONE) as page:
        for name, state in (("empty", empty), ("done", done)):
            state(page)
            assert violations(page) == [] and no_sideways(page), name
            assert page.evaluate(SMALL_TARGETS) == [], name
            keep(page, f"phone-{name}-{theme}")


def test_a_planted_violation_is_found(browser: Any, address: str) -> None:
    with open_page(browser, address, "reader") as page:
        page.evaluate("document.querySelector('label[for=question]').remove()")
        page.evaluate("document.getElementById('take').style.color = '#345aa0'")
        found = {each.split(":")[0] for each in violations(page)}
        assert found == {"label", "color-contrast"}


def keep(page: Any, name: str) -> None:
    folder = os.environ.get("SENSORIUM_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_wins_over_the_devices(browser: Any, address: str, theme: str) -> None:
    other = {"light": "dark", "dark": "light"}[theme]
    with open_page(browser, address, "reader", color_scheme=other) as page:
        page.select_option("#theme", theme)
        ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 18, 22)"}[theme]
        assert violations(page) == []
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == theme


def test_the_page_about_the_interfaces(browser: Any, address: str) -> None:
    page = browser.new_page(viewport=SIZES["zoomed"])
    page.goto(f"{address}/docs")
    until(page, "document.querySelectorAll('h2').length > 8")
    assert violations(page) == [] and no_sideways(page)
    page.close()


def test_a_first_visit_tells_who_reads_aloud_and_leads_to_the_choice(browser: Any, address: str) -> None:
    with open_page(browser, address, "page", viewport=SIZES["zoomed"]) as page:
        assert violations(page) == [] and no_sideways(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        assert page.is_checked("input[value=reader]") and not page.is_visible("#who")
        assert page.get_attribute("#answer", "aria-live") == "polite"


def test_who_wants_no_motion_gets_none(browser: Any, address: str) -> None:
    for wish, animated in (("reduce", "none"), ("no-preference", "recording")):
        with open_page(browser, address, "reader", reduced_motion=wish) as page:
            recording(page)
            assert page.evaluate("getComputedStyle(document.getElementById('record')).animationName") == animated
            page.keyboard.press("Escape")


def test_text_spacing_loses_nothing(browser: Any, address: str) -> None:
    """WCAG 1.4.12: the spacing of the success criterion, and nothing is cut or covered."""
    with open_page(browser, address, "reader", viewport=SIZES["zoomed"]) as page:
        bad_picture(page)
        page.evaluate(
            "document.querySelectorAll('*').forEach((one) => { one.style.lineHeight = '1.5';"
            "one.style.letterSpacing = '0.12em'; one.style.wordSpacing = '0.16em'; })"
        )
        cut = page.evaluate(
            "[...document.querySelectorAll('button, p, label, h1, h2')].filter((one) => one.offsetParent !== null"
            " && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1))"
            ".map((one) => one.id || one.textContent)"
        )
        assert cut == [] and no_sideways(page)


def test_the_order_of_the_tab_key_is_that_of_the_page(browser: Any, address: str) -> None:
    with open_page(browser, address, "reader") as page:
        order = []
        for _ in range(40):
            page.keyboard.press("Tab")
            name = page.evaluate(
                "document.activeElement.id || document.activeElement.value || document.activeElement.textContent"
            )
            if name in order or page.evaluate("document.activeElement === document.body"):
                break
            order.append(name)
        assert order[:5] == ["take", "choose", "record", "question", "ask"]
        assert order[8:15] == ["stop", "replay", "slower", "spell", "where", "again", "second"]
        assert order[15:] == ["wipe", "reader", "speed", "language", "theme"]
