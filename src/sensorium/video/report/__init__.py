"""What people look at of an answer about films: the strip of its evidence, chapters, and a page that plays it.

Example:
    >>> from sensorium.video.report import chapters_vtt, evidence_strip, watch_page
    >>> reply = watch([Video("film.mp4")], "When is the cat seen?", model)  # doctest: +SKIP
    >>> page = watch_page(reply, "When is the cat seen?", [Blob("film.mp4")], Path("."))  # doctest: +SKIP
"""

from sensorium.video.report.chapters import chapters_vtt, evidence_vtt
from sensorium.video.report.page import watch_page
from sensorium.video.report.strip import evidence_strip

__all__ = ["chapters_vtt", "evidence_strip", "evidence_vtt", "watch_page"]
