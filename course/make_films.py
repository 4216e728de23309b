"""Make the course's films: an exercise at home with what the patient says, movements to tell apart, and a recipe.

They are drawn, so that every lesson knows what is in them: see EXERCISE, MOVES and BREAD. 320 x 180 pixels; the
voices are Piper's.
"""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image
import PIL.ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "recipes"))

from demo_pictures import font, photo

SIZE = WIDTH, HEIGHT = 320, 180
RATE = 16_000
Picture = PIL.Image.Image
Speech = tuple[tuple[float, str], ...]

STANDS, SITS, WALKS = ((6.0, 8.0), (13.0, 15.0)), ((10.0, 12.0),), (20.0, 24.0)
"""When the patient stands up, sits down and walks, in seconds of exercise.mp4."""
EXERCISE_SECONDS, EXERCISE_FPS = 26, 8
EXERCISE_SPEECH: Speech = ((8.4, "That was easy."), (21.0, "Now my knee hurts."))
MOVES = ("stands up", "sits down", "raises an arm", "lowers an arm")
"""moves.mp4 shows each of them, two seconds long, one after the other, for each of six people."""
PEOPLE, MOVE_SECONDS, MOVE_FPS = 6, 2, 8


def exercise() -> bytes:
    """Return exercise.mp4: a card, sitting down and standing up, a walk; two sentences."""
    return _encoded(_exercise_frames(), EXERCISE_FPS, EXERCISE_SPEECH, EXERCISE_SECONDS)


def moves() -> bytes:
    """Return moves.mp4: the movements of MOVES by six people in rooms of their own."""
    return _encoded(_move_frames(), MOVE_FPS)


def bread() -> bytes:
    """Return bread.mp4: five minutes of a recipe, see BREAD."""
    return _encoded(_bread_frames(), BREAD_FPS, BREAD_SPEECH, BREAD_SECONDS)


def _exercise_frames() -> Iterator[Picture]:
    card = _card(("DAY 3", "SIT TO STAND"))
    wall = _room((206, 196, 178), (150, 124, 100), 3)
    walk = _room((178, 198, 206), (120, 130, 140), 4)
    for number in range(EXERCISE_SECONDS * EXERCISE_FPS):
        at = number / EXERCISE_FPS
        if at < 4:
            yield card
        elif at < 18:
            up = sum(_share(at, *span) for span in STANDS) - sum(_share(at, *span) for span in SITS)
            yield _drawn(wall, x=150, up=up, arm=0, shirt=(40, 84, 160))
        else:
            x, step = 60 + 190 * _share(at, *WALKS), at if WALKS[0] < at < WALKS[1] else 0.0
            yield _drawn(walk, x, up=1, arm=0, shirt=(40, 84, 160), chair=False, step=step)


def _move_frames() -> Iterator[Picture]:
    chance = random.Random("people")
    for _ in range(PEOPLE):
        tint = tuple(chance.randint(150, 225) for _ in range(3))
        room = _room(tint, tuple(value - 60 for value in tint), chance.randint(0, 99))
        shirt = tuple(chance.randint(20, 200) for _ in range(3))
        x = chance.randint(110, 210)
        for move in MOVES:
            for number in range(MOVE_SECONDS * MOVE_FPS):
                share = _share(number / MOVE_FPS, 0.3, 1.6)
                share = share if move in (MOVES[0], MOVES[2]) else 1 - share
                sits = move in MOVES[:2]
                yield _drawn(room, x, up=share if sits else 1, arm=0 if sits else share, shirt=shirt)


def _share(at: float, start: float, end: float) -> float:
    """Return how far a movement is, from 0 to 1, slow at its beginning and end."""
    share = min(1.0, max(0.0, (at - start) / (end - start)))
    return share * share * (3 - 2 * share)


def _room(wall: tuple[int, ...], floor: tuple[int, ...], seed: int) -> Picture:
    """Draw a wall with a pattern, a picture on it, and a floor."""
    chance, room = random.Random(seed), PIL.Image.new("RGB", SIZE, wall)
    draw = PIL.ImageDraw.Draw(room)
    for _ in range(160):
        x, y, side = chance.randrange(WIDTH), chance.randrange(140), chance.randint(3, 8)
        shade = chance.choice((-22, -12, 14))
        draw.rectangle((x, y, x + side, y + side), fill=tuple(max(0, min(255, value + shade)) for value in wall))
    draw.rectangle((0, 140, WIDTH, HEIGHT), fill=floor)
    for left in range(-40, WIDTH, 46):
        draw.line((left, HEIGHT, left + 46, 140), fill=tuple(value - 18 for value in floor), width=2)
    x = chance.choice((30, 240))
    draw.rectangle((x, 28, x + 50, 66), fill=(250, 248, 240), outline=(90, 70, 50), width=3)
    return room


