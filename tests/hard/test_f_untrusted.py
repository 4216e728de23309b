"""What a stranger's checkpoint, adapter or table may hold: code, loops, endless files, numbers of 6,000 digits."""

from __future__ import annotations

import json
import os
import pickle
import resource
import shutil
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny
from click.testing import CliRunner

from sensorium.cli.main import main
from sensorium.core.errors import SensoriumError

pytest.importorskip("torch")


class Code:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, tuple[str, ...]]:
        return os.system, (self.command,)


def cli(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(words))
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    tiny.idefics3(folder)
    return folder


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from peft import LoraConfig, get_peft_model

    from sensorium.checkpoint.checkpoint_name import CheckpointName
    from sensorium.checkpoint.load import auto_class, load

    folder, name = tmp_path_factory.mktemp("adapter"), CheckpointName(str(base))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' notes to each other
        model = load(name, auto_class(name)).model
        get_peft_model(model, LoraConfig(target_modules=["q_proj"])).save_pretrained(folder)
    return folder


def copied(source: Path, place: Path) -> Path:
    shutil.copytree(source, place)
    return place


# Pickled files


def _index(folder: Path, code: Code) -> None:
    import torch

    torch.save({"x": code}, folder / "pytorch_model-00001-of-00001.bin")
    index = {"metadata": {}, "weight_map": {"x": "pytorch_model-00001-of-00001.bin"}}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))


def _saved(name: str) -> Callable[[Path, Code], None]:
    import torch

    return lambda folder, code: torch.save({"x": code}, folder / name)


def _pickled(name: str) -> Callable[[Path, Code], None]:
    return lambda folder, code: (folder / name).write_bytes(pickle.dumps({"x": code}))  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_saved("pytorch_model.bin"), "has a pickled file that holds code, 'posix.system',"),
        (_pickled("pytorch_model.bin"), "has a pickled file that holds code"),
        (_index, "has a pickled file that holds code, 'posix.system',"),
        (_saved("model.pt"), "as a pickled file, 'model.pt', which holds code."),
        (_saved("model.pth"), "as a pickled file, 'model.pth', which holds code."),
        (_saved("model.ckpt"), "as a pickled file, 'model.ckpt', which holds code."),
        (_pickled("model.joblib"), "as a pickled file, 'model.joblib', which holds code."),
        (_pickled("model.pkl"), "as a pickled file, 'model.pkl', which holds code."),
    ],
    ids=["pytorch_model.bin", "a bare pickle", "shards", ".pt", ".pth", ".ckpt", ".joblib", ".pkl"],
)
def test_a_checkpoint_that_holds_code(
    make: Callable[[Path, Code], None], said: str, base: Path, tmp_path: Path
) -> None:
    folder, ran = copied(base, tmp_path / "c"), tmp_path / "ran"
    (folder / "model.safetensors").unlink()
    make(folder, Code(f"touch {ran}"))
    code, output = cli("ask", "-m", f"transformers:{folder}", "What?")
    assert code == 2 and said in output and "weights_only" not in output and "Traceback" not in output
    assert "safetensors" in output and not ran.exists()


@pytest.mark.parametrize("name", ["adapter_model.bin", "adapter_model.pt"])
@pytest.mark.parametrize("door", ["ask", "merge"])
def test_an_adapter_that_holds_code(name: str, door: str, base: Path, adapter: Path, tmp_path: Path) -> None:
    folder, ran = copied(adapter, tmp_path / "a"), tmp_path / "ran"
    (folder / "adapter_model.safetensors").unlink()
    _saved(name)(folder, Code(f"touch {ran}"))
    words = ("ask", "-m", f"transformers:{base}+{folder}", "What?")
    if door == "merge":
        words = ("merge", str(folder), "--base", str(base), "--out", str(tmp_path / "out"))
    code, output = cli(*words)
    assert code == 2 and "which holds code" in output.replace("holds code, 'posix.system', which", "which holds code")
    assert "weights_only" not in output and not ran.exists()


def test_weights_beside_pickled_ones_are_loaded(base: Path, tmp_path: Path) -> None:
    folder, ran = copied(base, tmp_path / "c"), tmp_path / "ran"
    _saved("pytorch_model.bin")(folder, Code(f"touch {ran}"))
    _pickled("training.pkl")(folder, Code(f"touch {ran}"))
    _, output = cli("ask", "-m", f"transformers:{folder}", "What?")
    assert "holds code" not in output and not ran.exists()


# Templates and patterns that loop

LOOPS = {
    "loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}"
    "{% endfor %}",
    "recursion of loops": "{% macro m(n) %}{% for a in range(999) %}{% if n %}{{ m(n - 1) }}{% endif %}{% endfor %}"
    "{% endmacro %}{{ m(9) }}",
}


