"""The figure of "Data sets": eight products with three photos each, split by photo and by product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from figure_style import BLUE, GREY, INK, ORANGE, box, canvas, label, save

PRODUCTS, PHOTOS = 8, 3
BY_PHOTO = {(0, 1), (2, 0), (3, 2), (4, 1), (6, 0), (7, 1)}
"""(product, photo) of the test, as chance may draw them."""
BY_PRODUCT = {(product, photo) for product in (2, 6) for photo in range(PHOTOS)}


def grid(axes: Any, left: float, title: str, below: str, test: set[tuple[int, int]]) -> None:
    label(axes, left + 1.84, 3.1, title, INK, 14)
    for product in range(PRODUCTS):
        for photo in range(PHOTOS):
            asked = (product, photo) in test
            x, y = left + product * 0.46, 2.25 - photo * 0.56
            box(axes, x, y, 0.4, 0.48, "test" if asked else "", ORANGE if asked else BLUE, 9)
    label(axes, left + 1.84, 0.84, "one column: one product", GREY, 11)
    label(axes, left + 1.84, 0.36, below, INK, 12)


def draw(folder: Path) -> None:
    figure, axes = canvas(8.4, 3.4)
    grid(axes, 0.2, "split by photo", "test products are known already", BY_PHOTO)
    grid(axes, 4.5, "split by product", "test products are new", BY_PRODUCT)
    save(figure, folder / "splits.png")
