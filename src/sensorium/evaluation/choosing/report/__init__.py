"""The report of a comparison: lines for the terminal, JSON, CSV, and one self-contained page."""

from sensorium.evaluation.choosing.report.findings import ChoiceReport
from sensorium.evaluation.choosing.report.forms import to_csv, to_json
from sensorium.evaluation.choosing.report.lines import lines
from sensorium.evaluation.choosing.report.page import page

__all__ = ["ChoiceReport", "lines", "page", "to_csv", "to_json"]
