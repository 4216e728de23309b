"""Single-series bar charts, drawn as people draw them: how many tables come back whole, how many wrong ones slip by.

The test split uses styles, fonts, palettes and words that the tune split never uses (`TUNE` and `TEST` below, fixed
before any tuning). The fit split, of looks that neither has, shows what unseen looks do to the confidence, which is
fitted on it and on tune. Run `python bench/charts.py [--split tune|fit|test] [--n 200] [--seed 9]`.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import math
import random
import re
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from sensorium.core.messages import Image

sys.path.insert(0, str(Path(__file__).resolve().parent))
from figures import Case, Figure, share

TEST_SEED = 9
"""The test charts: another seed each time that the reader was changed after a look at the last one's figures."""

DARK: dict[str, Any] = {  # two dark looks beside matplotlib's own: slide decks and dashboards use such
    "axes.edgecolor": "#8899aa", "text.color": "#e8e8e8", "axes.labelcolor": "#e8e8e8",
    "xtick.color": "#c8d0d8", "ytick.color": "#c8d0d8", "grid.color": "#3a4a5a",
}  # fmt: skip
SLATE = DARK | {"figure.facecolor": "#1e2a38", "axes.facecolor": "#1e2a38", "savefig.facecolor": "#1e2a38"}
FOREST = DARK | {"figure.facecolor": "#16261c", "axes.facecolor": "#203528", "savefig.facecolor": "#16261c"}
PLUM = DARK | {"figure.facecolor": "#2b1b2e", "axes.facecolor": "#2b1b2e", "savefig.facecolor": "#2b1b2e"}
SAND = {"figure.facecolor": "#efe6d5", "axes.facecolor": "#ffffff", "axes.edgecolor": "#99886a", "axes.linewidth": 1.5}
CREAM = {"figure.facecolor": "#fdf6ec", "axes.facecolor": "#fdf6ec", "axes.edgecolor": "#555555"}
MIDNIGHT = DARK | {"figure.facecolor": "#101018", "axes.facecolor": "#1b1b28", "savefig.facecolor": "#101018"}


@dataclass(frozen=True)
class Looks:
    """What the charts of one split are drawn with; no two splits share any of it."""

    styles: tuple[str | dict[str, Any], ...]
    fonts: tuple[str, ...]
    palettes: tuple[str, ...]
    colours: tuple[str, ...]
    words: tuple[tuple[str, tuple[str, ...]], ...]
    values: tuple[str, ...]
    titles: tuple[str, ...]


