"""Answers about things: what it is, how many, and the image as a whole."""

from __future__ import annotations

from sensorium.core.reply import Evidence
from sensorium.eyes.answers import charts, places, text
from sensorium.eyes.answers.answer import MIN_CONFIDENCE, SURE, Answer, a, cannot_tell
from sensorium.eyes.answers.image_view import WRITTEN, ImageView
from sensorium.eyes.charts import Table
from sensorium.eyes.charts.arithmetic import calculate
from sensorium.eyes.detection import detector_class
from sensorium.eyes.ocr.columns import spoken_text
from sensorium.eyes.photo import colour as colours
from sensorium.eyes.photo.quality import Fault
from sensorium.eyes.question import Question
from sensorium.eyes.recognition import Recognition
from sensorium.eyes.recognition.vocabulary import load_vocabulary

_MIN_GUESS = 0.4  # from this probability on a name is told as a guess
_ABSENT = 0.1  # below this probability of the thing that is counted, something else is


def name(view: ImageView, question: Question) -> Answer:
    """Answer what the image shows."""
    if isinstance(view.table, Table):
        return _chart(view, view.table)
    several = places.several_things(view)
    if several is not None:
        return several
    recognised = view.recognised
    codes = view.plain_codes if recognised is not None else ()
    if codes:  # what carries a code is a product, which the recogniser takes for anything
        reason = f"I can't tell what it is. It has a code on it, {codes[0].format} {codes[0].text}."
        return cannot_tell(reason, view.barcode_evidence(codes[:1]), suggest_model=True)
    if recognised is not None:
        evidence = view.recognition_evidence((recognised, *(s for s in view.recognitions if s.name != recognised.name)))
        return Answer(f"It is {_called(view, recognised)}.", recognised.probability, evidence)
    evidence = view.recognition_evidence(view.recognitions)
    if not view.quality.usable:
        return cannot_tell(f"I can't tell what it is. {view.quality.faults[0].advice}", evidence)
    if view.written >= WRITTEN and view.legible:
        return _page(view)
    words = spoken_text(view.sure_lines).replace("\n", " ")
    reads = f' It has "{words}" written on it. {view.runs_out}'.rstrip() if words else ""
    likely = view.recognitions[0]
    guess = f" It may be {a(likely.name)}." if likely.probability >= _MIN_GUESS else ""
    return cannot_tell(
        f"I can't tell what it is.{guess}{reads}", evidence + view.read_evidence(view.sure_lines), suggest_model=True
    )


def _called(view: ImageView, recognised: Recognition) -> str:
    """Return the name with its article; after a wide word the likeliest name: "an animal; it may be a mongoose"."""
    likely = view.recognitions[0]
    wide = recognised.name in load_vocabulary().wide and likely.name != recognised.name
    return f"{a(recognised.name)}; it may be {a(likely.name)}" if wide else a(recognised.name)


def _page(view: ImageView) -> Answer:
    """Name an image of text by its text."""
    lines = view.sure_lines
    chance = 0.9 * (text.read(view).confidence or 0.0)
    out = f" {view.runs_out}".rstrip()
    if len(lines) == 1:
        return Answer(f'It is text: "{lines[0].text}".{out}', chance, view.read_evidence(lines))
    sentence = f'It is text, {len(lines)} lines. It begins with "{lines[0].text}"; ask what it says to hear all of it.'
    return Answer(f"{sentence}{out}", chance, view.read_evidence(lines))


