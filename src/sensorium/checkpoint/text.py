"""Tokens to words as they come: pieces that never have to be taken back, and texts that end an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_WINDOW = 16
"""Tokens that are decoded anew at each step, at most twice as many: a whole long answer would take ever longer."""
_UNFINISHED = "\ufffd"  # what an incomplete UTF-8 sequence decodes to


class Words:
    """The text of an answer that grows token by token.

    What `add` gives, joined, begins the text that the library's own decoding of all tokens gives; `rest` gives what
    is missing at the end.

    Args:
        tokenizer: The library's tokenizer.
        stop: Texts that end the answer.
        pieces: False where only `rest` is wanted.
    """

    def __init__(self, tokenizer: Any, stop: tuple[str, ...] = (), pieces: bool = True) -> None:
        self.ids: list[int] = []
        self.stopped = False
        self._tokenizer = tokenizer
        self._stop = tuple(text for text in stop if text)
        self._given = 0
        # a tokenizer that tidies spaces up ("do n't" -> "don't") changes what it has given: then wait for the end
        self._steady = pieces and not getattr(tokenizer, "clean_up_tokenization_spaces", False)
        fast = getattr(tokenizer, "backend_tokenizer", None)  # by itself it takes a fifth of the time
        self._decode: Callable[..., str] = tokenizer.decode if fast is None else fast.decode
        self._settled = ""
        self._start = 0  # the window's first token
        self._seen = 0  # the tokens whose text is settled
        self._before = ""  # the text of the window's settled tokens

    def add(self, token: int) -> str:
        """Take one more token; gives the new text that is sure, "" where none is. Sets `stopped` at a stop text."""
        self.ids.append(token)
        if not self._steady and not self._stop:
            return ""
        text = self._text()
        end = _first(text, self._stop)
        if end is not None:
            self.stopped = True
            return self._give(text[:end]) if self._steady else ""
        return self._give(text[: len(text) - _held(text, self._stop)]) if self._steady else ""

    def rest(self) -> str:
        """Return what has not been given yet, now that the answer is whole."""
        text = str(self._tokenizer.decode(self.ids, skip_special_tokens=True))
        end = _first(text, self._stop)
        return self._give(text if end is None else text[:end])

    def _give(self, sure: str) -> str:
        new = sure[self._given :]
        self._given = max(self._given, len(sure))
        return new

    def _text(self) -> str:
        """The text so far: the settled tokens' and the window's, as in Hugging Face's text-generation-inference."""
        window = self._decode(self.ids[self._start :], skip_special_tokens=True)
        text: str = self._settled + window[len(self._before) :]
        if len(self.ids) - self._seen >= _WINDOW and not text.endswith(_UNFINISHED):
            self._settled, self._start, self._seen = text, self._seen, len(self.ids)
            self._before = self._decode(self.ids[self._start :], skip_special_tokens=True)
        return text


def _first(text: str, stop: tuple[str, ...]) -> int | None:
    found = [at for each in stop if (at := text.find(each)) >= 0]
    return min(found, default=None)


def _held(text: str, stop: tuple[str, ...]) -> int:
    """How many letters at the end may still change or begin a stop text."""
    sure = text.rstrip(_UNFINISHED)
    begun = 0
    for each in stop:
        for size in range(min(len(each) - 1, len(sure)), begun, -1):
            if sure.endswith(each[:size]):
                begun = size
                break
    return len(text) - len(sure) + begun
