"""`sensorium search`: pictures of an index by words, by pictures, or by sums of both."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog
from sensorium.core.errors import InputError, SensoriumError, quoted

if TYPE_CHECKING:
    from sensorium.core.messages import Image
    from sensorium.retrieval.query import Query
    from sensorium.search.engine import Searcher
    from sensorium.search.results import Hit, SearchResult

NO_MATCH = 3
"""The exit status if nothing was found."""
_MAX_COLUMNS = 6


@click.command(
    epilog=epilog(
        'sensorium search shop.index "red shoes"',
        'sensorium search shop.index --like photo.jpg --where "price < 40 and stock > 0" --json',
        'sensorium search shop.index \'like.jpg + "in red" - "with a logo"\' --sheet found.html',
        "sensorium search shop.index --evaluate --judgements judged.jsonl",
    )
)
@click.argument("index_name", metavar="INDEX")
@click.argument("words", metavar="[QUERY]", required=False, default="")
@click.option("--like", multiple=True, metavar="FILE", help="A picture to look for; with words, or others, their sum.")
@click.option("--where", metavar="FILTER", help='Search only rows for which this holds, as in SQL: "price < 40".')
@click.option("--count", "-k", "k", type=click.IntRange(1, 1000), default=10, show_default=True, help="The most hits.")
@click.option("--by", type=click.Choice(("both", "pictures", "text")), default="both", show_default=True,
              help="Compare the pictures, look the words up in the text, or both.")  # fmt: skip
@click.option("--all", "show_all", is_flag=True, help="Show near duplicates, too.")
@click.option("--anyway", is_flag=True, help="Show what is nearest even if it isn't a good match.")
@click.option("--why", is_flag=True, help="Say why each hit was found.")
@click.option("--sheet", "sheet_file", metavar="FILE", help="Write a page with the pictures, e.g. found.html.")
@click.option("--evaluate", is_flag=True, help="Measure the search instead: recall, MRR and nDCG.")
@click.option("--judgements", metavar="FILE", help="Queries with their right answers, for --evaluate.")
@click.option("--queries", metavar="FILE", help="The texts of the queries, if the judgements are TREC qrels.")
@click.option("--most", "max_queries", type=click.IntRange(1), default=200, show_default=True,
              help="The most queries made from the catalogue, for --evaluate.")  # fmt: skip
@options.quiet
@options.as_json
def search(
    index_name: str, words: str, like: tuple[str, ...], where: str | None, k: int, by: str, show_all: bool,
    anyway: bool, why: bool, sheet_file: str | None, evaluate: bool, judgements: str | None, queries: str | None,
    max_queries: int, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Find pictures in an index by words, by a picture, or by both.

    INDEX is what sensorium index made. QUERY is words in any language that the index's embedder knows, a picture, or a
    sum: 'like.jpg + "in red" - "with a logo"'. The filter is applied before the search. If nothing fits, it says so
    instead of showing what is least unlike; the test for that is fitted on the index itself.

    Exit status: 0 if something was found, 3 if not, 2 for a mistake in the command, 1 for any other failure.
    """
    from sensorium.core.files import require_output
    from sensorium.search.results import RETRIEVERS, SearchOptions

    if judgements and not evaluate:
        raise click.UsageError("--judgements goes with --evaluate.")
    if sheet_file:
        require_output(sheet_file, like)
    searcher = open_searcher(index_name)
    if evaluate:
        return _evaluate(searcher, judgements, queries, max_queries, quiet, as_json)
    query = query_of(words, like)
    retrievers = RETRIEVERS if by == "both" else tuple(each for each in RETRIEVERS if each == by)
    result = searcher.search(query, SearchOptions(k, where, not show_all, retrievers))
    advice = advise(result, searcher, where)
    if anyway and not result.hits:
        result = _anyway(result)
    shows = {hit.id: shown for hit in result.hits if why and (shown := _shows(hit))}
    if sheet_file:
        _write_sheet(sheet_file, result, advice, where, why, shows)
    _print(result, advice, shows, why, quiet, as_json, sheet_file)
    raise click.exceptions.Exit(0 if result.hits and not result.no_match else NO_MATCH)


def open_searcher(name: str) -> Searcher:
    """Return the searcher of an index, with the embedder that made it."""
    from sensorium.registry import load
    from sensorium.search.engine import Searcher
    from sensorium.search.table import Index

    index = Index.open(name)
    return Searcher(index, load(index.info.embedder, role="embedder"))


def query_of(words: str, like: Sequence[str]) -> Query:
    """Return the query of the words, where a term may be a picture's file, and of further pictures.

    Raises:
        InputError: if nothing is looked for, or a term looks like a file that is missing.
    """
    from sensorium.cli.inputs import image_of
    from sensorium.retrieval.query import Query, QueryTerm, parse

    typed = parse(words, _open_image) if words.strip() else None
    terms = tuple(QueryTerm(image_of(file)) for file in like)
    if typed is None and not terms:
        raise InputError("Nothing to search for.", 'Type: sensorium search shop.index "red shoes"')
    query = Query((*terms, *(typed.terms if typed else ())))
    for image in query.images:
        _ = image.blob.data  # a missing file is told before the embedder is loaded
    return query


