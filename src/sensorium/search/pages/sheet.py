"""The sheet: what a search found, as one page with its pictures inside; screen reader first, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sensorium.core.errors import SensoriumError
from sensorium.core.messages import Image
from sensorium.media.page import PageImage, page_image, render
from sensorium.search.results import Hit, SearchResult

_TEMPLATE = Path(__file__).parent / "templates" / "sheet.html"
_SIDE = 360
_MAX_CELL = 120
_TITLES = ("title", "name", "product", "product_name")


@dataclass(frozen=True)
class SheetCard:
    """A hit for the page: its heading, its picture or why it has none, and its columns in words."""

    heading: str
    image: PageImage | None
    problem: str
    price: str
    columns: Sequence[tuple[str, str]]
    notes: Sequence[str]


def sheet(result: SearchResult, advice: Sequence[str], where: str | None, why: bool, shows: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        result: What was found.
        advice: What to do if nothing is a good match, in sentences.
        where: The filter, or None.
        why: Whether to say why each hit was found.
        shows: Id -> what the picture seems to show; may be empty.
    """
    likes = [_picture(image, f"Query picture {n}") for n, image in enumerate(result.query.images, 1)]
    return render(
        _TEMPLATE,
        title=f"Search: {result.query}",
        query=str(result.query),
        likes=[image for image, _ in likes if image is not None],
        summary=summary(result),
        advice=list(advice),
        where=where or "",
        hits=[_card(hit, place, why, shows) for place, hit in enumerate(result.hits, 1)],
        nearest=[_card(hit, place, why, shows) for place, hit in enumerate(result.nearest, 1)],
    )


def summary(result: SearchResult) -> str:
    """Return in a sentence how many pictures were found."""
    count = len(result.hits)
    if not count:
        return "No good match."
    folded = sum(len(hit.copies) for hit in result.hits)
    pictures = "1 picture" if count == 1 else f"{count} pictures"
    copies = "1 near duplicate is" if folded == 1 else f"{folded} near duplicates are"
    weak = " None of them is a good match." if result.no_match else ""
    return f"{pictures}, the best first.{f' {copies} folded into them.' if folded else ''}{weak}"


def title_of(hit: Hit) -> str:
    """Return what a hit is called: its title or name, else its file's name, else its id."""
    lowered = {name.lower(): name for name in hit.columns}
    for name in _TITLES:
        value = hit.columns.get(lowered.get(name, ""))
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return Path(hit.path).name or hit.id


def cell(value: object) -> str:
    """Return a column's value in words, on one line, at most 120 characters; "" for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = (
        ", ".join(map(str, value))
        if isinstance(value, list)
        else f"{value:.12g}"
        if isinstance(value, float)
        else value
    )
    line = " ".join(str(text).split())
    return line if len(line) <= _MAX_CELL else f"{line[: _MAX_CELL - 1]}…"


def reasons(hit: Hit, shows: str = "") -> list[str]:
    """Return in sentences why a hit was found."""
    why = hit.why
    ranks = {"pictures": "by its picture", "text": "by its text"}
    lines = [" and ".join(f"Number {rank} {ranks[name]}" for name, rank in why.ranks.items()).replace("and N", "and n")]
    if why.words:
        lines.append(f"Words: {', '.join(why.words)}")
    margin = "" if why.margin is None else f", {why.margin:.1f} standard deviations above unrelated queries"
    lines.append(f"Similarity {why.similarity:.3f}{margin}")
    if shows:
        lines.append(f"The picture seems to show: {shows}")
    if hit.copies:
        lines.append(f"Near duplicates folded: {', '.join(hit.copies[:5])}{' …' if len(hit.copies) > 5 else ''}")
    return [line for line in lines if line]


def _card(hit: Hit, place: int, why: bool, shows: Mapping[str, str]) -> SheetCard:
    heading = title_of(hit)
    image, problem = _picture(Image(hit.path), heading) if hit.path else (None, "Its file isn't on this disk.")
    price = next((_money(value) for name, value in hit.columns.items() if name.lower() == "price"), "")
    hidden = {*_TITLES, "price"}
    rows = [(name, cell(value)) for name, value in hit.columns.items() if name.lower() not in hidden and cell(value)]
    notes = reasons(hit, shows.get(hit.id, "")) if why else []
    if not why and hit.copies:
        notes = [f"{len(hit.copies)} near duplicate{'s' if len(hit.copies) > 1 else ''} folded into it"]
    return SheetCard(heading, image, problem, price, rows, notes)


def _money(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else cell(value)


def _picture(image: Image, name: str) -> tuple[PageImage | None, str]:
    try:
        return page_image(image, name, max_side=_SIDE), ""
    except SensoriumError as error:
        return None, error.message
