"""`sensorium talk`: a spoken question about pictures, and a spoken answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.core.messages import Audio, Image
    from sensorium.voice import Talk, VoicePlan


@click.command(
    epilog=epilog(
        "sensorium talk photo.jpg question.wav --speak answer.wav",
        'sensorium talk photo.jpg "What is this?" --speak answer.wav',
        "sensorium talk photo.jpg q.wav -l hi --hear sarvam --translate sarvam --voice sarvam --speak a.wav",
        "sensorium talk photo.jpg question.wav --language ta --translate sarvam --explain",
    )
)
@click.argument("arguments", metavar="[PICTURE]... QUESTION", nargs=-1)
@options.language
@click.option("--speak", "out", metavar="FILE", help="Where the spoken answer goes, a WAV.")
@click.option(
    "--model", "-m", "models", metavar="NAME", multiple=True,
    help="The model that answers; repeat it for fallbacks.",
)  # fmt: skip
@click.option(
    "--hear", "transcribers", metavar="NAME", multiple=True, default=(options.TRANSCRIBER,), show_default=True,
    help="What transcribes the question; repeat it for fallbacks; none: the model takes the audio itself.",
)  # fmt: skip
@click.option(
    "--translate",
    "translators",
    metavar="NAME",
    multiple=True,
    help="What translates: sarvam, or any model; words go to it.",
)
@options.voice
@options.timeout
@click.option("--explain", is_flag=True, help="Print which engine would take which step, and do nothing.")
@options.quiet
@options.as_json
def talk(
    arguments: tuple[str, ...],
    language: str,
    out: str | None,
    models: tuple[str, ...],
    transcribers: tuple[str, ...],
    translators: tuple[str, ...],
    speakers: tuple[str, ...],
    timeout_seconds: float,
    explain: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Ask about pictures by voice, and hear the answer.

    The question is a recording, or words. It is translated for a model that does not know the person's language, and
    the answer back; the answer goes to standard output, and spoken to --speak. The steps, with their engines, seconds
    and cost, go to standard error. Nothing leaves this machine unless a service is named.
    """
    from sensorium.cli import inputs, progress
    from sensorium.cli import output as show
    from sensorium.cli.voice_team import load_team, require_wav, write_wav
    from sensorium.core.languages import language as code_of
    from sensorium.core.protocols import Options
    from sensorium.voice import plan
    from sensorium.voice import talk as talk_to

    code = code_of(language)
    images, question = images_and_question(arguments)
    require_wav(out, [*images, *([] if isinstance(question, str) else [question])])
    team = load_team(models, transcribers, translators, speakers, out is not None)
    if explain:
        return print_plan(plan(team, code, not isinstance(question, str), out is not None), as_json)
    notes = inputs.image_notes(images)

    def work(question: Audio | str) -> Talk:
        return talk_to(team, question, images, code, options=Options(timeout_seconds), speak=out is not None)

    for _, result in progress.track([question], work, "Listening", quiet or as_json):
        if out is not None and result.speech is not None:
            write_wav(out, result.speech)
        print_talk(result, out, as_json, quiet)
    if not quiet and not as_json:
        show.asides(notes)
    return None


def images_and_question(arguments: Sequence[str]) -> tuple[list[Image], Audio | str]:
    """Return the pictures and the question, spoken or typed, among the arguments.

    Raises:
        InputError: when the questions are not exactly one.
    """
    from sensorium.cli.inputs import parts_of
    from sensorium.cli.stdin import is_piped
    from sensorium.core.errors import InputError
    from sensorium.core.messages import Audio, Image, Text

    images: list[Image] = []
    questions: list[Audio | str] = []
    parts = [part for argument in arguments for part in parts_of(argument)]
    if "-" not in arguments and all(isinstance(part, Image) for part in parts) and is_piped():
        parts += parts_of("-")
    for part in parts:
        if isinstance(part, Image):
            images.append(part)
        elif isinstance(part, Text):
            questions.append(part.text)
        else:  # a browser's recording is a video without pictures
            questions.append(part if isinstance(part, Audio) else Audio(part.blob))
    if len(questions) != 1:
        raise InputError(
            f"Give one question, not {len(questions) or 'none'}.", 'A recording, or words: "What is this?"'
        )
    return images, questions[0]


def print_plan(plan: VoicePlan, as_json: bool) -> None:
    """Print which engine would take which step."""
    from sensorium.cli import output as show

    if as_json:
        return show.as_json(plan.to_json())
    for number, step in enumerate(plan.steps, 1):
        show.result(f"{number}. {step}")
    show.asides(plan.remarks)
    return None


def print_talk(result: Talk, out: str | None, as_json: bool, quiet: bool) -> None:
    """Print the answer; on standard error the transcript, how sure the model is, and each step."""
    from sensorium.cli import output as show
    from sensorium.core.languages import language_name

    if as_json:
        return show.as_json(result.to_json() | {"file": out if result.speech is not None else None})
    if not quiet and result.heard is not None:
        show.aside(f"Heard: {result.question}")
    show.result(result.answer)
    if quiet:
        return None
    show.aside(show.sure(result.reply))
    model_language = result.plan.model_language
    if result.language != model_language:
        show.aside(f"The model's own words, in {language_name(model_language)}: {result.reply.text}")
    show.asides(show.rests_on(result.reply.evidence, several=False))
    if result.reply.suggestion:
        show.aside(result.reply.suggestion)
    show.asides(result.plan.remarks)
    for step in result.steps:
        show.asides(f"Tried before: {failure}" for failure in step.failed)
        money = "" if not step.usd else f", about {step.usd:.2g} US dollars"
        show.aside(f"{step.kind.capitalize()}: {step.by}, {step.seconds:.1f} s{money}.")
    if out is not None and result.speech is not None:
        show.aside(f"The spoken answer is in {show.plain(out)}.")
    return None
