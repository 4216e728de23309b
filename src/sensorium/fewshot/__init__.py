"""Few-shot: examples picked for a question, placed before it, and measured beside the controls that belong to it."""

from sensorium.fewshot.layout import PLACES, default_place, place
from sensorium.fewshot.report import Report, Row
from sensorium.fewshot.run import CONTROLS, Plan, run, steps
from sensorium.fewshot.run_store import Record, Step
from sensorium.fewshot.selection import PICKS, Picker, Shot, picker, vote

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
