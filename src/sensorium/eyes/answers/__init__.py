"""Answering without a language model: what does the question ask for, look there, say what was seen and how sure.

`answer` is the whole of it; the modules hold one family of answers each.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from sensorium.eyes.answers import charts, declined, several, things
from sensorium.eyes.answers import colour as shades
from sensorium.eyes.answers import quality as condition
from sensorium.eyes.answers import text as reading
from sensorium.eyes.answers.answer import LEAST, SURE, Said, cannot_tell
from sensorium.eyes.answers.image_view import Look
from sensorium.eyes.charts import Table
from sensorium.eyes.charts.arithmetic import labels_in
from sensorium.eyes.question.understand import Intent, understand

__all__ = ["LEAST", "SURE", "Look", "Said", "answer"]

_CHART, _NO_CHART = {"chart": 8.0, "field": 0.3, "count": 0.6, "decline": 0.6}, {"chart": 0.1}
_NAMED = {"chart": 25.0, "field": 0.3, "count": 0.3, "decline": 0.3}  # … and a label of it in the question
_WRITTEN = {"field": 10.0, "read": 3.0, "decline": 0.5}
_MEANT = 0.9  # from this probability on a question is declined whatever stands in the picture
_LETTERS = re.compile(r"\b(?:lines?|words?|letters?)\b")
_CODE = re.compile(r"\b(?:\w*codes?|qr|upc|ean|isbn|scan)\b")
_ORDINARY = set("what does this that much many with from have price cost show tell there which where when your".split())
_NOT_SURE = " I am not sure of this."


def answer(looks: Sequence[Look], question: str) -> Iterator[Said]:
    """Answer a question about pictures, one `Said` for each thing that it asks.

    Args:
        looks: The pictures; none is an answer too.
        question: English; empty asks for a description.

    Raises:
        MediaError: when a picture cannot be opened.
        InstallError: when the offline extra is not installed.
    """
    if not looks:
        yield cannot_tell("There is no picture to look at.")
        return
    if not question.strip():
        yield _hedged(_each(looks, question, "describe", things.describe))
        return
    if _foreign(question):
        yield cannot_tell("I understand questions in English only.", limit=True)
        return
    for intent in _understood(looks, question):
        yield _hedged(_one(looks, intent, question).times(intent.probability))


def _understood(looks: Sequence[Look], question: str) -> tuple[Intent, ...]:
    """Understand the question as it is meant before these pictures.

    With a chart before one's eyes "how many" means its numbers; words that stand in the picture are asked for.
    """
    chartlike = max(look.chartlike for look in looks)
    odds = _CHART if chartlike >= 0.4 else _NO_CHART if chartlike < 0.1 else {}
    if any(isinstance(look.table, Table) and labels_in(look.table, question) for look in looks):
        odds = _NAMED
    elif _CODE.search(question.casefold()) and any(code.valid for look in looks for code in look.codes):
        odds = odds | {"barcode": 6.0}
    intents = understand(question, odds)
    doubtful = [i for i in intents if i.kind == "decline" and i.probability < _MEANT]
    if doubtful and chartlike < 0.4 and any(_mentioned(look, i.text) for look in looks for i in doubtful):
        return understand(question, odds | _WRITTEN)
    return intents


def _mentioned(look: Look, text: str) -> bool:
    """Whether a word of the question, longer than the ordinary ones, stands in the picture."""
    asked = {word for word in re.findall(r"[^\W\d_]{4,}", text.casefold()) if word not in _ORDINARY}
    return any(word in asked for line in look.sure_lines for word in re.findall(r"[^\W\d_]{4,}", line.text.casefold()))


def _one(looks: Sequence[Look], intent: Intent, question: str) -> Said:
    if len(looks) > 1 and several.compares(question):
        return cannot_tell("I look at each picture by itself and can't compare what they show.", limit=True)
    return _each(looks, question, intent.kind, lambda look: _looked(look, intent, question))


def _each(looks: Sequence[Look], question: str, kind: str, one: object) -> Said:
    assert callable(one)
    if len(looks) == 1:
        said = one(looks[0])
        assert isinstance(said, Said)
        return said
    return several.among(looks, question, kind, one)


def _looked(look: Look, intent: Intent, question: str) -> Said:
    match intent.kind:
        case "read":
            return reading.read(look)
        case "field":
            return reading.field(look, intent.subject, intent.text)
        case "barcode":
            return reading.barcode(look)
        case "name":
            return things.name(look)
        case "presence":
            return things.presence(look, intent.subject)
        case "colour":
            return shades.colour(look, intent.subject, intent.text)
        case "count":
            if isinstance(look.table, Table) and not _LETTERS.search(intent.text.casefold()):
                return charts.over_chart(look, "count", intent.text, question)
            return things.count(look, intent.subject)
        case "quality":
            return condition.condition(look, intent.text)
        case "chart":
            operation = intent.operation or "table"
            return charts.over_chart(look, operation, intent.text, question, intent.operation_probability)
        case "describe":
            return things.describe(look)
        case _:
            return cannot_tell(declined.why(intent.text, intent.understood), limit=True)


def _hedged(said: Said) -> Said:
    """Say the doubt in words too: who hears an answer does not see its number."""
    if said.confidence is None:
        return said
    if said.confidence < LEAST - 0.15:
        text = said.text.rstrip(".")
        return cannot_tell(
            f"I am not sure that I understood, or saw, that rightly. My guess: {text}.", said.evidence, True
        )
    if said.confidence < SURE:
        text = said.text.rstrip()
        return Said(
            f"{text}{'' if text.endswith(('.', '!', '?')) else '.'}{_NOT_SURE}",
            said.confidence,
            said.evidence,
            said.limit,
        )
    return said


def _foreign(question: str) -> bool:
    """Whether most letters are of another script than the English one."""
    letters = [c for c in question if c.isalpha()]
    latin = sum(unicodedata.name(c, "").startswith("LATIN") for c in letters)
    return bool(letters) and latin < 0.5 * len(letters)
