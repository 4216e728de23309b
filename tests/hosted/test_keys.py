"""Keys: found in the environment, then in the keyring; shown nowhere."""

from __future__ import annotations

import copy
import pickle
import sys
from types import ModuleType

import pytest

from sensorium.core.errors import AccessError
from sensorium.hosted.keys import Key, find_key, keys_not_needed, require_key


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """Put keys into the real keyring package, by a backend that keeps them in memory."""
    import keyring
    from keyring.backend import KeyringBackend

    held: dict[tuple[str, str], str] = {}

    class Memory(KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            return held.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            held[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del held[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    for name in ("FIRST_KEY", "SECOND_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield held
    keyring.set_keyring(before)


def test_the_environment_goes_before_the_keyring(
    ring: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("FIRST_KEY", "SECOND_KEY")
    assert find_key(names) is None
    ring["sensorium", "SECOND_KEY"] = "from-the-ring"
    found = find_key(names)
    assert found is not None and (found.reveal(), found.source) == ("from-the-ring", "SECOND_KEY")
    monkeypatch.setenv("SECOND_KEY", "from-outside\n")
    monkeypatch.setenv("FIRST_KEY", "  ")
    found = find_key(names)
    assert found is not None and found.reveal() == "from-outside"


def test_a_plan_needs_no_key_but_what_is_sent_does(
    ring: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with keys_not_needed():
        missing = require_key(("FIRST_KEY", "SECOND_KEY"), "some:model")
        monkeypatch.setenv("SECOND_KEY", "from-outside")
        assert require_key(("FIRST_KEY", "SECOND_KEY"), "some:model").reveal() == "from-outside"
        monkeypatch.delenv("SECOND_KEY")
    with pytest.raises(AccessError, match="FIRST_KEY or SECOND_KEY"):
        missing.reveal()
    assert missing.redact("No key.") == "No key."
    with pytest.raises(AccessError, match="FIRST_KEY or SECOND_KEY"):
        require_key(("FIRST_KEY", "SECOND_KEY"), "some:model")


def test_none_anywhere_says_both_ways(ring: dict[tuple[str, str], str]) -> None:
    with pytest.raises(AccessError, match="FIRST_KEY or SECOND_KEY") as caught:
        require_key(("FIRST_KEY", "SECOND_KEY"), "some:model")
    assert caught.value.hint == "Type: export FIRST_KEY=YOUR_KEY (or keep it: keyring set sensorium FIRST_KEY)"


def test_without_a_keyring_or_with_a_locked_one_there_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    import keyring.backends.fail

    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    try:
        assert find_key(("NO_SUCH_KEY_ANYWHERE",)) is None
    finally:
        keyring.set_keyring(before)
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert isinstance(sys.modules["keyring"], ModuleType | None) and find_key(("NO_SUCH_KEY_ANYWHERE",)) is None


@pytest.mark.parametrize("value", ["two words", "sk-é", "a\nb", "tab\there"])
def test_what_is_no_key_is_not_quoted(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_KEY", value)
    with pytest.raises(AccessError, match="FIRST_KEY") as caught:
        find_key(("FIRST_KEY",))
    assert value not in str(caught.value) and caught.value.hint


def test_a_key_shows_itself_nowhere() -> None:
    key = Key("sk-secret", "FIRST_KEY")
    assert "sk-secret" not in f"{key} {key!r}"
    assert key.redact("wrong key sk-secret!") == "wrong key …!"
    for keep in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            keep(key)
