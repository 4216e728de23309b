"""video/report/page: opened in Chromium: it plays the films at the evidence, by pointer, keyboard and screen reader."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from browser import EAR, FOCUS, announcements, no_sideways, until, violations
from films import film as mpeg4_film
from films import number_of

from sensorium import Blob
from sensorium.core.errors import InputError
from sensorium.core.languages import Span
from sensorium.core.reply import Usage
from sensorium.video.report import films as report_films
from sensorium.video.report.page import confidence, cost, effort, watch_page
from sensorium.video.watch.evidence import TimedEvidence, WatchReply

HOSTILE = "</script><script>globalThis.hacked = 1</script><img src=x onerror='globalThis.hacked = 1'>\" ' & चाय"
EVIDENCE = (
    TimedEvidence(8.3, 9.0, "PLATFORM 7", "read", score=0.91),
    TimedEvidence(2.0, 4.0, "a red car", "seen"),
    TimedEvidence(11.5, 12.0, "mind the step", "heard"),
)
CHAPTERS = (TimedEvidence(0, 6, "The harbour", "described"), TimedEvidence(6, 12, "The market", "described"))
REPLY = WatchReply(
    "At 2 s.", 0.8, False, EVIDENCE, "chain", "12 s are too long.", Usage(1234, 56, 7.8, usd=0.0123),
    ("From 5 s to 6 s the film is broken.",), CHAPTERS,
)  # fmt: skip
SPEECH = {"": [Span("mind the step", 11.5, 12.0)]}


def written(folder: Path, reply: WatchReply = REPLY, films: tuple[str, ...] = ("harbour.mp4",), **how: Any) -> Path:
    path = folder / "report.html"
    page = watch_page(reply, "When is the car seen?", [Blob(folder / name) for name in films], folder, **how)
    path.write_text(page, encoding="utf-8")
    return path


@contextmanager
def shown(browser: Any, path: Path, width: int = 1280, height: int = 900, theme: str = "light") -> Iterator[Any]:
    """Open a page; nothing may be fetched from elsewhere, fail, move the focus, or be forbidden by its own policy."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
    context.add_init_script(EAR)
    context.add_init_script(FOCUS)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda told: wrong.append(told.text) if "Content Security" in told.text else None)
    page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else wrong.append(asked.url))
    page.goto(path.as_uri())
    try:
        yield page
        assert wrong == [] and page.evaluate("__stolen") == []
    finally:
        context.close()


def playing(page: Any, place: int = 0) -> None:
    until(page, f"(v => !v.paused && v.currentTime > 0)(document.querySelectorAll('video')[{place}])", 20)


def at(page: Any, place: int = 0) -> float:
    seconds: float = page.evaluate(f"document.querySelectorAll('video')[{place}].currentTime")
    return seconds


def focus(page: Any, what: str) -> None:
    """Move the focus from here, which the page didn't do."""
    page.focus(what)
    page.evaluate("__stolen.splice(0)")


def test_each_button_plays_from_its_moment_and_says_so(browser: Any, folder: Path) -> None:
    with shown(browser, written(folder, speech=SPEECH)) as page:
        names = [button.inner_text() for button in page.query_selector_all("button.card")]
        assert [re.search("(a red car|PLATFORM 7|mind the step)", name).group(1) for name in names] == [  # type: ignore[union-attr]
            "a red car", "PLATFORM 7", "mind the step",
        ]  # fmt: skip
        page.get_by_role(
            "button", exact=True, name="2. Play from 0:08.300 to 0:09.000. Read, 91% sure: PLATFORM 7"
        ).click()
        playing(page)
        assert 8.3 <= at(page) < 9.9
        assert announcements(page) == [("status", "Playing from 0:08.300. Read: PLATFORM 7")]
        assert page.get_attribute("button[aria-current]", "data-start") == "8.3"
        page.get_by_role("button", name="Play from 0:06.000: The market").click()
        until(page, "document.querySelector('video').currentTime < 7.5")
        assert 6.0 <= at(page) and announcements(page)[0][1] == "Playing from 0:06.000. The market"
        page.click("summary")
        page.click(".spoken button")
        until(page, "document.querySelector('video').currentTime >= 11.5")


def test_the_frame_that_is_played_is_the_one_of_the_evidence(browser: Any, folder: Path) -> None:
    moments = tuple(TimedEvidence(n / 10 + 0.0004, n / 10 + 0.05, str(n), "seen") for n in (0, 7, 33, 101, 119))
    with shown(browser, written(folder, replace(REPLY, evidence=moments))) as page:
        page.evaluate("document.querySelector('video').removeAttribute('controls')")
        for start, number in zip([0.001, 0.701, 3.301, 10.101, 11.901], (0, 7, 33, 101, 119), strict=True):
            page.evaluate(
                "(at) => new Promise((done) => { const v = document.querySelector('video');"
                " v.onseeked = () => requestAnimationFrame(() => requestAnimationFrame(done)); v.currentTime = at; })",
                float(page.get_attribute(f"li:has-text('{number}') > button[data-start='{start}']", "data-start")),
            )
            seen = PIL.Image.open(io.BytesIO(page.locator("video").screenshot()))
            assert number_of(np.asarray(seen.convert("RGB"))) == number


