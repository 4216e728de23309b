"""Voice: hear a question, ask it in a language that the model knows, speak the answer in the person's.

Example:
    >>> from sensorium import Audio, Image, load
    >>> from sensorium.voice import Crew, talk
    >>> crew = Crew([load("offline")], hear=[load("whisper", "transcriber")], speak=[load("piper", "speaker")])
    >>> found = talk(crew, Audio("question.wav"), [Image("photo.jpg")])  # doctest: +SKIP
    >>> found.answer, found.speech  # doctest: +SKIP
"""

from sensorium.voice.plan import Crew, Plan, Step, plan
from sensorium.voice.protect import Hidden, hide, restore
from sensorium.voice.say import Spoken, spoken
from sensorium.voice.steps import UNSURE, Done
from sensorium.voice.talk import Talk, talk
from sensorium.voice.translate import Asking, Translated, translated

__all__ = [
    "UNSURE", "Asking", "Crew", "Done", "Hidden", "Plan", "Spoken", "Step", "Talk", "Translated", "hide", "plan",
    "restore", "spoken", "talk", "translated",
]  # fmt: skip
