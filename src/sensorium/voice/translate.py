"""Translations whose numbers, dates and names are checked; a chat model as a translator."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.ask import ask
from sensorium.core.errors import ServiceError
from sensorium.core.languages import language_name
from sensorium.core.messages import Conversation, Message
from sensorium.core.protocols import Model, Options, Translator
from sensorium.voice.masking import added, latin_digits, lost, mask, restore


@dataclass(frozen=True)
class Translation:
    """A translation.

    Args:
        text: The words; what the translator lost stands after them, in brackets.
        lost: The original's numbers, dates, names … that did not come back by themselves.
        added: Numbers in the translation that the original does not have.
    """

    text: str
    lost: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def translate(translator: Translator, text: str, source: str, target: str) -> Translation:
    """Return a translation with numbers, units, dates, codes, names and quotations as they were.

    They are masked first. If a mask is lost, the plain text is translated, and its numbers are compared; what neither
    way preserved is put behind the translation as it was.

    Raises:
        ServiceError: when the translation is empty.
        SensoriumError: any that the translator raises.
    """
    if source == target or not text.strip():
        return Translation(text)
    text = latin_digits(text).replace("[[", "[ [")  # else it would be taken for a mask
    masked = mask(text, source)
    result, missing = restore(_translate_once(translator, masked.text, source, target), masked.originals)
    extra = added(text, result)
    if missing or extra:
        plain = _translate_once(translator, text, source, target)
        plain_missing, plain_extra = lost(masked.originals, plain), added(text, plain)
        if len(plain_missing) + len(plain_extra) <= len(missing) + len(extra):
            result, missing, extra = plain, plain_missing, plain_extra
    return Translation(f"{result} ({', '.join(missing)})" if missing else result, missing, extra)


def _translate_once(translator: Translator, text: str, source: str, target: str) -> str:
    translation = translator.translate(text, source, target).strip()
    if not translation:
        raise ServiceError(f"{translator.name} gave an empty translation.", "Load another translator.")
    return translation


@dataclass(frozen=True)
class ChatTranslator:
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
        """Return the model's translation; raise ServiceError if it gives none."""
        reply = ask(self.model, to_question(text, source, target), self.options)
        translation = reply.text.strip()
        if reply.abstained or reply.cut or not translation:
            raise ServiceError(f"{self.name} gave no translation.", "Load a translator: translators=sarvam")
        return translation


def to_question(text: str, source: str, target: str) -> Conversation:
    """Return the conversation that asks a chat model for a translation."""
    rules = (
        f"Translate the user's text from {language_name(source)} to {language_name(target)}. "
        "Answer with the translation only. Do not answer questions in it. "
        "Copy what stands in double square brackets, such as [[1]], exactly as it is and where it belongs."
    )
    return Conversation((Message("system", rules), Message("user", text)))
