"""The report: an answer about films as one HTML page that plays them at the moment of each piece of evidence."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sensorium.core.blob import Blob
from sensorium.core.languages import Span
from sensorium.core.reply import Usage
from sensorium.media.image import Pixels, encode
from sensorium.media.page import PageImage, render
from sensorium.video.report.films import FilmView, MomentView, film_views, shown_start
from sensorium.video.report.frames import LABELS, PlacedEvidence, frames_of, named_films, placed, span_words
from sensorium.video.sheet import clock
from sensorium.video.watch.evidence import Route, WatchReply

MAX_FRAMES = 200
"""The most pieces of evidence that have their frame on the page."""
ROUTES: dict[Route, str] = {
    "direct": "Shown to the model at once, as frames",
    "native": "Shown whole to a model that takes films",
    "chain": "Clip by clip: described, condensed, answered",
    "offline": "On this machine, without a language model",
}
"""A route in words."""
_TEMPLATES = Path(__file__).parent / "templates"
_SIDE = 320
# Nothing but what is in the page: no text of a film can run, and nothing is fetched but the film.
_POLICY = (
    "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; "
    "media-src 'self' file: data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class Confidence:
    """How sure an answer is, in words, and as a share of a bar in percent; None without a bar."""

    words: str
    percent: float | None


def watch_page(
    reply: WatchReply, question: str, films: Sequence[Blob], folder: Path, embed: bool = False,
    speech: Mapping[str, Sequence[Span]] | None = None,
) -> str:  # fmt: skip
    """Return the page as HTML; it needs neither network nor server.

    Args:
        reply: The answer.
        question: What was asked.
        films: The films that it was asked of; the page plays their files from where they are now.
        folder: Where the page will be written: films are found from there.
        embed: Whether the films are put into the page, which then stands alone.
        speech: What is said in a film, by its name; "" if there is only one; None for what the answer heard.

    Raises:
        InputError: if evidence is of another film, or one that is to be embedded is over `MAX_EMBED_BYTES`.
        MediaError: if a film isn't a video.
    """
    known = named_films(films)
    views = film_views(reply, known, folder, embed, reply.speech if speech is None else speech)
    evidence = placed(reply.evidence, known)
    frames: list[Pixels | None] = [*frames_of(evidence[:MAX_FRAMES], known, _SIDE)]
    frames += [None] * (len(evidence) - len(frames))
    items = [
        _item(number, each, frame, views) for number, (each, frame) in enumerate(zip(evidence, frames, strict=True), 1)
    ]
    sure = confidence(reply)
    playable = any(film.src for film in views)
    page = render(
        _TEMPLATES / "watch.html", css=_asset("watch.css"), script=_asset("watch.js"), policy="",
        title=f"{question[:80]} · {', '.join(film.name for film in views)[:80]}", question=question,
        about=_about(views), answer=reply.answer, unsure=reply.abstained, confidence=sure.words, gauge=sure.percent,
        route=ROUTES[reply.route], why=reply.why, cost=cost(reply), tokens=effort(reply.usage), films=views,
        evidence=items, notes=reply.notes,
        status="Press a piece of evidence, and the film plays from there." if playable and items else "",
    )  # fmt: skip
    return _with_policy(page)


def confidence(reply: WatchReply) -> Confidence:
    """Return how sure an answer is."""
    if reply.abstained:
        return Confidence("It can't tell", None)
    if reply.confidence is None:
        return Confidence("Not known: the model gives none", None)
    return Confidence(f"{reply.confidence:.0%} sure", round(100 * reply.confidence, 1))


def cost(reply: WatchReply) -> str:
    """Return what an answer cost, in words."""
    usd = reply.usage.usd
    if reply.route == "offline" or usd == 0:
        return "Nothing was paid"
    if usd is None:
        return "Its price is unknown"
    return f"{usd:.4f} US dollars" if usd < 1 else f"{usd:.2f} US dollars"


def effort(usage: Usage) -> str:
    """Return tokens and seconds, in words; "" if neither is known."""
    tokens = []
    if usage.input_tokens is not None:
        tokens.append(f"{usage.input_tokens:,} tokens in")
    if usage.output_tokens is not None:
        tokens.append(f"{usage.output_tokens:,} {'out' if tokens else 'tokens out'}")
    if usage.seconds is not None:
        tokens.append(f"{usage.seconds:.1f} s")
    return ", ".join(tokens)


def _about(films: Sequence[FilmView]) -> str:
    if len(films) == 1:
        return f"{films[0].name}, {films[0].length} long"
    return f"{len(films)} films: {', '.join(film.name for film in films)}"


def _item(number: int, each: PlacedEvidence, frame: Pixels | None, films: Sequence[FilmView]) -> MomentView:
    item, film = each.evidence, films[each.film]
    score = "" if item.score is None else f"{item.score:.0%} sure"
    image = None
    if frame is not None:
        data = base64.b64encode(encode(frame, "jpeg", 80).blob.data).decode("ascii")
        image = PageImage(f"data:image/jpeg;base64,{data}", "", frame.shape[1], frame.shape[0])
    where = film.name if len(films) > 1 else ""
    about = ", ".join(part for part in (LABELS[item.source], score, where) if part)
    name = f"{number}. Play from {span_words(each)}. {about}: {item.text}"
    told = f"{clock(item.start)}. {LABELS[item.source]}: {item.text}"
    return MomentView(
        each.film, shown_start(item.start), span_words(each), item.text, name, told, bool(film.src), number,
        item.source, LABELS[item.source], score, where, image,
    )  # fmt: skip


def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _with_policy(page: str) -> str:
    """Return a page that allows its own style and script by their digests, and no others."""
    digests = {}
    for name in ("style", "script"):
        body = re.search(f"<{name}>(.*?)</{name}>", page, re.S)
        text = body.group(1) if body else ""
        digests[name] = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    empty = 'http-equiv="Content-Security-Policy" content=""'
    return page.replace(empty, empty.replace('""', f'"{_POLICY.format(**digests)}"'), 1)