def advise(result: SearchResult, searcher: Searcher, where: str | None) -> list[str]:
    """Return in sentences what to do about a search without a good match."""
    if not result.no_match:
        return []
    if result.reason == "empty":
        return ["The index is empty.", f"Type: sensorium index FOLDER --to {searcher.index.storage.where}"]
    if result.reason == "filter":
        return ["No row of the index fits the filter.", "Loosen --where, or leave it out."]
    fitted = searcher.no_match
    lines = [f"No good match for {quoted(str(result.query))}: the nearest isn't nearer than for unrelated queries."]
    if fitted is not None and not result.query.images:
        lines.append(f"(About {fitted.fitted.false_accept:.0%} of unrelated queries pass this test on this index.)")
    loosen = "a looser --where, " if where else ""
    return [*lines, f"Try other words, {loosen}a picture (--like), or --anyway to see what is nearest."]


def _open_image(term: str) -> Image | None:
    """Return the picture that a term of a query names; a path of a missing file is an error, other words are words."""
    from sensorium.cli.inputs import part_of
    from sensorium.core.messages import Image

    if not os.path.isfile(term) and not (" " not in term and os.path.splitext(term)[1].lower() in _ENDINGS):
        return None
    part = part_of(term)
    if not isinstance(part, Image):
        raise InputError(f"{quoted(term)} isn't a picture.", "Name a photo, or put words between quotes.")
    return part


_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".heic", ".avif", ".bmp", ".tiff"}


def _anyway(result: SearchResult) -> SearchResult:
    from dataclasses import replace

    return replace(result, hits=result.nearest, nearest=())


def _shows(hit: Hit) -> str:
    """Return what the offline model takes the picture for; "" if it can't tell or has no packages."""
    from sensorium.ask import ask
    from sensorium.core.messages import Conversation, Image
    from sensorium.registry import load

    if not hit.path:
        return ""
    try:
        reply = ask(load("offline"), Conversation.of(Image(hit.path), "What is this?"))
    except SensoriumError:
        return ""
    return "" if reply.abstained else " ".join(reply.text.split())


def _write_sheet(
    file: str, result: SearchResult, advice: Sequence[str], where: str | None, why: bool, shows: dict[str, str]
) -> None:
    from sensorium.core.files import replace_file
    from sensorium.search.pages.sheet import sheet

    replace_file(file, sheet(result, advice, where, why, shows))


def _print(
    result: SearchResult, advice: Sequence[str], shows: dict[str, str], why: bool, quiet: bool, as_json: bool,
    sheet_file: str | None,
) -> None:  # fmt: skip
    from sensorium.cli import output as show
    from sensorium.search.pages.sheet import reasons, summary

    if as_json:
        value = result.to_json(why)
        for hit in value["hits"] if why else ():
            hit["why"]["shows"] = shows.get(hit["id"], "")
        return show.as_json(value)
    for place, hit in enumerate(result.hits, 1):
        show.result(f"{place}. {_line(hit)}")
        for line in reasons(hit, shows.get(hit.id, "")) if why else ():
            show.result(f"   {line}")
    show.asides(advice)
    if not quiet:
        if result.hits:
            more = " --all shows them." if result.folded else ""
            show.aside(f"{summary(result)}{more} It took {result.seconds:.2f} s.")
        if sheet_file:
            show.aside(f"The page: {sheet_file}")
    return None


def _line(hit: Hit) -> str:
    """Return a hit in one line: what it is called, its file, its columns, its score."""
    from sensorium.search.pages.sheet import cell, title_of

    title = title_of(hit)
    others = [f"{name} {cell(value)}" for name, value in hit.columns.items() if cell(value) and cell(value) != title]
    where = hit.path or hit.id
    name = title if title == where else f"{title}: {where}"
    listed = f" ({', '.join(others[:_MAX_COLUMNS])})" if others else ""
    return f"{name}{listed}, score {hit.score:.3f}"


def _evaluate(
    searcher: Searcher, judgements: str | None, queries: str | None, max_queries: int, quiet: bool, as_json: bool
) -> None:
    from sensorium.cli import output as show
    from sensorium.cli.progress import TerminalProgress
    from sensorium.search.evaluation.evaluate import evaluate
    from sensorium.search.evaluation.judgements import made_queries, read_judgements

    judged = read_judgements(judgements, queries) if judgements else made_queries(searcher.index, max_queries)
    measured = evaluate(searcher, judged, TerminalProgress(quiet or as_json))
    if as_json:
        return show.as_json(measured.to_json())
    for line in measured.lines():
        show.result(line)
    return None
