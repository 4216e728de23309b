"""Answers about things: what it is, whether one is there, how many, and the picture as a whole."""

from __future__ import annotations

import re

from sensorium.core.reply import Evidence
from sensorium.eyes.answers import text as reading
from sensorium.eyes.answers.answer import LEAST, SURE, Said, a, cannot_tell
from sensorium.eyes.answers.image_view import Look
from sensorium.eyes.charts import Table
from sensorium.eyes.ocr.lines import spoken_text
from sensorium.eyes.photo import colour as colours
from sensorium.eyes.photo.quality import Fault

_PERHAPS = 0.4  # from this probability on a guess is worth saying as one
_TEXT = re.compile(
    r"^(?:any |some )?(?:text|writing|words?|letters?|print|lettering|inscription|something written|"
    r"anything written|writings?)\b"
)
_CODE = re.compile(r"\b(?:bar ?codes?|qr(?: ?codes?)?)\b")
_CHART = re.compile(r"\b(?:charts?|graphs?|bar charts?|diagrams?)\b")
_PEOPLE = re.compile(
    r"\b(?:person|people|man|men|woman|women|child|children|kid|boy|girl|baby|face|human|lady|guy|crowd|someone|"
    r"somebody|anyone|anybody|me|friend|mother|father|mum|mom|dad|son|daughter)s?\b"
)
_ADJECTIVES = re.compile(
    r"^(?:(?:light|dark|bright|pale|deep) )?(black|white|gr[ea]y|red|orange|yellow|green|blue|purple|pink|brown|beige|"
    r"navy)(?: coloured| colored)? (?=\w)"
)
_LINES = re.compile(r"^(?:text |lines? of )?(?:lines?|text|rows? of text)\b")
_WORDS = re.compile(r"^(?:word|letter)s?\b")
_WRITTEN = 0.05  # share of the picture: what has more text is told by its text


def name(look: Look) -> Said:
    """Say what the picture shows."""
    if isinstance(look.table, Table):
        return _chart(look, look.table)
    called = look.called
    codes = look.plain_codes if called is not None else ()
    if codes:  # what carries a code is a product, which the recogniser takes for anything
        printed = (look.evidence("barcode", f"{codes[0].format}: {codes[0].text}", 0.99, codes[0].box),)
        return cannot_tell(
            f"I can't tell what it is. It has a code on it, {codes[0].format} {codes[0].text}.", printed, limit=True
        )
    if called is not None:
        evidence = look.seen_evidence((called, *(s for s in look.sights if s.name != called.name)))
        return Said(f"It is {a(called.name)}.", called.probability, evidence)
    evidence = look.seen_evidence(look.sights)
    if not look.quality.usable:
        return cannot_tell(f"I can't tell what it is. {look.quality.faults[0].advice}", evidence)
    if look.written >= _WRITTEN and look.legible:
        return _page(look)
    words = spoken_text(look.sure_lines).replace("\n", " ")
    reads = f' It has "{words}" written on it.' if words else ""
    likely = look.sights[0]
    guess = f" It may be {a(likely.name)}." if likely.probability >= _PERHAPS else ""
    return cannot_tell(
        f"I can't tell what it is.{guess}{reads}", evidence + look.read_evidence(look.sure_lines), limit=True
    )


def _page(look: Look) -> Said:
    """Name a picture of text by its text."""
    lines = look.sure_lines
    chance = 0.9 * (reading.read(look).confidence or 0.0)
    if len(lines) == 1:
        return Said(f'It is text: "{lines[0].text}".', chance, look.read_evidence(lines))
    told = f'It is text, {len(lines)} lines. It begins with "{lines[0].text}"; ask what it says to hear all of it.'
    return Said(told, chance, look.read_evidence(lines))


def presence(look: Look, thing: str | None) -> Said:
    """Whether a named thing is in the picture."""
    if thing is None:
        return cannot_tell("I did not understand which thing you mean. Ask: is there a dog in the picture?")
    if _TEXT.search(thing):
        return reading.text_presence(look)
    if _CODE.search(thing):
        found = [code for code in look.codes if code.valid]
        if found:
            return Said("Yes, there is one.", 0.99, (look.evidence("barcode", found[0].format, 0.99, found[0].box),))
        return cannot_tell("I find no barcode or QR code that I can read.")
    if _CHART.fullmatch(thing) and isinstance(look.table, Table):
        return Said("Yes, there is a bar chart.", look.table.confidence, look.chart_evidence(look.table, ()))
    if _PEOPLE.search(thing):
        return cannot_tell("I can't tell people: I only know things, animals and food.", limit=True)
    shade = _ADJECTIVES.match(thing)
    plain = thing[shade.end() :] if shade else thing
    seen = look.present(plain)
    evidence = look.seen_evidence(seen.recognitions[:3])
    if not seen.known:
        return cannot_tell(f"I have never learnt what {a(plain)} looks like.", evidence, limit=True)
    if seen.probability is None:
        return cannot_tell(f"I see no {plain}, but I don't know every kind of it.", evidence, limit=True)
    if seen.probability <= 1 - SURE:
        if not look.quality.usable:
            return cannot_tell(f"I see no {plain}, but the picture is too poor to be sure.", evidence)
        return Said(f"No, I see no {plain}{_instead(look)}.", 1 - seen.probability, evidence)
    if seen.probability < SURE:
        return cannot_tell(f"I can't tell whether there is {a(plain)}.", evidence, limit=True)
    if shade is None:
        return Said(f"Yes, I see {a(plain)}.", seen.probability, evidence)
    return _of_shade(look, plain, shade[1]).times(seen.probability)


