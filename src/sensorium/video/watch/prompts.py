"""What each step of watching is asked, in words: every time in them is a second of the film."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.core.errors import InputError, quoted
from sensorium.core.languages import Span
from sensorium.core.messages import Conversation, Image, Part, Text
from sensorium.core.protocols import Limits
from sensorium.media.image import pixels
from sensorium.media.times import frame_label
from sensorium.media.video import Frame
from sensorium.video.actions.asking import clip_parts, shared_collages

VERSION = 1
"""Changes with the words: stored answers to other words are not used."""
DESCRIPTION_WORDS, CONDENSED_WORDS = 120, 200
MAX_EVIDENCE = 6
CANT_TELL = "can't tell"
_SUMMARY = re.compile(r"\b(summar\w+|chapters?|overview|synopsis)\b", re.I)
_CONFLICT = (
    "If what is seen and what is said disagree, answer from the one that the question is about, and say in the answer "
    "which one it is (seen or said)."
)


@dataclass(frozen=True)
class WatchQuestion:
    """What is asked.

    Args:
        text: The question.
        choices: The possible answers of a multiple-choice question.
        pictures: Pictures that belong to the question, in order.
        wants_chapters: Whether the answer is a summary with chapters.
        examples: Answered examples that go before the question: what was seen, what was asked, the answer.
    """

    text: str
    choices: tuple[str, ...] = ()
    pictures: tuple[Image, ...] = ()
    wants_chapters: bool = False
    examples: tuple[tuple[str, str, str], ...] = ()


def watch_question(
    text: str, choices: Sequence[str] = (), pictures: Sequence[Image] = (), wants_chapters: bool | None = None
) -> WatchQuestion:
    """Return a question; unless it is said, its words tell whether a summary with chapters is wanted."""
    if not text.strip():
        raise InputError("The question is empty.", 'Try "What happens?"')
    options = [" ".join(choice.split()).casefold() for choice in choices]
    twice = next((choice for choice, own in zip(choices, options, strict=True) if options.count(own) > 1), None)
    if "" in options:
        raise InputError("A choice is empty.", 'Try --choice "red" --choice "blue"')
    if twice is not None:
        raise InputError(f"The choice {quoted(twice)} is there twice.", "Give each choice once.")
    chapters = _SUMMARY.search(text) is not None if wants_chapters is None else wants_chapters
    return WatchQuestion(text.strip(), tuple(choices), tuple(pictures), chapters)


@dataclass(frozen=True)
class ClipNotes:
    """What is known of a clip besides its frames.

    Args:
        where: The clip in words, as "0:20.000 to 0:40.000 of 'a.mp4'".
        start, end: Seconds of the film.
        heard: What is said in it.
        read: Texts that are shown in it, with their times.
        moves: What moves, in words, with their times.
        description: What a model saw in it, "" before it was asked.
    """

    where: str
    start: float
    end: float
    heard: tuple[Span, ...] = ()
    read: tuple[Span, ...] = ()
    moves: tuple[Span, ...] = ()
    description: str = ""


def seconds(at: float) -> str:
    """Return a time as it stands in prompts: to a hundredth of a second, less than half a frame."""
    return f"{at:.2f}"


def where_of(start: float, end: float, film: str = "") -> str:
    """Return a clip in words."""
    return f"{seconds(start)} s to {seconds(end)} s" + (f" of {film}" if film else "")


def frames_first(frames: Sequence[Image], words: str, limits: Limits) -> Conversation:
    """Return a question about frames: each with its time, or on numbered, timed collages if the model takes fewer."""
    most = most_images(limits)
    if most is None or len(frames) <= most:
        return Conversation.of(*frames, words)
    clip = [Frame(image.at or 0.0, pixels(image)) for image in frames]
    return Conversation.of(*clip_parts(clip, limits), words)


def film_labels(names: Sequence[str]) -> list[str]:
    """Return what several films are called, by the numbers that answers have; of one film ""."""
    if len(names) == 1:
        return [""]
    numbers = [f"film {number}" for number in range(1, len(names) + 1)]
    return [f"{own} ({name})" if name not in ("", own) else own for own, name in zip(numbers, names, strict=True)]


def _films_first(frames: Sequence[Sequence[Image]], names: Sequence[str], words: str, limits: Limits) -> Conversation:
    """Return a question about several films' frames, each with its film and its time, on its own or on collages."""
    most = most_images(limits)
    if most is not None and sum(map(len, frames)) > most:
        clips = [[Frame(image.at or 0.0, pixels(image)) for image in own] for own in frames]
        return Conversation.of(*shared_collages(clips, names, limits), words)
    parts: list[Part] = []
    for own, name in zip(frames, names, strict=True):
        for image in own:
            parts += [Text(frame_label(image.at or 0.0, name)), Image(image.blob)]
    return Conversation.of(*parts, words)


