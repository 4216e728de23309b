"""The film whose content is known: what its truth says is what its frames and its sound hold."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sensorium import Audio, Blob, Video
from sensorium.media.audio import samples
from sensorium.media.decoding import Scaler, shown_at
from sensorium.media.video import frame_at, probe

RECIPES = Path(__file__).parents[2] / "recipes"
PROGRAM = """
import json, sys
from pathlib import Path
from film import make
for seed in map(int, sys.argv[2:]):
    make(Path(sys.argv[1], f"{seed}.mp4"), seed, 10.0, fps=24000 / 1001 if seed == 2 else 25)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("skimage")
    pytest.importorskip("sklearn")
    folder = tmp_path_factory.mktemp("films")
    written(folder, 1, 2)
    return folder


def written(folder: Path, *seeds: int) -> None:
    command = [sys.executable, "-c", PROGRAM, str(folder), *map(str, seeds)]
    run = subprocess.run(command, cwd=RECIPES, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def truth(folder: Path, seed: int) -> dict:
    return json.loads((folder / f"{seed}.json").read_text())["truth"]


def test_length_and_rate_are_those_that_were_asked_for(folder: Path) -> None:
    for seed, fps in ((1, 25), (2, 24000 / 1001)):
        info = probe(Video(folder / f"{seed}.mp4"))
        assert info.seconds == pytest.approx(10, abs=0.1) and info.fps == pytest.approx(fps)
        assert truth(folder, seed)["scenes"][-1]["end"] == truth(folder, seed)["seconds"]


@pytest.mark.parametrize("seed", [1, 2])
def test_scenes_follow_each_other_and_differ_where_the_truth_cuts(folder: Path, seed: int) -> None:
    scenes = truth(folder, seed)["scenes"]
    assert {scene["kind"] for scene in scenes} >= {"photo", "card", "shape"}
    assert [scene["start"] for scene in scenes[1:]] == [scene["end"] for scene in scenes[:-1]]
    small = Scaler(64)
    shown = [(at, small(frame).astype(float)) for at, frame in shown_at(Blob(folder / f"{seed}.mp4"), every_frame())]
    steps = {round(at, 3): np.abs(now - last).mean() for (_, last), (at, now) in pairwise(shown)}
    cuts = [scene["start"] for scene in scenes if scene["transition"] == "cut"]
    for cut in cuts:
        at = min(steps, key=lambda time: abs(time - cut))
        assert abs(at - cut) < 0.002 and steps[at] > 5 * np.median(list(steps.values())) + 4


def every_frame() -> list[float]:
    return [n / 200 for n in range(2000)]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_text_comes_and_goes_when_the_truth_says(folder: Path, seed: int) -> None:
    pytest.importorskip("rapidocr")
    from sensorium.eyes.ocr.reader import read_pixels

    texts = truth(folder, seed)["texts"]
    assert texts
    for text in texts[:2]:
        middle = (text["start"] + text["end"]) / 2
        lines = read_pixels(frame_at(Video(folder / f"{seed}.mp4"), middle).pixels)
        assert text["text"].replace(" ", "") in "".join(line.text for line in lines).upper().replace(" ", "")


def test_speech_is_where_the_truth_says_and_silence_elsewhere(folder: Path) -> None:
    known = truth(folder, 1)
    if not known["voice"]:
        pytest.skip("neither moonshine-voice nor piper is installed")
    heard = samples(Audio(folder / "1.mp4"), 16_000)
    assert known["phrases"] and known["words"][0]["word"] == known["phrases"][0]["text"].split()[0]
    silence = np.ones(heard.size, dtype=bool)
    for phrase in known["phrases"]:
        span = slice(round(phrase["start"] * 16_000), round(phrase["end"] * 16_000))
        assert np.abs(heard[span]).mean() > 0.01
        silence[max(0, span.start - 1600) : span.stop + 1600] = False
    assert np.abs(heard[silence]).mean() < 0.002


def test_what_is_absent_is_not_in_the_film(folder: Path) -> None:
    for seed in (1, 2):
        known = truth(folder, seed)
        absent = known["absent"]
        seen = {name for thing in known["objects"] for name in (thing["label"], *thing["also"])}
        assert absent["objects"] and not seen & set(absent["objects"])
        assert absent["texts"] and not {text["text"] for text in known["texts"]} & set(absent["texts"])
        assert not {word["word"] for word in known["words"]} & set(absent["words"])


def test_the_same_arguments_keep_the_film_and_another_seed_makes_another(folder: Path) -> None:
    before = (folder / "1.mp4").stat().st_mtime_ns
    again = truth(folder, 1)
    written(folder, 1)
    assert (folder / "1.mp4").stat().st_mtime_ns == before and truth(folder, 1) == again
    assert truth(folder, 2)["scenes"] != again["scenes"]
    (folder / "1.mp4").write_bytes(b"broken")
    written(folder, 1)
    assert (folder / "1.mp4").stat().st_size > 10_000
    made = truth(folder, 1)
    if made["voice"] == "piper":  # its speech differs by hundredths of a second each time
        for phrase, other in zip(made.pop("phrases"), again.pop("phrases"), strict=True):
            assert phrase["text"] == other["text"] and phrase["start"] == pytest.approx(other["start"], abs=0.5)
        assert [word["word"] for word in made.pop("words")] == [word["word"] for word in again.pop("words")]
    assert made == again
