"""`sensorium watch`: questions about films, answered with the moments that prove the answer."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import click

from sensorium.cli import options
from sensorium.cli.options import NO_TRANSCRIBER, TRANSCRIBER, epilog

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sensorium.ask.budget import ModelPrice
    from sensorium.core.messages import Image, Video
    from sensorium.core.protocols import Embedder, Model, Transcriber
    from sensorium.video.watch import WatchPlan
    from sensorium.video.watch.evidence import TimedEvidence, WatchReply
    from sensorium.video.watch.watch import ClipExample

CANT_TELL = 3
"""The exit status if the question can't be answered, as of `sensorium find` if nothing is found."""
LINE_SECONDS = 5.0
ROUTES = ("auto", "direct", "native", "chain", "offline")


@click.command(
    epilog=epilog(
        'sensorium watch film.mp4 "When does the red car appear?" --model openai:gpt-6-luna',
        'sensorium watch film.mp4 "Who wins?" --model gemini:gemini-3.8-flash --dry-run',
        'sensorium watch talk.mp4 "Summarise it." --model openai:gpt-6-luna --chapters talk.vtt --report talk.html',
        'sensorium watch film.mp4 "What falls?" -m openai:gpt-6-sol --describe-with ollama:llama3.2-vision',
        'sensorium watch a.mp4 b.mp4 bag.jpg "In which film is it?" -m openai:gpt-6-luna --budget 0.05',
        'sensorium watch film.mp4 "Which door?" --choice red --choice blue -m ollama:qwen3-vl --json',
    )
)
@click.argument("arguments", metavar="FILM|PICTURE... QUESTION", nargs=-1)
@options.model
@click.option("--describe-with", "describer_name", metavar="NAME", help="Another model, that describes and checks.")
@click.option(
    "--hear", metavar="NAME", default=TRANSCRIBER, show_default=True, help="What transcribes the sound, or: none."
)
@click.option("--language", "-l", metavar="CODE", help="The language that is spoken (default: guessed).")
@click.option("--choice", "choices", multiple=True, help="A possible answer; repeat it for each.")
@click.option("--examples", "examples_file", metavar="FILE", help="A task of clips with questions and answers.")
@options.start
@options.end
@click.option("--route", type=click.Choice(ROUTES), default="auto", show_default=True, help="How the film is shown.")
@click.option(
    "--frames", type=click.IntRange(1, 64),
    help="Frames of each clip (default: 8), or of each film shown at once (default: as many as the model takes).",
)  # fmt: skip
@click.option(
    "--clip", "segment_seconds", type=click.FloatRange(1, 600), default=20, show_default=True, metavar="SECONDS",
    help="Longest clip that is described at once.",
)  # fmt: skip
@click.option("--fps", type=click.FloatRange(0, 60, min_open=True), help="Frames a second, of a film shown whole.")
@click.option(
    "--detail", type=click.Choice(("auto", "low", "medium", "high")), default="auto", show_default=True,
    help="How closely a service looks; less costs less.",
)  # fmt: skip
@click.option("--no-read", is_flag=True, help="Don't read texts on the screen here, and don't look for motion.")
@click.option("--no-check", is_flag=True, help="Don't look at the evidence a second time.")
@click.option("--budget", type=float, metavar="USD", help="US dollars that it may cost at most.")
@click.option("--token-budget", type=int, metavar="N", help="Tokens that it may take at most, in and out.")
@click.option("--price", metavar="IN,OUT", help="US dollars for a million tokens, if the price of a model is unknown.")
@click.option("--parallel", "workers", type=click.IntRange(1, 64), help="Questions at once (default: 4; here: 1).")
@click.option("--dry-run", is_flag=True, help="Print the plan and its price; ask nothing.")
@click.option("--steps", "where", metavar="FOLDER", help="Where answers are kept (default: the user's cache).")
@click.option("--no-steps", is_flag=True, help="Keep no answers.")
@click.option("--once", is_flag=True, help="Don't repeat a question whose answer was lost when a run was killed.")
@click.option("--strip", "strip_file", metavar="FILE", help="Write a JPEG with the frames of the evidence.")
@click.option("--chapters", "chapters_file", metavar="FILE", help="Write the chapters of a summary as WebVTT.")
@click.option("--report", "report_file", metavar="FILE", help="Write a page that plays the film at the evidence.")
@click.option("--embed", is_flag=True, help="Put films of up to 20 MB into the report, so that it stands alone.")
@options.quiet
@options.as_json
@click.pass_context
def watch(
    context: click.Context, arguments: tuple[str, ...],
    model_name: str | None, describer_name: str | None, hear: str, language: str | None,
    choices: tuple[str, ...], examples_file: str | None, start: float | None, end: float | None, route: str,
    frames: int | None, segment_seconds: float, fps: float | None, detail: str, no_read: bool, no_check: bool,
    budget: float | None, token_budget: int | None, price: str | None, workers: int | None, dry_run: bool,
    where: str | None, no_steps: bool, once: bool, strip_file: str | None, chapters_file: str | None,
    report_file: str | None, embed: bool, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Answer a question about films, with the moments that prove it.

    A short film is shown to the model as frames, a long one goes through a chain: each clip is described, the notes are
    condensed towards the question, answered with time-stamped evidence, and the evidence is looked at again. Gemini
    takes films whole. Without a model it answers what can be seen, heard and read here. Every answer is kept, so that
    a run that was ended, or another question, pays only for what is new.

    Exit status: 0 for an answer, 3 if it can't be told, 2 for a mistake in the command, 1 for any other failure.
    """
    from sensorium.cli import output as show
    from sensorium.cli.film.observers import observers
    from sensorium.cli.film.outputs import WatchOutputs
    from sensorium.cli.film.route_options import without_effect
    from sensorium.cli.film.senses import offline_watcher
    from sensorium.video.watch.material import WatchSettings
    from sensorium.video.watch.prompts import watch_question
    from sensorium.video.watch.watch import WatchSetup, forecast, watch

    films, pictures, text = films_and_question(arguments, start, end)
    outputs = WatchOutputs(strip_file, chapters_file, report_file, embed)
    outputs.check([film.blob for film in films], [picture.blob for picture in pictures])
    question = watch_question(text, choices, pictures, True if chapters_file else None)
    model, describer, transcriber = loaded(model_name, describer_name, hear, films, dry_run)
    models = [model, *([describer] if describer else [])]
    heard, silent = "" if hear == NO_TRANSCRIBER else hear, quiet or as_json
    settings = WatchSettings(frames, segment_seconds, check=not no_check, detail=cast("Any", detail), fps=fps)
    setup = WatchSetup(
        describer, transcriber, language, *observers(not no_read, not no_steps, silent),
        folder=None if no_steps else steps_folder(where, films),
        budget=budget, token_budget=token_budget, prices=prices_of(models, price),
        workers=workers or default_workers(models), may_repeat=not once, route=cast("Any", route), settings=settings,
        examples=examples_of(examples_file),
        offline=offline_watcher(heard, language, not no_steps, silent, not no_read),
        step_done=StepLines(silent),
        embedder=frame_embedder(route),
    )  # fmt: skip
    if dry_run:
        plan = forecast(films, question, model, setup)
        return print_plan(replace(plan, notes=(*plan.notes, *without_effect(context, plan.route))), as_json)
    try:
        reply = watch(films, question, model, setup)
        reply = replace(reply, notes=(*reply.notes, *without_effect(context, reply.route)))
    except KeyboardInterrupt:
        if setup.folder is not None and not quiet:
            show.aside("Stopped. Every answer so far is kept: the same command goes on from there.")
        raise
    print_reply(reply, quiet, as_json)
    outputs.write([film.blob for film in films], question.text, reply)
    raise click.exceptions.Exit(CANT_TELL if reply.abstained else 0)


def loaded(
    name: str | None, describer: str | None, hear: str, films: Sequence[Video], is_plan: bool
) -> tuple[Model, Model | None, Transcriber | None]:
    """Return the model that answers, the one that describes, and what hears; a plan needs no keys."""
    from sensorium.hosted.keys import keys_not_needed
    from sensorium.registry import load

    with keys_not_needed() if is_plan else nullcontext():
        model = load(name)
        return model, None if describer is None else load(describer), transcriber_of(hear, films, model.name)


def films_and_question(
    arguments: Sequence[str], start: float | None, end: float | None
) -> tuple[list[Video], list[Image], str]:
    """Return the films, the pictures that belong to the question, and the question: the argument that isn't a file."""
    from sensorium.cli.inputs import parts_of
    from sensorium.core.errors import InputError, quoted
    from sensorium.core.messages import Image, Text, Video

    films: list[Video] = []
    pictures: list[Image] = []
    texts: list[str] = []
    for argument in arguments:
        names = film_files(argument)
        films += [Video(name, start, end) for name in names]
        for part in () if names else parts_of(argument):
            if isinstance(part, Image):
                pictures.append(part)
            elif isinstance(part, Text):
                texts.append(part.text)
            elif isinstance(part, Video):  # a web address, or a pipe
                films.append(Video(part.blob, start, end))
            else:
                raise InputError(f"{quoted(argument)} has no frames, only sound.", "Try: sensorium transcribe")
    if not films:
        if pictures:
            raise InputError("No film to watch, only pictures.", 'Try sensorium ask picture.jpg "What is this?"')
        raise InputError("No film to watch.", 'Try sensorium watch film.mp4 "What happens?"')
    if len(texts) != 1:
        problem = "The question is missing." if not texts else f"{len(texts)} questions: {quoted(' | '.join(texts))}."
        raise InputError(problem, 'Ask one: sensorium watch film.mp4 "What happens?"')
    return films, pictures, texts[0]


def film_files(argument: str) -> list[str]:
    """Return the film that an argument names, not read yet, or the films of a folder; [] if it is something else."""
    import os

    from sensorium.cli.pictures import HEAD_BYTES, files_in
    from sensorium.media.sniff import media_type

    if os.path.isdir(argument):
        return files_in(argument, ("video/",), "films")
    if not os.path.isfile(argument):
        return []
    with open(argument, "rb") as file:
        return [argument] if media_type(file.read(HEAD_BYTES)).startswith("video/") else []


def transcriber_of(name: str, films: Sequence[Video], model: str) -> Transcriber | None:
    """Return what hears the films; None if nothing needs it, or it should not."""
    from sensorium.cli import output as show
    from sensorium.core.errors import InstallError
    from sensorium.registry import load
    from sensorium.video.watch.sound import has_sound

    if name == NO_TRANSCRIBER or model == "offline" or not any(has_sound(film.blob) for film in films):
        return None
    try:
        return load(name, "transcriber")
    except InstallError as error:
        if name != TRANSCRIBER:  # one that was asked for must be there
            raise
        show.aside(f"The sound is not heard: {error.message} {error.hint}")
        return None


def frame_embedder(route: str) -> Embedder | None:
    """Return what tells which frames are near to the question; None if its packages are not installed."""
    from sensorium.cli import output as show
    from sensorium.core.errors import InstallError
    from sensorium.registry import load

    try:
        return load("offline", role="embedder")
    except InstallError as error:
        if route == "direct":
            show.aside(f"Frames are not chosen for the question: {error.message} {error.hint}")
        return None


def steps_folder(where: str | None, films: Sequence[Video]) -> Path:
    """Return the folder of these films' answers."""
    import hashlib
    from pathlib import Path

    from platformdirs import user_cache_path

    from sensorium.video.moments.film_index import film_digest

    if where is not None:
        return Path(where)
    name = hashlib.sha256(" ".join(film_digest(film.blob) for film in films).encode()).hexdigest()[:20]
    return user_cache_path("sensorium") / "watch" / name


def is_local(model: Model) -> bool:
    """Whether a model runs in this process: it costs nothing, and answers one question at a time."""
    from sensorium.registry import scheme_of

    scheme = scheme_of(model.name)
    return scheme is not None and not (scheme.keys or scheme.server or scheme.server_variable)


def prices_of(models: Sequence[Model], price: str | None) -> dict[str, ModelPrice]:
    """Return what --price says of every model that isn't free because it runs here."""
    from sensorium.ask.budget import ModelPrice
    from sensorium.core.errors import InputError, quoted

    told = None
    if price is not None:
        try:
            tokens_in, tokens_out = (float(number) for number in price.split(","))
            if not (0 <= tokens_in < float("inf") and 0 <= tokens_out < float("inf")):
                raise ValueError
        except ValueError:
            raise InputError(
                f"--price takes two numbers of dollars, not {quoted(price)}.", "Try --price 0.1,0.5"
            ) from None
        told = ModelPrice(tokens_in, tokens_out)
    out = {model.name: ModelPrice(0.0, 0.0) for model in models if is_local(model)}
    return out | ({} if told is None else {model.name: told for model in models if not is_local(model)})


def default_workers(models: Sequence[Model]) -> int:
    """Return how many questions are asked at once, unless it is said."""
    from sensorium.video.watch.asker import WORKERS

    return 1 if all(map(is_local, models)) else WORKERS


def examples_of(file: str | None) -> tuple[ClipExample, ...]:
    """Return the examples of a task: rows with a clip, a question and an answer."""
    from sensorium.core.errors import InputError, quoted
    from sensorium.core.messages import Video
    from sensorium.video.watch.watch import ClipExample

    if file is None:
        return ()
    from sensorium.tasks.readers import load_task

    out = []
    for number, example in enumerate(load_task(file).examples, 1):
        clips = [part for part in example.conversation.parts if isinstance(part, Video)]
        if len(clips) != 1:
            raise InputError(f"Example {number} of {quoted(file)} has {len(clips)} clips, not one.", "Leave it out.")
        out.append(ClipExample(clips[0], example.conversation.messages[-1].text, example.answer))
    return tuple(out)


class StepLines:
    """Says on standard error how far it is: the first answer of a step, and then a line every few seconds."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._last = quiet, ("", 0.0)

    def __call__(self, step: str, done: int, of: int) -> None:
        """Print a line, unless the last one of this step was just printed."""
        import time

        from sensorium.cli import output as show

        name, when = self._last
        if self._quiet or (name == step and time.monotonic() - when < LINE_SECONDS):
            return
        self._last = step, time.monotonic()
        show.aside(f"{step} {done} of {of} …")


def print_plan(plan: WatchPlan, as_json: bool) -> None:
    """Print what will be done, and what it will cost."""
    from sensorium.cli import output as show

    if as_json:
        show.as_json(plan.to_json())
    else:
        show.result("\n".join(plan.lines()))


def print_reply(reply: WatchReply, quiet: bool, as_json: bool) -> None:
    """Print the answer; on standard error what it rests on, what it cost, and what was left out."""
    from sensorium.cli import output as show
    from sensorium.video.sheet import clock

    if as_json:
        return show.as_json(reply.to_json())
    show.result(reply.answer)
    for chapter in reply.chapters:
        film = f"{chapter.film}: " if chapter.film else ""
        show.result(f"{film}{clock(chapter.start)} to {clock(chapter.end)}: {chapter.text}")
    if quiet:
        return None
    shown = {(each.film, each.start, each.end, each.text) for each in reply.chapters}
    evidence = [each for each in reply.evidence if (each.film, each.start, each.end, each.text) not in shown]
    if evidence:
        show.aside("It rests on:")
    show.asides(f"- {evidence_line(each)}" for each in evidence)
    show.asides(reply.notes)
    usage = reply.usage
    if usage.input_tokens is not None and usage.output_tokens is not None:
        money = "" if usage.usd is None else f", about {usage.usd:.4f} US dollars"
        show.aside(f"It took {usage.input_tokens:,} tokens in and {usage.output_tokens:,} out{money}.")
    seconds = "" if usage.seconds is None else f" in {usage.seconds:.1f} s"
    return show.aside(f"Route: {reply.route}{seconds}. {reply.why}")


def evidence_line(each: TimedEvidence) -> str:
    """Return a piece of evidence in words."""
    from sensorium.video.sheet import clock

    film = f"{each.film}, " if each.film else ""
    when = clock(each.start) if each.start == each.end else f"{clock(each.start)} to {clock(each.end)}"
    score = "" if each.score is None else f" ({each.score:.2f})"
    return f"{film}{when}, {each.source}: {each.text}{score}"
