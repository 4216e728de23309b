"""The chain: describe each clip, condense the notes towards the question, answer with evidence, check the evidence."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sensorium.ask.budget import OverBudgetError, request_cost
from sensorium.core.errors import MisfitError, SensoriumError, ServiceError
from sensorium.core.messages import Conversation, Image
from sensorium.core.protocols import Model
from sensorium.media.decoding import FaultLog
from sensorium.media.image import encode
from sensorium.video.moments.confirm import is_yes
from sensorium.video.scenes.frames import frame_size
from sensorium.video.watch import prompts
from sensorium.video.watch.asker import StepAnswer
from sensorium.video.watch.evidence import TimedEvidence
from sensorium.video.watch.material import (
    MAX_CONDENSED_BYTES,
    Material,
    chat_key,
    condense_key,
    cut_bytes,
    describe_key,
    describe_options,
    note_groups,
    with_description,
)
from sensorium.video.watch.plan import (
    EXPECTED_ANSWER,
    EXPECTED_CHECK,
    EXPECTED_CONDENSED,
    EXPECTED_DESCRIPTION,
    describe_cost,
    final_costs,
)
from sensorium.video.watch.prompts import ClipNotes, where_of
from sensorium.video.watch.segments import Segment, segment_frames
from sensorium.video.watch.validate import (
    ModelAnswer,
    ShownFilm,
    condensed_lines,
    is_quoted,
    model_answer,
)

MAX_FAILURES = 5
"""If so many clips fail, and none is described, a service is taken to be gone."""
_ANSWER_WORDS, _CHECK_WORDS = 200, 4
_AROUND_SECONDS = 0.5  # of a moment, that its second look shows too


def describe_all(material: Material) -> list[tuple[Segment, ClipNotes]]:
    """Return the clips that were described, in order; what failed or was too dear is noted.

    Under a budget the clips are spread over the films, and what the answer may cost is kept for it.

    Raises:
        ServiceError: if no clip could be described.
        InputError: if a model can't take the question, or a film can't be decoded.
    """
    described: dict[Segment, str] = {}
    failures: dict[Segment, SensoriumError] = {}
    known = dict(material.clips)
    while True:
        left = [part for part in known if part not in described and part not in failures]
        chosen = affordable(material, left, len(described))
        if not chosen:
            break
        log: dict[int, FaultLog] = {}
        jobs = _frames_of(material, chosen, log)
        for (part, _), answer in material.asker.side_by_side(jobs, lambda job: _described(material, *job)):
            if isinstance(answer, OverBudgetError):
                continue  # it is tried again once others are settled, or noted as not looked at
            if isinstance(answer, SensoriumError):
                if not isinstance(answer, ServiceError):
                    raise answer
                failures[part] = answer
                if len(failures) >= MAX_FAILURES and not described:
                    raise answer
                continue
            described[part] = answer.text
            material.step_done("Describing", len(described), len(known))
        _note_faults(material, log)
        if not any(part in described or part in failures for part in chosen):
            break
    if failures and not described:
        raise next(iter(failures.values()))
    return _noted(material, described, failures)


def _described(material: Material, part: Segment, frames: tuple[Image, ...]) -> StepAnswer:
    notes = dict(material.clips)[part]
    model = material.describer
    return material.asker.ask(
        describe_key(material, part, notes), model, lambda: prompts.describe(frames, notes, model.limits),
        describe_options(material.settings), EXPECTED_DESCRIPTION,
    )  # fmt: skip


def _frames_of(
    material: Material, chosen: Sequence[Segment], log: dict[int, FaultLog]
) -> Iterator[tuple[Segment, tuple[Image, ...]]]:
    """Yield clips with their frames; those that are stored already come without, and nothing is decoded for them."""
    known, settings = dict(material.clips), material.settings
    options = describe_options(settings)
    for number, film in enumerate(material.films):
        parts = [part for part in chosen if part.film == number]
        stored = {
            part
            for part in parts
            if material.asker.is_stored(describe_key(material, part, known[part]), material.describer, options)
        }
        yield from ((part, ()) for part in parts if part in stored)
        fresh = [part for part in parts if part not in stored]
        if fresh:
            log[number] = FaultLog()
            yield from segment_frames(film, fresh, settings.clip_frames, settings.max_side, log[number])


def affordable(material: Material, left: Sequence[Segment], described: int) -> list[Segment]:
    """Return the clips that can be described now, spread over the films, with enough kept for the answer."""
    asker = material.asker
    if not asker.spending.is_limited or not left:
        return list(left)
    known, options = dict(material.clips), describe_options(material.settings)
    stored = [p for p in left if asker.is_stored(describe_key(material, p, known[p]), material.describer, options)]
    if stored:
        return stored
    clips, wanted = [part for part, _ in material.clips], set(left)
    ordered = [clips[place] for place in spread(len(clips)) if clips[place] in wanted]
    costs = [describe_cost(material, part, known[part]) for part in ordered]

    def fits(count: int) -> bool:
        pairs = [(material.describer, cost) for cost in costs[:count]]
        pairs += [(material.answerer, cost) for cost in final_costs(material, described + count)]
        tokens = [cost.most_tokens for _, cost in pairs]
        dollars = [cost.most_usd(model.name, asker.prices) for model, cost in pairs]
        total = None if None in tokens else sum(each or 0 for each in tokens)
        money = None if None in dollars else sum(each or 0.0 for each in dollars)
        return asker.spending.fits(total, money)

    count = bisect_left(range(1, len(ordered) + 1), True, key=lambda number: not fits(number))
    return sorted(ordered[:count], key=lambda part: (part.film, part.start))


def frames_within_budget(material: Material, count: int) -> int:
    """Return how many frames of each film can be shown at once within the budget, from 1 to `count`."""
    asker, model, films = material.asker, material.answerer, material.films
    if not asker.spending.is_limited:
        return count
    sizes = [frame_size(film.blob, material.settings.max_side) for film in films]
    blanks = [encode(np.zeros((height, width, 3), np.uint8), "jpeg") for width, height in sizes]
    images = [Image(blank.blob, film.end) for blank, film in zip(blanks, films, strict=True)]
    notes, names = [notes for _, notes in material.clips], prompts.film_labels([film.name for film in films])
    options = material.settings.options(_ANSWER_WORDS, prompts.answer_schema(material.question, len(films)))

    def is_too_dear(frames: int) -> bool:
        shown = [[image] * frames for image in images]
        chat = prompts.answer_from_frames(material.question, shown, names, notes, model.limits)
        cost = request_cost(model, chat, options, EXPECTED_ANSWER)
        return not asker.spending.fits(cost.most_tokens, cost.most_usd(model.name, asker.prices))

    return max(1, bisect_left(range(1, count + 1), True, key=is_too_dear))


def spread(count: int) -> list[int]:
    """Return 0 to count - 1 so that every beginning of it is spread evenly: the base-2 van der Corput sequence."""
    bits = max(1, (count - 1).bit_length())
    order = [int(f"{number:0{bits}b}"[::-1], 2) for number in range(2**bits)]
    return [place for place in order if place < count]


def _note_faults(material: Material, log: Mapping[int, FaultLog]) -> None:
    for number, faults in log.items():
        for fault in faults.faults:
            where = where_of(fault.start, fault.end, material.films[number].name)
            note = f"From {where} the film is broken ({fault.reason})."
            if note not in material.notes:
                material.notes.append(note)


def _noted(
    material: Material, described: Mapping[Segment, str], failures: Mapping[Segment, SensoriumError]
) -> list[tuple[Segment, ClipNotes]]:
    out, replaced, missed = [], 0, []
    for part, notes in material.clips:
        if part in described:
            found, wrong = with_description(notes, described[part])
            replaced += wrong
            out.append((part, found))
        elif part in failures:
            material.notes.append(f"The clip from {notes.where} failed: {failures[part].message}")
            out.append((part, notes))
        else:
            missed.append(notes)
            out.append((part, notes))
    if replaced:
        material.notes.append(f"{replaced} times that lie outside of their clips were replaced by the clips' own.")
    for run in missed[:6]:
        material.notes.append(f"Not looked at, for the budget: {run.where}.")
    if len(missed) > 6:
        material.notes.append(f"Not looked at, for the budget: {len(missed) - 6} more clips.")
    return out


def condense_all(material: Material, clips: Sequence[tuple[Segment, ClipNotes]]) -> list[str]:
    """Return what the notes hold for the question, a text for each group of clips, in order."""
    groups = note_groups([notes for _, notes in clips])
    model, options = material.answerer, material.settings.options(prompts.CONDENSED_WORDS)

    def condensed(group: tuple[ClipNotes, ...]) -> StepAnswer:
        chat = prompts.condense(material.question, group)
        return material.asker.ask(condense_key(chat), model, lambda: chat, options, EXPECTED_CONDENSED)

    texts: dict[tuple[ClipNotes, ...], str] = {}
    dropped = 0
    for group, answer in material.asker.side_by_side(groups, condensed):
        if isinstance(answer, SensoriumError):
            if not isinstance(answer, ServiceError | OverBudgetError):
                raise answer
            where = f"{group[0].where} … {group[-1].where}"
            material.notes.append(f"The notes on {where} were not condensed: {answer.message}")
            texts[group] = cut_bytes("\n\n".join(map(prompts.notes_text, group)), MAX_CONDENSED_BYTES)
            continue
        text, wrong = condensed_lines(answer.text, [(notes.start, notes.end) for notes in group])
        texts[group] = cut_bytes(text, MAX_CONDENSED_BYTES)
        dropped += wrong
        material.step_done("Condensing", len(texts), len(groups))
    if dropped:
        material.notes.append(f"{dropped} condensed facts with times outside of the clips were dropped.")
    return [texts[group] for group in groups]


@dataclass(frozen=True)
class Conclusion:
    """The answer of a film's last steps.

    Args:
        answer: What was answered, with the evidence that was confirmed.
        confidence: The model's, or None.
        checked: Whether every piece of evidence was looked at a second time.
    """

    answer: ModelAnswer
    confidence: float | None
    checked: bool


def conclude(
    material: Material, key: dict[str, Any], chat: Callable[[Sequence[str]], Conversation], shown: Sequence[ShownFilm]
) -> Conclusion:
    """Ask the question itself, look at the evidence a second time, and ask once more if some of it is not confirmed.

    Args:
        material: The question and its films.
        key: What the answer depends on beside the model.
        chat: Makes the question, from the claims that a second look did not confirm.
        shown: What the model was shown: other times are dropped.

    Raises:
        OverBudgetError: if not even the first answer is within the budget.
        ServiceError: if the model did not answer.
    """
    schema = prompts.answer_schema(material.question, len(material.films))
    options = material.settings.options(_ANSWER_WORDS, schema)
    doubts: tuple[str, ...] = ()
    before = Conclusion(ModelAnswer("", True), None, False)
    while True:
        reply = _final_answer(material, key, chat, options, doubts)
        if reply is None:
            material.notes.append("The budget or the model did not allow to ask again without what was not confirmed.")
            return before
        found = ModelAnswer("", True) if reply.data is None else model_answer(reply.data, material.question, shown)
        material.notes += found.notes
        if found.abstained or not material.settings.check:
            return Conclusion(found, reply.confidence, False)
        confirmed, refuted, is_whole = check_evidence(material, found.evidence)
        material.notes += [
            f"Not confirmed by a second look: {each.text} ({where_of(each.start, each.end, each.film)})."
            for each in refuted
        ]
        is_proven = bool(confirmed or found.chapters)
        kept = replace(found, evidence=confirmed) if is_proven else ModelAnswer("", True)
        before = Conclusion(kept, reply.confidence if is_proven else None, is_whole)
        if doubts or (is_proven and not refuted):
            if not is_proven:
                material.notes.append("No evidence was confirmed, twice: it can't be told.")
            return before
        doubts = tuple(each.text for each in refuted) or ("The moments that you gave lie outside of what was shown.",)


def _final_answer(
    material: Material, key: dict[str, Any], chat: Callable[[Sequence[str]], Conversation], options: Any,
    doubts: tuple[str, ...],
) -> StepAnswer | None:  # fmt: skip
    """Return the answer to the question; None if only the second one failed."""
    try:
        return material.asker.ask(
            {**key, "doubts": list(doubts)}, material.answerer, lambda: chat(doubts), options, EXPECTED_ANSWER
        )
    except (OverBudgetError, ServiceError) as error:
        if doubts:
            return None
        if isinstance(error, MisfitError):
            raise ServiceError(
                f"{material.answerer.name} can't answer with moments of the film, asked for as JSON, twice. "
                f"{error.message}",
                "Choose a model that follows instructions, or let this one only describe: `describer`",
            ) from None
        raise


def check_evidence(
    material: Material, evidence: Sequence[TimedEvidence]
) -> tuple[tuple[TimedEvidence, ...], list[TimedEvidence], bool]:
    """Look at each piece of evidence again; return the confirmed, the refuted, and whether all were looked at."""
    jobs = [(each, _checked_part(material, each)) for each in evidence]
    verdicts: dict[TimedEvidence, bool] = {}
    for each, part in jobs:
        if each.source == "heard" and is_quoted(each.text, material.heard[part.film].spans, each.start, each.end):
            verdicts[each] = True
    left = [job for job in jobs if job[0] not in verdicts]
    for (each, _, _), answer in material.asker.side_by_side(
        _with_frames(material, left), lambda job: _check(material, *job)
    ):
        if isinstance(answer, SensoriumError):
            if not isinstance(answer, ServiceError | OverBudgetError):
                raise answer
            where = where_of(each.start, each.end, each.film)
            material.notes.append(f"The evidence at {where} was not looked at again: {answer.message}")
            continue
        verdicts[each] = is_yes(answer.text)
        material.step_done("Checking", len(verdicts), len(evidence))
    kept = tuple(each for each in evidence if verdicts.get(each, True))
    return kept, [each for each in evidence if verdicts.get(each) is False], len(verdicts) == len(evidence)


def _checked_part(material: Material, each: TimedEvidence) -> Segment:
    names = [film.name or f"film {number}" for number, film in enumerate(material.films, 1)]
    number = names.index(each.film) if each.film else 0
    film = material.films[number]
    return Segment(number, max(film.start, each.start - _AROUND_SECONDS), min(film.end, each.end + _AROUND_SECONDS))


def _with_frames(
    material: Material, jobs: Sequence[tuple[TimedEvidence, Segment]]
) -> Iterator[tuple[TimedEvidence, Segment, tuple[Image, ...]]]:
    settings = material.settings
    for number, film in enumerate(material.films):
        own = [job for job in jobs if job[1].film == number]
        yield from ((each, part, ()) for each, part in own if each.source == "heard")
        looked = [job for job in own if job[0].source != "heard"]
        by_part: dict[Segment, list[TimedEvidence]] = {}
        for each, part in looked:
            by_part.setdefault(part, []).append(each)
        for part, frames in segment_frames(film, list(by_part), settings.check_frames, settings.max_side):
            yield from ((each, part, frames) for each in by_part[part])


def _check(material: Material, each: TimedEvidence, part: Segment, frames: tuple[Image, ...]) -> StepAnswer:
    model: Model = material.describer if frames else material.answerer
    notes = ClipNotes(where_of(part.start, part.end), part.start, part.end, material.spans(part))
    chat = prompts.check(each.text, each.start, each.end, each.source, frames, notes, model.limits)
    key = {"step": "check", "version": prompts.VERSION, "chat": chat_key(chat)}
    return material.asker.ask(key, model, lambda: chat, material.settings.options(_CHECK_WORDS), EXPECTED_CHECK)
