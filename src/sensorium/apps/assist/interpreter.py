"""Translation between a person's language and a model's: the question one way, every sentence back."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.core.errors import LimitError, SensoriumError
from sensorium.core.languages import handles, language_name
from sensorium.core.protocols import Model, Translator
from sensorium.voice import translate
from sensorium.voice.plan import model_language

APP_LANGUAGE = "en"
"""The language of this app's own sentences: the confidence, how it was read."""


@dataclass(frozen=True)
class Interpreter:
    """A translator with its two languages.

    Args:
        person: The code of the person's language.
        model: The code of the language in which the model is asked and answers.
        translator: Translates, or None if nothing has to be translated.
    """

    person: str
    model: str
    translator: Translator | None = None

    @classmethod
    def for_model(cls, person: str, model: Model, translator: Translator | None) -> Interpreter:
        """Return the interpreter between a person and a model.

        Raises:
            LimitError: if the model does not know the person's language and the server has no translator.
        """
        spoken = model_language(model, person)
        fits = translator is not None and handles(translator.languages, person)
        if spoken != person and not fits:
            raise LimitError(
                f"{model.name} does not know {language_name(person)}, and this server has no translator.",
                f"Choose {language_name(spoken)} under Settings.",
            )
        return cls(person, spoken, translator if fits else None)

    def to_model(self, question: str) -> str:
        """Return a question in the model's language."""
        if self.translator is None or self.person == self.model:
            return question
        return translate(self.translator, question, self.person, self.model).text

    def to_person(self, sentence: str, language: str) -> tuple[str, str]:
        """Return a sentence in the person's language, and its language; unchanged if translating fails."""
        if self.translator is None or language == self.person:
            return sentence, language
        try:
            return translate(self.translator, sentence, language, self.person).text, self.person
        except SensoriumError:
            return sentence, language  # better heard in another language than not at all
