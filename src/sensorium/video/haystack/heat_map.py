"""Heat maps of a haystack test, over depth and length: a picture, a page and JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sensorium.core.errors import InstallError
from sensorium.core.files import replace_file
from sensorium.core.weights import importing
from sensorium.evaluation.statistics import Interval, wilson_interval
from sensorium.media.page import render
from sensorium.video.haystack.needles import Trial

_TEMPLATE = Path(__file__).parent / "templates" / "haystack.html"
RESULTS = ("haystack.json", "haystack.html", "heat-map.png")
"""The files of a result."""
_DARK = 0.55  # cells under it have dark colours in viridis: their numbers are white


@dataclass(frozen=True)
class HeatMap:
    """How often needles were found, for each length and depth.

    Args:
        title: What was measured.
        lengths: Names of the columns.
        depths: Names of the rows.
        cells: (row, column) -> share found, with its 95 % interval; a cell that was not measured is missing.
    """

    title: str
    lengths: tuple[str, ...]
    depths: tuple[str, ...]
    cells: Mapping[tuple[int, int], Interval]

    def lines(self) -> list[str]:
        """Return the map as sentences, one a row."""
        out = []
        for row, depth in enumerate(self.depths):
            shares = [
                f"{length} {self.cells[row, column].mean:.2f}"
                for column, length in enumerate(self.lengths)
                if (row, column) in self.cells
            ]
            out.append(f"  depth {depth}: {', '.join(shares)}")
        return [f"{self.title}, share found (n={self.n} a cell):", *out]

    @property
    def n(self) -> int:
        """How many trials the smallest cell has."""
        return min((cell.n for cell in self.cells.values()), default=0)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        cells = [
            {"depth": self.depths[row], "length": self.lengths[column]} | asdict(cell)
            for (row, column), cell in sorted(self.cells.items())
        ]
        return {"title": self.title, "cells": cells}


def film_maps(trials: Sequence[Trial]) -> list[HeatMap]:
    """Return a map for each way to look, size and opacity."""
    keys = sorted({(trial.by, trial.size, trial.opacity) for trial in trials})
    maps = []
    for by, size, opacity in keys:
        own = [trial for trial in trials if (trial.by, trial.size, trial.opacity) == (by, size, opacity)]
        lengths, depths = sorted({trial.length for trial in own}), sorted({trial.depth for trial in own})
        cells = {}
        for row, depth in enumerate(depths):
            for column, length in enumerate(lengths):
                found = [trial.found for trial in own if (trial.depth, trial.length) == (depth, length)]
                if found:
                    cells[row, column] = wilson_interval(sum(found), len(found))
        title = f"By {by}, needle {size:g} of the frame's height" + ("" if opacity == 1 else f", opacity {opacity:g}")
        maps.append(HeatMap(title, tuple(map(duration, lengths)), tuple(f"{d:.0%}" for d in depths), cells))
    return maps


def picture_map(title: str, cells: Mapping[tuple[int, float | None], Interval]) -> HeatMap:
    """Return the map of `picture_haystack.cells`; its last row is where the needle is not."""
    counts = sorted({count for count, _ in cells})
    depths = sorted({depth for _, depth in cells if depth is not None})
    places: list[float | None] = [*depths, *([None] if any(depth is None for _, depth in cells) else [])]
    names = tuple("no needle" if depth is None else f"{depth:.0%}" for depth in places)
    placed = {(places.index(depth), counts.index(count)): cell for (count, depth), cell in cells.items()}
    return HeatMap(title, tuple(f"{count} pictures" for count in counts), names, placed)


def duration(seconds: float) -> str:
    """Return a length in words: "90 s", "5 min"."""
    return f"{seconds / 60:g} min" if seconds >= 60 and seconds % 60 == 0 else f"{seconds:g} s"


def draw(maps: Sequence[HeatMap], path: Path) -> Path:
    """Draw maps side by side to a .png file and return its path.

    Raises:
        InstallError: when matplotlib is not installed.
    """
    with importing("plot"):
        from matplotlib.figure import Figure
    columns = min(3, len(maps))
    rows = -(-len(maps) // columns)
    wide = max(len(one.lengths) for one in maps) * 1.0 + 1.6
    tall = max(len(one.depths) for one in maps) * 0.55 + 1.3
    figure = Figure(figsize=(columns * max(wide, 3.6) + 0.8, rows * tall + 0.2), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    image = None
    for place, axes in enumerate(grid.flat):
        if place >= len(maps):
            axes.set_axis_off()
            continue
        one = maps[place]
        values = [
            [
                one.cells[row, column].mean if (row, column) in one.cells else float("nan")
                for column in range(len(one.lengths))
            ]
            for row in range(len(one.depths))
        ]
        image = axes.imshow(values, cmap="viridis", vmin=0, vmax=1, aspect="auto")
        for (row, column), cell in one.cells.items():
            ink = "white" if cell.mean < _DARK else "black"
            axes.text(column, row, f"{cell.mean:.2f}", ha="center", va="center", color=ink, fontsize=11)
        axes.set_xticks(range(len(one.lengths)), one.lengths)
        axes.set_yticks(range(len(one.depths)), one.depths)
        axes.set_ylabel("Depth of the needle")
        axes.set_title(f"{one.title} (n={one.n})", fontsize=10)
    assert image is not None
    figure.colorbar(image, ax=grid.ravel().tolist(), label="Share found")
    figure.savefig(path, dpi=130)
    return path


def save(maps: Sequence[HeatMap], details: Mapping[str, Any], notes: Sequence[str], folder: Path) -> list[Path]:
    """Write haystack.json, haystack.html and, if matplotlib is installed, heat-map.png; return what was written.

    Args:
        maps: See `HeatMap`.
        details: Further plain JSON values: the plan, every trial.
        notes: What a reader must know, in sentences.
        folder: Made if it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / name for name in RESULTS[:2]]
    values = {"maps": [one.to_json() for one in maps], **details}
    replace_file(written[0], json.dumps(values, indent=1, ensure_ascii=False) + "\n")
    picture = ""
    try:
        written.append(draw(maps, folder / RESULTS[2]))
        picture = base64.b64encode(written[-1].read_bytes()).decode("ascii")
    except InstallError:
        pass  # the page has the tables
    rows = [
        [[one.cells.get((row, column)) for column in range(len(one.lengths))] for row in range(len(one.depths))]
        for one in maps
    ]
    page = render(_TEMPLATE, title="The needle in the haystack", maps=list(zip(maps, rows, strict=True)),
                  notes=notes, picture=picture)  # fmt: skip
    replace_file(written[1], page)
    return written
