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
