"""`sensorium lesson`: the course in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog

if TYPE_CHECKING:
    from sensorium.lessons import CellResult, Lesson, LessonRun

_timeout = click.option(
    "--timeout", "timeout_seconds", type=click.FloatRange(0, min_open=True), default=900.0, show_default=True,
    metavar="SECONDS", help="Longest time for a lesson.",
)  # fmt: skip
_hosted = click.option(
    "--hosted", is_flag=True,
    help="Also ask larger models whose key, server or GPU is there; pictures are sent to them, and it may cost money.",
)  # fmt: skip


@click.group(
    epilog=epilog(
        "sensorium lesson list", "sensorium lesson open 2", "sensorium lesson check 2", "sensorium lesson run 2"
    )
)
def lesson() -> None:
    """List, open, run and check the lessons of the course.

    A lesson is a page and a notebook. Open one to get your own copy, fill in its exercises in Jupyter or an editor,
    and check them.
    """


@lesson.command(
    "list", epilog=epilog("sensorium lesson list", "sensorium lesson list --json", "sensorium lesson list -q")
)
@options.quiet
@options.as_json
def list_lessons(quiet: bool, as_json: bool) -> None:
    """List the lessons, and what you have done.

    With --quiet only their names.
    """
    from sensorium.cli import output
    from sensorium.lessons import lessons
    from sensorium.lessons.progress import read_progress

    progress = read_progress()
    part = ""
    for each in lessons():
        mine = progress.get(each.name, {"done": False, "solved": []})
        names = [exercise.name for exercise in each.exercises]
        solved = [name for name in names if name in mine["solved"]]
        if as_json:
            output.as_json({
                "number": each.number, "name": each.name, "title": each.title, "summary": each.summary,
                "part": each.part, "minutes": each.minutes, "needs": each.needs, "missing": each.missing,
                "exercises": names, "solved": solved, "done": mine["done"],
            })  # fmt: skip
        elif quiet:
            output.result(each.name)
        else:
            if each.part != part:
                output.result(f"\n{each.part}" if part else each.part)
                part = each.part
            state = "run" if mine["done"] else ""
            state = f"; {', '.join(filter(None, (state, f'{len(solved)} of {len(names)} exercises solved')))}"
            missing = f" Not installed: {', '.join(each.missing)}." if each.missing else ""
            output.result(f"{each.number:>2}  {each.title} ({each.minutes} minutes{state}). {each.summary}{missing}")


@lesson.command(
    "open", epilog=epilog("sensorium lesson open 2", "sensorium lesson open 2 --text", "sensorium lesson open 2 --json")
)
@click.argument("name", metavar="LESSON")
@click.option("--to", "folder", metavar="FOLDER", default=".", show_default=True, help="Where your copy goes.")
@click.option("--text", is_flag=True, help="Write lesson.py, for an editor, instead of a notebook.")
@options.quiet
@options.as_json
def open_lesson(name: str, folder: str, text: bool, quiet: bool, as_json: bool) -> None:
    """Copy a lesson to work on: a notebook and its pictures.

    LESSON is its number or name. An existing copy is never overwritten.
    """
    import shlex

    from sensorium.cli import output
    from sensorium.lessons import find_lesson
    from sensorium.lessons.copying import copy

    chosen = find_lesson(name)
    file = copy(chosen, Path(folder), as_notebook=not text)
    if as_json:
        output.as_json({"lesson": chosen.name, "file": str(file)})
        return
    output.result(str(file))
    if not quiet:
        where = "" if Path(folder).resolve() == Path.cwd() else f" {shlex.quote(str(file))}"
        output.aside(f"Fill in its exercises, then type: sensorium lesson check {chosen.number}{where}")
        if not text:
            output.aside("To open notebooks: an editor such as VS Code, or pip install jupyterlab, then jupyter lab")


@lesson.command(
    epilog=epilog("sensorium lesson run 2", "sensorium lesson run 1 2 3 --quiet", "sensorium lesson run all --json")
)
@click.argument("names", metavar="LESSON...", nargs=-1, required=True)
@_hosted
@_timeout
@options.quiet
@options.as_json
@click.pass_context
def run(
    context: click.Context, names: tuple[str, ...], hosted: bool, timeout_seconds: float, quiet: bool, as_json: bool
) -> None:
    """Run lessons as they are, each in a process of its own.

    LESSON is a number, a name, or all. Prints what the cells print; with --quiet one line a lesson. Exits with 1 if a
    cell fails, and prints the cell and the error.
    """
    from sensorium.cli import output
    from sensorium.lessons import find_lesson, lessons, running
    from sensorium.lessons.progress import note

    chosen = lessons() if names == ("all",) else tuple(find_lesson(name) for name in names)
    failed = False
    for each in chosen:
        if not quiet and not as_json:
            output.result(f"# {each.number}. {each.title}\n")
        done = running.run(
            each, hosted=hosted, timeout_seconds=timeout_seconds,
            on_cell=lambda cell: None if quiet or as_json else _print_cell(cell),
        )  # fmt: skip
        note(each.name, not done.error, ())
        failed |= bool(done.error)
        _print_end(each, done, as_json)
    context.exit(1 if failed else 0)


def _print_cell(cell: CellResult) -> None:
    from sensorium.cli import output

    if cell.text.strip():
        output.result(f"{cell.text.rstrip()}\n")
    for picture in cell.pictures:
        output.result(f"[picture: {picture['alt'] or 'not described'}]\n")


def _print_end(lesson: Lesson, done: LessonRun, as_json: bool) -> None:
    from sensorium.cli import output

    if as_json:
        output.as_json(done.to_json())
    elif done.error:
        output.aside(f"{lesson.name} failed.\n{done.error}")
    else:
        output.result(f"{lesson.name}: {len(done.cells)} cells, {done.seconds:.1f} s.")


def _not_run(lesson: Lesson, exercise: str, done: LessonRun) -> str:
    """Return why an exercise's check hasn't said anything, and what to do."""
    if done.error:
        return "Its check hasn't run, as the lesson ended before it."
    return (
        f'Its check is missing from your copy: below your answer, add a cell with check("{lesson.name}", "{exercise}")'
    )


@lesson.command(
    epilog=epilog(
        "sensorium lesson check 2", "sensorium lesson check 2 my/lesson.ipynb", "sensorium lesson check 2 --json"
    )
)
@click.argument("name", metavar="LESSON")
@click.argument("file", metavar="[FILE]", required=False)
@_hosted
@_timeout
@options.quiet
@options.as_json
@click.pass_context
def check(
    context: click.Context, name: str, file: str | None, hosted: bool, timeout_seconds: float, quiet: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Run your copy of a lesson and check its exercises.

    FILE is your copy (default: the one that `sensorium lesson open` made here). Exits with 1 while an exercise isn't
    solved; --quiet prints only those.
    """
    from dataclasses import asdict

    from sensorium.cli import output
    from sensorium.lessons import find_lesson, running
    from sensorium.lessons.copying import own_copy
    from sensorium.lessons.exercises import CheckResult
    from sensorium.lessons.progress import note

    chosen = find_lesson(name)
    mine = own_copy(chosen, Path(".")) if file is None else Path(file)
    done = running.run(chosen, file=mine, hosted=hosted, timeout_seconds=timeout_seconds)
    said = {result.exercise: result for result in done.checks}
    results = [
        said.get(each.name, CheckResult(each.name, False, _not_run(chosen, each.name, done), started=False))
        for each in chosen.exercises
    ]
    note(chosen.name, not done.error, (result.exercise for result in results if result.passed))
    if as_json:
        rows = [asdict(result) for result in results]
        output.as_json({"lesson": chosen.name, "file": str(mine), "exercises": rows, "error": done.error})
    else:
        for result in results:
            if not (quiet and result.passed):
                output.result(str(result))
        if done.error:
            output.aside(f"The lesson ended early.\n{done.error}")
    context.exit(0 if all(result.passed for result in results) and not done.error else 1)
