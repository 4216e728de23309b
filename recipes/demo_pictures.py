"""The pictures of the demo: photographs that libraries carry; a sign, a receipt, a chart and a barcode drawn here."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
import PIL.ImageFont

RECEIPT = (
    "GREEN DOOR GROCERY", "14 Mill Lane, Hereford", "", "Date: 2026-03-14  10:42", "", "Oat bread          3.20",
    "Apples 1.2 kg      4.15", "Milk 2 l           2.30", "Eggs, ten          4.60", "", "TOTAL             14.25",
    "Paid by card      14.25", "", "Thank you!",
)  # fmt: skip
SALES = {"Apples": 120, "Pears": 85, "Plums": 45, "Cherries": 160}
EAN = "4006381333931"


@dataclass(frozen=True)
class Picture:
    """One picture of the demo.

    Args:
        name: A short name; its files on the page are called so.
        alt: What it shows, for people who can't see it.
        source: Where it comes from, and its licence.
        make: Loads or draws it.
    """

    name: str
    alt: str
    source: str
    make: Callable[[], PIL.Image.Image]


def photo(name: str) -> Callable[[], PIL.Image.Image]:
    """Return a photograph that scikit-image carries."""

    def load() -> PIL.Image.Image:
        import skimage.data

        return PIL.Image.fromarray(getattr(skimage.data, name)()).convert("RGB")

    return load


def sample(name: str) -> Callable[[], PIL.Image.Image]:
    """Return a photograph that scikit-learn carries."""

    def load() -> PIL.Image.Image:
        from sklearn.datasets import load_sample_image

        return PIL.Image.fromarray(np.asarray(load_sample_image(name)))

    return load


def blurred() -> PIL.Image.Image:
    """Return the coffee as a moving or badly focused camera would show it."""
    return photo("coffee")().filter(PIL.ImageFilter.GaussianBlur(5))


def font(size: int, name: str = "DejaVuSans") -> PIL.ImageFont.FreeTypeFont:
    """Return a font that matplotlib carries, so that the pictures are the same on every machine."""
    import matplotlib

    return PIL.ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf"), size)


def sign() -> PIL.Image.Image:
    """Draw a sign: white on blue, seen from a little to the side, on a grainy wall."""
    board = PIL.Image.new("RGB", (760, 340), (22, 66, 128))
    draw = PIL.ImageDraw.Draw(board)
    draw.rounded_rectangle((14, 14, 745, 325), 18, outline="white", width=6)
    draw.text((380, 110), "PLATFORM 7", font=font(92, "DejaVuSans-Bold"), fill="white", anchor="mm")
    draw.text((380, 235), "Mind the step", font=font(64), fill="white", anchor="mm")
    return on_paper(board, (940, 520), (176, 170, 160), degrees=2.5, seed=1)


def receipt() -> PIL.Image.Image:
    """Draw a till's receipt on a table."""
    mono = font(26, "DejaVuSansMono")
    paper = PIL.Image.new("RGB", (520, 60 + 38 * len(RECEIPT)), (250, 249, 245))
    draw = PIL.ImageDraw.Draw(paper)
    for number, row in enumerate(RECEIPT):
        draw.text((50, 30 + 38 * number), row, font=mono, fill=(40, 38, 44))
    return on_paper(paper, (700, paper.height + 120), (112, 84, 60), degrees=-1.5, seed=2)


def barcode() -> PIL.Image.Image:
    """Draw a product's barcode, tilted."""
    import zxingcpp

    code = zxingcpp.create_barcode(EAN, zxingcpp.BarcodeFormat.EAN13)
    bars = PIL.Image.fromarray(np.asarray(code.to_image(scale=4))).convert("RGB")
    label = PIL.Image.new("RGB", (bars.width + 80, bars.height + 80), "white")
    label.paste(bars, (40, 40))
    return on_paper(label, (label.width + 120, label.height + 140), (196, 158, 108), degrees=6, seed=3)


def chart() -> PIL.Image.Image:
    """Draw a bar chart."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.6), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.bar(list(SALES), list(SALES.values()), color="#7a3b8f", width=0.6)
    axes.set(title="Fruit sold in May", xlabel="Fruit", ylabel="Boxes")
    axes.spines[["top", "right"]].set_visible(False)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    return PIL.Image.open(drawn).convert("RGB")


def on_paper(
    flat: PIL.Image.Image, size: tuple[int, int], ground: tuple[int, int, int], degrees: float, seed: int
) -> PIL.Image.Image:
    """Lay a flat thing on a grainy ground of `size`, turned, as a camera would see it."""
    scene = PIL.Image.new("RGB", size, ground)
    turned = flat.convert("RGBA").rotate(degrees, PIL.Image.Resampling.BICUBIC, expand=True)
    scene.paste(turned, ((size[0] - turned.width) // 2, (size[1] - turned.height) // 2), turned)
    noise = np.random.default_rng(seed).normal(0, 4, (size[1], size[0], 1))
    return PIL.Image.fromarray(np.clip(np.asarray(scene) + noise, 0, 255).astype(np.uint8))
