"""Questions about films: planned and priced, asked through a chain of models, answered with the moments that prove it.

Example:
    >>> setup = WatchSetup(cutter=by_scenes(), folder=Path("steps"), budget=0.05)  # doctest: +SKIP
    >>> films, model = [Video("film.mp4")], load("openai:gpt-6-luna")  # doctest: +SKIP
    >>> print(*forecast(films, "Who opens the door?", model, setup).lines(), sep="; ")  # doctest: +SKIP
    >>> watch(films, "Who opens the door?", model, setup).evidence  # doctest: +SKIP
"""

from sensorium.video.watch.evidence import TimedEvidence, WatchReply
from sensorium.video.watch.material import WatchSettings
from sensorium.video.watch.plan import WatchPlan
from sensorium.video.watch.prompts import WatchQuestion, watch_question
from sensorium.video.watch.watch import ClipExample, Observer, WatchSetup, by_scenes, forecast, watch

__all__ = [
    "ClipExample",
    "Observer",
    "TimedEvidence",
    "WatchPlan",
    "WatchQuestion",
    "WatchReply",
    "WatchSettings",
    "WatchSetup",
    "by_scenes",
    "forecast",
    "watch",
    "watch_question",
]
