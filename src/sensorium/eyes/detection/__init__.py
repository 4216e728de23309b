"""Things and people with their places: 80 kinds, each with a box and a probability."""

from sensorium.eyes.detection.nanodet import CLASSES, NanoDet, detector
from sensorium.eyes.detection.vocabulary import detector_class, spoken_class

__all__ = ["CLASSES", "NanoDet", "detector", "detector_class", "spoken_class"]
