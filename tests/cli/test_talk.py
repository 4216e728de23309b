"""`sensorium talk`, `transcribe` and `say`, on the real weights."""

from __future__ import annotations

import json
import shutil
import wave
from pathlib import Path

import pytest
import skimage
from click.testing import CliRunner, Result

from sensorium.backends.piper import Piper
from sensorium.cli.main import main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENSORIUM_CONFIG", str(tmp_path / "config.toml"))
    for name in ("SENSORIUM_MODEL", "SENSORIUM_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    shutil.copy(Path(skimage.__file__).parent / "data" / "chelsea.png", "photo.png")
    Path("question.wav").write_bytes(Piper(variation=0.0).speak("What is this?", "en").blob.data)
    return tmp_path


def run(*arguments: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=given)


def test_talk_answers_a_recording_in_words_and_in_sound(here: Path) -> None:
    result = run("talk", "photo.png", "question.wav", "--speak", "answer.wav")
    assert result.exit_code == 0, result.stderr
    assert "cat" in result.stdout.lower()
    for said in ("Heard: What is this?", "It is ", "Hear: whisper, ", "Ask: offline, ", "Speak: piper, ", "answer.wav"):
        assert said in result.stderr, said
    with wave.open("answer.wav") as file:
        assert file.getnframes() > 5000
    again = run("transcribe", "answer.wav", "--language", "en")
    assert "cat" in again.stdout.lower() and "Heard by whisper" in again.stderr


def test_talk_takes_words_and_gives_json(here: Path) -> None:
    result = run("talk", "photo.png", "What is this?", "--json")
    found = json.loads(result.stdout)
    assert "cat" in found["answer"].lower() and found["heard"] is None and found["usd"] == 0.0
    assert [step["kind"] for step in found["steps"]] == ["ask"] and found["file"] is None
    quiet = run("talk", "photo.png", "What is this?", "--quiet")
    assert quiet.stderr == "" and quiet.stdout == found["answer"] + "\n"


def test_explain_tells_the_steps_and_does_none(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SARVAM_API_KEY", "k")
    given = ("talk", "photo.png", "question.wav", "-l", "kok", "--hear", "sarvam", "--translate", "sarvam", "--explain")
    result = run(*given, "--voice", "sarvam", "--voice", "espeak", "--speak", "a.wav")
    assert result.stdout.splitlines() == [
        "1. sarvam:saaras:v3 hears the question in Konkani.",
        "2. sarvam:mayura:v1 translates the question from Konkani to English.",
        "3. offline answers in English.",
        "4. sarvam:mayura:v1 translates the answer from English to Konkani.",
        "5. espeak speaks the answer in Konkani.",
    ]
    assert result.stderr == "sarvam:bulbul:v3 can't speak Konkani, so espeak does.\n"
    assert not Path("a.wav").exists()
    assert json.loads(run(*given, "--json").stdout)["model_language"] == "en"


def test_the_language_may_be_in_the_environment(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSORIUM_LANGUAGE", "hi")
    result = run("talk", "photo.png", "question.wav")
    assert result.exit_code == 2 and "offline can't be asked in Hindi" in result.stderr
    assert "--translate sarvam" in result.stderr


def test_a_chat_model_may_translate(here: Path) -> None:
    result = run("talk", "photo.png", "यह क्या है?", "-l", "hi", "--translate", "fake:What is this?")
    assert result.exit_code == 0 and result.stdout.startswith("What is this?")  # it answers everything so
    assert "The model's own words, in English: " in result.stderr and "cat" in result.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("talk", "photo.png"), "Give one question, not none"),
        (("talk", "question.wav", "What is this?"), "Give one question, not 2"),
        (("talk", "photo.png", "nothing.wav"), "No file 'nothing.wav'"),
        (("talk", "photo.png", "Q?", "-l", "12"), "'12' isn't a language code"),
        (("talk", "photo.png", "Q?", "--voice", "whisper", "--speak", "a.wav"), "'whisper' has no speaker"),
        (("transcribe", "photo.png"), "has no sound in it"),
        (("transcribe", "question.wav", "--hear", "espeak"), "'espeak' has no transcriber"),
        (("say", "Hello", "-l", "sat", "--out", "a.wav"), "No loaded voice speaks Santali"),
        (("say", " ", "--out", "a.wav"), "text is empty"),
        (("say", "Hello", "--out", "no/such/folder/a.wav"), "can't be written"),
        (("use", "whisper"), "does not answer questions"),
    ],
)
def test_mistakes_are_told_and_are_exit_2(here: Path, given: tuple[str, ...], said: str) -> None:
    result = run(*given)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_say_and_transcribe(here: Path) -> None:
    # a sentence, not a lone short word: Piper speaks a little otherwise each time, and "cat" may be heard as "cap"
    result = run("say", "There is a yellow flower in the picture.", "--out", "a.wav")
    assert result.exit_code == 0 and "piper says it in " in result.stderr
    found = json.loads(run("transcribe", "a.wav", "-l", "en", "--json").stdout)
    assert (found["file"], found["language"]) == ("a.wav", "en") and "yellow flower" in found["text"]
    assert found["spans"][0]["end"] <= found["seconds"]


def test_say_in_another_script_from_standard_input_to_standard_output(here: Path) -> None:
    result = run("say", "-", "--language", "ta", "--out", "-", given="இது ஒரு பூனை".encode())
    assert result.exit_code == 0 and result.stdout_bytes.startswith(b"RIFF") and "espeak says it" in result.stderr


def test_several_sounds_are_headed_and_a_broken_one_is_left_out(here: Path) -> None:
    Path("broken.wav").write_bytes(b"nothing of the kind")
    result = run("transcribe", "broken.wav", "question.wav", "-l", "en")
    assert result.exit_code == 2 and "'question.wav':\nWhat is this?" in result.stdout
    assert "'broken.wav' isn't audio" in result.stderr
