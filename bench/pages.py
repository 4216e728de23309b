"""Receipts, signs, labels and menus as a phone would photograph them, with what stands on them."""

from __future__ import annotations

import datetime as dt
import io
import math
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from page_texts import INDIC, LABELS, MENUS, SIGNS, TILLS, Till
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter, ImageFont

Split = Literal["tune", "test"]
KINDS = ("receipt", "sign", "label", "menu", "hindi", "tamil")
SEEDS = {"tune": 20_261, "test": 77_003}  # fixed before any tuning
FONTS = {
    "tune": {
        "mono": ("dejavu/DejaVuSansMono", "dejavu/DejaVuSansMono-Bold"),
        "plain": (
            "dejavu/DejaVuSans", "dejavu/DejaVuSans-Bold", "dejavu/DejaVuSerif", "dejavu/DejaVuSansCondensed-Bold",
            "noto/NotoSans-Regular", "noto/NotoSans-Bold", "noto/NotoSerif-Regular", "noto/NotoSerif-BoldItalic",
        ),
        "hindi": ("noto/NotoSansDevanagari-Regular", "noto/NotoSansDevanagari-Bold"),
        "tamil": ("noto/NotoSansTamil-Regular", "noto/NotoSansTamil-Bold"),
    },
    "test": {
        "mono": ("liberation/LiberationMono-Regular", "liberation/LiberationMono-Bold"),
        "plain": (
            "liberation/LiberationSans-Regular", "liberation/LiberationSans-Bold", "liberation/LiberationSerif-Regular",
            "liberation/LiberationSerif-Bold", "liberation/LiberationSansNarrow-Bold", "noto/NotoSansDisplay-Regular",
            "noto/NotoSerifDisplay-Bold", "liberation/LiberationSans-Italic",
        ),
        "hindi": ("noto/NotoSerifDevanagari-Regular", "noto/NotoSerifDevanagari-Bold"),
        "tamil": ("noto/NotoSerifTamil-Regular", "noto/NotoSerifTamil-Bold"),
    },
}  # fmt: skip
PHOTOS = {"tune": ("coffee", "gravel", "china", "camera"), "test": ("chelsea", "brick", "flower", "grass", "rocket")}
_FONT_FOLDER = Path("/usr/share/fonts/truetype")
_PLATES = (
    ((250, 250, 246), (20, 20, 20)), ((20, 60, 140), (250, 250, 250)), ((10, 100, 60), (250, 250, 240)),
    ((180, 25, 30), (255, 250, 245)), ((245, 200, 20), (15, 15, 15)), ((40, 40, 42), (240, 235, 220)),
    ((240, 228, 200), (80, 45, 20)), ((200, 222, 240), (20, 30, 80)),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """Cells standing beside each other, at the left, the middle ("^") or the right (">")."""

    cells: tuple[tuple[str, str], ...]
    size: float = 1.0


@dataclass(frozen=True)
class Page:
    """A photographed page and the truth about it.

    Args:
        jpeg: The picture.
        kind, language: "receipt" …, "en" …
        rows: What each row says, from the top.
        fields: Name asked for -> what stands there.
        absent: Names that are not on the page.
    """

    jpeg: bytes
    kind: str
    language: str
    rows: tuple[str, ...]
    fields: dict[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(self.rows)


def ready() -> str:
    """Say what is missing to render pages; "" where nothing is."""
    names = {name for split in FONTS.values() for group in split.values() for name in group}
    missing = sorted(name for name in names if not (_FONT_FOLDER / f"{name}.ttf").exists())
    return f"fonts are missing: {', '.join(missing)}" if missing else ""


def page(kind: str, split: Split, seed: int) -> Page:
    """Render one page of a kind; the same seed gives the same page."""
    rng = np.random.default_rng([SEEDS[split], KINDS.index(kind), seed])
    if kind in INDIC:
        texts = INDIC[kind][split]
        rows = tuple(Row(((line, "^"),)) for line in texts[int(rng.integers(len(texts)))])
        return _photograph(kind, kind, split, rows, rng, {}, (), str(rng.choice(FONTS[split][kind])))
    if kind == "receipt":
        return _receipt(split, rng)
    plain = str(rng.choice(FONTS[split]["plain"]))
    if kind == "label":
        return _label(split, rng, plain)
    if kind == "menu":
        title, dishes = MENUS[split][int(rng.integers(len(MENUS[split])))]
        prices = [f"{rng.integers(2, 24)}.{rng.choice(['00', '50', '90', '25'])}" for _ in dishes]
        rows = (Row(((title, "^"),), 1.4), *(Row(((d, ""), (p, ">"))) for d, p in zip(dishes, prices, strict=True)))
        fields = {f"price of {d}": p for d, p in zip(dishes, prices, strict=True)}
        return _photograph(kind, "", split, rows, rng, fields, ("expiry date", "phone", "total"), plain)
    texts = SIGNS[split]
    chosen = texts[int(rng.integers(len(texts)))]
    rows = tuple(Row(((line, "^"),), 1.0 if i == 0 else float(rng.uniform(0.6, 1.0))) for i, line in enumerate(chosen))
    return _photograph(kind, "", split, rows, rng, {}, ("total", "expiry date", "price of coffee"), plain)


def _receipt(split: Split, rng: np.random.Generator) -> Page:
    till = TILLS[split][int(rng.integers(len(TILLS[split])))]
    day = dt.datetime(2026, 1, 1) + dt.timedelta(minutes=int(rng.integers(300 * 24 * 60)))
    goods = rng.permutation(till.goods)[: int(rng.integers(3, 8))]
    cents = [int(rng.integers(40, 1900)) for _ in goods]
    tax = round(sum(cents) * float(rng.uniform(0.05, 0.2)))
    total = sum(cents) + tax
    paid = math.ceil(total / 500) * 500 + 500
    phone = f"0{rng.integers(20, 99)}{rng.integers(10, 99)} {rng.integers(100000, 999999)}"
    number = str(rng.integers(10000, 999999))
    date, time = day.strftime(till.day), day.strftime("%H:%M")
    middle, pairs = "^", []
    for name, label, value in (
        ("subtotal", till.subtotal, _money(till, sum(cents))), ("tax", till.tax, _money(till, tax)),
        ("total", till.total, _money(till, total)), ("cash", till.cash, _money(till, paid)),
        ("change", till.change, _money(till, paid - total)),
    ):  # fmt: skip
        pairs.append((name, Row(((label, ""), (value, ">")), 1.25 if name == "total" else 1.0), value))
    rows = [Row(((str(rng.choice(till.shops)), middle),), 1.4), Row(((str(rng.choice(till.streets)), middle),))]
    rows += [Row(((f"{till.phone} {phone}", middle),))]
    rows += [Row(((f"{till.date} {date}".strip(), ""), (f"{till.time} {time}".strip(), ">")))]
    rows += [Row(((f"{till.invoice} {number}", ""),)), Row((("-", "="),))]
    rows += [Row(((str(g), ""), (_money(till, c), ">"))) for g, c in zip(goods, cents, strict=True)]
    rows += [Row((("-", "="),)), *(row for _, row, _ in pairs), Row(((str(rng.choice(till.thanks)), middle),))]
    fields = {name: value for name, _, value in pairs if name != "cash"}
    fields |= {"date": date, "time": time, "phone": phone, "invoice number": number}
    fields |= {f"price of {g}": _money(till, c) for g, c in list(zip(goods, cents, strict=True))[:2]}
    font = str(rng.choice(FONTS[split]["mono" if rng.random() < 0.6 else "plain"]))
    return _photograph(
        "receipt", till.language, split, tuple(rows), rng, fields, ("expiry date", "email", "website"), font
    )


def _money(till: Till, cents: int) -> str:
    return till.money.format(whole=cents // 100, cents=f"{cents % 100:02d}")


def _label(split: Split, rng: np.random.Generator, font: str) -> Page:
    title, pairs = LABELS[split][int(rng.integers(len(LABELS[split])))]
    day = dt.date(2026, 6, 1) + dt.timedelta(days=int(rng.integers(900)))
    made = day - dt.timedelta(days=int(rng.integers(200, 700)))
    forms = {
        "day": day.strftime(str(rng.choice(["%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d %b %Y"]))),
        "month": day.strftime(str(rng.choice(["%m/%Y", "%b %Y", "%m-%Y"]))),
        "code": f"{rng.choice(['A', 'B', 'K', 'T'])}{rng.integers(10000, 99999)}",
        "seat": f"{rng.integers(1, 39)}{rng.choice(list('ABCDEF'))}",
        "gate": f"{rng.choice(['A', 'B', 'C'])}{rng.integers(1, 49)}",
        "flight": f"{rng.choice(['BA', 'LH', 'AF'])}{rng.integers(100, 999)}",
    }
    rows, fields = [Row(((title, "^"),), 1.4)], {}
    below = rng.random() < 0.35  # the value under its label, not beside it
    if "expiry date" in dict((name, 0) for name, _, _ in pairs) and rng.random() < 0.5:
        made_label = {"tune": "Made on", "test": "Packed"}[split]
        rows.append(Row(((f"{made_label} {made.strftime('%d.%m.%Y')}", ""),)))
    for name, label, form in pairs:
        value = form.format(**forms)
        fields[name] = value
        rows += [Row(((label, ""),)), Row(((value, ""),))] if below else [Row(((f"{label} {value}", ""),))]
    absent = ("total", "phone") if "expiry date" in fields else ("total", "expiry date")
    return _photograph("label", "", split, tuple(rows), rng, fields, absent, font)


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONT_FOLDER / f"{name}.ttf"), size)


def _photograph(
    kind: str, language: str, split: Split, rows: tuple[Row, ...], rng: np.random.Generator, fields: dict[str, str],
    absent: tuple[str, ...], font: str,
) -> Page:  # fmt: skip
    height_px = int(rng.integers(19, 34)) if kind == "receipt" else int(rng.integers(26, 84))
    sheet = _sheet(kind, rows, font, height_px, rng)
    far = rng.random() < 0.15
    picture = _scene(sheet, split, far, rng)
    picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 0.035)) * height_px))
    values = np.asarray(picture, dtype=np.float32) * _light(picture.size, rng)[:, :, None]
    values += rng.normal(0, float(rng.uniform(0, 9)), values.shape).astype(np.float32)
    out = io.BytesIO()
    quality = int(rng.integers(55, 96))
    Pillow.fromarray(np.clip(values, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=quality)
    truth = tuple(" ".join(text for text, _ in row.cells) for row in rows if row.cells[0][1] != "=")
    return Page(out.getvalue(), kind, language, truth, fields, absent)


def _sheet(kind: str, rows: tuple[Row, ...], font: str, size: int, rng: np.random.Generator) -> Pillow.Image:
    paper, ink = _PLATES[int(rng.integers(len(_PLATES)))]
    if kind == "receipt":
        paper = tuple(int(c) for c in rng.integers(232, 252, 1).repeat(3) - np.array([0, 1, 6]))
        ink = (int(rng.integers(15, 90)),) * 3
    fonts = [_font(font, max(12, round(size * row.size))) for row in rows]
    wide = max(
        sum(f.getlength(text) for text, _ in row.cells) + size * 1.5 * (len(row.cells) - 1)
        for row, f in zip(rows, fonts, strict=True)
    )
    if kind in ("receipt", "menu"):
        wide = max(wide, size * float(rng.uniform(14, 20)))
    edge = size * float(rng.uniform(0.8, 1.6))
    leading = float(rng.uniform(1.25, 1.6)) + (0.35 if kind in INDIC else 0.0)
    tall = sum(f.size * leading for f in fonts) + 2 * edge
    sheet = Pillow.new("RGB", (round(wide + 2 * edge), round(tall)), paper)
    draw = ImageDraw.Draw(sheet)
    if kind != "receipt" and rng.random() < 0.5:
        inset = edge * 0.3
        draw.rectangle((inset, inset, sheet.width - inset, sheet.height - inset), outline=ink, width=max(2, size // 14))
    top = edge
    for row, f in zip(rows, fonts, strict=True):
        middle = top + f.size * leading / 2
        for text, align in row.cells:
            if align == "=":
                draw.line((edge, middle, sheet.width - edge, middle), fill=ink, width=2)
                continue
            x, anchor = {"": (edge, "lm"), "^": (sheet.width / 2, "mm"), ">": (sheet.width - edge, "rm")}[align]
            draw.text((x, middle), text, fill=ink, font=f, anchor=anchor)
        top += f.size * leading
    return sheet


def _scene(sheet: Pillow.Image, split: Split, far: bool, rng: np.random.Generator) -> Pillow.Image:
    margin = float(rng.uniform(0.6, 1.1)) if far else float(rng.uniform(0.06, 0.3))
    margin_px = margin * max(sheet.size) / 2 + 0.09 * max(sheet.size)
    width, height = round(sheet.width + 2 * margin_px), round(sheet.height + 2 * margin_px)
    scene = _photo(str(rng.choice(PHOTOS[split])), rng).resize((width, height), Pillow.Resampling.BICUBIC)
    angle = math.radians(float(rng.uniform(-5, 5)))
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * np.array(sheet.size) / 2
    corners = corners + rng.uniform(-0.025, 0.025, (4, 2)) * min(sheet.size)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    shift = rng.uniform(-0.3, 0.3, 2) * margin_px
    target = corners @ turn + np.array([width / 2, height / 2]) + shift
    source = np.array([(0, 0), (sheet.width, 0), (sheet.width, sheet.height), (0, sheet.height)], dtype=float)
    transform = _perspective(target, source)
    warped = sheet.transform((width, height), Pillow.Transform.PERSPECTIVE, transform, Pillow.Resampling.BICUBIC)
    mask = Pillow.new("L", sheet.size, 255).transform(
        (width, height), Pillow.Transform.PERSPECTIVE, transform, Pillow.Resampling.BICUBIC
    )
    scene.paste(warped, (0, 0), mask)
    return scene


def _perspective(target: np.ndarray, source: np.ndarray) -> list[float]:
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(values))]


def _photo(name: str, rng: np.random.Generator) -> Pillow.Image:
    whole = _whole_photo(name)
    share = float(rng.uniform(0.4, 0.9))
    width, height = round(whole.width * share), round(whole.height * share)
    left, top = int(rng.integers(whole.width - width + 1)), int(rng.integers(whole.height - height + 1))
    return whole.crop((left, top, left + width, top + height))


@cache
def _whole_photo(name: str) -> Pillow.Image:
    if name in ("china", "flower"):
        from sklearn.datasets import load_sample_image

        return Pillow.fromarray(load_sample_image(f"{name}.jpg"))
    import skimage.data

    return Pillow.fromarray(getattr(skimage.data, name)()).convert("RGB")


def _light(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = float(rng.uniform(0, 2 * math.pi))
    along = (math.cos(angle) * (x / width - 0.5) + math.sin(angle) * (y / height - 0.5)).astype(np.float32)
    light = 1.0 + along * float(rng.uniform(0, 0.5))
    if rng.random() < 0.4:  # a soft-edged shadow
        edge = float(rng.uniform(-0.3, 0.3))
        dark = float(rng.uniform(0.55, 0.85))
        light = light * (dark + (1 - dark) / (1 + np.exp(-(along - edge) * float(rng.uniform(25, 90)))))
    return np.asarray(light * float(rng.uniform(0.8, 1.05)), dtype=np.float32)