@pytest.mark.parametrize("template", LOOPS.values(), ids=LOOPS)
def test_a_template_that_loops_ends(template: str, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sensorium.checkpoint.untrusted import templates

    monkeypatch.setattr(templates, "TEMPLATE_SECONDS", 0.5)
    folder = copied(base, tmp_path / "c")
    (folder / "chat_template.jinja").write_text(template)
    start = time.monotonic()
    code, output = cli("ask", "-m", f"transformers:{folder}", "What?")
    assert code == 2 and "works longer than 0.5 s." in output and time.monotonic() - start < 30


DOUBLINGS = {
    "a text": "{% set n = namespace(x='xy' * 999) %}{% for a in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "a text by +": "{% set n = namespace(x='xy' * 999) %}{% for a in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "a list": "{% set n = namespace(x=[1] * 999) %}{% for a in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "its output": "{% set x = 'x' * 999 %}{% for a in range(99999) %}{% for b in range(99) %}{{ x }}{% endfor %}"
    "{% endfor %}",
    "a macro's output": "{% macro m(x) %}{% for a in range(99) %}{{ x }}{% endfor %}{% endmacro %}"
    "{{ m(m(m(m('xyxy')))) }}",
    "a block": "{% set y %}{% set x = 'x' * 999 %}{% for a in range(99999) %}{% for b in range(99) %}{{ x }}"
    "{% endfor %}{% endfor %}{% endset %}",
    "many texts in a list": "{% set n = namespace(l=[]) %}{% set x = 'x' * 999 %}{% for a in range(99999) %}"
    "{% set n.l = n.l + [x ~ a] %}{% endfor %}",
}


@pytest.mark.parametrize("template", DOUBLINGS.values(), ids=DOUBLINGS)
def test_a_template_that_makes_more_and_more_ends(
    template: str, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before: the doubled texts took all memory, long before the deadline."""
    from sensorium.checkpoint.untrusted import templates

    monkeypatch.setattr(templates, "TEMPLATE_SECONDS", 60.0)
    monkeypatch.setattr(templates, "MAX_MADE_CHARACTERS", 10_000_000)
    folder = copied(base, tmp_path / "c")
    (folder / "chat_template.jinja").write_text(template)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code, output = cli("ask", "-m", f"transformers:{folder}", "What?")
    assert code == 2 and "makes more than 10,000,000 characters." in output
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # kB


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ 9 ** 9 ** 9 ** 9 }}", "has a power that may never end"),
        ("{{ 'x' * 100000000000 }}", "has a product that may never end"),
        ("{{ 'x' * 1000 * 1000 * 1000 * 1000 }}", "has a product that may never end"),
        ("{% generation %}{% set x = messages | length %}{{ x * x }}{% endgeneration %}", "has a product"),
    ],
    ids=["powers", "a long text", "products of products", "unknown factors"],
)
def test_a_template_whose_sum_never_ends(template: str, said: str, base: Path, tmp_path: Path) -> None:
    folder = copied(base, tmp_path / "c")
    (folder / "chat_template.jinja").write_text(template)
    code, output = cli("ask", "-m", f"transformers:{folder}", "What?")
    assert code == 2 and said in output


def test_templates_of_today_are_not_refused() -> None:
    from sensorium.checkpoint.untrusted.templates import bounded_template, check_template

    check_template(
        "x", {"default": "{{ '-' * 40 }}{% for m in messages %}{{ m['content'] }}{% endfor %}", "tools": "{{"}
    )
    check_template("x", None)
    with bounded_template("x", 0.0):
        assert sum(range(1000)) == 499_500  # nothing but templates is timed


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"target_modules": "(([a-z_.0-9])*)*Q"}, "'(([a-z_.0-9])*)*Q' in the target_modules"),
        ({"exclude_modules": "(([a-z_.0-9])*)*Q"}, "in the exclude_modules"),
        ({"rank_pattern": {"(([a-z_.0-9])*)*Q": 4}}, "in the rank_pattern"),
        ({"alpha_pattern": {"(([a-z_.0-9])*)*Q": 4}}, "in the alpha_pattern"),
        ({"modules_to_save": ["(([a-z_.0-9])*)*Q"]}, "in the modules_to_save"),
        ({"target_modules": ".*(q_proj"}, "isn't a regular expression"),
    ],
    ids=["target", "exclude", "rank", "alpha", "to save", "not one"],
)
def test_an_adapters_pattern_that_loops_ends(
    settings: dict[str, Any], said: str, base: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sensorium.checkpoint.untrusted import patterns

    monkeypatch.setattr(patterns, "PATTERN_SECONDS", 2.0)
    folder = copied(adapter, tmp_path / "a")
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(config | settings))
    code, output = cli("ask", "-m", f"transformers:{base}+{folder}", "What?")
    assert code == 2 and said in output
    assert "takes longer than 2 s" in output or "isn't a regular expression" in output


def test_an_adapters_pattern_is_taken(base: Path, adapter: Path, tmp_path: Path) -> None:
    folder = copied(adapter, tmp_path / "a")
    config = json.loads((folder / "adapter_config.json").read_text())
    config |= {"target_modules": r".*\.(q_proj)", "rank_pattern": {r".*layers\.\d+.*": 8}}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    code, output = cli("ask", "-m", f"transformers:{base}+{folder}", "What?")
    assert code == 0, output


# Files of a checkpoint that are none

FILES = ("config.json", "tokenizer.json", "preprocessor_config.json", "processor_config.json", "chat_template.jinja")
KINDS: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "/dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "deep": lambda path: path.write_text('{"a":' + "[" * 100_000),
    "digits": lambda path: path.write_text('{"a": ' + "1" * 6_000 + "}"),
}


@pytest.mark.parametrize(
    ("name", "kind"),  # a template of any text is one
    [(name, kind) for name in FILES for kind in KINDS if not name.endswith(".jinja") or kind in ("pipe", "/dev/zero")],
)
def test_a_file_of_a_checkpoint_that_is_none(kind: str, name: str, base: Path, tmp_path: Path) -> None:
    folder = copied(base, tmp_path / "c")
    (folder / name).unlink(missing_ok=True)
    KINDS[kind](folder / name)
    code, output = cli("ask", "-m", f"transformers:{folder}", "What?")
    assert "Internal error" not in output and "Traceback" not in output, output
    if kind in ("pipe", "/dev/zero"):
        assert code == 2 and ("is a pipe, not a file" in output or "isn't an ordinary file" in output)
    elif name in ("config.json", "tokenizer.json", "processor_config.json"):
        assert code == 2 and max(map(len, output.splitlines())) < 400


@pytest.mark.parametrize("kind", KINDS)
def test_an_adapters_config_that_is_none(kind: str, base: Path, adapter: Path, tmp_path: Path) -> None:
    folder = copied(adapter, tmp_path / "a")
    (folder / "adapter_config.json").unlink()
    KINDS[kind](folder / "adapter_config.json")
    for model in (f"transformers:{folder}", f"transformers:{base}+{folder}"):
        code, output = cli("ask", "-m", model, "What?")
        assert code == 2 and "Internal error" not in output and "Traceback" not in output, output


def test_a_device_that_is_not_there(base: Path) -> None:
    code, output = cli("ask", "-m", f"transformers:{base}?device=cuda:99", "What?")
    assert code == 2 and "This machine has no device 'cuda:99'." in output


# Tables


def parquet(path: Path, **columns: Any) -> Path:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table(columns), path, compression="zstd")
    return path


@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [
        ("MAX_PARQUET_ROWS", 99, "has 100 rows; the most is 99."),
        ("MAX_PARQUET_CELL", 999_999, "has a cell of 1 MB; the most is 1 MB."),
        ("MAX_PARQUET_BYTES", 50_000_000, "has over 0.05 GB unpacked; the most is that."),
    ],
)
def test_parquet_is_bounded(limit: str, value: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of one KB that unpacks to 100 MB, since each of its rows is the same."""
    from sensorium.tasks import readers

    pa = pytest.importorskip("pyarrow")
    same = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), pa.array(["y" * 1_000_000]))
    file = parquet(tmp_path / "t.parquet", question=same, answer=["a"] * 100)
    assert file.stat().st_size < 3_000
    monkeypatch.setattr(readers, limit, value)
    with pytest.raises(SensoriumError) as raised:
        readers.load_task(file)
    assert said in raised.value.message


def test_parquet_is_read_in_row_groups(tmp_path: Path) -> None:
    from sensorium.tasks.readers import load_table, load_task

    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pa.table({"question": [f"q{number}" for number in range(100)], "answer": ["a"] * 100})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=7)
    assert [row["question"] for _, row in load_table(tmp_path / "t.parquet").rows] == table["question"].to_pylist()
    assert len(load_task(tmp_path / "t.parquet").examples) == 100


