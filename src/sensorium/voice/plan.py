"""The plan of a spoken question: which engine takes which step, by what each one supports."""

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
"""The language to ask a model in that states several, but not the person's."""


@dataclass(frozen=True)
class VoiceTeam:
    """The engines of a voice pipeline: for each step the first that fits, the others as its fallbacks in their order.

    Args:
        models: What answers; at least one.
        transcribers: Speech to text; empty if the model takes audio itself, e.g. Gemini.
        translators: Text into another language.
        speakers: Text to speech.
    """

    models: Sequence[Model]
    transcribers: Sequence[Transcriber] = ()
    translators: Sequence[Translator] = ()
    speakers: Sequence[Speaker] = ()


@dataclass(frozen=True)
class PlanStep:
    """One step of a plan.

    Args:
        kind: What is done.
        source: The input's language.
        target: The output's language.
        by: The engine's name, then its fallbacks'.
    """

    kind: Kind
    source: str
    target: str
    by: tuple[str, ...]

    def __str__(self) -> str:
        languages = language_name(self.source)
        if self.target != self.source:
            languages += f" to {language_name(self.target)}"
        fallbacks = f" If it fails: {', then '.join(self.by[1:])}." if len(self.by) > 1 else ""
        return f"{self.by[0]} {_VERBS[self.kind]} {languages}.{fallbacks}"


@dataclass(frozen=True)
class VoicePlan:
    """The steps in order, and what a person should know before they are taken.

    Args:
        language: The person's language.
        model_language: The language in which the model is asked.
        steps: The steps.
        remarks: Sentences, e.g. that no voice speaks the language.
    """

    language: str
    model_language: str
    steps: tuple[PlanStep, ...]
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name as plain JSON values."""
        return asdict(self)


def plan(team: VoiceTeam, language: str, audio_question: bool = True, spoken_answer: bool = True) -> VoicePlan:
    """Return the plan for a question.

    A model that states no languages, or the person's among them, is asked in the person's language. Else the question
    is translated for it and its answer back: Llama 3.2 answers about images in English only
    (https://huggingface.co/meta-llama/Llama-3.2-11B-Vision-Instruct), as does the offline model.

    Args:
        team: The engines.
        language: The person's language, a short code.
        audio_question: True if the question is spoken.
        spoken_answer: True if the answer is to be spoken.

    Raises:
        LimitError: when no transcriber supports the language, or no model can be asked in it, not even through a
            translator.
    """
    listens = audio_question and not team.transcribers
    models = audio_models_for(team, language) if listens else models_for(team, language)
    between = model_language(models[0], language)
    steps, remarks = [], []
    if audio_question and team.transcribers:
        steps.append(PlanStep("hear", language, language, _names(transcribers_for(team, language))))
    if between != language:
        there = _names(translators_for(team, language, between))
        steps.append(PlanStep("translate question", language, between, there))
    steps.append(PlanStep("ask", between, between, _names(models)))
    if between != language:
        back = _names(translators_for(team, between, language))
        steps.append(PlanStep("translate answer", between, language, back))
    voices = speakers_for(team, language) if spoken_answer else []
    if voices:
        steps.append(PlanStep("speak", language, language, _names(voices)))
        silent = [speaker.name for speaker in team.speakers if speaker not in voices]
        if silent:
            remarks.append(f"{' and '.join(silent)} can't speak {language_name(language)}, so {voices[0].name} does.")
    elif spoken_answer:
        remarks.append(f"No loaded voice speaks {language_name(language)}: the answer is text only.")
    return VoicePlan(language, between, tuple(steps), tuple(remarks))


def model_language(model: Model, language: str) -> str:
    """Return the language in which a model is asked by a person who speaks `language`."""
    stated = model.limits.languages
    if handles(stated, language):
        return language
    return BRIDGE if BRIDGE in stated else stated[0]


def transcribers_for(team: VoiceTeam, language: str) -> list[Transcriber]:
    """Return the transcribers that support the language; raise LimitError without one."""
    able = [transcriber for transcriber in team.transcribers if handles(transcriber.languages, language)]
    if not able:
        loaded = ", ".join(transcriber.name for transcriber in team.transcribers) or "none"
        raise LimitError(
            f"No loaded transcriber supports {language_name(language)} (loaded: {loaded}).",
            "Type the question, or load another transcriber: transcribers=sarvam",
        )
    return able


def audio_models_for(team: VoiceTeam, language: str) -> list[Model]:
    """Return the models that take the spoken question themselves; raise LimitError without one."""
    able = [
        model for model in team.models if "audio" in model.limits.parts and model_language(model, language) == language
    ]
    if not able:
        transcribers_for(team, language)  # raises, and names what is loaded
    return able


def models_for(team: VoiceTeam, language: str) -> list[Model]:
    """Return the models that can be asked by a person of this language; raise LimitError without one."""
    able = []
    for model in team.models:
        between = model_language(model, language)
        if between == language or translators_for(team, language, between):
            able.append(model)
    if not able:
        names = ", ".join(model.name for model in team.models) or "no model"
        raise LimitError(
            f"{names} can't be asked in {language_name(language)}, and no loaded translator supports it.",
            "Load a translator: translators=sarvam, or a chat model as one: translators=openai:gpt-6-luna",
        )
    return able


def translators_for(team: VoiceTeam, source: str, target: str) -> list[Translator]:
    """Return the translators that support both languages."""
    return [t for t in team.translators if handles(t.languages, source) and handles(t.languages, target)]


def speakers_for(team: VoiceTeam, language: str) -> list[Speaker]:
    """Return the speakers that support the language."""
    return [speaker for speaker in team.speakers if handles(speaker.languages, language)]


def _names(engines: Iterable[Transcriber | Model | Translator | Speaker]) -> tuple[str, ...]:
    return tuple(engine.name for engine in engines)
