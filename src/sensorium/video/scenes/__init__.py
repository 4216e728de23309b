"""The scenes of a film, the screens that it shows, and the frames of it that are worth looking at."""

from sensorium.video.scenes.cuts import Scene, scenes, scenes_of
from sensorium.video.scenes.frames import Chosen, choose
from sensorium.video.scenes.scope import Scope, scope
from sensorium.video.scenes.screens import ScreenVisit, screen_visits

__all__ = [
    "Chosen",
    "Scene",
    "Scope",
    "ScreenVisit",
    "choose",
    "scenes",
    "scenes_of",
    "scope",
    "screen_visits",
]
