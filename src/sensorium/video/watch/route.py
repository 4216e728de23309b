"""Which way a question about films goes: shown whole, as frames, through the chain, or without a model; and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sensorium.core.catalog import entries, video_tokens
from sensorium.core.errors import LimitError
from sensorium.core.protocols import Limits, Model
from sensorium.media.video import Frame
from sensorium.video.actions.collage import SIDE, most_frames
from sensorium.video.watch.evidence import Route
from sensorium.video.watch.material import WatchSettings
from sensorium.video.watch.segments import SourceFilm

DIRECT_SECONDS = 30.0
"""Films up to this length together are shown as frames at once, at one a second at least."""
SHEET_FRAMES = 12
"""The most frames on the sheet of a model that takes one image."""
MAX_FRAMES = 32
_CONTEXT_SHARE = 0.8  # of what a model takes: the rest is for words and the answer


@dataclass(frozen=True)
class RouteChoice:
    """A route and its reason.

    Args:
        route: How the films are watched.
        why: Why so, in a sentence.
        frames: Frames of each film, on the route "direct".
    """

    route: Route
    why: str
    frames: int = 0


def choose_route(
    model: Model | None, films: Sequence[SourceFilm], settings: WatchSettings,
    wanted: Route | Literal["auto"] = "auto", describer: Model | None = None,
) -> RouteChoice:  # fmt: skip
    """Return how films are watched with a model that answers, and maybe another one that describes.

    Raises:
        LimitError: if the model can't take the wanted route.
    """
    if model is None or model.name == "offline" or wanted == "offline":
        return RouteChoice("offline", "No model was given." if wanted == "auto" else "It was asked for.")
    seconds = sum(film.seconds for film in films)
    limits = model.limits
    if wanted != "auto":
        _check(model, wanted, describer)
        if wanted != "direct":
            return RouteChoice(wanted, "It was asked for.")
        most = _most_frames(limits, films, settings.frames)
        if len(films) > 1 and not most:
            raise LimitError(
                f"{model.name} takes too few pictures at once for frames of {len(films)} films.",
                "Leave some films out, or let them go through a chain: `route`",
            )
        return RouteChoice(wanted, f"It was asked for.{_fewer(model, max(1, most), settings)}", max(1, most))
    frames = _direct_frames(limits, films)
    if "image" not in limits.parts and describer is not None:
        _check(model, "chain", describer)
        return RouteChoice("chain", f"{model.name} takes no pictures, so {describer.name} describes them.")
    takes_video, why_not = _native(model, films, settings)
    if takes_video:
        return RouteChoice("native", f"{model.name} takes whole films, and {seconds:.0f} s fit into it.")
    _check(model, "chain", describer)
    if seconds <= DIRECT_SECONDS and frames:
        shown = frames if settings.frames is None else max(1, _most_frames(limits, films, settings.frames))
        why = f"{seconds:.0f} s of film are short enough to show {shown} frames of each at once."
        return RouteChoice("direct", f"{why}{_fewer(model, shown, settings)}", shown)
    reason = f"{seconds:.0f} s of film are too long for the frames that {model.name} looks at at once"
    if frames == 0 and seconds <= DIRECT_SECONDS:
        reason = f"{model.name} takes too few pictures for {seconds:.0f} s of film"
    return RouteChoice("chain", f"{reason}{why_not}.")


def _check(model: Model, wanted: Route, describer: Model | None) -> None:
    needed = "video" if wanted == "native" else "image"
    looking = describer if wanted == "chain" and describer is not None else model
    if needed not in looking.limits.parts:
        raise LimitError(
            f"The model {looking.name} takes {' and '.join(looking.limits.parts)}, not {needed}.",
            "Choose another model: sensorium models lists what each takes.",
        )
    if model.limits.schema == "none":
        raise LimitError(
            f"The model {model.name} does not answer by a schema, so it can't give evidence.",
            "Let it describe, and another one answer: `describer`",
        )


def _native(model: Model, films: Sequence[SourceFilm], settings: WatchSettings) -> tuple[bool, str]:
    """Return whether a model is known to take these films whole, and why not, in words that end a sentence."""
    entry = entries().get(model.name)
    if entry is None or "video" not in entry.parts:
        return False, ""
    costs = [video_tokens(model.name, film.seconds, settings.fps or 1.0, detail=settings.detail) for film in films]
    tokens = sum(
        cost.most if cost is not None else math.ceil(300 * film.seconds)
        for cost, film in zip(costs, films, strict=True)
    )
    context = model.limits.context_tokens
    if context is not None and tokens > _CONTEXT_SHARE * context:
        return False, f", and the whole would be {tokens:,} of the {context:,} tokens that it takes"
    return True, ""


def _direct_frames(limits: Limits, films: Sequence[SourceFilm]) -> int:
    """Return how many frames of each film a model is shown at once; 0 if it takes too few."""
    each = _most_frames(limits, films)
    needed = max(math.ceil(film.seconds) for film in films)
    if min(limits.max_images or MAX_FRAMES, limits.advised_images or MAX_FRAMES) == 1:
        return each if len(films) == 1 and films[0].seconds <= each else 0
    return each if each >= max(2, min(needed, MAX_FRAMES)) else 0


def _fewer(model: Model, frames: int, settings: WatchSettings) -> str:
    """Return a sentence if a model takes fewer frames than are wanted, else ""."""
    wanted = settings.frames
    return "" if wanted is None or frames >= wanted else f" {wanted} frames were wanted; {model.name} takes {frames}."


def _most_frames(limits: Limits, films: Sequence[SourceFilm], wanted: int | None = None) -> int:
    """Return how many frames of each film fit into one question at most, or how many are wanted; 0 if not one fits."""
    everything = max(MAX_FRAMES, len(films)) if wanted is None else wanted * len(films)
    most = min(limits.max_images or everything, limits.advised_images or everything)
    if 1 in (limits.max_images, limits.advised_images):
        side = min(SIDE, limits.max_side or SIDE)
        blanks = [Frame(0.0, np.zeros((film.info.height, film.info.width, 3), np.uint8)) for film in films]
        fits = min(SHEET_FRAMES, *(most_frames(blank, side) for blank in blanks)) // len(films)
        return fits if wanted is None else min(fits, wanted)
    each = min(everything, most) // len(films)
    if limits.context_tokens is not None:
        cost = max(limits.image_tokens, 256)
        each = min(each, int(_CONTEXT_SHARE * limits.context_tokens / cost / len(films)))
    return each


def hears_itself(model: Model) -> bool:
    """Whether a model is known to hear the sound of a film that it takes whole."""
    entry = entries().get(model.name)
    return entry is not None and {"video", "audio"} <= set(entry.parts)
