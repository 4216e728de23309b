"""Answers: what an app takes and gives, in which languages, and what it may cost; what makes no sense is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sensorium.core.errors import InputError, quoted
from sensorium.core.languages import NAMES, language

Taken = Literal["picture", "video", "speech", "catalogue"]
Given = Literal["answer", "fields", "hits", "moments"]
TAKES: tuple[Taken, ...] = get_args(Taken)
GIVES: tuple[Given, ...] = get_args(Given)
DEFAULT_FIELDS = ("name", "date", "total")
MAX_FIELDS, MAX_LANGUAGES = 20, 20


@dataclass(frozen=True)
class Answers:
    """What was answered.

    Args:
        title: What the app is called, in any words.
        takes: What goes in, of `TAKES`.
        gives: What comes out, one of `GIVES`.
        languages: Codes of the languages that people speak to it, the usual one first.
        is_private: Whether nothing may leave the machine.
        usd_a_day: US dollars that it may spend in a day: 0 for nothing, None for no limit.
        seconds: The longest wait for a result, or None.
        fields: What is read if fields come out, in words.

    Raises:
        InputError: if the answers don't fit together; the hint says what to do.
    """

    title: str
    takes: tuple[Taken, ...] = ("picture",)
    gives: Given = "answer"
    languages: tuple[str, ...] = ("en",)
    is_private: bool = True
    usd_a_day: float | None = 0.0
    seconds: float | None = None
    fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value, allowed in (("takes", self.takes, TAKES), ("gives", (self.gives,), GIVES)):
            for word in value:
                if word not in allowed:
                    raise InputError(
                        f"{quoted(word)} isn't one of: {', '.join(allowed)}.", f"Try `{name}={allowed[0]}`"
                    )
        object.__setattr__(self, "takes", tuple(each for each in TAKES if each in self.takes))
        object.__setattr__(self, "languages", tuple(dict.fromkeys(known_language(code) for code in self.languages)))
        if self.gives == "fields" and not self.fields:
            object.__setattr__(self, "fields", DEFAULT_FIELDS)
        self._check_parts()
        self._check_limits()

    def _check_parts(self) -> None:
        """Refuse what can't come out of what goes in."""
        listed = " and ".join(self.takes)
        if not self.takes:
            raise InputError("Nothing goes in.", "Name at least one of picture, video, speech: `takes=picture`")
        if self.gives == "moments" and "video" not in self.takes:
            raise InputError(
                f"Moments are parts of a film, and only {listed} goes in.", f"Add video: {self._with('video')}"
            )
        if self.gives == "moments" and "catalogue" in self.takes:
            raise InputError(
                "Moments are looked for in films, not in a catalogue.",
                f"Leave the catalogue out: {self._without('catalogue')}",
            )
        if self.gives == "hits" and "catalogue" not in self.takes:
            raise InputError(
                f"Search hits come from a catalogue, and only {listed} goes in.",
                f"Add a catalogue: {self._with('catalogue')}",
            )
        if self.gives == "hits" and "video" in self.takes:
            raise InputError(
                "A catalogue is searched by words, pictures and speech, not by films.",
                f"Leave the video out: {self._without('video')}",
            )
        if self.gives in ("answer", "fields") and "catalogue" in self.takes:
            raise InputError(
                f"A catalogue is searched: search hits come out of it, not {_SHOWN[self.gives]}.",
                f"Choose search hits: `gives=hits`, or leave the catalogue out{self._or_without('catalogue')}.",
            )
        if self.fields and self.gives != "fields":
            raise InputError(
                f"The fields {quoted(', '.join(self.fields))} are named, but {_SHOWN[self.gives]} come out."
                if self.gives != "answer"
                else f"The fields {quoted(', '.join(self.fields))} are named, but an answer comes out.",
                "Choose fields: `gives=fields`, or name none.",
            )

    def _check_limits(self) -> None:
        if not self.languages or len(self.languages) > MAX_LANGUAGES:
            raise InputError(f"It has 1 to {MAX_LANGUAGES} languages, not {len(self.languages)}.", "Try `languages=en`")
        if len(self.fields) > MAX_FIELDS:
            raise InputError(f"It has at most {MAX_FIELDS} fields, not {len(self.fields)}.", "Leave some out.")
        if self.usd_a_day is not None and not 0 <= self.usd_a_day < 1_000_000:
            raise InputError(
                f"What it may cost is a number of US dollars a day from 0 up, not {quoted(self.usd_a_day)}.",
                "Try `usd_a_day=1`",
            )
        if self.seconds is not None and not 0 < self.seconds <= 3600:
            raise InputError(
                f"The longest wait is a number of seconds over 0, at most 3600, not {quoted(self.seconds)}.",
                "Try `seconds=20`",
            )
        if self.is_private and self.usd_a_day != 0:
            limit = "no limit" if self.usd_a_day is None else f"{self.usd_a_day:g} US dollars a day"
            raise InputError(
                f"If nothing leaves this machine there is nobody to pay, and {limit} may be spent.",
                "Let it cost nothing: `usd_a_day=0`, or allow hosted models: `privacy=hosted`",
            )

    def _with(self, part: Taken) -> str:
        """Return what may go in with one more part, and without the one that doesn't go with it."""
        other = {"video": "catalogue", "catalogue": "video"}.get(part)
        return f"`takes='{','.join(each for each in TAKES if each in (*self.takes, part) and each != other)}'`"

    def _without(self, part: Taken) -> str:
        return f"`takes='{','.join(each for each in self.takes if each != part)}'`"

    def _or_without(self, part: Taken) -> str:
        return "" if self.takes == (part,) else f": {self._without(part)}"


_SHOWN = {"answer": "an answer", "fields": "fields", "hits": "search hits", "moments": "moments"}


def known_language(name: str) -> str:
    """Return the code of a language by its code or English name; InputError if nobody knows it."""
    code = language(name)
    if code not in NAMES:
        raise InputError(f"The language {quoted(name)} isn't known.", "Give a code or an English name: en, hi, Tamil.")
    return code