def test_keys_play_and_move_only_where_nothing_else_needs_them(browser: Any, folder: Path) -> None:
    with shown(browser, written(folder)) as page:
        press = page.keyboard.press
        for key, told in (("j", "2 s"), ("j", "8"), ("k", "2"), ("k", "first piece")):
            press(key)
            assert told.partition(" s")[0] in announcements(page)[-1][1]
        playing(page)
        press(" ")
        until(page, "document.querySelector('video').paused")
        assert announcements(page)[-1][1].startswith("Paused at 0:0")
        before = at(page)
        press("ArrowRight")
        assert at(page) == pytest.approx(before + 5)
        press("ArrowLeft")
        assert at(page) == pytest.approx(before)
        assert announcements(page)[-1][1].startswith("0:0")
        focus(page, "button.card >> nth=1")  # a space on a button presses it, and nothing else
        press(" ")
        playing(page)
        assert announcements(page) == [("status", "Playing from 0:08.300. Read: PLATFORM 7")]
        page.evaluate("document.querySelector('main').append(document.createElement('input'))")
        focus(page, "main > input")
        press("k")
        press(" ")
        assert page.input_value("main > input") == "k " and announcements(page) == []
        focus(page, "#single-keys")
        press(" ")
        assert not page.is_checked("#single-keys")
        press("Tab")
        press("k")
        assert announcements(page) == []


def test_the_timeline_is_where_it_lies_and_plays_where_it_is_pressed(browser: Any, folder: Path) -> None:
    with shown(browser, written(folder)) as page:
        label = page.inner_text(".film .unseen")
        assert label.startswith("Timeline of harbour.mp4, 0:12 long: 1 seen, 1 read, 1 heard, 2 chapters.")
        lane = page.query_selector("[data-lane]").bounding_box()
        mark = page.query_selector(".mark-seen").bounding_box()
        assert (mark["x"] - lane["x"]) / lane["width"] == pytest.approx(2 / 12, abs=0.01)
        assert mark["width"] / lane["width"] == pytest.approx(2 / 12, abs=0.01)
        page.mouse.click(lane["x"] + lane["width"] * 0.75, lane["y"] + lane["height"] / 2)
        playing(page)
        assert 8.9 <= at(page) < 10.5 and announcements(page)[-1][1] in ("Playing from 0:09.", "Playing from 0:08.")


def test_several_films_play_one_at_a_time(browser: Any, folder: Path) -> None:
    pieces = (replace(EVIDENCE[1], film="harbour.mp4"), TimedEvidence(3, 4, "fruit", "seen", "market.mp4"))
    both = replace(REPLY, evidence=pieces, chapters=())
    with shown(browser, written(folder, both, ("harbour.mp4", "market.mp4"))) as page:
        assert page.get_by_role("heading", level=2).all_inner_texts()[1:3] == [
            "Film 1: harbour.mp4 0:12", "Film 2: market.mp4 0:06",
        ]  # fmt: skip
        page.click("button.card >> nth=0")
        playing(page, 0)
        page.click("button.card >> nth=1")
        playing(page, 1)
        assert page.evaluate("document.querySelector('video').paused") and 3 <= at(page, 1) < 4.5
        assert announcements(page)[-1][1] == "Playing in market.mp4 from 0:03.000. Seen: fruit"
        assert no_sideways(page)


def test_a_film_that_this_browser_cant_play_is_told_in_words(browser: Any, folder: Path) -> None:
    (folder / "old.mp4").write_bytes(mpeg4_film(40))
    only = replace(REPLY, evidence=(TimedEvidence(1, 2, "a red car", "seen"),), chapters=())
    with shown(browser, written(folder, only, ("old.mp4",))) as page:
        until(page, "!document.querySelector('.problem').hidden")
        told = page.inner_text(".problem")
        assert "can't play its MPEG-4 Part 2 video" in told and "ffmpeg -i old.mp4" in told
        announcements(page)
        page.click("button.card")
        assert announcements(page)[-1][1].startswith("old.mp4 can't be played here")
        assert violations(page) == []
    page_path = written(folder)
    (folder / "elsewhere").mkdir(exist_ok=True)
    moved = page_path.rename(folder / "elsewhere" / "report.html")
    with shown(browser, moved) as page:
        until(page, "!document.querySelector('.problem').hidden")
        assert "isn't where this page looks for it" in page.inner_text(".problem")


def test_an_embedded_film_plays_anywhere(browser: Any, folder: Path, tmp_path: Path) -> None:
    moved = written(folder, embed=True).rename(tmp_path / "report.html")
    with shown(browser, moved) as page:
        page.click("button.card >> nth=1")
        playing(page)
        assert 8.3 <= at(page) < 9.9


def test_a_film_too_large_to_embed_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_films, "MAX_EMBED_BYTES", 1000)
    with pytest.raises(InputError, match=r"harbour\.mp4' is too large.*the most is 0.*Leave `embed` out"):
        written(folder, embed=True)


