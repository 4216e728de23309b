from __future__ import annotations

from pathlib import Path

import pytest

from sensorium.checkpoint.checkpoint_name import CheckpointName, format_name, parse
from sensorium.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("org/name", CheckpointName("org/name")),
        ("gpt2", CheckpointName("gpt2")),
        ("org/name?bits=4", CheckpointName("org/name", bits=4)),
        ("org/name+./tuned?bits=8&device=cuda:1", CheckpointName("org/name", "./tuned", bits=8, device="cuda:1")),
        ("org/name?side=640&frames=3&dtype=float16", CheckpointName("org/name", side=640, frames=3, dtype="float16")),
        ("+./tuned", CheckpointName("", "./tuned")),
        ("org/git?task=caption", CheckpointName("org/git", task="caption")),
    ],
)
def test_a_name_is_read(text: str, expected: CheckpointName) -> None:
    assert parse(text) == parse(format_name(expected)) == expected
    assert format_name(expected) == text or "&" in text  # options are written in their own order


def test_a_folder_is_a_folder_whatever_its_letters(tmp_path: Path) -> None:
    odd = tmp_path / "c++?bits=4"
    odd.mkdir()
    assert parse(str(odd)) == CheckpointName(str(odd))
    assert parse(f"{odd}?frames=2") == CheckpointName(str(odd), frames=2)


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("", "missing", "Try transformers:"),
        ("?bits=4", "lacks the model's name", "Try transformers:"),
        ("a/b?bit=4", "'bit'", "Did you mean bits?"),
        ("a/b?bits=5", "'5'", "4, 8"),
        ("a/b?dtype=int8", "'int8'", "bfloat16"),
        ("a/b?side=big", "'big'", "?side=8"),
        ("a/b?frames=0", "'0'", "?frames=8"),
        ("a/b?task=chat", "'chat'", "caption"),
        ("a/b?base=x", "'base'", "bits"),
    ],
)
def test_mistakes_quote_the_value(text: str, said: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert said in caught.value.message and hint in caught.value.hint
