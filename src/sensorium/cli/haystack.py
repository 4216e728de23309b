"""`sensorium haystack`: how well a needle is found in films, or among pictures in a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sensorium.cli import options
from sensorium.cli.options import epilog
from sensorium.core.errors import InputError, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sensorium.core.protocols import Progress
    from sensorium.video.haystack.heat_map import HeatMap
    from sensorium.video.haystack.needles import Needle


@click.command(
    epilog=epilog(
        "sensorium haystack --needles bags/ --films holiday.mp4 --films street.mp4",
        "sensorium haystack --needles bags/ --films films/ --lengths 60,600 --sizes 0.25,0.5 --opacities 0.5,1",
        "sensorium haystack --needles bags/ --among photos/ --counts 10,50 --model gemini:gemini-3.5-flash-lite",
        "sensorium haystack --needles cup.jpg --among photos/ --counts 5 --by text --text 'a cup' --json",
    )
)
@click.option(
    "--needles", "needle_files", metavar="FILE|FOLDER", multiple=True, required=True, help="Pictures to plant."
)
@click.option("--text", "texts", multiple=True, help="What a needle shows, in words; one for each, in order.")
@click.option("--films", "film_files", metavar="FILE|FOLDER", multiple=True, help="Films to plant them into.")
@click.option("--among", "among", metavar="FILE|FOLDER", multiple=True, help="Pictures to hide them among instead.")
@click.option("--lengths", default="60,300,1800", show_default=True, help="Of the films, in seconds.")
@click.option("--counts", default="10,30", show_default=True, help="How many pictures a conversation holds.")
@click.option("--depths", default="0,0.25,0.5,0.75,1", show_default=True, help="Where the needle is, 0 to 1.")
@click.option("--sizes", default="0.5", show_default=True, help="Height of the needle, as a share of the frame's.")
@click.option("--opacities", default="1", show_default=True, help="Of the needle, over 0 to 1.")
@click.option("--seconds", type=float, default=3.0, show_default=True, help="How long a needle is shown.")
@click.option("--every", type=float, default=1.0, show_default=True, help="Seconds between frames that are looked at.")
@options.pieces
@click.option(
    "--by", type=click.Choice(("picture", "text")), default="picture", show_default=True,
    help="With --among: show the needle with the question, or name it.",
)  # fmt: skip
@options.model
@options.film_embedder
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
@click.option("--out", metavar="FOLDER", default="haystack", show_default=True, help="Folder of the results.")
@options.quiet
@options.as_json
def haystack(
    needle_files: tuple[str, ...], texts: tuple[str, ...], film_files: tuple[str, ...], among: tuple[str, ...],
    lengths: str, counts: str, depths: str, sizes: str, opacities: str, seconds: float, every: float, pieces: str,
    by: str, model_name: str | None, embedder_name: str, seed: int, out: str, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Measure how well needles are found in a haystack.

    With --films each picture is planted into films of chosen lengths, made of yours, and looked for as `find` does; by
    its text too, if it has one. With --among it is hidden among pictures in a conversation, and a chat model is asked
    which one it is. The result is a heat map over depth and length, as a picture, a page and JSON.
    """
    from pathlib import Path

    from sensorium.cli import output as show
    from sensorium.cli.progress import TerminalProgress
    from sensorium.video.haystack.heat_map import save
    from sensorium.video.haystack.needles import HaystackPlan

    if bool(film_files) == bool(among):
        raise InputError("A haystack is made of films or of pictures.", "Give --films or --among.")
    progress, folder = TerminalProgress(quiet or as_json), Path(out)
    require_results(folder, (*needle_files, *film_files, *among))
    needles = needles_of(needle_files, texts)
    if film_files:
        plan = HaystackPlan(
            numbers("lengths", lengths), numbers("depths", depths), numbers("sizes", sizes),
            numbers("opacities", opacities), seconds, every, pieces, seed,
        )  # fmt: skip
        maps, details, notes = in_films(needles, film_files, plan, embedder_name, progress)
    else:
        whole = tuple(int(number) for number in numbers("counts", counts))
        maps, details, notes = among_pictures(
            needles,
            among,
            whole,
            numbers("depths", depths),
            by,
            model_name,
            embedder_name,
            seed,
            folder,
            quiet,
            progress,
        )
    written = save(maps, details, notes, folder)
    if as_json:
        return show.as_json({"maps": [one.to_json() for one in maps], "notes": notes, "folder": str(folder)})
    for one in maps:
        for line in one.lines():
            show.result(line)
    for note in notes:
        show.result(note)
    if not quiet:
        show.aside(f"In {folder}: {', '.join(path.name for path in written)}.")
    return None


