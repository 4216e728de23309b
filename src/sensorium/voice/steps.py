"""The steps of a spoken question, taken one by one: timed, priced, with those who stand in."""

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
from sensorium.voice.plan import Crew, Kind, asked, hearers, listeners, model_language, speakers, translators
from sensorium.voice.say import PAUSE_SECONDS, spoken
from sensorium.voice.translate import Translated, translated

Who = TypeVar("Who", Transcriber, Model, Translator, Speaker)
Result = TypeVar("Result")

UNSURE = 0.6
"""Under this confidence of what was heard the answer says so; bench/voice.py shows what it separates."""
_DID: dict[str, str] = {
    "hear": "heard the question",
    "translate question": "translated the question",
    "ask": "answered",
    "translate answer": "translated the answer",
    "speak": "speaks",
}


@dataclass(frozen=True)
class Done:
    """A step that was taken.

    Args:
        kind: What was done.
        by: Who did it.
        seconds: Wall time, failed tries included.
        usd: Money by the catalogue's prices; 0.0 on one's own machine, None where it is not known.
        failed: Who was tried before and why it failed, one sentence each.
    """

    kind: Kind
    by: str
    seconds: float
    usd: float | None
    failed: tuple[str, ...] = ()


@dataclass
class Steps:
    """What is collected while the steps are taken."""

    crew: Crew
    language: str
    done: list[Done] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    spoken: str = ""

    def hear(self, question: Audio) -> Transcript:
        length = seconds(question)
        heard: Transcript = self._step(
            "hear",
            hearers(self.crew, self.language),
            lambda who: who.transcribe(question, self.language),
            lambda who, _: speech_usd(who.name, seconds=length),
        )
        if not heard.text:
            raise MediaError(f"Nobody speaks in {question.blob.shown}.", "Speak nearer to the microphone, and again.")
        if heard.confidence is not None and heard.confidence < UNSURE:
            self.notices.append(f"I may have misheard the question as: {heard.text}")
        return heard

    def answer(
        self, question: str | Audio, images: Sequence[Image], options: Options | None, before: Conversation | None
    ) -> tuple[Reply, Conversation]:
        """Ask the models in turn, each in its own language; a question that is a sound, those that listen."""
        failed: list[str] = []
        listens = isinstance(question, Audio)
        models = listeners(self.crew, self.language) if listens else asked(self.crew, self.language)
        for number, model in enumerate(models):
            target = model_language(model, self.language)
            start = time.perf_counter()
            try:
                put: str | Audio = question
                if isinstance(question, str):
                    put = self._translated("translate question", question, self.language, target).text
                chat = (before or Conversation()).then("user", *images, put)
                start = time.perf_counter()
                reply = ask(model, chat, options)
            except MediaError:
                raise
            except SensoriumError as error:
                failed.append(f"{model.name}: {error.message}")
                if number == len(models) - 1:
                    raise
                continue
            usd = reply.usage.usd if reply.usage.usd is not None else speech_usd(model.name)
            self._note("ask", model.name, start, usd, failed)
            self.spoken = target
            return reply, chat.then("assistant", reply.text)
        raise AssertionError("the last model answers or raises")

    def back(self, answer: str) -> tuple[str, str]:
        """Return the answer in the person's language, or in the model's where nobody can translate it."""
        if self.spoken == self.language:
            return answer, self.language
        try:
            found = self._translated("translate answer", answer, self.spoken, self.language)
        except SensoriumError as error:
            self.notices.append(
                f"The answer could not be translated into {language_name(self.language)}: {error.message}"
            )
            return answer, self.spoken
        if found.lost:
            self.notices.append("What stands in brackets at the end was lost in translation, and is given as it was.")
        if found.added:
            self.notices.append(f"The translation may be wrong about: {', '.join(found.added)}.")
        return found.text, self.language

    def in_language(self, notice: str, target: str) -> str:
        """Translate a notice; it stays English where nobody can."""
        for who in translators(self.crew, "en", target) if target != "en" else ():
            start = time.perf_counter()
            try:
                found = translated(who, notice, "en", target).text
            except SensoriumError:
                continue
            self._note("translate answer", who.name, start, speech_usd(who.name, characters=len(notice)), ())
            return found
        return notice

    def say(
        self, text: str, language: str, play: Callable[[str, Audio], None] | None
    ) -> tuple[Audio | None, float | None]:
        """Speak sentence by sentence; give the sound, and when the first sentence was there."""
        if not speakers(self.crew, language):
            return None, None
        start = time.perf_counter()
        at: list[float] = []

        def told(sentence: str, sound: Audio) -> None:
            at.append(time.perf_counter())
            if play is not None:
                play(sentence, sound)

        try:
            found = spoken(self.crew.speak, text, language, told)
        except SensoriumError as error:
            self.notices.append(self.in_language(f"The answer could not be spoken: {error.message}", language))
            return None, None
        self._note("speak", found.by, start, speech_usd(found.by, characters=len(text)), found.failed)
        sound = found.audio
        if found.failed:
            self.notices[-1] = self.in_language(self.notices[-1], language)
            able = [voice for voice in self.crew.speak if voice.name == found.by]
            try:
                sound = join([sound, spoken(able, self.notices[-1], language, play).audio], PAUSE_SECONDS)
            except SensoriumError:
                pass  # the notice is in the text
        return sound, at[0]

    def _translated(self, kind: Kind, text: str, source: str, target: str) -> Translated:
        if source == target:
            return Translated(text)
        return self._step(
            kind,
            translators(self.crew, source, target),
            lambda who: translated(who, text, source, target),
            lambda who, _: speech_usd(who.name, characters=len(text)),
        )

    def _step(
        self,
        kind: Kind,
        able: Sequence[Who],
        do: Callable[[Who], Result],
        price: Callable[[Who, Result], float | None],
    ) -> Result:
        """Let the first who can do it, else the next; what concerns the sound or picture itself ends it at once."""
        failed: list[str] = []
        start = time.perf_counter()
        for number, who in enumerate(able):
            try:
                result = do(who)
            except MediaError:
                raise
            except SensoriumError as error:
                failed.append(f"{who.name}: {error.message}")
                if number == len(able) - 1:
                    raise
                continue
            self._note(kind, who.name, start, price(who, result), failed)
            return result
        raise InputError("Nobody here can translate.", "Give a translator: --translate sarvam")

    def _note(self, kind: Kind, by: str, start: float, usd: float | None, failed: Sequence[str]) -> None:
        self.done.append(Done(kind, by, round(time.perf_counter() - start, 3), usd, tuple(failed)))
        if failed:
            first = failed[0].partition(": ")[0]
            self.notices.append(f"{_spoken(by)} {_DID[kind]}, because {_spoken(first)} could not.")


def _spoken(name: str) -> str:
    """Return the part of a name that can be said: "sarvam:saaras:v3" is Sarvam."""
    return name.partition(":")[0].capitalize()
