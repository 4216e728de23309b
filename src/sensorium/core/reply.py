"""Reply: what a model answered, its confidence, evidence and cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels of the upright image; right and bottom are exclusive."""

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
        kind: What made it: "read", "recognise", "colour", "quality", "barcode", "chart" …
        text: What was seen, in words.
        box: Where, in pixels of the upright image, or None for the whole.
        score: Its confidence, 0 to 1, or None.
        image: Index of the conversation's image, from 0.
    """

    kind: str
    text: str
    box: Box | None = None
    score: float | None = None
    image: int = 0


@dataclass(frozen=True)
class Usage:
    """What an answer cost; None if unknown.

    Args:
        input_tokens, output_tokens: As counted by the model.
        seconds: Wall time from asking to the last word.
        first_seconds: Wall time from asking to the first word.
        usd: Money, from the catalogue's prices.
        cached_tokens: Input tokens that the service had cached.
        thinking_tokens: Output tokens that went into thoughts; they are among `output_tokens`.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float | None = None
    first_seconds: float | None = None
    usd: float | None = None
    cached_tokens: int | None = None
    thinking_tokens: int | None = None


@dataclass(frozen=True)
class Reply:
    """An answer.

    Args:
        text: The words.
        confidence: Probability that it is right, 0 to 1; None if the model gives none.
        abstained: Whether the model says that it can't tell.
        evidence: What was seen and where.
        usage: Tokens, seconds, money.
        model: The name of the model that answered.
        cut: Whether the answer ended at `Options.max_tokens`.
        data: With `Options.schema`, the answer as plain JSON values or an object of the dataclass.
        repaired: Whether only the second answer fits the schema.
        suggestion: What to type for a better or fuller answer, or ""; never part of the text.
        thoughts: What the model wrote to itself before it answered, or ""; never part of the text.
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
    thoughts: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name as plain JSON values."""
        out = asdict(self)
        out["evidence"] = [
            asdict(item) | {"box": None if item.box is None else [round(edge, 1) for edge in item.box]}
            for item in self.evidence
        ]
        out["data"] = _plain(out["data"])
        return out


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list | tuple) else value
