"""A larger model is asked if its key, server or GPU is there; else one line says what it lacks."""

from __future__ import annotations

import socket

import pytest
from loopback import Answer, serving

from sensorium import ask
from sensorium.lessons import hosted

KEYS = (
    "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_BASE_URL", "VLLM_BASE_URL", "SENSORIUM_HOSTED",
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keyring.get_password", lambda service, name: None)
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)


@pytest.mark.parametrize(
    ("name", "lacks"),
    [
        ("gemini:gemini-3.8-flash", "needs GEMINI_API_KEY"),
        ("gpt-6-luna", "needs OPENAI_API_KEY"),
        ("openai:qwen@http://127.0.0.1:9/v1", "needs a server at http://127.0.0.1:9/v1"),
        ("transformers:Qwen/Qwen3.5-2B", "needs a GPU"),
        ("vilt:dandelin/vilt-b32-finetuned-vqa", "needs the Hugging Face hub"),
        ("telepathy:one", "unknown"),
    ],
)
def test_what_is_lacking_is_one_line(
    name: str, lacks: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert hosted(name) is None
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("Skipped: ") and lacks in line and name in line


def test_with_a_key_it_is_the_model(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "k" * 30)
    model = hosted("gemini:gemini-3.8-flash")
    assert model is not None and model.name == "gemini:gemini-3.8-flash" and capsys.readouterr().out == ""


def test_a_server_that_answers_needs_no_key() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        name = f"openai:qwen@http://127.0.0.1:{server.getsockname()[1]}/v1"
        assert hosted(name) is not None


def test_a_server_that_holds_another_model_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    held = [Answer({"object": "list", "data": [{"id": "Qwen/Qwen3.5-4B"}, {"id": "llava:latest"}]})]
    with serving({"GET /v1/models": held}) as server:
        monkeypatch.setenv("VLLM_BASE_URL", f"{server.url}/v1")
        assert hosted("vllm:Qwen/Qwen3.5-4B") is not None and hosted("vllm:llava") is not None
        assert hosted("vllm:microsoft/Phi-4-multimodal-instruct") is None
        (line,) = capsys.readouterr().out.splitlines()
        assert line.endswith(f"the server at {server.url}/v1 has only Qwen/Qwen3.5-4B, llava:latest.")
        held[0] = Answer({"error": "no"}, 404)  # a server that doesn't list what it holds is asked
        assert hosted("vllm:anything") is not None


def test_a_key_that_cannot_be_one_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "two words")
    assert hosted("gemini:gemini-3.8-flash") is None
    assert "can't be a key" in capsys.readouterr().out


def test_roles_and_the_switch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    model = hosted("fake:A cat.")
    assert model is not None and ask(model, "What is this?").text == "A cat."
    assert hosted("fake:A cat.", "speaker") is None
    assert "no speaker" in capsys.readouterr().out
    monkeypatch.setenv("SENSORIUM_HOSTED", "0")
    assert hosted("gemini:gemini-3.8-flash") is None
    assert "--hosted" in capsys.readouterr().out
