"""From a spoken question about images to a spoken answer in the person's language."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sensorium.core.errors import InputError
from sensorium.core.languages import Transcript
from sensorium.core.languages import language as code_of
from sensorium.core.messages import Audio, Conversation, Image
from sensorium.core.protocols import Options
from sensorium.core.reply import Reply
from sensorium.voice.pipeline import Pipeline, StepRecord
from sensorium.voice.plan import VoicePlan, VoiceTeam, plan


@dataclass(frozen=True)
class Talk:
    """A question and its answer.

    Args:
        plan: The plan.
        heard: The question's transcript; None if it was typed, or the model took the audio itself.
        question: The question in the person's language; "" if the model took the audio itself.
        reply: The model's answer, in the model's language, with its evidence.
        answer: The answer in `language`, with the notices that are spoken.
        language: The answer's language: the person's, or the model's if it could not be translated.
        notices: What else was said: which fallbacks were needed, what was lost.
        speech: The spoken answer, or None.
        steps: The steps, timed and priced.
        chat: The conversation so far in the model's language, for the next question's `before`.
        first_sound_seconds: From the start to the first sentence that could be played; None without speech.
    """

    plan: VoicePlan
    heard: Transcript | None
    question: str
    reply: Reply
    answer: str
    language: str
    notices: tuple[str, ...]
    speech: Audio | None
    steps: tuple[StepRecord, ...]
    chat: Conversation
    first_sound_seconds: float | None = None

    @property
    def seconds(self) -> float:
        """The time of all steps together."""
        return sum(step.seconds for step in self.steps)

    @property
    def usd(self) -> float | None:
        """The cost of all steps; None if that of one is unknown."""
        known = [step.usd for step in self.steps if step.usd is not None]
        return sum(known) if len(known) == len(self.steps) else None

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name as plain JSON values, without the audio."""
        return {
            "question": self.question,
            "answer": self.answer,
            "language": self.language,
            "heard": None if self.heard is None else self.heard.to_json(),
            "reply": self.reply.to_json(),
            "notices": list(self.notices),
            "plan": self.plan.to_json(),
            "steps": [asdict(step) for step in self.steps],
            "seconds": self.seconds,
            "usd": self.usd,
            "first_sound_seconds": self.first_sound_seconds,
        }


def talk(
    team: VoiceTeam,
    question: Audio | str,
    images: Sequence[Image] = (),
    language: str = "en",
    *,
    options: Options | None = None,
    speak: bool = True,
    before: Conversation | None = None,
    play: Callable[[str, Audio], None] | None = None,
) -> Talk:
    """Transcribe a question, ask it in a language that the model knows, and speak the answer in the person's.

    If an engine fails, the next of the team takes over, and the answer says so. An answer that can't be translated
    is given in the model's language, one that can't be spoken as text.

    Args:
        team: The engines.
        question: Audio, or the question's words.
        images: The images that it is about, in order.
        language: The person's language, as they chose it.
        options: How the model answers.
        speak: False for text only.
        before: `Talk.chat` of the last question, if this one follows it.
        play: Called with each sentence and its audio as soon as it can be played.

    Raises:
        LimitError: before anything is sent, when no transcriber supports the language or no model can be asked in it.
        MediaError: when the audio can't be opened, or has no speech.
        SensoriumError: of the last engine that could have taken a step.
    """
    start = time.perf_counter()
    code = code_of(language)
    made = plan(team, code, isinstance(question, Audio), speak)
    pipeline = Pipeline(team, code)
    heard = pipeline.hear(question) if isinstance(question, Audio) and team.transcribers else None
    content = heard.text if heard is not None else question
    if isinstance(content, str) and not content.strip():
        raise InputError("The question is empty.", 'Write one, e.g. "What is this?"')
    reply, chat, asked_in = pipeline.answer(content, images, options, before)
    text, answer_language = pipeline.translate_back(reply.text, asked_in)
    pipeline.notices = [pipeline.translate_notice(notice, answer_language) for notice in pipeline.notices]
    text = " ".join([text, *pipeline.notices]).strip()
    spoken_notices = len(pipeline.notices)
    speech, ready = pipeline.speak(text, answer_language, play) if speak else (None, None)
    return Talk(
        plan=made,
        heard=heard,
        question=content if isinstance(content, str) else "",
        reply=reply,
        answer=" ".join([text, *pipeline.notices[spoken_notices:]]),
        language=answer_language,
        notices=tuple(pipeline.notices),
        speech=speech,
        steps=tuple(pipeline.records),
        chat=chat,
        first_sound_seconds=None if ready is None else ready - start,
    )
