"""Reply: what a model answered, how sure it is, what it rests on and what it cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels of the upright picture: left, top, right, bottom; right and bottom are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True)
class Evidence:
    """One observation that an answer rests on.

    Args:
        kind: Which way of looking made it: "read", "recognise", "colour", "quality", "barcode", "chart" …
        text: What was seen, in words.
        box: Where, in pixels of the upright picture, or None for the whole.
        score: How sure that way of looking is, 0 to 1, or None.
        image: Which picture of the conversation, from 0.
    """

    kind: str
    text: str
    box: Box | None = None
    score: float | None = None
    image: int = 0


@dataclass(frozen=True)
class Usage:
    """What an answer cost; None where it is not known.

    Args:
        input_tokens, output_tokens: As the model counts them.
        seconds: Wall time from asking to the last word.
        first_seconds: Wall time from asking to the first word.
        usd: Money, from the catalogue's prices.
        cached_tokens: Those of the input tokens that the service had kept from an earlier question.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float | None = None
    first_seconds: float | None = None
    usd: float | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True)
class Reply:
    """An answer.

    Args:
        text: The words.
        confidence: Probability that it is right, 0 to 1; None where the model gives none.
        abstained: True where the model says that it can't tell.
        evidence: What was seen and where.
        usage: Tokens, seconds, money.
        model: The name of the model that answered.
        cut: True where the answer ended at `Options.max_tokens`, not by itself.
        data: With `Options.schema`, the answer as plain JSON values, or as an object of the dataclass given.
        repaired: True where the first answer did not fit the schema and the second does.
        suggestion: What to type for a better or fuller answer, or ""; never part of the text.
    """

    text: str
    confidence: float | None = None
    abstained: bool = False
    evidence: tuple[Evidence, ...] = ()
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    cut: bool = False
    data: Any = field(default=None, hash=False)
    repaired: bool = False
    suggestion: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name as plain JSON values."""
        out = asdict(self)
        out["evidence"] = [
            asdict(seen) | {"box": None if seen.box is None else [round(side, 1) for side in seen.box]}
            for seen in self.evidence
        ]
        out["data"] = _plain(out["data"])
        return out


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
