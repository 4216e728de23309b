"""Voice: transcribe a question, ask it in a language that the model knows, speak the answer in the person's.

Example:
    >>> from sensorium import Audio, Image, load
    >>> from sensorium.voice import VoiceTeam, talk
    >>> team = VoiceTeam([load("offline")], [load("whisper", "transcriber")], speakers=[load("piper", "speaker")])
    >>> result = talk(team, Audio("question.wav"), [Image("photo.jpg")])  # doctest: +SKIP
    >>> result.answer, result.speech  # doctest: +SKIP
"""

from sensorium.voice.masking import MaskedText, mask, restore
from sensorium.voice.pipeline import LOW_CONFIDENCE, StepRecord
from sensorium.voice.plan import PlanStep, VoicePlan, VoiceTeam, plan
from sensorium.voice.speech import Speech, speak
from sensorium.voice.talk import Talk, talk
from sensorium.voice.translate import ChatTranslator, Translation, translate

__all__ = [
    "LOW_CONFIDENCE",
    "ChatTranslator",
    "MaskedText",
    "PlanStep",
    "Speech",
    "StepRecord",
    "Talk",
    "Translation",
    "VoicePlan",
    "VoiceTeam",
    "mask",
    "plan",
    "restore",
    "speak",
    "talk",
    "translate",
]  # fmt: skip
