"""The one engine that measures: a task asked under several conditions, stored, scored and compared."""

from sensorium.evaluation.conditions import Condition, ModelSlot, model_condition
from sensorium.evaluation.metrics import METRICS, fitting_metric, metric
from sensorium.evaluation.run_store import Record, RunStore
from sensorium.evaluation.runner import Run, run, settings_of
from sensorium.evaluation.statistics import Interval, bootstrap_interval

__all__ = [
    "METRICS",
    "Condition",
    "Interval",
    "ModelSlot",
    "Record",
    "Run",
    "RunStore",
    "bootstrap_interval",
    "fitting_metric",
    "metric",
    "model_condition",
    "run",
    "settings_of",
]
