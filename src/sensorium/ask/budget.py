"""What a request will cost, expected and at most, and a limit on all of them that is never exceeded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from sensorium.core.catalog import Detail, image_tokens, usd, video_tokens
from sensorium.core.errors import InputError, LimitError, quoted
from sensorium.core.messages import Conversation, Image, Text, Video
from sensorium.core.protocols import Limits, Model, Options
from sensorium.core.reply import Usage
from sensorium.media.image import size
from sensorium.media.times import frame_label

UNKNOWN_IMAGE_TOKENS = 1100
"""Expected of an image if nobody states what it costs: about what OpenAI and Gemini charge for 1024 × 1024 pixels."""
_WORD, _DIGITS, _MARK, _BREAK = (re.compile(text) for text in (r"[^\W\d_]+", r"\d{1,3}", r"[^\w\s]|_", r"\n+"))
_PER_WORD, _PER_LONG_BYTE, _PER_NUMBER, _PER_MARK, _PER_BREAK = 1.04, 0.145, 0.7, 0.86, 4.9
_SHORT_WORD = 6
"""Fitted by least squares to Whisper's byte-level vocabulary of 50,000 (GPT-2's kind), on the steps' prompts and
replies and pages of docs/: mean error 2 % (bench/video_chain.py reports on other films)."""
_MESSAGE_TOKENS, _MOST_OVERHEAD = 4, 64
"""Around a message: expected; and at most, with a system prompt that a server's template adds."""
_REPAIR_BYTES = 400
_ADDRESS = re.compile(r"@https?://.*", re.S)


@dataclass(frozen=True)
class ModelPrice:
    """US dollars for a million tokens, told by the user for a model that the catalogue has no price of."""

    input_usd: float
    output_usd: float


Prices = Mapping[str, ModelPrice]
"""Model's name -> its price; 0 for those that run on this machine."""


@dataclass(frozen=True)
class RequestCost:
    """The tokens of one request.

    Args:
        input_tokens, output_tokens: As expected.
        most_input, most_output: What it can't exceed; None if that is unknown.
    """

    input_tokens: int
    output_tokens: int
    most_input: int | None
    most_output: int

    @property
    def most_tokens(self) -> int | None:
        """The most tokens in and out together."""
        return None if self.most_input is None else self.most_input + self.most_output

    def usd(self, name: str, prices: Prices) -> float | None:
        """Return what is expected to be paid; None if the price is unknown."""
        return usage_usd(name, Usage(self.input_tokens, self.output_tokens), prices)

    def most_usd(self, name: str, prices: Prices) -> float | None:
        """Return what can be paid at most; None if that is unknown."""
        if self.most_input is None:
            return 0.0 if usage_usd(name, Usage(10**9, 10**9), prices) == 0.0 else None
        return usage_usd(name, Usage(self.most_input, self.most_output), prices)


def usage_usd(name: str, usage: Usage, prices: Prices) -> float | None:
    """Return what tokens cost by the catalogue, else by `prices`; None if neither knows the model."""
    known = usd(name, usage)
    if known is not None or name not in prices or usage.input_tokens is None or usage.output_tokens is None:
        return known
    price = prices[name]
    return (usage.input_tokens * price.input_usd + usage.output_tokens * price.output_usd) / 1e6


def text_tokens(text: str) -> int:
    """Return about how many tokens a text has: by its words, numbers, marks and lines."""
    words = _WORD.findall(text)
    long = sum(max(0, len(word.encode("utf-8", "replace")) - _SHORT_WORD) for word in words)
    counts = (len(words), long, len(_DIGITS.findall(text)), len(_MARK.findall(text)), len(_BREAK.findall(text)))
    weights = (_PER_WORD, _PER_LONG_BYTE, _PER_NUMBER, _PER_MARK, _PER_BREAK)
    return round(sum(count * weight for count, weight in zip(counts, weights, strict=True)))


def picture_tokens(
    name: str, limits: Limits, width: int, height: int, detail: Detail = "auto"
) -> tuple[int, int | None]:
    """Return what an image of so many pixels costs: expected, and at most or None.

    A server that runs a known model elsewhere is taken to count as its maker does.
    """
    side = limits.max_side
    if side is not None and max(width, height) > side:
        scale = side / max(width, height)
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
    known = image_tokens(_ADDRESS.sub("", name), width, height, detail)
    if known is None:
        return max(limits.image_tokens, UNKNOWN_IMAGE_TOKENS), None
    return known.most, known.most


