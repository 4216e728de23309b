"""Single-series bar charts drawn as people draw them, by matplotlib; no two splits share a style, font or word.

The test split uses styles, fonts, palettes and words that the tune split never uses (`TUNE` and `TEST` below, fixed
before any tuning). The fit split, of designs that neither has, shows what unseen designs do to the confidence, which
is fitted on it and on tune.
"""

from __future__ import annotations

import io
import logging
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sensorium.core.messages import Image

DARK: dict[str, Any] = {  # two dark designs beside matplotlib's own, as slide decks and dashboards have
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
class Design:
    """Everything that the charts of one split are drawn with; no two splits share any of it."""

    styles: tuple[str | dict[str, Any], ...]
    fonts: tuple[str, ...]
    palettes: tuple[str, ...]
    colours: tuple[str, ...]
    words: tuple[tuple[str, tuple[str, ...]], ...]
    values: tuple[str, ...]
    titles: tuple[str, ...]


TUNE = Design(
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

FIT = Design(
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

TEST = Design(
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
    """The data of a chart; labels in reading order (left to right, or top to bottom)."""

    title: str
    x_name: str
    y_name: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    horizontal: bool
    low: float = 0.0
    high: float = 1.0


def draw_charts(split: str, n: int, seed: int) -> list[tuple[Image, Truth, dict[str, Any]]]:
    """Draw n charts of a split, the same for the same seed."""
    design = {"tune": TUNE, "fit": FIT, "test": TEST}[split]
    return [_draw(design, random.Random(f"{split}-{seed}-{index}")) for index in range(n)]


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


def _draw(design: Design, rng: random.Random) -> tuple[Image, Truth, dict[str, Any]]:
    import matplotlib

    matplotlib.use("Agg")
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    import matplotlib.pyplot as plt

    style, font = rng.choice(design.styles), rng.choice(design.fonts)
    with warnings.catch_warnings(), plt.style.context(style, after_reset=True):
        warnings.simplefilter("ignore")
        plt.rcParams["font.family"] = [font, "DejaVu Sans"]
        if font.startswith("cm"):
            plt.rcParams["axes.unicode_minus"] = False
        metadata: dict[str, Any] = {"style": style if isinstance(style, str) else "custom", "font": font}
        figure, truth = _chart(plt, design, rng, metadata)
        buffer = io.BytesIO()
        if rng.random() < 0.35:
            metadata["jpeg"] = rng.randint(60, 95)
            figure.savefig(buffer, format="jpeg", dpi=figure.dpi, pil_kwargs={"quality": metadata["jpeg"]})
        else:
            figure.savefig(buffer, format="png", dpi=figure.dpi)
        plt.close(figure)
    return Image(buffer.getvalue()), truth, metadata


def _chart(plt: Any, design: Design, rng: random.Random, metadata: dict[str, Any]) -> tuple[Any, Truth]:
    noun, words = rng.choice(design.words)
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
    metadata |= {"size": size, "dpi": dpi, "horizontal": horizontal, "kind": kind, "count": count}
    bars = _bars(plt, axes, design, rng, labels, values, horizontal, metadata)
    _limits(axes, rng, values, kind, horizontal, metadata)
    y_name = rng.choice(design.values)
    title = rng.choice(design.titles).format(noun.lower(), y_name.lower()).capitalize() if rng.random() < 0.85 else ""
    _decorate(axes, rng, values, horizontal, metadata, bars)
    x_shown = noun if rng.random() < 0.6 else ""
    y_shown = y_name if rng.random() < 0.75 else ""
    (axes.set_ylabel if horizontal else axes.set_xlabel)(x_shown)
    (axes.set_xlabel if horizontal else axes.set_ylabel)(y_shown)
    if title:
        axes.set_title(title, loc=rng.choice(["center", "center", "left"]), wrap=True)
    if rng.random() < 0.12:
        bars.set_label(y_name)
        axes.legend(loc="best")
        metadata["legend"] = True
    _labels(figure, axes, rng, horizontal, metadata)
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
    plt: Any, axes: Any, design: Design, rng: random.Random, labels: list[str], values: list[float],
    horizontal: bool, metadata: dict[str, Any],
) -> Any:  # fmt: skip
    options: dict[str, Any] = {}
    choice = rng.random()
    if choice < 0.35:
        palette = plt.get_cmap(rng.choice(design.palettes))
        discrete = palette.N < 30
        options["color"] = [
            palette(i % palette.N if discrete else 0.15 + 0.7 * i / len(labels)) for i in range(len(labels))
        ]
        metadata["colours"] = palette.name
    elif choice < 0.85:
        options["color"] = rng.choice(design.colours)
    if rng.random() < 0.25:
        options |= {"edgecolor": rng.choice(["black", "white", "dimgray"]), "linewidth": rng.choice([0.8, 1.0, 1.5])}
        metadata["edge"] = options["edgecolor"]
    if rng.random() < 0.10:
        options |= {"hatch": rng.choice(["/", "//", "x", "\\", "."]), "edgecolor": rng.choice(["black", "white"])}
        metadata["hatch"] = options["hatch"]
    if rng.random() < 0.15:
        options["alpha"] = rng.choice([0.6, 0.8])
    if rng.random() < 0.06:
        options["yerr" if not horizontal else "xerr"] = [abs(v) * rng.uniform(0.03, 0.12) for v in values]
        options["capsize"] = rng.choice([0, 3, 5])
        metadata["error bars"] = True
    thickness = rng.choice([0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8, 0.9])
    shown = list(labels)
    if rng.random() < 0.3:
        shown = [label.replace(" ", "\n") for label in labels]
        metadata["two lines"] = any("\n" in label for label in shown)
    positions = range(len(labels))
    if horizontal:
        bars = axes.barh(positions, values, height=thickness, **options)
        axes.set_yticks(positions, shown)
    else:
        bars = axes.bar(positions, values, width=thickness, **options)
        axes.set_xticks(positions, shown)
    return bars


def _limits(
    axes: Any, rng: random.Random, values: list[float], kind: str, horizontal: bool, metadata: dict[str, Any]
) -> None:
    limit = axes.set_xlim if horizontal else axes.set_ylim
    low, high = min(values), max(values)
    if kind == "close" and rng.random() < 0.6:
        limit(low - (high - low) * rng.uniform(0.2, 1.0), high + (high - low) * 0.15)
        metadata["cut axis"] = True
    elif low >= 0 and rng.random() < 0.25:
        limit(0, high * rng.uniform(1.1, 1.5))


def _decorate(
    axes: Any, rng: random.Random, values: list[float], horizontal: bool, metadata: dict[str, Any], bars: Any
) -> None:
    from matplotlib.ticker import FuncFormatter

    value_axis = axes.xaxis if horizontal else axes.yaxis
    name, form = _tick_format(rng, max(abs(v) for v in values))
    metadata["ticks"] = name
    if form is not None:
        value_axis.set_major_formatter(FuncFormatter(lambda v, _: form(v)))
    elif name == "sci":
        axes.ticklabel_format(axis="x" if horizontal else "y", style="sci", scilimits=(0, 0))
    grid = rng.choice(["as is", "as is", "value", "both", "none"])
    metadata["grid"] = grid
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
        metadata["annotated"] = True
        decimals = 0 if all(float(v).is_integer() for v in values) else 2 if max(map(abs, values)) <= 2 else 1
        axes.bar_label(bars, [f"{v:,.{decimals}f}" for v in values], padding=rng.choice([1, 3]),
                       fontsize=rng.choice([8, 9, 10]))  # fmt: skip
        axes.margins(**{"x" if horizontal else "y": 0.12})


def _labels(figure: Any, axes: Any, rng: random.Random, horizontal: bool, metadata: dict[str, Any]) -> None:
    axis = axes.yaxis if horizontal else axes.xaxis
    angle = 0
    if not horizontal and rng.random() < 0.25:
        angle = rng.choice([30, 45, 45, 60, 90])
    figure.tight_layout()
    if not horizontal and angle == 0:  # as a person would: rotate labels that overlap
        figure.canvas.draw()
        boxes = [label.get_window_extent() for label in axis.get_ticklabels()]
        if any(a.x1 + 3 > b.x0 for a, b in pairwise(boxes)):
            angle = rng.choice([45, 90])
    if angle:
        centred = angle == 90 or rng.random() < 0.3
        for label in axis.get_ticklabels():
            label.set(rotation=angle, ha="center" if centred else "right", rotation_mode=None if centred else "anchor")
        metadata["angle"] = angle