def most_images(limits: Limits) -> int | None:
    """Return how many pictures a model is shown at once, or None for no limit."""
    return limits.max_images if limits.advised_images is None else limits.advised_images


def describe(frames: Sequence[Image], notes: ClipNotes, limits: Limits) -> Conversation:
    """Return what a model is asked to see in a clip; the film's question is not in it, so that it serves others too."""
    return frames_first(frames, describe_words(notes), limits)


def describe_words(notes: ClipNotes) -> str:
    """Return the words that go with a clip's frames."""
    known = known_of(notes)
    return (
        f"These frames, in order, are from a clip of a film, from {seconds(notes.start)} s to {seconds(notes.end)} s. "
        f"All times are seconds of the film.\n{known}"
        "Describe what is seen, in order: who or what, how many, colours, where, what they do, what changes, texts on "
        "the screen. Write one line for each event, as START-END: what is seen. Say nothing that the frames don't "
        f"show, and don't repeat what is said. At most {DESCRIPTION_WORDS} words."
    )


def condense(question: WatchQuestion, clips: Sequence[ClipNotes]) -> Conversation:
    """Return what a model is asked to keep of some clips' notes for a question."""
    words = (
        f"Notes on clips of a film, in order. All times are seconds of the film.\n\n{_listed(clips)}\n\n"
        f"{asked(question)}\n\nKeep everything in these notes that may help to answer, also what speaks against an "
        "answer, and copy the times exactly. Write one line for each fact, as START-END (seen, read, heard or moves): "
        f"fact. If nothing helps, write: NOTHING. Do not answer yet. At most {CONDENSED_WORDS} words."
    )
    return Conversation.of(*question.pictures, words)


def answer(
    question: WatchQuestion, condensed: Sequence[str], several: bool, doubts: Sequence[str] = ()
) -> Conversation:
    """Return the final question over condensed notes; `doubts` are claims that a second look did not confirm."""
    body = "\n".join(text for text in condensed if text.strip() and text.strip() != "NOTHING") or "(no notes)"
    words = (
        f"Notes on a film, in order, with their sources. All times are seconds of the film.\n\n{body}\n\n"
        f"{_final(question, several, doubts)}"
    )
    return _with_examples(question, Conversation.of(*question.pictures, words))


def answer_from_frames(
    question: WatchQuestion, frames: Sequence[Sequence[Image]], names: Sequence[str], notes: Sequence[ClipNotes],
    limits: Limits, doubts: Sequence[str] = (),
) -> Conversation:  # fmt: skip
    """Return the question with frames of each film; `names` are those of `film_labels`."""
    known = "".join(f"From {each.where}:\n{known_of(each)}" for each in notes if known_of(each))
    told = "\n".join(f"- {each.where}" for each in notes)
    words = (
        f"These frames, in order, are from:\n{told}\nAll times are seconds of the film.\n{known}\n"
        f"{_final(question, len(frames) > 1, doubts)}"
    )
    chat = frames_first(frames[0], words, limits) if len(frames) == 1 else _films_first(frames, names, words, limits)
    if not question.pictures:
        return _with_examples(question, chat)
    last = chat.messages[-1]
    parts: list[Part] = [*last.parts[:-1], Text("These pictures belong to the question:"), *question.pictures]
    return _with_examples(question, Conversation.of(*parts, last.parts[-1]))


def answer_from_films(question: WatchQuestion, films: Sequence[Part], names: Sequence[str], known: str, several: bool,
                      doubts: Sequence[str] = ()) -> Conversation:  # fmt: skip
    """Return the question with whole films, which stand before it."""
    parts: list[Part] = []
    for number, (film, name) in enumerate(zip(films, names, strict=True), 1):
        parts += [Text(f"Film {number}: {name}"), film] if several else [film]
    if question.pictures:
        parts += [Text("These pictures belong to the question:"), *question.pictures]
    words = f"All times are seconds of the film from its start.\n{known}{_final(question, several, doubts)}"
    return _with_examples(question, Conversation.of(*parts, words))


