"""`sensorium index`: make and update an index of pictures, which `sensorium search` searches."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sensorium.cli import options
from sensorium.cli import output as show
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.core.messages import Image
    from sensorium.core.protocols import Embedder
    from sensorium.search.indexing import IndexProgress, IndexReport, Source
    from sensorium.search.indexing.ray import RayWorkers
    from sensorium.search.table import Index

_FITTED_AGAIN = 0.05
"""If a larger share of the rows has changed, "no good match" is fitted again: some seconds."""
_MAX_LISTED = 20  # broken pictures; --json gives all


@click.command(
    epilog=epilog(
        "sensorium index photos/ --to shop.index",
        "sensorium index catalogue.csv --image-column photo --to shop.index --json",
        "sensorium index products.parquet --to s3://bucket/shop.index --embedder clip:openai/clip-vit-base-patch32",
        "sensorium index --to shop.index --migrate --embedder offline",
        "sensorium index photos/ --to s3://bucket/shop.index --on ray:auto",
    )
)
@click.argument("paths", metavar="[FOLDER|FILE]...", nargs=-1)
@click.option("--to", "where", metavar="FOLDER", required=True, help="The index: a folder, or s3://bucket/path.")
@click.option(
    "--embedder", "embedder_name", metavar="NAME", help="Embeds the pictures (default: as until now, or offline)."
)
@click.option("--image-column", default="", metavar="COLUMN", help="The catalogue's column of pictures.")
@click.option(
    "--id-column", default="", metavar="COLUMN", help='Its column of keys (default: "id", or the file names).'
)
@click.option("--media", metavar="FOLDER", help="The folder that a catalogue's file names are relative to.")
@click.option("--rename", multiple=True, metavar="OLD=NEW", help="Keep a column under another name.")
@click.option("--read-text", is_flag=True, help="Read the text in pictures, once: about a second a picture.")
@click.option("--verify", is_flag=True, help="Hash every file, not only those of another size or time.")
@click.option("--allow-empty", is_flag=True, help="Remove all rows of a folder or catalogue that is empty now.")
@click.option(
    "--on",
    metavar="ray[:ADDRESS]",
    help="Embed on a Ray cluster: ray:auto, ray:HOST:PORT, or ray for one started here.",
)
@click.option("--migrate", is_flag=True, help="Embed all pictures again with another embedder; then change to it.")
@options.follow_links
@options.quiet
@options.as_json
def index(
    paths: tuple[str, ...], where: str, embedder_name: str | None, image_column: str, id_column: str,
    media: str | None, rename: tuple[str, ...], read_text: bool, verify: bool, allow_empty: bool, on: str | None,
    migrate: bool, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make an index of pictures, or bring it up to date.

    A folder's pictures are found by content, in its folders too; a catalogue is a CSV, JSON Lines or Parquet file with
    a column of pictures, whose other columns are kept. Only what is new or changed is embedded; what is gone is
    removed; broken pictures are listed. A run that was ended goes on where it was, and several may write at once.
    """
    from sensorium.search.indexing import IndexOptions, index_sources, learn
    from sensorium.search.indexing.catalogues import CatalogueFormat, sources

    if not paths and not migrate:
        raise click.UsageError("Name a folder, a picture or a catalogue to index.")
    if migrate and on:
        raise click.UsageError("--migrate embeds on this machine; leave out --on.")
    if migrate:
        _migrate(where, embedder_name, quiet, as_json)
        if not paths:
            return
    catalogue_format = CatalogueFormat(image_column, id_column, Path(media) if media else None, _renamed(rename))
    found = sources(paths, catalogue_format)
    opened, embedder = _open(where, embedder_name, found)
    workers = _workers(on, embedder) if on is not None else None
    reader = _read_text if read_text else None
    say_price = partial(_say_price, embedder.name, quiet)
    wanted = IndexOptions(verify, reader, allow_empty=allow_empty, workers=workers, on_start=say_price)
    with _progress("Indexed", quiet) as report_progress:
        report = index_sources(opened, found, embedder, wanted, report_progress)
    learned = learn(opened, embedder, report.written) if report.written else None
    if report.written > _FITTED_AGAIN * report.count:
        from sensorium.search.fitting import fit_no_match

        fit_no_match(opened, embedder)
    _print(report, where, quiet, as_json)
    gain = learned.gain if learned is not None else None
    if gain is not None and gain.joined > gain.plain and not quiet and not as_json:
        show.aside(
            f"The titles teach the embedder: on pictures that were left out, nDCG {gain.plain:.2f} without and "
            f"{gain.joined:.2f} with them."
        )


def _open(where: str, name: str | None, found: list[Source]) -> tuple[Index, Embedder]:
    """Open or create the index, unless there is nothing to put into it; return it with its embedder."""
    from sensorium.core.errors import InputError
    from sensorium.registry import load
    from sensorium.search.indexing.sources import check_not_empty
    from sensorium.search.storage import Storage
    from sensorium.search.table import Index

    if Storage(where).exists():
        opened = Index.open(where)
        embedder = load(name or opened.info.embedder, role="embedder")
        try:
            opened.check_embedder(embedder.name, embedder.version)
        except InputError as error:
            raise InputError(error.message, f"{error.hint} Type: sensorium index --help") from None
        return opened, embedder
    check_not_empty(found)
    embedder = load(name or "offline", role="embedder")
    return Index.create(where, embedder.name, embedder.version, embedder.dims), embedder


