"""A divided data set keeps copies together and answers alike."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import PIL.Image
import pytest
from planted import clean, crops, written

from sensorium.core.errors import InputError
from sensorium.core.messages import Image
from sensorium.media.image import pixels
from sensorium.tasks.readers import load_task
from sensorium.tasks.task import Task
from sensorium.tune.dataset.image_info import personal_data
from sensorium.tune.dataset.split import split_task
from sensorium.tune.dataset.strip_metadata import strip_metadata

SHARES = {"train": 0.7, "dev": 0.1, "test": 0.2}


def task(folder: Path) -> Task:
    rows = clean(folder)
    for number in range(10):  # ten pictures have a copy to the eye, with a question of its own
        crops()[number].resize((100, 100)).save(folder / f"copy-{number}.jpg", quality=75)
        rows.append({"image": f"copy-{number}.jpg", "question": "Which colour is it?", "answer": "red", "split": ""})
    return load_task(written(folder, rows))


def picture(image: object) -> str:
    assert isinstance(image, Image) and image.blob.path is not None
    return image.blob.path.stem.removeprefix("copy-")


def test_copies_stay_together_and_answers_are_alike(tmp_path: Path) -> None:
    whole = task(tmp_path)
    made = split_task(whole, SHARES, seed=3)
    assert [e.conversation for e in made.examples] == [e.conversation for e in whole.examples]
    where: dict[str, set[str]] = {}
    for example in made.examples:
        where.setdefault(picture(next(example.conversation.parts)), set()).add(example.split)
    assert len(where) == 60 and all(len(splits) == 1 for splits in where.values())
    counts = Counter(example.split for example in made.examples)
    assert {name: abs(counts[name] - share * 130) <= 3 for name, share in SHARES.items()} == dict.fromkeys(SHARES, True)
    train = Counter(e.answer for e in made.split("train").examples)
    for answer, count in Counter(e.answer for e in made.examples).items():
        assert abs(train[answer] / count - 0.7) < 0.15, answer


def test_the_seed_decides(tmp_path: Path) -> None:
    whole = task(tmp_path)
    first, again, other = (split_task(whole, SHARES, seed).examples for seed in (0, 0, 1))
    assert first == again and [e.split for e in first] != [e.split for e in other]


@pytest.mark.parametrize("shares", [{}, {"train": 0.5}, {"train": 1.0, "test": 0.0}, {"train": 1.5, "test": -0.5}])
def test_shares_that_do_not_add_up(tmp_path: Path, shares: dict[str, float]) -> None:
    with pytest.raises(InputError, match="do not add up"):
        split_task(load_task(written(tmp_path, clean(tmp_path))), shares)


def test_too_few_groups_for_a_split(tmp_path: Path) -> None:
    whole = load_task(written(tmp_path, clean(tmp_path)[:2]))  # two questions about one picture
    with pytest.raises(InputError, match="1 groups"):
        split_task(whole, {"train": 0.5, "test": 0.5})


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_a_bare_picture_is_the_same_picture_upright_without_names(tmp_path: Path, kind: str) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    exif[0x013B] = "A. Person"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    path = tmp_path / f"picture.{kind}"
    crops()[0].crop((0, 0, 128, 96)).save(path, exif=exif)
    image = Image(path)
    made = strip_metadata(image)
    assert personal_data(path.read_bytes()) == ("GPS position", "artist") and personal_data(made.blob.data) == ()
    assert (pixels(made) == pixels(image)).all() and pixels(made).shape == (128, 96, 3)
    assert b"A. Person" not in made.blob.data
    assert strip_metadata(made) is made