def check(claim: str, start: float, end: float, source: str, frames: Sequence[Image], notes: ClipNotes,
          limits: Limits) -> Conversation:  # fmt: skip
    """Return what a model is asked about one piece of evidence."""
    words = check_words(claim, start, end, source, notes)
    if not frames:
        return Conversation.of(words)
    return frames_first(frames, f"These frames, in order, are from that part of the film. {words}", limits)


def check_words(claim: str, start: float, end: float, source: str, notes: ClipNotes) -> str:
    """Return the words of a second look at one piece of evidence."""
    kinds = {"seen": "can be seen", "read": "can be read", "heard": "is said", "moves": "can be seen"}
    return (
        f"{known_of(notes)}Claim about the film from {seconds(start)} s to {seconds(end)} s: {claim}\n"
        f"Is it true that this {kinds.get(source, 'can be seen')} then? Answer with one word, yes or no."
    )


def answer_schema(question: WatchQuestion, films: int) -> dict[str, Any]:
    """Return the JSON Schema of an answer."""
    moment: dict[str, Any] = {
        "start": {"type": "number"},
        "end": {"type": "number"},
        "text": {"type": "string"},
        "source": {"enum": ["seen", "read", "heard", "moves"]},
    }
    chapter: dict[str, Any] = {"start": {"type": "number"}, "end": {"type": "number"}, "title": {"type": "string"}}
    if films > 1:
        moment["film"] = chapter["film"] = {"enum": list(range(1, films + 1))}
    fields: dict[str, Any] = {
        "evidence": {"type": "array", "items": _closed(moment)},
        "answer": {"enum": [*question.choices, ""]} if question.choices else {"type": "string"},
        "cant_tell": {"type": "boolean"},
    }
    if question.wants_chapters:
        fields["chapters"] = {"type": "array", "items": _closed(chapter)}
    return _closed(fields)


def asked(question: WatchQuestion) -> str:
    """Return the question with its choices."""
    pictures = f" (about the {len(question.pictures)} pictures above, too)" if question.pictures else ""
    choices = "\nChoices: " + "; ".join(question.choices) if question.choices else ""
    return f"Question{pictures}: {question.text}{choices}"


def notes_text(notes: ClipNotes) -> str:
    """Return all that is known of a clip, its description among it, as it stands in the notes."""
    described = f"Seen: {notes.description}\n" if notes.description else "Seen: not looked at\n"
    return f"Clip from {notes.where}\n{described}{known_of(notes)}".rstrip()


def _listed(clips: Sequence[ClipNotes]) -> str:
    return "\n\n".join(map(notes_text, clips))


def known_of(notes: ClipNotes) -> str:
    """Return what is said, shown and moving in a clip, a line each with its times; "" if nothing is known."""
    heard = [f"{seconds(span.start)}-{seconds(span.end)} (heard): {span.text}" for span in notes.heard]
    read = [f"{seconds(span.start)}-{seconds(span.end)} (read): {span.text}" for span in notes.read]
    lines = ["Said in it:"] * bool(heard) + heard
    lines += ["Texts on the screen:"] * bool(read) + read
    moves = [f"{where_of(span.start, span.end)}: {span.text}" for span in notes.moves]
    lines += ["Motion:"] * bool(moves) + moves
    return "".join(f"{line}\n" for line in lines)


def _final(question: WatchQuestion, several: bool, doubts: Sequence[str]) -> str:
    doubted = "".join(f"\n- {doubt}" for doubt in doubts)
    lines = [
        asked(question),
        f"A second look did not confirm these claims; do not rest on them:{doubted}" if doubts else "",
        f"First give up to {MAX_EVIDENCE} moments that prove the answer, each with its start and end in seconds"
        + (", its film's number" if several else "")
        + ", what is seen, read, heard or moves then, and its source; then the answer itself, short.",
        "Give chapters too: the parts of the film in order, each with start, end and a short title."
        if question.wants_chapters
        else "",
        f"Take times only from above. {_CONFLICT}",
        'If it can\'t be told, set cant_tell to true and leave the answer "".',
    ]
    return "\n".join(line for line in lines if line)


def _with_examples(question: WatchQuestion, chat: Conversation) -> Conversation:
    if not question.examples:
        return chat
    out = Conversation()
    for seen, text, right in question.examples:
        out = out.then("user", f"Example. Notes on a clip:\n{seen}\n\nQuestion: {text}").then("assistant", right)
    return Conversation((*out.messages, *chat.messages))


def _closed(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
