"""A spoken question about pictures -> a spoken answer in the person's language."""

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
from sensorium.voice.plan import Crew, Plan, plan
from sensorium.voice.steps import Done, Steps


@dataclass(frozen=True)
class Talk:
    """A question and its answer.

    Args:
        plan: What was meant to be done.
        heard: The question as it was heard; None where it was typed, or the model listened itself.
        question: The question in the person's language; "" where the model listened itself.
        reply: The model's answer, in the model's language, with its evidence.
        answer: The answer in `language`, with the notices that are said aloud.
        language: The answer's language: the person's, or the model's where nobody could translate.
        notices: What else was said: which step another had to take, what could not be kept.
        speech: The spoken answer, or None.
        done: The steps, timed and priced.
        chat: The conversation so far in the model's language, for the next question's `before`.
        first_sound_seconds: From the start to the first sentence that could be played; None without speech.
    """

    plan: Plan
    heard: Transcript | None
    question: str
    reply: Reply
    answer: str
    language: str
    notices: tuple[str, ...]
    speech: Audio | None
    done: tuple[Done, ...]
    chat: Conversation
    first_sound_seconds: float | None = None

    @property
    def seconds(self) -> float:
        """The time that all steps took together."""
        return sum(one.seconds for one in self.done)

    @property
    def usd(self) -> float | None:
        """What it cost; None where that of a step is not known."""
        known = [one.usd for one in self.done if one.usd is not None]
        return sum(known) if len(known) == len(self.done) else None

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name as plain JSON values, without the sound."""
        return {
            "question": self.question,
            "answer": self.answer,
            "language": self.language,
            "heard": None if self.heard is None else self.heard.to_json(),
            "reply": self.reply.to_json(),
            "notices": list(self.notices),
            "plan": self.plan.to_json(),
            "steps": [asdict(one) for one in self.done],
            "seconds": self.seconds,
            "usd": self.usd,
            "first_sound_seconds": self.first_sound_seconds,
        }


def talk(
    crew: Crew,
    question: Audio | str,
    images: Sequence[Image] = (),
    language: str = "en",
    *,
    options: Options | None = None,
    speak: bool = True,
    before: Conversation | None = None,
    play: Callable[[str, Audio], None] | None = None,
) -> Talk:
    """Hear a question, ask it in a language that the model knows, and speak the answer in the person's.

    Where somebody fails, the next in the crew's order stands in, and the answer says so; where nobody can translate
    the answer it is given in the model's language; where nobody can speak it is text.

    Args:
        crew: Who can do what.
        question: A sound, or the question's words.
        images: The pictures that it is about, in order.
        language: The person's language, as they chose it.
        options: How the model shall answer.
        speak: False for text only.
        before: `Talk.chat` of the last question, where this one follows it.
        play: Called with each sentence and its sound as soon as it can be played.

    Raises:
        LimitError: before anything is sent, when nobody hears the language or no model can be asked in it.
        MediaError: when the sound can't be opened, or nobody speaks in it.
        SensoriumError: of the last who could have taken a step.
    """
    start = time.perf_counter()
    code = code_of(language)
    made = plan(crew, code, isinstance(question, Audio), speak)
    run = Steps(crew, code)
    heard = run.hear(question) if isinstance(question, Audio) and crew.hear else None
    put = heard.text if heard is not None else question
    if isinstance(put, str) and not put.strip():
        raise InputError("There is no question.", 'Write one, e.g. "What is this?"')
    reply, chat = run.answer(put, images, options, before)
    answer, spoken_in = run.back(reply.text)
    run.notices = [run.in_language(notice, spoken_in) for notice in run.notices]
    whole = " ".join([answer, *run.notices]).strip()
    told = len(run.notices)
    speech, first_at = run.say(whole, spoken_in, play) if speak else (None, None)
    whole = " ".join([whole, *run.notices[told:]])
    first = None if first_at is None else first_at - start
    words = put if isinstance(put, str) else ""
    return Talk(
        made, heard, words, reply, whole, spoken_in, tuple(run.notices), speech, tuple(run.done), chat, first
    )  # fmt: skip