def count(view: ImageView, question: Question) -> Answer:
    """Answer how many separate things there are, how many lines of text, or how many bars."""
    if isinstance(view.table, Table) and not question.text_units:
        return charts.count_bars(view, question)
    if question.topic == "text":
        number = len(view.sure_lines)
        mean = sum(line.score for line in view.sure_lines) / max(1, number)
        confidence = mean * (0.6 if view.doubtful_lines else 0.9)
        sentence = f"{number} lines of text. {view.runs_out}".rstrip()
        return Answer(sentence, confidence, view.read_evidence(view.sure_lines))
    if question.topic == "words":
        return cannot_tell("I don't count words. Ask what it says to hear them.")
    if question.topic == "people":
        return places.how_many(view, "person")
    if view.written >= WRITTEN and view.legible:
        return cannot_tell("It is text. I count separate things, not what a page lists.", suggest_model=True)
    kind = detector_class(question.subject or "")
    counted = view.counted
    if kind is not None and counted.confidence < SURE and any(one.name == kind for one in view.detections):
        seen = places.how_many(view, kind)
        if not seen.abstained:
            return seen
    evidence = tuple(view.evidence("count", f"thing {i}", None, box) for i, box in enumerate(counted.boxes[:50], 1))
    if counted.confidence < MIN_CONFIDENCE:
        why = f" {counted.reason}" if counted.reason else ""
        reason = f"I can't count them for sure.{why} Lay the things apart on a plain ground."
        return cannot_tell(reason, evidence[:5], suggest_model=True)
    thing = question.subject or "thing"
    present = view.present(thing)
    absent = present.known and present.probability is not None and present.probability < _ABSENT
    if absent and view.recognised is not None:
        reason = f"I see no {thing}, but {counted.number} separate things."
        return cannot_tell(reason, evidence, suggest_model=True)
    things = "thing" if counted.number == 1 else "things"
    return Answer(f"I count {counted.number} separate {things}.", counted.confidence, evidence)


def describe(view: ImageView, question: Question) -> Answer:
    """Describe what the image shows, its text, its colours, and what is wrong with it."""
    if isinstance(view.table, Table):
        return _chart(view, view.table)
    sentences: list[str] = []
    evidence: tuple[Evidence, ...] = ()
    chances: list[float] = []
    codes = view.plain_codes
    recognised, words = None if codes else view.recognised, spoken_text(view.sure_lines)
    if recognised is not None:
        sentences.append(f"I see {_called(view, recognised)}.")
        evidence += view.recognition_evidence((recognised,))
        chances.append(recognised.probability)
    elif view.recognitions[0].probability >= _MIN_GUESS:
        sentences.append(f"I am not sure what it is; it may be {a(view.recognitions[0].name)}.")
        evidence += view.recognition_evidence(view.recognitions)
    elif view.written < WRITTEN:
        sentences.append("I can't tell what it is.")
        evidence += view.recognition_evidence(view.recognitions)
    if words:
        sentences.append(f'It says "{words}".' if "\n" not in words else f"It says:\n{words}\n")
        evidence += view.read_evidence(view.sure_lines)
        if recognised is not None or view.written >= WRITTEN:
            chances.append(text.read(view).confidence or 0.0)
    if codes:
        sentences.append(f"There is a {codes[0].format} code, {codes[0].text}.")
        evidence += view.barcode_evidence(codes[:1])
    shades = colours.describe_colours(view.shades)
    sentences.append(f"Its main colours are {shades}." if " and " in shades else f"Its main colour is {shades}.")
    evidence += (view.evidence("colour", shades, view.shades[0].share),)
    flaws = [fault for fault in view.quality.faults if fault.kind != "cut off" or not view.text_cut]
    sentences += [_flaw(fault) for fault in flaws[:1] if fault.kind != "cut off" or recognised is not None]
    sentences += [view.runs_out] * bool(view.text_cut)
    words = " ".join(sentences).replace("\n ", "\n")
    return Answer(words, min(chances), evidence) if chances else cannot_tell(words, evidence, suggest_model=True)


def _flaw(fault: Fault) -> str:
    return fault.advice if fault.kind == "cut off" else f"The picture is {fault.kind}. {fault.advice}"


def _chart(view: ImageView, table: Table) -> Answer:
    title = f', titled "{table.title}"' if table.title else ""
    values = calculate(table, "table").sentence
    axis = f" {table.y_name}." if table.y_name and not table.horizontal else ""
    sentence = f"It is a bar chart with {len(table.categories)} bars{title}.{axis} {values}"
    return Answer(sentence, table.confidence, view.chart_evidence(table, ()))
