"""The reader as a model of Sensorium: other programs ask it, and `sensorium compare` measures it beside others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict

from sensorium import Conversation, Delta, Image, Limits, Options

from medicine_labels.reading import read_print
from medicine_labels.schema import Value
from medicine_labels.sorting import sort_print
from medicine_labels.spoken import NO_ADVICE, speech

ADVICE = re.compile(
    r"\b(?:can|may|should|could|must|shall) (?:i|we|you|he|she|my|a)\b|\b(?:safe|good for|better|enough|too much"
    r"|overdose|side effects?|instead|pregnan\w+|mix|together with)\b|\bwith alcohol\b|\bhow (?:much|many)\b",
    re.IGNORECASE,
)
ASKED = (
    ("expiry", r"\bexp|\buse by|\bbest before|\bout of date"),
    ("strength", r"\bstrength|\bstrong|\bmilligram|\bmg\b"),
    ("how_to_take", r"\bhow (?:do|to|is|are|often)\b|\bdirections?\b|\bdosage\b|\binstructions?\b"),
    ("warnings", r"\bwarn|\bcaution"),
    ("name", r"\bname\b|\bwhat (?:medicine|is it|is this)\b|\bwhich medicine\b"),
)
WHOLE = r"\b(?:read|say|label|everything|printed)\b"


class LabelReader:
    """Reads labels on this machine; declines whatever isn't printed."""

    name = "medicine-labels"
    limits = Limits(parts=("text", "image"), languages=("en",), schema="enforced", may_think=False)

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the answer; with the schema of Label, the label as JSON."""
        last = chat.messages[-1]
        pictures = [part for message in chat.messages for part in message.parts if isinstance(part, Image)]
        if not pictures:
            yield Delta("can't tell: there is no picture", abstained=True)
            return
        if options.schema is not None:
            yield Delta(json.dumps(asdict(sort_print(read_print(pictures[-1])))))
            return
        if ADVICE.search(last.text):
            yield Delta("can't tell", abstained=True, suggestion=NO_ADVICE)
            return
        asked = next((name for name, words in ASKED if re.search(words, last.text, re.I)), "")
        if not asked and not re.search(WHOLE, last.text, re.I):
            yield Delta("can't tell", abstained=True, suggestion=NO_ADVICE)
            return
        label = sort_print(read_print(pictures[-1]))
        if not asked:
            yield Delta(speech(label))
            return
        value: Value = getattr(label, asked)
        yield Delta(value.text or value.state, abstained=value.state == "can't tell", suggestion=value.why)


def model(name: str) -> LabelReader:
    """Return the reader: the entry point `medicine-labels` of Sensorium's backends."""
    return LabelReader()
