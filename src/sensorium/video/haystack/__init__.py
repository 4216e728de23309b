"""The haystack test: how well a needle is found in films, and among the pictures of a conversation.

Example:
    >>> plan = HaystackPlan(lengths=(60, 3600), depths=(0, 0.5, 1))
    >>> hay = Backdrop.of([Blob("film.mp4")], embedder, plan)  # doctest: +SKIP
    >>> film_maps(run([Needle("cat", Image("cat.jpg"))], hay, plan))  # doctest: +SKIP
"""

from sensorium.video.haystack.compose import Planting, compose
from sensorium.video.haystack.heat_map import HeatMap, film_maps, picture_map
from sensorium.video.haystack.needles import Backdrop, HaystackPlan, Needle, Trial, run
from sensorium.video.haystack.pictures import PictureCase, cells, embedder_condition, measure, picture_task

__all__ = [
    "Backdrop",
    "HaystackPlan",
    "HeatMap",
    "Needle",
    "PictureCase",
    "Planting",
    "Trial",
    "cells",
    "compose",
    "embedder_condition",
    "film_maps",
    "measure",
    "picture_map",
    "picture_task",
    "run",
]
