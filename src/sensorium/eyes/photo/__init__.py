"""A photo without its text: the main thing, colours, counts, quality."""

from sensorium.eyes.photo.background import Foreground, find_foreground
from sensorium.eyes.photo.colour import ObjectColours, Shade, colours, describe_colours, object_colours
from sensorium.eyes.photo.count import Count, count_objects
from sensorium.eyes.photo.quality import Fault, Quality, assess_quality, fault_probabilities

__all__ = [
    "Count", "Fault", "Foreground", "ObjectColours", "Quality", "Shade", "assess_quality", "colours", "count_objects",
    "describe_colours", "fault_probabilities", "find_foreground", "object_colours",
]  # fmt: skip