def _migrate(where: str, name: str | None, quiet: bool, as_json: bool) -> None:
    from sensorium.registry import load
    from sensorium.search.indexing import learn, migrate
    from sensorium.search.table import Index

    opened = Index.open(where)
    embedder = load(name or opened.info.embedder, role="embedder")
    _say_price(embedder.name, quiet, opened.count())
    with _progress("Embedded", quiet) as report_progress:
        report = migrate(opened, embedder, report_progress)
    learn(Index.open(where), embedder, report.count)
    if as_json:
        show.as_json(report.to_json())
        return
    show.result(f"{where}: {_count(report.count)} embedded by {embedder.name}.")
    _list_broken([(item.name, item.reason) for item in report.broken])


def _say_price(name: str, quiet: bool, count: int) -> None:
    """Say what embedding so many pictures will cost, before it starts; nothing of embedders that run here."""
    price = None if quiet else price_text(name, count)
    if price is not None:
        show.aside(price)


def price_text(name: str, count: int) -> str | None:
    """Return in words what a hosted embedder asks for so many pictures; None if it isn't one, or a server of one's own.

    Example:
        >>> price_text("gemini:gemini-embedding-2", 10_000)
        'Up to 10,000 pictures for gemini:gemini-embedding-2: about 1.16 US dollars (price of 2026-11-29).'
    """
    from sensorium.core.catalog import embedder_price
    from sensorium.registry import scheme_of

    scheme = scheme_of(name)
    if scheme is None or not scheme.keys or "@" in name:
        return None
    known = embedder_price(name)
    if known is None:
        return f"Up to {_count(count)} for {name}: price unknown."
    usd = known.images_usd(count)
    if usd is None:  # it takes words only, and says so itself
        return None
    return f"Up to {_count(count)} for {name}: about {usd:.{2 if usd >= 1 else 4}f} US dollars (price of {known.date})."


def _read_text(image: Image) -> str:
    from sensorium.eyes.ocr import read, spoken_text

    return spoken_text(read(image))


def _load(name: str) -> Embedder:
    from sensorium.registry import load

    return load(name, role="embedder")


def _workers(on: str, embedder: Embedder) -> RayWorkers:
    from sensorium.search.indexing.ray import RayWorkers, parsed_address

    name = embedder.name
    gpus = float(name.startswith("clip:"))
    return RayWorkers(partial(_load, name), name, embedder.version, parsed_address(on), gpus)


def _renamed(pairs: tuple[str, ...]) -> Mapping[str, str]:
    from sensorium.core.errors import InputError, quoted

    split = [pair.partition("=") for pair in pairs]
    for pair, (old, _, new) in zip(pairs, split, strict=True):
        if not old or not new:
            raise InputError(f"--rename takes OLD=NEW, not {quoted(pair)}.", "Write it so: --rename id=product")
    return {old: new for old, _, new in split}


def _print(report: IndexReport, where: str, quiet: bool, as_json: bool) -> None:
    if as_json:
        show.as_json(report.to_json())
        return
    counts = {
        "new": report.added, "changed": report.updated, "renamed or copied": report.reused,
        "with other columns": report.changed_columns, "removed": report.removed, "unchanged": report.unchanged,
    }  # fmt: skip
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "nothing to do"
    show.result(f"{where}: {_count(report.count)}. {told[0].upper()}{told[1:]}.")
    _list_broken([(item.name, item.reason) for item in report.broken])
    embedded = report.added + report.updated
    if quiet or not embedded:
        return
    show.aside(f"{_count(embedded)} embedded in {report.seconds:.1f} s, {embedded / report.seconds:.1f} a second.")
    if report.read_seconds:
        show.aside(f"Reading text took {report.read_seconds:.1f} s of that.")


def _list_broken(broken: list[tuple[str, str]]) -> None:
    from sensorium.core.errors import quoted

    if broken:
        show.aside(f"{_count(len(broken))} can't be indexed:")
    for name, reason in broken[:_MAX_LISTED]:
        show.aside(f"- {quoted(name) if '/' in name else name}: {show.plain(reason)}")
    if len(broken) > _MAX_LISTED:
        show.aside(f"- and {len(broken) - _MAX_LISTED:,} more; --json gives all.")


def _count(number: int) -> str:
    return f"{number:,} picture{'' if number == 1 else 's'}"


@contextmanager
def _progress(label: str, quiet: bool) -> Iterator[Any]:
    """Show how far the run is, its rate and the time left: one line on a terminal, a line at times otherwise."""
    from sensorium.cli.progress import LINE_SECONDS, PATIENCE_SECONDS

    if quiet or sys.stderr is None:
        yield lambda progress: None
        return
    if not sys.stderr.isatty():
        yield partial(_write_line, label, [time.monotonic()], LINE_SECONDS)
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as live:

        def update(progress: IndexProgress) -> None:
            if progress.seconds >= PATIENCE_SECONDS:
                live.update(Text(progress_text(label, progress)), refresh=True)

        yield update


def _write_line(label: str, last: list[float], pause_seconds: float, progress: IndexProgress) -> None:
    if time.monotonic() - last[0] >= pause_seconds:
        last[0] = time.monotonic()
        show.aside(progress_text(label, progress))


def progress_text(label: str, progress: IndexProgress) -> str:
    """Return the progress in words.

    Example:
        >>> from sensorium.search.indexing import IndexProgress
        >>> progress_text("Indexed", IndexProgress(120, 10_000, 4.0))
        'Indexed 120 of 10,000, 30.0 a second, about 5 min left …'
    """
    left = (progress.total - progress.done) / progress.rate if progress.rate else 0.0
    shown = f"{left:.0f} s" if left < 100 else f"{left / 60:.0f} min" if left < 6000 else f"{left / 3600:.1f} h"
    return f"{label} {progress.done:,} of {progress.total:,}, {progress.rate:.1f} a second, about {shown} left …"
