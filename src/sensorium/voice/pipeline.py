"""The steps of a spoken question, taken one by one: timed, priced, with fallbacks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sensorium.ask import ask
from sensorium.core.catalog import speech_usd
from sensorium.core.errors import InputError, MediaError, SensoriumError
from sensorium.core.languages import Transcript, language_name
from sensorium.core.messages import Audio, Conversation, Image
from sensorium.core.protocols import Model, Options, Speaker, Transcriber, Translator
from sensorium.core.reply import Reply
from sensorium.media.audio import join, seconds
from sensorium.voice.plan import (
    Kind,
    VoiceTeam,
    audio_models_for,
    model_language,
    models_for,
    speakers_for,
    transcribers_for,
    translators_for,
)
from sensorium.voice.speech import PAUSE_SECONDS, speak
from sensorium.voice.translate import Translation, translate

Engine = TypeVar("Engine", Transcriber, Model, Translator, Speaker)
Result = TypeVar("Result")

LOW_CONFIDENCE = 0.6
"""Below this confidence of the transcript the answer says so; bench/voice.py shows what it separates."""
_DID: dict[str, str] = {
    "hear": "heard the question",
    "translate question": "translated the question",
    "ask": "answered",
    "translate answer": "translated the answer",
    "speak": "speaks",
}


@dataclass(frozen=True)
class StepRecord:
    """A step that was taken.

    Args:
        kind: What was done.
        by: The engine's name.
        seconds: Wall time, failed attempts included.
        usd: Money by the catalogue's prices; 0.0 on one's own machine, None if unknown.
        failed: The engines that failed before and why, one sentence each.
    """

    kind: Kind
    by: str
    seconds: float
    usd: float | None
    failed: tuple[str, ...] = ()


@dataclass
class Pipeline:
    """Takes the steps, and collects their records and the notices for the person."""

    team: VoiceTeam
    language: str
    records: list[StepRecord] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def hear(self, question: Audio) -> Transcript:
        """Return the transcript of the question; raise MediaError if it has no speech."""
        length = seconds(question)
        transcript: Transcript = self._step(
            "hear",
            transcribers_for(self.team, self.language),
            lambda transcriber: transcriber.transcribe(question, self.language),
            lambda transcriber: speech_usd(transcriber.name, seconds=length),
        )
        if not transcript.text:
            raise MediaError(f"Nobody speaks in {question.blob.shown}.", "Speak nearer to the microphone, and again.")
        if transcript.confidence is not None and transcript.confidence < LOW_CONFIDENCE:
            self.notices.append(f"I may have misheard the question as: {transcript.text}")
        return transcript

    def answer(
        self, question: str | Audio, images: Sequence[Image], options: Options | None, before: Conversation | None
    ) -> tuple[Reply, Conversation, str]:
        """Ask each model in its own language until one answers; return its reply, the conversation, the language."""
        failed: list[str] = []
        listens = isinstance(question, Audio)
        models = audio_models_for(self.team, self.language) if listens else models_for(self.team, self.language)
        for model in models:
            language = model_language(model, self.language)
            start = time.perf_counter()
            try:
                content = question
                if isinstance(question, str):
                    content = self._translate("translate question", question, self.language, language).text
                chat = (before or Conversation()).then("user", *images, content)
                start = time.perf_counter()
                reply = ask(model, chat, options)
            except MediaError:
                raise
            except SensoriumError as error:
                failed.append(f"{model.name}: {error.message}")
                if len(failed) == len(models):
                    raise
                continue
            usd = reply.usage.usd if reply.usage.usd is not None else speech_usd(model.name)
            self._record("ask", model.name, start, usd, failed)
            break
        return reply, chat.then("assistant", reply.text), language

    def translate_back(self, answer: str, source: str) -> tuple[str, str]:
        """Return the answer in the person's language, or as it was if translating fails, and its language."""
        if source == self.language:
            return answer, self.language
        try:
            translation = self._translate("translate answer", answer, source, self.language)
        except SensoriumError as error:
            self.notices.append(
                f"The answer could not be translated into {language_name(self.language)}: {error.message}"
            )
            return answer, source
        if translation.lost:
            self.notices.append("What stands in brackets at the end was lost in translation, and is given as it was.")
        if translation.added:
            self.notices.append(f"The translation may be wrong about: {', '.join(translation.added)}.")
        return translation.text, self.language

    def translate_notice(self, notice: str, target: str) -> str:
        """Return a notice in another language; in English if no translator can."""
        for translator in translators_for(self.team, "en", target) if target != "en" else ():
            start = time.perf_counter()
            try:
                text = translate(translator, notice, "en", target).text
            except SensoriumError:
                continue
            usd = speech_usd(translator.name, characters=len(notice))
            self._record("translate answer", translator.name, start, usd, ())
            return text
        return notice

    def speak(
        self, text: str, language: str, play: Callable[[str, Audio], None] | None
    ) -> tuple[Audio | None, float | None]:
        """Speak sentence by sentence; return the audio, and when the first sentence was ready."""
        if not speakers_for(self.team, language):
            return None, None
        start = time.perf_counter()
        ready: list[float] = []

        def on_sentence(sentence: str, audio: Audio) -> None:
            ready.append(time.perf_counter())
            if play is not None:
                play(sentence, audio)

        try:
            speech = speak(self.team.speakers, text, language, on_sentence)
        except SensoriumError as error:
            self.notices.append(self.translate_notice(f"The answer could not be spoken: {error.message}", language))
            return None, None
        self._record("speak", speech.by, start, speech_usd(speech.by, characters=len(text)), speech.failed)
        audio = speech.audio
        if speech.failed:
            self.notices[-1] = self.translate_notice(self.notices[-1], language)
            voices = [voice for voice in self.team.speakers if voice.name == speech.by]
            try:
                audio = join([audio, speak(voices, self.notices[-1], language, play).audio], PAUSE_SECONDS)
            except SensoriumError:
                pass  # the notice is in the text
        return audio, ready[0]

    def _translate(self, kind: Kind, text: str, source: str, target: str) -> Translation:
        if source == target:
            return Translation(text)
        return self._step(
            kind,
            translators_for(self.team, source, target),
            lambda translator: translate(translator, text, source, target),
            lambda translator: speech_usd(translator.name, characters=len(text)),
        )

    def _step(
        self,
        kind: Kind,
        engines: Sequence[Engine],
        run: Callable[[Engine], Result],
        price: Callable[[Engine], float | None],
    ) -> Result:
        """Return the result of the first engine that succeeds; broken audio or images raise at once."""
        failed: list[str] = []
        start = time.perf_counter()
        for engine in engines:
            try:
                result = run(engine)
            except MediaError:
                raise
            except SensoriumError as error:
                failed.append(f"{engine.name}: {error.message}")
                if len(failed) == len(engines):
                    raise
                continue
            self._record(kind, engine.name, start, price(engine), failed)
            return result
        raise InputError("No loaded translator supports both languages.", "Load a translator: translators=sarvam")

    def _record(self, kind: Kind, by: str, start: float, usd: float | None, failed: Sequence[str]) -> None:
        self.records.append(StepRecord(kind, by, round(time.perf_counter() - start, 3), usd, tuple(failed)))
        if failed:
            first = failed[0].partition(": ")[0]
            self.notices.append(f"{_pronounceable(by)} {_DID[kind]}, because {_pronounceable(first)} could not.")


def _pronounceable(name: str) -> str:
    """Return the part of a name that can be spoken: "sarvam:saaras:v3" is Sarvam."""
    return name.partition(":")[0].capitalize()
