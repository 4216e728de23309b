"""Who does what: the steps from a spoken question to a spoken answer, chosen by what each can do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sensorium.core.errors import LimitError
from sensorium.core.languages import handles, language_name
from sensorium.core.protocols import Model, Speaker, Transcriber, Translator

Kind = Literal["hear", "translate question", "ask", "translate answer", "speak"]
_VERBS: dict[str, str] = {
    "hear": "hears the question in",
    "translate question": "translates the question from",
    "ask": "answers in",
    "translate answer": "translates the answer from",
    "speak": "speaks the answer in",
}
BRIDGE = "en"
"""The language that is taken where a model states several and the person's is not among them."""


@dataclass(frozen=True)
class Crew:
    """Who can do each step: the first that fits does it, the others stand in for it, in their order.

    Args:
        models: What answers; at least one.
        hear: What turns speech into words; empty where the model shall listen itself, e.g. Gemini.
        translate: What turns words into another language.
        speak: What turns words into speech.
    """

    models: Sequence[Model]
    hear: Sequence[Transcriber] = ()
    translate: Sequence[Translator] = ()
    speak: Sequence[Speaker] = ()


@dataclass(frozen=True)
class Step:
    """One step.

    Args:
        kind: What is done.
        source: The language that comes in.
        target: The language that goes out.
        by: Names: who does it, then who stands in.
    """

    kind: Kind
    source: str
    target: str
    by: tuple[str, ...]

    def __str__(self) -> str:
        languages = language_name(self.source)
        if self.target != self.source:
            languages += f" to {language_name(self.target)}"
        others = f" If it fails: {', then '.join(self.by[1:])}." if len(self.by) > 1 else ""
        return f"{self.by[0]} {_VERBS[self.kind]} {languages}.{others}"


@dataclass(frozen=True)
class Plan:
    """The steps in order, and what a person should know before they are taken.

    Args:
        language: The person's language.
        model_language: The language in which the model is asked.
        steps: The steps.
        remarks: Sentences, e.g. that no voice speaks the language.
    """

    language: str
    model_language: str
    steps: tuple[Step, ...]
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name as plain JSON values."""
        return asdict(self)


def plan(crew: Crew, language: str, hears: bool = True, speaks: bool = True) -> Plan:
    """Choose the steps.

    A model that states no languages, or the person's among them, is asked in the person's language. Else the question
    is translated for it and its answer back: Llama 3.2 answers about pictures in English only
    (https://huggingface.co/meta-llama/Llama-3.2-11B-Vision-Instruct), as does the offline model.

    Args:
        crew: Who can do what.
        language: The person's language, a short code.
        hears: True where the question is spoken.
        speaks: True where the answer shall be spoken.

    Raises:
        LimitError: when nobody hears the language, or no model can be asked in it, not even through a translator.
    """
    models = listeners(crew, language) if hears and not crew.hear else asked(crew, language)
    between = model_language(models[0], language)
    steps, remarks = [], []
    if hears and crew.hear:
        steps.append(Step("hear", language, language, _names(hearers(crew, language))))
    if between != language:
        steps.append(Step("translate question", language, between, _names(translators(crew, language, between))))
    steps.append(Step("ask", between, between, _names(models)))
    if between != language:
        steps.append(Step("translate answer", between, language, _names(translators(crew, between, language))))
    voices = speakers(crew, language) if speaks else []
    if voices:
        steps.append(Step("speak", language, language, _names(voices)))
    elif speaks:
        remarks.append(f"No voice here speaks {language_name(language)}: the answer is text only.")
    silent = [one.name for one in crew.speak if one not in voices and speaks and voices]
    if silent:
        remarks.append(f"{' and '.join(silent)} can't speak {language_name(language)}, so {voices[0].name} does.")
    return Plan(language, between, tuple(steps), tuple(remarks))


def model_language(model: Model, language: str) -> str:
    """Return the language in which a model is asked by a person who speaks `language`."""
    stated = model.limits.languages
    if handles(stated, language):
        return language
    return BRIDGE if BRIDGE in stated else stated[0]


def hearers(crew: Crew, language: str) -> list[Transcriber]:
    """Return those who hear the language; LimitError where there are none."""
    found = [one for one in crew.hear if handles(one.languages, language)]
    if not found:
        there = ", ".join(one.name for one in crew.hear) or "nobody"
        raise LimitError(
            f"Nobody here hears {language_name(language)}: there is {there}.",
            "Type the question, or name who does: --hear whisper, --hear sarvam",
        )
    return found


def listeners(crew: Crew, language: str) -> list[Model]:
    """Return the models that hear the question themselves; LimitError where there are none."""
    found = [
        model for model in crew.models if "audio" in model.limits.parts and model_language(model, language) == language
    ]
    if not found:
        hearers(crew, language)  # says who is there
    return found


def asked(crew: Crew, language: str) -> list[Model]:
    """Return the models that can be asked by a person of this language; LimitError where there are none."""
    found = []
    for model in crew.models:
        between = model_language(model, language)
        if between == language or translators(crew, language, between):
            found.append(model)
    if not found:
        names = ", ".join(model.name for model in crew.models) or "no model"
        raise LimitError(
            f"{names} can't be asked in {language_name(language)}, and nobody here translates it.",
            "Give a translator: --translate sarvam, or --translate openai:gpt-4o-mini",
        )
    return found


def translators(crew: Crew, source: str, target: str) -> list[Translator]:
    """Return those who know both languages."""
    return [one for one in crew.translate if handles(one.languages, source) and handles(one.languages, target)]


def speakers(crew: Crew, language: str) -> list[Speaker]:
    """Return those who speak the language."""
    return [one for one in crew.speak if handles(one.languages, language)]


def _names(found: Iterable[Transcriber | Model | Translator | Speaker]) -> tuple[str, ...]:
    return tuple(one.name for one in found)
