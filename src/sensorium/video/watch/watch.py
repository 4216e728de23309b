"""watch: a question about films, answered on the route that fits the model, with the moments that prove it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from sensorium.ask.budget import Prices, Spending, require_bounds
from sensorium.core.blob import Blob
from sensorium.core.catalog import speech_usd
from sensorium.core.errors import InputError, InstallError, MediaError
from sensorium.core.languages import Span
from sensorium.core.messages import Conversation, Part, Video
from sensorium.core.protocols import Embedder, Model, Transcriber
from sensorium.video.scenes.cuts import scenes
from sensorium.video.watch import prompts
from sensorium.video.watch.asker import WORKERS, Asker
from sensorium.video.watch.chain import (
    Conclusion,
    affordable,
    conclude,
    condense_all,
    describe_all,
    frames_within_budget,
)
from sensorium.video.watch.evidence import Route, WatchReply, film_names
from sensorium.video.watch.material import Material, StepDone, WatchSettings, chat_key
from sensorium.video.watch.plan import WatchPlan, chain_steps, whole_steps
from sensorium.video.watch.prompts import ClipNotes, WatchQuestion, watch_question, where_of
from sensorium.video.watch.route import RouteChoice, choose_route, hears_itself
from sensorium.video.watch.segments import Segment, SourceFilm, segments, shown_frames
from sensorium.video.watch.sound import PIECE_SECONDS, HeardSpeech, has_sound, hear
from sensorium.video.watch.steps import StepStore, step_key

SCENES_VERSION = 1
"""Changes with what `scenes` finds: scenes that were kept before are not used."""
_SPOKEN_TOKENS_A_SECOND = 2  # expected of a sound track whose words are not known yet


@dataclass(frozen=True)
class Observer:
    """What sees things in a whole film without a model: its scenes, the texts that it shows, what moves.

    Args:
        name: What tells its results from others': they are kept under it.
        observe: Returns what it sees, with times of the film.
    """

    name: str
    observe: Callable[[Blob], Sequence[Span]]


@dataclass(frozen=True)
class ClipExample:
    """A clip with a question about it and its right answer, shown before the question."""

    clip: Video
    question: str
    answer: str


@dataclass(frozen=True)
class WatchSetup:
    """Everything beside the question and the model that answers it.

    Args:
        describer: Describes clips, and looks at the evidence again; None for the model that answers.
        transcriber: Hears; None leaves the sound out, with a note.
        language: The code of the spoken language, or None to have it guessed.
        cutter: Finds the scenes, along which clips are cut; see `by_scenes`; None cuts at equal lengths.
        reader: Reads the texts that are shown.
        motion: Says what moves.
        folder: Where answers are kept, so that none is paid twice; None keeps nothing.
        budget: US dollars that all questions may cost together, or None.
        token_budget: Tokens in and out of all questions together, or None.
        prices: Of models that the catalogue has no price of; 0 for those on this machine.
        workers: How many questions are asked at once.
        may_repeat: See `Asker`.
        route: A route, or "auto".
        settings: How closely to look.
        examples: Answered examples.
        offline: Answers without a model, on the route "offline".
        step_done: Is told how far it is.
        embedder: Tells which frames of a long film on the route "direct" are near to the question; it costs nothing.
    """

    describer: Model | None = None
    transcriber: Transcriber | None = None
    language: str | None = None
    cutter: Observer | None = None
    reader: Observer | None = None
    motion: Observer | None = None
    folder: Path | None = None
    budget: float | None = None
    token_budget: int | None = None
    prices: Prices = field(default_factory=dict)
    workers: int = WORKERS
    may_repeat: bool = True
    route: Route | Literal["auto"] = "auto"
    settings: WatchSettings = field(default_factory=WatchSettings)
    examples: tuple[ClipExample, ...] = ()
    offline: Callable[[Sequence[Video], WatchQuestion], WatchReply] | None = None
    step_done: StepDone = lambda step, done, of: None
    embedder: Embedder | None = None


def by_scenes() -> Observer:
    """Return what cuts clips along a film's scenes."""

    def observe(film: Blob) -> list[Span]:
        return [Span(scene.transition, scene.start, scene.end) for scene in scenes(film)]

    return Observer(f"scenes {SCENES_VERSION}", observe)


