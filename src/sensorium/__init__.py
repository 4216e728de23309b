"""Sensorium: apps that see, hear and speak.

Example:
    >>> from sensorium import Image, ask, load
    >>> model = load("fake:A red bus.")
    >>> ask(model, Image("street.jpg"), "What is this?").text
    'A red bus.'
"""

import os

from sensorium.ask import ask, ask_all, stream
from sensorium.core.blob import Blob
from sensorium.core.errors import SensoriumError
from sensorium.core.messages import Audio, Conversation, Image, Message, Part, Text, Video
from sensorium.core.protocols import Delta, Embedder, Limits, Model, Options
from sensorium.core.reply import Box, Evidence, Reply, Usage
from sensorium.registry import load
from sensorium.tasks.readers import load_task
from sensorium.tasks.task import Example, Task

# ONNX Runtime else writes a device id into the user's cache and sends events (its Privacy.md); read as it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"

__all__ = [
    "Audio",
    "Blob",
    "Box",
    "Conversation",
    "Delta",
    "Embedder",
    "Evidence",
    "Example",
    "Image",
    "Limits",
    "Message",
    "Model",
    "Options",
    "Part",
    "Reply",
    "SensoriumError",
    "Task",
    "Text",
    "Usage",
    "Video",
    "ask",
    "ask_all",
    "load",
    "load_task",
    "stream",
]
