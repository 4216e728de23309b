from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sensorium import Conversation, ask, load, registry
from sensorium.core.errors import InputError, InstallError


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "settings" / "config.toml"
    monkeypatch.setenv("SENSORIUM_CONFIG", str(path))
    monkeypatch.delenv("SENSORIUM_MODEL", raising=False)
    return path


def test_a_name_becomes_a_model() -> None:
    assert ask(load("fake:A red bus."), Conversation.of("What?")).text == "A red bus."


def test_an_unknown_name_is_quoted_with_the_nearest() -> None:
    with pytest.raises(InputError, match="'offlien'") as caught:
        load("offlien")
    assert "Did you mean 'offline'?" in caught.value.hint


def test_a_role_that_a_backend_does_not_fill() -> None:
    with pytest.raises(InputError, match="no transcriber"):
        load("fake", role="transcriber")


def test_missing_packages_say_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = registry.Scheme("bare", "sensorium.backends.fake", "", "offline", ("no_such_package_here",))
    monkeypatch.setitem(registry.schemes(), "bare", bare)
    with pytest.raises(InstallError, match="no_such_package_here") as caught:
        load("bare:x")
    assert caught.value.hint == 'Type: pip install "sensorium[offline]"'
    listed = {known.name: known for known in registry.known_models()}["bare"]
    assert (listed.ready, listed.hint) == (False, caught.value.hint)


def test_the_choice_is_kept_and_the_environment_goes_before_it(
    own_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert registry.chosen() == "offline"
    assert registry.choose('fake:He said "no".') == own_settings
    assert registry.chosen() == 'fake:He said "no".'
    assert load().name == 'fake:He said "no".'
    monkeypatch.setenv("SENSORIUM_MODEL", "fake:env")
    assert registry.chosen() == "fake:env"


def test_only_a_known_name_can_be_chosen(own_settings: Path) -> None:
    with pytest.raises(InputError, match="nonsense"):
        registry.choose("nonsense:x")
    assert not own_settings.exists()


@pytest.mark.parametrize("content", [b"model = ", b"\xff\xfe", b"[[["])
def test_broken_settings_say_which_file(own_settings: Path, content: bytes) -> None:
    own_settings.parent.mkdir()
    own_settings.write_bytes(content)
    with pytest.raises(InputError, match=r"config\.toml"):
        registry.chosen()


def test_a_backend_of_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parrot.py").write_text(
        "from sensorium.backends.fake import Fake\n"
        "def model(name):\n    return Fake(lambda chat: chat.messages[-1].text, name='parrot:' + name)\n"
    )
    info = tmp_path / "parrot-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parrot\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[sensorium.backends]\nparrot = parrot\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.schemes.cache_clear()
    try:
        assert ask(load("parrot:grey"), Conversation.of("Polly")).text == "Polly"
        assert "parrot" in {known.name for known in registry.known_models()}
    finally:
        registry.schemes.cache_clear()
        sys.modules.pop("parrot", None)


@pytest.mark.parametrize(
    ("scheme", "variable", "value", "address"),
    [
        ("vllm", "VLLM_BASE_URL", "", "http://localhost:8000/v1"),
        ("vllm", "VLLM_BASE_URL", "http://gpu:9000/v1/", "http://gpu:9000/v1"),
        ("ollama", "OLLAMA_HOST", "0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("ollama", "OLLAMA_HOST", "192.168.1.7:4000", "http://192.168.1.7:4000/v1"),
        ("ollama", "OLLAMA_HOST", "https://ollama.example", "https://ollama.example/v1"),
        ("llamacpp", "LLAMACPP_BASE_URL", "box", "http://box:8080/v1"),
        ("openai", "OPENAI_BASE_URL", "http://gpu:9000/v1", "http://gpu:9000/v1"),
        ("openai", "OPENAI_BASE_URL", "", ""),
        ("offline", "", "", ""),
    ],
)
def test_a_server_is_where_its_variable_says(
    scheme: str, variable: str, value: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv(variable, value)
    assert registry.schemes()[scheme].address == address


def test_a_model_is_asked_at_its_variables_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:4000")
    assert registry.load("ollama:llava").name == "openai:llava@http://127.0.0.1:4000/v1"
    assert registry.load("ollama:llava@http://localhost:5000/v1").name == "openai:llava@http://localhost:5000/v1"


@pytest.mark.parametrize("value", ["http://[bad", "ftp://box", "http://", "file:///etc/hosts"])
def test_an_address_that_cannot_be_one_is_refused_by_its_variable(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", value)
    with pytest.raises(InputError, match="OLLAMA_HOST is") as caught:
        registry.load("ollama:llava")
    assert value in caught.value.message and "http://localhost:11434/v1" in caught.value.hint
