"""Few-shot: demonstrations picked for a question, placed before it, and measured beside their controls."""

from sensorium.fewshot.layout import LAYOUTS, default_layout, place
from sensorium.fewshot.report import CONTROLS, Report, ReportRow, condition_name
from sensorium.fewshot.run import Plan, measure, run
from sensorium.fewshot.selection import SELECTIONS, Demonstration, Picker, picker, vote

__all__ = [
    "CONTROLS",
    "LAYOUTS",
    "SELECTIONS",
    "Demonstration",
    "Picker",
    "Plan",
    "Report",
    "ReportRow",
    "condition_name",
    "default_layout",
    "measure",
    "picker",
    "place",
    "run",
    "vote",
]
