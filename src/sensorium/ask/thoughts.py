"""Thoughts: what a model writes to itself before its answer, told from the answer while it comes.

<think>…</think>                       DeepSeek, Qwen and most others; also <thinking>, <thought>, <reasoning>
…</think>                              the same where the prompt already ends in <think>
◁think▷…◁/think▷                       Kimi-VL
[THINK]…[/THINK]                       Magistral
<|START_THINKING|>…<|END_THINKING|>    Command A
<|channel|>analysis<|message|>…<|end|> gpt-oss (https://cookbook.openai.com/articles/openai-harmony)
<|begin_of_box|>…<|end_of_box|>        GLM-4.5V: the answer itself, whose marks are dropped
"""

from __future__ import annotations

import re

_NAMES = ("think", "thinking", "thought", "reasoning", "seed:think")
_OPENING = {*(f"<{name}>" for name in _NAMES), "◁think▷", "[think]", "<|start_thinking|>", "<|channel>"}
_CLOSING = {*(f"</{name}>" for name in _NAMES), "◁/think▷", "[/think]", "<|end_thinking|>", "<channel|>"}
_DROPPED = {"<|begin_of_box|>", "<|end_of_box|>", "<|start_response|>", "<|end_response|>"}
_ANSWER = {"<answer>", "</answer>"}
_TURN_ENDS = {"<|end|>", "<|return|>", "<|call|>"}
_HARMONY = {"<|channel|>", "<|message|>", "<|start|>"} | _TURN_ENDS
_MARKS = sorted(_OPENING | _CLOSING | _DROPPED | _ANSWER | _HARMONY, key=len, reverse=True)
_MARK = re.compile("|".join(map(re.escape, _MARKS)), re.I)
_LONGEST = len(_MARKS[0])
_THINKERS = re.compile(r"(?:^|[/:._\-])(?:r1|qwq|think(?:ing|er)?|reason(?:ing|er)?|magistral)(?:$|[/:._\-@])", re.I)
"""Names of models whose prompt may end in <think>, so that only </think> comes."""


def may_think_first(name: str) -> bool:
    """Whether a model's name says that it may begin with thoughts and mark only their end."""
    return _THINKERS.search(name) is not None


def split_thoughts(text: str) -> tuple[str, str]:
    """Return the answer in a whole text, and the thoughts in it.

    Example:
        >>> split_thoughts("<think>A cup?</think>It is a cup.")
        ('It is a cup.', 'A cup?')
    """
    splitter = ThoughtSplitter(hold=True)
    first, last = splitter.feed(text), splitter.finish()
    thoughts = (first[1] + last[1]).strip()
    words = first[0] + last[0]
    return (words.lstrip() if splitter.any_marks else words), thoughts


class ThoughtSplitter:
    """Tells thoughts from words in a text that comes in pieces, whose marks may be cut between two.

    Args:
        hold: Keep words back until it is sure that no closing mark turns them into thoughts.
        once: Hold only until the first closing mark.
    """

    def __init__(self, hold: bool = False, once: bool = False) -> None:
        self.thought_aloud = False
        """Whether words already returned turned out to be thoughts."""
        self.any_marks = False
        self._held: list[str] | None = [] if hold else None
        self._once = once
        self._mode = "words"  # thought; aside: a thought after words; header, between: of gpt-oss
        self._rest = ""  # the beginning of a mark, perhaps
        self._aside: list[str] = []
        self._header = ""
        self._any_words = self._in_answer = self._harmony = False
        self._words: list[str] = []
        self._thoughts: list[str] = []

    def feed(self, piece: str) -> tuple[str, str]:
        """Return the words and the thoughts that are sure with this piece."""
        text, self._rest, start = self._rest + piece, "", 0
        for match in _MARK.finditer(text):
            self._put(text[start : match.start()])
            self._mark(match.group())
            start = match.end()
        kept = _begun_mark(text[start:])
        self._put(text[start : len(text) - kept])
        self._rest = text[len(text) - kept :]
        return self._taken()

    def finish(self) -> tuple[str, str]:
        """Return what was kept back. A thought after words that never ends was no thought."""
        self._put(self._rest)
        self._words += self._held or []
        if self._mode == "aside":
            self._words += self._aside
        self._rest, self._held, self._aside = "", None, []
        return self._taken()

    def _taken(self) -> tuple[str, str]:
        words, thoughts = "".join(self._words), "".join(self._thoughts)
        self._words, self._thoughts = [], []
        return words, thoughts

    def _put(self, text: str) -> None:
        if self._mode == "words":
            self._any_words = self._any_words or bool(text.strip())
            (self._words if self._held is None else self._held).append(text)
        elif self._mode == "thought":
            self._thoughts.append(text)
        elif self._mode == "aside":
            self._aside.append(text)
        elif self._mode == "header":
            self._header += text

    def _mark(self, mark: str) -> None:
        known, self.any_marks = mark.lower(), True
        if known in _DROPPED:
            return
        if known in _HARMONY:
            self._harmony_mark(mark, known)
        elif known in _CLOSING:
            self._close()
        elif known == "<answer>" and self._mode == "words" and not self._any_words:
            self._in_answer = True
        elif known == "</answer>" and self._in_answer:
            self._in_answer = False
        elif known in _OPENING and self._mode == "words":
            self._mode = "aside" if self._any_words else "thought"
            self._aside = [mark] if self._any_words else []
        else:
            self._put(mark)

    def _close(self) -> None:
        if self._mode == "aside":
            self._thoughts += self._aside[1:]
        elif self._mode == "words" and self._held is not None:
            self._thoughts += self._held
            self._held, self._any_words = [], False
        elif self._mode == "words" and self._any_words:
            self.thought_aloud = True
        if self._mode != "aside" and self._once:
            self._words += self._held or []
            self._held = None
        self._mode, self._aside = "words", []

    def _harmony_mark(self, mark: str, known: str) -> None:
        if known == "<|channel|>" or (known == "<|start|>" and not self._any_words):
            self._harmony = True
        if not self._harmony:
            self._put(mark)
        elif known == "<|channel|>":
            self._mode, self._header = "header", ""
        elif known == "<|message|>":
            channel = (self._header.split() or ["final"])[0]
            self._mode, self._header = ("words" if channel == "final" else "thought"), ""
        else:
            self._mode = "between"


def _begun_mark(text: str) -> int:
    """Return how many characters at the end of a text may begin a mark."""
    tail = text[-(_LONGEST - 1) :].lower()
    for start in range(len(tail)):
        if tail[start] in "<◁[" and any(mark.startswith(tail[start:]) for mark in _MARKS):
            return len(tail) - start
    return 0
