"""What people type first, and hand in: one row an input, with the right value or the sentence of its refusal."""

from __future__ import annotations

import ast
import contextlib
import csv
import io
import ipaddress
import json
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import PIL.TiffImagePlugin
import pytest
from click.testing import CliRunner, Result

from sensorium import Conversation, Delta, Image, Options, SensoriumError, Text, ask, ask_all, load, registry, stream
from sensorium.backends.fake import Fake
from sensorium.cli import doctor, inputs
from sensorium.cli.fetch import fetch, is_public
from sensorium.cli.main import main
from sensorium.cli.missing import EXTRAS
from sensorium.cli.pictures import pictures_of
from sensorium.core.errors import ServiceError
from sensorium.core.weights import import_error
from sensorium.media.image import decode

RED = (200, 10, 30)


def colours(array: Any, **more: Any) -> PIL.Image.Image:
    """Return an array as a Pillow image."""
    return PIL.Image.fromarray(array, **more)


def two_by_three() -> Any:
    """Return a picture of two rows and three columns; only its upper left pixel is red."""
    array = np.zeros((2, 3, 3), dtype=np.uint8)
    array[0, 0] = RED
    return array


def saved(image: PIL.Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def lying() -> PIL.Image.Image:
    """Return a photo as a phone saves it: its pixels lie on their side, and EXIF says so."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker"
    return PIL.Image.open(io.BytesIO(saved(colours(two_by_three()), "PNG", exif=exif)))


# --- questions, as people write them -------------------------------------------------------------------------------

WAYS: dict[str, Callable[[Fake], object]] = {
    "words": lambda model: ask(model, "What?"),
    "words and options": lambda model: ask(model, "What?", options=Options(retries=0)),
    "picture, then words": lambda model: ask(model, Image(two_by_three()), "What?"),
    "array, then words": lambda model: ask(model, two_by_three(), "What?"),
    "Pillow image, then words": lambda model: ask(model, colours(two_by_three()), "What?"),
    "words, then array": lambda model: ask(model, "What?", two_by_three()),
    "conversation": lambda model: ask(model, Conversation.of("What?")),  # held
    "conversation and options": lambda model: ask(model, Conversation.of("What?"), Options()),  # held
    "conversation and None": lambda model: ask(model, Conversation.of("What?"), None),  # held
    "stream": lambda model: list(stream(model, two_by_three(), "What?")),
    "ask_all of words": lambda model: ask_all(model, ["What?"]),
    "ask_all of parts": lambda model: ask_all(model, [(two_by_three(), "What?")]),
    "conversation of an array": lambda model: ask(model, Conversation.of(two_by_three(), "What?")),
    "one more turn with an array": lambda model: ask(
        model, Conversation.of("Hello").then("assistant", "Yes?").then("user", two_by_three(), "What?")
    ),
}
PICTURE = Image(two_by_three())
ASKED = {
    "picture, then words": (PICTURE, Text("What?")), "array, then words": (PICTURE, Text("What?")),
    "Pillow image, then words": (PICTURE, Text("What?")), "words, then array": (Text("What?"), PICTURE),
    "stream": (PICTURE, Text("What?")), "ask_all of parts": (PICTURE, Text("What?")),
    "conversation of an array": (PICTURE, Text("What?")), "one more turn with an array": (PICTURE, Text("What?")),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_question_is_asked_as_people_write_it(way: str) -> None:
    model = Fake("A cat.")
    WAYS[way](model)
    parts = model.asked[-1].messages[-1].parts
    expected = ASKED.get(way, (Text("What?"),))
    assert [type(part) for part in parts] == [type(part) for part in expected]
    for part, right in zip(parts, expected, strict=True):
        if isinstance(right, Image):
            assert isinstance(part, Image) and np.array_equal(decode(part).pixels, decode(right).pixels)
        else:
            assert part == right


NOT_QUESTIONS: dict[str, tuple[Callable[[Fake], object], str]] = {
    "nothing": (
        lambda model: ask(model),
        'The question is missing. Try ask(model, Image("photo.jpg"), "What is this?").',
    ),
    "a file's name": (
        lambda model: ask(model, "photo.jpg", "What?"),
        "'photo.jpg' would be asked as words. Give the file: Image('photo.jpg')",
    ),
    "an address": (
        lambda model: ask(model, "https://example.org/a.PNG", "What?"),
        "'https://example.org/a.PNG' would be asked as words. Give the file: Image('https://example.org/a.PNG')",
    ),
    "options twice": (
        lambda model: ask(model, "What?", Options(), options=Options()),  # type: ignore[call-overload]
        "The options were given twice. Leave one out.",
    ),
    "a conversation and words": (
        lambda model: ask(model, Conversation.of("Hello"), "What?"),
        'A conversation is asked by itself. Add to it: chat.then("user", "What is this?")',
    ),
    "a number": (
        lambda model: ask(model, 3, "What?"),  # type: ignore[call-overload]
        'A message holds Text, Image, Audio and Video, not int. Try Image("photo.jpg").',
    ),
}


@pytest.mark.parametrize("way", NOT_QUESTIONS)
def test_what_is_no_question_is_refused(way: str) -> None:
    question, sentence = NOT_QUESTIONS[way]
    model = Fake("A cat.")
    with pytest.raises(SensoriumError) as caught:
        question(model)
    assert str(caught.value) == sentence
    assert not model.asked


# --- pictures of other libraries -----------------------------------------------------------------------------------

GREY = np.array([[0, 128, 255]], dtype=np.uint8)
PICTURES: dict[str, tuple[Callable[[], Any], list[list[tuple[int, int, int]]]]] = {
    "array, grey": (lambda: GREY.copy(), [[(0, 0, 0), (128, 128, 128), (255, 255, 255)]]),
    "array, grey with an axis": (lambda: GREY.copy()[:, :, None], [[(0, 0, 0), (128, 128, 128), (255, 255, 255)]]),
    "array, RGB": (two_by_three, [[RED, (0, 0, 0), (0, 0, 0)], [(0, 0, 0)] * 3]),
    "array, RGBA opaque": (
        lambda: np.dstack((two_by_three(), np.full((2, 3), 255, np.uint8))),
        [[RED, (0, 0, 0), (0, 0, 0)], [(0, 0, 0)] * 3],
    ),
    "array, turned in memory": (
        lambda: two_by_three().transpose(1, 0, 2),
        [[RED, (0, 0, 0)], [(0, 0, 0)] * 2, [(0, 0, 0)] * 2],
    ),
    "array, every second column": (lambda: two_by_three()[:, ::2], [[RED, (0, 0, 0)], [(0, 0, 0)] * 2]),
    "Pillow, RGB": (lambda: colours(two_by_three()), [[RED, (0, 0, 0), (0, 0, 0)], [(0, 0, 0)] * 3]),
    "Pillow, grey": (lambda: colours(GREY), [[(0, 0, 0), (128, 128, 128), (255, 255, 255)]]),
    "Pillow, black and white": (lambda: PIL.Image.new("1", (1, 1), 1), [[(255, 255, 255)]]),
    "Pillow, palette": (lambda: PIL.Image.new("RGB", (1, 1), RED).quantize(2), [[RED]]),
    "Pillow, CMYK": (lambda: PIL.Image.new("CMYK", (1, 1), (0, 255, 255, 0)), [[(255, 0, 0)]]),
    "Pillow, a photo that lies on its side": (lying, [[(0, 0, 0), RED], [(0, 0, 0)] * 2, [(0, 0, 0)] * 2]),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_other_libraries_keep_their_pixels(name: str) -> None:
    make, right = PICTURES[name]
    picture = make()
    image = Image(picture)
    assert np.array_equal(decode(image).pixels, np.array(right, dtype=np.uint8))
    if isinstance(picture, PIL.Image.Image):
        assert b"Maker" not in image.blob.data  # of EXIF only what turns it upright
    else:
        picture[...] = 7  # later changes have no effect
        assert np.array_equal(decode(Image(image.blob.data)).pixels, np.array(right, dtype=np.uint8))


HINT = "Give (height, width), (height, width, 1), (height, width, 3) RGB or (height, width, 4) RGBA."
NOT_PICTURES: dict[str, tuple[Callable[[], Any], str]] = {
    "0 to 1": (lambda: np.zeros((2, 3, 3)), "An array of float64 isn't a picture: its values must be uint8, 0 to 255."),
    "int64": (lambda: np.zeros((2, 3), dtype=np.int64), "An array of int64 isn't a picture"),
    "uint16": (lambda: np.zeros((2, 3), dtype=np.uint16), "An array of uint16 isn't a picture"),
    "booleans": (lambda: np.zeros((2, 3), dtype=bool), "An array of bool isn't a picture"),
    "channels first": (
        lambda: np.zeros((3, 5, 7), np.uint8),
        "An array of shape (3, 5, 7) isn't a picture. Put the channels last: array.transpose(1, 2, 0)",
    ),
    "a batch": (lambda: np.zeros((2, 5, 7, 3), np.uint8), f"An array of shape (2, 5, 7, 3) isn't a picture. {HINT}"),
    "two channels": (lambda: np.zeros((5, 7, 2), np.uint8), f"An array of shape (5, 7, 2) isn't a picture. {HINT}"),
    "no rows": (lambda: np.zeros((0, 7, 3), np.uint8), f"An array of shape (0, 7, 3) isn't a picture. {HINT}"),
    "Pillow, HSV": (
        lambda: PIL.Image.new("HSV", (2, 2)),
        "The PIL image of mode 'HSV' can't be saved: cannot write mode HSV as TIFF. Convert it: image.convert(\"RGB\")",
    ),
    "Pillow, of a cut-off file": (
        lambda: PIL.Image.open(io.BytesIO(saved(PIL.Image.effect_noise((90, 90), 50), "JPEG")[:900])),
        "The PIL image of mode 'L' can't be saved: image file is truncated",
    ),
    "a list": (
        lambda: [[0, 1], [2, 3]],
        'An image is a path, bytes, a PIL image or a uint8 array, not list. Try Image("photo.jpg").',
    ),
}


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_no_picture_is_refused_by_name(name: str) -> None:
    make, sentence = NOT_PICTURES[name]
    with pytest.raises(SensoriumError) as caught:
        Image(make())
    assert str(caught.value).startswith(sentence)
    assert caught.value.hint


# --- names of models, and what they need ---------------------------------------------------------------------------

NAMES = {
    "gpt-4o-mini": "openai:gpt-4o-mini",
    "gpt-5.2": "openai:gpt-5.2",
    "o3": "openai:o3",
    "o4-mini": "openai:o4-mini",
    "chatgpt-4o-latest": "openai:chatgpt-4o-latest",
    "ft:gpt-4o-mini:me::8x": "openai:ft:gpt-4o-mini:me::8x",
    "gpt-4o@http://127.0.0.1:1/v1": "openai:gpt-4o@http://127.0.0.1:1/v1",
    "gemini-3-flash-preview": "gemini:gemini-3-flash-preview",
    "gemini-9-pro": "gemini:gemini-9-pro",
    "saaras:v3": "sarvam:saaras:v3",
    "dandelin/vilt-b32-finetuned-vqa": "vilt:dandelin/vilt-b32-finetuned-vqa",
    "openai:gpt-4o": "openai:gpt-4o",  # held
    "ollama:gpt-oss:20b": "ollama:gpt-oss:20b",  # held
    "gpt-oss:20b": "gpt-oss:20b",  # held: OpenAI does not serve it
    "offline": "offline",  # held
    "opus": "opus",  # held
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_finds_its_scheme(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert registry.full_name(name) == NAMES[name]
    monkeypatch.setenv("SENSORIUM_MODEL", name)
    assert registry.chosen() == NAMES[name]
    if NAMES[name].startswith(("openai", "gemini")):
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("GEMINI_API_KEY", "test")
        assert load(name).name == NAMES[name]


def test_an_unknown_name_of_a_checkpoint_says_how_to_run_it() -> None:
    with pytest.raises(SensoriumError) as caught:
        load("Qwen/Qwen9-VL")
    assert str(caught.value) == (
        "Unknown model 'Qwen/Qwen9-VL'. Did you mean 'transformers:Qwen/Qwen9-VL'? Type: sensorium models"
    )


KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "GEMINI_API_KEY", "GOOGLE_API_KEY", "SARVAM_API_KEY", "SENSORIUM_MODEL")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, without keys and settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(*arguments: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=given)


NEEDS = {
    "openai:gpt-4o-mini": "OPENAI_API_KEY", "gemini:gemini-3.1-flash-lite": "GEMINI_API_KEY",
    "sarvam:saaras:v3": "SARVAM_API_KEY",
}  # fmt: skip


@pytest.mark.parametrize("name", NEEDS)
def test_models_says_which_key_is_missing(name: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = NEEDS[name]
    line = next(line for line in run("models").stdout.splitlines() if line.startswith(f"{name}: "))
    assert line.startswith(f"{name}: needs {key}. It ") and line.endswith(f"Type: export {key}=YOUR_KEY")
    assert name not in run("models", "--quiet").stdout.splitlines()
    monkeypatch.setenv(key, "sk-test")
    assert any(line.startswith(f"{name}: ready. ") for line in run("models").stdout.splitlines())
    assert name in run("models", "--quiet").stdout.splitlines()


USED = {
    "gpt-4o-mini": ("openai:gpt-4o-mini", "It needs OPENAI_API_KEY. Type: export OPENAI_API_KEY=YOUR_KEY\n"),
    "openai:other": ("openai:other", "It needs OPENAI_API_KEY. Type: export OPENAI_API_KEY=YOUR_KEY\n"),
    "gemini-3-flash-preview": (
        "gemini:gemini-3-flash-preview", "It needs GEMINI_API_KEY. Type: export GEMINI_API_KEY=YOUR_KEY\n",
    ),
    "openai:other@http://localhost:8000/v1": ("openai:other@http://localhost:8000/v1", ""),  # held
    "offline": ("offline", ""),  # held
}  # fmt: skip


@pytest.mark.parametrize("name", USED)
def test_use_warns_of_a_missing_key(name: str, here: Path) -> None:
    full, warning = USED[name]
    result = run("use", name)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"From now on {full} answers.\n", warning)
    assert f'model = "{full}"' in (here / "config.toml").read_text(encoding="utf-8")
    chosen = next(line for line in map(str, doctor._settings()) if line.startswith("Chosen model"))
    assert ("not ready" in chosen) == bool(warning)


# --- packages that are missing -------------------------------------------------------------------------------------

MISSING = {
    "cv2": ("'opencv-python-headless'", "offline"), "onnxruntime": ("'onnxruntime'", "offline"),
    "zxingcpp": ("'zxing-cpp'", "offline"), "torch": ("'torch'", "hf"), "sklearn": ("'scikit-learn'", "tune"),
    "google.genai": ("'google-genai'", "gemini"), "pypdfium2": ("'pypdfium2'", "pdf"),
    "starlette": ("'starlette'", "serve"), "ray": ("'ray'", "ray"),
}  # fmt: skip


@pytest.mark.parametrize("module", MISSING)
def test_a_missing_package_says_which_extra_brings_it(module: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object) -> None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr("sensorium.registry.known_models", late)
    result = run("models")
    package, extra = MISSING[module]
    line = f'sensorium: The package {package} is not installed.\nType: pip install "sensorium[{extra}]"\n'
    assert (result.exit_code, result.stderr) == (1, line)


@pytest.mark.parametrize("command", ["chart", "read", "describe"])
def test_without_opencv_a_command_says_what_to_type(command: str, here: Path) -> None:
    bars = np.full((400, 500, 3), 255, dtype=np.uint8)
    for left, top in ((100, 250), (200, 150), (300, 200)):
        bars[top:350, left : left + 60] = (0, 0, 200)
    colours(bars).save("a.png")
    program = "import sys; sys.modules['cv2'] = None\nfrom sensorium.cli.main import main\nmain(sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", program, command, "a.png"], capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == (
        "sensorium: The package 'opencv-python-headless' is not installed.\nType: pip install \"sensorium[offline]\"\n"
    )


def test_a_package_that_does_not_load_is_not_called_missing() -> None:
    error = import_error(ImportError("libGL.so.1: not an ELF file"), "opencv-python-headless")
    assert str(error) == (
        "The package 'opencv-python-headless' is installed but does not load: libGL.so.1: not an ELF file. "
        "Type: pip install --force-reinstall opencv-python-headless"
    )


def test_every_package_that_is_imported_late_has_its_hint() -> None:
    root = Path(registry.__file__).parent
    always = {"PIL", "cachetools", "click", "jinja2", "numpy", "platformdirs", "pydantic", "rich", "sensorium"}
    known = always | set(sys.stdlib_module_names) | {module for modules in EXTRAS.values() for module in modules}
    unknown = {
        f"{path.relative_to(root)}: {name}"
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        )
        if name.partition(".")[0] not in known
    }  # fmt: skip
    assert unknown == set()
    extras = tomllib.loads((root.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(EXTRAS) <= set(extras["optional-dependencies"])


# --- what goes where -----------------------------------------------------------------------------------------------


def test_a_suggestion_never_goes_to_standard_output(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(Delta("I can't tell.", abstained=True, suggestion="Try another model: sensorium models"))
    monkeypatch.setattr("sensorium.cli.inputs.load", lambda name: fake)
    PIL.Image.new("RGB", (8, 8)).save("a.png")
    for command in (("ask", "a.png", "What?"), ("describe", "a.png")):
        result = run(*command)
        assert result.stdout == "I can't tell.\n"  # held
        assert "Try another model" in result.stderr
        assert "Try another model" not in run(*command, "--quiet").output


PLAYERS: dict[str, tuple[dict[str, int], str]] = {
    "aplay": ({"aplay": 0}, "played by aplay"),
    "only ffplay": ({"ffplay": 0}, "played by ffplay"),
    "the first can't": ({"aplay": 1, "paplay": 0}, "played by paplay"),
    "none can": (
        {"aplay": 1},
        "sensorium: The sound can't be played (aplay: no card).\nWrite it to a file: --out answer.wav",
    ),
    "none": ({}, "sensorium: No audio player was found (aplay, paplay, afplay, ffplay).\n"),
}


@pytest.mark.parametrize("name", PLAYERS)
def test_say_plays_where_a_player_is_installed(name: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    players, sentence = PLAYERS[name]
    for player, code in players.items():
        works = f"[ {code} = 0 ] || {{ echo no card >&2; exit 1; }}"
        script = f'#!/bin/sh\nfor last; do :; done\n{works}\n/bin/cp "$last" {here}/heard\n'
        (here / player).write_text(script)
        (here / player).chmod(0o755)
    monkeypatch.setenv("PATH", str(here))
    result = run("say", "Yes.", "--voice", "espeak")
    assert sentence in result.stderr and result.stdout == ""
    assert result.exit_code == (0 if "played by" in sentence else 1)
    assert (here / "heard").exists() == ("played by" in sentence)
    if (here / "heard").exists():
        assert (here / "heard").read_bytes().startswith(b"RIFF")


# --- folders, pages, pipes, addresses ------------------------------------------------------------------------------

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


def sheet(colour: str) -> PIL.Image.Image:
    return PIL.Image.new("RGB", (40, 60), COLOURS[colour])


def several(format: str, *names: str) -> bytes:
    first, *others = map(sheet, names)
    return saved(first, format, save_all=True, append_images=others)


def with_thumbnail() -> bytes:
    """Return a TIFF of a page and its smaller copy, which is not a page."""
    small = PIL.TiffImagePlugin.ImageFileDirectory_v2()
    small[254] = 1
    buffer = io.BytesIO()
    with PIL.TiffImagePlugin.AppendingTiffWriter(buffer, new=True) as file:
        sheet("red").save(file, "TIFF")
        file.newFrame()
        sheet("blue").resize((4, 6)).save(file, "TIFF", tiffinfo=small)
    return buffer.getvalue()


def locked_pdf() -> bytes:
    standard = f"<</Filter/Standard/V 1/R 2/O<{'41' * 32}>/U<{'42' * 32}>/P -4>>"
    return (
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        f"trailer<</Root 1 0 R/Encrypt {standard}/ID[<00><00>]>>\n"
    ).encode()


HANDED_IN: dict[str, tuple[dict[str, bytes], list[str], list[str]]] = {
    "a PDF of three pages": ({"a.pdf": several("PDF", "red", "green", "blue")}, ["a.pdf"], ["red", "green", "blue"]),
    "a PDF of one page": ({"a.pdf": several("PDF", "green")}, ["a.pdf"], ["green"]),
    "a PDF named as a picture": ({"a.png": several("PDF", "red", "blue")}, ["a.png"], ["red", "blue"]),
    "every page of a TIFF": ({"a.tif": several("TIFF", "red", "green", "blue")}, ["a.tif"], ["red", "green", "blue"]),
    "a TIFF of one page": ({"a.tif": several("TIFF", "blue")}, ["a.tif"], ["blue"]),  # held
    "a TIFF with a smaller copy": ({"a.tif": with_thumbnail()}, ["a.tif"], ["red"]),  # held
    "a folder, in the order that people count": (
        {f"p/{name}.png": several("PNG", colour) for name, colour in (("10", "blue"), ("2", "green"), ("1", "red"))},
        ["p"], ["red", "green", "blue"],
    ),
    "a folder, by content": (
        {"p/a.jfif": several("PNG", "red"), "p/b": several("PDF", "green", "blue"), "p/c.png": b"words", "p/.x": b"x"},
        ["p"], ["red", "green", "blue"],
    ),
    "a folder and a file": (
        {"p/a.png": several("PNG", "red"), "b.png": several("PNG", "blue")}, ["b.png", "p"], ["blue", "red"],
    ),
}  # fmt: skip


def colour_of(image: Image) -> str:
    pixel = decode(image).pixels[3, 3].astype(int)
    return min(COLOURS, key=lambda name: int(np.abs(pixel - COLOURS[name]).sum()))


@pytest.mark.parametrize("name", HANDED_IN)
def test_pages_and_folders_are_their_pictures_in_order(name: str, here: Path) -> None:
    files, arguments, right = HANDED_IN[name]
    for file, data in files.items():
        (here / file).parent.mkdir(exist_ok=True)
        (here / file).write_bytes(data)
    *images, question = inputs.conversation([*arguments, "What?"]).messages[0].parts
    assert [colour_of(image) for image in images if isinstance(image, Image)] == right
    assert question == Text("What?")
    listed = pictures_of(arguments)
    assert [colour_of(picture.open()) for picture in listed] == right
    if len(arguments) == 1 and arguments[0] != "p":
        assert [picture.page for picture in listed] == ([None] if len(right) == 1 else [1, 2, 3][: len(right)])


REFUSED: dict[str, tuple[bytes | None, str]] = {
    "a locked PDF": (locked_pdf(), "'a.pdf' is locked by a password. Save it without one."),
    "a broken PDF": (b"%PDF-1.4 no more", "'a.pdf' is a PDF, but broken: "),
    "a TIFF cut within its second page": (several("TIFF", "red", "green")[:-900], "Page 2 of 'a.pdf' is broken: "),
    "an empty folder": (None, "'a.pdf' is a folder without pictures or PDFs. Name another folder, or a file."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_pages_that_cannot_be_opened_are_refused_by_name(name: str, here: Path) -> None:
    data, sentence = REFUSED[name]
    if data is None:
        (here / "a.pdf").mkdir()
    else:
        (here / "a.pdf").write_bytes(data)
    with pytest.raises(SensoriumError) as caught:
        inputs.conversation(["a.pdf", "What?"])
    assert str(caught.value).startswith(sentence)


def test_read_reads_page_by_page_and_goes_on_after_a_broken_file(here: Path) -> None:
    def written(words: str) -> PIL.Image.Image:
        page = PIL.Image.new("RGB", (700, 200), "white")
        PIL.ImageDraw.Draw(page).text((40, 50), words, fill="black", font=PIL.ImageFont.load_default(80))
        return page

    written("FIRST 1").save("a.pdf", save_all=True, append_images=[written("SECOND 2")])
    (here / "b.png").write_bytes(b"broken")
    written("THIRD 3").save("c.png")
    result = run("read", "a.pdf", "b.png", "c.png", "--csv", "--quiet")
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert rows == [
        ["file", "page", "text", "doubtful_lines"],
        ["a.pdf", "1", "FIRST 1", "0"], ["a.pdf", "2", "SECOND 2", "0"], ["c.png", "", "THIRD 3", "0"],
    ]  # fmt: skip
    assert result.exit_code == 2 and "'b.png' is text, not a picture" in result.stderr
    lines = run("read", "a.pdf", "--quiet").stdout
    assert lines == "'a.pdf, page 1':\nFIRST 1\n'a.pdf, page 2':\nSECOND 2\n"
    assert [json.loads(line)["page"] for line in run("read", "a.pdf", "--json").stdout.splitlines()] == [1, 2]


def test_describe_writes_csv_and_its_progress_when_redirected(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake([Delta('A "red", sheet.', confidence=0.5), Delta("No.", abstained=True)], name="prepared")
    monkeypatch.setattr("sensorium.cli.inputs.load", lambda name: fake)
    monkeypatch.setattr("sensorium.cli.progress.LINE_SECONDS", 0.0)
    (here / "p").mkdir()
    (here / "p" / "1.png").write_bytes(several("PNG", "red"))
    (here / "p" / "2.tif").write_bytes(several("TIFF", "green", "blue"))
    (here / "p" / "notes.txt").write_text("words")
    result = run("describe", "p", "--csv")
    assert list(csv.reader(io.StringIO(result.stdout))) == [
        ["file", "page", "text", "confidence", "abstained", "model"],
        [str(Path("p", "1.png")), "", 'A "red", sheet.', "0.5", "false", "prepared"],
        [str(Path("p", "2.tif")), "1", "No.", "", "true", "prepared"],
        [str(Path("p", "2.tif")), "2", "No.", "", "true", "prepared"],
    ]
    assert "1 of 3 entries of 'p' are of other kinds: left out." in result.stderr.replace("1 of 3 …", "")
    assert "Looking 2 of 3, about 1 s left …" in result.stderr
    assert "Looking 2 of 3" in run("describe", "p", "--json").stderr
    assert run("describe", "p", "--csv", "--json").exit_code == 2


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes | None], None]]:
    """Return a function that makes standard input a pipe with these bytes; None leaves it open and silent."""
    handles: list[Any] = []

    def given(data: bytes | None) -> None:
        reading, writing = os.pipe()
        if data is None:
            handles.append(os.fdopen(writing, "wb"))
        else:
            os.write(writing, data)
            os.close(writing)
        handles.append(os.fdopen(reading))
        monkeypatch.setattr("sys.stdin", handles[-1])

    monkeypatch.setattr("sensorium.cli.stdin.PIPE_SECONDS", 0.2)
    yield given
    for handle in handles:
        handle.close()


PIPED: dict[str, tuple[bytes | None, list[str], list[object]]] = {
    "a picture, then words": (several("PNG", "red"), ["What?"], ["red", Text("What?")]),
    "a picture alone": (several("PNG", "blue"), [], ["blue", Text("What is in this picture?")]),
    "a PDF": (several("PDF", "red", "green"), ["What?"], ["red", "green", Text("What?")]),
    "words, then words": (b"Dear Ann", ["Who?"], [Text("Dear Ann"), Text("Who?")]),
    "not read beside a file": (b"words", ["a.png", "What?"], ["green", Text("What?")]),  # held
    "silent beside a file": (None, ["a.png", "What?"], ["green", Text("What?")]),  # held
    "as the dash says": (several("PNG", "red"), ["What?", "-"], [Text("What?"), "red"]),  # held
}


@pytest.mark.parametrize("name", PIPED)
def test_a_pipe_is_read_without_a_dash(name: str, here: Path, pipe: Callable[[bytes | None], None]) -> None:
    data, arguments, right = PIPED[name]
    (here / "a.png").write_bytes(several("PNG", "green"))
    pipe(data)
    parts = inputs.conversation(arguments).messages[0].parts
    assert [colour_of(part) if isinstance(part, Image) else part for part in parts] == right


NOT_PIPED: dict[str, tuple[bytes | None, str]] = {
    "empty, because what filled it failed": (b"", "Standard input is empty."),
    "silent": (None, "Standard input is a pipe, and nothing came through it in 0.2 s. Write - to wait for it"),
}


@pytest.mark.parametrize("name", NOT_PIPED)
def test_a_pipe_without_content_is_refused(name: str, here: Path, pipe: Callable[[bytes | None], None]) -> None:
    data, sentence = NOT_PIPED[name]
    pipe(data)
    with pytest.raises(SensoriumError) as caught:
        inputs.conversation(["What?"])
    assert str(caught.value).startswith(sentence)


def test_without_a_pipe_and_a_file_the_usage_is_said(here: Path) -> None:
    for command in ("ask", "read", "describe", "chart", "transcribe", "say"):
        result = run(command)
        assert result.exit_code == 2 and "Missing argument: a file, or - for standard input." in result.stderr


class Site(BaseHTTPRequestHandler):
    """A web site on the loopback, with what sites do."""

    def do_GET(self) -> None:
        port = self.server.server_address[1]
        red = several("PNG", "red")
        moves = {
            "/moved": "/a.png?x=%C3%A9", "/loop": "/loop", "/file": "file:///etc/passwd",
            "/private": f"http://127.0.0.2:{port}/a.png", "/name": f"http://me:secret@127.0.0.1:{port}/a.png",
        }  # fmt: skip
        if self.path in moves:
            self.send_response(302)
            self.send_header("Location", moves[self.path])
            self.end_headers()
        elif self.path == "/gone":
            self.send_error(404)
        elif self.path == "/huge":
            self.send_response(200)
            self.send_header("Content-Length", "99000000000")
            self.end_headers()
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(bytes(1 << 20))
        else:
            body = several("PDF", "green", "blue") if self.path == "/a.pdf" else red
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) + 9 * (self.path == "/short")))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *values: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def only_this(address: Any) -> bool:
    return str(address) == "127.0.0.1"


FETCHED = {"/a.png": ["red"], "/moved": ["red"], "/a.pdf": ["green", "blue"]}


@pytest.mark.parametrize("path", FETCHED)
def test_an_address_is_what_it_leads_to(path: str, site: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.cli.fetch.fetch", partial(fetch, allowed=only_this))
    parts = inputs.conversation([f"{site}{path}", "What?"]).messages[0].parts
    assert [colour_of(part) for part in parts if isinstance(part, Image)] == FETCHED[path]
    assert len(pictures_of([f"{site}{path}"])) == len(FETCHED[path])


NOT_FETCHED = {
    "/private": "'127.0.0.2' is the private address 127.0.0.2, from which nothing is fetched.",
    "/loop": "leads on more than 5 times.",
    "/file": "leads to 'file:///etc/passwd', which isn't an http or https address.",
    "/name": "The address has a name or password in it, which isn't sent.",
    "/gone": "answered with status 404.",
    "/huge": "has more than 50 MB.",
    "/endless": "has more than 2 MB.",
    "/short": "ended 9 bytes too early.",
}


@pytest.mark.parametrize("path", NOT_FETCHED)
def test_what_is_not_fetched_says_why(path: str, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if path == "/endless":
        monkeypatch.setattr("sensorium.cli.fetch.MAX_BYTES", 2_000_000)
    with pytest.raises(SensoriumError) as caught:
        fetch(f"{site}{path}", only_this)
    assert NOT_FETCHED[path] in caught.value.message and caught.value.hint
    assert "secret" not in str(caught.value)


ADDRESSES = {
    "127.0.0.1": False, "10.0.0.1": False, "192.168.1.1": False, "172.16.0.1": False, "169.254.169.254": False,
    "100.64.0.1": False, "0.0.0.0": False, "224.0.0.1": False, "::1": False, "fe80::1": False, "fc00::1": False,
    "::ffff:127.0.0.1": False, "64:ff9b::7f00:1": False, "2002:7f00:1::": False,
    "93.184.216.34": True, "2606:4700::1111": True, "64:ff9b::5db8:d822": True,
}  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_public_addresses_are_fetched_from(address: str) -> None:
    assert is_public(ipaddress.ip_address(address)) is ADDRESSES[address]


def test_the_command_refuses_this_machine(site: str, here: Path) -> None:
    for spelled in (site, site.replace("127.0.0.1", "localhost"), site.replace("127.0.0.1", "2130706433")):
        result = run("ask", f"{spelled}/a.png", "What?", "-m", "fake:A cat.")
        assert result.exit_code == 2 and "is the private address 127.0.0.1" in result.stderr and result.stdout == ""


# --- chat ----------------------------------------------------------------------------------------------------------

ERROR = ServiceError("It broke.", "Try again.")
CHATS: dict[str, tuple[list[str], str, list[Any], list[list[str]], str]] = {
    # arguments, what is typed, the model's answers, what each question held, what standard error says
    "follow-ups know what came before": (
        ["red.png"], "What?\nAnd why?\n", ["A.", "B."],
        [["red", "What?"], ["red", "What?", "A.", "And why?"]], "",
    ),
    "the first question among the arguments": (
        ["red.png", "What?"], "And why?\n", ["A.", "B."], [["red", "What?"], ["red", "What?", "A.", "And why?"]], "",
    ),
    "another picture": (
        [], "/image red.png\nWhat?\n/image my blue.png\nAnd this?\n", ["A.", "B."],
        [["red", "What?"], ["red", "What?", "A.", "blue", "And this?"]], "Added to the next question: 1.",
    ),
    "pages of a PDF": ([], "/image two.pdf\nWhat?", ["A."], [["green", "blue", "What?"]], "to the next question: 2."),
    "two pictures at once": ([], "/image red.png 'my blue.png'\nWhat?", ["A."], [["red", "blue", "What?"]], ""),
    "again from the start": (["red.png"], "What?\n/new\nHello?\n", ["A.", "B."], [["red", "What?"], ["Hello?"]], ""),
    "nothing after /quit": ([], "Hello?\n/quit\nWhat?\n", ["A."], [["Hello?"]], ""),
    "empty lines": ([], "\n  \nHello?\n\n", ["A."], [["Hello?"]], ""),
    "a failure is left out, its picture stays": (
        ["red.png"], "What?\nAgain?\nAnd why?\n", [ERROR, "A.", "B."],
        [["red", "What?"], ["red", "Again?"], ["red", "Again?", "A.", "And why?"]], "sensorium: It broke.\nTry again.",
    ),
    "an unknown command": ([], "/imgae red.png\nHello?", ["A."], [["Hello?"]], "sensorium: Unknown command '/imgae'."),
    "a missing file": ([], "/image gone.png\nHello?\n", ["A."], [["Hello?"]], "sensorium: No file 'gone.png'."),
    "no file": ([], "/image\nHello?\n", ["A."], [["Hello?"]], "sensorium: No file ''.\nType: /image photo.jpg"),
    "a broken picture": ([], "/image broken.png\nHello?\n", ["A."], [["Hello?"]], "sensorium: 'broken.png' is text"),
    "a file as a question": (
        [], "red.png\nHello?\n", ["A."], [["Hello?"]],
        "sensorium: 'red.png' is a file, not a question.\nType: /image red.png",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHATS)
def test_chat_keeps_the_conversation(name: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, typed, answers, questions, sentence = CHATS[name]
    for file, data in {
        "red.png": several("PNG", "red"), "my blue.png": several("PNG", "blue"),
        "two.pdf": several("PDF", "green", "blue"), "broken.png": b"words",
    }.items():  # fmt: skip
        (here / file).write_bytes(data)
    fake = Fake(answers, name="prepared")
    monkeypatch.setattr("sensorium.cli.inputs.load", lambda name: fake)
    result = run("chat", *arguments, given=typed.encode())
    assert result.stdout.splitlines() == [answer for answer in answers if isinstance(answer, str)]
    asked = [[colour_of(p) if isinstance(p, Image) else p.text for p in chat.parts] for chat in fake.asked]  # type: ignore[union-attr]
    assert [question for question in asked if question] == questions
    assert sentence in result.stderr
    assert result.exit_code == (2 if sentence.startswith("sensorium: ") else 0)


def test_chat_in_json_and_without_a_dash(here: Path) -> None:
    result = run("chat", "-m", "fake:A cat.", "--json", given=b"Hello?\nAgain?\n")
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["A cat.", "A cat."]
    result = run("chat", "-", given=b"")
    assert result.exit_code == 2 and "Standard input holds the questions" in result.stderr
    result = run("chat", given=b"\xff\xfe\n")
    assert result.exit_code == 2 and "Standard input isn't UTF-8 text." in result.stderr


# --- completion ----------------------------------------------------------------------------------------------------

COMPLETED = {
    "sensorium rea": ["plain,read"],
    "sensorium read": ["file,"],
    "sensorium ask pho": ["file,pho"],
    "sensorium read --cs": ["plain,--csv"],
    "sensorium ask --schema": ["file,"],
    "sensorium ask --model gpt-4o-m": ["plain,gpt-4o-mini"],
    "sensorium ask -m openai:gpt-4o-m": ["plain,openai:gpt-4o-mini"],
    "sensorium tune": ["file,"],
}


@pytest.mark.parametrize("typed", COMPLETED)
def test_a_shell_completes_commands_options_files_and_models(typed: str, here: Path) -> None:
    words = typed.split()
    at = len(words) if typed in ("sensorium read", "sensorium ask --schema", "sensorium tune") else len(words) - 1
    environment = {"_SENSORIUM_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(at)}
    result = CliRunner(env=environment).invoke(main, [])
    assert result.stdout.splitlines() == COMPLETED[typed] and result.exit_code == 0


def test_the_guide_gives_the_line_for_each_shell(here: Path) -> None:
    guide = (Path(registry.__file__).parents[2] / "docs" / "shell.md").read_text(encoding="utf-8")
    for shell in ("zsh", "fish"):
        result = CliRunner(env={"_SENSORIUM_COMPLETE": f"{shell}_source"}).invoke(main, [])
        assert f"{shell}_source" in guide and "_SENSORIUM_COMPLETE" in result.stdout and result.exit_code == 0