def test_a_film_in_another_folder_of_a_strange_name_is_found(browser: Any, folder: Path) -> None:
    (folder / "my films").mkdir(exist_ok=True)
    (folder / "pages").mkdir(exist_ok=True)
    name = "50% #1? 'ü\".mp4"
    (folder / "my films" / name).write_bytes((folder / "market.mp4").read_bytes())
    text = watch_page(replace(REPLY, evidence=()), "?", [Blob(folder / "my films" / name)], folder / "pages")
    assert str(folder) not in text  # whose page it is isn't told
    (folder / "pages" / "report.html").write_text(text, encoding="utf-8")
    with shown(browser, folder / "pages" / "report.html") as page:
        until(page, "document.querySelector('video').readyState > 0")
        assert page.query_selector(".problem").is_hidden() and page.query_selector("button.card") is None


def test_bytes_have_no_address_and_their_evidence_no_buttons(browser: Any, folder: Path) -> None:
    path = folder / "bytes.html"
    data = Blob((folder / "harbour.mp4").read_bytes())
    path.write_text(watch_page(REPLY, "?", [data], folder), encoding="utf-8")
    with shown(browser, path) as page:
        assert page.query_selector("video") is None and page.query_selector("button") is None
        assert "wasn't read from a file" in page.inner_text(".problem")
        assert len(page.query_selector_all(".card img")) == 3
        assert violations(page) == [] and no_sideways(page)


def test_no_text_is_markup_and_no_other_script_runs(browser: Any, folder: Path) -> None:
    bad = tuple(replace(item, text=HOSTILE) for item in EVIDENCE)
    reply = replace(
        REPLY,
        answer=HOSTILE,
        evidence=bad,
        chapters=(replace(CHAPTERS[0], text=HOSTILE),),
        notes=(HOSTILE,),
        why=HOSTILE,
    )
    path = folder / "hostile.html"
    speech = {"": [Span(HOSTILE, 1, 2)]}
    path.write_text(watch_page(reply, HOSTILE, [Blob(folder / "harbour.mp4")], folder, speech=speech), encoding="utf-8")
    with shown(browser, path) as page:
        assert page.inner_text("h1") == HOSTILE and page.inner_text(".words") == HOSTILE
        assert page.evaluate("globalThis.hacked ?? 0") == 0 and len(page.query_selector_all("script")) == 1
        page.click("button.card")
        assert announcements(page)[-1][1].endswith(HOSTILE)
    context = browser.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda told: refused.append(told.text))
    path.write_text(path.read_text(encoding="utf-8").replace("<main>", "<main><script>hacked = 1</script>"), "utf-8")
    page.goto(path.as_uri())
    assert page.evaluate("globalThis.hacked ?? 0") == 0 and any("Content Security" in line for line in refused)
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844), (320, 256)])
def test_axe_finds_nothing(browser: Any, folder: Path, theme: str, width: int, height: int) -> None:
    with shown(browser, written(folder, speech=SPEECH), width, height, theme) as page:
        page.click("summary")
        page.click("button.card >> nth=1")
        playing(page)
        page.evaluate("document.querySelector('video').pause()")
        assert violations(page) == [] and no_sideways(page)
        page.locator("button.card >> nth=2").scroll_into_view_if_needed()
        top = page.query_selector("video").bounding_box()["y"]
        assert (top >= -1) == (height > 640)  # the film stays in sight where there is room for it
        if shots := os.environ.get("SENSORIUM_SCREENSHOTS"):
            page.screenshot(path=Path(shots) / f"watch-{theme}-{width}.png", full_page=True)
        page.evaluate("document.querySelector('video').removeAttribute('aria-label')")
        page.evaluate(
            "document.querySelector('h1').removeAttribute('dir'); document.querySelector('h1').outerHTML = ''"
        )
        assert violations(page) != []  # it would have found one


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_where_it_cant_tell(browser: Any, folder: Path, theme: str) -> None:
    none = WatchReply("I can't tell.", None, True, (), "offline", "No model was given.", Usage())
    with shown(browser, written(folder, none, ("harbour.mp4", "market.mp4")), theme=theme) as page:
        assert violations(page) == [] and no_sideways(page)
        assert "names no moment of the films" in page.inner_text("main")
        page.keyboard.press("j")
        assert announcements(page) == [("status", "No evidence to go to.")]


def test_confidence_and_cost_in_words() -> None:
    def of(**changes: Any) -> WatchReply:
        return replace(REPLY, **changes)

    assert confidence(REPLY).words == "80% sure" and confidence(REPLY).percent == 80.0
    assert confidence(of(confidence=None)).words == "Not known: the model gives none"
    assert confidence(of(abstained=True)).words == "It can't tell"
    assert cost(REPLY) == "0.0123 US dollars" and effort(REPLY.usage) == "1,234 tokens in, 56 out, 7.8 s"
    assert cost(of(usage=Usage())) == "Its price is unknown" and effort(Usage()) == ""
    assert cost(of(usage=Usage(usd=2.5))) == "2.50 US dollars"
    assert cost(of(route="offline", usage=Usage())) == "Nothing was paid"
    assert effort(Usage(output_tokens=5)) == "5 tokens out"
