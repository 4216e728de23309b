"""`sensorium compare`: which model, which technique, at what price, on the user's own questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensorium.evaluation.choosing.asking.candidate import Candidate
    from sensorium.evaluation.choosing.asking.compare import ComparePlan
    from sensorium.tasks.task import Task


@click.command(
    epilog=epilog(
        "sensorium compare tools.jsonl --models majority,offline,starter",
        "sensorium compare tools.jsonl --models offline,openai:gpt-6-luna --dry-run --max-usd 0.50",
        "sensorium compare tools.jsonl --models starter --shots 0,4 --adapter adapter --report report.html",
        "sensorium compare tools.jsonl --models offline,openai:m@http://localhost:8000/v1 --accuracy 0.8 --private",
    )
)
@click.option("--models", default="majority,offline", show_default=True, metavar="NAMES",
              help="Names with commas; majority is the control.")  # fmt: skip
@options.few_shot_task(shots="0")
@click.option("--adapter", "adapters", multiple=True, metavar="FOLDER", help="A fine-tuned adapter, as one more row.")
@click.option("--chain", "chains", multiple=True, metavar="NAME",
              help="Also ask every model through it: read, or FILE.py:FUNCTION.")  # fmt: skip
@click.option("--most", type=click.IntRange(1), default=200, show_default=True,
              help="The most questions; a later run with more goes on.")  # fmt: skip
@options.timeout
@options.schema
@click.option("--max-usd", type=float, metavar="USD", help="US dollars that all runs in the folder may cost at most.")
@click.option("--max-seconds", type=float, metavar="SECONDS", help="How long is asked.")
@click.option("--parallel", "workers", type=click.IntRange(1, 64), default=1, show_default=True,
              help="Questions asked at once of hosted models; over 1 the seconds are marked.")  # fmt: skip
@click.option("--price", "price_texts", multiple=True, metavar="NAME=IN,OUT", help="Dollars for a million tokens.")
@click.option("--prices", "prices_file", metavar="FILE", help="Own prices, in the form of the catalogue (TOML).")
@click.option("--machine-usd-hour", type=float, metavar="USD", help="What this machine costs an hour (default: 0.2).")
@click.option("--usd-per-1000", type=float, metavar="USD", help="Your limit: dollars for 1,000 questions.")
@click.option("--p95", "p95_seconds", type=float, metavar="SECONDS", help="Your limit: 95 % of answers within.")
@click.option("--accuracy", type=options.Number(0, 1), help="Your limit: the smallest accuracy, 0 to 1.")
@click.option("--private", is_flag=True, help="Your limit: nothing may leave the machine.")
@click.option("--dry-run", is_flag=True, help="Print what it will cost; nothing is asked.")
@click.option("--report", "report_file", metavar="FILE", help="Write a page, e.g. report.html.")
@click.option("--out", metavar="FOLDER", help="Folder of answers (default: compare-TASK).")
@options.follow_links
@options.quiet
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: a header, and a line a row.")
@options.as_json
def compare(
    task: str, models: str, shots: str, pick: str, placing: str | None, embedder_name: str, adapters: tuple[str, ...],
    chains: tuple[str, ...], metric: str | None, media: str | None, columns: tuple[str, ...], ignore: tuple[str, ...],
    question: str, closed: bool, train: str, test: str, most: int, seed: int, max_tokens: int, temperature: float,
    timeout_seconds: float, schema_file: str | None, max_usd: float | None, max_seconds: float | None, workers: int,
    price_texts: tuple[str, ...], prices_file: str | None, machine_usd_hour: float | None, usd_per_1000: float | None,
    p95_seconds: float | None, accuracy: float | None, private: bool, dry_run: bool, report_file: str | None,
    out: str | None, quiet: bool, as_csv: bool, as_json: bool,
) -> None:  # fmt: skip
    """Compare models and techniques on your own questions.

    TASK is a .jsonl, .csv or .parquet file, a saved folder, one with a folder a class, or datasets:NAME. Every row is
    asked the same questions: models without and with examples, adapters, chains. It says what each got right, in what
    time and for what money, and what to take under your limits, or that these questions can't tell. Answers are stored
    as they come: the same command continues after a break, and a second run asks nothing.
    """
    from sensorium.cli import inputs
    from sensorium.cli.comparing.candidates import RowOptions, candidates, prices_by_row, row_names
    from sensorium.cli.comparing.questions import questions
    from sensorium.cli.fewshot import load_embedder, shot_counts
    from sensorium.core.files import require_output
    from sensorium.core.protocols import Options
    from sensorium.evaluation.choosing.asking.candidate import MAJORITY
    from sensorium.evaluation.choosing.asking.compare import ComparePlan
    from sensorium.evaluation.choosing.asking.price_list import MACHINE_USD_HOUR, PriceList, own_prices
    from sensorium.evaluation.choosing.model_row import UserLimits

    options.check_form(as_csv, as_json)
    limits = UserLimits(usd_per_1000, p95_seconds, accuracy, private)
    counts, names = shot_counts(shots), row_names(models)
    own = own_prices(price_texts, Path(prices_file) if prices_file else None)
    whole = inputs.task_of(task, media, columns, question, ignore)
    folder = Path(f"compare-{Path(whole.name).name}" if out is None else out)
    require_output(folder, is_folder=True)
    read = [file for file in (task, prices_file, schema_file) if file and Path(file).exists()]
    if report_file is not None:
        require_output(report_file, read)
    silent = quiet or as_json or as_csv
    asked, pool, note = questions(whole.closed() if closed else whole, train, test, max(counts) > 0, seed, silent)
    how = Options(
        timeout_seconds=timeout_seconds, max_tokens=max_tokens, temperature=temperature, seed=seed,
        schema=inputs.schema(schema_file) if schema_file else None,
    )  # fmt: skip
    embedder = load_embedder(pick, embedder_name) if max(counts) else None
    shared = RowOptions(counts, pick, placing or "", embedder, chains, seed, how)
    rows, notes = candidates(names, adapters, pool, asked.examples, shared)
    notes += [note] if note and MAJORITY in names else []
    prices = prices_by_row(own, [text.rpartition("=")[0] for text in price_texts], rows)
    hour = MACHINE_USD_HOUR if machine_usd_hour is None else machine_usd_hour
    plan = ComparePlan(
        folder, metric or "", most, seed, max_usd, max_seconds, workers,
        PriceList(prices, hour, machine_usd_hour is not None), limits,
    )  # fmt: skip
    if dry_run:
        return print_forecast(asked, rows, plan, as_json)
    return ask_and_print(asked, rows, plan, notes, report_file, quiet, as_csv, as_json)


def print_forecast(asked: Task, rows: Sequence[Candidate], plan: ComparePlan, as_json: bool) -> None:
    """Print what is left to ask, and what it will cost."""
    from dataclasses import asdict

    from sensorium.cli import output as show
    from sensorium.evaluation.choosing.amounts import plural, usd
    from sensorium.evaluation.choosing.asking.compare import in_order, left_to_ask
    from sensorium.evaluation.choosing.asking.forecast import forecast

    ordered = in_order(asked, plan.seed)
    made = forecast(ordered, rows, plan.prices, lambda row: left_to_ask(ordered, row, plan))
    if as_json:
        return show.as_json([asdict(row) for row in made])
    for row in made:
        many = f"{row.name}: {plural(row.questions, 'question')} to ask"
        most = "" if row.most_usd is None else f", at most {usd(row.most_usd)} if none is tried again"
        if row.is_local:
            show.result(f"{many} on this machine; {row.price}.")
        elif row.usd is None:
            show.result(f"{many}; its price is unknown: state it with --price.")
        else:
            show.result(f"{many}, about {usd(row.usd)}{most}; {row.price}.")
    hosted = [row for row in made if not row.is_local]
    if len(hosted) > 1:
        amounts = [[getattr(row, name) for row in hosted] for name in ("usd", "most_usd")]
        totals = [None if None in values else sum(values) for values in amounts]
        if totals[0] is not None:
            show.result(f"In all about {usd(totals[0])}, at most {usd(totals[1])}.")
    show.aside("Nothing was asked.")
    return None


def ask_and_print(
    asked: Task, rows: Sequence[Candidate], plan: ComparePlan, notes: Sequence[str], report_file: str | None,
    quiet: bool, as_csv: bool, as_json: bool,
) -> None:  # fmt: skip
    """Ask, and print the result; exit with 1 if a row was left out."""
    from dataclasses import replace

    from sensorium.cli import output as show
    from sensorium.cli.progress import TerminalProgress
    from sensorium.core.files import replace_file
    from sensorium.evaluation.choosing.asking.compare import compare as compare_rows
    from sensorium.evaluation.choosing.report import ChoiceReport, lines, page, to_csv, to_json

    choice = compare_rows(asked, rows, plan, TerminalProgress(quiet or as_json or as_csv))
    choice = replace(choice, notes=(*notes, *choice.notes))
    report: Any = ChoiceReport(choice)
    if report_file:
        replace_file(report_file, page(report))
    if as_json:
        show.as_json(to_json(report))
    elif as_csv:
        show.result(to_csv(report).rstrip("\n"))
    else:
        for line in lines(report):
            show.result(line)
    if not (quiet or as_json or as_csv):
        page_words = f" The page: {report_file}" if report_file else " --report report.html shows the questions."
        show.aside(f"Answers are in {plan.folder}.{page_words}")
    if any(" was left out: " in note for note in choice.notes):
        raise click.exceptions.Exit(1)
