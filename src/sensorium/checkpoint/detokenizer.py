"""Tokens to text as they come: pieces that never have to be taken back, and stop texts that end an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_WINDOW = 16
"""Tokens that are decoded again at each step, at most twice as many: a whole long answer would take ever longer."""
_UNFINISHED = "\ufffd"  # what an incomplete UTF-8 sequence decodes to


class Detokenizer:
    """The text of an answer that grows token by token.

    The texts that `add` returns, joined, are a prefix of the library's own decoding of all tokens; `rest` returns
    what follows it.

    Args:
        tokenizer: The library's tokenizer.
        stop: Texts that end the answer.
        pieces: False if only `rest` is needed.
    """

    def __init__(self, tokenizer: Any, stop: tuple[str, ...] = (), pieces: bool = True) -> None:
        self.ids: list[int] = []
        self.stopped = False
        self._tokenizer = tokenizer
        self._stop = tuple(text for text in stop if text)
        self._returned = 0  # characters
        # a tokenizer that cleans up spaces ("do n't" -> "don't") changes earlier text: then wait for the end
        self._steady = pieces and not getattr(tokenizer, "clean_up_tokenization_spaces", False)
        fast = getattr(tokenizer, "backend_tokenizer", None)  # alone it takes a fifth of the time
        self._decode: Callable[..., str] = tokenizer.decode if fast is None else fast.decode
        self._settled = ""
        self._start = 0  # the window's first token
        self._settled_tokens = 0
        self._before = ""  # the text of the window's settled tokens

    def add(self, token: int) -> str:
        """Add one token; return the new text that is certain, "" without any. Sets `stopped` at a stop text."""
        self.ids.append(token)
        if not self._steady and not self._stop:
            return ""
        text = self._text()
        end = _first(text, self._stop)
        if end is not None:
            self.stopped = True
            return self._new(text[:end]) if self._steady else ""
        return self._new(text[: len(text) - _uncertain(text, self._stop)]) if self._steady else ""

    def rest(self) -> str:
        """Return the text that `add` has not returned yet, once the answer is complete."""
        text = str(self._tokenizer.decode(self.ids, skip_special_tokens=True))
        end = _first(text, self._stop)
        return self._new(text if end is None else text[:end])

    def _new(self, certain: str) -> str:
        new = certain[self._returned :]
        self._returned = max(self._returned, len(certain))
        return new

    def _text(self) -> str:
        """The text so far: the settled tokens' and the window's, as in Hugging Face's text-generation-inference."""
        window = self._decode(self.ids[self._start :], skip_special_tokens=True)
        text: str = self._settled + window[len(self._before) :]
        if len(self.ids) - self._settled_tokens >= _WINDOW and not text.endswith(_UNFINISHED):
            self._settled, self._start, self._settled_tokens = text, self._settled_tokens, len(self.ids)
            self._before = self._decode(self.ids[self._start :], skip_special_tokens=True)
        return text


def _first(text: str, stop: tuple[str, ...]) -> int | None:
    positions = [position for ending in stop if (position := text.find(ending)) >= 0]
    return min(positions, default=None)


def _uncertain(text: str, stop: tuple[str, ...]) -> int:
    """How many characters at the end may still change or start a stop text."""
    certain = text.rstrip(_UNFINISHED)
    begun = 0
    for ending in stop:
        for size in range(min(len(ending) - 1, len(certain)), begun, -1):
            if certain.endswith(ending[:size]):
                begun = size
                break
    return len(text) - len(certain) + begun
