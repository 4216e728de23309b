"""Fake: a Model for users' own tests, with prepared answers and a record of what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sensorium.core.errors import SensoriumError
from sensorium.core.messages import Conversation
from sensorium.core.protocols import Delta, Limits, Options
from sensorium.core.reply import Usage

FakeAnswer = str | Delta | SensoriumError


class Fake:
    """A Model that gives prepared answers in turn, the last one again and again.

    Args:
        answers: A text, a Delta, an error to raise, several of them in turn, or a function of the conversation.
        limits: What it pretends to take.
        name: Its name.

    Example:
        >>> from sensorium import Conversation, ask
        >>> ask(Fake(lambda chat: chat.messages[-1].text.upper()), Conversation.of("hello")).text
        'HELLO'
    """

    def __init__(
        self,
        answers: FakeAnswer | Sequence[FakeAnswer] | Callable[[Conversation], FakeAnswer],
        limits: Limits | None = None,
        name: str = "fake",
    ) -> None:
        self.name = name
        self.limits = limits or Limits(parts=("text", "image", "audio", "video"))
        self.asked: list[Conversation] = []
        if callable(answers):
            self._answer = answers
        else:
            prepared = [answers] if isinstance(answers, str | Delta | SensoriumError) else list(answers)
            self._answer = lambda chat: prepared[min(len(self.asked) - 1, len(prepared) - 1)]

    def stream(self, chat: Conversation, options: Options) -> Iterator[Delta]:
        """Yield the next answer word by word."""
        self.asked.append(chat)
        answer = self._answer(chat)
        if isinstance(answer, SensoriumError):
            raise answer
        if isinstance(answer, Delta):
            yield answer
            return
        words = answer.split(" ")
        for i, word in enumerate(words):
            yield Delta(word if i == 0 else f" {word}")
        input_words = sum(len(message.text.split()) for message in chat.messages)
        yield Delta(usage=Usage(input_tokens=input_words, output_tokens=len(words)))


def model(name: str) -> Fake:
    """Return a Fake that answers with its own name: "fake:A cat." says "A cat."."""
    return Fake(name or "This is the fake model's answer.", name=f"fake:{name}" if name else "fake")
