"""Translations whose numbers, dates and names are checked; a chat model as a translator."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.ask import ask
from sensorium.core.errors import ServiceError
from sensorium.core.languages import language_name
from sensorium.core.messages import Conversation, Message
from sensorium.core.protocols import Model, Options, Translator
from sensorium.voice.protect import added, hide, latin_digits, lost, restore


@dataclass(frozen=True)
class Translated:
    """A translation.

    Args:
        text: The words; what the translator lost stands after them, in brackets.
        lost: What of the original's numbers, dates, names … did not come back by itself.
        added: Numbers that the translation has and the original has not.
    """

    text: str
    lost: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def translated(translator: Translator, text: str, source: str, target: str) -> Translated:
    """Translate, with numbers, units, dates, codes, names and quotations kept as they are.

    They are replaced by marks first. Where a mark is lost the plain text is translated, and its numbers compared;
    what neither way kept is put behind the translation as it was.

    Raises:
        ServiceError: when the translator gives nothing.
        SensoriumError: whatever the translator raises.
    """
    if source == target or not text.strip():
        return Translated(text)
    text = latin_digits(text).replace("[[", "[ [")  # else it would be taken for a mark
    hidden = hide(text, source)
    marked, missing = restore(_whole(translator, hidden.text, source, target), hidden.kept)
    more = added(text, marked)
    if not missing and not more:
        return Translated(marked)
    plain = _whole(translator, text, source, target)
    missed, extra = lost(hidden.kept, plain), added(text, plain)
    if len(missed) + len(extra) <= len(missing) + len(more):
        marked, missing, more = plain, missed, extra
    return Translated(f"{marked} ({', '.join(missing)})" if missing else marked, missing, more)


def _whole(translator: Translator, text: str, source: str, target: str) -> str:
    found = translator.translate(text, source, target).strip()
    if not found:
        raise ServiceError(f"{translator.name} gave an empty translation.", "Give another: --translate NAME")
    return found


@dataclass(frozen=True)
class Asking:
    """A Translator that asks a chat Model."""

    model: Model
    options: Options | None = None

    @property
    def name(self) -> str:
        """The model's own name."""
        return self.model.name

    @property
    def languages(self) -> tuple[str, ...]:
        """The model's languages."""
        return self.model.limits.languages

    def translate(self, text: str, source: str, target: str) -> str:
        """Ask for a translation; ServiceError where the model gives none."""
        reply = ask(self.model, to_question(text, source, target), self.options)
        found = reply.text.strip()
        if reply.abstained or reply.cut or not found:
            raise ServiceError(f"{self.name} gave no translation.", "Give a translator: --translate sarvam")
        return found


def to_question(text: str, source: str, target: str) -> Conversation:
    """Make the conversation that asks a chat model for a translation."""
    rules = (
        f"Translate the user's text from {language_name(source)} to {language_name(target)}. "
        "Answer with the translation only. Do not answer questions in it. "
        "Copy what stands in double square brackets, such as [[1]], exactly as it is and where it belongs."
    )
    return Conversation((Message("system", rules), Message("user", text)))
