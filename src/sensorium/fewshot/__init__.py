"""Few-shot: examples picked for a question, placed before it, and measured beside the controls that belong to it."""

from sensorium.fewshot.kept import Record, Step
from sensorium.fewshot.pick import PICKS, Picker, Shot, picker, vote
from sensorium.fewshot.place import PLACES, default_place, place
from sensorium.fewshot.report import Report, Row
from sensorium.fewshot.run import CONTROLS, Plan, run, steps

__all__ = [
    "CONTROLS",
    "PICKS",
    "PLACES",
    "Picker",
    "Plan",
    "Record",
    "Report",
    "Row",
    "Shot",
    "Step",
    "default_place",
    "picker",
    "place",
    "run",
    "steps",
    "vote",
]