def _of_shade(look: Look, thing: str, wanted: str) -> Said:
    found = look.colours
    evidence = (look.evidence("colour", colours.describe_colours(found.thing) or "none", found.confidence, found.box),)
    if not found.thing or found.confidence < LEAST:
        return cannot_tell(f"There is {a(thing)}, but I can't tell its colour for sure.", evidence, limit=True)
    same = colours.basic_term(wanted.replace("gray", "grey")) in {colours.basic_term(s.name) for s in found.thing[:2]}
    begin = f"Yes, the {thing} is" if same else f"No, the {thing} is"
    return Said(f"{begin} {colours.describe_colours(found.thing)}.", found.confidence, evidence)


def _instead(look: Look) -> str:
    called = look.called
    return f"; it is {a(called.name)}" if called is not None else ""


def count(look: Look, thing: str | None) -> Said:
    """Say how many separate things lie there, or how many lines of text there are."""
    thing = thing or "thing"
    if _LINES.match(thing):
        number = len(look.sure_lines)
        chance = sum(line.score for line in look.sure_lines) / max(1, number) * (0.6 if look.doubtful_lines else 0.9)
        return Said(f"{number} lines of text.", chance, look.read_evidence(look.sure_lines))
    if _WORDS.match(thing):
        return cannot_tell("I don't count words. Ask what it says to hear them.")
    if _PEOPLE.search(thing):
        return cannot_tell("I can't count people: I only tell separate things on a plain ground.", limit=True)
    if look.written >= _WRITTEN and look.legible:
        return cannot_tell("It is text. I count separate things, not what a page lists.", limit=True)
    found = look.counted
    evidence = tuple(look.evidence("count", f"thing {i}", None, box) for i, box in enumerate(found.boxes[:50], 1))
    if found.confidence < LEAST:
        why = f" {found.reason}" if found.reason else ""
        return cannot_tell(
            f"I can't count them for sure.{why} Lay the things apart on a plain ground.", evidence[:5], limit=True
        )
    seen = look.present(thing)
    if seen.known and seen.probability is not None and seen.probability < 0.1 and look.called is not None:
        return cannot_tell(f"I see no {thing}, but {found.number} separate things.", evidence, limit=True)
    things = "thing" if found.number == 1 else "things"
    return Said(f"I count {found.number} separate {things}.", found.confidence, evidence)


def describe(look: Look) -> Said:
    """Say all that the eyes can: what it is, its text, its colours, what is wrong with the picture."""
    if isinstance(look.table, Table):
        return _chart(look, look.table)
    sentences: list[str] = []
    evidence: tuple[Evidence, ...] = ()
    chances: list[float] = []
    codes = look.plain_codes
    called, words = None if codes else look.called, spoken_text(look.sure_lines)
    if called is not None:
        sentences.append(f"I see {a(called.name)}.")
        evidence += look.seen_evidence((called,))
        chances.append(called.probability)
    elif look.sights[0].probability >= _PERHAPS:
        sentences.append(f"I am not sure what it is; it may be {a(look.sights[0].name)}.")
        evidence += look.seen_evidence(look.sights)
    elif look.written < _WRITTEN:
        sentences.append("I can't tell what it is.")
        evidence += look.seen_evidence(look.sights)
    if words:
        sentences.append(f'It says "{words}".' if "\n" not in words else f"It says:\n{words}\n")
        evidence += look.read_evidence(look.sure_lines)
        if called is not None or look.written >= _WRITTEN:
            chances.append(reading.read(look).confidence or 0.0)
    if codes:
        sentences.append(f"There is a {codes[0].format} code, {codes[0].text}.")
        evidence += (look.evidence("barcode", f"{codes[0].format}: {codes[0].text}", 0.99, codes[0].box),)
    shades = colours.describe_colours(look.shades)
    sentences.append(f"Its main colours are {shades}." if " and " in shades else f"Its main colour is {shades}.")
    evidence += (look.evidence("colour", shades, look.shades[0].share),)
    sentences += [_flaw(fault) for fault in look.quality.faults[:1] if fault.kind != "cut off" or called is not None]
    said = " ".join(sentences).replace("\n ", "\n")
    if not chances:
        return cannot_tell(said, evidence, limit=True)
    return Said(said, min(chances), evidence)


def _flaw(fault: Fault) -> str:
    return fault.advice if fault.kind == "cut off" else f"The picture is {fault.kind}. {fault.advice}"


def _chart(look: Look, table: Table) -> Said:
    from sensorium.eyes.charts.arithmetic import calculate

    title = f', titled "{table.title}"' if table.title else ""
    values = calculate(table, "table").sentence
    axis = f" {table.y_name}." if table.y_name and not table.horizontal else ""
    text = f"It is a bar chart with {len(table.categories)} bars{title}.{axis} {values}"
    return Said(text, table.confidence, look.chart_evidence(table, ()))
