"""Hard things to see and hear, drawn by chance: how many are right, refused or doubted, and how many silently wrong.

    python bench/seeing_hard.py --seed 5 --n 12           every kind
    python bench/seeing_hard.py --only currency --n 155   amounts with a currency sign before or after them

Constants were chosen with seed 1; the log's figures are of other seeds. Silently wrong is a wrong value that is given
with a confidence of 0.8, or a line that counts as read.
"""

from __future__ import annotations

import argparse
import io
import random
import time
from collections import Counter
from collections.abc import Callable

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from figures import share
from matplotlib import font_manager

from sensorium.core.messages import Audio, Image
from sensorium.eyes.charts import Refusal, chart
from sensorium.eyes.ocr import SURE, read
from sensorium.media.audio import seconds, wav
from sensorium.media.image import encode

FACES = ("DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono", "Noto Sans", "Noto Serif", "Liberation Sans")
SIGNS = "₫ ₽ ₴ ₪ ₱ ₲ ₸ ₾ ₦ ₺ ₩ ฿ ₹ ₡ ₵ ₭ ₮ ₼ ₿ zł kr Rs. A$ R$ C$ CHF € £ $ ¥".split()
AMOUNTS = ("450", "2,500", "99,90", "12,000", "180", "1,250.00", "6.50", "14.20", "75", "350.000")
NAMES = ("Lyon", "Graz", "Porto", "Turin", "Bergen", "Gdansk", "Malmo", "Cork")
WORDS = "river lamp seven table green house paper light stone market winter apple window garden letter coffee".split()


def page(size: tuple[int, int], texts: list[tuple[float, float, str]], face: str, height: int) -> Image:
    """Draw texts at x, y."""
    picture = PIL.Image.new("RGB", size, "white")
    font = PIL.ImageFont.truetype(face, height)
    for x, y, text in texts:
        PIL.ImageDraw.Draw(picture).text((x, y), text, font=font, fill="black")
    return encode(picture)


def face_with(draw: random.Random, text: str) -> str:
    """Return the file of a face that has every character of a text."""
    for _ in range(50):
        properties = font_manager.FontProperties(family=draw.choice(FACES), weight=draw.choice(("normal", "bold")))
        path = font_manager.findfont(properties)
        if set(map(ord, text)) <= set(font_manager.get_font(path).get_charmap()):
            return path
    return font_manager.findfont("DejaVu Sans")


def currency(draw: random.Random, number: int) -> str:
    """An amount with a sign: the line is right, or doubted."""
    sign, amount = SIGNS[number % len(SIGNS)], draw.choice(AMOUNTS)
    gap = draw.choice(("", " "))
    text = draw.choice(("", "Price ", "TOTAL ")) + draw.choice((f"{sign}{gap}{amount}", f"{amount}{gap}{sign}"))
    lines = read(page((760, 150), [(40, 50, text)], face_with(draw, text), draw.choice((22, 30, 40))))
    given = "".join(line.text for line in lines)
    right = plain(given) == plain(text)
    sure = bool(lines) and min(line.score for line in lines) >= SURE
    return "right" if right and sure else "doubted" if not sure else "silently wrong"


def plain(text: str) -> str:
    """Return a text without spaces; đ is how ₫ is written by hand, and ￥ a wide ¥."""
    return "".join(text.split()).replace("đ", "₫").replace("￥", "¥")


def drawn_chart(draw: random.Random, kind: str) -> tuple[bytes, list[int]]:
    """Draw a bar chart; return its PNG and the values of its first series."""
    names = draw.sample(NAMES, draw.randint(4, 6))
    values = [draw.randint(10, 95) for _ in names]
    other = [draw.randint(10, 95) for _ in names]
    figure, axes = plt.subplots(figsize=(7, 4.5), dpi=draw.choice((80, 100, 130)))
    places = np.arange(len(names))
    if kind == "grouped":
        axes.bar(places - 0.2, values, 0.4)
        axes.bar(places + 0.2, other, 0.4)
    else:
        axes.bar(places, values, 0.7, bottom=np.array(other) if kind == "floating" else 0)
        if kind == "stacked":
            axes.bar(places, other, 0.7, bottom=values)
    axes.set_xticks(places, names)
    axes.set_ylabel("Visitors")
    buffer = io.BytesIO()
    figure.savefig(buffer)
    plt.close(figure)
    return buffer.getvalue(), values