def _drawn(
    room: Picture, x: float, up: float, arm: float, shirt: tuple[int, ...], chair: bool = True, step: float = 0.0
) -> Picture:
    """Draw a person seen from the side: `up` goes from sitting to standing, `arm` from hanging to raised."""
    frame = room.copy()
    draw = PIL.ImageDraw.Draw(frame)
    wood, skin, trousers = (104, 66, 36), (222, 170, 134), (58, 58, 70)
    if chair:
        draw.rectangle((x - 28, 118, x + 12, 124), fill=wood)
        draw.rectangle((x - 28, 78, x - 23, 162), fill=wood)
        draw.rectangle((x + 8, 122, x + 12, 162), fill=wood)
    hip = (x - 4 + 12 * up, 114 - 26 * up)
    knee, foot = (x + 24 - 12 * up, 118 + 8 * up), (x + 18 - 6 * up, 160)
    swing = 14 * np.sin(step * 7) if step else 0.0
    for side in (-1, 1):
        leg = (hip, (knee[0] + side * swing / 2, knee[1]), (foot[0] + side * swing, foot[1]))
        draw.line(leg, trousers, 13, "curve")
    shoulder = (hip[0] + 3, hip[1] - 44)
    draw.line((hip, shoulder), shirt, 24)
    draw.ellipse((hip[0] - 12, hip[1] - 10, hip[0] + 12, hip[1] + 8), fill=shirt)
    draw.ellipse((shoulder[0] - 12, shoulder[1] - 6, shoulder[0] + 12, shoulder[1] + 12), fill=shirt)
    head = (shoulder[0] + 2, shoulder[1] - 19)
    draw.ellipse((head[0] - 13, head[1] - 15, head[0] + 13, head[1] + 13), fill=skin)
    draw.pieslice((head[0] - 15, head[1] - 18, head[0] + 13, head[1] + 8), 160, 320, fill=(70, 50, 40))
    turn = np.pi * (0.42 - 0.86 * arm)
    hand = (shoulder[0] + 46 * np.cos(turn), shoulder[1] + 4 + 46 * np.sin(turn))
    draw.line(((shoulder[0], shoulder[1] + 4), hand), tuple(int(value * 0.7) for value in shirt), 11)
    draw.ellipse((hand[0] - 7, hand[1] - 7, hand[0] + 7, hand[1] + 7), fill=skin)
    return frame


def _card(lines: tuple[str, ...], paper: tuple[int, int, int] = (246, 244, 236)) -> Picture:
    card = PIL.Image.new("RGB", SIZE, paper)
    draw = PIL.ImageDraw.Draw(card)
    for place, line in enumerate(lines):
        y = HEIGHT / 2 + 40 * (place - (len(lines) - 1) / 2)
        draw.text((WIDTH / 2, y), line, font=font(26, "DejaVuSans-Bold"), fill=(30, 34, 44), anchor="mm")
    return card


BREAD_SECONDS, BREAD_FPS = 300, 4
BREAD = (
    (0.0, 10.0, "card", "POTATO BREAD"), (10.0, 60.0, "table", ""), (22.0, 26.0, "words", "450 G FLOUR"),
    (60.0, 100.0, "stir", ""), (71.0, 74.0, "words", "7 G SALT"), (100.0, 140.0, "coffee", ""),
    (118.0, 122.0, "words", "REST 45 MIN"), (140.0, 156.0, "chelsea", ""), (156.0, 216.0, "oven", ""),
    (175.0, 178.0, "words", "OVEN 230 C"), (216.0, 286.0, "loaf", ""), (231.0, 235.0, "words", "BAKE 35 MIN"),
    (286.0, 300.0, "card", "ENJOY"),
)  # fmt: skip
"""(start, end, what is shown, the words on the screen)."""
BREAD_SPEECH: Speech = (
    (12.0, "Today we bake bread with potatoes."), (20.5, "Put this much flour into the bowl."),
    (62.0, "Add the salt, and stir."), (104.0, "Now the dough rests. Have a cup of coffee."),
    (145.0, "No, you can't have any."), (172.0, "Turn on the oven. Careful, it is hot."),
    (228.0, "And now it bakes."), (276.0, "Knock on it. If it sounds hollow, it is done."),
)  # fmt: skip


