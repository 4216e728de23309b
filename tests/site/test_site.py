"""The site: built anew, every link leads somewhere, nothing is requested from elsewhere, and axe-core finds nothing.

In the normal suite with two lessons; as `long` with all of them, and every page looked at.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from browser import RULES, run_chromium
from course_runs import COURSE, NAMES, ROOT, close_network

pytestmark = pytest.mark.slow
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
LOOKED_AT = ("index.html", "course/02-one-conversation/lesson.html", "search.html?q=receipt")


def build(work: Path, course: Path | None = None) -> Path:
    """Build the site, every lesson run for it in order with the network closed; return its folder."""
    with pytest.MonkeyPatch.context() as changed:
        close_network(work / "closed", changed)
        if course is not None:
            changed.setenv("SENSORIUM_COURSE", str(course))
        program = [
            sys.executable,
            str(ROOT / "recipes/site/build.py"),
            str(work / "site"),
            "--build",
            str(work / "build"),
        ]
        subprocess.run(program, check=True)
    return work / "site"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with two lessons, which run in seconds."""
    work = tmp_path_factory.mktemp("small")
    for name in (*NAMES[:2], "samples"):
        shutil.copytree(COURSE / name, work / "course" / name)
    return build(work, work / "course")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with run_chromium() as made:
        yield made


class Links(HTMLParser):
    """The ids of a page, and what it links to and loads."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.undescribed: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.ids |= {known[name] for name in ("id", "name") if name in known}
        if tag == "a" and "href" in known:
            self.links.append(known["href"])
        elif tag in ("script", "img", "source", "iframe", "link"):
            if known.get("rel") != "canonical":
                self.loaded += [known[name] for name in ("src", "href") if name in known]
        if tag == "img" and not known.get("alt"):
            self.undescribed.append(known.get("src", ""))


def test_every_link_leads_somewhere_and_nothing_comes_from_elsewhere(small_site: Path) -> None:
    check_links(small_site)


@pytest.mark.long
def test_every_link_of_the_whole_site_leads_somewhere(site: Path) -> None:
    check_links(site)


def check_links(site: Path) -> None:
    pages = {page: Links(page) for page in site.rglob("*.html")}
    assert len(pages) > 40
    broken = []
    for page, links in pages.items():
        assert not [each for each in links.loaded if urlsplit(each).scheme not in ("", "data")], page
        assert not links.undescribed, page
        for link in (*links.links, *links.loaded):
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            target = (page.parent / unquote(address.path)).resolve() if address.path else page
            if not target.exists():
                broken.append((page.name, link))
            elif address.fragment and target in pages and unquote(address.fragment) not in pages[target].ids:
                broken.append((page.name, link))
    assert not broken


@pytest.mark.long
def test_lessons_follow_each_other_with_their_outputs_and_solutions(site: Path) -> None:
    for place, name in enumerate(NAMES):
        text = (site / "course" / name / "lesson.html").read_text(encoding="utf-8")
        assert "A solution" in text and "highlight-text" in text and "Skipped: " in text
        for other in NAMES[place + 1 : place + 2]:
            assert f'class="next-page" href="../{other}/lesson.html"' in text


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_and_nothing_is_requested(small_site: Path, browser: Any, size: str) -> None:
    look_at(small_site, browser, size, LOOKED_AT)


@pytest.mark.long
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_any_page(site: Path, browser: Any, size: str) -> None:
    pages = sorted(page.relative_to(site).as_posix() for page in site.rglob("*.html"))
    assert len(pages) > 60
    look_at(site, browser, size, (*pages, LOOKED_AT[-1]))


def look_at(site: Path, browser: Any, size: str, names: Sequence[str]) -> None:
    """Assert that axe-core finds nothing on pages in either theme, that none scrolls sideways or requests anything."""
    from axe_playwright_python.sync_playwright import Axe

    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="light")
    foreign: list[str] = []
    context.on("request", lambda request: None if request.url.startswith("file:") else foreign.append(request.url))
    page = context.new_page()
    found: dict[str, list[Any]] = {}
    for name in names:
        page.emulate_media(color_scheme="light")
        page.goto(f"{site.as_uri()}/{name}")
        page.wait_for_timeout(300)
        for theme, rules in (("light", RULES), ("dark", {"runOnly": ["color-contrast"]})):  # only colours differ
            page.emulate_media(color_scheme=theme)
            for rule in Axe().run(page, options=rules).response["violations"]:
                found.setdefault(name, []).append((theme, rule["id"], [node["target"] for node in rule["nodes"]][:3]))
            if folder := os.environ.get("SENSORIUM_SCREENSHOTS"):
                file = f"site-{size}-{theme}-{name.replace('/', '-').partition('?')[0]}.png"
                page.screenshot(path=Path(folder) / file)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 1:
            found.setdefault(name, []).append(("scrolls sideways", wide))
    context.close()
    assert not foreign
    assert not found, "\n".join(f"{name}: {rules}" for name, rules in found.items())


def test_search_finds_a_lesson_from_a_file(small_site: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{small_site.as_uri()}/search.html?q=multimodal")
    page.wait_for_selector("ul.search li a", timeout=20_000)
    assert "One conversation" in page.inner_text("ul.search")
    page.close()


def test_code_can_be_copied(small_site: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{small_site.as_uri()}/course/{NAMES[1]}/lesson.html")
    assert page.locator("button.copybtn").count() >= 10
    page.close()
