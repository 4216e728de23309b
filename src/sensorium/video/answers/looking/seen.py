"""What the frames of a film hold, with times, as plain values that go to JSON and back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sensorium.media.decoding import BrokenPart
from sensorium.video.moments.pieces import Share


@dataclass(frozen=True)
class ScreenText:
    """A line of text on the screen.

    Args:
        text: What it says.
        start, end: Seconds in which it is there, to about a tenth.
        score: Probability that it is read without a mistake.
        share: Where: left, top, right, bottom as shares of the frame's sides.
    """

    text: str
    start: float
    end: float
    score: float
    share: Share


@dataclass(frozen=True)
class FilmScene:
    """A part of a film between two cuts, fades or dissolves.

    Args:
        start, end: Seconds.
        transition: How it begins: "start", "cut", "fade" or "dissolve".
    """

    start: float
    end: float
    transition: str = "cut"


@dataclass(frozen=True)
class NamedFrame:
    """A frame that was named.

    Args:
        at: Seconds.
        names: What it seems to show, (name, probability) best first.
    """

    at: float
    names: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class SeenMovement:
    """Something that moves.

    Args:
        start, end: Seconds.
        mover: "object" or "camera".
        direction: "left", "right", "up", "down", "nearer" or "away", the camera's own way; "" if none prevails.
        score: How sure it is, 0 to 1.
    """

    start: float
    end: float
    mover: str
    direction: str
    score: float


@dataclass(frozen=True)
class SeenFilm:
    """What the frames of a film hold, each kind in order of time.

    Args:
        scenes: Cover the film.
        texts: Lines of text.
        named: Frames with names, some in each scene.
        movements: What moves; None if that was not looked at.
        has_sound: Whether the film has sound at all.
        faults: What could not be decoded.
    """

    scenes: tuple[FilmScene, ...]
    texts: tuple[ScreenText, ...] = ()
    named: tuple[NamedFrame, ...] = ()
    movements: tuple[SeenMovement, ...] | None = None
    has_sound: bool = False
    faults: tuple[BrokenPart, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SeenFilm:
        """Return what `to_json` gave.

        Raises:
            TypeError, KeyError, ValueError: if it is something else.
        """
        movements = values["movements"]
        return cls(
            tuple(FilmScene(**scene) for scene in values["scenes"]),
            tuple(ScreenText(**text | {"share": tuple(text["share"])}) for text in values["texts"]),
            tuple(
                NamedFrame(frame["at"], tuple((name, score) for name, score in frame["names"]))
                for frame in values["named"]
            ),
            None if movements is None else tuple(SeenMovement(**movement) for movement in movements),
            values["has_sound"],
            tuple(BrokenPart(**fault) for fault in values["faults"]),
        )
