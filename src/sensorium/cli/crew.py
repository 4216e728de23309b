"""Who hears, answers, translates and speaks, as it was typed; and what they did, printed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sensorium.cli import inputs as parts
from sensorium.cli import output as show
from sensorium.core.errors import InputError, MediaError, quoted
from sensorium.core.languages import Transcript, language_name
from sensorium.core.messages import Audio, Image, Text
from sensorium.core.protocols import Speaker, Translator
from sensorium.registry import load, schemes
from sensorium.voice import UNSURE, Asking, Crew, Plan, Talk

NOBODY = "none"
"""What --hear takes where the model shall listen itself."""
VOICES = ("piper", "espeak")
"""What speaks where nothing is said, in this order: the first that knows the language."""


def sorted_out(given: Sequence[str]) -> tuple[list[Image], Audio | str]:
    """Tell the pictures and the question, spoken or typed, among what was typed.

    Raises:
        InputError: when there is no question or more than one.
    """
    images: list[Image] = []
    questions: list[Audio | str] = []
    for found in (parts.part_of(one) for one in given):
        if isinstance(found, Image):
            images.append(found)
        elif isinstance(found, Text):
            questions.append(found.text)
        else:  # a recording of a browser is a film without pictures
            questions.append(found if isinstance(found, Audio) else Audio(found.blob))
    if len(questions) != 1:
        many = "is no question" if not questions else f"are {len(questions)} questions"
        raise InputError(f"There {many}; one is needed.", 'Give a recording, or words: "What is this?"')
    return images, questions[0]


def gathered(
    models: Sequence[str], hear: Sequence[str], translate: Sequence[str], voice: Sequence[str], speaks: bool
) -> Crew:
    """Load those who were named; where no voice was, those that are installed."""
    return Crew(
        [load(name) for name in models or (None,)],
        [load(name, "transcriber") for name in hear if name != NOBODY],
        [translator(name) for name in translate],
        voices(voice) if speaks else (),
    )


def translator(name: str) -> Translator:
    """Load a translator, or make one of a chat model."""
    scheme = schemes().get(name.partition(":")[0])
    if scheme is not None and "translator" not in scheme.roles:
        return Asking(load(name))
    return load(name, "translator")


def voices(names: Sequence[str]) -> list[Speaker]:
    """Load the voices; InstallError where none was named and none is installed."""
    if names:
        return [load(name, "speaker") for name in names]
    ready = [name for name in VOICES if not schemes()[name].missing]
    return [load(name, "speaker") for name in ready or VOICES[-1:]]


def words(text: str) -> str:
    """Return what to say; "-" reads standard input.

    Raises:
        InputError: when it is no text.
    """
    if text != "-":
        return text
    found = parts.part_of(text)
    if not isinstance(found, Text):
        raise InputError("Standard input is no text.", 'Type: echo "Hello" | sensorium say - --out hello.wav')
    return found.text


def write(file: str, sound: Audio) -> None:
    """Write a WAV; "-" is standard output.

    Raises:
        InputError: when it can't be written.
    """
    if file == "-":
        sys.stdout.buffer.write(sound.blob.data)
        sys.stdout.buffer.flush()
        return
    try:
        Path(file).write_bytes(sound.blob.data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MediaError(f"{quoted(file)} can't be written: {reason}.", "Name a file in a folder of yours.") from None


def show_plan(found: Plan, as_json: bool) -> None:
    """Print who would do which step."""
    if as_json:
        return show.as_json(found.to_json())
    for number, step in enumerate(found.steps, 1):
        show.result(f"{number}. {step}")
    show.asides(found.remarks)
    return None


def show_talk(found: Talk, out: str | None, as_json: bool, quiet: bool) -> None:
    """Print the answer; on standard error what was heard, how sure the model is, and each step."""
    if as_json:
        return show.as_json(found.to_json() | {"file": out if found.speech is not None else None})
    if not quiet and found.heard is not None:
        show.aside(f"Heard: {found.question}")
    show.result(found.answer)
    if quiet:
        return None
    show.aside(show.sure(found.reply))
    if found.language != found.plan.model_language:
        show.aside(f"The model's own words, in {language_name(found.plan.model_language)}: {found.reply.text}")
    show.asides(show.rests_on(found.reply.evidence, several=False))
    show.asides(found.plan.remarks)
    if found.reply.suggestion:
        show.aside(found.reply.suggestion)
    for step in found.done:
        show.asides(f"It was tried before: {one}" for one in step.failed)
        money = "" if not step.usd else f", about {step.usd:.2g} US dollars"
        show.aside(f"{step.kind.capitalize()}: {step.by}, {step.seconds:.1f} s{money}.")
    if out is not None and found.speech is not None:
        show.aside(f"The spoken answer is in {show.plain(out)}.")
    return None


def show_heard(file: str, found: Transcript, quiet: bool) -> None:
    """Print what was heard; on standard error in which language, and how surely."""
    if found.text:
        show.result(found.text)
    if quiet:
        return
    if not found.text:
        show.aside(f"Nobody speaks in {quoted(file)}.")
        return
    if found.language_confidence is not None:
        show.aside(f"The language was taken for {language_name(found.language)} ({found.language_confidence:.2f}).")
    if found.confidence is not None and found.confidence < UNSURE:
        show.aside(f"It was hard to hear ({found.confidence:.2f}).")
    show.aside(f"Heard by {found.by}, {found.seconds:.1f} s of sound.")
