"""An adapter for others: its card is read by the hub's own code and its Python runs; adapter, merged and reloaded
answer alike; nothing names this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("trl")
from taught import QUESTION, taught

from sensorium import Conversation, Image, Options, ask, load
from sensorium.checkpoint.checkpoint_name import CheckpointName
from sensorium.cli.main import main
from sensorium.core.errors import InputError
from sensorium.tasks.task import Example
from sensorium.tune.export.export import export
from sensorium.tune.export.round_trip import Trip, round_trip
from sensorium.tune.inputs import data_of
from sensorium.tune.recipe import load_recipe

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    before, place = Path.cwd(), tmp_path_factory.mktemp("taught")
    os.chdir(place)
    taught(place)
    yield place
    os.chdir(before)


def run(*words: str, code: int = 0) -> tuple[str, str]:
    found = CliRunner().invoke(main, words)
    assert found.exit_code == code, found.output
    return found.stdout, found.stderr


def header(folder: Path) -> Any:
    from huggingface_hub import ModelCard

    return ModelCard.load(folder / "README.md").data


def examples(here: Path) -> tuple[Example, ...]:
    return data_of(load_recipe("recipe.toml")).heldout


def test_from_an_adapter_to_a_folder_that_is_loaded(here: Path) -> None:
    out, err = run("export", "adapter", "--out", "shared", "--check")
    assert out == "transformers:base+shared\n" and "same answer to 4 of 4 examples" in err
    assert "The base 'base' is a folder of this machine" in err and "No licence is stated" in err
    assert "hf upload YOU/NAME shared" in err
    said = ask(load("transformers:base+shared"), Conversation.of(Image("40.png"), QUESTION), Options(max_tokens=4)).text
    assert said == "red"
    assert "is not empty" in run("export", "adapter", "--out", "shared", code=2)[1]
    assert not {"data.txt", "best", "checkpoints"} & {path.name for path in Path("shared").iterdir()}


def test_the_cards_header_as_the_hub_reads_it(here: Path) -> None:
    made = export("adapter", "named", base="org/base", licence="apache-2.0", name="you/colours")
    assert made.model == "transformers:org/base+named" and len(made.notes) == 1  # nobody has asked what it gained
    found = header(made.folder)
    assert (found.base_model, found.library_name, found.license) == ("org/base", "peft", "apache-2.0")
    assert (found.pipeline_tag, found.metrics, found.datasets) == ("image-text-to-text", ["exact_match"], None)
    assert found.base_model_relation == "adapter" and found.eval_results is None
    card = (made.folder / "README.md").read_text()
    assert "0.000 before, 1.000 (95 % interval 1.000 to 1.000, n=4) after" in card and "the figure flatters" in card
    assert "16 examples, sha256 " in card and "The examples: cc0-1.0." in card
    assert "vllm serve org/base --enable-lora --max-lora-rank 8 --lora-modules tuned=you/colours" in card
    assert json.loads((made.folder / "adapter_config.json").read_text())["base_model_name_or_path"] == "org/base"
    assert load_recipe(made.folder / "recipe.toml").base == "org/base"
    told = json.loads((made.folder / "sensorium.json").read_text())
    assert (told["base"], told["load_as"], told["licence"]) == (
        "org/base",
        "transformers:org/base+you/colours",
        "apache-2.0",
    )
    assert json.loads(Path("adapter/sensorium.json").read_text())["base"] == "base"  # its own stays as it was


def test_figures_that_were_measured_stand_in_the_card(here: Path) -> None:
    run("evaluate", "adapter", "--pick", "balanced", "--shots", "2", "--most", "10", "--retain", "old.jsonl")
    made = export("adapter", "measured", base="org/base", licence="cc-by-nc-4.0")
    (result,) = header(made.folder).eval_results
    assert (result.metric_type, result.metric_value, result.dataset_name) == ("exact_match", 1.0, "task, split test")
    card = (made.folder / "README.md").read_text()
    assert "| fine-tuned | 1.000 (1.000 to 1.000) | +1.000 (+1.000 to +1.000) |" in card
    assert "| 2-shot | 0.000" in card and "10 examples of old, split test" in card
    assert "- Fine-tuning helped: +1.000" in card and "It allows no commercial use." in card and made.notes == ()


def test_the_cards_python_runs(here: Path) -> None:
    made = export("adapter", "ran")
    (program,) = re.findall(r"```python\n(.*?)```", (made.folder / "README.md").read_text(), re.S)
    names: dict[str, Any] = {}
    exec(compile(program, "README.md", "exec"), names)
    assert type(names["model"]).__name__ == "PeftModel" and names["processor"].chat_template


def test_merged_it_needs_no_base(here: Path) -> None:
    out, err = run("export", "adapter", "--out", "whole", "--merged", "--base", "org/base", "--check", "--json")
    found = json.loads(out)
    assert err == "" and found["model"] == "transformers:whole"
    assert (found["check"]["n"], found["check"]["same"]) == (4, 4) and found["check"]["reloaded"] < 1e-4
    assert header(Path("whole")).library_name == "transformers" and header(Path("whole")).base_model == "org/base"
    assert not Path("whole/adapter_config.json").exists() and "vllm serve whole" in Path("whole/README.md").read_text()
    said = ask(load("transformers:whole"), Conversation.of(Image("41.png"), QUESTION), Options(max_tokens=4)).text
    assert said == "blue"


def test_nothing_names_this_machine(here: Path) -> None:
    config, about = Path("adapter/adapter_config.json"), Path("adapter/sensorium.json")
    recipe = Path("adapter/recipe.toml")
    kept = {file: file.read_text() for file in (config, about, recipe)}
    try:  # as from a training whose recipe named everything in full
        recipe.write_text(re.sub(r'^(base|task|out) = "', rf'\1 = "{here}/', kept[recipe], flags=re.M))
        config.write_text(kept[config].replace('"base"', f'"{here}/base"'))
        about.write_text(kept[about].replace("transformers:base", f"transformers:{here}/base"))
        for out, merged in (("private", False), ("private-whole", True)):
            made = export("adapter", out, base="org/base", merged=merged)
            for file in made.folder.iterdir():
                assert str(here).encode() not in file.read_bytes(), file.name
    finally:
        for file, text in kept.items():
            file.write_text(text)


def test_a_checkpoint_that_answers_otherwise_is_found(here: Path) -> None:
    """What was saved is another model's: the answers and the logits tell."""
    asked = examples(here)
    name = CheckpointName("base", "adapter", device="cpu")
    assert round_trip(name, asked, 4).whole
    other = round_trip(name, asked, 4, saved=Path("base"))  # the untouched one, as if the adapter had been lost
    assert not other.whole and other.same == 0 and other.reloaded > 0.1 and other.merged < 1e-4
    assert other.line().startswith(
        "Base with adapter, merged, and merged and loaded again gave the same answer to 0 of 4"
    )
    assert Trip(2, 2, 0.0, 0.0).whole


def test_what_vllm_would_leave_out_is_in_the_card(here: Path, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    seen = tmp_path / "seeing"
    shutil.copytree("adapter", seen)
    targets = [*json.loads((seen / "adapter_config.json").read_text())["target_modules"]]
    targets.append("model.vision_model.encoder.layers.0.self_attn.q_proj")
    base = AutoModelForImageTextToText.from_pretrained("base")
    get_peft_model(base, LoraConfig(r=8, target_modules=targets)).save_pretrained(seen)
    made = export(seen, tmp_path / "out")
    assert "vLLM ignores this adapter's 1 layers of the vision part" in (made.folder / "README.md").read_text()
    assert any("--merged" in note for note in made.notes)
    with pytest.raises(InputError, match="holds no adapter"):
        export("base", tmp_path / "other")
