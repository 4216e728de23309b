"""The app: a picture of a label becomes what it says."""

from __future__ import annotations

from sensorium import Image, Model, Options, ask

from medicine_labels.reader import LabelReader
from medicine_labels.schema import Label

SECONDS = 60
"""The longest wait for a label."""
OPTIONS = Options(timeout_seconds=SECONDS, schema=Label)
QUESTION = "What is printed on this label? Give each value word for word; don't guess."


def load_model() -> Model:
    """Return the reader; any other model of Sensorium's can stand here, but few admit that they can't tell."""
    return LabelReader()


def read_label(model: Model, picture: Image) -> Label:
    """Return what a label says."""
    data = ask(model, picture, QUESTION, options=OPTIONS).data
    assert isinstance(data, Label)
    return data
