"""Answers from text: all of it, one field of it, the code that is printed."""

from __future__ import annotations

from sensorium.eyes.answers.answer import MIN_CONFIDENCE, Answer, cannot_tell
from sensorium.eyes.answers.image_view import ImageView
from sensorium.eyes.documents.fields import Field, find_field
from sensorium.eyes.ocr import tesseract as script
from sensorium.eyes.ocr.columns import spoken_text
from sensorium.eyes.ocr.lines import TextLine
from sensorium.eyes.photo.quality import describe_text_cut
from sensorium.eyes.question import Question

_NO_TEXT = 0.9  # that an image good enough to see has no text, if none was found
_CUT_COUNTS = 0.5  # of a line that the edge cuts: its letters are read, its words may be others
_MAX_NOT_WHOLE = 3
_MAX_QUOTED = 80  # characters
_MAX_EVIDENCE = 3  # lines of evidence if no field was found
_ASK_ALL = "Ask what it says to hear all of it."
_DOUBTFUL = "There may be text, but I can't read it for sure."
_TOO_POOR = "I see no text, but the picture is too poor to be sure."


def read(view: ImageView, question: Question | None = None) -> Answer:
    """Answer with all the text."""
    words = spoken_text(view.sure_lines)
    evidence = view.read_evidence(view.lines)
    if words:
        lengths = [sum(c.isalnum() for c in line.text) for line in view.sure_lines]
        unread = sum(sum(c.isalnum() for c in line.text) for line in view.doubtful_lines)
        whole = [_CUT_COUNTS if line.cut else 1.0 for line in view.sure_lines]
        sure = zip(view.sure_lines, lengths, whole, strict=True)
        right = sum(line.score * length * share for line, length, share in sure)
        rest = f"{_unread(view.doubtful_lines)}{_not_whole(view)}"
        return Answer(f"{words}{rest}", right / (sum(lengths) + unread), evidence)
    if view.doubtful_lines:
        return cannot_tell(f"{_DOUBTFUL} {_advice(view)}".strip(), evidence, suggest_model=True)
    if not view.quality.usable:
        return cannot_tell(f"{_TOO_POOR} {_advice(view)}")
    return Answer("I see no text in the picture.", _NO_TEXT, (view.evidence("read", "no line of text", _NO_TEXT),))


def field(view: ImageView, question: Question) -> Answer:
    """Answer with one named piece of the text."""
    name = question.field
    if question.item:
        priced = find_field(view.lines, f"price of {question.item}")
        if priced is not None and (priced.cut or priced.confidence >= MIN_CONFIDENCE):
            return _value(view, question.item, priced)
        if name == "price":
            name = f"price of {question.item}"
    if name is None:
        return read(view)
    value = find_field(view.lines, name)
    if value is not None and (value.cut or value.confidence >= MIN_CONFIDENCE):
        return _value(view, name, value)
    if not view.lines:
        return cannot_tell(f"I see no text, so I can't tell the {name}. {_advice(view)}".strip())
    evidence = view.read_evidence(view.lines)
    if value is not None:
        reason = f"I am not sure of the {name}; it may be {value.value}. {_advice(view)}".strip()
        evidence = view.read_evidence(value.lines)
    elif not view.sure_lines:
        reason = f"{_DOUBTFUL} {_advice(view)}".strip()
    else:
        reason = f"I can read the text, but find no {name} in it. {view.runs_out or _ASK_ALL}"
        evidence = view.read_evidence(view.sure_lines[:_MAX_EVIDENCE])
    return cannot_tell(reason, evidence, suggest_model=True)


def _value(view: ImageView, name: str, value: Field) -> Answer:
    if value.cut:  # what the edge leaves of a number is another number
        reason = f'The {name} is not whole in the picture: what I see of it is "{value.value[:_MAX_QUOTED]}".'
        return cannot_tell(f"{reason} {describe_text_cut(value.cut)}", view.read_evidence(value.lines))
    return Answer(f"{name[:1].upper()}{name[1:]}: {value.value}", value.confidence, view.read_evidence(value.lines))


def barcode(view: ImageView, question: Question) -> Answer:
    """Answer with what the barcodes and QR codes hold."""
    codes = [code for code in view.codes if code.valid]
    if not codes:
        why = "I see a code, but can't read it for sure." if view.codes else "I see no barcode or QR code."
        return cannot_tell(f"{why} Turn the thing slowly in front of the camera, and keep it a hand's width away.")
    evidence = view.barcode_evidence(codes)
    if len(codes) == 1:
        return Answer(f"The {_format(codes[0].format)} says {codes[0].text}", 0.99, evidence)
    listed = "; ".join(f"{_format(code.format)}: {code.text}" for code in codes)
    return Answer(f"There are {len(codes)} codes. {listed}", 0.97, evidence)


def text_presence(view: ImageView) -> Answer:
    """Answer whether the image has text at all."""
    if view.sure_lines:
        first = view.sure_lines[0].text
        evidence = view.read_evidence(view.sure_lines[:1])
        return Answer(f'Yes, there is text; it begins with "{first}".', 0.97, evidence, literal=True)
    if view.doubtful_lines:
        return cannot_tell(f"There may be text, but I can't read it. {_advice(view)}", suggest_model=True)
    if not view.quality.usable:
        return cannot_tell(f"{_TOO_POOR} {_advice(view)}")
    nothing = (view.evidence("read", "no line of text", _NO_TEXT),)
    return Answer("No, I see no text.", _NO_TEXT, nothing, literal=True)


def _format(name: str) -> str:
    return "QR code" if name.casefold().startswith("qr") else f"{name} barcode"


def _unread(lines: tuple[TextLine, ...]) -> str:
    if not lines:
        return ""
    return f"\nThere {'is 1 more line' if len(lines) == 1 else f'are {len(lines)} more lines'} that I can't read."


def _not_whole(view: ImageView) -> str:
    """Return where the text runs out, and which lines with a number are therefore not whole."""
    if not view.text_cut:
        return ""
    numbers = [f'"{line.text}"' for line in view.sure_lines if line.cut and any(c.isdigit() for c in line.text)]
    named = f"\nNot whole: {', '.join(numbers[:_MAX_NOT_WHOLE])}{' and more' * (len(numbers) > _MAX_NOT_WHOLE)}."
    return f"\n{view.runs_out}{named if numbers else ''}"


def _advice(view: ImageView) -> str:
    """Return what would help: a better picture, or the data of a script that is not installed."""
    faults = view.quality.faults
    if faults:
        return faults[0].advice
    lacking = script.missing_languages()
    if lacking and len(view.doubtful_lines) > 1:
        names = " or ".join(lacking)
        return f"If it is {names}, sensorium doctor says how to install its data."
    return ""
