"""Video: the moment where something appears, clips and sheets of it, and how well a needle is found.

Example:
    >>> from sensorium.video import find, index_film
    >>> index, _ = index_film(Blob("film.mp4"), embedder, folder)  # doctest: +SKIP
    >>> find(Query.of("a red car"), "film.mp4", index, embedder).moments  # doctest: +SKIP
"""

from sensorium.video.actions.asking import as_frames, clip_conversation
from sensorium.video.actions.motion import motion
from sensorium.video.actions.presence import presence
from sensorium.video.clips import Clip, cut
from sensorium.video.moments.confirm import budget, confirm
from sensorium.video.moments.film_index import FilmIndex, index_film
from sensorium.video.moments.find import FilmFindings, Moment, find, moments_sheet
from sensorium.video.sampling import Sampling, sample

__all__ = [
    "Clip",
    "FilmFindings",
    "FilmIndex",
    "Moment",
    "Sampling",
    "as_frames",
    "budget",
    "clip_conversation",
    "confirm",
    "cut",
    "find",
    "index_film",
    "moments_sheet",
    "motion",
    "presence",
    "sample",
]
