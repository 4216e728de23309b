"""The files that `sensorium watch` writes: the strip of the evidence, chapters, and the page that plays the films."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sensorium.cli import output as show
from sensorium.core.blob import Blob
from sensorium.core.errors import InputError
from sensorium.core.files import replace_file, require_output
from sensorium.video.watch.evidence import WatchReply, film_names


@dataclass(frozen=True)
class WatchOutputs:
    """What is to be written, each None for nothing.

    Args:
        strip: The JPEG of the evidence.
        chapters: Chapters as WebVTT; with several films each gets a file, with its name added.
        report: The HTML page.
        embed: Whether the films are put into the page.
    """

    strip: str | None = None
    chapters: str | None = None
    report: str | None = None
    embed: bool = False

    def check(self, films: Sequence[Blob], pictures: Sequence[Blob] = ()) -> None:
        """Raise InputError, before anything is paid, if a file can't be written or a film doesn't fit into the page.

        No file may be a film or a picture of the question, nor another of the files.
        """
        used = [blob.path for blob in (*films, *pictures) if blob.path is not None]
        chapters = () if self.chapters is None else _chapter_files(self.chapters, films)
        for name in (self.strip, *chapters, self.report):
            if name is not None:
                require_output(name, used)
                used.append(Path(name))
        if self.embed:
            from sensorium.video.report.films import require_embeddable

            if self.report is None:
                raise InputError("--embed needs a report to put the films into.", "Try --report report.html --embed")
            for film in films:
                require_embeddable(film)

    def write(self, films: Sequence[Blob], question: str, reply: WatchReply) -> None:
        """Write the files; say so if the answer has neither evidence nor chapters for a strip or a list of them."""
        from sensorium.video.report import chapters_vtt, evidence_strip, watch_page

        if self.report is not None:
            folder = Path(self.report).parent
            replace_file(self.report, watch_page(reply, question, films, folder, self.embed))
        if not (reply.evidence or reply.chapters):
            for name in (self.strip, self.chapters):
                if name is not None:
                    show.aside(f"{name} was not written: the answer has no evidence to show.")
            return
        if self.strip is not None:
            replace_file(self.strip, evidence_strip(reply, question, films).blob.data)
        if self.chapters is not None:
            own = film_names(films) if len(films) > 1 else ("",)
            for name, film in zip(_chapter_files(self.chapters, films), own, strict=True):
                replace_file(name, chapters_vtt(reply, film))


def _chapter_files(name: str, films: Sequence[Blob]) -> list[str]:
    """Return the file of each film's chapters: with several films their names are added."""
    if len(films) == 1:
        return [name]
    path = Path(name)
    names = [re.sub(r"\W+", "-", re.sub(r"\.\w+(?=$| \()", "", each)).strip("-") for each in film_names(films)]
    if len(set(names)) < len(names):  # "a b.mp4" and "a-b.mp4", "a.mp4" and "a.mkv"
        names = [f"{each}-{number}" for number, each in enumerate(names, 1)]
    return [str(path.with_name(f"{path.stem}-{each}{path.suffix}")) for each in names]
