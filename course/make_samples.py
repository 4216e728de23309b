"""Make the course's samples: pictures of the demo, a label, a shop; films: python course/make_samples.py [FOLDER]."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import PIL.Image
import PIL.ImageDraw

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "recipes"))
sys.path.insert(0, str(HERE))

from demo_pictures import barcode, blurred, chart, font, on_paper, photo, receipt, sign
from make_films import FILMS
from make_shapes import shapes

LABEL = ("Paracetamol 500 mg", "24 tablets", "Adults: 1 or 2 tablets every 6 hours.",
         "No more than 8 tablets in 24 hours.", "EXP 2027-08     LOT 4C118")  # fmt: skip


def label() -> PIL.Image.Image:
    """Draw the label of a medicine, held a little tilted."""
    flat = PIL.Image.new("RGB", (760, 420), (250, 250, 248))
    draw = PIL.ImageDraw.Draw(flat)
    draw.rectangle((0, 0, 760, 26), fill=(178, 34, 52))
    rows = zip(LABEL, (62, 40, 30, 30, 30), (75, 150, 220, 268, 340), strict=True)
    for row, size, top in rows:
        draw.text((40, top), row, font=font(size, "DejaVuSans-Bold" if size > 50 else "DejaVuSans"), fill=(30, 30, 36))
    return on_paper(flat, (900, 560), (120, 134, 122), degrees=1.2, seed=4)


def shop_photo(name: str) -> PIL.Image.Image:
    """Return a photo of scikit-image or scikit-learn as a small shop would have it: 320 pixels."""
    import skimage.data
    from sklearn.datasets import load_sample_image

    array = load_sample_image(f"{name}.jpg") if name in ("china", "flower") else getattr(skimage.data, name)()
    if isinstance(array, tuple):  # a stereo pair
        array = array[0]
    picture = PIL.Image.fromarray(array).convert("RGB")
    picture.thumbnail((320, 320))
    return picture


SHOP = {"camera.jpg": "camera", "flower.jpg": "flower", "motorcycle.jpg": "stereo_motorcycle", "rocket.jpg": "rocket",
        "temple.jpg": "china"}  # fmt: skip
SAMPLES = {
    "astronaut.jpg": photo("astronaut"), "barcode.jpg": barcode, "blurred.jpg": blurred, "cat.jpg": photo("chelsea"),
    "chart.png": chart, "coffee.jpg": photo("coffee"), "coins.jpg": photo("coins"), "label.jpg": label,
    "receipt.jpg": receipt, "sign.jpg": sign,
    **{name: partial(shop_photo, source) for name, source in SHOP.items()},
}  # fmt: skip


def main(folder: Path) -> None:
    """Write every sample: photos and what looks like one as JPEG, the chart as PNG, films as MP4."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shapes.zip").write_bytes(shapes())
    for name, film in FILMS.items():
        (folder / name).write_bytes(film())
    for name, make in SAMPLES.items():
        picture = make()
        if name.endswith(".jpg"):
            picture.thumbnail((640, 640))
            picture.save(folder / name, quality=88)
        else:
            picture.save(folder / name, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "samples")