@pytest.mark.parametrize("name", ["t.parquet", "t.jsonl", "t.json", "t.csv", "t.toml"])
@pytest.mark.parametrize("kind", ["pipe", "/dev/zero", "folder"])
def test_a_table_or_recipe_that_is_no_file(kind: str, name: str, tmp_path: Path) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    make = Path.mkdir if kind == "folder" else KINDS[kind]
    make(tmp_path / name)
    words = ("tune", str(tmp_path / name)) if name.endswith(".toml") else ("data", "check", str(tmp_path / name))
    code, output = cli(*words)
    assert code == 2 and "Internal error" not in output and len(output.strip().splitlines()) <= 2, output


@pytest.mark.parametrize(
    ("name", "text", "exit_code"),
    [
        ("t.jsonl", '{"question": ' + "[" * 100_000, 2),
        ("t.jsonl", '{"question": "q", "answer": ' + "1" * 6_000 + "}", 2),
        ("t.json", "[" * 100_000, 2),
        ("t.csv", "question,answers\nq," + '"' + "[" * 100_000 + '"', 1),
    ],
    ids=["deep", "6,000 digits", "a deep list", "a deep cell"],
)
def test_a_table_of_deep_values(name: str, text: str, exit_code: int, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    code, output = cli("data", "check", str(tmp_path / name))
    assert code == exit_code and "Internal error" not in output and "Traceback" not in output, output
    assert max(map(len, output.splitlines())) < 400