def watch(
    films: Sequence[Video], question: WatchQuestion | str, model: Model | None, setup: WatchSetup | None = None
) -> WatchReply:
    """Return the answer to a question about films, with time-stamped evidence.

    Args:
        films: Films, or clips of films, in order.
        question: What is asked; see `watch_question`.
        model: The model that answers; None or the offline model answers without one.
        setup: Everything else.

    Raises:
        InputError: if a film can't be opened, the model can't take it, or the budget is too small for anything.
        SensoriumError: what the models raise if nothing could be asked.
    """
    setup, asked = setup or WatchSetup(), watch_question(question) if isinstance(question, str) else question
    start = time.perf_counter()
    with _prepared(films, asked, model, setup, is_plan=False) as (material, choice):
        if material is None:
            return _offline(films, asked, setup, choice)
        material.question = replace(material.question, examples=_examples(material, setup))
        run = {"chain": _chain, "direct": _direct, "native": _native}[choice.route]
        found = run(material, choice)
        asker = material.asker
        notes = [*material.notes]
        if asker.from_store:
            notes.append(f"{asker.from_store} of {asker.from_store + asker.asked} answers came from an earlier run.")
        if asker.repeated:
            notes.append(
                f"{asker.repeated} questions were on their way when an earlier run ended, and were asked again: "
                "a service that does not know Idempotency-Key may have charged them twice."
            )
        answer, speech = found.answer, material.speech()
        usage = replace(asker.usage(), seconds=time.perf_counter() - start)
    return WatchReply(
        answer.text or "I can't tell.", None if answer.abstained else found.confidence, answer.abstained,
        answer.evidence, choice.route, choice.why, usage, tuple(dict.fromkeys(notes)), answer.chapters, speech,
    )  # fmt: skip


def forecast(
    films: Sequence[Video], question: WatchQuestion | str, model: Model | None, setup: WatchSetup | None = None
) -> WatchPlan:
    """Return what `watch` would ask and what that would cost; nothing is sent, and nothing transcribed."""
    setup, asked = setup or WatchSetup(), watch_question(question) if isinstance(question, str) else question
    with _prepared(films, asked, model, setup, is_plan=True) as (material, choice):
        if material is None:
            length = sum(SourceFilm.of(film).seconds for film in films)
            return WatchPlan("offline", choice.why, 0, length, ())
        seconds = sum(film.seconds for film in material.films)
        if choice.route == "chain":
            return WatchPlan(
                "chain", choice.why, len(material.clips), seconds, chain_steps(material), tuple(material.notes)
            )
        clips = material.clips if choice.route == "direct" else []
        chat = _direct_chat(material) if choice.route == "direct" else _native_chat(material)
        steps = whole_steps(material, chat(()))
        return WatchPlan(choice.route, choice.why, len(clips), seconds, steps, tuple(material.notes))


@contextmanager
def _prepared(
    videos: Sequence[Video], question: WatchQuestion, model: Model | None, setup: WatchSetup, is_plan: bool
) -> Iterator[tuple[Material | None, RouteChoice]]:
    """Open the films and the store, and observe what needs no model; None if no model is to be asked."""
    if not videos:
        raise InputError("No film to watch.", 'Try sensorium watch film.mp4 "What happens?"')
    names = film_names([video.blob for video in videos])
    films = tuple(replace(SourceFilm.of(video), name=name) for video, name in zip(videos, names, strict=True))
    choice = choose_route(model, films, setup.settings, setup.route, setup.describer)
    if model is None or choice.route == "offline":
        yield None, choice
        return
    describer = setup.describer or model
    spending = Spending(setup.budget, setup.token_budget)
    for each in (model, describer):
        require_bounds(spending, each, setup.prices, choice.route != "native" and each is describer)
    with StepStore(setup.folder) as store:
        asker = Asker(store, spending, setup.prices, setup.workers, setup.may_repeat)
        material = Material(question, films, [], (), model, describer, asker, setup.settings)
        material.step_done = setup.step_done
        if choice.route == "native" and hears_itself(model):
            material.heard = tuple(HeardSpeech() for _ in films)
        else:
            material.heard = tuple(_heard(film, setup, asker, material.notes, is_plan) for film in films)
        cut = choice.route == "chain"
        for number, film in enumerate(films):
            material.clips += _clips(material, number, film, setup, cut, is_plan)
        if choice.route == "direct":
            choice = _with_frames(material, choice, setup.embedder)
        yield material, choice


