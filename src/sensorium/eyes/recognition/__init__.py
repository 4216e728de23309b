"""What an image shows: names with calibrated probabilities, image and text vectors, answers by examples."""

from sensorium.eyes.recognition.embedder import OfflineEmbedder
from sensorium.eyes.recognition.examples import METHODS, ExampleClassifier, Method
from sensorium.eyes.recognition.recogniser import Presence, Recognition, clear_cache, name_image, present, recognise

__all__ = [
    "METHODS", "ExampleClassifier", "Method", "OfflineEmbedder", "Presence", "Recognition", "clear_cache", "name_image",
    "present", "recognise",
]  # fmt: skip
