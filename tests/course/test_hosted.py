"""The cells that ask larger models, with the real SDKs, against a server that checks what it is sent."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from course_runs import NAMES, close_network
from loopback import serving
from needed_cells import loaded, needed_cells
from services import Services

from sensorium import load
from sensorium.lessons import LessonRun, find_lesson, run
from sensorium.lessons.notebook import Cell, read_cells, with_answers

ASKED = {
    "gemini:gemini-3.8-flash", "openai:gpt-6-luna", "vllm:Qwen/Qwen3.5-4B", "ollama:llama3.2-vision", "ollama:qwen3-vl",
    "vllm:meta-llama/Llama-3.2-11B-Vision-Instruct", "vllm:microsoft/Phi-3.5-vision-instruct",
    "vllm:microsoft/Phi-4-multimodal-instruct", "gemini-embedding-2", "sarvam:saaras:v3", "sarvam:mayura:v1",
    "sarvam:bulbul:v3",
}  # fmt: skip
NOT_ASKED = {
    "transformers:Qwen/Qwen3.5-2B": "a checkpoint of the hub, which needs a GPU",
    "vilt:dandelin/vilt-b32-finetuned-vqa": "a checkpoint of the hub",
    "clip:openai/clip-vit-base-patch32": "a checkpoint of the hub, which needs a GPU",
    "git:microsoft/git-base-coco": "a checkpoint of the hub, which needs a GPU",
    "git:microsoft/git-base-textcaps": "a checkpoint of the hub, which needs a GPU",
}
SCHEMES = "gemini|openai|vllm|ollama|sarvam|transformers|clip|vilt|git|blip"
NAME = re.compile(rf"""['"]((?:{SCHEMES})[:-](?!starter)[^'"\s]+)['"]""")
QUICK = ("01-who-is-it-for", "02-one-conversation")
WHOLE = ("03-visual-questions", "15-lora", "20-your-own")
"""Lessons whose cells leave files for later ones: run as a whole."""


def is_hosted(cell: Cell) -> bool:
    return "hosted(" in cell.source and not cell.exercise


def needed(name: str) -> list[Cell]:
    """Return the cells of a lesson that ask larger models, with what they need before them."""
    lesson = find_lesson(name)
    cells = read_cells(lesson.file)
    if name in WHOLE:
        return list(with_answers(cells, {each.name: each.solution for each in lesson.exercises}))
    kept: list[Cell] = []
    for number, cell in enumerate(cells):
        if cell.is_code and is_hosted(cell):
            before = [each for each in cells[:number] if not is_hosted(each)]
            kept += [*needed_cells(before, loaded(ast.parse(cell.source))), cell]
    return kept


def names(cells: list[Cell]) -> set[str]:
    """Return the models that hosted cells name, or that a cell before them calls `name`."""
    lines = "\n".join(cell.source for cell in cells if not is_hosted(cell)).splitlines()
    before = [line for line in lines if line.startswith("name = ")]
    return {*NAME.findall("\n".join([*before, *(cell.source for cell in cells if is_hosted(cell))]))}


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    close_network(tmp_path, monkeypatch)
    return tmp_path


def ask_all(name: str, cells: list[Cell], monkeypatch: pytest.MonkeyPatch) -> tuple[LessonRun, Services]:
    with serving([], Services) as server:
        assert isinstance(server, Services)
        server.models = tuple(each.partition(":")[2] for each in ASKED if each[0] in "ov")
        if "local-languages" in name:
            server.speech = load("espeak", "speaker").speak("hello", "hi").blob.data
        for variable in ("OPENAI_BASE_URL", "VLLM_BASE_URL", "OLLAMA_HOST"):
            monkeypatch.setenv(variable, f"{server.url}/v1")
        for variable in ("GOOGLE_GEMINI_BASE_URL", "SARVAM_BASE_URL"):
            monkeypatch.setenv(variable, server.url)
        for variable in ("OPENAI_API_KEY", "GEMINI_API_KEY", "SARVAM_API_KEY"):
            monkeypatch.setenv(variable, "k" * 24)
        return run(find_lesson(name), cells, hosted=True), server


@pytest.mark.parametrize(
    "name", [each if each in QUICK else pytest.param(each, marks=pytest.mark.long) for each in NAMES]
)
def test_larger_models_are_asked_as_the_lesson_says(name: str, network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = needed(name)
    named = names(cells)
    assert named <= ASKED | NOT_ASKED.keys(), "name the new model here"
    if not named & ASKED:
        return
    done, server = ask_all(name, cells, monkeypatch)
    assert not done.error and not server.faults, (done.error, server.faults)
    said = "".join(cell.text for cell in done.cells)
    assert set(re.findall(r"Skipped: (\S+) needs", said)) <= NOT_ASKED.keys()
    # every one of them was asked; "gemini:NAME" and "sarvam:saaras:v3" are NAME and saaras to the service
    wanted = {each.partition(":")[2].partition(":v")[0] or each for each in named & ASKED}
    assert {request.model for request in server.requests} == wanted
    shown = {request.parts for request in server.requests if request.model.startswith("gemini")}
    assert name not in SHOWN or shown == SHOWN[name]
    for request in server.requests:
        assert "".join(request.parts) == "audio" or request.text.strip() or request.parts == ("image",)


ONE = ("image", "text")
SHOWN: dict[str, set[tuple[str, ...]]] = {
    "01-who-is-it-for": {ONE},
    "02-one-conversation": {("text", "image", "text", "image", "text")},
    "03-visual-questions": {ONE},
    "04-captions": {ONE},
    "05-charts": {ONE, ("text", "text")},  # the chart, and its table as text
    "06-local-languages": set(),
    "08-with-and-without-the-picture": {ONE, ("text",)},
    "10-several-pictures": {("image", "image", "image", "text"), ONE},  # in a row, and one collage
    "11-gemini": {("video", "text")},
    "12-search": {("image",), ("text",), ONE},
    "14-data-sets": {ONE},
    "15-lora": {ONE},
    "16-before-and-after": {ONE},
    "18-long-films": {("video", "text")},
    "19-choosing": {ONE},
    "20-your-own": {ONE},
}
"""What Gemini is shown, part by part in order."""


def test_every_lesson_that_asks_larger_models_is_looked_at() -> None:
    asking = {name for name in NAMES if names(needed(name)) & ASKED}
    assert asking - SHOWN.keys() <= {
        "07-few-shot",
        "09-contrastive-examples",
        "13-needle-in-a-haystack",
        "17-short-films",
    }