def request_cost(model: Model, chat: Conversation, options: Options, output_tokens: int) -> RequestCost:
    """Return what a request costs.

    Args:
        model: Whom it is asked of.
        chat: What is asked.
        options: How; with a schema a misfit is sent back once, which is in the most that it costs.
        output_tokens: As long as the answer is expected to be.
    """
    expected, most = 0.0, 0
    unbounded = False
    for part in chat.parts:
        if isinstance(part, Text):
            expected += text_tokens(part.text)
            most += len(part.text.encode("utf-8", "replace"))
        elif isinstance(part, Image):
            likely, bound = picture_tokens(model.name, model.limits, *size(part), options.detail)
            label = 0 if part.at is None else len(frame_label(part.at))
            expected += likely + round(label / 2)
            most += (bound or 0) + label
            unbounded = unbounded or bound is None
        elif isinstance(part, Video):
            cost = _video_cost(model.name, part, options.detail)
            expected, most = expected + (cost or 0), most + (cost or 0)
            unbounded = unbounded or cost is None
        else:
            unbounded = True
    count = len(chat.messages)
    expected += count * _MESSAGE_TOKENS
    most += count * _MESSAGE_TOKENS + _MOST_OVERHEAD
    most_output = options.max_tokens
    if options.schema is not None:
        from sensorium.core.schema import Schema

        text = Schema.of(options.schema).text
        expected += text_tokens(text)
        most += len(text.encode()) + _REPAIR_BYTES
        most = 2 * most + options.max_tokens + len(text.encode())
        most_output *= 2
    return RequestCost(
        round(expected), min(output_tokens, options.max_tokens), None if unbounded else most, most_output
    )


def _video_cost(name: str, part: Video, detail: Detail) -> int | None:
    from sensorium.media.video import probe

    known = video_tokens(name, probe(part).seconds, part.fps or 1.0, detail=detail)
    return None if known is None else known.most


class OverBudgetError(LimitError):
    """A request was not sent: at its most it would exceed the budget."""


@dataclass(frozen=True)
class Hold:
    """What is set aside for a request until its answer says what it was."""

    tokens: int
    usd: float


class Spending:
    """A limit in US dollars, in tokens, or both; what a request may cost at most is set aside before it is sent.

    Args:
        max_usd: US dollars of all requests together, or None.
        max_tokens: Tokens in and out of all requests together, or None.

    Raises:
        InputError: if a limit isn't over 0.
    """

    def __init__(self, max_usd: float | None = None, max_tokens: int | None = None) -> None:
        for name, value in (("budget", max_usd), ("token_budget", max_tokens)):
            if value is not None and not 0 < value < float("inf"):
                raise InputError(f"A budget is over 0, not {quoted(value)}.", f"Try `{name}=1`.")
        self.max_usd, self.max_tokens = max_usd, max_tokens
        self.tokens, self.usd = 0, 0.0
        """What was spent: as the services counted it, or at its most if they didn't."""
        self._held: list[Hold] = []
        self._lock = Lock()

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit at all."""
        return self.max_usd is not None or self.max_tokens is not None

    def fits(self, tokens: int | None, dollars: float | None) -> bool:
        """Whether so much more would stay within the limits; what is unknown never does."""
        with self._lock:
            return self._fits(tokens, dollars)

    def reserve(self, tokens: int | None, dollars: float | None) -> Hold:
        """Set aside what a request costs at most.

        Raises:
            OverBudgetError: if it might exceed a limit.
        """
        with self._lock:
            if not self._fits(tokens, dollars):
                raise OverBudgetError("The budget has no room for another question.", "Allow more: `budget`")
            hold = Hold(tokens or 0, dollars or 0.0)
            self._held.append(hold)
            return hold

    def settle(self, hold: Hold, tokens: int | None, dollars: float | None) -> None:
        """Replace what was set aside by what was spent; what the service didn't count stays at its most."""
        with self._lock:
            self._remove(hold)
            self.tokens += hold.tokens if tokens is None else tokens
            self.usd += hold.usd if dollars is None else dollars

    def release(self, hold: Hold) -> None:
        """Give back what was set aside for a request that was not charged."""
        with self._lock:
            self._remove(hold)

    def _remove(self, hold: Hold) -> None:
        self._held = [each for each in self._held if each is not hold]

    def _fits(self, tokens: int | None, dollars: float | None) -> bool:
        if self.max_tokens is not None:
            held = sum(hold.tokens for hold in self._held)
            if tokens is None or self.tokens + held + tokens > self.max_tokens:
                return False
        if self.max_usd is not None:
            reserved = sum(hold.usd for hold in self._held)
            return dollars is not None and self.usd + reserved + dollars <= self.max_usd + 1e-12
        return True


def require_bounds(spending: Spending, model: Model, prices: Prices, takes_images: bool) -> None:
    """Raise InputError if a budget can't be kept with a model: its price, or its images' tokens, are unknown."""
    if not spending.is_limited:
        return
    name = quoted(model.name)
    if spending.max_usd is not None and usage_usd(model.name, Usage(1, 1), prices) is None:
        raise InputError(
            f"The price of {name} is unknown, so a budget in dollars can't be kept.",
            "Say what a million tokens in and out cost: `price='0.1,0.5'`",
        )
    free = spending.max_tokens is None and usage_usd(model.name, Usage(10**6, 10**6), prices) == 0.0
    if takes_images and not free and picture_tokens(model.name, model.limits, 512, 512)[1] is None:
        raise InputError(
            f"What a picture costs {name} is unknown, so a budget can't be kept.",
            "Leave the budget out, or choose another model: sensorium models",
        )
