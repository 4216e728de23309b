"""`sensorium find`: the moments of films where something is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sensorium.core.blob import Blob
    from sensorium.core.protocols import Embedder, Progress
    from sensorium.retrieval.query import Query
    from sensorium.video import FilmFindings, Moment

SCENES = "scenes"

NOTHING_FOUND = 3
"""The exit status if nothing was found, as of `sensorium search`."""


@click.command(
    epilog=epilog(
        'sensorium find "a dog" film.mp4',
        "sensorium find --like bag.jpg monday.mp4 tuesday.mp4 --sheet bags.jpg",
        'sensorium find "a red car" film.mp4 --every 0.5 --clips cars/ --json',
        'sensorium find "a slide with a table" talk.mp4 --every scenes',
        'sensorium find "a red car" film.mp4 --confirm gemini:gemini-3.5-flash-lite',
    )
)
@click.argument("arguments", metavar="[TEXT] FILM...", nargs=-1)
@click.option("--like", "likes", metavar="PICTURE", multiple=True, help="A picture of what to look for.")
@click.option(
    "--every", metavar="SECONDS", default="1", show_default=True,
    help="Time between the frames that are looked at, or: scenes.",
)  # fmt: skip
@options.start
@options.end
@options.pieces
@click.option(
    "--threshold", type=float, metavar="SCORE", help="Score that counts as seen (default: fitted to the film)."
)
@options.film_embedder
@click.option("--index", "where", metavar="FOLDER", help="Where films' indexes are kept (default: the user's cache).")
@click.option("--no-index", is_flag=True, help="Keep nothing of the films.")
@click.option("--sheet", "sheet_file", metavar="FILE", help="Write a JPEG with the best frame of each moment.")
@click.option("--clips", "clips_folder", metavar="FOLDER", help="Write each moment as a clip.")
@click.option("--confirm", "confirm_model", metavar="NAME", help="A model that is asked about each candidate.")
@options.quiet
@options.as_json
def find(
    arguments: tuple[str, ...], likes: tuple[str, ...], every: str, start: float | None, end: float | None, pieces: str,
    threshold: float | None, embedder_name: str, where: str | None, no_index: bool, sheet_file: str | None,
    clips_folder: str | None, confirm_model: str | None, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Find the moments of films where something is seen.

    TEXT says what to look for; with --like, a picture does, or both together. A film is decoded once: the next question
    about it is answered from its index. A moment begins and ends midway between a frame that shows it and one that
    doesn't; its best frame has a time of its own. If nothing is found, it says so, with the nearest frame.

    Exit status: 0 if something was found, 3 if not, 2 for a mistake in the command, 1 for any other failure.
    """
    import time

    from sensorium.cli import output as show
    from sensorium.cli.progress import TerminalProgress
    from sensorium.core.blob import Blob
    from sensorium.core.files import require_output
    from sensorium.registry import load

    text, films = what_and_films(arguments, bool(likes))
    query = query_of(text, likes)
    if sheet_file is not None:
        require_output(sheet_file, [*films, *likes])
    embedder = load(embedder_name, role="embedder")
    begun = time.monotonic()
    progress = TerminalProgress(quiet or as_json)
    with index_folder(where, no_index) as folder:
        found = []
        for film in films:
            label = f"Looking through {film}"
            findings = _look(query, film, folder, embedder, every, (start, end), pieces, threshold, progress, label)
            found.append((Blob(film), findings))
    if confirm_model is not None:
        found = _confirmed(confirm_model, query, found, progress, quiet)
    for _, findings in found:
        if not quiet:
            show.asides(faults_of(findings))
    clips = _clips(found, clips_folder)
    if sheet_file is not None:
        _sheet(found, str(query), sheet_file, quiet)
    moments = [moment for _, findings in found for moment in findings.moments]
    seconds = sum(findings.seconds for _, findings in found)
    if as_json:
        rows = [
            moment.to_json() | ({"clip": clip} if clip else {}) for moment, clip in zip(moments, clips, strict=True)
        ]
        show.as_json({"moments": rows, "looked_at_seconds": round(seconds, 3)})
        raise click.exceptions.Exit(0 if moments else NOTHING_FOUND)
    for moment in moments:
        show.result(line(moment, len(films) > 1))
    for _, findings in found:
        if not findings.moments:
            show.result(nothing(findings, len(films) > 1))
    if not quiet:
        show.aside(f"Looked at {seconds:.0f} s of film in {time.monotonic() - begun:.1f} s.")
        show.asides(alarms(findings) for _, findings in found if findings.threshold.false_alarms_per_hour is not None)
    raise click.exceptions.Exit(0 if moments else NOTHING_FOUND)


def what_and_films(arguments: tuple[str, ...], has_picture: bool) -> tuple[str, list[str]]:
    """Return the words to look for, which may be left out beside a picture, and the films; a folder is its films."""
    import os

    from sensorium.cli.inputs import why_path
    from sensorium.cli.pictures import files_in
    from sensorium.core.errors import InputError, MediaError, quoted

    text, rest = "", list(arguments)
    if rest and not os.path.exists(rest[0]) and (not has_picture or why_path(rest[0]) is None):
        text = rest.pop(0).strip()
        if not text:
            raise InputError("The text to look for is empty.", 'Try sensorium find "a dog" film.mp4')
    if not text and not has_picture:
        raise InputError("Nothing says what to look for.", 'Try sensorium find "a dog" film.mp4, or --like photo.jpg')
    if not rest:
        raise InputError("No film to look through.", 'Try sensorium find "a dog" film.mp4')
    films: list[str] = []
    for name in rest:
        if os.path.isdir(name):
            films += files_in(name, ("video/",), "films")
        elif os.path.exists(name):
            films.append(name)
        else:
            raise MediaError(f"No file {quoted(name)}.", "Check the spelling: ls lists what is there.")
    return text, films


