"""The figures of "Choosing": power over the number of questions, and accuracy over money with a Pareto front."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from figure_style import BLUE, FONT, GREY, INK, ORANGE, plot, save

from sensorium.evaluation.choosing.power import PairSpread, forecast_power, questions_to_settle

WAYS = (("own machine", 0.02, 0.695), ("A", 0.11, 0.865), ("B", 0.88, 0.89), ("B twice", 1.80, 0.89))
"""Money for 1,000 questions and accuracy on 200 of them, as the lesson draws them; the last is behind the front."""
N = 200


def draw(folder: Path) -> None:
    spread = PairSpread(0.03, 0.15)
    figure, axes = plot(8, 3.4)
    counts = np.arange(50, 2001, 50)
    axes.plot(counts, [forecast_power(spread, int(n)) for n in counts], color=BLUE, linewidth=3)
    settled = questions_to_settle(spread) or 0
    for n, words, across, up in (
        (200, "200 questions:\n{:.0%}", 50, -0.11), (settled, "{n:,} questions:\n{:.0%}", -40, -0.3)
    ):  # fmt: skip
        power = forecast_power(spread, n)
        axes.plot(n, power, "o", color=ORANGE, markersize=9)
        axes.text(n + across, power + up, words.format(power, n=n), color=INK, fontsize=12, **FONT)
    axes.axhline(0.8, color=GREY, linestyle="--", linewidth=1.2)
    axes.set(xlim=(0, 2000), ylim=(0, 1.02), yticks=[0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.set_yticklabels(["0%", "20%", "40%", "60%", "80%", "100%"])
    axes.set_xlabel("questions asked", fontsize=12, color=INK, **FONT)
    axes.set_ylabel("how often 3 points\nwould be shown", fontsize=12, color=INK, **FONT)
    save(figure, folder / "power.png")

    figure, axes = plot(8, 3.4)
    money, right = np.array([cost for _, cost, _ in WAYS]), np.array([share for _, _, share in WAYS])
    half = 1.96 * np.sqrt(right * (1 - right) / N)
    axes.plot(money[:3], right[:3], color=GREY, linewidth=1.2, linestyle="--")
    axes.errorbar(money, right, half, fmt="o", color=BLUE, markersize=9, capsize=5, linewidth=2)
    for name, cost, share in WAYS:
        axes.annotate(name, (cost, share), (9, -16), textcoords="offset points", fontsize=12, color=INK, **FONT)
    axes.set(xscale="log", xlim=(0.012, 4), ylim=(0.6, 1), yticks=[0.7, 0.8, 0.9, 1])
    axes.set_yticklabels(["70%", "80%", "90%", "100%"])
    axes.set_xticks([0.02, 0.1, 0.5, 2], ["$0.02", "$0.10", "$0.50", "$2"])
    axes.minorticks_off()
    axes.set_xlabel("money for 1,000 questions", fontsize=12, color=INK, **FONT)
    axes.set_ylabel("right", fontsize=12, color=INK, **FONT)
    save(figure, folder / "pareto.png")