def _bread_frames() -> Iterator[Picture]:
    kinds = {"table": _table(), "stir": _table(), "oven": _oven(False), "loaf": _oven(True)}
    kinds |= {name: _filled(photo(name)()) for name in ("coffee", "chelsea")}
    for number in range(BREAD_SECONDS * BREAD_FPS):
        at = number / BREAD_FPS
        _, _, kind, words = next(row for row in BREAD if row[0] <= at < row[1] and row[2] != "words")
        frame = _card((words,)) if kind == "card" else kinds[kind]
        if kind == "stir":
            frame = _with_spoon(frame, at)
        shown = next((row[3] for row in BREAD if row[2] == "words" and row[0] <= at < row[1]), "")
        yield _with_words(frame, shown) if shown else frame


def _table() -> Picture:
    """Draw a table with a bowl."""
    table = _room((226, 214, 190), (176, 132, 88), 8)
    draw = PIL.ImageDraw.Draw(table)
    draw.pieslice((90, 62, 230, 158), 0, 180, fill=(70, 110, 150))
    draw.ellipse((90, 94, 230, 126), fill=(232, 226, 208), outline=(50, 84, 120), width=4)
    return table


def _with_spoon(table: Picture, at: float) -> Picture:
    frame = table.copy()
    draw = PIL.ImageDraw.Draw(frame)
    x, y = 160 + 44 * np.cos(at * 2), 110 + 8 * np.sin(at * 2)
    draw.line((x, y, x + 40, y - 74), fill=(120, 74, 36), width=8)
    return frame


def _oven(has_loaf: bool) -> Picture:
    """Draw an oven, with a loaf behind its window or without."""
    oven = _room((214, 220, 222), (120, 116, 112), 9)
    draw = PIL.ImageDraw.Draw(oven)
    draw.rectangle((70, 30, 250, 160), fill=(60, 62, 68))
    draw.rectangle((90, 66, 230, 146), fill=(250, 190, 96) if has_loaf else (30, 28, 30))
    for knob in range(100, 240, 40):
        draw.ellipse((knob, 40, knob + 14, 54), fill=(190, 190, 196))
    if has_loaf:
        draw.ellipse((112, 90, 208, 140), fill=(150, 88, 36))
    return oven


def _filled(picture: Picture) -> Picture:
    """Return the middle of a photo, cut and scaled to the film's size."""
    scale = max(WIDTH / picture.width, HEIGHT / picture.height)
    large = picture.convert("RGB").resize((round(picture.width * scale), round(picture.height * scale)))
    left, top = (large.width - WIDTH) // 2, (large.height - HEIGHT) // 2
    return large.crop((left, top, left + WIDTH, top + HEIGHT))


def _with_words(frame: Picture, words: str) -> Picture:
    frame = frame.copy()
    draw = PIL.ImageDraw.Draw(frame)
    draw.rectangle((0, 8, WIDTH, 44), fill=(250, 250, 246))
    draw.text((WIDTH / 2, 26), words, font=font(24, "DejaVuSans-Bold"), fill=(24, 26, 34), anchor="mm")
    return frame


def _encoded(frames: Iterable[Picture], fps: int, speech: Speech = (), seconds: float = 0.0) -> bytes:
    """Return an MP4: H.264, and AAC if something is said."""
    packed = io.BytesIO()
    with av.open(packed, "w", format="mp4") as out:
        options = {"crf": "30", "preset": "slow", "threads": "1", "g": str(20 * fps)}
        stream = out.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        heard = out.add_stream("aac", rate=RATE, layout="mono") if speech else None
        if heard is not None:
            heard.bit_rate = 24_000
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if heard is not None:
            sound = av.AudioFrame.from_ndarray(_soundtrack(speech, seconds)[None], format="fltp", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = RATE, 0, Fraction(1, RATE)
            out.mux(heard.encode(sound))
            out.mux(heard.encode(None))
    return packed.getvalue()


def _soundtrack(speech: Speech, seconds: float) -> np.ndarray:
    from sensorium import load
    from sensorium.media.audio import samples

    speaker, sound = load("piper", "speaker"), np.zeros(round(seconds * RATE), np.float32)
    for at, text in speech:
        spoken, first = samples(speaker.speak(text, "en"), RATE), round(at * RATE)
        sound[first : first + spoken.size] += spoken[: sound.size - first]
    return np.clip(sound, -1, 1)


FILMS = {"bread.mp4": bread, "exercise.mp4": exercise, "moves.mp4": moves}