def query_of(text: str, likes: tuple[str, ...]) -> Query:
    """Return the query of words and pictures; words may spell a sum of both."""
    import os

    from sensorium.cli.inputs import image_of
    from sensorium.core.messages import Image
    from sensorium.retrieval.query import Query, QueryTerm, parse

    def picture(name: str) -> Image | None:
        return image_of(name) if os.path.isfile(name) else None

    terms = [QueryTerm(image_of(name)) for name in likes]
    if text:
        terms += parse(text, picture).terms
    return Query(tuple(terms))


def index_folder(where: str | None, no_index: bool) -> AbstractContextManager[Path]:
    """Return the folder that holds films' indexes; with `no_index` one that is gone afterwards."""
    import tempfile
    from contextlib import contextmanager, nullcontext
    from pathlib import Path

    from platformdirs import user_cache_path

    @contextmanager
    def passing() -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)

    return passing() if no_index else nullcontext(Path(where) if where else user_cache_path("sensorium") / "films")


def _look(
    query: Query, film: str, folder: Path, embedder: Embedder, every: str, part: tuple[float | None, float | None],
    pieces: str, threshold: float | None, progress: Progress, label: str,
) -> FilmFindings:  # fmt: skip
    from sensorium.core.blob import Blob
    from sensorium.core.errors import InputError, quoted
    from sensorium.video import Sampling, find, index_film

    try:
        step = None if every == SCENES else float(every)
    except ValueError:
        raise InputError(f"--every takes seconds or {SCENES}, not {quoted(every)}.", "Try --every 0.5") from None
    sampling = Sampling(step, *part)
    index, _ = index_film(Blob(film), embedder, folder, sampling, pieces, progress=progress, label=label)
    return find(query, film, index, embedder, threshold)


def _confirmed(
    name: str, query: Query, found: list[tuple[Blob, FilmFindings]], progress: Progress, quiet: bool
) -> list[tuple[Blob, FilmFindings]]:
    from sensorium.cli import output as show
    from sensorium.registry import load
    from sensorium.video import budget, confirm

    model = load(name)
    if not quiet:
        show.aside(f"Asking {model.name}: {budget(model, query, [findings for _, findings in found])}.")
    answered = confirm(model, query, found, progress=progress)
    return [(film, findings) for (film, _), findings in zip(found, answered, strict=True)]


def _clips(found: list[tuple[Blob, FilmFindings]], folder: str | None) -> list[str]:
    """Write each moment as a clip and return the files; of no folder, "" for each."""
    from pathlib import Path

    from sensorium.video import cut
    from sensorium.video.watch.evidence import film_names

    written = []
    stems = [Path(name).with_suffix("") for name in film_names([film for film, _ in found])]
    for stem, (film, findings) in zip(stems, found, strict=True):
        for moment in findings.moments:
            if folder is None:
                written.append("")
                continue
            Path(folder).mkdir(parents=True, exist_ok=True)
            source = Path(findings.film)
            ending = source.suffix if source.suffix.lower() in (".mp4", ".mov", ".mkv") else ".mkv"
            path = Path(folder) / f"{'-'.join(stem.parts)}-{moment.start:09.3f}-{moment.end:09.3f}{ending}"
            written.append(str(cut(film, moment.start, moment.end, path).path))
    return written


def _sheet(found: list[tuple[Blob, FilmFindings]], title: str, file: str, quiet: bool) -> None:
    from sensorium.cli import output as show
    from sensorium.core.files import replace_file
    from sensorium.video import moments_sheet

    replace_file(file, moments_sheet(found, title))
    if not quiet:
        show.aside(f"The best frames are in {file}.")


def line(moment: Moment, several: bool) -> str:
    """Return a moment in words."""
    from sensorium.video.sheet import clock

    film = f"{moment.film}: " if several else ""
    confirmed = ", confirmed" if moment.confirmed else ""
    times = f"{clock(moment.start)} to {clock(moment.end)}, best at {clock(moment.best)}"
    return f"{film}{times} (score {moment.score:.2f}, over {moment.threshold:.2f}{confirmed})"


def nothing(findings: FilmFindings, several: bool) -> str:
    """Return in words that nothing was found, and what was nearest."""
    from sensorium.video.sheet import clock

    film = f"{findings.film}: " if several else ""
    if not findings.candidates:
        return f"{film}Nothing found."
    near = findings.candidates[0]
    if near.confirmed is not None:
        return f"{film}Nothing found: the model declined all {len(findings.candidates)} candidates."
    score = f"score {near.score:.2f}, under {near.threshold:.2f}"
    return f"{film}Nothing found. The nearest frame is at {clock(near.best)} ({score})."


def alarms(findings: FilmFindings) -> str:
    """Return how often an unrelated query finds something in this film."""
    often = findings.threshold.false_alarms_per_hour or 0.0
    return f"Unrelated words would find {often:.1f} moments an hour in {findings.film}."


def faults_of(findings: FilmFindings) -> list[str]:
    """Return which parts of a film can't be decoded."""
    from sensorium.video.sheet import clock

    return [
        f"{findings.film}: from {clock(fault.start)} to {clock(fault.end)} it is broken ({fault.reason})."
        for fault in findings.faults
    ]