TUNE = Looks(
    styles=("default", "ggplot", "seaborn-v0_8-whitegrid", "bmh", "dark_background", "seaborn-v0_8-ticks",
            "seaborn-v0_8", "petroff8", CREAM),
    fonts=("DejaVu Sans", "Liberation Sans", "Noto Serif", "STIXGeneral", "DejaVu Sans Mono"),
    palettes=("tab10", "Set2", "viridis", "Pastel1", "Blues"),
    colours=("steelblue", "tomato", "seagreen", "C0", "orange", "#7b5ea7", "gray"),
    words=(
        ("Day", ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")),
        ("Month", ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")),
        ("Fruit", ("Apples", "Bananas", "Cherries", "Grapes", "Kiwis", "Lemons", "Mangoes", "Oranges", "Pears")),
        ("Year", tuple(str(year) for year in range(2008, 2024))),
        ("Department", ("Sales", "Human Resources", "Finance", "Marketing", "Legal", "Research", "Customer Care",
                        "Operations", "Procurement")),
        ("Group", tuple("ABCDEFGHIJ")),
        ("Animal", ("Cat", "Dog", "Guinea pig", "Horse", "Rabbit", "Goldfish", "Sea turtle", "Parrot")),
    ),
    values=("Sales", "Number of visitors", "Revenue", "Score", "Units sold", "Cost per item", "Temperature change"),
    titles=("Sales by {0}", "{1} for each {0}", "{1} by {0}, last year", "How {1} differs from one {0} to the next",
            "Overview", "Report of the board: {1} per {0} (preliminary figures)"),
)  # fmt: skip

FIT = Looks(
    styles=("petroff6", "seaborn-v0_8-dark", "seaborn-v0_8-muted", "seaborn-v0_8-pastel", "seaborn-v0_8-poster",
            "seaborn-v0_8-paper", "seaborn-v0_8-notebook", "fast", FOREST, SAND, PLUM),
    fonts=("DejaVu Sans Condensed", "Liberation Mono", "cmr10", "DejaVu Math TeX Gyre", "cmtt10", "DejaVu Sans Light",
           "Noto Serif Display"),
    palettes=("tab20", "Set1", "cividis", "magma", "Pastel2", "Oranges", "coolwarm"),
    colours=("crimson", "slateblue", "#2a9d8f", "peru", "lightskyblue", "#444444", "palevioletred", "y"),
    words=(
        ("Week", tuple(f"Week {week}" for week in range(1, 13))),
        ("Team", ("Red", "Blue", "Green", "Yellow", "White", "Black", "Orange team", "Violet", "Grey wolves")),
        ("Drink", ("Coffee", "Green tea", "Milk", "Orange juice", "Water", "Cocoa", "Lemonade", "Beer", "Wine")),
        ("School", ("North High", "St. Mary's", "Hill Road", "Lakeside", "Elm Street", "Park View", "King's")),
        ("Size", ("XS", "S", "M", "L", "XL", "XXL", "3XL")),
        ("Decade", ("1940s", "1950s", "1960s", "1970s", "1980s", "1990s", "2000s", "2010s")),
        ("Answer", ("Strongly agree", "Agree", "Neutral", "Disagree", "Strongly disagree", "No answer")),
        ("Fuel", ("Coal", "Gas", "Oil", "Nuclear", "Hydro", "Wind", "Solar", "Wood & waste", "Other (mixed)")),
        ("State", ("Ohio", "Texas", "Iowa", "New York", "Maine", "Utah", "Florida", "North Dakota", "Idaho", "Oregon")),
        ("Model", ("A-100", "A-200", "B-150", "C-64", "D-3000", "E-7", "F-12", "G-90")),
        ("Hour", ("6 am", "8 am", "10 am", "12 pm", "2 pm", "4 pm", "6 pm", "8 pm")),
        ("Surname", ("Miller", "Okafor", "Li", "Garcia", "Illes", "Patel", "Ito", "Kowalski", "Jensen", "Fillmore")),
    ),
    values=("Visits", "Mean temperature", "Deaths per million", "Turnover", "Points", "Hours worked", "Price", "Yield"),
    titles=("{1} of each {0}", "Which {0} has most?", "{1}: one {0} beside the other", "Survey results", "{1} ({0})",
            "Fig. 3. {1} by {0} as counted between spring and autumn"),
)  # fmt: skip

TEST = Looks(
    styles=("classic", "fivethirtyeight", "Solarize_Light2", "seaborn-v0_8-darkgrid", "seaborn-v0_8-talk", "petroff10",
            "tableau-colorblind10", "grayscale", "seaborn-v0_8-white", SLATE, MIDNIGHT),
    fonts=("Liberation Serif", "Noto Sans", "DejaVu Serif", "Liberation Sans Narrow", "Noto Sans Display", "cmss10"),
    palettes=("Dark2", "Paired", "plasma", "Accent", "Greens", "Set3"),
    colours=("navy", "firebrick", "teal", "#e07a5f", "goldenrod", "#3d5a80", "orchid", "darkkhaki"),
    words=(
        ("Country", ("France", "Germany", "India", "Brazil", "Japan", "Kenya", "Mexico", "Norway", "South Africa",
                     "Spain", "Vietnam", "New Zealand")),
        ("Quarter", ("Q1 2021", "Q2 2021", "Q3 2021", "Q4 2021", "Q1 2022", "Q2 2022", "Q3 2022", "Q4 2022")),
        ("Age group", ("0-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80+")),
        ("Sport", ("Football", "Tennis", "Swimming", "Rugby", "Table tennis", "Judo", "Cycling", "Hockey", "Golf")),
        ("Season", ("Spring", "Summer", "Autumn", "Winter")),
        ("City", ("London", "Paris", "Delhi", "Sydney", "Toronto", "Lagos", "Lima", "Los Angeles", "Oslo", "Madrid")),
        ("Product", ("Laptop", "Phone", "Tablet", "Desk lamp", "Monitor", "Keyboard", "Mouse", "USB cable")),
        ("Year", tuple(str(year) for year in range(1990, 2006))),
        ("Language", ("English", "Hindi", "Swahili", "Portuguese", "Russian", "Tamil", "Arabic", "Dutch")),
    ),
    values=("Population", "Average income", "Goals scored", "Share of total", "Rainfall", "Growth", "Energy use",
            "Members"),
    titles=("{1} per {0}", "{0} comparison", "{1} across every {0} in the survey", "Key results",
            "What people told us about {1}: answers by {0}, all responses weighted", "{1}"),
)  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """What a chart was drawn from; labels in reading order (left to right, or top to bottom)."""

    title: str
    x_name: str
    y_name: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    horizontal: bool
    low: float = 0.0
    high: float = 1.0


def make(split: str, n: int, seed: int) -> list[tuple[Image, Truth, dict[str, Any]]]:
    """Draw n charts of a split, the same for the same seed."""
    looks = {"tune": TUNE, "fit": FIT, "test": TEST}[split]
    return [_draw(looks, random.Random(f"{split}-{seed}-{index}")) for index in range(n)]


def _values(rng: random.Random, count: int) -> tuple[list[float], str]:
    scale = rng.choice([1, 10, 100, 100, 1_000, 10_000, 250_000, 4_000_000])
    kind = rng.choice(["any", "any", "any", "trend", "tail", "close", "signed"])
    if kind == "trend":
        slope = rng.choice([-1, 1])
        raw = [0.5 + slope * 0.4 * (2 * i / max(1, count - 1) - 1) + rng.uniform(-0.06, 0.06) for i in range(count)]
    elif kind == "tail":
        raw = [rng.paretovariate(1.3) / 10 for _ in range(count)]
        raw = [min(value, 2.0) for value in raw]
    elif kind == "close":
        raw = [rng.uniform(0.75, 1.0) for _ in range(count)]
    elif kind == "signed":
        raw = [rng.uniform(-0.7, 1.0) for _ in range(count)]
    else:
        raw = [rng.uniform(0.08, 1.0) for _ in range(count)]
    digits = {1: 2, 10: 1}.get(scale, 0)
    out = [round(value * scale, digits) for value in raw]
    if kind == "any" and rng.random() < 0.05:
        out[rng.randrange(count)] = 0.0
    return out, kind


def _tick_format(rng: random.Random, top: float) -> tuple[str, Callable[[float], str] | None]:
    choices: list[tuple[str, Callable[[float], str] | None]] = [("plain", None)] * 4
    if top <= 120:
        choices += [("percent", lambda v: f"{v:g}%"), ("currency", lambda v: f"${v:g}")]
    if top >= 1000:
        choices += [("commas", lambda v: f"{v:,.0f}")] * 3 + [("sci", None)]
        choices += [("currency", lambda v: f"${v:,.0f}"), ("K", lambda v: f"{v / 1e3:g}K")]
    if top >= 1_000_000:
        choices += [("M", lambda v: f"{v / 1e6:g}M")] * 2
    return rng.choice(choices)


def _draw(looks: Looks, rng: random.Random) -> tuple[Image, Truth, dict[str, Any]]:
    import matplotlib

    matplotlib.use("Agg")
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    import matplotlib.pyplot as plt

    style, font = rng.choice(looks.styles), rng.choice(looks.fonts)
    with warnings.catch_warnings(), plt.style.context(style, after_reset=True):
        warnings.simplefilter("ignore")
        plt.rcParams["font.family"] = [font, "DejaVu Sans"]
        if font.startswith("cm"):
            plt.rcParams["axes.unicode_minus"] = False
        notes: dict[str, Any] = {"style": style if isinstance(style, str) else "custom", "font": font}
        figure, truth = _chart(plt, looks, rng, notes)
        buffer = io.BytesIO()
        if rng.random() < 0.35:
            notes["jpeg"] = rng.randint(60, 95)
            figure.savefig(buffer, format="jpeg", dpi=figure.dpi, pil_kwargs={"quality": notes["jpeg"]})
        else:
            figure.savefig(buffer, format="png", dpi=figure.dpi)
        plt.close(figure)
    return Image(buffer.getvalue()), truth, notes


def _chart(plt: Any, looks: Looks, rng: random.Random, notes: dict[str, Any]) -> tuple[Any, Truth]:
    noun, words = rng.choice(looks.words)
    count = rng.randint(3, min(14, len(words)))
    start = rng.randint(0, len(words) - count)
    labels = list(words[start : start + count])
    if noun not in ("Month", "Day", "Year", "Quarter", "Age group", "Group", "Season"):
        labels = rng.sample(words, count)
    values, kind = _values(rng, count)
    horizontal = rng.random() < 0.35
    size = rng.choice([(4.5, 3.2), (5, 4), (6.4, 4.8), (6.4, 4.8), (8, 5), (8, 4.5), (10, 6), (12, 7)])
    dpi = rng.choice([70, 80, 100, 100, 100, 120, 150, 200])
    figure, axes = plt.subplots(figsize=size, dpi=dpi)
    if rng.random() < 0.5:
        font_size = rng.choice([9, 10, 11, 12, 14])
        plt.rcParams.update({"xtick.labelsize": font_size, "ytick.labelsize": font_size})
        axes.tick_params(labelsize=font_size)
    notes |= {"size": size, "dpi": dpi, "horizontal": horizontal, "kind": kind, "count": count}
    bars = _bars(plt, axes, looks, rng, labels, values, horizontal, notes)
    _limits(axes, rng, values, kind, horizontal, notes)
    y_name = rng.choice(looks.values)
    title = rng.choice(looks.titles).format(noun.lower(), y_name.lower()).capitalize() if rng.random() < 0.85 else ""
    _furniture(axes, rng, values, horizontal, notes, bars)
    x_shown = noun if rng.random() < 0.6 else ""
    y_shown = y_name if rng.random() < 0.75 else ""
    (axes.set_ylabel if horizontal else axes.set_xlabel)(x_shown)
    (axes.set_xlabel if horizontal else axes.set_ylabel)(y_shown)
    if title:
        axes.set_title(title, loc=rng.choice(["center", "center", "left"]), wrap=True)
    if rng.random() < 0.12:
        bars.set_label(y_name)
        axes.legend(loc="best")
        notes["legend"] = True
    _labels(figure, axes, rng, horizontal, notes)
    if horizontal and rng.random() < 0.5:
        axes.invert_yaxis()
    figure.tight_layout()
    order = list(range(count))
    if horizontal and not axes.yaxis_inverted():
        order.reverse()
    low, high = sorted(axes.get_xlim() if horizontal else axes.get_ylim())
    shown = tuple(labels[i] for i in order)
    return figure, Truth(title, x_shown, y_shown, shown, tuple(values[i] for i in order), horizontal, low, high)


def _bars(
    plt: Any, axes: Any, looks: Looks, rng: random.Random, labels: list[str], values: list[float],
    horizontal: bool, notes: dict[str, Any],
) -> Any:  # fmt: skip
    options: dict[str, Any] = {}
    choice = rng.random()
    if choice < 0.35:
        palette = plt.get_cmap(rng.choice(looks.palettes))
        discrete = palette.N < 30
        options["color"] = [
            palette(i % palette.N if discrete else 0.15 + 0.7 * i / len(labels)) for i in range(len(labels))
        ]
        notes["colours"] = palette.name
    elif choice < 0.85:
        options["color"] = rng.choice(looks.colours)
    if rng.random() < 0.25:
        options |= {"edgecolor": rng.choice(["black", "white", "dimgray"]), "linewidth": rng.choice([0.8, 1.0, 1.5])}
        notes["edge"] = options["edgecolor"]
    if rng.random() < 0.10:
        options |= {"hatch": rng.choice(["/", "//", "x", "\\", "."]), "edgecolor": rng.choice(["black", "white"])}
        notes["hatch"] = options["hatch"]
    if rng.random() < 0.15:
        options["alpha"] = rng.choice([0.6, 0.8])
    if rng.random() < 0.06:
        options["yerr" if not horizontal else "xerr"] = [abs(v) * rng.uniform(0.03, 0.12) for v in values]
        options["capsize"] = rng.choice([0, 3, 5])
        notes["error bars"] = True
    thick = rng.choice([0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8, 0.9])
    shown = list(labels)
    if rng.random() < 0.3:
        shown = [label.replace(" ", "\n") for label in labels]
        notes["two lines"] = any("\n" in label for label in shown)
    positions = range(len(labels))
    if horizontal:
        bars = axes.barh(positions, values, height=thick, **options)
        axes.set_yticks(positions, shown)
    else:
        bars = axes.bar(positions, values, width=thick, **options)
        axes.set_xticks(positions, shown)
    return bars


def _limits(
    axes: Any, rng: random.Random, values: list[float], kind: str, horizontal: bool, notes: dict[str, Any]
) -> None:
    limit = axes.set_xlim if horizontal else axes.set_ylim
    low, high = min(values), max(values)
    if kind == "close" and rng.random() < 0.6:
        limit(low - (high - low) * rng.uniform(0.2, 1.0), high + (high - low) * 0.15)
        notes["cut axis"] = True
    elif low >= 0 and rng.random() < 0.25:
        limit(0, high * rng.uniform(1.1, 1.5))


def _furniture(
    axes: Any, rng: random.Random, values: list[float], horizontal: bool, notes: dict[str, Any], bars: Any
) -> None:
    from matplotlib.ticker import FuncFormatter

    value_axis = axes.xaxis if horizontal else axes.yaxis
    name, form = _tick_format(rng, max(abs(v) for v in values))
    notes["ticks"] = name
    if form is not None:
        value_axis.set_major_formatter(FuncFormatter(lambda v, _: form(v)))
    elif name == "sci":
        axes.ticklabel_format(axis="x" if horizontal else "y", style="sci", scilimits=(0, 0))
    grid = rng.choice(["as is", "as is", "value", "both", "none"])
    notes["grid"] = grid
    if grid == "value":
        axes.grid(False)
        axes.grid(True, axis="x" if horizontal else "y", linestyle=rng.choice(["-", "--", ":"]), alpha=0.7)
        if rng.random() < 0.6:
            axes.set_axisbelow(True)
    elif grid == "both":
        axes.grid(True)
    elif grid == "none":
        axes.grid(False)
    if rng.random() < 0.25:
        for side in ("top", "right") + (("left",) if rng.random() < 0.3 else ()):
            axes.spines[side].set_visible(False)
    if min(values) < 0 and rng.random() < 0.5:
        (axes.axvline if horizontal else axes.axhline)(0, color="gray", linewidth=0.8)
    if rng.random() < 0.3:
        notes["annotated"] = True
        decimals = 0 if all(float(v).is_integer() for v in values) else 2 if max(map(abs, values)) <= 2 else 1
        axes.bar_label(bars, [f"{v:,.{decimals}f}" for v in values], padding=rng.choice([1, 3]),
                       fontsize=rng.choice([8, 9, 10]))  # fmt: skip
        axes.margins(**{"x" if horizontal else "y": 0.12})


def _labels(figure: Any, axes: Any, rng: random.Random, horizontal: bool, notes: dict[str, Any]) -> None:
    axis = axes.yaxis if horizontal else axes.xaxis
    turn = 0
    if not horizontal and rng.random() < 0.25:
        turn = rng.choice([30, 45, 45, 60, 90])
    figure.tight_layout()
    if not horizontal and turn == 0:  # as a person would: turn the labels that run into each other
        figure.canvas.draw()
        boxes = [label.get_window_extent() for label in axis.get_ticklabels()]
        if any(a.x1 + 3 > b.x0 for a, b in pairwise(boxes)):
            turn = rng.choice([45, 90])
    if turn:
        centred = turn == 90 or rng.random() < 0.3
        for label in axis.get_ticklabels():
            label.set(rotation=turn, ha="center" if centred else "right", rotation_mode=None if centred else "anchor")
        notes["turned"] = turn


def right(truth: Truth, table: Any) -> bool:
    """Whether a whole table is right: labels exact (dashes and spaces alike), values within 5 %.

    A value whose truth is under a twentieth of the axis' range may be off by a twentieth of that range.
    """
    if table.horizontal != truth.horizontal or len(table.categories) != len(truth.labels):
        return False
    if any(_bare(a) != _bare(b) for a, b in zip(table.categories, truth.labels, strict=True)):
        return False
    return all(_near(a, b, truth) for a, b in zip(table.values, truth.values, strict=True))


def _near(found: float, meant: float, truth: Truth) -> bool:
    near_zero = 0.05 * (truth.high - truth.low)
    return abs(found - meant) <= max(0.05 * abs(meant), near_zero if abs(meant) < near_zero else 0.0)


def _bare(label: str) -> str:
    return " ".join(label.translate(str.maketrans("−–—", "---")).split())


def figures(n: int = 200, seed: int = TEST_SEED, split: str = "test", log: Path | None = None) -> list[Figure]:
    """Read n charts of a split, ask one question of each; count the tables that are whole, wrong and refused."""
    from sensorium.eyes.answers import Look, answer
    from sensorium.eyes.charts import Table

    rows: list[dict[str, Any]] = []
    asked = cases(split, n, seed)
    for (image, truth, notes), case in zip(make(split, n, seed), asked, strict=True):
        look = Look(image)
        start = time.perf_counter()
        table = look.table
        row = {"seconds": time.perf_counter() - start, "notes": notes, "labels": truth.labels, "values": truth.values}
        if isinstance(table, Table):
            row |= {
                "confidence": table.confidence,
                "right": right(truth, table),
                "read": [table.categories, table.values],
            }
            row["title"] = _bare(table.title) == _bare(truth.title)
            parts = list(answer([look], case.question))
            text = " ".join(part.text for part in parts)
            row["answered"] = any(not part.abstained for part in parts)
            row |= {"question": case.question, "answer": text, "answer right": row["answered"] and case.right(text)}
            row["sure"] = math.prod(1.0 if part.confidence is None else part.confidence for part in parts)
        else:
            row["refused"] = table.reason
        rows.append(row)
    if log is not None:
        log.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    read = [row for row in rows if "read" in row]
    sure = [row for row in read if row["confidence"] >= 0.8]
    answered = [row for row in read if row["answered"]]
    firm = [row for row in answered if row["sure"] >= 0.8]
    seconds = sorted(row["seconds"] for row in rows)
    whole = sum(row["right"] for row in read)
    name = f"charts ({split})"
    return [
        share(f"{name}: whole table right", whole, n, 0.85),
        share(f"{name}: wrong table not refused", len(read) - whole, n, 0.05, at_most=True),
        share(f"{name}: refused", n - len(read), n),
        share(f"{name}: right of those given with confidence >= 0.8", sum(r["right"] for r in sure), len(sure), 0.95),
        share(f"{name}: title exact, of those read", sum(row["title"] for row in read), len(read)),
        share(
            f"{name}: questions right of those answered", sum(r["answer right"] for r in answered), len(answered), 0.9
        ),
        share(f"{name}: questions right, confidence >= 0.8", sum(r["answer right"] for r in firm), len(firm), 0.95),
        Figure(f"{name}: mean confidence of the tables", sum(row["confidence"] for row in read) / len(read), len(read)),
        Figure(f"{name}: seconds a chart, median", seconds[n // 2], n, 2.5, at_most=True),
        Figure(f"{name}: seconds a chart, 95th percentile", seconds[int(0.95 * n)], n),
    ]


def cases(split: str, n: int, seed: int) -> list[Case]:
    """Ask one question of each of n charts, as a person would, with a judge for the words of the reply."""
    out = []
    for index, (image, truth, _) in enumerate(make(split, n, seed)):
        rng = random.Random(f"ask-{split}-{seed}-{index}")
        question, judge = _question(truth, rng)
        out.append(Case("chart", image, question, judge))
    return out


def _question(truth: Truth, rng: random.Random) -> tuple[str, Callable[[str], bool]]:
    values = dict(zip(truth.labels, truth.values, strict=True))
    a, b = rng.sample(truth.labels, 2)
    kinds = ["value", "value", "max", "min", "sum", "mean", "difference", "comparison", "count", "trend"]
    if abs(values[b]) > 0.1 * max(map(abs, truth.values)) and values[a] * values[b] > 0:
        kinds.append("ratio")
    kind = rng.choice(kinds)
    if kind in ("max", "min"):
        best = (max if kind == "max" else min)(truth.values)
        winners = [label for label, value in values.items() if _near(value, best, truth)]
        asked = {
            "max": [
                "Which bar is the tallest?",
                "what has the highest value",
                "Which one is the largest in this chart?",
            ],
            "min": ["Which bar is the smallest?", "what has the lowest value", "Which one is the least in this chart?"],
        }[kind]
        return rng.choice(asked), lambda text: any(_bare(w).casefold() in _bare(text).casefold() for w in winners)
    if kind == "comparison":
        yes, level = values[a] > values[b], _near(values[a], values[b], truth)
        asked = [f"Is {a} higher than {b}?", f"is the bar for {a} larger than the one for {b}?"]
        return rng.choice(asked), lambda text: level or text.strip().casefold().startswith("yes" if yes else "no")
    if kind == "trend":
        way = _way(truth.values)
        asked = ["What is the trend?", "are the numbers going up or down from the first bar to the last?"]
        words = {
            1: ("ris", "increas", "up", "grow"),
            -1: ("fall", "decreas", "down", "declin"),
            0: ("no clear", "mixed"),
        }
        return rng.choice(asked), lambda text: any(word in text.casefold() for word in words[way])
    number, asked = {
        "value": (values[a], [f"What is the value for {a}?", f"how much is {a}", f"What does the chart show for {a}?"]),
        "sum": (sum(truth.values), ["What do all the bars add up to?", "what is the total of all bars in the chart"]),
        "mean": (sum(truth.values) / len(values), ["What is the average over all the bars?", "the mean value please"]),
        "difference": (abs(values[a] - values[b]), [f"What is the difference between {a} and {b}?",
                                                    f"how much do {a} and {b} differ"]),
        "ratio": (values[a] / values[b] if values[b] else 0.0, [f"How many times {b} is {a}?",
                                                                f"what is the ratio of {a} to {b}"]),
        "count": (float(len(values)), ["How many bars are there?", "how many bars does this chart have"]),
    }[kind]  # fmt: skip
    slack = 0.0 if kind == "count" else 0.05 * abs(number)
    if kind in ("value", "sum", "mean", "difference") and abs(number) < 0.05 * (truth.high - truth.low):
        slack = 0.05 * (truth.high - truth.low)
    return rng.choice(asked), lambda text: any(abs(found - number) <= slack + 1e-9 for found in _numbers(text))


def _way(values: tuple[float, ...]) -> int:
    pairs = [(x, y) for i, x in enumerate(values) for y in values[i + 1 :]]
    tau = sum((y > x) - (y < x) for x, y in pairs) / len(pairs)
    return 1 if tau >= 0.5 else -1 if tau <= -0.5 else 0


def _numbers(text: str) -> list[float]:
    found = re.findall(r"[-−]?\d[\d,]*(?:\.\d+)?", text)
    return [float(number.replace(",", "").replace("−", "-")) for number in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=["tune", "fit", "test"], default="test")
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--seed", type=int, default=TEST_SEED)
    parser.add_argument("--log", type=Path, help="write one JSON row a chart")
    asked = parser.parse_args()
    for figure in figures(asked.n, asked.seed, asked.split, asked.log):
        print(figure)


if __name__ == "__main__":
    main()
