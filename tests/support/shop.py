"""A small shop's index: real photos with titles and prices, a copy of one among them, embedded offline."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
import PIL.Image
import pyarrow as pa
import skimage.data
from sklearn.datasets import load_sample_images
from vectors import index_rows, write

from sensorium import Image, load
from sensorium.search import Index

TITLES = {
    "cat": "Cushion with a tabby cat",
    "coffee": "Espresso cup and saucer",
    "rocket": "Model of a rocket",
    "astronaut": "Portrait of an astronaut",
    "temple": "Postcard of a temple",
    "flower": "Red dahlia in a pot",
    "motorcycle": "Motorcycle for the garage, SKU MX-4711",
    "cat-copy": "Cushion, second picture",
    "bricks": None,
    "grass": "Lawn seed",
    "gravel": "Gravel by the sack",
    "camera": "Tripod and camera",
}
PRICES = {name: 10.0 * (place + 1) for place, name in enumerate(TITLES)}


@cache
def photos() -> dict[str, bytes]:
    """Return the photos by name, as JPEG files; cat-copy is the cat at half its size."""
    china, flower = load_sample_images().images
    arrays = {
        "cat": skimage.data.chelsea(), "coffee": skimage.data.coffee(), "rocket": skimage.data.rocket(),
        "astronaut": skimage.data.astronaut(), "temple": china, "flower": flower,
        "motorcycle": skimage.data.stereo_motorcycle()[0], "bricks": skimage.data.brick(),
        "grass": skimage.data.grass(), "gravel": skimage.data.gravel(), "camera": skimage.data.camera(),
    }  # fmt: skip
    made = {name: PIL.Image.fromarray(array).convert("RGB") for name, array in arrays.items()}
    made["cat-copy"] = made["cat"].resize((225, 150))
    return {name: jpeg(made[name]) for name in TITLES}


def jpeg(picture: PIL.Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def shop(folder: Path) -> Index:
    """Write the photos and their index into a folder; ids are the photos' names."""
    embedder = load("offline", role="embedder")
    (folder / "photos").mkdir(parents=True)
    paths = [folder / "photos" / f"{name}.jpg" for name in TITLES]
    for path in paths:
        path.write_bytes(photos()[path.stem])
    index = Index.create(
        folder / "shop.index", embedder.name, embedder.version, embedder.dims, {"title": "string", "price": "double"}
    )
    rows = index_rows(
        np.asarray(embedder.embed([Image(str(path)) for path in paths])),
        {"title": pa.array(list(TITLES.values())), "price": pa.array(list(PRICES.values()))},
    )
    for name, values in (("id", list(TITLES)), ("path", [str(path) for path in paths])):
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(values))
    write(index, rows)
    return index