def require_results(folder: Path, inputs: Sequence[str]) -> None:
    """Raise InputError, before the work begins, if the results can't be written, or would replace or join an input."""
    import os

    from sensorium.core.files import require_output
    from sensorium.video.haystack.heat_map import RESULTS

    require_output(folder, is_folder=True)
    if not folder.exists():
        return
    if any(os.path.isdir(name) and folder.samefile(name) for name in inputs):
        raise InputError(
            f"{quoted(folder)} holds what is measured with: the heat map would be taken for one of its pictures.",
            "Choose another folder: `out`",
        )
    for name in RESULTS:
        require_output(folder / name, [each for each in inputs if not os.path.isdir(each)])


def in_films(
    needles: list[Needle], film_files: tuple[str, ...], plan: object, embedder_name: str, progress: Progress
) -> tuple[list[HeatMap], dict[str, object], list[str]]:
    """Plant needles into films and look for them; return the maps, every trial, and what to know of them."""
    from dataclasses import asdict

    from sensorium.core.blob import Blob
    from sensorium.registry import load
    from sensorium.video.haystack.heat_map import film_maps
    from sensorium.video.haystack.needles import Backdrop, HaystackPlan, run, summary

    assert isinstance(plan, HaystackPlan)
    films = [Blob(name) for name in opened_up(film_files, "video/", "films")]
    backdrop = Backdrop.of(films, load(embedder_name, role="embedder"), plan, progress)
    trials = run(needles, backdrop, plan, progress=progress)
    details: dict[str, object] = {"plan": asdict(plan), "trials": [trial.to_json() for trial in trials]}
    return film_maps(trials), details, summary(trials, backdrop)


def among_pictures(
    needles: list[Needle], among: tuple[str, ...], counts: tuple[int, ...], depths: tuple[float, ...], by: str,
    model_name: str | None, embedder_name: str, seed: int, folder: Path, quiet: bool, progress: Progress,
) -> tuple[list[HeatMap], dict[str, object], list[str]]:  # fmt: skip
    """Ask a model and the embedder which picture is the needle; return the maps and what to know of them."""
    from sensorium.cli import output as show
    from sensorium.core.messages import Image
    from sensorium.registry import load
    from sensorium.video.haystack.heat_map import picture_map
    from sensorium.video.haystack.pictures import cells, measure, picture_task

    distractors = [Image(name) for name in opened_up(among, "image/", "pictures")]
    task, cases = picture_task(needles, distractors, counts, depths, by, seed=seed)
    model = None if model_name is None else load(model_name)
    if model is not None and not quiet:
        pictures = sum(case.count + (by == "picture") for case in cases)
        show.aside(f"Asking {model.name} {len(task)} questions with {pictures} pictures in all.")
    answers = measure(
        model, task, load(embedder_name, role="embedder"), by, folder=folder / "answers", progress=progress
    )
    names = list(answers.records)
    maps = [picture_map(f"{name}, by {by}", cells(answers, cases, name)) for name in names]
    notes = ["The embedder answers with the nearest picture: it never says none, so it is wrong without a needle."]
    for name in names:
        failures = answers.failures(name)
        if failures:
            kinds = ", ".join(f"{kind} {count}" for kind, count in failures.items())
            notes.append(f"{name}: failed, and counted as wrong: {kinds}.")
    return maps, {"counts": counts, "depths": depths, "by": by, "seed": seed}, notes


def needles_of(files: tuple[str, ...], texts: tuple[str, ...]) -> list[Needle]:
    """Return the needles: every picture of the files and folders, with its text if texts are given."""
    from pathlib import Path

    from sensorium.core.messages import Image
    from sensorium.video.haystack.needles import Needle

    names = opened_up(files, "image/", "pictures")
    if texts and len(texts) != len(names):
        raise InputError(f"{len(names)} needles have {len(texts)} texts.", "Give --text for each needle, in order.")
    return [
        Needle(Path(name).name, Image(name), text) for name, text in zip(names, texts or [""] * len(names), strict=True)
    ]


def opened_up(names: tuple[str, ...], family: str, what: str) -> list[str]:
    """Return files, and the files of folders that are of a kind."""
    import os

    from sensorium.cli.pictures import files_in

    return [one for name in names for one in (files_in(name, (family,), what) if os.path.isdir(name) else [name])]


def numbers(flag: str, text: str) -> tuple[float, ...]:
    """Return the numbers of "0,0.5,1"."""
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise InputError(f"--{flag} takes comma-separated numbers, not {quoted(text)}.", f"Try --{flag} 1") from None
