"""Between a person's language and a model's: the question goes one way, every sentence comes back the other."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.core.errors import LimitError, SensoriumError
from sensorium.core.languages import handles, language_name
from sensorium.core.protocols import Model, Translator
from sensorium.voice import translated
from sensorium.voice.plan import model_language

OWN = "en"
"""The language of this app's own sentences: how sure, how it was read."""


@dataclass(frozen=True)
class Interpreter:
    """Who translates, from which language to which.

    Args:
        person: The code of the person's language.
        model: The code of the language in which the model is asked and answers.
        translator: Who translates, or None where the two are the same.
    """

    person: str
    model: str
    translator: Translator | None = None

    @classmethod
    def between(cls, person: str, model: Model, translator: Translator | None) -> Interpreter:
        """Make the one that a person needs before a model.

        Raises:
            LimitError: when the model does not know the person's language and nobody translates.
        """
        spoken = model_language(model, person)
        fits = translator is not None and handles(translator.languages, person)
        if spoken != person and not fits:
            raise LimitError(
                f"{model.name} does not know {language_name(person)}, and nobody here translates.",
                f"Choose {language_name(spoken)} under Settings.",
            )
        return cls(person, spoken, translator if fits else None)

    def asked(self, question: str) -> str:
        """Return a question in the model's language."""
        if self.translator is None or self.person == self.model:
            return question
        return translated(self.translator, question, self.person, self.model).text

    def told(self, sentence: str, language: str) -> tuple[str, str]:
        """Return a sentence in the person's language, and its language; where translating fails, as it was."""
        if self.translator is None or language == self.person:
            return sentence, language
        try:
            return translated(self.translator, sentence, language, self.person).text, self.person
        except SensoriumError:
            return sentence, language  # better heard in another language than not at all
