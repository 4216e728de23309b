"""Fine-tuning of vision-language checkpoints: a recipe, a forecast of what it takes, the training, and its export."""

from sensorium.tune.dataset.check import check
from sensorium.tune.export.adapter import merge
from sensorium.tune.export.export import export
from sensorium.tune.forecast import Forecast, forecast
from sensorium.tune.recipe import Recipe, load_recipe
from sensorium.tune.training.lora import TrainingResult, train
from sensorium.tune.training.metrics_log import TrainingProgress

__all__ = [
    "Forecast", "Recipe", "TrainingProgress", "TrainingResult", "check", "export", "forecast", "load_recipe", "merge",
    "train",
]  # fmt: skip