def _heard(film: SourceFilm, setup: WatchSetup, asker: Asker, notes: list[str], is_plan: bool) -> HeardSpeech:
    """Return what is said in a film; in a plan, words that stand for it until it is transcribed."""
    name = f"{film.name}: " if film.name else ""
    transcriber = setup.transcriber
    if not has_sound(film.blob):
        return HeardSpeech()
    if transcriber is not None:
        price = 0.0 if transcriber.name in setup.prices else speech_usd(transcriber.name, film.seconds)
        if asker.spending.max_usd is not None and price is None:
            raise InputError(f"The price of {transcriber.name} is unknown, so a budget can't be kept.",
                             "Leave the budget out, or choose whisper: `transcriber`")  # fmt: skip
    if is_plan and transcriber is not None:
        key = {"step": "hear", "film": film.digest, "by": transcriber.name, "language": setup.language}
        if asker.store.get(step_key(key | {"piece": PIECE_SECONDS})) is None:
            notes.append(f"{name}Its speech is not transcribed yet: its words are estimated.")
            words = "word " * _SPOKEN_TOKENS_A_SECOND
            whole = range(int(film.start), int(film.end))
            return HeardSpeech(tuple(Span(words, float(at), at + 1.0) for at in whole), by=transcriber.name)

    def keep(key: dict[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        by = transcriber.name if transcriber and "from" in key else ""  # a piece is paid, the whole is made of them
        return asker.keep(key, make, (speech_usd(by, PIECE_SECONDS) or 0.0) if by else 0.0)

    heard = hear(film.blob, film.digest, transcriber, setup.language, keep)
    if heard.note:
        notes.append(name + heard.note)
    return heard


def _observed(
    observer: Observer | None, film: SourceFilm, asker: Asker, notes: list[str], is_plan: bool
) -> tuple[Span, ...]:
    if observer is None:
        return ()
    key = {"step": "observe", "film": film.digest, "by": observer.name}
    if is_plan and asker.store.get(step_key(key)) is None:
        notes.append(f"{observer.name} has not looked at the film yet: what it sees is not counted.")
        return ()

    def make() -> dict[str, Any]:
        return {"spans": [[span.text, span.start, span.end] for span in observer.observe(film.blob)]}

    try:
        rows = asker.keep(key, make)["spans"]
    except (MediaError, InstallError) as error:
        notes.append(f"{observer.name} failed: {error}")
        return ()
    return tuple(Span(*row) for row in rows)


def _clips(
    material: Material, number: int, film: SourceFilm, setup: WatchSetup, cut: bool, is_plan: bool
) -> list[tuple[Segment, ClipNotes]]:
    found = _observed(setup.cutter, film, material.asker, material.notes, False) if cut else ()
    read = _observed(setup.reader, film, material.asker, material.notes, is_plan)
    moves = _observed(setup.motion, film, material.asker, material.notes, is_plan)
    longest = setup.settings.segment_seconds if cut else max(1.0, film.seconds + 1)
    out = []
    name = prompts.film_labels([each.name for each in material.films])[number]
    for start, end in segments(film.start, film.end, [span.start for span in found], longest):
        part = Segment(number, round(start, 6), round(end, 6))
        inside = [[span for span in spans if span.end > start and span.start < end] for spans in (read, moves)]
        notes = ClipNotes(
            where_of(start, end, name), part.start, part.end, material.spans(part), tuple(inside[0]), tuple(inside[1])
        )
        out.append((part, notes))
    return out


def _examples(material: Material, setup: WatchSetup) -> tuple[tuple[str, str, str], ...]:
    """Return the examples with their clips described: answers are learned from notes, as the question's are."""
    out = []
    for example in setup.examples:
        film = SourceFilm.of(example.clip)
        heard = _heard(film, setup, material.asker, [], False)
        own = replace(material, films=(film,), heard=(heard,), clips=[], notes=[])
        own.clips = _clips(own, 0, film, setup, False, False)
        ((_, notes),) = describe_all(own)
        out.append((prompts.notes_text(notes), example.question, example.answer))
    return tuple(out)


def _chain(material: Material, choice: RouteChoice) -> Conclusion:
    asker = material.asker
    parts = [part for part, _ in material.clips]
    if asker.spending.is_limited and not affordable(material, parts, 0):
        plan = chain_steps(material)
        raise InputError(
            "The budget is too small to describe one clip and answer.",
            f"The whole is expected to take {sum(step.input_tokens + step.output_tokens for step in plan):,} tokens; "
            "allow more: `budget`",
        )
    described = describe_all(material)
    condensed = condense_all(material, described)
    several = len(material.films) > 1
    looked = [part for part, notes in described if notes.description]

    def chat(doubts: Sequence[str]) -> Conversation:
        return prompts.answer(material.question, condensed, several, doubts)

    key = {"step": "answer", "version": prompts.VERSION, "chat": chat_key(chat(()))}
    return conclude(material, key, chat, material.shown(looked))


def _direct(material: Material, choice: RouteChoice) -> Conclusion:
    chat = _direct_chat(material)
    key = {"step": "direct", "version": prompts.VERSION, "chat": chat_key(chat(())),
           "frames": [[image.at for image in film.images] for film in material.frames]}  # fmt: skip
    return conclude(material, key, chat, material.shown([part for film in material.frames for part in film.parts]))


def _with_frames(material: Material, choice: RouteChoice, embedder: Embedder | None) -> RouteChoice:
    """Take the frames that are shown at once; return the choice with how many these are, and why they."""
    count = frames_within_budget(material, choice.frames)
    why = choice.why if count == choice.frames else f"{choice.why} The budget allows {count} frames of each film."
    text, side = material.question.text, material.settings.max_side
    material.frames = tuple(
        shown_frames(film, number, count, embedder, text, side, material.asker.keep)
        for number, film in enumerate(material.films)
    )
    for film, shown in zip(material.films, material.frames, strict=True):
        name = f"{film.name}: " if len(material.films) > 1 else ""
        material.notes += [name + shown.note] if shown.note else []
        why += f" {name}{len(shown.images)} frames of {film.seconds:.0f} s. {shown.why}" if shown.why else ""
    return replace(choice, why=why, frames=count)


def _direct_chat(material: Material) -> Callable[[Sequence[str]], Conversation]:
    frames, limits = [film.images for film in material.frames], material.answerer.limits
    names, notes = prompts.film_labels([film.name for film in material.films]), [notes for _, notes in material.clips]
    return lambda doubts: prompts.answer_from_frames(material.question, frames, names, notes, limits, doubts)


def _native(material: Material, choice: RouteChoice) -> Conclusion:
    chat = _native_chat(material)
    key = {"step": "native", "version": prompts.VERSION, "chat": chat_key(chat(())), "fps": material.settings.fps,
           "parts": [[film.start, film.end] for film in material.films]}  # fmt: skip
    shown = material.shown([part for part, _ in material.clips], hears=hears_itself(material.answerer))
    return conclude(material, key, chat, shown)


def _native_chat(material: Material) -> Callable[[Sequence[str]], Conversation]:
    parts: list[Part] = []
    for film in material.films:
        is_whole = film.start == 0.0 and abs(film.end - SourceFilm.of(Video(film.blob)).end) < 1e-6
        start, end = (None, None) if is_whole else (film.start, film.end)
        parts.append(Video(film.blob, start, end, material.settings.fps))
    names = [film.name or f"film {number}" for number, film in enumerate(material.films, 1)]
    told = [
        f"Of {name} the part from {where_of(film.start, film.end)} is shown; give times of the film, not of the part.\n"
        for name, film, part in zip(names, material.films, parts, strict=True)
        if isinstance(part, Video) and (part.start or part.end)
    ]
    known = "".join((*told, *(prompts.known_of(notes) for _, notes in material.clips)))
    several = len(material.films) > 1
    return lambda doubts: prompts.answer_from_films(material.question, parts, names, known, several, doubts)


def _offline(films: Sequence[Video], question: WatchQuestion, setup: WatchSetup, choice: RouteChoice) -> WatchReply:
    if setup.offline is None:
        raise InputError("Films can't be watched without a model here.", "Choose one: `model`")
    return replace(setup.offline(films, question), route="offline", why=choice.why)
