"""checkpoint/detokenizer: pieces join to the library's own decoding, whatever the tokens and the stop texts."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import tiny

from sensorium.checkpoint.detokenizer import Detokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tiny.tokenizer()


@pytest.mark.parametrize("seed", range(6))
def test_random_tokens_join_to_the_librarys_text(seed: int, tokenizer: Any) -> None:
    draw = random.Random(seed)
    ids = [draw.randrange(len(tokenizer)) for _ in range(150)]
    words = Detokenizer(tokenizer)
    pieces = [words.add(token) for token in ids]
    assert "".join([*pieces, words.rest()]) == tokenizer.decode(ids, skip_special_tokens=True)


TEXTS = ("नमस्ते, こんにちは 👋🏽 ok", "naïve café — 3 €\n\n  two  spaces", "plain words and more plain words " * 8)


@pytest.mark.parametrize("text", TEXTS)
def test_letters_of_several_tokens_are_never_given_in_halves(text: str, tokenizer: Any) -> None:
    words = Detokenizer(tokenizer)
    given = ""
    for token in tokenizer(text, add_special_tokens=False)["input_ids"]:
        given += words.add(token)
        assert text.startswith(given)
    assert given + words.rest() == text


@pytest.mark.parametrize("stop", [("café",), ("é —", "zzz"), ("\n\n",), ("n",), ("never",), ("",)])
def test_a_stop_text_is_cut_off_and_never_begun(stop: tuple[str, ...], tokenizer: Any) -> None:
    text = TEXTS[1]
    end = min((text.index(each) for each in stop if each and each in text), default=len(text))
    words = Detokenizer(tokenizer, stop)
    given = ""
    for token in tokenizer(text, add_special_tokens=False)["input_ids"]:
        given += words.add(token)
        assert text[:end].startswith(given)
        if words.stopped:
            break
    assert words.stopped == (end < len(text))
    assert given + words.rest() == text[:end]


def test_a_tokenizer_that_tidies_up_gives_all_at_the_end(tmp_path: Path) -> None:
    made = tiny.bert(tmp_path)
    made.clean_up_tokenization_spaces = True
    ids = made("i do n't , really", add_special_tokens=False)["input_ids"]
    words = Detokenizer(made)
    assert [words.add(token) for token in ids] == [""] * len(ids)
    assert words.rest() == made.decode(ids) != ""


def test_word_pieces_that_melt_together_are_given_once(tmp_path: Path) -> None:
    made = tiny.bert(tmp_path)
    for text in ("i do n't , really . i 'm left", "what is in this picture ? we 've two cats", "do not"):
        ids = made(text, add_special_tokens=False)["input_ids"]
        words = Detokenizer(made)
        pieces = [words.add(token) for token in ids]
        assert "".join([*pieces, words.rest()]) == made.decode(ids)


def test_without_pieces_only_the_rest_is_given(tokenizer: Any) -> None:
    ids = tokenizer("a red bus", add_special_tokens=False)["input_ids"]
    words = Detokenizer(tokenizer, pieces=False)
    assert "".join(words.add(token) for token in ids) == "" and words.rest() == "a red bus"
    stopped = Detokenizer(tokenizer, (" bus",), pieces=False)
    for token in ids:
        assert stopped.add(token) == ""
    assert stopped.stopped and stopped.rest() == "a red"