def chart_of(kind: str) -> Callable[[random.Random, int], str]:
    """A chart that must be refused, or "plain" or "tilted": read or refused."""

    def ask(draw: random.Random, number: int) -> str:
        data, values = drawn_chart(draw, kind)
        if kind == "tilted":
            turned = PIL.Image.open(io.BytesIO(data)).convert("RGB")
            turned = turned.rotate(draw.uniform(-8, 8), PIL.Image.Resampling.BICUBIC, expand=True, fillcolor="white")
            found = chart(encode(turned))
        else:
            found = chart(Image(data))
        if isinstance(found, Refusal):
            return "refused"
        right = kind in ("plain", "tilted") and len(found.values) == len(values)
        right = right and all(abs(a - b) <= 0.05 * b for a, b in zip(found.values, values, strict=True))
        return "right" if right else "silently wrong" if found.confidence >= 0.8 else "wrong, unsure"

    return ask


def columns(draw: random.Random, number: int) -> str:
    """Two columns of text: read one after the other."""
    left, right = ([" ".join(draw.sample(WORDS, 3)) for _ in range(6)] for _ in range(2))
    texts = [(60.0, 60 + 46.0 * i, text) for i, text in enumerate(left)]
    texts += [(620.0, 60 + 46.0 * i, text) for i, text in enumerate(right)]
    lines = read(page((1100, 400), texts, face_with(draw, "a"), 26))
    if any(line.score < SURE for line in lines):
        return "doubted"
    return "right" if [line.text for line in lines] == left + right else "silently wrong"


def screenshot(draw: random.Random, number: int) -> str:
    """A long screenshot of 60 lines: every line is read."""
    texts = [f"{i + 1} {' '.join(draw.sample(WORDS, 4))}" for i in range(60)]
    lines = read(page((1080, 4800), [(40.0, 20 + 79.0 * i, t) for i, t in enumerate(texts)], face_with(draw, "a"), 34))
    return "right" if [line.text for line in lines] == texts else "silently wrong"


def audio_length(draw: random.Random, number: int) -> str:
    """A WAV whose header names another length, or none: its length is that of its bytes."""
    length = draw.uniform(0.5, 8)
    data = bytearray(wav(np.zeros(round(length * 16000), np.float32)).blob.data)
    at = data.index(b"data") + 4
    data[at : at + 4] = draw.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\xf0\xff\xff\x7f"))
    return "right" if abs(seconds(Audio(bytes(data))) - length) < 0.1 else "silently wrong"


KINDS: dict[str, Callable[[random.Random, int], str]] = {
    "currency": currency, "grouped": chart_of("grouped"), "stacked": chart_of("stacked"),
    "floating": chart_of("floating"), "plain": chart_of("plain"), "tilted": chart_of("tilted"), "columns": columns,
    "screenshot": screenshot, "audio": audio_length,
}  # fmt: skip


def main() -> None:
    """Print a line a kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=KINDS, action="append", default=[])
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--n", type=int, default=12)
    arguments = parser.parse_args()
    for name in arguments.only or KINDS:
        draw, start = random.Random(f"{name} {arguments.seed}"), time.perf_counter()
        outcomes = Counter(KINDS[name](draw, number) for number in range(arguments.n))
        listed = ", ".join(f"{outcome} {count}" for outcome, count in sorted(outcomes.items()))
        print(share(f"{name}: silently wrong", outcomes["silently wrong"], arguments.n), f"({listed};",
              f"{(time.perf_counter() - start) / arguments.n:.2f} s each)", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
