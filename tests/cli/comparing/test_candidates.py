"""Rows from what was typed: names, examples, layouts by a checkpoint's configuration, versions by its content."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from sensorium.cli.comparing.candidates import RowOptions, candidates, prices_by_row, row_names
from sensorium.core.catalog import Price
from sensorium.core.errors import InputError
from sensorium.evaluation.choosing.asking.candidate import Candidate
from sensorium.tasks.task import Example


def rows(models: Sequence[str], how: RowOptions | None = None, adapters: Sequence[str] = ()) -> list[Candidate]:
    import coloured

    pool, asked = coloured.pool(1), coloured.questions()
    return candidates(models, adapters, pool, asked, how or RowOptions(pick="balanced"))[0]


def folder(place: Path, **config: object) -> Path:
    place.mkdir()
    (place / "config.json").write_text(json.dumps(config))
    (place / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    return place


def layout(name: str, place: str = "") -> str:
    made = rows([name], RowOptions(shots=(2,), pick="balanced", place=place))
    return str(made[0].settings["place"])


def test_a_checkpoint_is_laid_out_by_its_configuration_not_its_name(tmp_path: Path) -> None:
    one = folder(tmp_path / "plain", model_type="mllama")
    other = folder(tmp_path / "llama-3.2-11b-vision", model_type="idefics3")
    assert layout(f"transformers:{one}") == "collage"
    assert layout(f"transformers:{one}", "interleave") == "interleave"
    assert layout(f"transformers:{other}") == "interleave"


def test_what_has_no_configuration_is_laid_out_by_the_loaded_model(monkeypatch: pytest.MonkeyPatch) -> None:
    assert layout("fake:x") == "interleave"


def test_a_checkpoint_is_known_by_its_content(tmp_path: Path) -> None:
    one = folder(tmp_path / "one", model_type="idefics3")
    first = rows([f"transformers:{one}"])[0].settings["weights"]
    shutil.copytree(one, tmp_path / "copy", copy_function=shutil.copyfile)
    os.utime(tmp_path / "copy" / "config.json", (1, 1))
    assert rows([f"transformers:{tmp_path / 'copy'}"])[0].settings["weights"] == first
    (one / "README.md").write_text("words")  # isn't part of it
    assert rows([f"transformers:{one}"])[0].settings["weights"] == first
    weights = one / "model.safetensors"
    times = weights.stat().st_atime_ns, weights.stat().st_mtime_ns
    weights.write_bytes(b"\x08\0\0\0\0\0\0\0{     }")  # as long and as old as before
    os.utime(weights, ns=times)
    assert rows([f"transformers:{one}"])[0].settings["weights"] != first
    assert rows(["starter"])[0].settings["weights"]


def test_missing_folders_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    for name in ("transformers:./nothing", "vilt:./nothing", f"transformers:{tmp_path}"):
        with pytest.raises(InputError, match=r"does not exist|does not hold a model"):
            rows([name])
    with pytest.raises(InputError, match=r"does not exist"):
        rows(["fake:x"], adapters=[str(tmp_path / "nothing")])
    with pytest.raises(InputError, match=r"holds no adapter: it has no adapter_config.json"):
        rows(["fake:x"], adapters=[str(tmp_path)])
    (tmp_path / "adapter_config.json").write_text("{")
    with pytest.raises(InputError, match=r"does not say which model it belongs to"):
        rows(["fake:x"], adapters=[str(tmp_path)])


def test_a_model_that_ignores_examples_is_asked_once_without() -> None:
    import coloured

    how = RowOptions(shots=(2, 4, 2), pick="balanced")
    made, notes = candidates(["offline", "fake:x", "majority"], (), coloured.pool(1), coloured.questions(), how)
    assert [row.name for row in made] == ["offline", "fake:x, 2 examples", "fake:x, 4 examples", "majority"]
    assert notes == ["offline doesn't use examples: it is asked without them."]
    with pytest.raises(InputError, match=r"5 examples were asked for, and 4 may be picked"):
        rows(["fake:x"], RowOptions(shots=(5,), pick="balanced"))


def test_names_are_read_with_spaces_and_never_empty() -> None:
    assert row_names(" majority, offline ") == ["majority", "offline"]
    for text in ("", "a,,b", " , "):
        with pytest.raises(InputError, match=r"--models has an empty name"):
            row_names(text)


def test_a_server_on_this_machine_is_private(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    named = ["vllm:m", "ollama:m", "openai:m@http://127.0.0.1:9/v1", "vllm:m@https://example.com/v1", "openai:gpt-4o"]
    assert [row.is_private for row in rows(named)] == [True, True, True, False, False]
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:9/v1")
    assert rows(["openai:m"])[0].is_private


def test_prices_are_matched_to_the_names_of_rows() -> None:
    made = rows(["vllm:m", "offline"])
    price = (Price(1, 2, date(2026, 11, 29), "t"),)
    assert prices_by_row({"vllm:m": price}, ["vllm:m"], made)[made[0].model_name] == price
    assert "openai:other" in prices_by_row({"openai:other": price}, [], made)  # a file may hold more
    for typo in ("vllm:n", "offline"):
        with pytest.raises(InputError, match=f"--price names '{typo}', which isn't compared"):
            prices_by_row({typo: price}, [typo], made)


def test_pools_are_told_apart(tmp_path: Path) -> None:
    import coloured

    pool: list[Example] = coloured.pool(2)
    how = RowOptions(shots=(2,), pick="balanced")
    first, second = (candidates(["fake:x"], (), own, coloured.questions(), how)[0][0] for own in (pool, pool[:5]))
    assert first.key != second.key
