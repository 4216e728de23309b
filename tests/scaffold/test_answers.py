"""Answers: what doesn't go together is refused by name, with what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sensorium.core.errors import InputError
from sensorium.scaffold import TAKES, Answers


def test_the_order_of_what_goes_in_and_languages_are_normal() -> None:
    answers = Answers("a", ("speech", "picture", "picture"), languages=("Hindi", "hi-IN", "en"))  # type: ignore[arg-type]
    assert answers.takes == ("picture", "speech") and answers.languages == ("hi", "en")
    assert Answers("a", gives="fields").fields == ("name", "date", "total")


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"takes": ()}, "Nothing goes in", "takes=picture"),
        ({"takes": ("smell",)}, "'smell' isn't one of", "takes=picture"),
        ({"gives": "poems"}, "'poems' isn't one of", "gives=answer"),
        ({"gives": "moments"}, "only picture goes in", "takes='picture,video'"),
        ({"takes": ("speech", "catalogue"), "gives": "moments"}, "speech and catalogue", "takes='video,speech'"),
        ({"takes": ("video", "catalogue"), "gives": "moments"}, "not in a catalogue", "takes='video'"),
        ({"gives": "hits"}, "Search hits come from a catalogue", "takes='picture,catalogue'"),
        ({"takes": ("video",), "gives": "hits"}, "only video goes in", "takes='catalogue'"),
        ({"takes": ("video", "catalogue"), "gives": "hits"}, "not by films", "takes='catalogue'"),
        ({"takes": ("catalogue",)}, "not an answer", "gives=hits"),
        ({"takes": ("picture", "catalogue"), "gives": "fields"}, "not fields", "takes='picture'"),
        ({"fields": ("dose",)}, "an answer comes out", "gives=fields"),
        ({"takes": ("video",), "gives": "moments", "fields": ("dose",)}, "moments come out", "gives=fields"),
        ({"languages": ()}, "1 to 20 languages", "languages=en"),
        ({"languages": ("xx",)}, "'xx' isn't known", "Tamil"),
        ({"usd_a_day": 2.0}, "2 US dollars a day may be spent", "privacy=hosted"),
        ({"usd_a_day": None}, "no limit may be spent", "usd_a_day=0"),
        ({"usd_a_day": -1.0, "is_private": False}, "from 0 up, not -1.0", "usd_a_day=1"),
        ({"usd_a_day": float("nan"), "is_private": False}, "not nan", "usd_a_day=1"),
        ({"seconds": 0.0}, "over 0", "seconds=20"),
        ({"seconds": float("inf")}, "not inf", "seconds=20"),
        ({"gives": "fields", "fields": tuple(f"f{n}" for n in range(21))}, "at most 20 fields", "Leave some out"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        Answers("a", **given)
    assert hint in raised.value.hint


def test_what_a_hint_names_is_then_accepted() -> None:
    for gives in ("answer", "fields", "hits", "moments"):
        for takes in [(one,) for one in TAKES] + [TAKES, ("video", "catalogue"), ("speech", "catalogue")]:
            try:
                Answers("a", takes, gives)  # type: ignore[arg-type]
            except InputError as error:
                named = re.search(r"takes='([\w,]+)'", error.hint)
                changed = re.search(r"gives=(\w+)", error.hint)
                if named:
                    Answers("a", tuple(named[1].split(",")), gives)  # type: ignore[arg-type]
                else:
                    assert takes == ("catalogue",) and changed
                    Answers("a", takes, changed[1])  # type: ignore[arg-type]
